package action

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"syscall"

	"cloudjob/internal/job"
	"cloudjob/internal/report"
)

// This file writes the files through which a step talks to the runner.
// go-githubactions is not used for it: its delimiter is fixed, so a value that
// contains it could set outputs of its own, and it panics if a file is missing.

// outputsBlock is the text for some outputs in the file GITHUB_OUTPUT.
func outputsBlock(outputs []report.Output, random func() string) string {
	var b strings.Builder
	for _, o := range outputs {
		value := job.Plain(o.Value)
		delimiter := "end_" + random()
		for strings.Contains(value, delimiter) {
			delimiter = "end_" + random()
		}
		fmt.Fprintf(&b, "%s<<%s\n%s\n%s\n", o.Name, delimiter, value, delimiter)
	}
	return b.String()
}

// appendWhole adds a block to a file: either all of it or nothing.
func appendWhole(path, block string) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|syscall.O_NONBLOCK, 0o644)
	if err != nil {
		return cause(err)
	}
	return errors.Join(appendTo(f, block), f.Close())
}

// appendTo does that. It removes a block again that a full disk left half-written.
func appendTo(f interface {
	io.WriteSeeker
	Truncate(size int64) error
}, block string) error {
	size, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		return cause(err)
	}
	if _, err := f.Write([]byte(block)); err != nil {
		return errors.Join(cause(err), f.Truncate(size))
	}
	return nil
}

// setOutputs hands the outputs to the runner, if there is one.
func (p *process) setOutputs(outputs []report.Output) error {
	p.writing.Lock()
	defer p.writing.Unlock()
	return p.appendOutputs(outputs)
}

func (p *process) appendOutputs(outputs []report.Output) error {
	path := p.getenv("GITHUB_OUTPUT")
	if path == "" || len(outputs) == 0 {
		return nil
	}
	outputs = slices.Clone(outputs)
	for i := range outputs {
		outputs[i].Value = p.secrets.replace(outputs[i].Value)
		outputs[i].Value = worded(outputs[i], p.book.Load())
	}
	if err := appendWhole(path, outputsBlock(outputs, rand.Text)); err != nil {
		return fmt.Errorf("the outputs cannot be written to GITHUB_OUTPUT (%s): %w; the log has them", path, err)
	}
	return nil
}

// merged are the outputs as the runner would keep them: of each name the last one.
func merged(outputs, more []report.Output) []report.Output {
	for _, o := range more {
		if i := slices.IndexFunc(outputs, func(old report.Output) bool { return old.Name == o.Name }); i >= 0 {
			outputs[i] = o
		} else {
			outputs = append(outputs, o)
		}
	}
	return outputs
}

// outputs prints those that have a value.
func (c *console) outputs(outputs []report.Output) {
	for _, o := range outputs {
		if o.Value != "" {
			o.Value = c.secrets.replace(o.Value)
			c.verbatim(o.Name + " = " + worded(o, c.book))
		}
	}
}

// addSummary adds to the job summary. If it cannot be written, that is only a warning:
// it is no reason to fail a step whose job runs.
func (p *process) addSummary(c *console, markdown string) {
	path := p.getenv("GITHUB_STEP_SUMMARY")
	if path == "" {
		return
	}
	if err := appendWhole(path, report.Markdown(c.secrets.replace(markdown), c.book)); err != nil {
		c.warning(fmt.Sprintf("the job summary cannot be written to GITHUB_STEP_SUMMARY (%s): %s; the log has all it would say", path, err))
	}
}

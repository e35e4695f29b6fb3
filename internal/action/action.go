// Package action is the edge with GitHub and the process: commands, inputs,
// outputs, masks, annotations, signals and exit status. It is the only package
// that touches the environment, standard output, files, signals and exit.
package action

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"cloudjob/internal/field"
	"cloudjob/internal/job"
	"cloudjob/internal/locale"
	"cloudjob/internal/plan"
	"cloudjob/internal/report"
)

// process is everything a command takes from the operating system.
type process struct {
	name    string   // of the program; the post step runs it as "post"
	args    []string // without the program's name
	prints  bool     // the output of the command may be used as a file, so it must have no ::add-mask:: in it
	byHand  bool     // a person runs it, in their own folder; otherwise it is a step
	getenv  func(string) string
	environ func() []string
	stdout  io.Writer
	stderr  io.Writer
	network http.RoundTripper // nil: the real one
	jitter  func() float64    // nil: random
	clock   func() time.Time  // tells when keys expire; nil: the real one

	book    atomic.Pointer[locale.Book] // of the language of texts for people; nil: English
	isStep  atomic.Bool                 // there are outputs to set
	writing sync.Mutex                  // held while outputs are written

	secrets  secrets
	ordinary []string   // the secrets that are ordinary words, and therefore not masked
	printing sync.Mutex // held while a line is printed
}

// softMemory is the memory from which the garbage collector works harder, so that a
// report of 60,000 requests is judged and written within 200 MB.
const softMemory = 160 << 20

// Main runs the command that args name, and returns the exit status. A step of a
// workflow has no command: its inputs come from the environment.
func Main(args []string) int {
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(softMemory)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if name, value := allProxy(os.Getenv); value != "" {
		if err := os.Setenv(name, value); err != nil {
			fmt.Fprintf(os.Stderr, "cloudjob: set %s: %v\n", name, err)
			return job.Internal.Exit()
		}
	}
	p := &process{name: filepath.Base(args[0]), args: args[1:], getenv: os.Getenv, environ: os.Environ, stdout: os.Stdout, stderr: os.Stderr}
	context.AfterFunc(ctx, p.exitAtNext)
	return p.main(ctx)
}

// allProxy is the variable to set so that ALL_PROXY counts, which net/http does not
// read. It takes the place of HTTPS_PROXY if that is not set. NO_PROXY holds for both.
func allProxy(getenv func(string) string) (name, value string) {
	if cmp.Or(getenv("HTTPS_PROXY"), getenv("https_proxy")) != "" {
		return "", ""
	}
	return "HTTPS_PROXY", cmp.Or(getenv("ALL_PROXY"), getenv("all_proxy"))
}

// exitAtNext ends the process at once at the next signal, with the exit status of a
// cancel, and sets the outputs to say so. Without this, the first process of a
// container would end with another status.
func (p *process) exitAtNext() {
	again := make(chan os.Signal, 1)
	signal.Notify(again, os.Interrupt, syscall.SIGTERM)
	<-again
	if p.isStep.Load() && p.writing.TryLock() { // if it is locked, the outputs are being written just now
		outputs := report.Hurried()
		_ = p.appendOutputs(outputs)
		p.newConsole().failure("cloudjob: "+string(job.Cancelled), outputs[1].Value)
	}
	os.Exit(job.Cancelled.Exit())
}

// main runs the command, and says so if a fault of ours ends it.
func (p *process) main(ctx context.Context) (status int) {
	if err := job.Caught(func() { status = p.command(ctx) }); err != nil {
		p.crashed(err)
		return job.Internal.Exit()
	}
	return status
}

// crashed says that a fault of ours ended the command. The fault may be in the very
// code that it says so with, so each way is tried on its own. The log, which gets the
// stack, comes last.
func (p *process) crashed(err error) {
	text := err.Error() + "; a job that it had started is in the outputs, and the post step stops it, as on_cancel says; please report this with the stack in the log"
	if p.name == "post" {
		text = err.Error() + "; a job may still run: look for it in the console; please report this with the stack in the log"
	}
	c := &console{out: calm{p.stdout, &p.printing}, err: calm{p.stderr, &p.printing}, secrets: &p.secrets, book: p.book.Load()} // without workflow commands, which may be at fault
	try := func(do func()) { _ = job.Caught(do) }
	try(func() { c = p.newConsole() })
	if p.name != "post" && p.getenv("GITHUB_OUTPUT") != "" {
		try(func() {
			_ = p.setOutputs([]report.Output{{Name: "outcome", Value: string(job.Internal)}, {Name: "reason", Value: c.secrets.replace(text)}})
		})
	}
	try(func() {
		p.addSummary(c, report.BrokenSummary([]string{"A fault of this action", c.secrets.replace(text)}))
	})
	try(func() { c.failure("cloudjob: "+string(job.Internal), text) })
	if crash, ok := errors.AsType[*job.Crash](err); ok {
		try(func() { c.verbatim(crash.Stack) })
	}
}

func (p *process) command(ctx context.Context) int {
	p.speak(p.preferred())
	if p.name == "post" { // the runner gives main and post the same arguments, so only the name tells
		return p.post(ctx)
	}
	name := ""
	if len(p.args) > 0 {
		name, p.args, p.byHand = p.args[0], p.args[1:], true
	}
	switch name {
	case "":
		p.begin()
		inputs := p.stepInputs()
		if len(inputs) == 0 && p.getenv("GITHUB_ACTIONS") == "" {
			fmt.Fprint(p.stdout, usage())
			return job.InvalidInput.Exit()
		}
		return p.step(ctx, inputs)
	case "help", "-h", "-help", "--help":
		fmt.Fprint(p.stdout, usage())
		return 0
	case "-version", "--version":
		return p.version()
	}
	if v, ok := verbOf(name); ok {
		if asksHelp(p.args) && name != "emulate" { // which prints its flags itself
			fmt.Fprint(p.stdout, v.text())
			return 0
		}
		p.prints = v.prints
		return v.run(p, ctx)
	}
	p.prints = true
	fmt.Fprintf(p.stderr, "%s\n\n%s", p.newConsole().safe(strconv.Quote(name)+" is no command"), usage())
	return job.InvalidInput.Exit()
}

// withInputs reads inputs from the command line: NAME=VALUE, or one plan file.
func (p *process) withInputs(name string, run func([]field.Input) int) int {
	var inputs []field.Input
	for _, arg := range p.args {
		input, value, ok := strings.Cut(arg, "=")
		if !ok {
			input, value = "plan_file", arg
		}
		inputs = append(inputs, field.Input{Name: input, Text: value})
	}
	if len(inputs) == 0 {
		return p.misused(name)
	}
	return run(inputs)
}

// existing runs a command about a job that exists already.
func (p *process) existing(ctx context.Context, name, mode string) int {
	return p.withInputs(name, func(inputs []field.Input) int {
		for _, in := range inputs {
			if in.Name == "plan_file" || in.Name == "mode" {
				return p.misused(name)
			}
		}
		return p.step(ctx, append(inputs, field.Input{Name: "mode", Text: mode}))
	})
}

// stepInputs are the inputs as the runner passes them, in variables INPUT_... A name
// that is no input is taken only if it looks like a misspelt one: others may belong to
// somebody else, and two are the runner's own.
func (p *process) stepInputs() []field.Input {
	var inputs []field.Input
	known := plan.Inputs()
	for _, name := range known {
		if text := p.getenv("INPUT_" + strings.ToUpper(name)); strings.TrimSpace(text) != "" {
			inputs = append(inputs, field.Input{Name: name, Text: text})
		}
	}
	for _, variable := range p.environ() {
		name, text, _ := strings.Cut(variable, "=")
		name, ours := strings.CutPrefix(name, "INPUT_")
		name = strings.ToLower(name)
		if name == "entrypoint" || name == "args" {
			continue
		}
		if ours && strings.TrimSpace(text) != "" && !slices.Contains(known, name) && field.Nearest(name, known) != "" {
			inputs = append(inputs, field.Input{Name: name, Text: text})
		}
	}
	return inputs
}

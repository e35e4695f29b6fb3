package action

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"cloudjob/internal/engine"
	"cloudjob/internal/field"
	"cloudjob/internal/gate"
	"cloudjob/internal/plan"
	"cloudjob/internal/report"
)

// resultLimit is the size of the largest result.json that is read. Those that we write
// have at most 20 MB (report.Result, gate.Kept).
const resultLimit = 64 << 20

// past reads the results of earlier runs that the input baseline names: the heads of
// all, and then the newest ones of the jobs that services start. A file that cannot be
// used is left out with a warning, so that an old file cannot stop a release.
func (p *process) past(c *console, run plan.Run, jobs []plan.Job, services []engine.Service, owners []plan.Job) (report.Past, error) {
	if run.Baseline == nil {
		return report.Past{}, nil
	}
	files, done, err := p.find(run.Baseline, func(pattern string) { c.warning("baseline: no file matches " + pattern) })
	if err != nil {
		return report.Past{}, err
	}
	defer done()
	lost := omitted{title: "cloudjob: baseline", what: "the earlier result"}
	var heads []report.Head
	byName := map[string]found{}
	for _, file := range files {
		byName[file.told] = file
		head, err := readHead(file.root, file.name)
		if err != nil {
			lost.add(file.told, err)
			continue
		}
		head.Name = file.told
		heads = append(heads, head)
	}
	nothing := "no file matches " + field.List(run.Baseline)
	if len(files) > 0 {
		nothing = "no file that matches " + field.List(run.Baseline) + " can be read"
	}
	past := report.NewPast(heads, nothing)
	gates := compared(jobs)
	for i, s := range services {
		for _, what := range s.What() {
			past.Read(s.Provider(), what, run.Newest, func(file string) (report.Result, bool) {
				r, err := readResult(byName[file].root, byName[file].name)
				if err == nil {
					err = unlike(r.Emulated, owners[i].Emulated())
				}
				if err != nil {
					lost.add(file, err)
				}
				r.Report = gate.Basis(gates, r.Report)
				return r, err == nil
			})
		}
	}
	lost.tell(c)
	return past, nil
}

// found is a file that matches a pattern: the folder that it is opened from, its name
// there, and its name in messages.
type found struct {
	root       *os.Root
	name, told string
}

// find finds the files that match patterns, each once, and calls none with a pattern
// that matches nothing. The folders stay open until done is called.
func (p *process) find(patterns []string, none func(pattern string)) (files []found, done func(), err error) {
	var roots []*os.Root
	done = func() {
		for _, root := range roots {
			root.Close()
		}
	}
	seen := map[string]bool{}
	for _, pattern := range patterns {
		at, err := p.locate(pattern)
		if err != nil {
			done()
			return nil, nil, fmt.Errorf("%s: %w", field.Quote(pattern), err)
		}
		names := matching(at.root, at.name)
		if len(names) == 0 {
			none(pattern)
		}
		roots = append(roots, at.root)
		for _, name := range names {
			if told := at.of(name); !seen[told] {
				seen[told] = true
				files = append(files, found{at.root, name, told})
			}
		}
	}
	return files, done, nil
}

// unlike is the reason why a result cannot be compared with a job.
func unlike(wasEmulated, isEmulated bool) error {
	switch {
	case wasEmulated && !isEmulated:
		return errors.New("it was emulated, and this job is real")
	case isEmulated && !wasEmulated:
		return errors.New("it was real, and this job is emulated")
	}
	return nil
}

// compared are the gates that compare with earlier results.
func compared(jobs []plan.Job) (gates []gate.Gate) {
	for _, j := range jobs {
		for _, g := range j.Gates {
			if g.Compares() {
				gates = append(gates, g)
			}
		}
	}
	return gates
}

// readHead reads the head of a result.json.
func readHead(root *os.Root, name string) (report.Head, error) {
	f, err := openRegular(root, name)
	if err != nil {
		return report.Head{}, err
	}
	defer f.Close()
	head, err := report.ReadHead(io.LimitReader(f, resultLimit))
	return head, cause(err)
}

// omitted counts results that are left out, and names the first ones.
type omitted struct {
	title string // of the warnings
	what  string // they are
	first []string
	more  int
}

func (o *omitted) add(name string, err error) {
	if len(o.first) == 3 {
		o.more++
		return
	}
	o.first = append(o.first, fmt.Sprintf("%s %s is left out: %s", o.what, name, err))
}

func (o *omitted) tell(c *console) {
	for i, text := range o.first {
		if i == len(o.first)-1 && o.more > 0 {
			text += fmt.Sprintf("; and %d more", o.more)
		}
		c.caution(map[string]string{"title": o.title}, text)
	}
}

// matching are the files below a folder that match a pattern, which was checked.
func matching(root *os.Root, pattern string) []string {
	pattern = filepath.ToSlash(filepath.Clean(pattern))
	if !slices.Contains(strings.Split(pattern, "/"), anyDepth) {
		names, err := fs.Glob(root.FS(), pattern)
		if err != nil {
			return nil
		}
		return names
	}
	parts := strings.Split(pattern, "/")
	fixed := slices.IndexFunc(parts, func(part string) bool { return strings.ContainsAny(part, `*?[\`) })
	var names []string
	_ = fs.WalkDir(root.FS(), path.Join(append([]string{"."}, parts[:fixed]...)...), func(name string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() && matches(parts, strings.Split(name, "/")) {
			names = append(names, name)
		}
		return nil // a folder that cannot be read has no results
	})
	return names
}

// anyDepth is the part of a pattern that stands for any folders, or none.
const anyDepth = "**"

// matches reports whether a path matches a pattern, part by part.
func matches(pattern, name []string) bool {
	at := map[int]bool{0: true} // how many parts of the pattern may be matched so far
	skip := func() {
		for i, part := range pattern {
			if at[i] && part == anyDepth {
				at[i+1] = true
			}
		}
	}
	for _, part := range name {
		skip()
		next := map[int]bool{}
		for i := range at {
			if i == len(pattern) {
				continue
			}
			if pattern[i] == anyDepth {
				next[i] = true
			} else if ok, err := path.Match(pattern[i], part); ok && err == nil {
				next[i+1] = true
			}
		}
		at = next
	}
	skip()
	return at[len(pattern)]
}

// readResult reads a result.json.
func readResult(root *os.Root, name string) (report.Result, error) {
	f, err := openRegular(root, name)
	if err != nil {
		return report.Result{}, err
	}
	defer f.Close()
	src, err := io.ReadAll(io.LimitReader(f, resultLimit+1))
	switch {
	case err != nil:
		return report.Result{}, cause(err)
	case len(src) > resultLimit:
		return report.Result{}, fmt.Errorf("it is larger than %d MiB", resultLimit>>20)
	}
	return report.ReadResult(bytes.TrimSpace(src))
}

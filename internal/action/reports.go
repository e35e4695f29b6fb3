package action

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"cloudjob/internal/locale"
	"cloudjob/internal/report"
)

// reports is a folder for reports. It is made, and a file is written to it, before the
// first call: what a job measured must not be lost because of a wrong path.
type reports struct {
	place
	dir  *os.Root
	give func(root *os.Root, name string) // gives a file to the workspace's owner
	book *locale.Book                     // of the language of the pages in it
}

// where says where the whole results of all jobs can be found.
func (r *reports) where() string {
	if r == nil {
		return "the log"
	}
	return "result-1.json and so on in " + r.place.of(r.name)
}

// of is the path of one of its files, for outputs and messages.
func (r *reports) of(file string) string { return r.place.of(filepath.Join(r.name, file)) }

func (r *reports) close() {
	r.dir.Close()
	r.root.Close()
}

// partPrefix is how the name of a file begins while it is being written.
const partPrefix = ".cloudjob-"

// folder makes a folder for what is written.
func (p *process) folder(name string) (*reports, error) {
	at, err := p.locate(name)
	if err != nil {
		return nil, err
	}
	r := &reports{place: at, give: giver(at.root), book: p.book.Load()}
	if err := r.make(); err != nil {
		at.root.Close()
		return nil, err
	}
	return r, nil
}

// prepare makes the folder for the reports of so many jobs, removes those of an earlier
// run, and tries whether it can write.
func (p *process) prepare(name string, jobs int) (*reports, error) {
	r, err := p.folder(name)
	if err != nil {
		return nil, err
	}
	stale, err := r.stale(jobs)
	if err == nil {
		err = r.try()
	}
	for i := 0; i < len(stale) && err == nil; i++ {
		err = cause(r.dir.Remove(stale[i]))
	}
	if err != nil {
		r.close()
		return nil, err
	}
	return r, nil
}

// make makes the missing folders, one by one, because each is given to the workspace's
// owner.
func (r *reports) make() error {
	folder := ""
	for part := range strings.SplitSeq(filepath.ToSlash(r.name), "/") {
		folder = filepath.Join(folder, part)
		err := r.root.Mkdir(folder, 0o755)
		switch {
		case err == nil:
			r.give(r.root, folder)
		case !errors.Is(err, fs.ErrExist):
			return fmt.Errorf("the folder cannot be made: %w", inside(err))
		}
	}
	dir, err := r.root.OpenRoot(r.name)
	if err != nil {
		return fmt.Errorf("it cannot be used as a folder: %w", inside(err))
	}
	r.dir = dir
	return nil
}

// stale are the report files of an earlier run. A file that only has such a name, and
// was not written by us, is somebody else's and stays.
func (r *reports) stale(jobs int) (stale []string, err error) {
	entries, err := fs.ReadDir(r.dir.FS(), ".")
	if err != nil {
		return nil, fmt.Errorf("it cannot be read: %w", cause(err))
	}
	written := names(jobs)
	for _, e := range entries {
		switch {
		case strings.HasPrefix(e.Name(), partPrefix):
			stale = append(stale, e.Name())
		case !report.Named(e.Name()):
		case e.Name() == rerunName && e.Type().IsRegular() && report.Ours(rerunName, r.head(rerunName)): // stays: it may be the plan that runs now
		case e.Type().IsRegular() && report.Ours(e.Name(), r.head(e.Name())):
			stale = append(stale, e.Name())
		case written[e.Name()]:
			err = errors.Join(err, r.foreign(e.Name()))
		}
	}
	return stale, err
}

func (r *reports) foreign(name string) error {
	return fmt.Errorf("%s is there and was not written by this action; remove it or name another folder", r.of(name))
}

// head is the beginning of a file, as far as it can be read.
func (r *reports) head(name string) []byte {
	f, err := openRegular(r.dir, name)
	if err != nil {
		return nil
	}
	defer f.Close()
	head, err := io.ReadAll(io.LimitReader(f, 4<<10))
	if err != nil {
		return nil
	}
	return head
}

// try writes a file in the same way as write, and removes it.
func (r *reports) try() error {
	part, err := r.part("try", []byte("cloudjob tries whether it can write here\n"))
	if err != nil {
		return fmt.Errorf("it cannot be written to: %w", err)
	}
	return cause(r.dir.Remove(part))
}

// part writes a new file under a temporary name in the folder. If that fails, it
// removes the file.
func (r *reports) part(name string, src []byte) (part string, err error) {
	part = partPrefix + rand.Text()[:8] + "-" + name
	f, err := r.dir.OpenFile(part, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return "", cause(err)
	}
	_, err = f.Write(src)
	if err := errors.Join(cause(err), cause(f.Close())); err != nil {
		return "", errors.Join(err, cause(r.dir.Remove(part)))
	}
	r.give(r.dir, part)
	return part, nil
}

// write puts the whole file in its place, or leaves what was there. A link there is
// replaced, and not followed.
func (r *reports) write(name string, src []byte) error {
	part, err := r.part(name, src)
	if err == nil {
		if err = cause(r.dir.Rename(part, name)); err != nil {
			err = errors.Join(err, cause(r.dir.Remove(part)))
		}
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", r.of(name), err)
	}
	return nil
}

// The names of the files. With several jobs, each has a result and a series of its own.
func resultName(i, jobs int) string { return "result" + suffix(i, jobs) + ".json" }
func seriesName(i, jobs int) string { return "series" + suffix(i, jobs) + ".csv" }

const (
	pageName  = "report.html"
	junitName = "junit.xml"
)

func suffix(i, jobs int) string {
	if jobs == 1 {
		return ""
	}
	return "-" + strconv.Itoa(i+1)
}

func names(jobs int) map[string]bool {
	all := map[string]bool{pageName: true, junitName: true, report.EvidenceName: true, rerunName: true}
	for i := range jobs {
		all[resultName(i, jobs)], all[seriesName(i, jobs)] = true, true
	}
	return all
}

// writeAll writes the reports and returns the outputs that name them. sources
// are where the gates stand, rerun is a plan that does the same again, or nil.
func (r *reports) writeAll(results []report.Result, sources []report.Source, rerun []byte) ([]report.Output, error) {
	if rerun != nil {
		if err := r.write(rerunName, rerun); err != nil {
			return nil, err
		}
	}
	for i, result := range results {
		src, err := result.JSON()
		if err == nil {
			err = errors.Join(r.write(resultName(i, len(results)), src), r.write(seriesName(i, len(results)), report.CSV(result)))
		}
		if err != nil {
			return nil, err
		}
	}
	junit, err := report.JUnit(results)
	if err == nil {
		err = r.write(junitName, junit)
	}
	if err != nil {
		return nil, err
	}
	evidence, err := report.Evidence(results, sources)
	if err == nil {
		err = r.write(report.EvidenceName, evidence)
	}
	if err != nil {
		return nil, err
	}
	page, err := report.HTML(results)
	if err == nil {
		err = r.write(pageName, report.Page(page, r.book))
	}
	if err != nil {
		return nil, err
	}
	return []report.Output{
		{Name: "result_file", Value: r.of(resultName(0, len(results)))},
		{Name: "report_file", Value: r.of(pageName)},
		{Name: "verdict_file", Value: r.of(report.EvidenceName)},
	}, nil
}

package action

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"slices"

	"cloudjob/internal/field"
	"cloudjob/internal/job"
	"cloudjob/internal/report"
)

const trendTitle = "cloudjob: trend"

// trend is the command that writes a page of trends over many results.
func (p *process) trend() int {
	flags := flag.NewFlagSet("trend", flag.ContinueOnError)
	flags.SetOutput(p.stderr)
	flags.Usage = func() {} // the caller prints the help
	folder := flags.String("o", "site", "")
	emulated := flags.Bool("emulated", false, "")
	var patterns []string
	for rest := p.args; ; { // flags may follow the files
		switch err := flags.Parse(rest); {
		case errors.Is(err, flag.ErrHelp):
			return 0
		case err != nil:
			return p.misused("trend")
		}
		if rest = flags.Args(); len(rest) == 0 {
			break
		}
		patterns, rest = append(patterns, rest[0]), rest[1:]
	}
	if len(patterns) == 0 || *folder == "" {
		return p.misused("trend")
	}
	c := p.newConsole()
	if err := p.writeTrend(c, patterns, *folder, *emulated); err != nil {
		c.failure(trendTitle, err.Error())
		return job.InvalidInput.Exit()
	}
	return 0
}

func (p *process) writeTrend(c *console, patterns []string, folder string, emulated bool) error {
	files, done, err := p.find(patterns, func(pattern string) { c.caution(map[string]string{"title": trendTitle}, "no file matches "+pattern) })
	if err != nil {
		return err
	}
	defer done()
	lost := omitted{title: trendTitle, what: "the file"}
	var results []report.Result
	var unread []report.Unread
	for _, file := range files {
		r, err := readOutline(file)
		if err != nil {
			lost.add(file.told, err)
			unread = append(unread, report.Unread{Name: c.secrets.replace(file.name), Why: c.secrets.replace(err.Error())})
			continue
		}
		results = append(results, c.redactedResult(r))
	}
	lost.tell(c)
	if len(results) == 0 {
		return fmt.Errorf("there is nothing to show: %s matches no result", field.List(patterns))
	}
	shown, others := report.OneWorld(results, emulated)
	if len(shown) == 0 {
		return fmt.Errorf("there is nothing to show: no result of %s is emulated", field.List(patterns))
	}
	page, err := report.Trend(shown, len(others), unread)
	if err != nil {
		return err
	}
	into, err := p.folder(folder)
	if err == nil {
		defer into.close()
		err = into.replace(report.TrendName, report.Page(page, into.book))
	}
	if err != nil {
		return fmt.Errorf("-o: %s cannot be used: %w", field.Quote(folder), err)
	}
	isOther := func(r report.Result) bool { return r.Emulated != shown[0].Emulated }
	c.line("wrote %s: %d of %d files", into.of(report.TrendName), len(slices.DeleteFunc(results, isOther)), len(files))
	switch {
	case len(others) > 0 && !shown[0].Emulated:
		c.line("left out as emulated: %d; emulated results make no trend with real ones, and -emulated shows them alone", len(others))
	case len(others) > 0:
		c.line("left out as real: %d, as -emulated wants it", len(others))
	}
	return nil
}

// readOutline reads what a page of trends needs from a result.json.
func readOutline(file found) (report.Result, error) {
	f, err := openRegular(file.root, file.name)
	if err != nil {
		return report.Result{}, err
	}
	defer f.Close()
	if info, err := f.Stat(); err == nil && info.Size() > resultLimit {
		return report.Result{}, fmt.Errorf("it is larger than %d MiB", resultLimit>>20)
	}
	r, err := report.ReadOutline(io.LimitReader(f, resultLimit))
	return r, cause(err)
}

// replace writes a file where there is none, or one that we wrote before.
func (r *reports) replace(name string, src []byte) error {
	switch info, err := r.dir.Lstat(name); {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return inside(err)
	case !info.Mode().IsRegular() || !report.Ours(name, r.head(name)):
		return r.foreign(name)
	}
	return r.write(name, src)
}

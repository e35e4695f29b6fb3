package action

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"cloudjob/internal/catalog"
	"cloudjob/internal/field"
	"cloudjob/internal/gate"
	"cloudjob/internal/job"
	"cloudjob/internal/plan"
	"cloudjob/internal/report"
)

// resultLimit bounds a result.json that is read. What is written has 20 MB at
// most (report.Result, gate.Kept).
const resultLimit = 64 << 20

// past reads the results of earlier runs that the input baseline names. A file
// that cannot be read is said and left out: no release hangs on a leftover.
func (p *process) past(c *console, run plan.Run, jobs []plan.Job) (report.Past, error) {
	if run.Baseline == nil {
		return report.Past{}, nil
	}
	needed := limitedByBaseline(jobs)
	var results []report.Result
	files := map[string]bool{} // that match, each once
	for _, pattern := range run.Baseline {
		at, err := p.locate(pattern)
		if err != nil {
			return report.Past{}, fmt.Errorf("%s: %w", field.Quote(pattern), err)
		}
		defer at.root.Close()
		for _, name := range matching(at.root, at.name) {
			file := at.of(name)
			if files[file] {
				continue
			}
			files[file] = true
			r, err := readResult(at.root, name)
			if err != nil {
				c.warning(fmt.Sprintf("the earlier result %s is left out: %s", file, err))
				continue
			}
			r.Report = job.Report{Samples: slices.DeleteFunc(r.Report.Samples, func(s job.Sample) bool {
				return !slices.ContainsFunc(needed, func(g gate.Gate) bool { return g.Metric == s.Metric && g.Aggregation == s.Aggregation })
			})}
			results = append(results, r)
		}
	}
	patterns := field.List(run.Baseline)
	nothing := "no file matches " + patterns
	if len(files) > 0 {
		nothing = "no file that matches " + patterns + " can be read"
	}
	return report.NewPast(results, nothing), nil
}

func limitedByBaseline(jobs []plan.Job) (gates []gate.Gate) {
	for _, j := range jobs {
		for _, g := range j.Gates {
			if g.Limit.Baseline {
				gates = append(gates, g)
			}
		}
	}
	return gates
}

// matching are the files below a folder that match a pattern, which was checked.
func matching(root *os.Root, pattern string) []string {
	names, err := fs.Glob(root.FS(), filepath.ToSlash(pattern))
	if err != nil {
		return nil
	}
	return names
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

// rerun is the command that does the same on a command line. It names no login,
// which comes from the environment there too, and nothing that is YAML: a job
// may hold passwords of others, and parameters anything.
func rerun(inputs []field.Input) string {
	parts := []string{"cloudjob run"}
	for _, in := range inputs {
		switch {
		case in.Name == "job_index" || strings.TrimSpace(in.Text) == "":
		case structured(in.Name):
			parts = append(parts, in.Name+"='...as in the workflow...'")
		default:
			parts = append(parts, in.Name+"="+quoted(in.Text))
		}
	}
	return strings.Join(parts, " \\\n  ")
}

// structured tells of an input that is YAML for some provider.
func structured(name string) bool {
	return slices.ContainsFunc(catalog.Providers(), func(p catalog.Provider) bool {
		return slices.ContainsFunc(p.New().Fields(), func(f *field.Field) bool { return f.Name == name && f.Structured() })
	})
}

// quoted is a text as a shell takes it for one word.
func quoted(text string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_./:,=@%+", r)
	}
	if text != "" && strings.IndexFunc(text, func(r rune) bool { return !plain(r) }) < 0 {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}

package report

import (
	"bytes"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"cloudjob/internal/job"
)

// earlier is a result of a run on a day.
func earlier(what string, day int, outcome job.Outcome, gates ...job.Judgement) Result {
	at := time.Date(2026, 5, day, 12, 0, 0, 0, time.UTC)
	return Result{
		Provider: "tencent-pts", What: what, Ref: job.Ref{ID: strconv.Itoa(day)}, Outcome: outcome, Began: at, Ended: at.Add(time.Minute),
		Gates:  gates,
		Report: job.Report{Samples: []job.Sample{{Metric: "rps", Value: float64(day)}}},
	}
}

// headOf is the head of a result, as it is read of its file.
func headOf(t *testing.T, name string, r Result) Head {
	t.Helper()
	src, err := r.JSON()
	if err != nil {
		t.Fatal(err)
	}
	h, err := ReadHead(bytes.NewReader(src))
	if err != nil {
		t.Fatal(err)
	}
	h.Name = name
	return h
}

// pastOf is the past of results, in files that are named in their order. Those
// that want names are read.
func pastOf(t *testing.T, results []Result, nothing string, newest int, want ...string) (p Past, read []string) {
	t.Helper()
	var heads []Head
	for i, r := range results {
		heads = append(heads, headOf(t, strconv.Itoa(i), r))
	}
	p = NewPast(heads, nothing)
	for _, what := range want {
		p.Read("tencent-pts", what, newest, func(name string) (Result, bool) {
			read = append(read, name)
			i, err := strconv.Atoi(name)
			return results[i], err == nil
		})
	}
	return p, read
}

// TestPast: of earlier results those of the job that passed are the baseline,
// the newest of them, each once.
func TestPast(t *testing.T) {
	young := job.Judgement{Verdict: job.Inconclusive, NoLimit: true}
	blind := job.Judgement{Verdict: job.Inconclusive}
	warned := job.Judgement{Verdict: job.Fail, Severity: "warn"}
	all := []Result{
		earlier("a", 9, job.Succeeded), earlier("a", 2, job.Unjudged, young, job.Judgement{Verdict: job.Pass}, warned),
		earlier("a", 3, job.GateFailed), earlier("b", 4, job.Succeeded), earlier("a", 5, job.Unjudged, young, blind),
		earlier("a", 6, job.Succeeded, warned), earlier("a", 6, job.Succeeded, warned), earlier("a", 1, job.Succeeded),
		earlier("c", 7, job.Cancelled),
	}
	other := earlier("a", 8, job.Succeeded)
	other.Provider = "huawei-cpts"
	for _, c := range []struct {
		what   string
		newest int
		of     []float64 // the days
		passed []float64
		why    string
	}{
		{"a", 10, []float64{1, 2, 3, 5, 6, 9}, []float64{1, 2, 6, 9}, ""},
		{"a", 2, []float64{6, 9}, []float64{6, 9}, ""},
		{"a", 3, []float64{5, 6, 9}, []float64{2, 6, 9}, ""},
		{"b", 3, []float64{4}, []float64{4}, ""},
		{"c", 3, []float64{7}, nil, "of 1 earlier result of it none passed"},
		{"d", 3, nil, nil, "of 9 earlier results none is of d"},
	} {
		p, _ := pastOf(t, append(all, other), "no file matches x", c.newest, c.what)
		var of, passed []float64
		for _, r := range p.Of("tencent-pts", c.what, c.newest) {
			of = append(of, r.Report.Samples[0].Value)
		}
		b := p.Baseline("tencent-pts", c.what, c.newest, 3)
		for _, r := range b.Reports {
			passed = append(passed, r.Samples[0].Value)
		}
		if !slices.Equal(of, c.of) || !slices.Equal(passed, c.passed) || b.Why != c.why || b.Least != 3 {
			t.Errorf("%s, %d newest: %v, passed %v, %+v", c.what, c.newest, of, passed, b)
		}
	}
	if why := NewPast(nil, "no file matches x").Baseline("p", "w", 3, 3).Why; why != "no file matches x" {
		t.Errorf("without any: %q", why)
	}
	if why := (Past{}).Baseline("p", "w", 3, 3).Why; why == "" {
		t.Error("nothing is said of no past")
	}
}

// TestLastResults: the table has the last values of a gate as bars, whatever
// its limit was then.
func TestLastResults(t *testing.T) {
	gate := func(limit, actual float64) job.Judgement {
		return job.Judgement{Gate: "rps >= 1/s", Subject: "rps", Op: ">=", Wants: "1/s", Verdict: job.Pass, Unit: job.PerSecond, Limit: limit, Actual: actual}
	}
	now := earlier("a", 9, job.Succeeded, gate(1, 400))
	for i, v := range []float64{100, 200, 300} {
		now.Past = append(now.Past, earlier("a", i+1, job.Succeeded, gate(float64(i), v)))
	}
	if summary := Judged([]Result{now}); !strings.Contains(summary, "| Last results |") || !strings.Contains(summary, "| ▁▃▆█ |") {
		t.Error(summary)
	}
	page, err := HTML([]Result{now})
	if err != nil || !strings.Contains(string(page), "4 results, from 100/s to 400/s") {
		t.Errorf("%v\n%s", err, page)
	}
}

// TestNoLimitIsDrawn: a baseline that is not known is no line at 0.
func TestNoLimitIsDrawn(t *testing.T) {
	r := earlier("a", 1, job.Unjudged, job.Judgement{Gate: "rps >= baseline", Subject: "rps", Op: ">=", Wants: "baseline", Verdict: job.Inconclusive, Unit: job.PerSecond, NoLimit: true, Reason: "there is no baseline"})
	r.Report.Series = []job.Series{{Metric: "rps", Points: []job.Point{{At: 0, Value: 400}, {At: time.Second, Value: 410}}}}
	if summary := Judged([]Result{r}); strings.Count(summary, "    line [") != 1 || !strings.Contains(summary, "&#62;= baseline") {
		t.Error(summary)
	}
	page, err := HTML([]Result{r})
	if err != nil || strings.Contains(string(page), `class="limit"`) {
		t.Errorf("%v\n%s", err, page)
	}
}

// TestStanding says how the gates of a running job stand.
func TestStanding(t *testing.T) {
	of := func(v job.Verdict, reason string) job.Judgement { return job.Judgement{Verdict: v, Reason: reason} }
	for want, gates := range map[string][]job.Judgement{
		"":                         nil,
		"gates: 1 hold":            {of(job.Pass, "")},
		"gates: 1 hold, 1 not yet": {of(job.Pass, ""), {Verdict: job.Fail, NotYet: true, Reason: "requests is 3, not > 4"}},
		"gates: 1 hold, 2 broken (rps is 3/s, not > 4/s), 1 not known yet": {of(job.Fail, "rps is 3/s, not > 4/s"), of(job.Inconclusive, "x"), of(job.Pass, ""), of(job.Fail, "y")},
	} {
		if got := Standing(gates); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// TestReadNonsense: what a result says that can be no value is no part of a
// baseline, and a time that can be none is none.
func TestReadNonsense(t *testing.T) {
	r, err := ReadResult([]byte(`{"version": 1, "provider": "p", "what": "w", "ref": {"id": "1"}, "outcome": "succeeded",
		"began": "1970-01-21T00:00:00Z", "ended": "2026-05-01T00:00:00Z",
		"report": {"samples": [{"metric": "error_rate", "value": 1e308}, {"metric": "requests", "value": -1}, {"metric": "rps", "value": 3}]}}`))
	if err != nil {
		t.Fatal(err)
	}
	s := r.Report.Samples
	if s[0].Missing == "" || s[1].Missing == "" || s[2].Missing != "" || !r.Began.IsZero() || r.Ended.IsZero() {
		t.Errorf("read %+v", r)
	}
}

// TestNewest: the newest results are those of the newest runs, whatever their
// files are called, and no more are read than are used.
func TestNewest(t *testing.T) {
	var all []Result
	for _, day := range []int{1, 11, 2, 12, 9, 3, 10, 8} { // as files are sorted by name
		r := earlier("a", day, job.Succeeded)
		switch r.Judged = r.Ended.Add(time.Hour); {
		case day == 12: // a service that tells no times
			r.Began, r.Ended = time.Time{}, time.Time{}
		case day == 11: // a task that began long ago and has no end
			r.Began, r.Ended = r.Began.AddDate(-1, 0, 0), time.Time{}
		case day == 10: // of an earlier version
			r.Judged, r.Began, r.Ended = time.Time{}, time.Time{}, time.Time{}
			r.Timeline = []job.Moment{{At: time.Date(2026, 5, 9, 0, 0, 0, 0, time.UTC)}, {At: time.Date(2026, 5, 10, 13, 0, 0, 0, time.UTC)}}
		}
		all = append(all, r)
	}
	failed := earlier("a", 13, job.GateFailed)
	all = append(all, failed, earlier("b", 14, job.Succeeded))
	p, read := pastOf(t, all, "", 3, "a")
	var days []float64
	for _, r := range p.Baseline("tencent-pts", "a", 3, 3).Reports {
		days = append(days, r.Samples[0].Value)
	}
	if !slices.Equal(days, []float64{10, 11, 12}) {
		t.Errorf("the newest three are of the days %v", days)
	}
	if !slices.Equal(read, []string{"8", "3", "1", "6"}) {
		t.Errorf("the files %v were read", read)
	}
}

// TestTwoRunsOfOneTask: they share its id, and a time of its end that an earlier
// run left, and are two; copies of one result are one.
func TestTwoRunsOfOneTask(t *testing.T) {
	run := func(judged int, url string) Result {
		r := earlier("a", 1, job.Succeeded)
		r.RunURL = url
		if judged > 0 {
			r.Judged = time.Date(2026, 5, judged, 0, 0, 0, 0, time.UTC)
		}
		return r
	}
	for name, c := range map[string]struct {
		results []Result
		want    int
	}{
		"judged at two times":  {[]Result{run(1, "u"), run(2, "u")}, 2},
		"of two workflow runs": {[]Result{run(0, "u/1"), run(0, "u/2")}, 2},
		"copies":               {[]Result{run(1, "u"), run(1, "u"), run(1, "u")}, 1},
		"old copies":           {[]Result{run(0, "u"), run(0, "u")}, 1},
	} {
		p, _ := pastOf(t, c.results, "", 10, "a")
		if got := len(p.Baseline("tencent-pts", "a", 10, 1).Reports); got != c.want {
			t.Errorf("%s: %d, want %d", name, got, c.want)
		}
	}
}

// TestReadPast: what cannot be read as a whole is replaced by the next one, and
// what did not pass is not read to find what did.
func TestReadPast(t *testing.T) {
	var all []Result
	for day := range 9 {
		all = append(all, earlier("a", day+1, []job.Outcome{job.Succeeded, job.GateFailed, job.Unjudged}[day%3]))
	}
	var heads []Head
	for i, r := range all {
		heads = append(heads, headOf(t, strconv.Itoa(i), r))
	}
	p := NewPast(heads, "")
	var read []string
	p.Read("tencent-pts", "a", 2, func(name string) (Result, bool) {
		read = append(read, name)
		i, _ := strconv.Atoi(name)
		return all[i], i != 6 && i != 8
	})
	var days []float64
	for _, r := range p.Of("tencent-pts", "a", 2) {
		days = append(days, r.Report.Samples[0].Value)
	}
	b := p.Baseline("tencent-pts", "a", 2, 1)
	if !slices.Equal(days, []float64{6, 8}) || len(b.Reports) != 2 || b.Reports[1].Samples[0].Value != 6 || b.Reports[0].Samples[0].Value != 4 {
		t.Errorf("of the days %v, a baseline of %+v", days, b.Reports)
	}
	if !slices.Equal(read, []string{"8", "7", "6", "5", "3"}) {
		t.Errorf("the files %v were read", read)
	}
}

// TestReadHead: a head is read in any order of its parts, no farther than it
// takes, and a file that is none says why.
func TestReadHead(t *testing.T) {
	const head = `"version":1,"provider":"p","what":"w","ref":{"id":"1"},"outcome":"succeeded","judged":"2026-05-01T00:00:00Z",`
	const old = `"version":1,"provider":"p","what":"w","ref":{"id":"1"},"outcome":"succeeded",`
	for src, want := range map[string]string{
		`{` + head + `"report":{"samples":[` + strings.Repeat(`{"metric":"x"},`, 1000): "",
		`{"report":{"samples":[{}]},` + head + `"x":1}`:                                "",
		`{` + old + `"report":{},"timeline":[{"at":"2026-05-01T00:00:00Z"}]}`:          "",
		`{` + old + `"report":{"samples":[`:                                            "not a result.json: it ends in the middle",
		`{"version": 1`:                                                                "not a result.json: it ends in the middle",
		`{` + old:                                                                      "not a result.json: it ends in the middle",
		``:                                                                             "not a result.json: it is empty",
		` `:                                                                            "not a result.json: it is empty",
		`[{}]`:                                                                         "not a result.json: it is a list, and a result.json holds one result; give each a file of its own",
		`{}`:                                                                           "not a result.json: it has no version",
		`{"version":2}`:                                                                "result.json has version 2, and only version 1 can be read",
		`{"version":1}`:                                                                "not a result.json: it has no provider or no outcome",
		`"x"`:                                                                          "not a result.json: it is no object",
		`<html>`:                                                                       "not a result.json: invalid character '<' looking for beginning of value",
		`{"version":1,"what":3}`:                                                       "not a result.json: json: cannot unmarshal number into Go value of type string",
	} {
		h, err := ReadHead(strings.NewReader(src))
		got := ""
		if err != nil {
			got = err.Error()
		}
		if got != want || want == "" && (h.What != "w" || h.when().Year() != 2026) {
			t.Errorf("%.60s: %+v, %q, want %q", src, h, got, want)
		}
	}
}

// TestManyHeads: of very many results each is told apart at once, and of a large
// file no more is read than its beginning. Each held against each takes minutes.
func TestManyHeads(t *testing.T) {
	heads := make([]Head, 200_000)
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for i := range heads {
		heads[i] = Head{Provider: "p", What: "w", Ref: job.Ref{ID: strconv.Itoa(i)}, Outcome: job.Succeeded, Ended: at.Add(time.Duration(i) * time.Minute)}
	}
	began := time.Now()
	if p := NewPast(heads, ""); p.total != len(heads) || time.Since(began) > time.Minute {
		t.Errorf("%d results after %s", p.total, time.Since(began))
	}
	r := earlier("a", 1, job.Succeeded)
	for i := range 10_000 {
		r.Report.Samples = append(r.Report.Samples, job.Sample{Metric: "rps", Value: float64(i)})
	}
	src, err := r.JSON()
	if err != nil {
		t.Fatal(err)
	}
	rest := bytes.NewReader(src)
	if _, err := ReadHead(rest); err != nil || len(src)-rest.Len() > 4<<10 {
		t.Errorf("%v after %d of %d bytes", err, len(src)-rest.Len(), len(src))
	}
}

// TestPastValues: a result counts once, however many gates are about its value.
func TestPastValues(t *testing.T) {
	of := func(v float64) Result {
		g := job.Judgement{Subject: "rps", Verdict: job.Pass, Actual: v}
		return Result{Gates: []job.Judgement{g, g, {Subject: "rps", Verdict: job.Inconclusive}}}
	}
	if got := pastValues([]Result{of(1), of(2)})["rps"]; !slices.Equal(got, []float64{1, 2}) {
		t.Errorf("the values are %v", got)
	}
}

package huaweicpts

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cloudjob/internal/emulator"
	"cloudjob/internal/engine"
	"cloudjob/internal/job"
	cptsemu "cloudjob/internal/service/huaweicpts/emu"
)

// refusing answers every call with a status and a body.
type refusing struct {
	status int
	body   string
	calls  int
}

func (r *refusing) RoundTrip(q *http.Request) (*http.Response, error) {
	r.calls++
	a := answers{r.body}
	resp, err := a.RoundTrip(q)
	resp.StatusCode = r.status
	resp.Header.Set("X-Request-Id", "req-1")
	return resp, err
}

// TestRefusals: the code and the message of a refusal reach the user, whether
// it comes as one or inside an answer of success (facts huawei-cpts
// §8), and what is only refused has not happened.
func TestRefusals(t *testing.T) {
	const never = `{"code":"SVCSTG.CPTS.4031009","message":"user not open cpts"}`
	for name, test := range map[string]struct {
		status     int
		body       string
		outcome    job.Outcome
		code, says string
		meaning    string
	}{
		"never opened":             {403, never, job.Unauthorized, "SVCSTG.CPTS.4031009", "user not open cpts", "was never opened"},
		"never opened, inside 200": {200, never, job.Unauthorized, "SVCSTG.CPTS.4031009", "user not open cpts", "was never opened"},
		"no such thing, inside":    {200, `{"code":"SVCSTG.CPTS.4032002","message":"gone","result":null}`, job.StartFailed, "SVCSTG.CPTS.4032002", "gone", "does not exist"},
		"a code nobody lists":      {200, `{"code":"SVCSTG.CPTS.4000077","message":"no executor left","extend":null,"result":[]}`, job.StartFailed, "SVCSTG.CPTS.4000077", "no executor left", "was refused"},
		"a number for a code":      {200, `{"code":4000077,"message":"no executor left"}`, job.StartFailed, "4000077", "no executor left", "was refused"},
		"a word for a code":        {200, `{"code":"quota","message":"too much"}`, job.StartFailed, "quota", "too much", "was refused"},
		"too many, inside":         {200, `{"code":"SVCSTG.CPTS.4290001","message":"slow down"}`, job.Limited, "SVCSTG.CPTS.4290001", "slow down", "too many"},
		"their fault, inside":      {200, `{"code":"CPTS.05001001","message":"oops"}`, job.StartUnknown, "CPTS.05001001", "oops", "unknown fault"},
		"another fault of theirs":  {200, `{"code":"SVCSTG.CPTS.5001234","message":"oops"}`, job.StartUnknown, "SVCSTG.CPTS.5001234", "oops", "fault of the cloud"},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				for _, inputs := range []string{create, givenTask} {
					item := startUnread(t, &refusing{status: test.status, body: test.body}, inputs, "184138")
					e, ok := errors.AsType[*job.Error](item.Err)
					if !ok || job.OutcomeOf(item.Err) != test.outcome || e.Code != test.code || e.Message != test.says || !strings.Contains(e.Meaning, test.meaning) || e.Cure == "" || e.RequestID != "req-1" {
						t.Errorf("got %s: %+v", job.OutcomeOf(item.Err), item.Err)
					}
				}
			})
		})
	}
}

// TestSuccessIsNotAWord: an answer that has what was asked for is no refusal,
// whatever its code says (facts huawei-cpts §1).
func TestSuccessIsNotAWord(t *testing.T) {
	for _, code := range []string{`"SVCSTG.CPTS.0000000"`, `"CPTS.00000000"`, `"0"`, `0`, `null`, `""`, `"anything"`} {
		bubble(t, func(t *testing.T) {
			w := newWorld(t)
			w.alter = func(_ string, body []byte) []byte {
				return bytes.ReplaceAll(body, []byte(`"code":"SVCSTG.CPTS.0000000"`), []byte(`"code":`+code))
			}
			r := w.run(w.open(creating(cptsemu.HealthyCase)), func(o *engine.Options) { o.Report = true })
			if r.Outcome != job.Succeeded || ofRun(r.Items[0].Report.Samples)["requests"] != 6000 {
				t.Errorf("%s: %s, %v", code, r.Outcome, r.Items[0].Err)
			}
		})
	}
}

// TestRunsHaveALength: when a run began and ended is known at its end, however
// that end was learnt.
func TestRunsHaveALength(t *testing.T) {
	for name, change := range map[string]func(*cptsemu.Switches){
		"plain":       func(*cptsemu.Switches) {},
		"listed late": func(s *cptsemu.Switches) { s.ListedAfter = 40 * time.Second },
		"ended only":  func(s *cptsemu.Switches) { s.HistoryEndedOnly = true },
		"history":     func(s *cptsemu.Switches) { s.ShowTaskOldOnly = true },
		"stopped":     func(s *cptsemu.Switches) { s.StopTakes = 10 * time.Second },
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				w := newWorld(t, change)
				began := time.Now()
				want := 65 * time.Second
				r := w.run(w.open(creating(cptsemu.HealthyCase)), func(o *engine.Options) {
					if name == "stopped" {
						o.Timeout, o.OnTimeout, want = 30*time.Second, engine.Stop, 40*time.Second
					}
				})
				last := r.Items[0].Last
				if !last.Begun.Equal(began.Truncate(time.Second)) || last.Ended.Sub(last.Begun).Round(5*time.Second) != want {
					t.Errorf("%s: began %s, ended %s (%s)", r.Outcome, last.Begun, last.Ended, last.Ended.Sub(last.Begun))
				}
			})
		})
	}
	t.Run("no history", func(t *testing.T) { // no reason to lose the end
		bubble(t, func(t *testing.T) {
			w := newWorld(t)
			w.inject(emulator.Fault{Kind: emulator.Internal, Times: -1}, "ShowHistoryRunInfo")
			if r := w.run(w.open(creating(cptsemu.HealthyCase))); r.Outcome != job.Succeeded || !r.Items[0].Last.Ended.IsZero() {
				t.Errorf("%+v", r)
			}
		})
	})
}

// TestTimesOfARun: a time may be a number, and no time is not a run of no length.
func TestTimesOfARun(t *testing.T) {
	at := time.Date(2026, 11, 26, 10, 0, 0, 0, time.UTC)
	for _, test := range []struct {
		start, end any
		length     time.Duration
		over       bool
	}{
		{"2026-11-26T18:00:00+08:00", "2026-11-26T18:01:05+08:00", 65 * time.Second, true},
		{json.Number(fmt.Sprint(at.UnixMilli())), json.Number(fmt.Sprint(at.UnixMilli() + 65_000)), 65 * time.Second, true},
		{fmt.Sprint(at.Unix()), fmt.Sprint(at.Unix() + 65), 65 * time.Second, true},
		{"2026-11-26T18:00:00+08:00", nil, 0, false},
		{"2026-11-26T18:00:00+08:00", "", 0, false},
		{"2026-11-26T18:00:00+08:00", json.Number("0"), 0, false},
		{"2026-11-26T18:00:00+08:00", "2026-11-26T17:59:00+08:00", 0, true}, // before it began
		{"2026-11-26T18:00:00+08:00", "soon after", 0, true},
		{"9999-11-26T18:00:00+08:00", json.Number("1e30"), 0, true},
	} {
		r := logged{StartTime: test.start, EndTime: test.end}
		begun, ended := r.times()
		length := time.Duration(0)
		if !begun.IsZero() && !ended.IsZero() {
			length = ended.Sub(begun)
		}
		if length != test.length || r.ended() != test.over {
			t.Errorf("%v to %v: %s to %s, over %v", test.start, test.end, begun, ended, r.ended())
		}
	}
}

// place is where in the answers of a call something stands: the path of a list,
// or of an object with numbers, in which * is any entry of a list.
type place struct{ call, path string }

func placeOf(call, path string, v any) (p place, ok bool) {
	switch v.(type) {
	case json.Number:
		return place{call, path[:strings.LastIndexByte(path, '.')] + "{}"}, true
	case []any:
		return place{call, path}, true
	}
	return place{}, false
}

// walk visits all values of an answer, and changes each to what visit returns.
func walk(v any, path string, visit func(path string, v any) any) any {
	switch v := v.(type) {
	case map[string]any:
		for name, of := range v {
			v[name] = walk(of, path+"."+name, visit)
		}
	case []any:
		for i, of := range v {
			v[i] = walk(of, path+".*", visit)
		}
	}
	return visit(path, v)
}

func decoded(body []byte) any {
	var v any
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	if d.Decode(&v) != nil {
		return nil
	}
	return v
}

// numbered are the ids in a path, which say nothing of its call.
var numbered = regexp.MustCompile(`[0-9a-f]{5,}|/[0-9]+`)

// odd is what a service may write for a value.
type odd struct {
	name  string
	write func(v any) any // nil: as it is
	same  bool            // all values must be read as before
}

func odds() []odd {
	number := func(format string) func(any) any {
		return func(v any) any {
			n, is := v.(json.Number)
			switch {
			case !is || strings.Contains(n.String(), ".") && strings.Contains(format, "."):
				return nil
			case format == "%q":
				return n.String()
			}
			return json.Number(fmt.Sprintf(format, n))
		}
	}
	return []odd{
		{"null first", func(v any) any {
			if list, is := v.([]any); is {
				return append([]any{nil}, list...)
			}
			return nil
		}, true},
		{"null last", func(v any) any {
			if list, is := v.([]any); is {
				return append(slices.Clone(list), nil)
			}
			return nil
		}, true},
		{"text", number("%q"), true},
		{"with a zero", number("%s.0"), true},
		{"fraction", number("%s.4"), false},
	}
}

// life is a job from its start to its report, with the answers changed.
type life struct {
	outcome job.Outcome
	ref     job.Ref
	why     []string
	samples map[string]float64
	series  []job.Series
	began   int
}

func lived(t *testing.T, inputs map[string]string, lost bool, alter func(string, []byte) []byte) (l life) {
	w := newWorld(t)
	w.alter = alter
	if lost {
		w.inject(emulator.Fault{Kind: emulator.Drop, After: true}, "BatchUpdateTaskStatus")
	}
	r := w.run(w.open(inputs), func(o *engine.Options) { o.Report, o.Heartbeat, o.PollEvery = true, time.Minute, 30*time.Second })
	item := r.Items[0]
	return life{r.Outcome, item.Ref, item.Why, values(item.Report.Samples), item.Report.Series, len(w.begun())}
}

// TestOddAnswers takes every answer of a job's life and puts a null into each
// list, and texts and fractions for the numbers of each object: the job is still
// followed to its end and its numbers are read as a person would.
func TestOddAnswers(t *testing.T) {
	seen := map[place]bool{}
	for _, of := range []struct {
		name   string
		inputs map[string]string
		lost   bool
		want   job.Outcome
		all    bool // also what was tried in another life
	}{
		{"two cases", creating(cptsemu.HealthyCase, cptsemu.HealthyCase2), false, job.Succeeded, true},
		{"an existing task", existing(cptsemu.ExistingTask), false, job.Succeeded, false},
		{"a lost start", creating(cptsemu.HealthyCase), true, job.Succeeded, false},
		{"an abort", creating(cptsemu.AbortingCase), false, job.JobFailed, false},
	} {
		var places []place
		note := map[place]bool{}
		var right life
		bubble(t, func(t *testing.T) {
			right = lived(t, of.inputs, of.lost, func(path string, body []byte) []byte {
				call := numbered.ReplaceAllString(path, "")
				walk(decoded(body), "", func(path string, v any) any {
					if p, ok := placeOf(call, path, v); ok {
						note[p] = true
					}
					return v
				})
				return body
			})
		})
		if right.outcome != of.want || right.began != 1 {
			t.Fatalf("%s: %+v", of.name, right)
		}
		for p := range note {
			if of.all || !seen[p] {
				places = append(places, p)
			}
			seen[p] = true
		}
		slices.SortFunc(places, func(a, b place) int { return strings.Compare(a.call+a.path, b.call+b.path) })
		for _, p := range places {
			for _, o := range odds() {
				changed := false
				var got life
				bubble(t, func(t *testing.T) {
					got = lived(t, of.inputs, of.lost, func(path string, body []byte) []byte {
						if numbered.ReplaceAllString(path, "") != p.call {
							return body
						}
						v := walk(decoded(body), "", func(path string, v any) any {
							if at, ok := placeOf(p.call, path, v); !ok || at != p {
								return v
							}
							if other := o.write(v); other != nil {
								changed = true
								return other
							}
							return v
						})
						b, err := json.Marshal(v)
						if err != nil || v == nil {
							return body
						}
						return b
					})
				})
				if changed {
					compare(t, fmt.Sprintf("%s: %s %s %s", of.name, o.name, p.call, p.path), got, right, o.same, strings.Contains(p.path, "brokens"))
				}
			}
		}
	}
	if len(seen) < 40 {
		t.Errorf("only %d places", len(seen))
	}
}

func compare(t *testing.T, name string, got, right life, same, curve bool) {
	t.Helper()
	if got.outcome != right.outcome || got.began != 1 || got.ref != right.ref {
		t.Errorf("%s: %s, %+v, %d began", name, got.outcome, got.ref, got.began)
	}
	if !slices.Equal(got.why, right.why) {
		t.Errorf("%s: why %q", name, got.why)
	}
	if !same {
		return
	}
	if curve { // a value more moves the curve
		got.samples, right.samples = maps.Clone(got.samples), maps.Clone(right.samples)
		delete(got.samples, "rps max")
		delete(right.samples, "rps max")
		got.series, right.series = nil, nil
	}
	diff := cmp.Diff(right.samples, got.samples, cmp.Comparer(func(a, b float64) bool { return a == b || a != a && b != b }))
	if diff += cmp.Diff(right.series, got.series); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}

// TestGapsInACurve: a null in a curve is a gap. The values after it stay at
// their times, whether a value lacks or a time.
func TestGapsInACurve(t *testing.T) {
	of := func(lists string) map[time.Duration]float64 {
		t.Helper()
		var c curves
		if err := json.Unmarshal([]byte(lists), &c); err != nil {
			t.Fatal(err)
		}
		m := measured{cases: []measurement{{curves: c, total: figures{Start: "2026-11-26T18:00:00+08:00", End: "2026-11-26T18:00:05+08:00"}}}}
		at := map[time.Duration]float64{}
		for _, s := range m.series(combine(m.stretches())) {
			if s.Metric == "rps" {
				for _, p := range s.Points {
					at[p.At] = p.Value
				}
			}
		}
		return at
	}
	const stamps = `"2026-11-26T18:00:01+08:00","2026-11-26T18:00:02+08:00","2026-11-26T18:00:03+08:00","2026-11-26T18:00:04+08:00"`
	s := time.Second
	for lists, want := range map[string]map[time.Duration]float64{
		`{"commonTimestamps":[` + stamps + `],"tps_brokens":{"tps":[null,"2",3.0,4]}}`:                                                    {2 * s: 2, 3 * s: 3, 4 * s: 4},
		`{"commonTimestamps":[` + stamps + `],"tps_brokens":{"tps":[1,null,null,4]}}`:                                                     {1 * s: 1, 4 * s: 4},
		`{"commonTimestamps":[` + stamps + `],"tps_brokens":{"tps":[1,2]}}`:                                                               {1 * s: 1, 2 * s: 2},
		`{"commonTimestamps":["2026-11-26T18:00:01+08:00",null,"2026-11-26T18:00:03+08:00"],"tps_brokens":{"tps":[1,2,3]}}`:               {1 * s: 1, 2 * s: 2, 3 * s: 3},
		`{"commonTimestamps":[null,null,"2026-11-26T18:00:03+08:00","2026-11-26T18:00:04+08:00",null],"tps_brokens":{"tps":[1,2,3,4,5]}}`: {1 * s: 1, 2 * s: 2, 3 * s: 3, 4 * s: 4, 5 * s: 5},
		`{"commonTimestamps":[null,null,null,null,null],"tps_brokens":{"tps":[1,2,3,4,5]}}`:                                               {1 * s: 1, 2 * s: 2, 3 * s: 3, 4 * s: 4, 5 * s: 5}, // spread
		`{"commonTimestamps":null,"tps_brokens":{"tps":[1,null,3,4,5]}}`:                                                                  {1 * s: 1, 3 * s: 3, 4 * s: 4, 5 * s: 5},
	} {
		if diff := cmp.Diff(want, of(lists)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", lists, diff)
		}
	}
}

// TestStopBesideANull: a null among the runs hides none of the others.
func TestStopBesideANull(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(t, func(s *cptsemu.Switches) { s.HistoryEndedOnly = true })
		_, first := w.begin(w.open(existing(cptsemu.ExistingTask)))
		_, second := w.begin(w.open(existing(cptsemu.ExistingTask)))
		w.alter = func(_ string, body []byte) []byte {
			return bytes.ReplaceAll(body, []byte(`"log_list":[`), []byte(`"log_list":[null`))
		}
		time.Sleep(10 * time.Second)
		err := w.follower().Stop(t.Context(), first.Ref, false)
		if err == nil || !strings.Contains(err.Error(), "run "+second.Ref.Run+" of it runs too") {
			t.Errorf("%v", err)
		}
	})
}

package huaweicpts

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"cloudjob/internal/cloud"
	"cloudjob/internal/emulator"
	"cloudjob/internal/engine"
	"cloudjob/internal/job"
	cptsemu "cloudjob/internal/service/huaweicpts/emu"
)

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
		synctest.Test(t, func(t *testing.T) {
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
				synctest.Test(t, func(t *testing.T) {
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

// TestUnreadable: what cannot be read fails no job, and is told as an error.
func TestUnreadable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		_, one := w.begin(w.open(creating(cptsemu.HealthyCase)))
		_, two := w.begin(w.open(creating(cptsemu.HealthyCase)))
		gone := job.Ref{ID: "1", Run: "1", In: one.Ref.In}
		w.inject(emulator.Fault{Kind: emulator.WrongType, Times: 5}, "ShowTask")
		statuses, err := w.follower().Status(t.Context(), []job.Ref{one.Ref, two.Ref, gone})
		if err == nil || len(statuses) != 3 || statuses[0].State != "" || statuses[1].State != job.StateRunning || statuses[2].State != "" {
			t.Errorf("statuses %+v, %v", statuses, err)
		}
	})
}

// TestHostileAnswers: whatever stands where something else is documented, there
// is no fault of ours, and no number of it.
func TestHostileAnswers(t *testing.T) {
	for name, change := range map[string][2]string{
		"ids":    {`"id":"5200011"`, `"id":{"a":[1]}`},
		"names":  {`"name":"list"`, `"name":["list"]`},
		"times":  {`"startTime":"`, `"startTime":"soon `},
		"stamps": {`"commonTimestamps":["`, `"commonTimestamps":[{"at":1},"`},
		"points": {`"average":[`, `"average":[null,"x",-1,`},
		"counts": {`"requests":6000`, `"requests":"many"`},
		"zeros":  {`"requests":6000`, `"requests":-6000`},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				changed := false
				w.alter = func(path string, body []byte) []byte {
					if !strings.Contains(path, "/case-run-infos/") {
						return body
					}
					changed = changed || bytes.Contains(body, []byte(change[0]))
					return bytes.ReplaceAll(body, []byte(change[0]), []byte(change[1]))
				}
				r := w.report(w.finished(false, cptsemu.HealthyCase))
				got := ofRun(r.Samples)
				if got["response_time p95"] != 0.1874 || got["requests"] != 6000 || !changed {
					t.Errorf("%v", got)
				}
				for _, s := range r.Series {
					if !slices.IsSortedFunc(s.Points, func(a, b job.Point) int { return int(a.At - b.At) }) {
						t.Errorf("%s: %v", s.Metric, s.Points)
					}
				}
			})
		})
	}
}

func TestWhen(t *testing.T) {
	want := time.Date(2026, 3, 2, 9, 13, 21, 0, time.UTC)
	for _, text := range []cloud.Text{"2026-03-02T17:13:21+08:00", cloud.Text(fmt.Sprint(want.Unix())), cloud.Text(fmt.Sprint(want.UnixMilli()))} {
		if got := when(text); !got.Equal(want) {
			t.Errorf("%s: %s", text, got)
		}
	}
	for _, text := range []cloud.Text{"", "00:00:01", "17", "0", "-1", "1e30"} {
		if got := when(text); !got.IsZero() {
			t.Errorf("%s: %s", text, got)
		}
	}
}

package catalog_test

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"cloudjob/internal/engine"
	"cloudjob/internal/gate"
	"cloudjob/internal/job"
)

// TestOddAnswers: answers are read as a person would read them. Every list of
// objects in every answer gets a null for its first element, every number comes
// as a text, and every whole number with a fraction: in one way for one call at
// a time, and in all that is seen and told of a job nothing may change. Where it
// does, the places are spoilt one by one, so that the failure names the one; with
// -every they always are.
func TestOddAnswers(t *testing.T) {
	t.Parallel()
	var plays, places atomic.Int64
	t.Run("subjects", func(t *testing.T) {
		for _, s := range subjects() {
			t.Run(s.name, func(t *testing.T) {
				t.Parallel()
				told := map[place]bool{}
				for _, l := range lives(t, s) {
					odd := map[place]bool{}
					want := l.play(t, s, func(call string, v any, path string) any {
						for _, way := range oddities() {
							if _, ok := way.write(v); ok {
								odd[place{way.name, call, path}] = true
							}
						}
						return v
					})
					plays.Add(1)
					places.Add(int64(len(odd)))
					differ := func(at ...place) string {
						plays.Add(1)
						got := l.play(t, s, oddly(at))
						if at[0].way == missing { // so something may be missing
							return gocmp.Diff(want.Ends, got.Ends)
						}
						return gocmp.Diff(want, got, gocmp.Comparer(func(a, b error) bool { return fmt.Sprint(a) == fmt.Sprint(b) }))
					}
					if len(odd) == 0 || l.gates != nil && want.Items[0][0].Report.Samples == nil {
						t.Errorf("%s: nothing is seen that could change", l.name)
					}
					for _, of := range together(odd) {
						all, alone := differ(of...), false
						if all == "" {
							continue
						}
						for _, at := range of {
							diff := differ(at)
							alone = alone || diff != ""
							if diff != "" && !told[at] {
								told[at] = true
								t.Errorf("%s, %s: %s at %s (-as it is, +so):\n%.1000s", l.name, at.call, at.way, at.path, diff)
							}
						}
						if !alone {
							t.Errorf("%s, %s: %s at all places together (-as it is, +so):\n%.1000s", l.name, of[0].call, of[0].way, all)
						}
					}
				}
			})
		}
	})
	t.Logf("%d places, %d plays", places.Load(), plays.Load())
}

// life is what happens to a job in up to two attempts.
type life struct {
	event
	gates [][]gate.Gate
}

// lives are such that every call about a job is made.
func lives(t *testing.T, s subject) []life {
	running := cmp.Or(s.runs, 20*time.Second) + 300*time.Millisecond
	return []life{
		{event{name: "to its end", change: func(*attempt) {}}, [][]gate.Gate{gatesOf(t, s.provider)}},
		{event{name: "answer lost", change: func(*attempt) {}, mute: true}, nil},
		{event{name: "stopped", change: func(a *attempt) { a.signal, a.options.OnCancel = running, engine.Terminate }}, nil},
		{event{name: "attached to", change: func(a *attempt) { a.kill, a.noPost = running, true }, rerun: true}, nil},
	}
}

// place is where an oddity is.
type place struct{ way, call, path string }

// oddity is a way to write a value that says the same.
type oddity struct {
	name  string
	write func(any) (any, bool) // false: not this value
}

// missing is the way to write that one of several values is missing.
const missing = "null among values"

func oddities() []oddity {
	return []oddity{
		{"null first", func(v any) (any, bool) {
			list, ok := v.([]any)
			return append([]any{nil}, list...), ok && !slices.ContainsFunc(list, isScalar)
		}},
		{missing, func(v any) (any, bool) {
			list, ok := v.([]any)
			return append([]any{nil}, list...), ok && slices.ContainsFunc(list, isScalar)
		}},
		{"number as text", func(v any) (any, bool) {
			n, ok := v.(json.Number)
			return n.String(), ok
		}},
		{"whole number with a fraction", func(v any) (any, bool) {
			n, ok := v.(json.Number)
			_, err := strconv.ParseInt(n.String(), 10, 64)
			return json.Number(n + ".0"), ok && err == nil
		}},
	}
}

func isScalar(v any) bool {
	switch v.(type) {
	case map[string]any, []any:
		return false
	}
	return true
}

// together are the places that are spoilt in one play: those of a call, or one.
func together(all map[place]bool) [][]place {
	by := map[place][]place{}
	for at := range all {
		of := place{way: at.way, call: at.call}
		if *every {
			of = at
		}
		by[of] = append(by[of], at)
	}
	compare := func(a, b place) int {
		return cmp.Or(strings.Compare(a.call, b.call), strings.Compare(a.way, b.way), strings.Compare(a.path, b.path))
	}
	var groups [][]place
	for _, of := range slices.SortedFunc(maps.Keys(by), compare) {
		groups = append(groups, slices.SortedFunc(slices.Values(by[of]), compare))
	}
	return groups
}

// oddly writes what is at places their way.
func oddly(places []place) func(call string, v any, path string) any {
	return func(call string, v any, path string) any {
		for _, way := range oddities() {
			if written, ok := way.write(v); ok && slices.Contains(places, place{way.name, call, path}) {
				return written
			}
		}
		return v
	}
}

// rewrite has every value of an answer written by write, those inside first.
func rewrite(call string, body any, write func(call string, v any, path string) any) any {
	b, err := json.Marshal(body)
	if err != nil {
		panic(err)
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	var all any
	if err := d.Decode(&all); err != nil {
		panic(err)
	}
	var walk func(v any, path string) any
	walk = func(v any, path string) any {
		switch v := v.(type) {
		case map[string]any:
			for name := range v {
				v[name] = walk(v[name], path+"."+name)
			}
		case []any:
			for i := range v {
				v[i] = walk(v[i], path+"[]")
			}
		}
		return write(call, v, path)
	}
	return walk(all, "")
}

// lived is everything that is told of a job, and the truth.
type lived struct {
	Items [][]job.Item
	Ends  []string
}

// play plays a life with answers written by write.
func (l life) play(t *testing.T, s subject, write func(call string, v any, path string) any) (all lived) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(s.service)
		w.written = func(call string, body any) any { return rewrite(call, body, write) }
		if l.mute {
			w.mute = s.start
		}
		attempts := []*attempt{{number: "1"}}
		l.change(attempts[0])
		if l.rerun {
			attempts = append(attempts, &attempt{number: "2"})
		}
		for _, a := range attempts {
			a.options.Wait, a.options.OnTimeout, a.options.Gates = true, engine.Stop, l.gates
			a.play(t, w, s)
			all.Items = append(all.Items, a.result.Items, a.settled.Items)
			all.Ends = append(all.Ends, string(a.result.Outcome), string(a.settled.Outcome))
		}
		for _, j := range w.begun(s) {
			all.Ends = append(all.Ends, fmt.Sprintf("%s %s %t %s", j.ID, j.State, j.Live, j.Mark))
		}
	})
	return all
}

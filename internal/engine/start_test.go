package engine

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"cloudjob/internal/gate"
	"cloudjob/internal/job"
)

// TestStartMark: a mark is the same for the same place, content and attempt,
// and for nothing else.
func TestStartMark(t *testing.T) {
	place := Mark{Run: "place", Attempt: "1", Once: "abcd"}
	base := func(m Mark, contents ...string) string { return m.bases(contents)[len(contents)-1] }
	same := base(place, "load")
	for what, other := range map[string]string{
		"another content":                base(place, "load of another kind"),
		"another place":                  base(Mark{Run: "elsewhere", Attempt: "1", Once: "abcd"}, "load"),
		"the second of equals":           base(place, "load", "load"),
		"content and place run together": base(Mark{Run: "placeload", Attempt: "1"}, ""),
	} {
		if other == same {
			t.Errorf("%s has the same mark: %s", what, other)
		}
	}
	for what, other := range map[string]string{
		"another attempt":         base(Mark{Run: "place", Attempt: "12", Once: "wxyz"}, "load"),
		"a plan in another order": base(place, "copy", "load"),
		"a plan that grew":        base(place, "copy", "move", "load"),
	} {
		if other != same {
			t.Errorf("%s has another mark: %s and %s", what, other, same)
		}
	}
	full := place.Of([]string{"load"})[0]
	if !strings.HasPrefix(full, same) || full == same || len(full) > 20 {
		t.Errorf("the mark is %q: names take no more than 20 characters beside their own", full)
	}
}

func TestStartMarked(t *testing.T) {
	for _, c := range []struct{ text, begin, want string }{
		{"nightly cj-abcdefghij-2-wxyz", "cj-abcdefghij-", "cj-abcdefghij-2-wxyz"},
		{"cj-abcdefghij-2-wxyz: nightly", "cj-abcdefghij-", "cj-abcdefghij-2-wxyz"},
		{"nightly cj-abcdefghij-2-wxyz", "cj-abcdefghij-2-wxyz", "cj-abcdefghij-2-wxyz"},
		{"nightly cj-abcdefghij-12-wxyz", "cj-abcdefghij-1-wxyz", ""},
		{"nightly", "cj-abcdefghij-", ""},
		{"nightly", "", ""},
	} {
		if got := Marked(c.text, c.begin); got != c.want {
			t.Errorf("in %q there is %q of %q, want %q", c.text, got, c.begin, c.want)
		}
	}
	own := Mark{Attempt: "10"}
	for mark, want := range map[string]bool{
		"cj-abcdefghij-9-wxyz": true, "cj-abcdefghij-10-wxyz": false, "cj-abcdefghij-11-wxyz": false,
		"cj-abcdefghij-2": true, "cj-abcdefghij-": false, "cj-abcdefghij-x-9": false, "cj": false,
	} {
		if own.follows(mark) != want {
			t.Errorf("attempt 10 follows %s: %t", mark, !want)
		}
	}
}

// startOptions are those of an attempt that waits for its job.
func startOptions(attempt, content string) Options {
	return Options{
		Mark: Mark{Run: "place", Attempt: attempt, Once: "once"}, Contents: []string{content}, Attach: attempt != "1",
		Wait: true, Timeout: 5 * time.Minute, PollEvery: 10 * time.Second, OnTimeout: Leave,
	}
}

// marked is the note of a job of an attempt.
func marked(attempt, content string) string {
	return "note " + Mark{Run: "place", Attempt: attempt, Once: "then"}.Of([]string{content})[0]
}

// TestStartAttachesToItsOwn: of two steps of one place, such as two of one
// composite action, each follows its own job of an earlier attempt.
func TestStartAttachesToItsOwn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &startCloud{}
		own := map[string]*startJob{}
		for _, content := range []string{"staging", "production"} {
			own[content] = c.add(marked("1", content), job.StateRunning)
		}
		for _, content := range []string{"production", "staging"} {
			item := Run(t.Context(), []Service{c.service()}, startOptions("2", content)).Items[0]
			if item.How != job.Attached || item.Ref.ID != own[content].id || len(c.starts) > 0 {
				t.Errorf("%s: %s %s with %d starts, want %s", content, item.How, item.Ref.ID, len(c.starts), own[content].id)
			}
		}
	})
}

// TestStartBeside: what is no job of an earlier attempt that goes on, of the
// same content, is not followed: a new one is started.
func TestStartBeside(t *testing.T) {
	for name, c := range map[string]struct {
		note  string
		state job.State
	}{
		"one of its own attempt":    {marked("2", "load"), job.StateRunning},
		"one of a later attempt":    {marked("3", "load"), job.StateRunning},
		"one of another content":    {marked("1", "another"), job.StateRunning},
		"one that has ended":        {marked("1", "load"), job.StateSucceeded},
		"one that is being stopped": {marked("1", "load"), job.StateStopping},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				cloud := &startCloud{}
				there := cloud.add(c.note, c.state)
				item := Run(t.Context(), []Service{cloud.service()}, startOptions("2", "load")).Items[0]
				if item.How != job.Began || item.Ref.ID == there.id || len(cloud.starts) != 1 || cloud.stops != nil {
					t.Errorf("%s %s with %d starts and stops %v", item.How, item.Ref.ID, len(cloud.starts), cloud.stops)
				}
			})
		})
	}
}

// startJournal keeps records.
type startJournal struct {
	last  Record
	named Record // the first that names a job: what a main leaves that is killed soon after
}

func (j *startJournal) Save(_ int, r Record) error {
	b, err := json.Marshal(r)
	if err == nil {
		j.last = Record{}
		err = json.Unmarshal(b, &j.last)
	}
	if j.named.Jobs == nil {
		j.named = j.last
	}
	return err
}

// TestStartUnclear: where nothing tells which job is the step's, or whether one
// is, all are named, none is taken and nothing is started.
func TestStartUnclear(t *testing.T) {
	for name, unsure := range map[string][]string{"several": {"", "", ""}, "one unsure": {"its parameters are not shown"}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, journal := &startCloud{}, &startJournal{}
				for _, why := range unsure {
					c.add(marked("1", "load"), job.StateRunning).unsure = why
				}
				c.add(marked("2", "load"), job.StateRunning)
				o := startOptions("3", "load")
				if len(unsure) > 1 {
					c.jobs[3].state = job.StateSucceeded // it is no question any more
				} else {
					c.jobs[1].state = job.StateSucceeded
				}
				o.Journal = journal
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				defer cancel()
				r := Run(ctx, []Service{c.service()}, o)
				item := r.Items[0]
				if r.Outcome != job.StartUnknown || item.How != "" || item.Ref != (job.Ref{}) || len(c.starts) > 0 || c.stops != nil {
					t.Fatalf("%s: %+v with %d starts and stops %v", r.Outcome, item, len(c.starts), c.stops)
				}
				for i, why := range unsure {
					if text := item.Err.Error(); !strings.Contains(text, c.jobs[i].id) || !strings.Contains(text, why) ||
						!strings.Contains(text, "nothing was started") || !strings.Contains(text, "on_rerun: new") || strings.Contains(text, c.jobs[len(unsure)].id) {
						t.Errorf("it is said: %s", text)
					}
				}
				if !journal.last.Done {
					t.Errorf("the post step would look for a job that nobody started: %+v", journal.last)
				}
			})
		})
	}
}

// TestStartAdopts: a job whose start was not answered is found by its mark, and
// none is taken if several bear it; also by the post step.
func TestStartAdopts(t *testing.T) {
	for _, jobs := range []int{1, 2} {
		synctest.Test(t, func(t *testing.T) {
			c, journal := &startCloud{}, &startJournal{}
			c.add(marked("1", "load"), job.StateRunning)
			c.answer = func(_ int, s *startService, intent job.Intent) []job.Item {
				for range jobs - 1 {
					s.begin(intent, "")
				}
				return s.begin(intent, "no answer")
			}
			o := startOptions("2", "load")
			o.Attach, o.Journal, o.OnTimeout = false, journal, Stop
			r := Run(t.Context(), []Service{c.service()}, o)
			item := r.Items[0]
			if jobs == 1 {
				if item.How != job.Adopted || item.Ref.ID != "job-2" || r.Outcome != job.TimedOut || !slices.Equal(c.stops, []string{"job-2"}) {
					t.Errorf("%s %s, %s", item.How, item.Ref.ID, r.Outcome)
				}
				return
			}
			if r.Outcome != job.StartUnknown || item.How != "" || !strings.Contains(item.Err.Error(), "job-2, job-3") || c.stops != nil {
				t.Errorf("%s: %+v, stops %v", r.Outcome, item, c.stops)
			}

			left := Left{Provider: "start-cloud", Follower: c.service(), Record: Record{Intent: c.starts[0].intent, What: []string{"a job"}}}
			c.jobs[2].unsure = "nothing shows who began it"
			for _, named := range []string{"job-2, job-3", "job-3"} {
				settled := Settle(t.Context(), []Left{left}, time.Second, nil)
				if text := settled.Items[0].Err; settled.Outcome != job.StartUnknown || text == nil || !strings.Contains(text.Error(), named) || c.stops != nil {
					t.Errorf("the post step: %s, %+v, stops %v", settled.Outcome, settled.Items[0], c.stops)
				}
				c.jobs = slices.Delete(c.jobs, 1, 2)
			}
		})
	}
}

// TestStartLeavesWhatMayBeAnybodys: a job that bears no mark may be somebody
// else's, so nothing stops it: no cancel, no timeout, no abort gate, no post
// step. One that bears ours is stopped.
func TestStartLeavesWhatMayBeAnybodys(t *testing.T) {
	gates, problems := gate.Parse("gates", "abort error_rate < 1%")
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	for name, change := range map[string]func(*Options) time.Duration{
		"cancel":     func(*Options) time.Duration { return time.Minute },
		"terminate":  func(o *Options) time.Duration { o.OnCancel = Terminate; return time.Minute },
		"timeout":    func(o *Options) time.Duration { o.OnTimeout = Stop; return time.Hour },
		"abort gate": func(o *Options) time.Duration { o.Gates = [][]gate.Gate{gates}; return time.Hour },
	} {
		for _, anybodys := range []bool{false, true} {
			t.Run(name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					c, journal := &startCloud{}, &startJournal{}
					there := c.add(marked("1", "load"), job.StateRunning)
					if there.anybodys = anybodys; anybodys {
						there.note = "somebody's"
					}
					o := startOptions("2", "load")
					said := ""
					o.Journal, o.Notify = journal, func(e Event) {
						if e.Kind == Begins {
							said = e.Item.Note
						}
					}
					ctx, cancel := context.WithTimeout(t.Context(), change(&o))
					defer cancel()
					item := Run(ctx, []Service{c.service()}, o).Items[0]
					if item.How != job.Attached || item.Ref.ID != there.id || len(c.starts) > 0 {
						t.Fatalf("%+v with %d starts", item, len(c.starts))
					}
					Settle(t.Context(), []Left{{Provider: "start-cloud", Follower: c.service(), Record: journal.named}}, time.Second, nil)
					if stopped := slices.Contains(c.stops, there.id); stopped == anybodys {
						t.Errorf("anybody's %t: stopped %t (%s, %s)", anybodys, stopped, item.End, item.Stop)
					}
					if strings.Contains(said, "nothing shows") != anybodys {
						t.Errorf("anybody's %t: it is said: %s", anybodys, said)
					}
					if anybodys && name != "abort gate" && item.Stop != job.StopLeft {
						t.Errorf("it is said to be %q", item.Stop)
					}
				})
			})
		}
	}
}

// TestStartAfterAQuota: what a quota refused is asked for again, without what
// runs already, and not before the cloud wants it.
func TestStartAfterAQuota(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const asked = 100 * time.Second
		c := &startCloud{}
		there := c.add(marked("1", "load"), job.StateRunning)
		c.answer = func(call int, s *startService, intent job.Intent) []job.Item {
			if call == 1 {
				full := intent
				full.Skip = append(slices.Clone(intent.Skip), 2) // its quota is used up
				items := s.begin(full, "")
				items[2].Err = &job.Error{Fault: job.Throttled, Call: "Start", Message: "too many", After: asked}
				return items
			}
			return s.begin(intent, "")
		}
		r := Run(t.Context(), []Service{c.service("first", "second", "third")}, startOptions("2", "load"))
		if len(c.starts) != 2 || len(c.jobs) != 3 {
			t.Fatalf("%d starts, %d jobs: %+v", len(c.starts), len(c.jobs), r.Items)
		}
		if !slices.Equal(c.starts[0].intent.Skip, []int{0}) || !slices.Equal(c.starts[1].intent.Skip, []int{0, 1}) {
			t.Errorf("left out were %v and %v, want the job that ran before, and then those that run", c.starts[0].intent.Skip, c.starts[1].intent.Skip)
		}
		if waited := c.starts[1].at.Sub(c.starts[0].at); waited < asked || waited > asked+time.Minute {
			t.Errorf("it was asked for again after %s, the cloud wants %s", waited, asked)
		}
		if r.Items[0].How != job.Attached || r.Items[0].Ref.ID != there.id || r.Items[1].How != job.Began || r.Items[2].How != job.Began {
			t.Errorf("%+v", r.Items)
		}
	})
}

// TestStartBlind: what cannot be read before a start, or kept for the post step,
// is a reason to start nothing, and that is said.
func TestStartBlind(t *testing.T) {
	refused := &job.Error{Fault: job.Ambiguous, Call: "List", Message: "no answer"}
	for name, c := range map[string]struct {
		change func(*startCloud, *Options)
		want   string
	}{
		"no list":  {func(c *startCloud, _ *Options) { c.unlisted = refused }, "a job of an earlier attempt may still run"},
		"no state": {func(_ *startCloud, o *Options) { o.Journal, o.Attach = startFull{}, false }, "nothing was started, because a cancel could not have stopped it"},
		"no read":  {func(c *startCloud, o *Options) { c.unread, o.Attach = refused, false }, "nothing was started"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				cloud, o := &startCloud{}, startOptions("2", "load")
				cloud.add(marked("1", "load"), job.StateRunning)
				c.change(cloud, &o)
				r := Run(t.Context(), []Service{cloud.service()}, o)
				if err := r.Items[0].Err; r.Outcome != job.StartFailed || err == nil || !strings.Contains(err.Error(), c.want) || len(cloud.starts) > 0 {
					t.Errorf("%s with %d starts: %v", r.Outcome, len(cloud.starts), err)
				}
			})
		})
	}
}

// startFull is a journal on a full disk.
type startFull struct{}

func (startFull) Save(int, Record) error { return errors.New("no space left on device") }

// TestStartCancelled: after a signal nothing is started; a start that is under
// way then may be answered for a moment, and no longer.
func TestStartCancelled(t *testing.T) {
	for _, c := range []struct {
		signal, read, answer time.Duration
		how                  job.How
		starts               int
	}{
		{0, 0, 0, "", 0},
		{time.Second, 2 * time.Second, 0, "", 0},
		{time.Second, 0, 2 * time.Second, job.Began, 1},
		{time.Second, 0, 9 * time.Second, job.Adopted, 1}, // it is found by its mark
	} {
		synctest.Test(t, func(t *testing.T) {
			cloud, journal := &startCloud{}, &startJournal{}
			cloud.read, cloud.took = c.read, c.answer
			o := startOptions("1", "load")
			o.Journal = journal
			ctx, cancel := context.WithTimeout(t.Context(), c.signal)
			defer cancel()
			began := time.Now()
			item := Run(ctx, []Service{cloud.service()}, o).Items[0]
			if took := time.Since(began) - c.signal; item.How != c.how || len(cloud.starts) != c.starts || took > cancelBudget {
				t.Errorf("signal after %s: %q with %d starts, %s later: %v", c.signal, item.How, len(cloud.starts), took, item.Err)
			}
			if c.starts > 0 && (len(cloud.stops) != 1 || journal.last.Intent.Mark == "" || journal.last.Intent.At.IsZero()) {
				t.Errorf("stops %v, record %+v", cloud.stops, journal.last)
			}
			if c.starts == 0 && OutcomeOf(item) != job.Cancelled {
				t.Errorf("it is %s", OutcomeOf(item))
			}
		})
	}
}

// TestStartUnanswered: a start that was lost is not sent again, but for one that
// is idempotent, and that not for ever; the post step is told to look for it.
func TestStartUnanswered(t *testing.T) {
	for _, again := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			cloud, journal := &startCloud{again: again}, &startJournal{}
			cloud.answer = func(_ int, s *startService, _ job.Intent) []job.Item {
				return Fail(s, &job.Error{Fault: job.Ambiguous, Call: "Start", Message: "no answer"})
			}
			o := startOptions("1", "load")
			o.Journal = journal
			r := Run(t.Context(), []Service{cloud.service()}, o)
			want := 1
			if again {
				want = 5
			}
			if r.Outcome != job.StartUnknown || len(cloud.starts) != want || journal.last.Asked || journal.last.Done {
				t.Errorf("again %t: %s after %d starts, record %+v", again, r.Outcome, len(cloud.starts), journal.last)
			}
			for _, start := range cloud.starts {
				if start.intent.Mark != cloud.starts[0].intent.Mark {
					t.Errorf("it was repeated under another mark: %s", start.intent.Mark)
				}
			}
		})
	}
}

// TestStartQuotaWithoutTimeout: who does not bound a step does not want it to
// wait for ever.
func TestStartQuotaWithoutTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud := &startCloud{}
		cloud.answer = func(_ int, s *startService, _ job.Intent) []job.Item {
			return Fail(s, &job.Error{Fault: job.Throttled, Call: "Start", Message: "too many"})
		}
		o := startOptions("1", "load")
		o.Timeout = 0
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		if r := Run(ctx, []Service{cloud.service()}, o); r.Outcome != job.Limited || len(cloud.starts) != 1 {
			t.Errorf("%s after %d starts", r.Outcome, len(cloud.starts))
		}
		cloud.starts, o.Timeout = nil, 50*time.Second
		if r := Run(t.Context(), []Service{cloud.service()}, o); r.Outcome != job.Limited || len(cloud.starts) != 4 {
			t.Errorf("within 50 s: %s after %d starts", r.Outcome, len(cloud.starts))
		}
	})
}

// TestOrigin: a mark tells the workflow run that its job is of, if it was made in
// one and by a version that tells; what is no whole mark tells nothing.
func TestOrigin(t *testing.T) {
	for mark, want := range map[string]Origin{
		"cj-abcdefghij-2-wxyz":               {Attempt: "2"}, // as older versions wrote it
		"cj-abcdefghij-2-wxyz-7ctc50i":       {RunID: 16012345698, Attempt: "2"},
		"cj-abcdefghij-12-wxyz-1":            {RunID: 1, Attempt: "12"},
		"cj-abcdefghij-1-wxyz-1y2p0ij32e8e7": {RunID: 1<<63 - 1, Attempt: "1"},
		"cj-abcdefghij-1-wxyz-1y2p0ij32e8e8": {}, // more than there can be
		"cj-abcdefghij-1-wxyz-0":             {},
		"cj-abcdefghij-1-wxyz-01":            {}, // nobody writes it so
		"cj-abcdefghij-1-wxyz-":              {},
		"cj-abcdefghij-1-wxyz-1-2":           {},
		"cj-abcdefghij-1--1":                 {},
		"cj-abcdefghi-1-wxyz-1":              {},
		"cj-abcdefghij-1-wxyz-Z":             {},
		"x cj-abcdefghij-1-wxyz-1":           {},
		"cj-":                                {},
		"":                                   {},
	} {
		if got, ok := OriginOf(mark); got != want || ok != (want != Origin{}) {
			t.Errorf("%q: %+v, %t, want %+v", mark, got, ok, want)
		}
	}
	for _, run := range []int64{0, 1, 16012345698, 1<<63 - 1} {
		mark := Mark{Run: "place", Attempt: "3", Once: "wxyz", RunID: run}.Of([]string{""})[0]
		if got, ok := OriginOf(mark); !ok || got != (Origin{RunID: run, Attempt: "3"}) {
			t.Errorf("%s, of run %d: %+v, %t", mark, run, got, ok)
		}
	}
	for text, want := range map[string]string{
		"nightly cj-abcdefghij-2-wxyz-1": "cj-abcdefghij-2-wxyz-1", "cj-abcdefghij-2-wxyz": "cj-abcdefghij-2-wxyz", "cj-zzzzzzzzzz-1-wxyz cj-abcdefghij-2-wxyz ": "cj-abcdefghij-2-wxyz",
		"cj-abcdefghij-2-wxyz of somebody's": "", "nightly-cj-abcdefghij-2-wxyz": "", "cj-cj-abcdefghij-2-wxyz": "", "": "",
	} {
		if got := MarkOf(text); got != want {
			t.Errorf("%q ends with %q, want %q", text, got, want)
		}
	}
	m := Mark{Run: "place", Attempt: "3", Once: "abcd", RunID: 16012345698}
	if full := m.Of([]string{"load"})[0]; !strings.HasPrefix(full, m.bases([]string{"load"})[0]) || len(full) > 28 {
		t.Errorf("the mark is %q: names take no more than 28 characters beside their own", full)
	}
}

// FuzzOrigin: whatever a job is called, what is read of its mark is what Of would
// write, and stands in the text.
func FuzzOrigin(f *testing.F) {
	for _, text := range []string{"nightly cj-abcdefghij-2-wxyz-7ctc50i", "cj-abcdefghij-2-wxyz", "cj-cj-abcdefghij-2-wxyz-1", "cj-abcdefghij-2-wxyz-zzzzzzzzzzzzzz"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		mark := Marked(text, MarkPrefix)
		o, ok := OriginOf(mark)
		if !ok {
			return
		}
		if !strings.Contains(text, mark) || o.RunID < 0 || o.Attempt == "" {
			t.Fatalf("%q: %q, %+v", text, mark, o)
		}
		if o.RunID > 0 && !strings.HasSuffix(mark, "-"+strconv.FormatInt(o.RunID, 36)) || o.RunID == 0 && strings.Count(mark, "-") != 3 {
			t.Errorf("%q is read as %+v", mark, o)
		}
	})
}

// TestElapsed: no job has run for less than nothing, also where the cloud's clock
// is ahead of ours. A recording of such a run would be refused by a replay.
func TestElapsed(t *testing.T) {
	began := time.Now().Add(time.Hour)
	for _, s := range []job.Status{{Begun: began}, {Begun: began, Ended: began.Add(-time.Second)}} {
		if ran := (&run{}).elapsed(s); ran != 0 {
			t.Errorf("%+v has run for %s", s, ran)
		}
	}
}

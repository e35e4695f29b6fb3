package engine

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"cloudjob/internal/gate"
	"cloudjob/internal/job"
)

// boundless is a cloud that never stops talking. Its ids are as long as id.
type boundless struct{ id int }

func long(n int) string { return strings.Repeat("ä", n/2) }

func (b boundless) failure() error {
	return &job.Error{Fault: job.Denied, Call: "call", Code: long(1 << 20), Message: long(1 << 20), RequestID: long(1 << 20), Meaning: long(1 << 20), Cure: long(1 << 20), Err: ErrTooEarly}
}

func (b boundless) report() job.Report {
	labels := func(last string) map[string]string { return map[string]string{"request": long(1<<20) + last} }
	return job.Report{
		Samples: []job.Sample{{Metric: "rps", Labels: labels("a"), Word: long(1 << 20), Missing: long(1 << 20)}, {Metric: "rps", Labels: labels("b")}, {Metric: "rps", Labels: map[string]string{"request": "short"}}},
		Series:  []job.Series{{Metric: "rps", Labels: labels("a")}},
		Errors:  []job.ErrorKind{{What: long(1 << 20)}}, Ranges: []job.Range{{What: long(1 << 20)}}, Parts: []job.Part{{Name: long(1 << 20), Status: long(1 << 20), Detail: long(1 << 20)}}, Notes: strings.Split(strings.Repeat(long(1<<12)+"\n", 1000), "\n"),
	}
}

func (boundless) Provider() string                                { return "boundless" }
func (boundless) What() []string                                  { return []string{"job"} }
func (boundless) Group() (string, int)                            { return "boundless", 1 }
func (boundless) Lasting(job.Ref) bool                            { return false }
func (b boundless) Load(context.Context, job.Ref) (string, error) { return long(1 << 20), b.failure() }
func (b boundless) Intend(_ context.Context, mark string) (job.Intent, error) {
	return job.Intent{Mark: mark}, nil
}
func (b boundless) Start(context.Context, job.Intent) []job.Item {
	return []job.Item{{Provider: "boundless", What: "job", Ref: job.Ref{ID: long(b.id), Run: "1"}, Status: long(1 << 20), RequestID: long(1 << 20), Note: long(1 << 20)}}
}
func (b boundless) Find(context.Context, job.Intent) ([]Found, error) {
	return []Found{{Ref: job.Ref{ID: long(b.id)}}, {Ref: job.Ref{ID: "known"}}}, nil
}
func (b boundless) Status(_ context.Context, refs []job.Ref) ([]job.Status, error) {
	return []job.Status{{State: job.StateFailed, Word: long(1 << 20), Message: long(1 << 20), Progress: long(1 << 20)}}, nil
}
func (b boundless) Stop(context.Context, job.Ref, bool) error {
	return fmt.Errorf("stop: %w", b.failure())
}
func (b boundless) Why(context.Context, job.Ref, job.Status) ([]string, error) {
	return b.report().Notes, b.failure()
}
func (b boundless) Report(context.Context, job.Ref, job.Status) (job.Report, error) {
	return b.report(), nil
}

// texts are all texts in a value.
func texts(v reflect.Value) (all []string) {
	switch v.Kind() {
	case reflect.String:
		return []string{v.String()}
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			all = texts(v.Elem())
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				all = append(all, texts(v.Field(i))...)
			}
		}
	case reflect.Slice:
		for i := range v.Len() {
			all = append(all, texts(v.Index(i))...)
		}
	case reflect.Map:
		for _, key := range v.MapKeys() {
			all = append(all, texts(v.MapIndex(key))...)
		}
	}
	return all
}

// TestTextsAreBounded holds, of everything that a service says, that it is cut
// and says so, and that nothing else of it changes.
func TestTextsAreBounded(t *testing.T) {
	b := boundless{id: 100}
	s := bounded(b)
	ctx := t.Context()
	found, _ := s.Find(ctx, job.Intent{})
	statuses, _ := s.Status(ctx, []job.Ref{{}})
	why, whyErr := s.Why(ctx, job.Ref{}, job.Status{})
	report, _ := s.Report(ctx, job.Ref{}, job.Status{})
	load, loadErr := s.(Gauge).Load(ctx, job.Ref{})
	stop := s.Stop(ctx, job.Ref{}, false)
	for what, v := range map[string]any{
		"start": s.Start(ctx, job.Intent{}), "find": found, "status": statuses, "why": why, "why's error": whyErr, "report": report, "load": load, "load's error": loadErr, "stop": stop.Error(),
	} {
		all, cut := texts(reflect.ValueOf(v)), 0
		for _, text := range all {
			if len(text) > 2<<10+100 {
				t.Errorf("%s: a text of %d bytes", what, len(text))
			}
			if strings.Contains(text, "(cut: ") {
				cut++
			}
			if strings.Contains(text, "\ufffd") {
				t.Errorf("%s: a letter is cut in two", what)
			}
		}
		if cut == 0 && what != "find" {
			t.Errorf("%s does not say that it was cut", what)
		}
	}
	if len(why) > 21 || len(report.Notes) > 21 || !strings.Contains(why[len(why)-1], "more lines") {
		t.Errorf("%d lines of reasons, %d notes", len(why), len(report.Notes))
	}
	if !errors.Is(stop, ErrTooEarly) || fault(stop) != job.Denied || fault(whyErr) != job.Denied {
		t.Error("an error is another than it was")
	}
	if a, b := report.Samples[0].Labels["request"], report.Samples[1].Labels["request"]; a == b || a != report.Series[0].Labels["request"] || report.Samples[2].Labels["request"] != "short" {
		t.Error("two requests whose names begin alike cannot be told apart, or one has two names")
	}
	if _, ok := bounded(struct{ Service }{b}).(Gauge); ok {
		t.Error("a service that knows no load is asked for it")
	}
}

// TestIncredibleIds: a start that cannot be named is none that is known, and
// what a list says of such a job is not believed either.
func TestIncredibleIds(t *testing.T) {
	b := boundless{id: 2000}
	var r Result
	synctest.Test(t, func(t *testing.T) {
		r = Run(t.Context(), []Service{b}, Options{Mark: Mark{Run: "r"}, Timeout: time.Millisecond, Gates: [][]gate.Gate{nil}})
	})
	if r.Outcome != job.StartUnknown && r.Items[0].Ref.ID != "known" || len(r.Items[0].Ref.ID) > idLimit {
		t.Errorf("outcome %s, an id of %d bytes", r.Outcome, len(r.Items[0].Ref.ID))
	}
	items := bounded(b).Start(t.Context(), job.Intent{})
	if job.OutcomeOf(items[0].Err) != job.StartUnknown || items[0].Ref != (job.Ref{}) {
		t.Errorf("%+v", items[0])
	}
	found, err := bounded(b).Find(t.Context(), job.Intent{})
	if err == nil || len(found) != 1 || found[0].Ref.ID != "known" {
		t.Errorf("%d found, %v: a job that cannot be named is not the same as none", len(found), err)
	}
}

// timeless is a cloud whose times are of another unit.
type timeless struct{ boundless }

func (timeless) Status(context.Context, []job.Ref) ([]job.Status, error) {
	return []job.Status{{State: job.StateSucceeded, Begun: time.Unix(1, 0), Ended: time.Date(2150, 1, 1, 0, 0, 0, 0, time.UTC), Planned: -time.Second}}, nil
}

// TestTimesAreBounded: times that can be none are none wherever a status enters.
func TestTimesAreBounded(t *testing.T) {
	all, err := bounded(timeless{}).Status(t.Context(), nil)
	if err != nil || len(all) != 1 || !all[0].Begun.IsZero() || !all[0].Ended.IsZero() || all[0].Planned != 0 {
		t.Errorf("%+v, %v", all, err)
	}
}

package catalog_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"cloudjob/internal/emulator"
	"cloudjob/internal/engine"
)

// stopwatch notes when the first request to stop a job is sent.
type stopwatch struct {
	http.RoundTripper
	stopped time.Time
}

func (s *stopwatch) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	if isStop(r, body) && s.stopped.IsZero() {
		s.stopped = time.Now()
	}
	return s.RoundTripper.RoundTrip(r)
}

// isStop tells of a request to stop a job.
func isStop(r *http.Request, body []byte) bool {
	action := r.Header.Get("X-TC-Action")
	return action != "" && slices.ContainsFunc(subjects(), func(s subject) bool { return s.stop == action }) || strings.HasSuffix(r.URL.Path, "/stop") ||
		strings.HasSuffix(r.URL.Path, "batch-update-task-status") && bytes.Contains(body, []byte(`"status":2`))
}

// TestStopIsOutInTime measures from the signal to the first stop request: the
// runner kills the action 7.5 s after its first signal. It is signalled before,
// in and after the start, also while the start is not answered.
func TestStopIsOutInTime(t *testing.T) {
	latest := time.Duration(0)
	for _, s := range subjects() {
		if s.lasting {
			continue
		}
		for _, signal := range []time.Duration{500 * time.Millisecond, time.Second, 5 * time.Second, 12 * time.Second} {
			for _, slow := range []bool{false, true} {
				synctest.Test(t, func(t *testing.T) {
					w := newWorld(s.service)
					if slow {
						w.Inject(emulator.Fault{Call: s.start, Kind: emulator.Slow, After: true, Delay: 25 * time.Second})
					}
					watch := &stopwatch{RoundTripper: w.Transport()}
					services, _, _ := s.open(t, env(watch))
					began := time.Now()
					ctx, cancel := context.WithTimeout(t.Context(), signal)
					defer cancel()
					r := engine.Run(ctx, services, engine.Options{Mark: engine.Mark{Run: "cancel"}, Wait: true, PollEvery: 10 * time.Second})
					took := watch.stopped.Sub(began.Add(signal))
					if watch.stopped.IsZero() || took > 6*time.Second {
						t.Errorf("%s, signal after %s, slow start %t: the stop was out after %s (%+v)", s.name, signal, slow, took, r.Items[0])
					}
					latest = max(latest, took)
					if all := time.Since(began) - signal; all > 7*time.Second {
						t.Errorf("%s, signal after %s, slow start %t: the process lived %s after it", s.name, signal, slow, all)
					}
				})
			}
		}
	}
	t.Logf("the latest stop was out %s after the signal", latest)
}

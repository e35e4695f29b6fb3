package catalog_test

import (
	"bytes"
	"context"
	"encoding/json"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"cloudjob/internal/catalog"
	"cloudjob/internal/emulator"
	"cloudjob/internal/emulator/emu"
	"cloudjob/internal/engine"
)

// remembered is an emulated cloud of all services whose history is kept.
type remembered struct {
	*emulator.Emulator
	history *emulator.History
	halves  []emu.Half
	lines   bytes.Buffer
	asked   map[string]*emu.Request // every different request, by service, call and what it asks
}

func newRemembered(history func(keep func([]byte) error) *emulator.History) *remembered {
	r := &remembered{asked: map[string]*emu.Request{}}
	r.history = history(func(line []byte) error { _, err := r.lines.Write(line); return err })
	for _, p := range catalog.Providers() {
		half := p.Emulate(r.history.Clock)
		for i, call := range half.Calls {
			half.Calls[i].Handle = func(request *emu.Request) emu.Answer {
				key := strings.Join([]string{half.Service, call.Name, string(request.Body), request.Query.Encode(), request.Path("task_id"), request.Path("job_name")}, " ")
				copied := *request
				copied.Body = slices.Clone(request.Body)
				r.asked[key] = &copied
				return call.Handle(request)
			}
		}
		r.halves = append(r.halves, half)
	}
	r.Emulator = emulator.New(emulator.Options{History: r.history}, r.halves...)
	return r
}

// answer is what a call is answered, as JSON.
func (r *remembered) answer(t *testing.T, key string, request *emu.Request) string {
	t.Helper()
	service, rest, _ := strings.Cut(key, " ")
	name, _, _ := strings.Cut(rest, " ")
	for _, half := range r.halves {
		for _, call := range half.Calls {
			if half.Service == service && call.Name == name {
				text, err := json.Marshal(call.Handle(request))
				if err != nil {
					t.Fatal(err)
				}
				return string(text)
			}
		}
	}
	t.Fatalf("no half knows %s of %s", name, service)
	return ""
}

// readsOnly are the calls that change nothing: after them Begun is as before,
// and so is everything else that a call can tell.
func readsOnly(key string) bool {
	_, rest, _ := strings.Cut(key, " ")
	rest = strings.TrimPrefix(rest, "Batch")
	return strings.HasPrefix(rest, "Describe") || strings.HasPrefix(rest, "List") || strings.HasPrefix(rest, "Show")
}

// same compares the two worlds by all that can be read of them.
func same(t *testing.T, when time.Duration, a, b *remembered) (compared int) {
	t.Helper()
	began, begun := encoded(t, a.Begun()), encoded(t, b.Begun())
	if began != begun {
		t.Fatalf("after %s began\n%s\nand in the other process\n%s", when, began, begun)
	}
	for key, request := range a.asked {
		if !readsOnly(key) {
			continue
		}
		compared++
		if first, other := a.answer(t, key, request), b.answer(t, key, request); first != other {
			t.Fatalf("after %s %s is answered\n%s\nand in the other process\n%s", when, key, first, other)
		}
	}
	return compared
}

func encoded(t *testing.T, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestHistory: at any moment of any job's life, another process that knows what
// was asked has the same world, and goes on with it alike: every read of it is
// answered the same.
//
// It reads the halves beside the emulator's lock. Virtual time keeps them apart,
// which the race detector cannot see: it has to skip this.
func TestHistory(t *testing.T) {
	for _, s := range subjects() {
		if s.name == "dataarts schedule" {
			s.inputs = strings.Replace(s.inputs, "often", "myJob", 1) // of the world that everybody has
		}
		t.Run(s.name, func(t *testing.T) {
			for seed := range uint64(3) {
				synctest.Test(t, func(t *testing.T) { remember(t, s, rand.New(rand.NewPCG(seed, 10))) })
			}
		})
	}
}

func remember(t *testing.T, s subject, dice *rand.Rand) {
	speed := []float64{1, 20}[dice.IntN(2)]
	w := newRemembered(func(keep func([]byte) error) *emulator.History { return emulator.NewHistory(speed, keep) })
	services, provider, spec := s.open(t, env(w.Transport()))
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	jitter := rand.New(rand.NewPCG(dice.Uint64(), 11)).Float64 // the engine draws while this test does
	defer func() { cancel(); <-done }()
	go func() {
		defer close(done)
		engine.Run(ctx, services, engine.Options{
			Mark: engine.Mark{Run: "run", Attempt: "1", Once: "once"}, Contents: []string{provider.Content(spec, services[0])},
			Wait: true, Timeout: patience, PollEvery: 5 * time.Second, Report: true, OnCancel: engine.Terminate, Confirm: time.Minute,
			Jitter: jitter,
		})
	}()
	began, compared := time.Now(), 0
	ends := dice.IntN(6)
	for moment := range 6 {
		time.Sleep(time.Duration(1 + dice.Int64N(int64(30*time.Second/time.Duration(speed)))))
		synctest.Wait()
		other := newRemembered(func(func([]byte) error) *emulator.History { return w.history.Beginning().History() })
		if err := other.Replay(bytes.NewReader(w.lines.Bytes())); err != nil {
			t.Fatal(err)
		}
		compared += same(t, time.Since(began), w, other)
		if moment == ends {
			cancel()
		}
		time.Sleep(time.Second) // the other goes on, unless the first is asked something new
		synctest.Wait()
		if again := newRemembered(func(func([]byte) error) *emulator.History { return w.history.Beginning().History() }); again.Replay(bytes.NewReader(w.lines.Bytes())) == nil {
			compared += same(t, time.Since(began), w, again)
		}
	}
	cancel()
	<-done
	if len(w.Begun()[s.service]) == 0 || compared < 10 {
		t.Fatalf("%d jobs began and %d reads were compared: the comparison proves nothing", len(w.Begun()[s.service]), compared)
	}
	if lines := bytes.Count(w.lines.Bytes(), []byte("\n")); lines == 0 || lines > 12 || w.lines.Len() > 12<<10 {
		t.Errorf("%d lines, %d bytes are kept of one job's life", lines, w.lines.Len())
	}
}

package huaweicpts

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"cloudjob/internal/emulator"
	"cloudjob/internal/engine"
	cptsemu "cloudjob/internal/service/huaweicpts/emu"
	"cloudjob/internal/service/servicetest"
)

func rivals(t *testing.T, s engine.Service) []engine.Live {
	t.Helper()
	live, err := s.(engine.Rivals).Rivals(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return live
}

// TestRivalsShareACase: a run of any task that one of the cases is in is the same,
// and one of other cases is not; when it is over it is none.
func TestRivalsShareACase(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		_, item := w.begin(w.open(creating(cptsemu.HealthyCase, cptsemu.HealthyCase2)))
		time.Sleep(10 * time.Second)
		for _, test := range []struct {
			inputs map[string]string
			want   bool
		}{
			{creating(cptsemu.HealthyCase), true},
			{creating(cptsemu.HealthyCase2, cptsemu.SlowCase), true},
			{creating(cptsemu.SlowCase), false},
			{existing(cptsemu.ExistingTask), false},
		} {
			live := rivals(t, w.open(test.inputs))
			if (len(live) == 1) != test.want || test.want && (live[0].Ref.ID != item.Ref.ID || live[0].Ref.Run != item.Ref.Run || !strings.Contains(live[0].String(), `of task "shop cj-mark-1-x" (`)) {
				t.Errorf("%v: %+v", test.inputs, live)
			}
		}
		time.Sleep(time.Hour)
		if live := rivals(t, w.open(creating(cptsemu.HealthyCase))); len(live) != 0 {
			t.Errorf("what is over is told: %+v", live)
		}
	})
}

// TestRivalsOfATask: every run of the task that goes on is told, whatever ran of
// it before.
func TestRivalsOfATask(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		same := existing(cptsemu.ExistingTask)
		for range 3 {
			w.begin(w.open(same))
			time.Sleep(time.Hour)
		}
		if live := rivals(t, w.open(same)); len(live) != 0 {
			t.Errorf("what is over is told: %+v", live)
		}
		_, one := w.begin(w.open(same))
		time.Sleep(10 * time.Second)
		_, two := w.begin(w.open(same))
		before := w.calls("ShowTask")
		live := rivals(t, w.open(same))
		if len(live) != 2 || live[0].Ref.Run != one.Ref.Run || live[1].Ref.Run != two.Ref.Run {
			t.Errorf("%+v", live)
		}
		if calls := w.calls("ShowTask") - before; calls > 3 {
			t.Errorf("%d calls", calls)
		}
	})
}

// TestRivalsUnseen: what cannot be read is an error, but for a task that was
// deleted; so are more tasks than can be read, and cases that are not told count
// as the same.
func TestRivalsUnseen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.begin(w.open(creating(cptsemu.HealthyCase)))
		w.inject(emulator.Fault{Kind: emulator.Forbidden, Times: -1}, "ShowTask")
		if live, err := w.open(creating(cptsemu.HealthyCase)).(engine.Rivals).Rivals(t.Context()); err == nil {
			t.Errorf("%+v", live)
		}
	})
	const (
		absent = `{"code":"SVCSTG.CPTS.4032002","message":"gone"}`
		bare   = `{"code":"SVCSTG.CPTS.0000000","taskInfo":{"run_status":0,"related_temp_running_data":[{"task_run_info_id":7}]}}`
	)
	for name, test := range map[string]struct {
		tasks int
		info  string
		want  string
	}{
		"none":       {0, bare, "0 <nil>"},
		"deleted":    {2, absent, "0 <nil>"},
		"bare":       {3, bare, "3 <nil>"},
		"very many":  {lookedAt, absent, "0 <nil>"},
		"one beyond": {lookedAt + 1, absent, "the test project has more than 200 tasks"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				live, err := openInputs(t, manyTasks{test.tasks, test.info}, target+"name: shop, parallel: false, case_ids: [449269]}").(engine.Rivals).Rivals(t.Context())
				if got := fmt.Sprint(len(live), " ", err); !strings.Contains(got, test.want) {
					t.Errorf("%s, want %s", got, test.want)
				}
			})
		})
	}
}

// manyTasks is a network on which there are so many tasks, all alike.
type manyTasks struct {
	tasks int
	info  string
}

func (m manyTasks) RoundTrip(r *http.Request) (*http.Response, error) {
	if !strings.Contains(r.URL.Path, "/all-tasks") && !strings.HasSuffix(r.URL.Path, "/tasks") {
		return servicetest.Answer(m.info).RoundTrip(r)
	}
	offset := 0
	fmt.Sscan(r.URL.Query().Get("offset"), &offset)
	var list []string
	for i := offset; i < min(m.tasks, offset+pageLimit); i++ {
		list = append(list, fmt.Sprintf(`{"id":%d,"name":"task %d"}`, 1000+i, i))
	}
	return servicetest.Answer(`{"code":"SVCSTG.CPTS.0000000","message":"success","tasks":[` + strings.Join(list, ",") + `]}`).RoundTrip(r)
}

package cptsemu

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestStartRefused(t *testing.T) {
	for name, c := range map[string]struct {
		change object
		status int
		code   string
	}{
		"type 2":                {object{"type": 2}, 400, codeBadValue},
		"type as text":          {object{"type": "1"}, 400, codeBadValue},
		"no project":            {object{"project_id": nil}, 400, codeBadValue},
		"another project":       {object{"project_id": OtherTestProject}, 400, codeBadValue},
		"no tasks":              {object{"task_id_list": nil}, 400, codeBadValue},
		"empty tasks":           {object{"task_id_list": []int{}}, 400, codeBadValue},
		"quoted task":           {object{"task_id_list": []string{"184138"}}, 400, codeBadValue},
		"unknown task":          {object{"task_id_list": []int{99}}, 403, codeNoSuch},
		"no cluster":            {object{"cluster_id": nil}, 400, codeBadValue},
		"cluster below -1":      {object{"cluster_id": -2}, 400, codeBadValue},
		"no cluster type":       {object{"cluster_type": nil}, 400, codeBadValue},
		"unknown cluster type":  {object{"cluster_type": "mine"}, 400, codeBadValue},
		"unknown private group": {object{"cluster_type": privateCluster, "cluster_id": 5}, 403, codeNoSuch},
		"package":               {object{"without_package": 1}, 400, codeBadValue},
		"network as text":       {object{"network_info": "internet"}, 400, codeBadValue},
		"another network":       {object{"network_info": object{"network_type": "vpc"}}, 400, codeBadValue},
		"no status":             {object{"status": nil}, 400, codeBadValue},
		"status 1":              {object{"status": 1}, 400, codeBadValue},
		"number as enterprise":  {object{"enterprise_project_id": 0}, 400, codeBadValue},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.call("POST", batchPath, batch(toStart, c.change, ExistingTask)).want(c.status, c.code)
			if jobs := w.Half().Begun(); len(jobs) != 0 {
				t.Errorf("begun %v", jobs)
			}
		})
	}
}

func TestStartAccepted(t *testing.T) {
	for name, change := range map[string]object{
		"as it is":          {},
		"only the required": {"type": nil, "without_package": nil, "network_info": nil, "enterprise_project_id": nil},
		"private group":     {"cluster_type": privateCluster, "cluster_id": PrivateCluster, "network_info": object{}},
		"empty network":     {"network_info": object{"network_type": ""}},
		"unknown field":     {"note": "x"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			r := w.call("POST", batchPath, batch(toStart, change, ExistingTask)).wantOK()
			if r.count("result") != 1 || r.at("extend") != nil || len(w.Half().Begun()) != 1 {
				t.Errorf("answer %v", r.body)
			}
		})
	}
}

func TestSecondStart(t *testing.T) {
	w := newWorld(t)
	first, second := w.start(ExistingTask), w.start(ExistingTask)
	if first == second || len(w.Half().Begun()) != 2 {
		t.Errorf("runs %d and %d", first, second)
	}
	w.order(toStop, ExistingTask).wantOK()
	w.pass(time.Minute)
	for _, job := range w.Half().Begun() {
		if job.Live || job.State != "4" {
			t.Errorf("a stop left %v", job)
		}
	}

	w = newWorld(t, func(s *Switches) { s.RefuseSecondStart = true })
	w.start(ExistingTask)
	w.order(toStart, ExistingTask).want(400, codeBusy)
	w.pass(time.Hour)
	w.start(ExistingTask)
}

func TestSharedCluster(t *testing.T) {
	w := newWorld(t, func(s *Switches) { s.SharedClusterRuns = 2 })
	a, b, c := w.create("a", false, HealthyCase), w.create("b", false, HealthyCase), w.create("c", false, HealthyCase)
	w.order(toStart, a, b, c).want(400, codeNoMachine)
	if len(w.Half().Begun()) != 0 {
		t.Error("a refused batch began runs")
	}
	w.order(toStart, a, b).wantOK()
	w.order(toStart, c).want(400, codeNoMachine)
	w.call("POST", batchPath, batch(toStart, object{"cluster_type": privateCluster, "cluster_id": PrivateCluster}, c)).wantOK()
	w.pass(time.Hour)
	w.order(toStart, c).wantOK()

	big := w.AddCase(Case{Name: "big", Lasts: time.Minute, Users: 600, RPS: 10, P95: 10})
	w.start(w.AddTask("in turn", false, big, big))
	w.order(toStart, w.AddTask("side by side", true, big, big)).want(400, codeNoMachine)
}

func TestBadTaskInBatch(t *testing.T) {
	w := newWorld(t)
	w.order(toStart, ExistingTask, 99).want(403, codeNoSuch)
	if len(w.Half().Begun()) != 0 {
		t.Error("a refused batch began a run")
	}
	w.Switches.DropBadTasks = true
	r := w.order(toStart, 99, ExistingTask, ExistingTask).wantOK()
	if r.count("result") != 1 || r.whole("result.0.task_id") != ExistingTask {
		t.Errorf("result %v", r.body)
	}
	if r := w.order(toStart, 99).wantOK(); r.count("result") != 0 {
		t.Errorf("result %v", r.body)
	}
}

func TestEmptyStartResult(t *testing.T) {
	w := newWorld(t, func(s *Switches) { s.EmptyStartResult = true })
	if r := w.order(toStart, ExistingTask).wantOK(); r.count("result") != 0 || len(w.Half().Begun()) != 1 {
		t.Errorf("answer %v, begun %v", r.body, w.Half().Begun())
	}
	if r := w.order(toStop, ExistingTask).wantOK(); r.count("result") != 1 {
		t.Errorf("stop %v", r.body)
	}
}

func TestStopSwitches(t *testing.T) {
	w := newWorld(t, func(s *Switches) { s.StopTakes = time.Minute })
	if r := w.order(toStop, ExistingTask).wantOK(); r.whole("result.0.task_run_id") != 0 {
		t.Errorf("stop of a task that never ran: %v", r.body)
	}
	w.Switches.RefuseIdleStop = true
	w.order(toStop, ExistingTask).want(400, codeNotLive)

	w.start(ExistingTask)
	w.pass(10 * time.Second)
	w.Switches.StopFails = true
	w.order(toStop, ExistingTask).want(500, codeUnknown)
	w.Switches.DropBadTasks = true
	w.order(toStop, ExistingTask).want(500, codeUnknown)
	w.Switches.StopFails, w.Switches.StopIgnored = false, true
	w.order(toStop, ExistingTask).wantOK()
	if got := w.runStatus(ExistingTask); got != running {
		t.Errorf("status %d after stops without effect", got)
	}
	w.Switches.StopIgnored = false
	stop := object{"cluster_id": -1, "network_info": object{}}
	w.call("POST", batchPath, batch(toStop, stop, ExistingTask)).wantOK()
	w.pass(59 * time.Second)
	w.order(toStop, ExistingTask).wantOK()
	if got := w.runStatus(ExistingTask); got != stopping {
		t.Errorf("status %d, want 5", got)
	}
	w.pass(time.Second)
	if got := w.runStatus(ExistingTask); got != terminated {
		t.Errorf("status %d, want 4", got)
	}
}

func TestUpdateTaskStatus(t *testing.T) {
	good := func() object {
		return object{
			"cluster_id": 0, "cluster_type": sharedCluster, "without_package": 0,
			"network_info": object{"network_type": "internet"}, "status": toStart,
		}
	}
	path := fmt.Sprintf("/v1/{p}/test-suites/393862/tasks/%d", ExistingTask)
	w := newWorld(t)
	for _, name := range []string{"cluster_id", "cluster_type", "network_info", "status"} {
		w.call("POST", path, edited(good(), object{name: nil})).want(400, codeBadValue)
	}
	w.call("POST", strings.Replace(path, "393862", "393863", 1), edited(good(), nil)).want(403, codeNoSuch)
	r := w.call("POST", path, edited(good(), nil)).wantOK()
	if jobs := w.Half().Begun(); len(jobs) != 1 || jobs[0].ID != fmt.Sprint(r.at("result.task_run_id")) {
		t.Errorf("answer %v, begun %v", r.body, jobs)
	}
	w.call("POST", path, edited(good(), object{"status": toStop})).wantOK()
	if got := w.runStatus(ExistingTask); got != stopping {
		t.Errorf("status %d", got)
	}
	w.Switches.EmptyStartResult = true
	if r := w.call("POST", path, edited(good(), nil)).wantOK(); len(r.at("result").(map[string]any)) != 0 {
		t.Errorf("answer %v", r.body)
	}
}

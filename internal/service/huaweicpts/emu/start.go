package cptsemu

import (
	"net/http"

	"cloudjob/internal/emulator/emu"
)

// Values of the field status (facts huawei-cpts §4.1).
const (
	toStart = 9
	toStop  = 2
)

const (
	sharedCluster  = "shared-cluster-internet"
	privateCluster = "private-cluster"

	sharedUsers = 1000 // concurrent users the shared group serves (HWDOC, facts huawei-cpts §8)
)

// order is what a body asks to be done with a task.
type order struct {
	start  bool
	shared bool
}

// readOrder checks the fields that both calls have. network_info is required in
// the old call only (facts huawei-cpts §4.1, §4.2). without_package is in
// neither: Terraform starts and stops without it (facts huawei-cpts §4.1).
func (b *body) readOrder(old bool) order {
	cluster := b.integer("cluster_id", -1)
	kind := b.text("cluster_type")
	if kind != sharedCluster && kind != privateCluster {
		b.refuse("cluster_type is unknown.")
	}
	// "fixed" in the sheet. UNVERIFIED: another value is refused.
	if b.has("without_package") && b.integer("without_package", 0) != 0 {
		b.refuse("without_package must be 0.")
	}
	if old || b.has("network_info") {
		b.checkNetwork()
	}
	status := b.integer("status", 0)
	if status != toStart && status != toStop {
		b.refuse("status must be 9 or 2.")
	}
	if b.has("enterprise_project_id") {
		b.text("enterprise_project_id")
	}
	o := order{start: status == toStart, shared: kind == sharedCluster}
	if o.start && !o.shared && cluster != PrivateCluster && b.refused == nil {
		b.refused = noSuch("The resource group")
	}
	return o
}

// checkNetwork takes {} too, which TF sends; its SDK twin has an empty network_type.
func (b *body) checkNetwork() {
	network, isObject := emu.Object(b.fields, "network_info")
	if !isObject {
		b.refuse("network_info must be an object.")
		return
	}
	kind, given := network["network_type"]
	if given && kind != "" && kind != "internet" {
		b.refuse("network_type must be internet.")
	}
}

// batchUpdateTaskStatus starts or stops tasks of one test project. type may be
// missing, 0 or 1. UNVERIFIED: it makes no difference.
func (s *Service) batchUpdateTaskStatus(r *emu.Request) emu.Answer {
	project, refused := s.projectOf(r, "test_suit_id")
	if refused != nil {
		return refused.answer()
	}
	b := readBody(r)
	if b.has("type") && b.integer("type", 0) > 1 {
		b.refuse("type must be 0 or 1.")
	}
	// UNVERIFIED: the project in the body must be the one in the path.
	if b.integer("project_id", 0) != project {
		b.refuse("project_id must be the test project of the path.")
	}
	ids := b.ids("task_id_list")
	o := b.readOrder(false)
	if b.refused != nil {
		return b.refused.answer()
	}
	result, refused := s.carryOut(o, project, ids)
	if refused != nil {
		return refused.answer()
	}
	return ok(object{"extend": nil, "result": result})
}

// updateTaskStatus is the old call for one task. Its answer has no extend
// (facts huawei-cpts §4.2).
func (s *Service) updateTaskStatus(r *emu.Request) emu.Answer {
	project, refused := s.projectOf(r, "test_suite_id")
	if refused != nil {
		return refused.answer()
	}
	t, refused := s.taskOf(r)
	if refused != nil {
		return refused.answer()
	}
	b := readBody(r)
	o := b.readOrder(true)
	if b.refused != nil {
		return b.refused.answer()
	}
	refused = s.check(o, project, t.id, nil)
	if refused != nil {
		return refused.answer()
	}
	id := s.perform(o, t)
	if o.start && s.Switches.EmptyStartResult {
		return ok(object{"result": object{}})
	}
	return ok(object{"result": object{"task_run_id": id}})
}

// carryOut does o with each task and returns the rows of result. Whether one
// bad task spoils the call is a switch. UNVERIFIED: an id given twice counts once.
func (s *Service) carryOut(o order, project int, ids []int) ([]object, *refusal) {
	var good []*task
	seen := map[int]bool{}
	for _, id := range ids {
		if seen[id] {
			continue
		}
		seen[id] = true
		refused := s.check(o, project, id, good)
		switch {
		case refused == nil:
			good = append(good, s.tasks[id])
		case refused.status >= http.StatusInternalServerError || !s.Switches.DropBadTasks:
			return nil, refused
		}
	}
	result := []object{}
	for _, t := range good {
		id := s.perform(o, t)
		if !o.start || !s.Switches.EmptyStartResult {
			result = append(result, object{"task_id": t.id, "task_run_id": id})
		}
	}
	return result, nil
}

// check tells why o cannot be done with a task, given those it will be done
// with before.
func (s *Service) check(o order, project, id int, before []*task) *refusal {
	t := s.tasks[id]
	if t == nil || t.project != project {
		return noSuch("The task")
	}
	if !o.start {
		return s.checkStop(t)
	}
	if s.Switches.RefuseSecondStart && len(s.liveRuns(t)) > 0 {
		return busy()
	}
	if o.shared {
		return s.checkShared(t, len(before))
	}
	return nil
}

func (s *Service) checkStop(t *task) *refusal {
	switch {
	case s.Switches.StopFails:
		return &refusal{http.StatusInternalServerError, codeUnknown, "Unknown error."}
	case s.Switches.RefuseIdleStop && len(s.liveRuns(t)) == 0:
		return &refusal{http.StatusBadRequest, codeNotLive, "The task is not running."}
	}
	return nil
}

// checkShared holds the limits of the shared resource group (facts huawei-cpts §8).
// UNVERIFIED: the users are counted per task.
func (s *Service) checkShared(t *task, more int) *refusal {
	now := s.now()
	for _, r := range s.runs {
		if r.shared && r.live(now) {
			more++
		}
	}
	full := s.Switches.SharedClusterRuns > 0 && more >= s.Switches.SharedClusterRuns
	if full || t.most() > sharedUsers {
		return &refusal{http.StatusBadRequest, codeNoMachine, "The resource group has no resources left."}
	}
	return nil
}

func busy() *refusal {
	return &refusal{http.StatusBadRequest, codeBusy, "The task is running."}
}

// most is the highest concurrency of a run of the task.
func (t *task) most() int {
	sum, most := 0, 0
	for _, c := range t.cases {
		sum += c.Users
		most = max(most, c.Users)
	}
	if t.parallel {
		return sum
	}
	return most
}

// perform does what check found possible and returns the run it concerns: the
// new one, or for a stop the last one, 0 if the task never ran (UNVERIFIED).
// A stop is per task, so it ends all its runs (facts huawei-cpts §4.4).
func (s *Service) perform(o order, t *task) int {
	if o.start {
		return s.begin(t, o.shared).id
	}
	if !s.Switches.StopIgnored {
		for _, r := range s.liveRuns(t) {
			s.stop(r)
		}
	}
	if last := lastOf(s.runsOf(t)); last != nil {
		return last.id
	}
	return 0
}

func lastOf(runs []*run) *run {
	if len(runs) == 0 {
		return nil
	}
	return runs[len(runs)-1]
}

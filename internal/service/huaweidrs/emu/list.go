package drsemu

import (
	"slices"
	"strings"
	"time"

	"cloudjob/internal/emulator/emu"
)

// Limits of ShowJobList's filters (SDK3, HWDOC).
const (
	mostNames     = 100
	mostInstances = 10
)

// query is what ShowJobList was asked for.
type query struct {
	cur, per                               int64
	useType, name, netType, status, engine string
}

// showJobList lists jobs, newest first. Their create_time is a date and not
// milliseconds, as elsewhere.
func (s *Service) showJobList(_ *emu.Request, body map[string]any) (emu.Answer, *fault) {
	q, err := readQuery(body)
	if err != nil {
		return emu.Answer{}, err
	}
	found := []any{}
	for i := len(s.order) - 1; i >= 0; i-- {
		if j := s.order[i]; s.matches(j, q) {
			found = append(found, s.listItem(j))
		}
	}
	total := int64(len(found))
	if q.cur > 0 && q.per > 0 { // 0 is all
		from := total
		if q.cur-1 < total/q.per+1 {
			from = min(total, (q.cur-1)*q.per)
		}
		found = found[from:min(total, from+q.per)]
	}
	return emu.Answer{Body: map[string]any{"total_record": total, "jobs": found}}, nil
}

func readQuery(body map[string]any) (q query, err *fault) {
	for _, n := range []struct {
		name string
		into *int64
	}{{"cur_page", &q.cur}, {"per_page", &q.per}} {
		if body[n.name] == nil {
			return q, empty(n.name)
		}
		if *n.into, err = pageNumber(body, n.name, 0, 0); err != nil {
			return q, err
		}
	}
	if q.per > mostPerPage {
		return q, pageBeyond("per_page")
	}
	if q.useType, err = word(body, "db_use_type", migration, synchronization, disasterRecovery); err != nil {
		return q, err
	}
	if q.netType, err = optionalWord(body, "net_type", "vpn", "vpc", "eip"); err != nil {
		return q, err
	}
	for _, f := range []struct {
		name string
		into *string
	}{{"name", &q.name}, {"status", &q.status}, {"engine_type", &q.engine}} {
		if *f.into, err = text(body, f.name); err != nil {
			return q, err
		}
	}
	for _, name := range []string{"enterprise_project_id", "instance_ip"} {
		if _, err = text(body, name); err != nil {
			return q, err
		}
	}
	if strings.Count(q.name, ",") >= mostNames {
		return q, invalid("name")
	}
	return q, checkInstances(body)
}

func checkInstances(body map[string]any) *fault {
	if body["instance_ids"] == nil {
		return nil
	}
	l, ok := emu.List(body, "instance_ids")
	if !ok {
		return wrongType("instance_ids")
	}
	if len(l) > mostInstances {
		return invalid("instance_ids")
	}
	return nil
}

func (s *Service) matches(j *job, q query) bool {
	status := j.walk.at(s.seen())
	switch {
	case j.walk.at(s.now()) == deleted,
		j.UseType != q.useType,
		q.netType != "" && q.netType != "eip",
		q.status != "" && q.status != status,
		q.engine != "" && q.engine != j.engine():
		return false
	}
	return q.name == "" || s.named(j, q.name)
}

// named takes a name, or ids with commas between them.
func (s *Service) named(j *job, name string) bool {
	if slices.Contains(strings.Split(name, ","), j.ID) || j.Name == name {
		return true
	}
	return !s.Switches.ExactName && strings.Contains(j.Name, name)
}

func (j *job) engine() string {
	if j.UseType == disasterRecovery {
		return "cloudDataGuard-mysql"
	}
	return "mysql"
}

func (s *Service) listItem(j *job) map[string]any {
	status := j.walk.at(s.seen())
	created := time.RFC3339
	if s.Switches.SpacedTimes {
		created = time.DateTime
	}
	can, cannot := actions(status)
	item := map[string]any{
		"id":                j.ID,
		"name":              j.Name,
		"status":            status,
		"description":       "",
		"create_time":       j.created.UTC().Format(created),
		"engine_type":       j.engine(),
		"net_type":          "eip",
		"billing_tag":       false,
		"job_direction":     "up",
		"db_use_type":       j.UseType,
		"task_type":         j.TaskType,
		"children":          []any{},
		"node_newFramework": false,
		"job_action":        map[string]any{"available_actions": can, "unavailable_actions": cannot},
		"multi_write":       j.DualActive,
	}
	if failed(status) && j.Reason != "" {
		item["error_msg"] = j.Reason
	}
	return item
}

// actions fills available_actions and unavailable_actions. Those of STARTJOBING
// are real traffic's (2026-06); elsewhere, which word stands in which state is
// our reading of the calls' conditions.
func actions(status string) (can, cannot []string) {
	switch {
	case status == starting:
		return []string{"CREATE", "PRE_CHECK", "CHANGE_MODE", "MODIFY_DB_CONFIG", "RESET_DB_PWD", "FREE_RESOURCE"},
			[]string{"START", "RETRY", "RESET", "DELETE", "PAUSE", "CONTINUE_JOB", "STOP_JOB"}
	case status == configuration:
		can = []string{"START", "FREE_RESOURCE"}
	case status == pausing:
		can = []string{"CONTINUE_JOB", "FREE_RESOURCE"}
	case status == fullFailed || status == increFailed:
		can = []string{"RETRY", "RESET", "PAUSE", "STOP_JOB", "FREE_RESOURCE"}
	case pausable(status):
		can = []string{"PAUSE", "STOP_JOB", "FREE_RESOURCE"}
	case deletable(status):
		can = []string{"DELETE"}
	case status == releaseStarted || status == creating:
		can = []string{}
	default:
		can = []string{"FREE_RESOURCE"}
	}
	cannot = slices.DeleteFunc([]string{"START", "RETRY", "RESET", "DELETE", "PAUSE", "CONTINUE_JOB", "STOP_JOB"}, func(word string) bool { return slices.Contains(can, word) })
	return can, cannot
}

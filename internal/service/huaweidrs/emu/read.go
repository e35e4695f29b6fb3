package drsemu

import (
	"time"

	"cloudjob/internal/emulator/emu"
)

// The page of batch-status and batch-detail (facts huawei-drs §5).
const (
	defaultPerPage = 5
	mostPerPage    = 100
)

func (s *Service) batchListJobStatus(_ *emu.Request, body map[string]any) (emu.Answer, *fault) {
	return s.batchRead(body, s.statusItem)
}

func (s *Service) batchListJobDetails(r *emu.Request, body map[string]any) (emu.Answer, *fault) {
	project := r.Path("project_id")
	return s.batchRead(body, func(j *job) map[string]any { return s.detailItem(j, project) })
}

// batchRead answers a page of the jobs asked for. Without page_req there are
// five of them, silently (SDK3, HWDOC).
func (s *Service) batchRead(body map[string]any, item func(*job) map[string]any) (emu.Answer, *fault) {
	ids, err := s.ids(body)
	if err != nil {
		return emu.Answer{}, err
	}
	page, err := pageOf(body, ids)
	if err != nil {
		return emu.Answer{}, err
	}
	if answer, refused := s.refuseMissing(ids); refused {
		return answer, nil
	}
	results := []any{}
	for _, id := range page {
		if f := s.missing(id); f != nil {
			results = append(results, map[string]any{"id": id, "error_code": f.code, "error_message": f.text})
			continue
		}
		results = append(results, item(s.jobs[id]))
	}
	count := len(results)
	if s.Switches.TotalCount {
		count = len(ids)
	}
	return emu.Answer{Body: map[string]any{"results": results, "count": count}}, nil
}

// pageOf cuts the page of page_req out of the ids.
func pageOf(body map[string]any, ids []string) ([]string, *fault) {
	page := map[string]any{}
	if body["page_req"] != nil {
		var ok bool
		if page, ok = emu.Object(body, "page_req"); !ok {
			return nil, wrongType("page_req")
		}
	}
	cur, err := pageNumber(page, "cur_page", 1, 1)
	if err != nil {
		return nil, err
	}
	per, err := pageNumber(page, "per_page", 0, defaultPerPage)
	if err != nil {
		return nil, err
	}
	if per > mostPerPage {
		return nil, pageBeyond("per_page")
	}
	if per == 0 {
		per = int64(len(ids)) // 0 is all
	}
	pages := (int64(len(ids)) + per - 1) / per
	if cur > pages {
		return nil, pageBeyond("cur_page")
	}
	from := (cur - 1) * per
	return ids[from:min(from+per, int64(len(ids)))], nil
}

func pageNumber(page map[string]any, name string, least, otherwise int64) (int64, *fault) {
	if page[name] == nil {
		return otherwise, nil
	}
	n, ok := emu.Int(page, name)
	if !ok || n < least {
		return 0, &fault{"DRS.M00210", "The page value is invalid: " + name}
	}
	return n, nil
}

func pageBeyond(name string) *fault {
	return &fault{"DRS.M00211", "The page value is beyond its limit: " + name}
}

// seen is the time that status reads show.
func (s *Service) seen() time.Time { return s.now().Add(-s.Switches.LateStatus) }

func (s *Service) statusItem(j *job) map[string]any {
	item := map[string]any{"id": j.ID, "status": j.walk.at(s.seen())}
	if s.Switches.StatusSaysWhy {
		s.addFailure(item, j)
	}
	return item
}

// addFailure names the message error_message, others error_msg (facts
// huawei-drs §5).
func (s *Service) addFailure(item map[string]any, j *job) {
	if failed(j.walk.at(s.seen())) && j.Code != "" {
		item["error_code"] = j.Code
		item["error_message"] = j.Reason
	}
}

// detailItem has the fields of the OTC sample and those of facts huawei-drs §5. Its
// instances and networks are made up.
func (s *Service) detailItem(j *job, project string) map[string]any {
	at := s.seen()
	item := s.statusItem(j)
	s.addFailure(item, j)
	if _, has := item["error_code"]; has {
		item["failed_reason"] = j.Reason
	}
	scheduled := "0"
	if !j.sched.IsZero() {
		scheduled = millis(j.sched)
	}
	for name, value := range map[string]any{
		"name":          j.Name,
		"description":   "",
		"create_time":   millis(j.created),
		"update_time":   millis(j.updated(at)),
		"task_type":     j.TaskType,
		"db_use_type":   j.UseType,
		"job_direction": "up",
		"net_type":      "eip",
		"inst_info": map[string]any{
			"ip": "192.168.0.229", "public_ip": "203.0.113.72", "status": "ACTIVE",
			"inst_type": "high", "engine_type": "mysql", "volume_size": 100, "start_time": scheduled,
		},
		"source_endpoint": map[string]any{
			"ip": "192.168.0.27", "region": "cn-north-4", "db_type": "mysql", "db_port": 3306,
			"ssl_link": false, "project_id": project, "db_user": "root",
		},
		"target_endpoint": map[string]any{
			"ip": "192.168.0.131", "region": "cn-north-4", "db_type": "mysql", "db_port": 3306,
			"ssl_link": false, "project_id": project, "db_user": "root",
			"inst_id": "e05a3679efe241d8b5dee80b17c1a863in01", "inst_name": "rds-target",
			"vpc_id":    "65f0391c-0582-44a6-aa50-248f97ed82e1",
			"subnet_id": "352ad828-3467-4f03-987a-c55a5a9dd417",
		},
		"vpc_id":             "65f0391c-0582-44a6-aa50-248f97ed82e1",
		"subnet_id":          "352ad828-3467-4f03-987a-c55a5a9dd417",
		"security_group_id":  "d90c971b-4b9d-402c-9c59-5c239389b8dd",
		"az_code":            "cn-north-4a",
		"need_restart":       false,
		"is_target_readonly": true,
		"object_switch":      false,
		"replace_definer":    true,
		"migrate_user":       false,
		"support_ip_v6":      false,
		"schema_type":        "Tungsten",
		"speed_limit":        []any{},
		"tags":               []any{},
		"children":           []any{},
	} {
		item[name] = value
	}
	if j.Parent != "" {
		item["parent_id"] = j.Parent
	}
	if j.DualActive { // it has the value true there (SDK3)
		item["multi_write"] = true
	}
	for name, when := range map[string]time.Time{
		"actual_start_time":           j.latest(starting, j.began, at),
		"full_transfer_complete_time": j.latest(fullComplete, j.copied, at),
	} {
		if !when.IsZero() {
			item[name] = millis(when)
		}
	}
	return item
}

// latest is when a job first entered a status in its present run, or in an
// earlier one: a reset job still shows the times of that (OTC sample).
func (j *job) latest(status string, earlier, at time.Time) time.Time {
	if t, ok := j.walk.first(status, at); ok {
		return t
	}
	return earlier
}

// updated is when the job last changed its status.
func (j *job) updated(at time.Time) time.Time {
	last := j.created
	for _, st := range j.walk.stages(at) {
		last = st.from
	}
	return last
}

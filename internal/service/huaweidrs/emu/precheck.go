package drsemu

import (
	"net/http"
	"time"

	"cloudjob/internal/emulator/emu"
)

// precheckTime is how long a precheck takes.
const precheckTime = 10 * time.Second

// batchCheckJobs makes a precheck.
func (s *Service) batchCheckJobs(_ *emu.Request, body map[string]any) (emu.Answer, *fault) {
	entries, ids, err := s.entries(body)
	if err != nil {
		return emu.Answer{}, err
	}
	modes := make([]string, len(entries))
	for i, entry := range entries {
		if modes[i], err = word(entry, "precheck_mode", "forStartJob", "forRetryJob"); err != nil {
			return emu.Answer{}, err
		}
	}
	answer := s.act(http.StatusOK, ids, func(i int, j *job) *fault { return s.check(j, modes[i]) })
	s.addPrecheckIDs(answer)
	return answer, nil
}

// check is for CONFIGURATION, or before the retry of a failed job.
func (s *Service) check(j *job, mode string) *fault {
	status := j.walk.at(s.now())
	fits := status == configuration && mode == "forStartJob" ||
		mode == "forRetryJob" && (status == fullFailed || status == increFailed)
	switch {
	case !fits:
		return wrongState()
	case s.checking(j):
		return busy()
	}
	j.checked = s.now()
	j.check++
	return nil
}

// checking says whether a precheck is under way; those of the world are long
// over.
func (s *Service) checking(j *job) bool {
	return j.check > 0 && s.now().Before(j.checked.Add(precheckTime))
}

// addPrecheckIDs puts precheck_id into the items of success; it is the job's
// own id (OTC sample).
func (s *Service) addPrecheckIDs(answer emu.Answer) {
	body, _ := answer.Body.(map[string]any)
	items, _ := body["results"].([]any)
	for _, i := range items {
		if item, ok := i.(map[string]any); ok && item["status"] == "success" {
			item["precheck_id"] = item["id"]
		}
	}
}

// batchCheckResults reads precheck results, in CONFIGURATION only (OTC).
func (s *Service) batchCheckResults(_ *emu.Request, body map[string]any) (emu.Answer, *fault) {
	ids, err := s.ids(body)
	if err != nil {
		return emu.Answer{}, err
	}
	if err = s.checkShape(ids); err != nil {
		return emu.Answer{}, err
	}
	if answer, refused := s.refuseMissing(ids); refused {
		return answer, nil
	}
	results := []any{}
	for _, id := range ids {
		if f := s.missing(id); f != nil {
			results = append(results, map[string]any{"precheck_id": id, "error_code": f.code, "error_msg": f.text})
			continue
		}
		j := s.jobs[id]
		if j.walk.at(s.now()) != configuration {
			return emu.Answer{}, wrongState()
		}
		results = append(results, s.precheckItem(j))
	}
	return emu.Answer{Body: map[string]any{"results": results, "count": len(results)}}, nil
}

// precheckItem is one job's result. ALARM items lower neither result nor
// total_passed_rate, and the job starts (OTC sample, real traffic 2026-06).
func (s *Service) precheckItem(j *job) map[string]any {
	item := map[string]any{"precheck_id": j.ID}
	if j.checked.IsZero() {
		// The code for a precheck that was never made is not documented;
		// this one speaks of values missing in the cache.
		item["error_code"] = "DRS.M00303"
		item["error_msg"] = "No precheck was made."
		return item
	}
	item["rds_instance_id"] = "e05a3679efe241d8b5dee80b17c1a863in01"
	item["job_direction"] = "up"
	checks := precheckItems(j.Precheck)
	if s.checking(j) {
		done := int(s.now().Sub(j.checked) * time.Duration(len(checks)) / precheckTime)
		checks = checks[:done]
		item["result"] = false
		item["process"] = itoa(int64(100*done/len(precheckNames()))) + "%"
	} else {
		item["result"] = j.Precheck != Failing
		item["process"] = "100%"
	}
	bad := 0
	for _, c := range checks {
		if c["result"] == "FAILED" {
			bad++
		}
	}
	total := len(precheckNames())
	item["total_passed_rate"] = itoa(int64(100*(len(checks)-bad)/total)) + "%"
	item["precheck_result"] = checks
	return item
}

// precheckNames are some of OTC's items for MySQL, each with its group.
func precheckNames() [][2]string {
	return [][2]string{
		{"dstDbDiskSize", "db_disk_size"},
		{"dbCharacterSetConsistency", "db_params"},
		{"sqlModeConsistency", "db_params"},
		{"srcBinlogFormatCheck", "db_params"},
		{"dstStatusCheck", "db_target_status"},
		{"dstDbPrivilegesIsEnough", "db_user_privilege"},
		{"dbVersionMeetRequirement", "db_version"},
		{"dstDbVersionSupport", "db_version"},
		{"dstDbConnection", "network"},
		{"srcDbConnection", "network"},
	}
}

func precheckItems(found Precheck) []map[string]any {
	var items []map[string]any
	for _, n := range precheckNames() {
		items = append(items, map[string]any{
			"item": n[0], "group": n[1], "result": "PASSED",
			"failed_reason": "", "data": "", "raw_error_msg": "", "failed_sub_jobs": []any{},
		})
	}
	switch found {
	case Alarm:
		items[3]["result"] = "ALARM"
		items[3]["failed_reason"] = "SRC_BINLOG_FORMAT_IS_NOT_ROW"
	case Failing:
		last := items[len(items)-1]
		last["result"] = "FAILED"
		last["failed_reason"] = "SRC_DB_CONNECTION_FAILED"
		last["raw_error_msg"] = "Connection refused."
	}
	return items
}

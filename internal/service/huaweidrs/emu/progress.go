package drsemu

import (
	"net/http"
	"slices"
	"strconv"
	"time"

	"cloudjob/internal/emulator/emu"
)

// batchListProgresses answers 202, a read as it is (HWDOC, OTC).
func (s *Service) batchListProgresses(_ *emu.Request, body map[string]any) (emu.Answer, *fault) {
	return s.batchProgress(body, s.progressItem)
}

// batchListRposAndRtos answers 202, and for migrations too (real traffic 2026-06).
func (s *Service) batchListRposAndRtos(_ *emu.Request, body map[string]any) (emu.Answer, *fault) {
	return s.batchProgress(body, s.recoveryItem)
}

func (s *Service) batchProgress(body map[string]any, item func(*job) map[string]any) (emu.Answer, *fault) {
	ids, err := s.ids(body)
	if err != nil {
		return emu.Answer{}, err
	}
	if answer, refused := s.refuseMissing(ids); refused {
		return answer, nil
	}
	results := []any{}
	for _, id := range ids {
		if f := s.missing(id); f != nil {
			results = append(results, map[string]any{"job_id": id, "error_code": f.code, "error_msg": f.text})
			continue
		}
		results = append(results, item(s.jobs[id]))
	}
	return emu.Answer{
		Status: http.StatusAccepted,
		Body:   map[string]any{"count": len(results), "results": results},
	}, nil
}

// progressItem has strings for all numbers (facts huawei-drs §5). The remaining
// time, whose unit no source has, is given in seconds.
func (s *Service) progressItem(j *job) map[string]any {
	at := s.now().Add(-s.Switches.LateProgress)
	status := j.walk.at(at)
	percent := j.percent(at)
	item := map[string]any{
		"job_id":          j.ID,
		"progress":        itoa(percent),
		"task_mode":       j.TaskType,
		"transfer_status": status,
		"remaining_time":  "0",
	}
	if status == fullStarted && percent > 0 { // at 0 % it is "0" (real traffic 2026-06)
		left := max(0, j.copyTotal()-j.walk.spent(fullStarted, at))
		item["remaining_time"] = itoa(int64((left + time.Second - 1) / time.Second))
	}
	delay, known := j.delay(at)
	s.addDelay(item, delay, known)
	item["process_time"] = s.processTime(j, at, delay, known)
	if slices.Contains([]string{fullStarted, increStarted}, status) { // real traffic 2026-06
		item["apply_rows_rate"], item["apply_bytes_rate"] = -1, -1
		item["src_offset"], item["node_offset"], item["dst_offset"] = "mysql-bin.001731:544", "mysql-bin.001731:544", "N/A"
	}
	if slices.Contains([]string{fullStarted, fullFailed, fullComplete}, status) {
		item["progress_map"] = progressMap(percent)
	}
	if failed(status) && j.Code != "" {
		item["error_code"] = j.Code
		item["error_msg"] = j.Reason
	}
	return item
}

func (s *Service) addDelay(item map[string]any, delay time.Duration, known bool) {
	seconds, thousandths := "-1", "-1"
	switch {
	case known:
		seconds, thousandths = itoa(int64(delay/time.Second)), itoa(delay.Milliseconds())
	case s.Switches.EmptyDelay:
		seconds, thousandths = "", ""
	}
	item["incre_trans_delay"] = seconds
	item["incre_trans_delay_millis"] = thousandths
}

// processTime is how far into the source's log the transfer has come: before
// the incremental part "0" (OTC sample), and "null" during the full transfer
// (real traffic 2026-06).
func (s *Service) processTime(j *job, at time.Time, delay time.Duration, known bool) string {
	if s.Switches.ProcessDuration {
		begin, ok := j.walk.first(starting, at)
		if !ok {
			return "0"
		}
		return itoa(at.Sub(begin).Milliseconds())
	}
	switch {
	case known:
	case j.walk.at(at) == fullStarted:
		return "null"
	default:
		return "0"
	}
	return millis(at.Add(-delay))
}

// progressMap splits the full transfer into its three parts, one after the
// other.
func progressMap(percent int64) map[string]any {
	part := func(from, to int64) map[string]any {
		done := min(100, max(0, (percent-from)*100/(to-from)))
		return map[string]any{"completed": itoa(done) + "%", "remaining_time": nil}
	}
	return map[string]any{"struct": part(0, 20), "data": part(20, 90), "index": part(90, 100)}
}

// percent is the progress of the full transfer, 100 only when it is over.
func (j *job) percent(at time.Time) int64 {
	for _, over := range []string{fullComplete, increStarted} {
		if _, ok := j.walk.first(over, at); ok {
			return 100
		}
	}
	spent, total := j.walk.spent(fullStarted, at), j.copyTotal()
	if spent >= total {
		return 99
	}
	return int64(100 * spent / total)
}

// copyTotal is how long the full transfer takes. One that is scripted to fail
// fails half-way.
func (j *job) copyTotal() time.Duration {
	var planned time.Duration
	factor := time.Duration(2)
	for _, step := range j.Walk {
		switch step.Status {
		case fullStarted:
			planned += step.For
		case fullComplete:
			factor = 1
		}
	}
	if planned <= 0 {
		return copyTime
	}
	return factor * planned
}

// delay is the lag of the incremental transfer. It falls while it runs and
// grows while it does not.
func (j *job) delay(at time.Time) (delay time.Duration, known bool) {
	for _, st := range j.walk.stages(at) {
		switch {
		case st.status == increStarted:
			if !known {
				delay, known = max(j.DelayFrom, j.DelayTo), true
			}
			// Compared before subtracting, so that no stay is too long.
			if (delay-j.DelayTo)/2 <= st.long {
				delay = j.DelayTo
			} else {
				delay -= 2 * st.long
			}
		case known && (st.status == releaseStarted || st.status == releaseComplete):
			return 0, false
		case known:
			delay += st.long
		}
	}
	return delay, known
}

// recoveryItem reports a job that replicates; the delays are milliseconds
// (HWDOC). What one that does not is told is UNVERIFIED.
func (s *Service) recoveryItem(j *job) map[string]any {
	item := map[string]any{"job_id": j.ID}
	at := s.now().Add(-s.Switches.LateProgress)
	delay, known := j.delay(at)
	if !known {
		item["error_code"] = "DRS.M00302"
		item["error_msg"] = "The task has no recovery objectives."
		return item
	}
	info := func(lag time.Duration) map[string]any {
		return map[string]any{
			"check_point": "mysql-bin.000514:" + strconv.FormatInt(at.Unix()%100000, 10),
			"delay":       itoa(lag.Milliseconds()),
			"gtid_set":    "NA",
			"time":        at.UTC().Format(time.DateTime),
		}
	}
	item["rpo_info"] = info(delay / 2)
	item["rto_info"] = info(delay)
	return item
}

package cptsemu

import (
	"math"

	"cloudjob/internal/emulator/emu"
)

// totals are the figures of a whole run.
type totals struct {
	numbers
	have                       bool
	vum                        float64
	complete, executed, passed int
}

// totals adds up the cases. Averages are weighted by requests; users and the
// best second add up only if the cases run side by side.
func (s *Service) totals(r *run) totals {
	now := s.now()
	t := totals{numbers: numbers{seconds: r.duration(now)}}
	for _, p := range r.parts {
		n, have := s.numbersOf(r, p, -1)
		if have {
			t.add(n, r.parallel)
		}
		if !r.startOf(p, now).IsZero() {
			t.executed++
		}
		if !r.endOf(p, now).IsZero() {
			t.complete++
			if have && passes(n.tally) {
				t.passed++
			}
		}
	}
	if t.have && t.requests() > 0 {
		all := float64(t.requests())
		t.avg, t.p50, t.p90 = t.avg/all, t.p50/all, t.p90/all
	}
	return t
}

func (t *totals) add(n numbers, parallel bool) {
	weight := float64(n.requests())
	t.avg += weight * n.avg
	t.p50 += weight * n.p50
	t.p90 += weight * n.p90
	if !t.have || n.min < t.min {
		t.min = n.min
	}
	t.max = max(t.max, n.max)
	t.tally = t.tally.plus(n.tally)
	t.vum += float64(n.users*n.seconds) / 60
	if parallel {
		t.users, t.peak = t.users+n.users, t.peak.plus(n.peak)
	} else {
		t.users = max(t.users, n.users)
		if n.peak.requests() > t.peak.requests() {
			t.peak = n.peak
		}
	}
	t.have = true
}

// showMergeReportLogsOutline sums up a run; it has neither p95 nor p99 (facts
// huawei-cpts §6.1). UNVERIFIED: it does so while the run lasts, as the
// console's overview of the real-time report does (HWDOC user guide).
func (s *Service) showMergeReportLogsOutline(r *emu.Request) emu.Answer {
	if s.Switches.LogOutlineAbsent {
		return noRoute()
	}
	run, refused := s.runOf(r)
	if refused != nil {
		return refused.answer()
	}
	t := s.totals(run)
	if !t.have && s.Switches.Missing == MissingResult {
		return result(nil)
	}
	return result(object{"err_message": nil, "outline": object{
		"core_index":                s.coreIndex(t),
		"exception_response_sum":    s.exceptionSum(t),
		"response_code_sum":         s.codeSum(t),
		"network_traffic":           s.networkTraffic(t),
		"task_basic_attribute":      run.attribute(),
		"task_basic_execution_data": s.executionData(run, t),
		"response_code_details":     []any{},
		"sla_statistic":             nil,
		"streaming_media":           nil,
	}})
}

// row makes an object of exactly these metrics, integers where documented so.
func (s *Service) row(t totals, metrics map[string]float64) object {
	row := object{}
	for name := range metrics {
		row[name] = nil
	}
	s.fill(row, metrics, t.have, true)
	return row
}

func (s *Service) coreIndex(t totals) object {
	row := s.row(t, map[string]float64{
		"error_request_count": float64(t.errors()),
		"max_rps":             float64(t.peak.requests()),
		"max_users":           float64(t.users),
		"request_count":       float64(t.requests()),
		"rps":                 per(t.requests(), t.seconds),
		"success_count":       float64(t.good),
		"success_rate":        s.rate(t.tally),
		"trans_tps":           per(t.good, t.seconds),
	})
	row["response_time"] = s.row(t, map[string]float64{
		"avg_response_time": t.avg,
		"avg_tp50":          t.p50,
		"avg_tp90":          t.p90,
		"max_response_time": t.max,
		"min_response_time": t.min,
	})
	return row
}

// The sums below count, so they are integers whatever the switches.
func (s *Service) exceptionSum(t totals) object {
	return s.sums(t, map[string]int{
		"failed_assert": t.wrong, "failed_others": 0, "failed_parsed": 0,
		"failed_refused": t.refused, "failed_timeout": 0,
	})
}

func (s *Service) codeSum(t totals) object {
	return s.sums(t, map[string]int{
		"sum1xx": 0, "sum2xx": t.good, "sum3xx": 0, "sum4xx": 0, "sum5xx": t.wrong,
	})
}

func (s *Service) sums(t totals, counts map[string]int) object {
	metrics := map[string]float64{}
	for name, n := range counts {
		metrics[name] = float64(n)
	}
	return s.row(t, metrics)
}

func (s *Service) networkTraffic(t totals) object {
	rps, best := per(t.requests(), t.seconds), float64(t.peak.requests())
	return s.row(t, map[string]float64{
		"avg_network_traffic": rps * (received + sent),
		"max_down_stream":     best * received,
		"max_network_traffic": best * (received + sent),
		"max_upstream":        best * sent,
		"min_network_traffic": 0,
	})
}

func (r *run) attribute() object {
	row := nulls("branch_id branch_name create_by iteration_uri service_id stage stage_name version_uri")
	row["project_id"] = quoted(r.task.project)
	row["task_id"] = quoted(r.task.id)
	row["protocols"] = []string{"HTTP"}
	return row
}

func (s *Service) executionData(r *run, t totals) object {
	now := s.now()
	row := nulls("kpi_case_count kpi_case_execute_count kpi_case_pass_count")
	row["complete_num"], row["executed_num"], row["pass_num"], row["total_num"] = t.complete, t.executed, t.passed, len(r.parts)
	row["duration"] = t.seconds
	row["start_time"] = stamp(r.began)
	row["end_time"] = stampOrNull(r.endTime(now))
	row["parallel"] = r.parallel
	row["task_status"] = r.status(now)
	row["vum"] = int(math.Round(t.vum))
	return row
}

package cptsemu

import (
	"time"

	"cloudjob/internal/emulator/emu"
)

// datumType of a row. 0 stands in a sample for a case; 1 for a request is UNVERIFIED.
const (
	datumCase    = 0
	datumRequest = 1
)

// showMergeTaskCase lists the cases of a run, all ids as strings (facts
// huawei-cpts §6.2).
func (s *Service) showMergeTaskCase(r *emu.Request) emu.Answer {
	run, refused := s.runOf(r)
	if refused != nil {
		return refused.answer()
	}
	rows := []object{}
	for _, p := range run.parts {
		rows = append(rows, run.caseAwInfo(p))
	}
	return result(object{"case_aw_info_list": rows, "err_message": nil})
}

func result(payload any) emu.Answer { return ok(object{"extend": nil, "result": payload}) }

func (r *run) caseAwInfo(p *part) object {
	aw, awList := []object{}, []object{}
	for i, q := range caseRequests() {
		id := quoted(p.requestID(i))
		aw = append(aw, object{"id": id, "name": q.name, "datumType": datumRequest})
		awList = append(awList, object{
			"caseAwId": id, "datumType": datumRequest, "name": q.name, "transactionId": nil, "awList": []any{},
		})
	}
	return object{
		"aw":              aw,
		"awList":          awList,
		"caseAwId":        quoted(p.rowID()),
		"caseUri":         quoted(p.ID),
		"case_uri_i":      quoted(p.caseURI()),
		"datumType":       datumCase,
		"id":              quoted(p.rowID()),
		"name":            p.Name,
		"taskExecId":      quoted(p.testcaseID()),
		"taskId":          quoted(r.task.id),
		"testcaseId":      quoted(p.testcaseID()),
		"transactionList": []any{},
	}
}

// partOf finds the case that case_run_id names in the run. Nothing found and no
// refusal is the empty result of the switch.
func (s *Service) partOf(r *emu.Request, id func(*part) int) (*run, *part, *refusal) {
	run, refused := s.runOf(r)
	if refused != nil {
		return nil, nil, refused
	}
	wanted, fits := parseID(r.Path("case_run_id"))
	if !fits {
		return nil, nil, badValue("case_run_id must be an integer.")
	}
	for _, p := range run.parts {
		if id(p) == wanted {
			return run, p, nil
		}
	}
	return nil, nil, s.wrongCase()
}

func (s *Service) wrongCase() *refusal {
	if s.Switches.WrongCaseEmpty {
		return nil
	}
	return noSuch("The case of the run")
}

// mergedID is the case_run_id of the v2 calls, which the sources disagree on.
func (s *Service) mergedID(p *part) int {
	if s.Switches.CaseRunID == SDKForm {
		return p.caseURI()
	}
	return p.testcaseID()
}

// Fields of a case or request row in ShowMergeCaseDetail (SDK:
// model_case_report_detail.go); each metric in checkable has a limit and a
// result of the check beside it.
const (
	detailFields = "alias averageRespTime avgNetworkTraffic avgRecBytes avgSentBytes avgTranRespTime awId caseUri " +
		"checkpointResult cpuUsage cpuUsageAvg createTime currentThreadNum datumType dcsLatencyAvg dcsLatencyMax " +
		"dcsLatencyMin detailId diskRead diskReadAvg diskUsage diskUsageAvg diskWrite diskWriteAvg duration endTime " +
		"errorCount errorEventsCount failedAssert failedOthers failedParsed failedReason failedRefused failedTimeout " +
		"id isAW iterationUri kpiMonitor max maxAvgTime maxNetworkTraffic maxRecBytes maxRespTime maxRps " +
		"maxSentBytes maxSuccessRate maxThreadNum maxTps maxTranRespTime memoryUsage memoryUsageAvg min " +
		"minNetworkTraffic mode monitorPeakTime monitorResult name networkRead networkReadAvg networkWrite " +
		"networkWriteAvg peakLoadStatus peakMetric projectId protocols requests result resultLog round saveAllData " +
		"serviceId stage startTime status streamingMediaVo successCount successRate sum1xx sum2xx sum3xx sum4xx " +
		"sum5xx taskId taskName taskProjectId taskStatus testCaseUri tp50 tp75 tp85 tp90 tp95 tp99 tp999 tp9999 " +
		"tps tranTPS transactionId transactionSuccess transactions updateTime url userConcur versionUri"
	checkable = "averageRespTime avgRecBytes avgSentBytes avgTranRespTime cpuUsage cpuUsageAvg dcsLatencyAvg " +
		"dcsLatencyMax dcsLatencyMin diskRead diskReadAvg diskUsage diskUsageAvg diskWrite diskWriteAvg maxAvgTime " +
		"maxRecBytes maxRespTime maxSentBytes maxThreadNum maxTps maxTranRespTime memoryUsage memoryUsageAvg " +
		"monitorPeakTime monitorResult networkRead networkReadAvg networkWrite networkWriteAvg peakLoadStatus " +
		"successRate tp50 tp75 tp85 tp90 tp95 tp99 tp999 tp9999 tps tranTPS transactions"
)

// checkLimit is the success rate in percent every case is checked for.
const checkLimit = 95

func passes(t tally) bool { return 100*t.good >= checkLimit*t.requests() }

// showMergeCaseDetail has the numbers of one case with integers for most.
func (s *Service) showMergeCaseDetail(r *emu.Request) emu.Answer {
	run, p, refused := s.partOf(r, s.mergedID)
	if refused != nil {
		return refused.answer()
	}
	if p == nil || s.resultMissing(run, p) {
		return result(nil)
	}
	rows := []object{}
	for i := range caseRequests() {
		rows = append(rows, s.detailRow(run, p, i))
	}
	return result(object{
		"err_message": nil,
		"detail": object{
			"performance":        s.detailRow(run, p, -1),
			"detailDatas":        rows,
			"customTransactions": []object{},
		},
	})
}

// resultMissing tells whether the switch leaves out the whole result.
func (s *Service) resultMissing(r *run, p *part) bool {
	_, have := s.numbersOf(r, p, -1)
	return !have && s.Switches.Missing == MissingResult
}

func (s *Service) detailRow(r *run, p *part, i int) object {
	row := nulls(detailFields)
	for name := range nulls(checkable) {
		row[name+"CheckPoint"], row[name+"CheckRes"] = nil, nil
	}
	row["MaxSuccessRateCheckPoint"], row["maxSuccessRateCheckRes"] = nil, nil // spelt so in the SDK
	s.identify(row, r, p, i)
	n, have := s.numbersOf(r, p, i)
	s.fill(row, s.metrics(n), have, true)
	row["datumType"] = datumCase
	row["projectId"] = quoted(p.Project)
	row["taskName"] = r.name
	if i >= 0 {
		row["datumType"] = datumRequest
		row["awId"] = quoted(p.requestID(i))
		return row
	}
	if r.partStatus(p, s.now()) == aborted && p.Reason != "" {
		row["failedReason"], row["resultLog"] = p.Reason, p.Reason
	}
	if have {
		row["successRateCheckPoint"] = checkLimit
		row["successRateCheckRes"] = passes(n.tally)
		row["checkpointResult"] = passes(n.tally)
		row["peakMetric"] = object{
			"vuser":       n.users,
			"rps":         n.peak.requests(),
			"avgRT":       rounded(n.avg),
			"successRate": rounded(s.rate(n.peak)),
			"peakTime":    stamp(p.from.Add(time.Duration(n.peakAt) * time.Second)),
		}
	}
	return row
}

// identify says in a row which case or request it is and when it ran.
func (s *Service) identify(row object, r *run, p *part, i int) {
	now := s.now()
	row["caseUri"] = quoted(p.ID)
	row["testCaseUri"] = quoted(p.ID)
	row["name"] = p.Name
	row["id"] = quoted(p.testcaseID())
	row["detailId"] = quoted(p.rowID())
	row["isAW"] = false
	if i >= 0 {
		row["name"] = caseRequests()[i].name
		row["id"] = quoted(p.requestID(i))
		row["detailId"] = quoted(p.requestID(i))
		row["isAW"] = true
	}
	row["createTime"] = stamp(r.began)
	row["updateTime"] = stamp(now)
	row["startTime"] = stampOrNull(r.startOf(p, now))
	row["endTime"] = stampOrNull(r.endOf(p, now))
	row["status"] = r.partStatus(p, now)
	row["taskStatus"] = r.status(now)
	row["taskId"] = quoted(r.task.id)
	row["taskProjectId"] = quoted(r.task.project)
}

// Fields of ShowReport (SDK: model_performance_info.go, model_detail_data_info.go,
// model_reportoutline_info.go).
const (
	detailDataFields = "averageRespTime avgRecBytes avgSentBytes avgTranRespTime caseUri createTime currentThreadNum " +
		"detailId endTime errorCount errorEventsCount failedAssert failedOthers failedParsed failedRefused " +
		"failedTimeout id isAW max maxRecBytes maxRespTime maxSentBytes maxTranRespTime min minNetworkTraffic name " +
		"requests result startTime status successCount successRate sum1xx sum2xx sum3xx sum4xx sum5xx taskId " +
		"taskProjectId taskStatus testCaseUri tp50 tp75 tp90 tp95 tp99 tps tranTPS transactionId " +
		"transactionSuccess transactionalSuccessRate transactionalTps transactionalTpsSuccess transactions " +
		"updateTime vum avgNetworkTraffic maxNetworkTraffic"
	performanceFields   = detailDataFields + " tp999 tp9999"
	reportOutlineFields = "avgResponseTime branchId branchName caseRetry completeNum duration endTime executedNum " +
		"iterationUri kpiCaseCount kpiCaseExecuteCount kpiCasePassCount maxUsers passNum stage stageName startTime " +
		"successRate taskStatus totalNum tps versionUri projectId serviceId progressState createBy statusValue"
)

// showReport has the numbers of one case as decimals, and its curves. Its
// case_run_id is case_uri_i by every source (facts huawei-cpts §6.2).
// UNVERIFIED: a missing brokens_limit_count, or one below 1, is refused.
func (s *Service) showReport(r *emu.Request) emu.Answer {
	points, fits := parseID(r.Query.Get("brokens_limit_count"))
	if !fits || points < 1 {
		return badValue("brokens_limit_count must be an integer from 1.").answer()
	}
	run, p, refused := s.partOf(r, (*part).caseURI)
	if refused != nil {
		return refused.answer()
	}
	if p == nil || s.resultMissing(run, p) {
		return result(nil)
	}
	rows := []object{}
	for i := range caseRequests() {
		rows = append(rows, s.reportRow(detailDataFields, run, p, i))
	}
	total := s.totals(run)
	vum := object{"vum": nil}
	s.fill(vum, map[string]float64{"vum": total.vum}, total.have, false)
	return result(object{
		"brokens": s.curves(run, p, -1, points),
		"details": object{
			"pageIndex": 1, "pageSize": 10, "total": 1,
			"data": []object{{
				"performance":        s.reportRow(performanceFields, run, p, -1),
				"detailDatas":        rows,
				"customTransactions": []string{},
			}},
		},
		"outline":       s.reportOutline(run, total),
		"taskInfo":      vum,
		"respTimeRange": s.histogram(run, p, -1),
		"rtproportion":  nil,
	})
}

func (s *Service) reportRow(fields string, r *run, p *part, i int) object {
	row := nulls(fields)
	s.identify(row, r, p, i)
	n, have := s.numbersOf(r, p, i)
	s.fill(row, s.metrics(n), have, false)
	return row
}

// reportOutline sums up the whole run. UNVERIFIED: the run, not the case.
func (s *Service) reportOutline(r *run, t totals) object {
	now := s.now()
	row := nulls(reportOutlineFields)
	s.fill(row, map[string]float64{
		"avgResponseTime": t.avg,
		"tps":             s.tps(t.tally, t.seconds),
		"successRate":     s.rate(t.tally),
		"maxUsers":        float64(t.users),
		"duration":        float64(t.seconds),
	}, t.have, false)
	row["startTime"] = stamp(r.began)
	row["endTime"] = stampOrNull(r.endTime(now))
	row["taskStatus"] = r.status(now)
	row["completeNum"], row["executedNum"], row["passNum"], row["totalNum"] = t.complete, t.executed, t.passed, len(r.parts)
	row["projectId"] = quoted(r.task.project)
	return row
}

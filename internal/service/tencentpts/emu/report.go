package ptsemu

import (
	"slices"
	"time"

	"cloudjob/internal/emulator/emu"
)

// seen is how many seconds of load the reports show now.
func (s *Service) seen(j *job) int {
	now := s.now()
	if j.endedReads < s.Switches.LateReportPolls {
		return 0
	}
	return min(j.at(now).seconds(now), j.run.seconds())
}

// summary are the numbers of a Job (facts tencent-pts §3): seconds, percent 0
// to 100, requests per second, bytes per second. All are 0 while there is no
// data, as in a vendor sample.
func (s *Service) summary(j *job) object {
	until := s.seen(j)
	p := part{j.run, requestCells()}
	all, failed, _ := p.count(0, until)
	least, most := s.extremes(p, until)
	perSec := perSecond(all, until)
	return object{
		"RequestTotal":        float64(all),
		"RequestsPerSecond":   perSec,
		"ErrorRate":           percent(failed, all),
		"ResponseTimeAverage": p.latency(ratioAverage, 0, until),
		"ResponseTimeMin":     least,
		"ResponseTimeMax":     most,
		"ResponseTimeP90":     p.latency(ratioP90, 0, until),
		"ResponseTimeP95":     p.latency(ratioP95, 0, until),
		"ResponseTimeP99":     p.latency(ratioP99, 0, until),
		"NetworkReceiveRate":  round(perSec * bytesReceived),
		"NetworkSendRate":     round(perSec * bytesSent),
	}
}

func (s *Service) extremes(p part, until int) (least, most float64) {
	least, most = p.extremes(until)
	if s.Switches.PercentilesAboveMax {
		most = p.latency((ratioAverage+ratioP90)/2, 0, until)
	}
	return least, most
}

// describeRequestSummary lists each URL and method (facts tencent-pts §6.1):
// seconds, ErrorPercentage in percent.
func (s *Service) describeRequestSummary() emu.Call {
	return s.call("DescribeRequestSummary", func(in object) (object, *emu.Error) {
		j, err := s.job(in)
		if err != nil {
			return nil, err
		}
		until := s.seen(j)
		var set []object
		for _, r := range requests() {
			p := part{j.run, keep(requestCells(), []filter{
				{"service", r.service, false}, {"method", r.method, false}})}
			if row := s.requestSummary(p, r, until); row != nil {
				set = append(set, row)
			}
		}
		return object{"RequestSummarySet": s.list(set)}, nil
	}, triple())
}

func (s *Service) requestSummary(p part, r request, until int) object {
	all, failed, _ := p.count(0, until)
	if all == 0 {
		return nil
	}
	least, most := s.extremes(p, until)
	p99 := p.latency(ratioP99, 0, until)
	if s.Switches.RequestP99Zero {
		p99 = 0
	}
	return object{
		"Service": r.service, "Method": r.method, "Count": all,
		"Average": p.latency(ratioAverage, 0, until),
		"P90":     p.latency(ratioP90, 0, until), "P95": p.latency(ratioP95, 0, until), "P99": p99,
		"Min": least, "Max": most,
		"ErrorPercentage": percent(failed, all), "RPS": perSecond(all, until),
		"Status": "", "Result": "",
	}
}

// describeCheckSummary lists the checks (facts tencent-pts §6.1). ErrorRate is
// a fraction here: 1 if all failed.
func (s *Service) describeCheckSummary() emu.Call {
	return s.call("DescribeCheckSummary", func(in object) (object, *emu.Error) {
		j, err := s.job(in)
		if err != nil {
			return nil, err
		}
		until := s.seen(j)
		var set []object
		for _, c := range checks() {
			p := part{j.run, keep(checkCells(), []filter{{"check", c.name, false}})}
			all, failed, _ := p.count(0, until)
			if all == 0 {
				continue
			}
			set = append(set, object{
				"Name": c.name, "Step": "shop",
				"SuccessCount": all - failed, "FailCount": failed,
				"ErrorRate": round(float64(failed) / float64(all)),
			})
		}
		return object{"CheckSummarySet": s.list(set)}, nil
	}, triple())
}

// describeErrorSummary lists the kinds of errors (facts tencent-pts §6.1). Rate
// is percent of all requests (base inferred).
func (s *Service) describeErrorSummary() emu.Call {
	return s.call("DescribeErrorSummary", func(in object) (object, *emu.Error) {
		j, err := s.job(in)
		if err != nil {
			return nil, err
		}
		filters, err := s.filters(in, "Filters")
		if err != nil {
			return nil, err
		}
		until := s.seen(j)
		total := j.run.requests[until]
		var set []object
		for _, f := range faults() {
			p := part{j.run, keep(keep(requestCells(), filters), []filter{{"result", f.result, false}})}
			n, _, _ := p.count(0, until)
			if n == 0 {
				continue
			}
			set = append(set, object{
				"Status": f.status, "Result": f.result, "Proto": requests()[0].proto,
				"Count": n, "Rate": percent(n, total), "Message": f.message,
			})
		}
		return object{"ErrorSummarySet": s.list(set)}, nil
	}, triple(), optional(objectList, "Filters"))
}

// describeAlertRecords lists the SLA rules that fired (facts tencent-pts §7).
func (s *Service) describeAlertRecords() emu.Call {
	return s.call("DescribeAlertRecords", func(in object) (object, *emu.Error) {
		var found []object
		for _, j := range s.ordered(flag(in, "Ascend")) {
			if j.deleted || s.slaUnseen(j) || !slices.Contains(texts(in, "ProjectIds"), j.project.id) ||
				!chosen(in, "JobIds", j.id) || !chosen(in, "ScenarioIds", j.scenario.ID) ||
				!chosen(in, "ScenarioNames", j.scenario.Name) {
				continue
			}
			found = append(found, s.alertRecord(j))
		}
		from, to, err := s.page(in, len(found))
		if err != nil {
			return nil, err
		}
		return object{"AlertRecordSet": s.list(found[from:to]), "Total": len(found)}, nil
	},
		required(textList, "ProjectIds"),
		optional(textList, "ScenarioIds", "JobIds", "ScenarioNames"),
		optional(aFlag, "Ascend"),
		optional(aText, "OrderBy"),
		optional(aNumber, "Offset", "Limit"))
}

func (s *Service) slaUnseen(j *job) bool { return j.slaFired(s.now()).IsZero() }

func (s *Service) alertRecord(j *job) object {
	fired := chinaTime(j.slaFired(s.now()))
	var status any = object{"AbortJob": 0, "SendNotice": 1}
	if j.scenario.SLA.AbortFlag {
		status = object{"AbortJob": 1, "SendNotice": 0}
	}
	if s.Switches.AlertStatusNumber {
		status = 1
	}
	return object{
		"AlertRecordId": id("alert", j.number), "JobSLAId": id("sla", j.scenario.number),
		"ProjectId": j.project.id, "ScenarioId": j.scenario.ID, "ScenarioName": j.scenario.Name, "JobId": j.id,
		"JobSLADescription": s.slaDescription(j), "Target": j.scenario.Name, "Status": status,
		"CreatedAt": fired, "UpdatedAt": fired,
		"AppId": appID, "Uin": uin, "SubAccountUin": uin,
	}
}

// slaDescription names the rule and the value at which it fired.
func (s *Service) slaDescription(j *job) string {
	rule := j.scenario.SLA
	m, ok := metricNamed(rule.Metric)
	if !ok {
		return "SLA rule: " + rule.Metric + " " + rule.Aggregation
	}
	a, ok := m.aggregation(rule.Aggregation)
	if !ok {
		return "SLA rule: " + rule.Metric + " " + rule.Aggregation
	}
	until := min(int(j.turnsAfter()/time.Second), j.run.seconds())
	now, _ := a.lines[0].value(part{j.run, m.family.cells()}, 0, until)
	return "SLA rule: " + a.legend + " (" + m.name + " " + a.name + ") " + rule.Condition + " " +
		fixed(rule.Value) + " " + a.unit + " for " + rule.For + " | current value: " + fixed(now) + " " + a.unit
}

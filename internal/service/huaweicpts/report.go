package huaweicpts

// This file reads the reports of a run's cases.

import (
	"cmp"
	"context"
	"slices"
	"time"

	cpts "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/cpts/v1"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/services/cpts/v1/model"

	"cloudjob/internal/cloud"
	"cloudjob/internal/job"
)

func showReport() cloud.Call {
	return cloud.Call{Name: "ShowReport", For: cloud.ToWait, Does: "reads a case's numbers and curves", Permission: mayRead, Reads: true}
}

func showMergeTaskCase() cloud.Call {
	return cloud.Call{Name: "ShowMergeTaskCase", For: cloud.ToWait, Does: "lists the cases of a run", Permission: mayRead, Reads: true}
}

func showMergeCaseDetail() cloud.Call {
	return cloud.Call{Name: "ShowMergeCaseDetail", For: cloud.ToWait, Does: "tells why a case failed, and its numbers", Permission: mayRead, Reads: true}
}

func showMergeReportLogsOutline() cloud.Call {
	return cloud.Call{Name: "ShowMergeReportLogsOutline", For: cloud.ToWait, Does: "sums a run up: its load so far, and how it ended", Permission: mayRead, Reads: true}
}

const (
	curvePoints = 300             // asked for of each curve; the limits are not documented (facts huawei-cpts §6.3)
	kilobyte    = 1000            // bytes; that it is not 1024 is UNVERIFIED
	reportWait  = time.Minute     // for numbers that come after the end
	reportEvery = 5 * time.Second // they are looked for
)

// Report reads the numbers of the run's cases and makes those of the run of
// them: no call gives all of these for the run (facts huawei-cpts §6.1). What a
// refused call does not tell is missing; any other failure is returned beside
// the rest.
func (f follower) Report(ctx context.Context, ref job.Ref, last job.Status) (job.Report, error) {
	m := measured{last: last}
	var err error
	if ref.Run != "" {
		err = f.measure(ctx, ref.Run, &m)
	}
	if !last.State.Over() { // a case whose turn has not come lacks nothing
		m.cases = slices.DeleteFunc(m.cases, func(c measurement) bool { return !c.total.ready() })
	}
	return m.report(), err
}

// measure reads until every case of a run that is over has numbers. They appear
// some seconds after the end; how many is UNVERIFIED (facts huawei-cpts §10).
func (f follower) measure(ctx context.Context, run string, m *measured) error {
	for until := job.Now(ctx).Add(reportWait); ; {
		err := f.readCases(ctx, run, m)
		if err != nil || !m.last.State.Over() || m.ready() || !job.Now(ctx).Before(until) {
			return err
		}
		if !job.Pause(ctx, reportEvery) {
			m.notes = append(m.notes, "the numbers of the run were not waited for any longer")
			return nil
		}
	}
}

func (f follower) readCases(ctx context.Context, run string, m *measured) error {
	if len(m.cases) == 0 {
		list, err := f.cases(ctx, run)
		if err != nil && !refused(err) {
			return err
		}
		m.refused = reason(err)
		for _, c := range list.Result.Cases {
			m.cases = append(m.cases, measurement{runCase: c})
		}
	}
	for i := range m.cases {
		if c := &m.cases[i]; !c.total.ready() {
			if err := f.readCase(ctx, run, m, c); err != nil {
				return err
			}
		}
	}
	return nil
}

// readCase takes the numbers of ShowReport, which have decimals, and fills the
// gaps by ShowMergeCaseDetail: the p999 of requests is always one (facts
// huawei-cpts §6.1). While the run lasts only a case without numbers is worth
// the second call.
func (f follower) readCase(ctx context.Context, run string, m *measured, c *measurement) error {
	err := f.readReport(ctx, run, m, c)
	if err != nil && !refused(err) {
		return err
	}
	c.refused = reason(err)
	if c.total.ready() && !m.last.State.Over() {
		return nil
	}
	detail, err := f.detail(ctx, run, c.runCase)
	if err != nil && !refused(err) {
		return err
	}
	if detail.Total.ready() {
		c.fill(detail.Total.figures, detail.Requests)
	}
	c.refused = cmp.Or(reason(err), c.refused)
	return nil
}

// reason is why a call was refused, for people.
func reason(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// readReport names the case by case_uri_i, of which all sources say the same
// (facts huawei-cpts §6.2).
func (f follower) readReport(ctx context.Context, run string, m *measured, c *measurement) error {
	n, err := number("run", run)
	of, ok := whole(c.CaseURI)
	if err != nil || !ok {
		return err
	}
	request := &model.ShowReportRequest{TaskRunId: n, CaseRunId: int32(of), BrokensLimitCount: curvePoints}
	var answer reportAnswer
	if err := f.call(ctx, showReport(), request, cpts.GenReqDefForShowReport(), &answer); err != nil {
		return err
	}
	if from, to := when(answer.Result.Outline.Start), when(answer.Result.Outline.End); !from.IsZero() {
		m.begun, m.ended = from, to
	}
	for _, d := range answer.Result.Details.Data {
		if d.Total.ready() {
			c.curves, c.ranges = answer.Result.Curves, answer.Result.Ranges
			c.fill(d.Total, d.Requests)
			return nil
		}
	}
	return nil
}

// measured is what was read of a run.
type measured struct {
	last         job.Status
	begun, ended time.Time // of the run
	cases        []measurement
	notes        []string
	refused      string // why the cases could not be listed
}

// ready tells that every case has numbers. A run has a case at least.
func (m *measured) ready() bool {
	return len(m.cases) > 0 && !slices.ContainsFunc(m.cases, func(c measurement) bool { return !c.total.ready() })
}

func (f follower) cases(ctx context.Context, run string) (answer casesAnswer, err error) {
	n, err := number("run", run)
	if err != nil {
		return answer, err
	}
	err = f.call(ctx, showMergeTaskCase(), &model.ShowMergeTaskCaseRequest{TaskRunId: n}, cpts.GenReqDefForShowMergeTaskCase(), &answer)
	return answer, err
}

// detail names the case as the documents do, and if that is refused or tells
// nothing, as the SDK's comments do: which is right is UNVERIFIED (facts
// huawei-cpts §6.2). It is zero if there is no report (yet).
func (f follower) detail(ctx context.Context, run string, c runCase) (caseDetail, error) {
	n, err := number("run", run)
	if err != nil {
		return caseDetail{}, err
	}
	for _, form := range []cloud.Number{c.TestcaseID, c.CaseURI} {
		of, ok := whole(form)
		if !ok {
			continue
		}
		request := &model.ShowMergeCaseDetailRequest{TaskRunId: n, CaseRunId: int32(of)}
		var answer detailAnswer
		err = f.call(ctx, showMergeCaseDetail(), request, cpts.GenReqDefForShowMergeCaseDetail(), &answer)
		if err != nil && !refused(err) {
			return caseDetail{}, err
		}
		if detail := answer.Result.Detail; detail.told() {
			return detail, nil
		}
	}
	return caseDetail{}, err
}

// outline reads the summary of a run into an answer of the caller's.
func (f follower) outline(ctx context.Context, run string, into answer) error {
	n, err := number("run", run)
	if err != nil {
		return err
	}
	return f.call(ctx, showMergeReportLogsOutline(), &model.ShowMergeReportLogsOutlineRequest{TaskRunId: n}, cpts.GenReqDefForShowMergeReportLogsOutline(), into)
}

package action

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"cloudjob/internal/catalog"
	"cloudjob/internal/cloud"
	"cloudjob/internal/record"
)

// TestFactsOfRecordings: what the emulator answers, which plays what the documents
// say, contradicts no documented fact, and nearly every fact is told by a run.
func TestFactsOfRecordings(t *testing.T) {
	seldom := []string{ // a run of the emulator does not tell them
		"a Command comes back as it was sent", "a call for more than 10 tasks", "the history has runs", "codes of errors", "a list has instances that wait", "refusals come",
		"every task of a job", "runs are listed", "instances are listed", "the instances of a job that was run once", "batch-status of a failed task", "ShowMergeReportLogsOutline", "fields that the SDK",
		"commonTimestamps", "a time of a run",
	}
	told := map[string]int{}
	for _, provider := range slices.Sorted(maps.Keys(healthy())) {
		for _, l := range lives()[:4] {
			synctest.Test(t, func(t *testing.T) {
				s, _ := l.recorded(t, provider)
				recorded, err := record.Read([]byte(s.read("recorded/recording.har")))
				if err != nil {
					t.Fatal(err)
				}
				for _, p := range catalog.Providers() {
					for _, fact := range p.Facts() {
						f := findings(recorded.Entries, p, fact)
						if f.first == nil {
							continue
						}
						if p.Name != provider {
							t.Errorf("a run of %s tells of %s: %s", provider, p.Name, fact.Says)
						}
						if f.contradicts > 0 && !fact.Unverified {
							t.Errorf("%s: call %d contradicts %s: %s\n%.2000s", provider, f.number, fact.At, fact.Says, f.first.Answer)
						}
						if !f.emulated {
							t.Errorf("%s: %s is told of the emulator's as if of a cloud's", provider, fact.Says)
						}
						told[fact.Says]++
					}
				}
			})
		}
	}
	for _, p := range catalog.Providers() {
		facts := p.Facts()
		if len(facts) < 4 {
			t.Errorf("%s has only %d facts that a call tells", p.Name, len(facts))
		}
		for _, fact := range facts {
			rare := slices.ContainsFunc(seldom, func(begin string) bool { return strings.HasPrefix(fact.Says, begin) })
			if told[fact.Says] == 0 && !rare {
				t.Errorf("no run tells of %s: %s", fact.At, fact.Says)
			}
			if !strings.HasPrefix(fact.At, "facts "+p.Name+" §") {
				t.Errorf("%q is no place of %s", fact.At, p.Name)
			}
		}
	}
}

// TestFactsAreTold: each fact is confirmed by one answer and contradicted by
// another, as they may come; what has nothing of it is silent.
func TestFactsAreTold(t *testing.T) {
	for _, try := range []struct{ says, call, sent, confirms, contradicts string }{
		{"CreatedAt", "DescribeJobs", "", `{"Response":{"JobSet":[{"CreatedAt":"2026-01-01T08:00:00+08:00","EndTime":null}]}}`, `{"Response":{"JobSet":[{"CreatedAt":"2026-01-01 08:00:00"}]}}`},
		{"the ErrorRate of a run", "DescribeJobs", "", `{"Response":{"JobSet":[{"ErrorRate":10.5}]}}`, `{"Response":{"JobSet":[{"ErrorRate":"10.5 %"}]}}`},
		{"the Status of a run", "DescribeJobs", "", `{"Response":{"JobSet":[{"Status":0},{"Status":12}]}}`, `{"Response":{"JobSet":[{"Status":12},{"Status":22}]}}`},
		{"the ErrorRate of a check", "DescribeCheckSummary", "", `{"Response":{"CheckSummarySet":[{"ErrorRate":0.4}]}}`, `{"Response":{"CheckSummarySet":[{"ErrorRate":40}]}}`},
		{"the Value of a metric", "DescribeSampleBatchQuery", "", `{"Response":{"MetricSampleSet":[{"Value":1}]}}`, `{"Response":{"MetricSampleSet":[{"Value":"1"}]}}`},
		{"a list of a run", "DescribeJobs", "", `{"Response":{"JobSet":[{"Datasets":null}]}}`, `{"Response":{"JobSet":[{"Datasets":[]}]}}`},
		{"a time of a run", "DescribeJobs", "", `{"Response":{"JobSet":[{"EndTime":null}]}}`, `{"Response":{"JobSet":[{"EndTime":""}]}}`},
		{"runs are listed", "DescribeJobs", "", `{"Response":{"JobSet":[{"CreatedAt":"2026-01-02T08:00:00Z"},{"CreatedAt":"2026-01-01T08:00:00Z"}]}}`, `{"Response":{"JobSet":[{"CreatedAt":"2026-01-01T08:00:00Z"},{"CreatedAt":"2026-01-02T08:00:00Z"}]}}`},
		{"the state of a job", "DescribeJob", "", `{"Response":{"JobState":"SUCCEED"}}`, `{"Response":{"JobState":"SUCCEEDED"}}`},
		{"the times of a job", "DescribeJob", "", `{"Response":{"CreateTime":"2026-01-01T00:00:00Z"}}`, `{"Response":{"CreateTime":"2026-01-01T08:00:00+08:00"}}`},
		{"a job that has ended", "DescribeJob", "", `{"Response":{"JobState":"FAILED","EndTime":"2026-01-01T00:00:00Z"}}`, `{"Response":{"JobState":"FAILED","EndTime":null}}`},
		{"the NextAction", "DescribeJob", "", `{"Response":{"JobState":"FAILED","NextAction":""}}`, `{"Response":{"JobState":"FAILED","NextAction":null}}`},
		{"every task", "DescribeTask", "", `{"Response":{"TaskInstanceSet":[{"TaskInstanceState":"SUCCEED","ExitCode":0}]}}`, `{"Response":{"TaskInstanceSet":[{"TaskInstanceState":"SUCCEED","ExitCode":null}]}}`},
		{"a Command", "DescribeJobSubmitInfo", "", `{"Response":{"Tasks":[{"Application":{"Command":"a < b"}}]}}`, `{"Response":{"Tasks":[{"Application":{"Command":"a &lt; b"}}]}}`},
		{"the status of a task", "BatchListJobStatus", "", `{"results":[{"status":"PAUSING"}]}`, `{"results":[{"status":"PAUSEING"}]}`},
		{"the times of a task", "BatchListJobDetails", "", `{"results":[{"update_time":"1599202771816"}]}`, `{"results":[{"update_time":1599202771816}]}`},
		{"the progress", "BatchListProgresses", "", `{"results":[{"progress":"100"}]}`, `{"results":[{"progress":100}]}`},
		{"batch-status", "BatchListJobStatus", "", `{"results":[{"status":"START_JOB_FAILED"}]}`, `{"results":[{"status":"START_JOB_FAILED","error_code":"DRS.M00100"}]}`},
		{"count is", "BatchListJobStatus", "", `{"results":[{"id":"a"}],"count":1}`, `{"results":[{"id":"a"}],"count":2}`},
		{"the run_status", "ShowTask", "", `{"taskInfo":{"run_status":9}}`, `{"taskInfo":{"run_status":8}}`},
		{"fields that the SDK", "ShowMergeCaseDetail", "", `{"result":{"detail":{"performance":{"avgRecBytes":97}}}}`, `{"result":{"detail":{"performance":{"avgRecBytes":97.5}}}}`},
		{"commonTimestamps", "ShowReport", "", `{"result":{"brokens":{"commonTimestamps":["12:00:01"]}}}`, `{"result":{"brokens":{"commonTimestamps":["1599202771816"]}}}`},
		{"the status of an instance", "ShowJobInstance", "", `{"status":"freeze"}`, `{"status":"frozen"}`},
		{"the times of an instance", "ShowJobInstance", "", `{"planTime":1599202771816,"endTime":0}`, `{"planTime":"2026-01-01"}`},
		{"an instanceId", "ShowJobInstance", "", `{"instanceId":1}`, `{"instanceId":"1"}`},
		{"instances are listed", "ListJobInstances", "", `{"instances":[{"planTime":2},{"planTime":1}]}`, `{"instances":[{"planTime":1},{"planTime":2}]}`},
		{"the instances of a job that was run once", "ListJobInstances", "", `{"instances":[{"instanceType":2}]}`, `{"instances":[{"instanceType":7}]}`},
	} {
		var facts []cloud.Fact
		for _, p := range catalog.Providers() {
			facts = append(facts, p.Facts()...)
		}
		i := slices.IndexFunc(facts, func(f cloud.Fact) bool { return strings.HasPrefix(f.Says, try.says) })
		if i < 0 {
			t.Errorf("no fact begins with %q", try.says)
			continue
		}
		tell := func(answer string) cloud.Finding {
			return facts[i].Tell(cloud.NewTold(cloud.Recorded{Call: cloud.Call{Name: try.call}, Status: 200, Sent: []byte(try.sent), Answer: []byte(answer)}))
		}
		if tell(try.confirms) != cloud.Confirms || tell(try.contradicts) != cloud.Contradicts || tell(`{}`) != cloud.Silent || tell(`null`) != cloud.Silent || tell(`not JSON`) != cloud.Silent {
			t.Errorf("%q: %v, %v, %v", facts[i].Says, tell(try.confirms), tell(try.contradicts), tell(`{}`))
		}
	}
}

// TestReplayTellsFacts: the lines name the fact, the call, its request and that
// the emulator proves nothing.
func TestReplayTellsFacts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := life{}.recorded(t, "tencent-pts")
		s.out.Reset()
		p := s.process("action")
		p.args = []string{"replay", "-facts", s.file("recorded/recording.har")}
		exit := p.main(t.Context())
		for _, want := range []string{"emulated: confirms facts tencent-pts §4: ", "DescribeJobs, request 00000000-0000-4000-8000-", "UNVERIFIED so far", "proves nothing about the cloud"} {
			if exit != 0 || !strings.Contains(s.out.String(), want) {
				t.Errorf("it ends with %d and does not say %q:\n%s", exit, want, s.out.String())
			}
		}
		if strings.Contains(s.out.String(), "is worth an issue") {
			t.Error("an emulated recording asks for an issue")
		}
	})
}

package huaweidataarts

import (
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"cloudjob/internal/engine"
	"cloudjob/internal/job"
)

// answers is a network that answers by the end of a path.
type answers map[string]string

func (a answers) RoundTrip(r *http.Request) (*http.Response, error) {
	for end, body := range a {
		if strings.HasSuffix(r.URL.Path, end) {
			return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
		}
	}
	return nil, errors.New("nobody answers " + r.URL.Path)
}

// at sleeps until a time.
func at(when time.Time) { time.Sleep(time.Until(when)) }

// TestRecordedRuns are the times of the samples of OTC and DGC: all instances
// of a job have one submitTime, which is days older than they. So a run whose
// start was not answered is known by its id, which was not there before, and by
// when it was planned and began. What a schedule made, what fills in, what has
// no type and what may be one of two is not taken.
func TestRecordedRuns(t *testing.T) {
	const (
		both      = `, "submitTime": 1550910278706, "jobName": "job_batch", "jobId": 608627, "status": "success", "executeTime": 0.3}`
		byHand    = `{"instanceId": 34765, "instanceType": 2, "planTime": 1551671580000, "startTime": 1551671580000, "endTime": 1551671598000` + both
		filledIn  = `{"instanceId": 34764, "instanceType": 5, "planTime": 1551671520000, "startTime": 1551671521000, "endTime": 1551671538000` + both
		planned   = `{"instanceId": 34766, "instanceType": 0, "planTime": 1551671580000, "startTime": 1551671581000` + both
		untyped   = `{"instanceId": 34767, "planTime": 1551671580000, "startTime": 1551671581000` + both
		noPlan    = `{"instanceId": 34768, "instanceType": "2", "planTime": null, "startTime": 1551671580000` + both
		micros    = `{"instanceId": 34769, "instanceType": 2.0, "planTime": 1551671580000000, "startTime": "1551671580000.0"` + both
		noTime    = `{"instanceId": 34770, "instanceType": 7, "planTime": 1551671580, "startTime": -1` + both
		another   = `{"instanceId": 34771, "instanceType": 7, "planTime": 1551671583000` + both
		longName  = `{"instanceId": 34772, "instanceType": 2, "planTime": 1551671580000, "jobName": "job_batch_2"}`
		yesterday = `{"instanceId": 34773, "instanceType": 2, "planTime": 1551585180000, "startTime": 1551585180000` + both
		tomorrow  = `{"instanceId": 34774, "instanceType": 2, "planTime": 1551757980000` + both
	)
	start := time.UnixMilli(1551671579500)
	for name, test := range map[string]struct {
		list    []string
		before  []string
		want    string
		unclear string // the ids of which none is to be taken
	}{
		"by hand":           {list: []string{byHand, filledIn}, want: "34765"},
		"known before":      {list: []string{byHand, filledIn}, before: []string{"34765"}},
		"filled in":         {list: []string{filledIn}},
		"the schedule's":    {list: []string{planned}},
		"beside a plan":     {list: []string{planned, byHand}, want: "34765"},
		"no type":           {list: []string{untyped}, unclear: "34767"},
		"no type, and one":  {list: []string{untyped, byHand}, unclear: "34767, 34765"},
		"no plan time":      {list: []string{noPlan}, want: "34768"},
		"plan time odd":     {list: []string{micros}, want: "34769"},
		"no time that is":   {list: []string{noTime}, unclear: "34770"},
		"two":               {list: []string{byHand, another}, unclear: "34765, 34771"},
		"two, one known":    {list: []string{byHand, another}, before: []string{"34771"}, want: "34765"},
		"a longer name":     {list: []string{longName}},
		"a null beside it":  {list: []string{"null", byHand}, want: "34765"},
		"of the day before": {list: []string{yesterday}},
		"of the day after":  {list: []string{tomorrow}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				at(start.Add(time.Second))
				network := answers{"/jobs/instances/detail": `{"total": 1, "instances": [` + strings.Join(test.list, ",") + `]}`}
				f := openInputs(t, network, running("job_batch"))
				intent := intend("cj-mark", job.Ref{ID: "job_batch", Kind: once}, since{}, test.before)
				intent.At = start
				found, err := f.Find(t.Context(), intent)
				var runs []string
				unsure := len(found) > 1
				for _, one := range found {
					runs = append(runs, one.Ref.Run)
					unsure = unsure || one.Unsure != ""
					if !one.Ours {
						t.Errorf("found %+v", one)
					}
				}
				if got := strings.Join(runs, ", "); err != nil || got != test.want+test.unclear || unsure != (test.unclear != "") {
					t.Errorf("found %q, unsure %t, %v; want %q, unclear %q", got, unsure, err, test.want, test.unclear)
				}
			})
		})
	}
}

// TestRecordedStatus are the shapes of DGC's sample and of OTC's of 2025, which
// has no times and no status of a node, and their like with times as texts.
func TestRecordedStatus(t *testing.T) {
	begun := time.UnixMilli(1551409465000)
	for name, test := range map[string]struct {
		answer string
		want   job.Status
		parts  []job.Part
		counts []string
	}{
		"DGC": {
			`{"lastUpdateTime": 1551409406000, "name": "job_sms", "nodes": [
				{"name": "CREATE_GES_DIR", "status": "NORMAL", "totalGetBytes": 0, "type": "Create OBS"},
				{"logPath": "obs://dlf-log/job_sms/1.job", "name": "CS_SMS_PROCESS", "runningData": "{}", "status": "NORMAL", "totalGetRecords": 165},
				{"name": "DELETE_GES_DIR", "status": "STOPPED"},
				{"name": "DLI_SMS_GES", "status": "EXCEPTION"}],
			 "startTime": 1551409465000, "status": "NORMAL"}`,
			job.Status{State: job.StateSucceeded, Word: "NORMAL", Progress: "2 of 4 nodes NORMAL", Begun: begun, Costs: true},
			[]job.Part{{Name: "CREATE_GES_DIR", Status: "NORMAL"}, {Name: "CS_SMS_PROCESS", Status: "NORMAL", Detail: "log obs://dlf-log/job_sms/1.job"}, {Name: "DELETE_GES_DIR", Status: "STOPPED"}, {Name: "DLI_SMS_GES", Status: "EXCEPTION"}},
			[]string{"succeeded_tasks 2", "failed_tasks 1"},
		},
		"OTC": {
			`{"name": "job_sms", "nodes": [{"bufferRecords": 0, "jobInstanceId": 0, "LastInstanceStatus": "waiting", "name": "MRS_Flink_Job_8635", "speed": 0, "totalGetBytes": 0}], "status": "NORMAL"}`,
			job.Status{State: job.StateSucceeded, Word: "NORMAL", Costs: true},
			[]job.Part{{Name: "MRS_Flink_Job_8635", Status: "waiting"}},
			[]string{"succeeded_tasks 0", "failed_tasks 0"},
		},
		"OTC, its nodes ended": {
			`{"name": "job_sms", "nodes": [{"LastInstanceStatus": "success", "name": "a"}, {"LastInstanceStatus": "fail", "name": "b"}], "status": "EXCEPTION"}`,
			job.Status{State: job.StateFailed, Word: "EXCEPTION"},
			[]job.Part{{Name: "a", Status: "success"}, {Name: "b", Status: "fail"}},
			[]string{"succeeded_tasks 1", "failed_tasks 1"},
		},
		"both words": {
			`{"nodes": [null, {"status": "NORMAL", "lastInstanceStatus": "fail", "name": "a"}], "status": "NORMAL", "starttime": "2019-03-01T03:04:25Z"}`,
			job.Status{State: job.StateSucceeded, Word: "NORMAL", Progress: "1 of 1 nodes NORMAL", Begun: begun, Costs: true},
			[]job.Part{{Name: "a", Status: "NORMAL"}},
			[]string{"succeeded_tasks 1", "failed_tasks 0"},
		},
		"times with an offset": {
			`{"nodes": null, "status": "STOPPED", "startTime": "2019-03-01T11:04:25+08:00", "endTime": "1551409466000.0"}`,
			job.Status{State: job.StateStopped, Word: "STOPPED", Begun: begun, Ended: begun.Add(time.Second)},
			nil,
			[]string{"succeeded_tasks ?", "failed_tasks ?"},
		},
		"times that cannot be": {
			`{"nodes": [], "status": "STOPPED", "startTime": 1551409465000000, "endTime": "2107-01-01T00:00:00Z"}`,
			job.Status{State: job.StateStopped, Word: "STOPPED"},
			nil,
			[]string{"succeeded_tasks ?", "failed_tasks ?"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			f := openInputs(t, answers{"/jobs/job_sms/status": test.answer}, starting("job_sms"))
			ref := job.Ref{ID: "job_sms", Kind: stream}
			statuses, err := f.Status(t.Context(), []job.Ref{ref})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, statuses[0]); diff != "" {
				t.Errorf("status (-want +got):\n%s", diff)
			}
			r, err := f.Report(t.Context(), ref, statuses[0])
			if diff := cmp.Diff(test.parts, r.Parts); diff != "" || err != nil {
				t.Errorf("parts (-want +got):\n%s%v", diff, err)
			}
			if got := said(r.Samples)[1:3]; !slices.Equal(got, test.counts) {
				t.Errorf("got %q, want %q", got, test.counts)
			}
		})
	}
}

// TestWhyOfNewerStatus names the nodes that failed, not those that wait.
func TestWhyOfNewerStatus(t *testing.T) {
	f := openInputs(t, answers{"/jobs/job_sms/status": `{"nodes": [{"LastInstanceStatus": "waiting", "name": "a"}, null, {"LastInstanceStatus": "fail", "name": "b"}, {"LastInstanceStatus": "running-exception", "name": "c"}, {"LastInstanceStatus": "success", "name": "d"}], "status": "EXCEPTION"}`}, starting("job_sms"))
	why, err := f.Why(t.Context(), job.Ref{ID: "job_sms", Kind: stream}, job.Status{Word: "EXCEPTION"})
	if diff := cmp.Diff([]string{"status EXCEPTION", "node b: fail", "node c: running-exception"}, why); diff != "" || err != nil {
		t.Error(diff, err)
	}
}

// TestOddInstance: a null among the nodes, numbers as texts and with fractions
// are read as a person would, in whatever is told of a run.
func TestOddInstance(t *testing.T) {
	const plain = `{"jobName": "job_batch", "instanceId": 34765, "status": "fail", "planTime": 1551425326540, "startTime": 1551425327000, "endTime": 1551425387000, "executeTime": 1, "total": 2, "instanceType": 2,
		"nodes": [{"nodeName": "Dummy_8556", "status": "success", "retryTimes": 0}, {"nodeName": "error", "status": "fail", "retryTimes": 3, "speed": 7, "logPath": "obs://dlf-log/error.job"}]}`
	type told struct {
		Status job.Status
		Report job.Report
		Why    []string
	}
	read := func(instance string) (got told) {
		list := strings.Replace(instance, `"nodes"`, `"errorMessage": "no such table", "nodes"`, 1)
		f := openInputs(t, answers{
			"/jobs/job_batch/instances/34765": instance,
			"/jobs/instances/detail":          `{"total": 1, "instances": [null, ` + list + `]}`,
		}, running("job_batch"))
		ref := job.Ref{ID: "job_batch", Kind: once, Run: "34765"}
		statuses, err := f.Status(t.Context(), []job.Ref{ref})
		if err != nil {
			t.Fatal(err)
		}
		got.Status = statuses[0]
		var more error
		got.Report, err = f.Report(t.Context(), ref, got.Status)
		if got.Why, more = f.Why(t.Context(), ref, got.Status); err != nil || more != nil {
			t.Fatal(err, more)
		}
		return got
	}
	want := read(plain)
	if got := strings.Join(want.Why, "; "); got != "status fail; node error: fail after 3 retries, log obs://dlf-log/error.job; message: no such table" {
		t.Errorf("why: %s", got)
	}
	for name, change := range map[string]*strings.Replacer{
		"nulls":     strings.NewReplacer(`"nodes": [`, `"nodes": [null, `, `}, {`, `}, null, {`),
		"texts":     strings.NewReplacer(`34765`, `"34765"`, `1551425326540`, `"1551425326540"`, `1551425327000`, `"1551425327000"`, `1551425387000`, `"1551425387000"`, `: 3,`, `: "3",`, `: 2,`, `: "2",`, `: 0`, `: "0"`),
		"fractions": strings.NewReplacer(`34765`, `34765.0`, `1551425326540`, `1551425326540.0`, `1551425327000`, `1551425327000.00`, `1551425387000`, `1.551425387e12`, `: 3,`, `: 3.0,`, `: 2,`, `: 2.0,`, `: 0`, `: 0.0`),
		"both":      strings.NewReplacer(`34765`, `"34765.0"`, `1551425327000`, `"1551425327000.0"`, `: 3,`, `: "3.0",`),
	} {
		if diff := cmp.Diff(want, read(change.Replace(plain))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// TestOddLists: jobs and instances are found in lists with a null in them, also
// where it takes the place by which the pages are told apart.
func TestOddLists(t *testing.T) {
	f := openInputs(t, answers{
		"/jobs":                  `{"total": "3", "jobs": [null, {"name": "other"}, null, {"name": "job_batch", "status": "SCHEDULING"}]}`,
		"/jobs/instances/detail": `{"total": 2.0, "instances": [{"jobName": "job_batch", "instanceId": "1.0", "instanceType": "0.0", "status": "success", "planTime": "2000-01-01T00:00:00Z"}, null, {}]}`,
	}, starting("job_batch"))
	if word, err := f.word(t.Context(), job.Ref{ID: "job_batch", Kind: schedule}); word != "SCHEDULING" || err != nil {
		t.Errorf("word %q, %v", word, err)
	}
	list, err := f.instances(t.Context(), job.Ref{ID: "job_batch"}, time.Now())
	if err != nil || len(list) != 1 || list[0].InstanceID != "1" || !(since{at: time.Now()}).counts(list[0]) {
		t.Errorf("instances %+v, %v", list, err)
	}
	all := f.plannedSince(t.Context(), "", []time.Time{time.Now(), time.Now()})
	if len(all.byID) != 1 || all.whole {
		t.Errorf("one of two that are said to be there: %+v", all)
	}
	pages := pager{limit: 3, most: 9}
	if !pages.more([]string{"", "b", ""}, "") || !pages.more([]string{"b", "c", "d"}, "") || pages.offset != 3 {
		t.Errorf("offset counts records, and the next is %d", pages.offset)
	}
}

// TestShortPages: the road takes nulls out of a page, so a short one ends a
// list only if all records are read that the list says it has.
func TestShortPages(t *testing.T) {
	pages := pager{limit: 3, most: 9}
	if !pages.more([]string{"a", "b"}, "5") || pages.more([]string{"d"}, "5") || !pages.ended {
		t.Errorf("the second page is the last: %+v", pages)
	}
	pages = pager{limit: 3, most: 9} // offset counts records: the second page is read again
	if !pages.more([]string{"a", "b", "c"}, "8") || !pages.more([]string{"b", "c"}, "8") || !pages.more([]string{"d", "e"}, "8") || pages.offset != 6 || pages.more([]string{"g", "h"}, "8") {
		t.Errorf("8 records are on three pages: %+v", pages)
	}
	if pages = (pager{limit: 3, most: 9}); pages.more(nil, "5") || !pages.ended {
		t.Errorf("an empty page is the last: %+v", pages)
	}
}

// TestOddRun: the answer to a run names its instance however it is written.
func TestOddRun(t *testing.T) {
	for _, text := range []string{`132343`, `"132343"`, `132343.0`, `"132343.0"`, `1.32343e5`} {
		item := startUnread(t, answer(`{"instanceId":`+text+`}`), running("myJob"))
		if item.Err != nil || item.Ref.Run != "132343" {
			t.Errorf("%s: %+v, %v", text, item.Ref, item.Err)
		}
	}
}

// refusing is a network that refuses the start of a schedule and otherwise
// answers by the end of a path.
type refusing struct {
	answers
	refusal string
}

func (n refusing) RoundTrip(r *http.Request) (*http.Response, error) {
	if !strings.HasSuffix(r.URL.Path, "/start") {
		return n.answers.RoundTrip(r)
	}
	return &http.Response{StatusCode: http.StatusBadRequest, Header: http.Header{"X-Request-Id": {"0123"}}, Body: io.NopCloser(strings.NewReader(n.refusal)), Request: r}, nil
}

// TestOnAlready: a start is refused because the job is on. Then it is on,
// whatever was read before, and it is not ours to stop. Any other refusal with
// the generic code is one.
func TestOnAlready(t *testing.T) {
	for refusal, on := range map[string]bool{
		`{"error_code":"DLF.3051","error_msg":"The job job_batch is running."}`:                    true,
		`{"error_code":"DLF.3051","error_msg":"Job Is Running, stop it first"}`:                    true,
		`{"error_code":"DLF.3051","error_msg":"The request parameter is invalid: JOB IS RUNNING"}`: true,
		`{"error_code":"DLF.30107","error_msg":"作业已经在运行。"}`:                                        true,
		`{"error_code":"DLF.3051","error_msg":"The request parameter is invalid."}`:                false,
		`{"error_code":"DLF.0100","error_msg":"The job does not exists. Another job is running."}`: false,
		`{"error_code":"DLF.6888","error_msg":"is running"}`:                                       false,
	} {
		for _, word := range []string{"STOPPED", "SCHEDULING"} {
			f := openInputs(t, refusing{answers{
				"/jobs/job_batch":        `{"processType": "BATCH", "schedule": {"type": "CRON"}}`,
				"/jobs":                  `{"total": 1, "jobs": [{"name": "job_batch", "status": "` + word + `"}]}`,
				"/jobs/instances/detail": `{"total": 0, "instances": []}`,
			}, refusal}, starting("job_batch"))
			intent, err := f.Intend(t.Context(), mark)
			if err != nil {
				t.Fatal(err)
			}
			item := startUnder(t, f, intent)
			if (item.Err == nil) != on {
				t.Errorf("%s: %v", refusal, item.Err)
			}
			if !on {
				continue
			}
			if item.How != job.Joined || !item.Theirs || item.RequestID != "0123" || item.Ref.ID != "job_batch" {
				t.Errorf("%s: %+v", refusal, item)
			}
			if err := f.Stop(t.Context(), item.Ref, true); err == nil || !strings.Contains(err.Error(), "on before") {
				t.Errorf("%s: it may be stopped: %v", refusal, err)
			}
		}
	}
}

// TestJoined: a second run of the same workflow goes on with the schedule or
// the real-time job that the first one left, says so, and does not stop it.
func TestJoined(t *testing.T) {
	for _, name := range []string{"myJob", "myStream"} {
		synctest.Test(t, func(t *testing.T) {
			s := newStage(t)
			first, one := s.run(t.Context(), s.open(name, schedule), func(o *engine.Options) { o.Wait = false })
			second, two := s.run(t.Context(), s.open(name, schedule), func(o *engine.Options) { o.Wait, o.Mark.Run = false, "another" })
			if first.Outcome != job.Started || second.Outcome != job.Started || one.How != job.Began || two.How != job.Joined || !two.Theirs {
				t.Errorf("first %s, %q, second %s, %q: %v", first.Outcome, one.How, second.Outcome, two.How, two.Err)
			}
			third, three := s.run(t.Context(), s.open(name, schedule), func(o *engine.Options) { o.OnCancel, o.Mark.Run = engine.Stop, "third" })
			if third.Outcome != job.Succeeded || three.How != job.Joined {
				t.Errorf("third %s, %q: %v", third.Outcome, three.How, three.Err)
			}
			if got := s.Calls()["StopJob"]; got != 0 {
				t.Errorf("%d stops of what was on before", got)
			}
		})
	}
}

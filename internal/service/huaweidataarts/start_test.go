package huaweidataarts

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"cloudjob/internal/emulator"
	"cloudjob/internal/engine"
	"cloudjob/internal/job"
	dataartsemu "cloudjob/internal/service/huaweidataarts/emu"
	"cloudjob/internal/service/servicetest"
)

// TestStart are starts that the service meets in its own way: what is said of
// them, and how many jobs and instances began. What is refused is so whether or
// not the reads before it find out.
func TestStart(t *testing.T) {
	type said struct {
		Outcome job.Outcome
		Ref     job.Ref
		What    string
		Note    string
		Code    string
	}
	const joined = "it was on before, so nothing was started"
	const planned = "a batch job runs at its next plan time, a real-time job now"
	const since = "since:946684801000" // a second after a bubble's beginning
	none := func(*dataartsemu.Service) {}
	tests := []struct {
		name   string
		change func(*dataartsemu.Service)
		inputs string
		want   said
		begun  int
	}{
		{"a schedule", none, starting(dataartsemu.MyJob),
			said{job.Started, job.Ref{ID: "myJob", Kind: "schedule", Since: since}, "schedule of job myJob", planned, ""}, 1},
		{"a stream", none, starting(dataartsemu.MyStream),
			said{job.Started, job.Ref{ID: "myStream", Kind: "stream", Since: since}, "schedule of job myStream", planned, ""}, 1},
		{"a Chinese name", none, running(dataartsemu.ChineseJob),
			said{job.Started, job.Ref{ID: "作业一", Run: "132343", Kind: "once", Since: since}, "one run of job 作业一", "", ""}, 1},
		{"one run", none, running(dataartsemu.MyJob),
			said{job.Started, job.Ref{ID: "myJob", Run: "132343", Kind: "once", Since: since}, "one run of job myJob", "", ""}, 1},
		{"one run, its id a text", func(s *dataartsemu.Service) { s.Switches.InstanceIDText = true }, running(dataartsemu.MyJob),
			said{job.Started, job.Ref{ID: "myJob", Run: "132343", Kind: "once", Since: since}, "one run of job myJob", "", ""}, 1},
		{"a job of another workspace", none, starting(dataartsemu.WorkspaceJob),
			said{job.StartFailed, job.Ref{}, "schedule of job workspaceJob", "", "DLF.0100"}, 0},
		{"a job in its workspace", none, strings.Replace(starting(dataartsemu.WorkspaceJob), "}", ", workspace: "+dataartsemu.NamedWorkspace+"}", 1),
			said{job.Started, job.Ref{ID: "workspaceJob", In: dataartsemu.NamedWorkspace, Kind: "schedule", Since: since}, "schedule of job workspaceJob", planned, ""}, 1},
		{"an unknown workspace", none, strings.Replace(starting(dataartsemu.MyJob), "}", ", workspace: nobody}", 1),
			said{job.StartFailed, job.Ref{}, "schedule of job myJob", "", "DLF.0819"}, 0},
		{"no default workspace", func(s *dataartsemu.Service) { s.Switches.NoDefaultWorkspace = true }, starting(dataartsemu.MyJob),
			said{job.StartFailed, job.Ref{}, "schedule of job myJob", "", "DLF.0819"}, 0},
		{"one run of a stream", none, running(dataartsemu.MyStream),
			said{job.StartFailed, job.Ref{}, "one run of job myStream", "", "DLF.0136"}, 0},
		{"a job that is on already", none, starting(dataartsemu.ScheduledJob),
			said{job.Started, job.Ref{ID: "scheduledJob", Kind: "schedule", Since: since + " joined"}, "schedule of job scheduledJob", joined, ""}, 0},
		{"a job that is on already, its own code", func(s *dataartsemu.Service) { s.Switches.SecondStart30107 = true }, starting(dataartsemu.ScheduledJob),
			said{job.Started, job.Ref{ID: "scheduledJob", Kind: "schedule", Since: since + " joined"}, "schedule of job scheduledJob", joined, ""}, 0},
		{"a job that is on already, taken", func(s *dataartsemu.Service) { s.Switches.SecondStartTaken = true }, starting(dataartsemu.ScheduledJob),
			said{job.Started, job.Ref{ID: "scheduledJob", Kind: "schedule", Since: since + " joined"}, "schedule of job scheduledJob", joined, ""}, 0},
		{"a job that is on already, with parameters", none, strings.Replace(starting(dataartsemu.ScheduledJob), "}", ", job_params: {day: '1'}}", 1),
			said{job.Started, job.Ref{ID: "scheduledJob", Kind: "schedule", Since: since + " joined"}, "schedule of job scheduledJob", joined + ", and whether it takes these parameters is not known", ""}, 0},
		{"a job that runs once, refused", func(s *dataartsemu.Service) { s.Switches.OnceStartRefused = true }, starting(dataartsemu.OnceJob),
			said{job.StartFailed, job.Ref{}, "schedule of job onceJob", "", "DLF.3051"}, 0},
		{"an address that does not know the call", func(s *dataartsemu.Service) { s.Switches.NotPublished = true }, starting(dataartsemu.MyJob),
			said{job.StartFailed, job.Ref{}, "schedule of job myJob", "", "APIGW.0101"}, 0},
	}
	for _, test := range tests {
		for how, start := range map[string]func(*testing.T, http.RoundTripper, string) job.Item{"read": startInputs, "unread": startUnread} {
			if how == "unread" && test.want.Outcome == job.Started {
				continue // without a read the ref says less
			}
			t.Run(test.name+", "+how, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					time.Sleep(time.Second) // past a plan time of all schedules
					service, network := emulated()
					test.change(service)
					item := start(t, network, test.inputs)
					got := said{Outcome: job.OutcomeOf(item.Err), Ref: item.Ref, What: item.What, Note: item.Note}
					id := item.RequestID
					if e, ok := errors.AsType[*job.Error](item.Err); ok {
						got.Code, id = e.Code, e.RequestID
					}
					if id == "" {
						t.Error("no request id")
					}
					if diff := cmp.Diff(test.want, got); diff != "" {
						t.Error(diff)
					}
					if joined := strings.HasSuffix(item.Ref.Since, "joined"); item.Theirs != joined || (item.How == job.Joined) != joined {
						t.Errorf("it is somebody else's: %t, %q, want %t", item.Theirs, item.How, joined)
					}
					if begun := len(service.Half().Begun()); begun != test.begun {
						t.Errorf("%d begun, want %d", begun, test.begun)
					}
				})
			})
		}
	}
}

// TestTheHostMayBeWrong: the cure for an address that does not know the call
// sends nobody to the host of the other modules (facts huawei-dataarts
// §1).
func TestTheHostMayBeWrong(t *testing.T) {
	service, network := emulated()
	service.Switches.NotPublished = true
	for _, item := range []job.Item{startInputs(t, network, starting(dataartsemu.MyJob)), startUnread(t, network, starting(dataartsemu.MyJob))} {
		if item.Err == nil || !strings.Contains(item.Err.Error(), "DataArts Factory is on dayu-dlf") || strings.Contains(item.Err.Error(), "try") {
			t.Errorf("got %v", item.Err)
		}
	}
}

// TestInstances: the id is a number for one of the vendor's SDKs and a text
// for the other (facts huawei-dataarts §4). A run is started only if the
// answer names it.
func TestInstances(t *testing.T) {
	for text, id := range map[servicetest.Answer]string{
		`{"instanceId":132343}`:                `132343`,
		`{"instanceId":"132343"}`:              `132343`,
		`{"instanceId":9007199254740993}`:      `9007199254740993`,
		`{"instanceId":"run-7","more":[1,{}]}`: `run-7`,
		`{"instanceId":0}`:                     "",
		`{"instanceId":"0"}`:                   "",
		`{"instanceId":""}`:                    "",
		`{"instanceId":null}`:                  "",
		`{"instanceId":true}`:                  "",
		`{"instanceId":[1]}`:                   "",
		`{"instanceId":{}}`:                    "",
		`{"instanceId":"7/stop"}`:              "",
		`{"instanceId":"7 joined"}`:            "",
		`{"instanceId":-7}`:                    "",
		`{"instanceId":7.5}`:                   "",
		`{"instanceid":132343}`:                `132343`, // encoding/json does not mind
		`{}`:                                   "",
	} {
		item := startUnread(t, text, running(dataartsemu.MyJob))
		want, ref := job.StartUnknown, job.Ref{}
		if id != "" {
			want, ref = job.Started, job.Ref{ID: "myJob", Run: id, Kind: "once", Since: item.Ref.Since}
		}
		if got := job.OutcomeOf(item.Err); got != want || item.Ref != ref {
			t.Errorf("%s\ngot %s, %+v: %v", text, got, item.Ref, item.Err)
		}
	}
}

// TestOddRun: the answer to a run names its instance however it is written.
func TestOddRun(t *testing.T) {
	for _, text := range []string{`132343`, `"132343"`, `132343.0`, `"132343.0"`, `1.32343e5`} {
		item := startUnread(t, servicetest.Answer(`{"instanceId":`+text+`}`), running("myJob"))
		if item.Err != nil || item.Ref.Run != "132343" {
			t.Errorf("%s: %+v, %v", text, item.Ref, item.Err)
		}
	}
}

// refusing is a network that refuses the start of a schedule and otherwise
// answers by the end of a path.
type refusing struct {
	servicetest.Answers
	refusal string
}

func (n refusing) RoundTrip(r *http.Request) (*http.Response, error) {
	if !strings.HasSuffix(r.URL.Path, "/start") {
		return n.Answers.RoundTrip(r)
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
			f := openInputs(t, refusing{servicetest.Answers{
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

// TestAmbiguousStart: whatever the answer, the truth and what is said agree.
func TestAmbiguousStart(t *testing.T) {
	tests := map[string]struct{ job, run, call string }{
		"once":     {"myJob", once, "RunOnce"},
		"schedule": {"myJob", schedule, "StartJob"},
		"stream":   {"myStream", schedule, "StartJob"},
	}
	for name, test := range tests {
		for _, fault := range emulator.Faults() {
			fault.Call = test.call
			if fault.Kind == emulator.Slow {
				fault.Delay = 2 * time.Minute
			}
			t.Run(fmt.Sprintf("%s/%s/%t", name, fault.Kind, fault.After), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					s := newStage(t)
					s.dataarts.Switches.InstanceListedAfter, s.dataarts.Switches.WaitingUnlisted = 5*time.Second, true
					s.somebody("myJob", once) // just before
					time.Sleep(10 * time.Second)
					s.Inject(fault)
					r, item := s.run(t.Context(), s.open(test.job, test.run), nil)
					begun := 0
					for _, j := range s.Begun()["dayu-dlf"][1:] {
						if strings.Contains(j.ID, "/") || test.run == once {
							begun++
						}
					}
					switch {
					case begun > 1:
						t.Errorf("begun %d times", begun)
					case begun == 1 && (r.Outcome != job.Succeeded || item.How == ""):
						t.Errorf("begun, but outcome %s, %q: %v", r.Outcome, item.How, item.Err)
					case begun == 0 && item.How != "":
						t.Errorf("not begun, but %q as %+v", item.How, item.Ref)
					}
					if lost := fault.After && fault.Kind != emulator.Slow; lost && item.How != job.Adopted {
						t.Errorf("the answer was lost, but the job is %q: %v", item.How, item.Err)
					}
				})
			})
		}
	}
}

// TestLostAnswerOfWhatIsOn: a start that nobody answered of what was on before
// can have begun nothing, so it is not unknown whether it did.
func TestLostAnswerOfWhatIsOn(t *testing.T) {
	for _, after := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			s := newStage(t)
			s.Inject(emulator.Fault{Call: "StartJob", Kind: emulator.Drop, After: after})
			r, item := s.run(t.Context(), s.open("scheduledJob", schedule), func(o *engine.Options) { o.Wait = false })
			if r.Outcome != job.Started || item.How != job.Joined || !item.Theirs {
				t.Errorf("outcome %s, %q: %v", r.Outcome, item.How, item.Err)
			}
		})
	}
	synctest.Test(t, func(t *testing.T) { // somebody stops it between
		s := newStage(t)
		service := s.open("scheduledJob", schedule)
		intent := s.intent(service)
		if err := service.Stop(t.Context(), job.Ref{ID: "scheduledJob", Kind: schedule}, false); err != nil {
			t.Fatal(err)
		}
		s.Inject(emulator.Fault{Call: "StartJob", Kind: emulator.Drop})
		if item := service.Start(t.Context(), intent)[0]; job.OutcomeOf(item.Err) != job.StartUnknown {
			t.Errorf("%+v", item)
		}
	})
}

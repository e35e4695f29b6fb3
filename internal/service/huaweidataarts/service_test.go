package huaweidataarts

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"gopkg.in/yaml.v3"

	"cloudjob/internal/cloud"
	"cloudjob/internal/emulator"
	"cloudjob/internal/engine"
	"cloudjob/internal/field"
	"cloudjob/internal/job"
	dataartsemu "cloudjob/internal/service/huaweidataarts/emu"
)

const mark = "cj-test"

// starting and running are the two starts of a job, as inputs.
func starting(name string) string {
	return "{project_id: " + emulator.ProjectID + ", region: cn-north-4, job_name: " + name + "}"
}

func running(name string) string {
	return strings.Replace(starting(name), "}", ", run: once}", 1)
}

// startInputs starts what the inputs, a YAML map, ask for.
func startInputs(t *testing.T, network http.RoundTripper, inputs string) job.Item {
	t.Helper()
	service := openInputs(t, network, inputs)
	intent, err := service.Intend(t.Context(), mark)
	if err != nil {
		return engine.Fail(service, err)[0]
	}
	return startUnder(t, service, intent)
}

// startUnread starts without a read before it.
func startUnread(t *testing.T, network http.RoundTripper, inputs string) job.Item {
	t.Helper()
	s := openInputs(t, network, inputs)
	ref := job.Ref{ID: s.spec.jobName, In: s.spec.workspace, Kind: s.spec.run}
	return startUnder(t, s, intend(mark, ref, since{}, nil))
}

func startUnder(t *testing.T, service *service, intent job.Intent) job.Item {
	t.Helper()
	intent.At = time.Now()
	items := service.Start(t.Context(), intent)
	if len(items) != 1 || items[0].Provider != Name || items[0].What != service.What()[0] {
		t.Fatalf("items %+v", items)
	}
	return items[0]
}

func openInputs(t *testing.T, network http.RoundTripper, inputs string) *service {
	t.Helper()
	var n yaml.Node
	if err := yaml.Unmarshal([]byte(inputs), &n); err != nil {
		t.Fatal(err)
	}
	spec := New()
	if problems := spec.Fields().DecodeYAML("inputs", n.Content[0], field.Options{}, spec.Check); len(problems) > 0 {
		t.Fatal(problems)
	}
	env := map[string]string{"HUAWEICLOUD_SDK_AK": emulator.HuaweiAccessKey, "HUAWEICLOUD_SDK_SK": emulator.Secret}
	services, err := spec.Open(cloud.Env{
		Getenv:    func(name string) string { return env[name] },
		Transport: &cloud.Transport{Base: network},
	})
	if err != nil || len(services) != 1 {
		t.Fatal(services, err)
	}
	return services[0].(*service)
}

// emulated is an emulated DataArts Factory. Its clock stands still, so that no
// schedule begins anything by itself.
func emulated() (*dataartsemu.Service, http.RoundTripper) {
	now := time.Now()
	s := dataartsemu.New(func() time.Time { return now })
	return s, emulator.New(emulator.Options{}, s.Half()).Transport()
}

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

// answer is a network with one answer.
type answer string

func (a answer) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(string(a))), Request: r}, nil
}

// TestInstances: the id is a number for one of the vendor's SDKs and a text
// for the other (facts huawei-dataarts §4). A run is started only if the
// answer names it.
func TestInstances(t *testing.T) {
	for text, id := range map[answer]string{
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

// TestCodes are the codes of document 004 and of facts huawei-dataarts §8, as
// the emulated service refuses both starts with them.
func TestCodes(t *testing.T) {
	for outcome, names := range map[job.Outcome]string{
		job.Unauthorized: `6888`,
		job.StartFailed:  `0100 30100 0136 0802 0819 20819 1006 3004 3018 3025 3051 6201`,
	} {
		for _, name := range strings.Fields(names) {
			for _, inputs := range []string{starting("refused"), running("refused")} {
				service, network := emulated()
				service.Add(dataartsemu.Job{
					Name: "refused", Type: dataartsemu.Batch, Schedule: dataartsemu.Cron, Every: time.Hour,
					Nodes: []dataartsemu.Node{{Name: "n", Type: "Shell"}}, Refusal: "DLF." + name,
				})
				item := startInputs(t, network, inputs)
				e, ok := errors.AsType[*job.Error](item.Err)
				known := cloud.Explain("DLF."+name, codes)
				if !ok || e.Code != "DLF."+name || known.Meaning == "" || e.Meaning != known.Meaning || e.Cure == "" {
					t.Errorf("%s: got %+v", name, item)
					continue
				}
				if got := job.OutcomeOf(e); got != outcome {
					t.Errorf("%s: outcome %s, want %s", name, got, outcome)
				}
				if begun := len(service.Half().Begun()); begun != 0 {
					t.Errorf("%s: %d begun", name, begun)
				}
			}
		}
	}
}

// TestNewerCodes: the five-digit forms mean what the four-digit ones do.
func TestNewerCodes(t *testing.T) {
	for older, newer := range map[string]string{"DLF.0100": "DLF.30100", "DLF.0819": "DLF.20819"} {
		a, b := cloud.Explain(older, codes), cloud.Explain(newer, codes)
		if a.Meaning == "" || a.Meaning != b.Meaning || a.Cure != b.Cure || a.Fault != b.Fault {
			t.Errorf("%s: %+v\n%s: %+v", older, a, newer, b)
		}
	}
}

package action

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"cloudjob/internal/action/runnertest"
	"cloudjob/internal/emulator"
	"cloudjob/internal/job"
)

// stage is the surroundings of the steps of one run: the runner's files, an
// emulated cloud, and what is at fault in them.
type stage struct {
	dir     string
	cloud   *emulator.Emulator
	network http.RoundTripper
	env     map[string]string
	out     bytes.Buffer
	jitter  func() float64
	crash   string // the variable whose reading is a fault of ours
}

// demoEndpoint is where the cloud of a test is, which is no cloud of the step's.
const demoEndpoint = "http://127.0.0.1:8787"

func newStage(t *testing.T, with map[string]string) *stage {
	cloud, _ := newEmulator(emulator.Options{})
	s := &stage{dir: t.TempDir(), cloud: cloud, env: map[string]string{}}
	s.network = s.cloud.Transport()
	for name, text := range map[string]string{
		"GITHUB_ACTIONS": "true", "GITHUB_WORKSPACE": s.dir, "GITHUB_RUN_ID": "1", "GITHUB_RUN_ATTEMPT": "1", "GITHUB_SHA": "8c5a2b1f",
		"GITHUB_OUTPUT": s.file("output"), "GITHUB_STATE": s.file("state"), "GITHUB_STEP_SUMMARY": s.file("summary"), "INPUT_ENDPOINT": demoEndpoint,
	} {
		s.env[name] = text
	}
	for name, text := range with {
		s.env["INPUT_"+strings.ToUpper(name)] = text
	}
	return s
}

func (s *stage) file(name string) string { return filepath.Join(s.dir, name) }

// read is what was written into one of the runner's files.
func (s *stage) read(name string) string {
	text, _ := os.ReadFile(s.file(name))
	return string(text)
}

// process is one process in the surroundings.
func (s *stage) process(name string) *process {
	return &process{
		name: name, stdout: &s.out, stderr: &s.out, network: s.network, jitter: s.jitter,
		environ: func() []string { return nil },
		getenv: func(name string) string {
			if name == s.crash {
				panic("reading " + name)
			}
			if text, ok := s.env[name]; ok {
				return text
			}
			return emulated(name)
		},
	}
}

// outputs are those that the runner takes: of a name the last one.
func (s *stage) outputs(t *testing.T) map[string]string { return s.entries(t, "output") }

func (s *stage) entries(t *testing.T, file string) map[string]string {
	t.Helper()
	entries, err := runnertest.Entries(s.read(file))
	if err != nil {
		t.Fatal(err)
	}
	last := map[string]string{}
	for _, e := range entries {
		last[e.Name] = e.Value
	}
	return last
}

// post runs the post step with the state that was kept.
func (s *stage) post(t *testing.T) int {
	t.Helper()
	for name, value := range s.entries(t, "state") {
		s.env["STATE_"+name] = value
	}
	return s.process("post").main(t.Context())
}

// live counts the jobs of PTS that live.
func (s *stage) live() (live int) {
	for _, j := range s.cloud.Begun()["pts"] {
		if j.Live {
			live++
		}
	}
	return live
}

func load() map[string]string {
	return map[string]string{
		"provider": "tencent-pts", "project_id": "project-demo", "scenario_id": "scenario-demo", "wait": "true", "poll_interval": "5s", "report_dir": "reports",
	}
}

// TestCrash: a fault of ours, wherever it is, ends with status 1 and the
// outcome internal; what is known stands in the outputs, and the post step,
// which the same fault hits, leaves no job running.
func TestCrash(t *testing.T) {
	for name, c := range map[string]struct {
		hit func(*stage)
		ids bool // a job had been started
	}{
		"while a job is followed":       {hit: func(s *stage) { s.jitter = func() float64 { panic("jitter") } }, ids: true},
		"while the reports are written": {hit: func(s *stage) { s.crash = "GITHUB_SHA" }, ids: true},
		"before anything is started":    {hit: func(s *stage) { s.crash = "GITHUB_RUN_ID" }},
		"in the inputs":                 {hit: func(s *stage) { s.crash = "INPUT_SCENARIO_ID" }},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newStage(t, load())
				c.hit(s)
				if status := s.process("action").main(t.Context()); status != job.Internal.Exit() {
					t.Errorf("exit status %d, want 1\n%s", status, s.out.String())
				}
				o := s.outputs(t)
				if o["outcome"] != string(job.Internal) || !strings.Contains(o["reason"], "a fault of this action: ") {
					t.Errorf("outcome %q, reason %q", o["outcome"], o["reason"])
				}
				if c.ids && o["job_id"] != "job-00000001" {
					t.Errorf("job_id %q", o["job_id"])
				}
				for _, want := range []string{"::error title=cloudjob%3A internal", "crash_test.go:"} {
					if !strings.Contains(s.out.String(), want) {
						t.Errorf("the log has no %q\n%s", want, s.out.String())
					}
				}
				if !strings.Contains(s.read("summary"), string(job.Internal)) {
					t.Errorf("the summary says nothing of it:\n%s", s.read("summary"))
				}
				if _, kept := s.entries(t, "state")[stateCount]; !kept {
					t.Error("no word was left for the post step")
				}
				if status := s.post(t); status != 0 || s.live() > 0 {
					t.Errorf("the post step ends with %d, %d jobs live\n%s", status, s.live(), s.out.String())
				}
			})
		})
	}
}

// mute is a standard output that is at fault itself.
type mute struct{}

func (mute) Write([]byte) (int, error) { panic("the log") }

// TestCrashOfTheLog: a fault of what would tell of it changes no status, and no
// job is left running by it.
func TestCrashOfTheLog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, load())
		p := s.process("action")
		p.stdout = mute{}
		if status := p.main(t.Context()); status != job.Internal.Exit() || s.outputs(t)["outcome"] != string(job.Internal) {
			t.Errorf("exit status %d, outcome %q", status, s.outputs(t)["outcome"])
		}
		s.post(t)
		if s.live() > 0 {
			t.Errorf("%d jobs live", s.live())
		}
	})
}

// TestNoWord: a post step to which no state was handed fails nothing, and says
// that it cannot know, and where to look. Main always leaves a word.
func TestNoWord(t *testing.T) {
	run := func(t *testing.T, change map[string]string) (status int, log, summary string, calls int) {
		synctest.Test(t, func(t *testing.T) {
			with := load()
			for name, text := range change {
				with[name] = text
			}
			s := newStage(t, with)
			status = s.process("post").main(t.Context())
			log, summary, calls = s.out.String(), s.read("summary"), s.cloud.Calls()[emulator.Total]
		})
		return status, log, summary, calls
	}
	status, log, summary, calls := run(t, nil)
	if status != 0 || calls != 0 {
		t.Errorf("exit status %d, %d calls", status, calls)
	}
	for _, want := range []string{"cannot be known", "tencent-pts: the scenario's list of runs"} {
		if !strings.Contains(log, want) || !strings.Contains(summary, strings.Fields(want)[0]) {
			t.Errorf("it does not say %q:\n%s\n%s", want, log, summary)
		}
	}
	if !strings.Contains(log, "::warning title=cloudjob%3A post step") {
		t.Errorf("no annotation:\n%s", log)
	}
	for name, change := range map[string]map[string]string{
		"not waited for": {"wait": "false", "poll_interval": "", "report_dir": ""},
		"dry run":        {"dry_run": "true"},
		"refused":        {"scenario_id": "", "project_id": ""},
	} {
		if status, log, summary, _ := run(t, change); status != 0 || summary != "" || strings.Contains(log, "::warning") {
			t.Errorf("%s: exit status %d\n%s\n%s", name, status, log, summary)
		}
	}
}

// TestAlwaysAWord: whatever main ends by, it left a word for the post step,
// which then has nothing to complain of.
func TestAlwaysAWord(t *testing.T) {
	for name, change := range map[string]func(*stage){
		"refused inputs": func(s *stage) { s.env["INPUT_PROVIDER"] = "nobody" },
		"no login":       func(s *stage) { s.env["TENCENTCLOUD_SECRET_ID"] = "" },
		"dry run":        func(s *stage) { s.env["INPUT_DRY_RUN"], s.env["INPUT_REPORT_DIR"] = "true", "" },
		"not waited for": func(s *stage) {
			s.env["INPUT_WAIT"], s.env["INPUT_POLL_INTERVAL"], s.env["INPUT_REPORT_DIR"] = "", "", ""
		},
		"refused start": func(s *stage) { s.env["INPUT_SCENARIO_ID"] = "scenario-no-load" },
		"ended well":    func(*stage) {},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newStage(t, load())
				change(s)
				s.process("action").main(t.Context())
				if s.entries(t, "state")[stateCount] == "" {
					t.Fatal("no word was left")
				}
				s.out.Reset()
				calls := s.cloud.Calls()[emulator.Total]
				if status := s.post(t); status != 0 || !strings.Contains(s.out.String(), "nothing is left to settle") || s.cloud.Calls()[emulator.Total] != calls {
					t.Errorf("exit status %d, %d calls:\n%s", status, s.cloud.Calls()[emulator.Total]-calls, s.out.String())
				}
			})
		})
	}
}

// TestPostReadsAll: an entry that was not written, that nobody can read, or
// whose login is missing keeps the others from nothing.
func TestPostReadsAll(t *testing.T) {
	for name, c := range map[string]struct {
		entry  string
		status int
		says   string
	}{
		"not written":     {"", 0, ""},
		"not readable":    {"{", 1, "entry 0 of the state cannot be read"},
		"unknown":         {`{"provider":"nobody","record":{"what":["x"],"jobs":[{"index":0,"ref":{"id":"1"}}],"asked":true}}`, 14, `there is no provider "nobody"`},
		"without a login": {`{"provider":"huawei-drs","target":"{\"ProjectID\":\"x\",\"Region\":\"cn-north-4\"}","record":{"what":["task x"],"policy":"stop","jobs":[{"index":0,"ref":{"id":"x"}}],"asked":true}}`, 14, "task x"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newStage(t, load())
				ctx, kill := context.WithCancel(t.Context())
				time.AfterFunc(10*time.Second, kill)
				s.env["INPUT_ON_CANCEL"] = "stop"
				s.network = unstoppable{s.cloud.Transport()} // main's own stop does not arrive
				s.process("action").main(ctx)
				if s.live() != 1 {
					t.Fatalf("%d jobs live", s.live())
				}
				s.network = s.cloud.Transport()
				state := s.entries(t, "state")
				s.env["STATE_"+stateCount] = "2"
				s.env["STATE_"+stateRecords+"0"], s.env["STATE_"+stateRecords+"1"] = packed(t, c.entry), state[stateRecords+"0"]
				for _, variable := range []string{"HUAWEICLOUD_SDK_AK", "HUAWEICLOUD_SDK_SK"} {
					s.env[variable] = ""
				}
				s.out.Reset()
				status := s.process("post").main(t.Context())
				if status != c.status || s.live() > 0 || !strings.Contains(s.out.String(), c.says) {
					t.Errorf("exit status %d, want %d; %d jobs live\n%s", status, c.status, s.live(), s.out.String())
				}
			})
		})
	}
}

// packed is an entry of one record; what is no record is left as it is.
func packed(t *testing.T, record string) string {
	t.Helper()
	if !json.Valid([]byte(record)) {
		return record
	}
	entry, err := new(packer).pack([][]byte{[]byte(record)})
	if err != nil {
		t.Fatal(err)
	}
	return entry
}

// unstoppable is a network on which requests to stop are lost.
type unstoppable struct{ http.RoundTripper }

func (u unstoppable) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Header.Get("X-TC-Action") == "AbortJob" {
		<-r.Context().Done()
		return nil, fmt.Errorf("lost: %w", context.Cause(r.Context()))
	}
	return u.RoundTripper.RoundTrip(r)
}

// TestLoginEnds: a login that ends while a job is waited for ends the step, which
// says everywhere that the job runs on; the post step tries to stop it.
func TestLoginEnds(t *testing.T) {
	play := func(t *testing.T, forStops bool) *stage {
		s := newStage(t, load())
		s.env["INPUT_SCENARIO_ID"], s.env["INPUT_REPORT_DIR"] = "scenario-stuck", ""
		time.AfterFunc(30*time.Second, func() {
			s.cloud.Inject(emulator.Fault{Call: "DescribeJobs", Kind: emulator.Unauthorized, Times: -1})
			if forStops {
				s.cloud.Inject(emulator.Fault{Call: "AbortJob", Kind: emulator.Unauthorized, Times: -1})
			}
		})
		began := time.Now()
		if status := s.process("action").main(t.Context()); status != job.Unauthorized.Exit() || time.Since(began) > 8*time.Minute {
			t.Errorf("exit status %d after %s, want 3", status, time.Since(began))
		}
		for where, text := range map[string]string{"the log": s.out.String(), "reason": s.outputs(t)["reason"], "the summary": s.read("summary")} {
			for _, want := range []string{"AuthFailure.SecretIdNotFound", "runs on"} {
				if !strings.Contains(text, want) {
					t.Errorf("%s does not say %q:\n%s", where, want, text)
				}
			}
		}
		if o := s.outputs(t); o["job_id"] != "job-00000001" || o["outcome"] != "unauthorized" {
			t.Errorf("outcome %q, job_id %q", o["outcome"], o["job_id"])
		}
		if !strings.Contains(s.out.String(), "::error title=cloudjob%3A unauthorized::") {
			t.Errorf("no annotation:\n%s", s.out.String())
		}
		if s.live() != 1 {
			t.Fatal("it was stopped, though nobody could see it")
		}
		s.out.Reset()
		return s
	}
	t.Run("for reads", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := play(t, false)
			began := time.Now()
			if status := s.post(t); status != job.Cancelled.Exit() || s.live() > 0 {
				t.Errorf("the post step ends with %d, %d jobs live: a stop needs no read\n%s", status, s.live(), s.out.String())
			}
			if took := time.Since(began); took > 2*time.Minute || !strings.Contains(s.out.String(), "AuthFailure.SecretIdNotFound") {
				t.Errorf("it took %s and says\n%s", took, s.out.String())
			}
		})
	})
	t.Run("for all", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := play(t, true)
			if status := s.post(t); status != job.Cancelled.Exit() || !strings.Contains(s.out.String(), "it may still run") {
				t.Errorf("the post step ends with %d\n%s", status, s.out.String())
			}
		})
	})
}

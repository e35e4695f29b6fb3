package action

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io"
	"io/fs"
	"maps"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"cloudjob/internal/catalog"
	"cloudjob/internal/cloud"
	"cloudjob/internal/emulator"
	"cloudjob/internal/job"
	"cloudjob/internal/report"
	cptsemu "cloudjob/internal/service/huaweicpts/emu"
	batchemu "cloudjob/internal/service/tencentbatch/emu"
)

// The canaries: every secret that a step can have, some with all that writers
// escape. The grown one comes while the step runs.
const (
	proxyCanary  = `pr0xy-pä<s>&"word"'_*`
	bearerCanary = "eyJhbGciOiJSUzI1NiJ9.YmVhcmVyIG9mIHRoZSBqb2I/+.c2lnbmF0dXJl"
	githubCanary = "ghs_cAnArY0123456789AbCdEfGhIjKlMnOpQrSt"
	grownCanary  = "gr0wn/while+it~runs=" + awkward
)

func canaries() []string {
	return []string{
		emulator.TencentTemporaryKeyID, emulator.HuaweiTemporaryAccessKey, emulator.Secret, emulator.SessionToken,
		proxyCanary, bearerCanary, githubCanary, grownCanary,
	}
}

// gossip makes up texts with canaries in them: each in another form, with other
// odd characters inside, and so far behind the beginning that one of the limits
// cuts it.
type gossip struct {
	knows func() []string

	mu   sync.Mutex
	told int
}

func (g *gossip) text() string {
	g.mu.Lock()
	g.told++
	n := g.told
	g.mu.Unlock()
	next := func(of int) int { i := n % of; n /= of; return i }
	names := slices.Sorted(maps.Keys(writers()))
	all := g.knows()
	secret := all[next(len(all))]
	write := writers()[names[next(len(names))]]
	odd := []string{"", "\u200b", "", "\u202e", "\n", "", "\x00", "\u00ad\u2066"}[next(8)]
	before := []int{0, 30, 110, 190, 240, 290, 390, 1010, 2030}[next(9)]
	return strings.Repeat("of it ", before/6) + strings.Repeat(".", before%6) + write(secret, odd) + " and so on"
}

// gossiping is a cloud that repeats secrets in the answers to one call.
type gossiping struct {
	*gossip
	base http.RoundTripper
	keep func(values ...string)
	call string // whose answers are spoilt
	how  string // texts, refusal, fault
	seen map[string]bool
}

func (g *gossiping) RoundTrip(r *http.Request) (*http.Response, error) {
	g.keep(grownCanary)
	action := r.Header.Get("X-TC-Action")
	call := action
	if call == "" {
		call = r.Method + " " + r.URL.Path
	}
	g.mu.Lock()
	g.seen[call] = true
	g.mu.Unlock()
	if call != g.call || g.how == "fault" {
		if call == g.call {
			return nil, errors.New("proxyconnect tcp: dial " + g.text())
		}
		return g.base.RoundTrip(r)
	}
	resp, err := g.base.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	resp.Body.Close()
	resp.Header.Set("X-Request-Id", g.text())
	if g.how == "refusal" {
		answer := map[string]any{"error_code": g.text(), "error_msg": g.text(), "errorCode": g.text(), "errorMessage": g.text(), "request_id": g.text()}
		resp.StatusCode = http.StatusBadRequest
		if action != "" {
			resp.StatusCode = http.StatusOK
			answer = map[string]any{"Response": map[string]any{"Error": map[string]any{"Code": "FailedOperation." + g.text(), "Message": g.text()}, "RequestId": g.text()}}
		}
		body, _ = json.Marshal(answer)
	} else {
		var answer any
		decode := json.NewDecoder(bytes.NewReader(body))
		decode.UseNumber()
		if decode.Decode(&answer) == nil {
			body, _ = json.Marshal(g.spoilt(answer))
		}
	}
	resp.Body, resp.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	resp.Header.Del("Content-Length")
	return resp, nil
}

// spoilt has gossip behind every text.
func (g *gossip) spoilt(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			v[key] = g.spoilt(v[key])
		}
	case []any:
		for i := range v {
			v[i] = g.spoilt(v[i])
		}
	case string:
		return v + " " + g.text()
	}
	return v
}

// hunt looks for canaries in all that was written.
type hunt struct {
	parts       map[[partSize]rune]string // of a canary in some form, and of which
	bytes, runs int
}

// partSize is how many characters of a canary nobody may see in a row.
const partSize = 12

func newHunt(secrets []string) *hunt {
	h := &hunt{parts: map[[partSize]rune]string{}}
	for _, secret := range secrets {
		for name, write := range writers() {
			runes := bare(write(secret, ""))
			for i := 0; i+partSize <= len(runes); i++ {
				h.parts[[partSize]rune(runes[i:i+partSize])] = fmt.Sprintf("%.12s… in %s", secret, name)
			}
		}
	}
	return h
}

// search looks through a text as it is, and as a browser shows it.
func (h *hunt) search(t *testing.T, what, where, text string) {
	t.Helper()
	h.bytes += len(text)
	shown := html.UnescapeString(strings.NewReplacer("<!-- -->", "", "<wbr>", "").Replace(text))
	for _, text := range []string{text, shown} {
		runes := bare(text)
		for i := 0; i+partSize <= len(runes); i++ {
			if secret, found := h.parts[[partSize]rune(runes[i:i+partSize])]; found {
				t.Errorf("%s: %s shows %s: …%s…", what, where, secret, string(runes[max(0, i-60):min(len(runes), i+60)]))
				return
			}
		}
	}
}

// all looks through everything that the processes of a stage wrote.
func (h *hunt) all(t *testing.T, what string, s *stage) {
	t.Helper()
	h.runs++
	h.search(t, what, "the log", logWithoutMasks(s.out.String()))
	err := filepath.WalkDir(s.dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || strings.HasPrefix(entry.Name(), "given") {
			return err
		}
		src, err := os.ReadFile(path)
		h.search(t, what, entry.Name(), string(src))
		return err
	})
	if err != nil {
		t.Error(err)
	}
	h.state(t, what, s)
}

// state looks through the records for the post step, which are compressed.
func (h *hunt) state(t *testing.T, what string, s *stage) {
	t.Helper()
	if s.read("state") == "" {
		return
	}
	for name, value := range s.entries(t, "state") {
		if !strings.HasPrefix(name, stateRecords) || value == "" {
			continue
		}
		room := int64(unpackLimit)
		records, err := unpack(value, 1000, &room)
		if err != nil {
			t.Error(err)
		}
		h.search(t, what, "the state", fmt.Sprintf("%+v", records))
	}
}

// canaryStage is a stage with all canaries in its environment.
func canaryStage(t *testing.T, inputs map[string]string) *stage {
	s := newStage(t, inputs)
	maps.Copy(s.env, map[string]string{
		"TENCENTCLOUD_SECRET_ID": emulator.TencentTemporaryKeyID, "TENCENTCLOUD_SECRET_KEY": emulator.Secret, "TENCENTCLOUD_TOKEN": emulator.SessionToken,
		"HUAWEICLOUD_SDK_AK": emulator.HuaweiTemporaryAccessKey, "HUAWEICLOUD_SDK_SK": emulator.Secret, "HUAWEICLOUD_SDK_SECURITY_TOKEN": emulator.SessionToken,
		"HTTPS_PROXY": "http://proxy-user:" + url.QueryEscape(proxyCanary) + "@proxy.example.com:3128", "ACTIONS_ID_TOKEN_REQUEST_TOKEN": bearerCanary, "GITHUB_TOKEN": githubCanary,
		"RUNNER_DEBUG": "1",
	})
	return s
}

// ofPullRequest has the step keep a comment.
func (s *stage) ofPullRequest(t *testing.T) {
	maps.Copy(s.env, map[string]string{
		"INPUT_COMMENT": "true", "INPUT_GITHUB_TOKEN": githubCanary, "GITHUB_EVENT_NAME": "pull_request", "GITHUB_EVENT_PATH": filepath.Join(s.dir, "given-event.json"),
		"GITHUB_REPOSITORY": "octo/shop", "GITHUB_RUN_NUMBER": "1", "GITHUB_RUN_ATTEMPT": "1",
	})
	if err := os.WriteFile(s.env["GITHUB_EVENT_PATH"], fmt.Appendf(nil, pullEvent, "octo/shop"), 0o644); err != nil {
		t.Fatal(err)
	}
}

// healthy are the inputs of a job of each provider that runs well.
func healthy() map[string]map[string]string {
	all := map[string]map[string]string{
		"tencent-pts": {"project_id": "project-demo", "scenario_id": "scenario-demo", "note": "cloudjob demo"},
		"tencent-batch": {
			"region": "ap-guangzhou", "placement": "{Zone: ap-guangzhou-4}",
			"job": "{JobName: demo, Tasks: [{TaskName: hello, EnvId: env-demo0001, Application: {DeliveryForm: LOCAL, Command: echo hello}}]}",
		},
		"huawei-drs":      {"job_ids": "9a470239-2308-4bb5-a6bc-1040402fjb21,dbb8127c-b093-4b94-b764-7161e151jb2s"},
		"huawei-cpts":     {"test_project_id": "393862", "name": "demo", "parallel": "false", "case_ids": "449269,449270"},
		"huawei-dataarts": {"job_name": "myJob", "run": "once", "job_params": `{day: "20301231"}`},
	}
	for provider, inputs := range all {
		maps.Copy(inputs, map[string]string{"provider": provider, "endpoint": demoEndpoint, "wait": "true", "report_dir": "reports", "gates": "duration < 9000s", "timeout": "15m"})
		if strings.HasPrefix(provider, "huawei") {
			inputs["project_id"], inputs["region"] = emulator.ProjectID, "cn-north-4"
		}
	}
	return all
}

// TestCanaries: whatever the clouds repeat of a secret, in whatever form and to
// whatever call, and whatever becomes of the step by it, nothing that main and
// the post step write anywhere shows twelve characters of it.
func TestCanaries(t *testing.T) {
	h, g := newHunt(canaries()), &gossip{knows: canaries}
	plays, comments := map[string]int{}, 0
	for _, provider := range slices.Sorted(maps.Keys(healthy())) {
		for _, life := range []string{"to its end", "a fault of ours"} {
			play := func(call, how string) (seen map[string]bool) {
				seen = map[string]bool{}
				synctest.Test(t, func(t *testing.T) {
					s := canaryStage(t, healthy()[provider])
					s.env["INPUT_RECORD"] = "recorded"
					hub := &pulls{RoundTripper: s.network}
					if provider == "tencent-pts" {
						s.ofPullRequest(t)
					}
					if life != "to its end" {
						s.jitter = func() float64 { panic(g.text()) }
					}
					for _, name := range []string{"action", "post"} {
						if name == "post" {
							for name, value := range s.entries(t, "state") {
								s.env["STATE_"+name] = value
							}
						}
						p := s.process(name)
						p.network = &gossiping{gossip: g, base: hub, keep: p.keep, call: call, how: how, seen: seen}
						p.main(t.Context())
					}
					what := fmt.Sprintf("%s, %s, %s of %s", provider, life, how, call)
					h.all(t, what, s)
					h.search(t, what, "the comment", strings.Join(hub.bodies, "\n"))
					comments += len(hub.bodies)
				})
				plays[how]++
				return seen
			}
			calls := play("", "silence")
			if len(calls) == 0 {
				t.Errorf("%s, %s: nothing is called", provider, life)
			}
			for _, call := range slices.Sorted(maps.Keys(calls)) {
				for _, how := range []string{"texts", "refusal", "fault"} {
					play(call, how)
				}
			}
		}
	}
	t.Logf("plays %v, %d canaries in %d forms (%d parts), told %d times, %d bytes searched", plays, len(canaries()), len(writers()), len(h.parts), g.told, h.bytes)
	if g.told < 1000 || plays["texts"] < 40 || comments < 10 {
		t.Errorf("too little was tried")
	}
}

// TestCanariesInInputs: what a user wrote into any input, a plan or a file is no
// secret's way into the log: not in complaints, not in a dry run, not of what
// cannot be read.
func TestCanariesInInputs(t *testing.T) {
	h := newHunt(canaries())
	try := func(what string, s *stage, args ...string) {
		t.Helper()
		p := s.process("action")
		if p.args = args; args == nil {
			p.environ = func() (all []string) {
				for name, value := range s.env {
					all = append(all, name+"="+value)
				}
				return all
			}
		}
		p.keep(grownCanary)
		if status := p.main(t.Context()); status == 1 && !strings.Contains(what, "report_dir") && !strings.Contains(what, "emulate") {
			t.Errorf("%s: a fault of ours\n%s", what, s.out.String())
		}
		h.all(t, what, s)
	}
	for provider, inputs := range healthy() {
		names := append(slices.Sorted(maps.Keys(inputs)), "plan_file", "gates_file", "baseline", "note", "job_params", "job", "on_cancel", "start_time", "client_token", "max_parallel", "unknwon", "scenaro_id")
		for _, name := range names {
			for i, secret := range canaries() {
				if testing.Short() && i%16 != 0 {
					continue
				}
				s := canaryStage(t, inputs)
				s.env["INPUT_DRY_RUN"], s.env["INPUT_REPORT_DIR"], s.env["INPUT_GATES"] = "true", "", ""
				text := []string{secret, "x" + secret, "{a: " + secret + "}", "*" + secret, "!" + secret, strings.Repeat("long ", 6) + secret, "[" + secret, secret + "\n" + secret}[(i+len(name))%8]
				s.env["INPUT_"+strings.ToUpper(name)] = text
				try(fmt.Sprintf("%s, %s=%.20q", provider, name, text), s)
			}
		}
	}
	for i, secret := range canaries() {
		quoted, _ := json.Marshal(secret)
		plan := "jobs:\n- {provider: tencent-batch, region: ap-guangzhou, placement: {Zone: ap-guangzhou-4}, endpoint: '" + demoEndpoint + "', job: {JobName: a, Tasks: [{TaskName: b, EnvId: env-demo0001, EnvVars: [{Name: KEY, Value: " + string(quoted) +
			"}], Application: {DeliveryForm: PACKAGE, Command: " + string(quoted) + ", PackagePath: " + string(quoted) + ", Docker: {Image: c, User: d, Password: " + string(quoted) + ", DockerRunOption: " + string(quoted) + "}}, Authentications: [{Scene: COS, SecretId: " + string(quoted) + ", SecretKey: " + string(quoted) + "}]}]}}\n" +
			"- {provider: huawei-dataarts, project_id: " + emulator.ProjectID + ", region: cn-north-4, endpoint: '" + demoEndpoint + "', job_name: myJob, run: once, job_params: {day: " + string(quoted) + "}}\n"
		for what, src := range map[string]string{
			"values": plan, "a name": plan + "  " + string(quoted) + ": 1\n", "a provider": "jobs: [{provider: " + string(quoted) + "}]", "an anchor": "jobs: [{provider: *" + secret + "}]",
			"a tag": "jobs: [{provider: !" + secret + " a}]", "no YAML": secret + ": [" + secret, "gates": "jobs: [{provider: tencent-pts, project_id: a, scenario_id: b, gates: " + string(quoted) + "}]",
			"numbers": "jobs: [{provider: tencent-pts, project_id: a, scenario_id: b, debug: " + string(quoted) + "}]", "the key of a list": "jobs: [" + string(quoted) + "]",
		} {
			for _, phase := range []string{"dry run", "check", "run", "gates"} {
				s := canaryStage(t, map[string]string{"plan_file": "given.yml", "endpoint": "", "dry_run": map[string]string{"dry run": "true"}[phase]})
				delete(s.env, "INPUT_ENDPOINT")
				if err := os.WriteFile(s.file("given.yml"), []byte(src), 0o644); err != nil {
					t.Fatal(err)
				}
				what := fmt.Sprintf("plan, %s, %s, canary %d", what, phase, i)
				switch phase {
				case "check":
					try(what, s, "check", s.file("given.yml"))
				case "gates":
					try(what, s, "gates", "explain", "tencent-pts", s.file("given.yml"))
					try(what, s, "gates", "suggest", s.file("given.yml"))
					try(what, s, "compare", s.file("given.yml"), s.file("given.yml"))
				default:
					s.env["GITHUB_WORKSPACE"] = s.dir
					try(what, s)
				}
			}
		}
		s := canaryStage(t, nil)
		result := report.Of(hostileItems("x " + secret)[0])
		result.RunURL, result.Commit, result.Gates[0].Verdict, result.Judged = "https://example.com/"+url.PathEscape(secret), secret, job.Fail, time.Unix(2e9, 0)
		src, err := result.JSON()
		if err == nil {
			err = errors.Join(os.WriteFile(s.file("given.json"), src, 0o644), os.WriteFile(s.file("given-"+url.PathEscape(secret)+".json"), []byte(secret), 0o644))
		}
		if err != nil {
			t.Fatal(err)
		}
		try(fmt.Sprintf("trend, canary %d", i), s, "trend", s.file("given*.json"), "-o", s.file("site"))
		if !strings.Contains(s.read("site/"+report.TrendName), "***") {
			t.Errorf("the page of trends says nothing of what is hidden:\n%s", s.out.String())
		}
		for _, args := range [][]string{
			{"trend", secret, "-o", secret}, {"compare", secret, "b" + secret}, {"compare", "-markdown", secret, secret}, {"gates", "explain", secret, "x"}, {"gates", "explain", "tencent-pts", secret}, {"gates", "suggest", secret},
			{"check", secret}, {"check", secret + "=x"}, {"run", "provider=" + secret}, {secret}, {"emulate", "-listen", secret},
		} {
			try(fmt.Sprintf("%.30q, canary %d", args, i), canaryStage(t, nil), args...)
		}
	}
	t.Logf("%d runs, %d bytes searched", h.runs, h.bytes)
}

// TestAnswersAreRedactedFirst: of a key in the middle of a long message nothing
// is left, wherever the message is cut.
func TestAnswersAreRedactedFirst(t *testing.T) {
	h := newHunt(canaries())
	for before := range 320 {
		s := canaryStage(t, healthy()["tencent-pts"])
		p := s.process("action")
		env := p.env(p.newConsole(), cloud.Login{}, nil)
		env.Transport.Base = answering(func(r *http.Request) (*http.Response, error) {
			body, err := json.Marshal(map[string]string{"message": strings.Repeat("x", before) + emulator.Secret + " and more"})
			return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(bytes.NewReader(body)), Request: r}, err
		})
		answer, err := env.Transport.JSON(t.Context(), cloud.Call{Name: "Try"}, http.MethodGet, demoEndpoint, nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		h.search(t, fmt.Sprint(before), "the answer", cloud.Shorten(string(answer.Body)))
	}
}

// TestADryRunHides: of what may be a secret of a job's own a dry run shows the
// name and nothing else, and an ordinary value as it is.
func TestADryRunHides(t *testing.T) {
	for provider, inputs := range map[string]map[string]string{
		"tencent-batch": {"job": `{JobName: shown, Tasks: [{TaskName: shown, EnvId: env-demo0001, EnvVars: [{Name: shown, Value: hidden1}],
			Application: {DeliveryForm: PACKAGE, Command: 'hidden2 "a\b"', PackagePath: 'http://hidden3', Docker: {Image: shown, User: shown, Password: hidden4, DockerRunOption: hidden5}},
			Authentications: [{Scene: shown, SecretId: hidden6, SecretKey: hidden7}]}], Notifications: [{TopicName: shown, EventConfigs: [{EventName: JOB_RUNNING, EventVars: [{Name: shown, Value: hidden8}]}]}]}`},
		"huawei-dataarts": {"job_params": "{shown: hidden9}"},
	} {
		for _, phase := range []string{"dry run", "check"} {
			s := newStage(t, healthy()[provider])
			s.env["INPUT_DRY_RUN"], s.env["INPUT_REPORT_DIR"] = "true", ""
			for name, text := range inputs {
				s.env["INPUT_"+strings.ToUpper(name)] = text
			}
			p := s.process("action")
			if phase == "check" {
				p.args = []string{"check"}
				for _, in := range p.stepInputs() {
					p.args = append(p.args, in.Name+"="+in.Text)
				}
			}
			status := p.main(t.Context())
			all := s.out.String() + s.read("summary") + s.read("output")
			if status != 0 || strings.Contains(all, "hidden") || phase == "dry run" && (!strings.Contains(all, `"***"`) || !strings.Contains(all, "shown")) {
				t.Errorf("%s of %s ends with %d and says\n%s", phase, provider, status, all)
			}
		}
	}
}

// TestRedactedRun: what nobody knew for a secret when the cloud said it, and a
// login brought later, is gone from the result.
func TestRedactedRun(t *testing.T) {
	const late = "late-key-0123456789"
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, healthy()["tencent-pts"])
		s.env["INPUT_RECORD"] = "recorded"
		p := s.process("action")
		p.network = answering(func(r *http.Request) (*http.Response, error) {
			resp, err := s.network.RoundTrip(r)
			if err != nil || r.Header.Get("X-TC-Action") != "StartJob" {
				return resp, err
			}
			body, err := io.ReadAll(resp.Body)
			body = bytes.Replace(body, []byte(`"RequestId":"`), []byte(`"RequestId":"`+late), 1)
			resp.Body, resp.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
			return resp, err
		})
		p.jitter = func() float64 { p.keep(late); return 0.5 }
		status := p.main(t.Context())
		last := s.outputs(t)
		result := s.read("reports/result.json")
		if status != 0 || !strings.HasPrefix(last["request_id"], "***") || strings.Contains(last["statuses"]+result+s.read("recorded/recording.har")+s.read("reports/junit.xml")+s.read("reports/report.html"), late) || !strings.Contains(result, "***") {
			t.Errorf("it ends with %d, the request is %q; the result is %s", status, last["request_id"], result)
		}
	})
}

type answering func(*http.Request) (*http.Response, error)

func (a answering) RoundTrip(r *http.Request) (*http.Response, error) { return a(r) }

// TestCanariesOfLogins: the same with all that the logins without keys bring,
// and with what they are asked with: identity tokens, tokens of IAM, keys that
// are renewed; the clouds repeat it in every answer, that of the login too.
func TestCanariesOfLogins(t *testing.T) {
	issued, searched, told := 0, 0, 0
	for name, plan := range map[string]string{"role and agency": byRole + byAgency + endless, "role and IAM": byRole + byIAM + endless} {
		for _, how := range []string{"texts", "refusal", "login refused", "fault"} {
			synctest.Test(t, func(t *testing.T) {
				s := newStage(t, map[string]string{"plan_file": "given.yml", "wait": "true", "timeout": "2m", "report_dir": "reports", "record": "recorded", "endpoint": ""})
				delete(s.env, "INPUT_ENDPOINT")
				clock := emulator.NewClock(1)
				tests := cptsemu.New(clock)
				tests.AddCase(cptsemu.Case{ID: 1, Name: "soak", Lasts: 24 * time.Hour, Users: 5, RPS: 10, P95: 50})
				s.cloud = emulator.New(emulator.Options{Login: emulator.Login{KeyLife: time.Minute}}, batchemu.New(clock).Half(), tests.Half())
				for _, provider := range catalog.Providers() {
					for _, variable := range provider.Variables {
						s.env[variable] = ""
					}
				}
				maps.Copy(s.env, map[string]string{
					"ACTIONS_ID_TOKEN_REQUEST_URL": demoEndpoint + emulator.IdentityTokenPath, "ACTIONS_ID_TOKEN_REQUEST_TOKEN": emulator.IdentityRequestToken, "RUNNER_DEBUG": "1",
				})
				if err := os.WriteFile(s.file("given.yml"), []byte(plan), 0o644); err != nil {
					t.Fatal(err)
				}
				var calls atomic.Int32
				var mu sync.Mutex       // guards what follows
				var known, all []string // what a login gave to the process, and to any
				var p *process
				g := &gossip{knows: func() []string { // not what is on its way to the process still
					told := []string{emulator.IdentityRequestToken}
					mu.Lock()
					defer mu.Unlock()
					for _, secret := range known {
						if p.secrets.replace(secret) != secret {
							told = append(told, secret)
						}
					}
					return told
				}}
				base := s.cloud.Transport()
				given := func(r *http.Request) (*http.Response, error) {
					resp, err := base.RoundTrip(r)
					if err != nil {
						return nil, err
					}
					body, err := io.ReadAll(resp.Body)
					text := fmt.Sprint(resp.Header, string(body))
					mu.Lock()
					defer mu.Unlock()
					for _, secret := range s.cloud.Secrets() {
						if strings.Contains(text, secret) && !slices.Contains(known, secret) {
							known, all = append(known, secret), append(all, secret)
						}
					}
					resp.Body = io.NopCloser(bytes.NewReader(body))
					return resp, err
				}
				network := answering(func(r *http.Request) (*http.Response, error) {
					calls := calls.Add(1)
					login := r.Header.Get("X-TC-Action") == "AssumeRoleWithWebIdentity" || strings.Contains(r.URL.Path, "OS-FEDERATION") || strings.Contains(r.URL.Path, "assume-with-oidc") || strings.Contains(r.URL.Path, "securitytokens") || strings.Contains(r.URL.Path, "/auth/tokens")
					token := r.URL.Path == "/github/token"
					switch {
					case token, login && how != "login refused":
						return given(r)
					case login != (how == "login refused"), calls < 12 && !login, calls < 4:
						return base.RoundTrip(r)
					}
					as := map[bool]string{true: "refusal", false: how}[login]
					call := r.Header.Get("X-TC-Action")
					if call == "" {
						call = r.Method + " " + r.URL.Path
					}
					return (&gossiping{gossip: g, base: base, keep: func(...string) {}, call: call, how: as, seen: map[string]bool{}}).RoundTrip(r)
				})
				for _, name := range []string{"action", "post"} {
					if name == "post" {
						for name, value := range s.entries(t, "state") {
							s.env["STATE_"+name] = value
						}
					}
					p = s.process(name)
					p.network, known = network, nil // one process knows nothing of the other's logins
					p.main(t.Context())
				}
				h := newHunt(all)
				h.all(t, name+", "+how, s)
				issued, searched, told = issued+len(all), searched+h.bytes, told+g.told
				if g.told == 0 {
					t.Errorf("%s, %s: nothing was told\n%s", name, how, s.out.String())
				}
			})
		}
	}
	t.Logf("%d secrets of the logins, told %d times, %d bytes searched", issued, told, searched)
}

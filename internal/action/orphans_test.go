package action

import (
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"cloudjob/internal/catalog"
	"cloudjob/internal/emulator"
	"cloudjob/internal/emulator/emu"
	"cloudjob/internal/field"
	"cloudjob/internal/job"
)

// runsHub is GitHub's API for the workflow runs of octo/shop, with the shape of
// its documentation (docs.github.com/en/rest/actions/workflow-runs, API version
// 2022-11-28). What is of another host goes on.
type runsHub struct {
	http.RoundTripper
	answers map[string]string // by the run's id: status and conclusion; or a whole body
	status  int               // of every answer; 0: as documented
	asked   map[string]int
	before  func(id string) // is told of each call before it is answered
}

func (h *runsHub) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Host != "api.github.com" {
		return h.RoundTripper.RoundTrip(r)
	}
	id, ours := strings.CutPrefix(r.URL.Path, "/repos/octo/shop/actions/runs/")
	h.asked[id]++
	if h.before != nil {
		h.before(id)
	}
	answer := func(status int, body string) (*http.Response, error) {
		return &http.Response{StatusCode: status, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
	}
	says, known := h.answers[id]
	status, conclusion, _ := strings.Cut(says, " ")
	switch {
	case r.Method != http.MethodGet || r.Header.Get("Authorization") != "Bearer "+githubCanary || r.Header.Get("X-GitHub-Api-Version") == "":
		return answer(http.StatusUnauthorized, `{"message":"Bad credentials"}`)
	case h.status != 0:
		return answer(h.status, `{"message":"spoiled"}`)
	case !ours || !known:
		return answer(http.StatusNotFound, `{"message":"Not Found","documentation_url":"https://docs.github.com/rest","status":"404"}`)
	case strings.HasPrefix(says, "{") || strings.HasPrefix(says, "<"):
		return answer(http.StatusOK, says)
	}
	end := "null"
	if conclusion != "" {
		end = `"` + conclusion + `"`
	}
	return answer(http.StatusOK, fmt.Sprintf(`{"id":%s,"name":"nightly","run_number":562,"event":"schedule","status":%q,"conclusion":%s,"run_attempt":2,"html_url":"https://github.com/octo/shop/actions/runs/%[1]s","repository":{"full_name":"octo/shop"}}`, id, status, end))
}

// orphanWorld is a cloud and GitHub, and what some runs started.
type orphanWorld struct {
	t     *testing.T
	cloud *emulator.Emulator
	hub   *runsHub
	kind  orphanKind
}

// orphanKind is what is started on one provider, and where it is looked for.
type orphanKind struct{ provider, service, start, where, name string }

func orphanKinds() []orphanKind {
	const task = "project_id=" + emulator.ProjectID + "\nregion=cn-north-4\ntest_project_id=393862"
	return []orphanKind{
		{"tencent-pts", "pts", "project_id=project-demo\nscenario_id=scenario-stuck", "project_id=project-demo", "note"},
		{"tencent-batch", "batch", "region=ap-guangzhou\nplacement={Zone: ap-guangzhou-4}\njob={JobName: NAME, Tasks: [{EnvId: env-demo0001, Application: {DeliveryForm: LOCAL, Command: sleep 10000}}]}", "region=ap-guangzhou", ""},
		{"huawei-cpts", "cpts", task + "\nparallel=true\ncase_ids=449269", task, "name"},
	}
}

func newOrphanWorld(t *testing.T, kind orphanKind) *orphanWorld {
	var halves []emu.Half
	for _, p := range catalog.Providers() {
		halves = append(halves, p.Emulate(time.Now))
	}
	w := &orphanWorld{t: t, cloud: emulator.New(emulator.Options{}, halves...), kind: kind}
	w.hub = &runsHub{RoundTripper: w.cloud.Transport(), asked: map[string]int{}, answers: map[string]string{
		"1001": "completed cancelled", "1002": "in_progress", "1003": "completed", "1005": "queued",
	}}
	return w
}

func inputsOf(text string) (inputs []field.Input) {
	for line := range strings.Lines(text) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		inputs = append(inputs, field.Input{Name: name, Text: value})
	}
	return inputs
}

// start starts a job as a step of a workflow run does; name is part of its text.
func (w *orphanWorld) start(run, attempt, name string) {
	w.t.Helper()
	inputs := append(inputsOf(strings.ReplaceAll(w.kind.start, "NAME", name)), field.Input{Name: "provider", Text: w.kind.provider})
	if w.kind.name != "" {
		inputs = append(inputs, field.Input{Name: w.kind.name, Text: name})
	}
	env := map[string]string{"GITHUB_RUN_ID": run, "GITHUB_RUN_ATTEMPT": attempt, "GITHUB_REPOSITORY": "octo/shop", "GITHUB_JOB": name}
	var out strings.Builder
	p := &process{stdout: &out, stderr: &out, network: w.hub, getenv: w.getenv(env), environ: func() []string { return nil }}
	if status := p.step(w.t.Context(), inputs); status != 0 {
		w.t.Fatalf("exit status %d: %s", status, out.String())
	}
}

func (w *orphanWorld) getenv(env map[string]string) func(string) string {
	return func(name string) string {
		if value, ok := env[name]; ok {
			return value
		}
		return emulated(name)
	}
}

// orphans runs the command.
func (w *orphanWorld) orphans(env map[string]string, args ...string) (int, string) {
	var out strings.Builder
	args = append([]string{w.kind.provider}, append(strings.Split(w.kind.where, "\n"), args...)...)
	p := &process{stdout: &out, stderr: &out, network: w.hub, getenv: w.getenv(env), environ: func() []string { return nil }, args: args}
	return p.orphans(w.t.Context()), out.String()
}

func withToken() map[string]string {
	return map[string]string{"GITHUB_TOKEN": githubCanary, "GITHUB_REPOSITORY": "octo/shop"}
}

// live are the marks of what nobody stopped.
func (w *orphanWorld) live() (live []emu.Job) {
	return slices.DeleteFunc(w.cloud.Begun()[w.kind.service], func(j emu.Job) bool {
		return !j.Live || slices.Contains([]string{"JobAborting", "5", "TERMINATING"}, j.State)
	})
}

// TestOrphans: of all that lives and bears a mark just what is stopped of which
// GitHub says that its workflow run is over, and only if that is asked for.
func TestOrphans(t *testing.T) {
	for _, kind := range orphanKinds() {
		synctest.Test(t, func(t *testing.T) {
			w := newOrphanWorld(t, kind)
			for _, run := range []string{"1001", "1002", "1003", "1004", "1005", "none"} { // the repository does not know 1004
				w.start(run, "1", "of-"+run)
				time.Sleep(2 * time.Second)
			}
			w.start("1001", "2", "again")                     // two attempts of one run
			w.start("1001", "1", "cj-cj-abcdefghij-1-wxyz-1") // a name that wants to be a mark
			all := len(w.live())
			time.Sleep(5 * time.Second)

			status, text := w.orphans(nil)
			if status != 0 || strings.Count(text, "whether its run is over was not asked") != 7 || len(w.live()) != all || len(w.hub.asked) > 0 {
				t.Errorf("%s without a token: %d\n%s", kind.provider, status, text)
			}
			status, text = w.orphans(withToken())
			for want, times := range map[string]int{
				"its run is over (cancelled) https://github.com/octo/shop/actions/runs/1001": 3,
				"of workflow run 1002: its run goes on (in_progress)":                        1,
				"of workflow run 1003: its run goes on (completed)":                          1, // nobody says how it ended
				"of workflow run 1004: octo/shop does not know the run":                      1,
				"of workflow run 1005: its run goes on (queued)":                             1,
				"its mark names no workflow run, so it is never stopped":                     1,
			} {
				if n := strings.Count(text, want); n != times {
					t.Errorf("%s says %q %d times:\n%s", kind.provider, want, n, text)
				}
			}
			if status != 0 || len(w.live()) != all || w.hub.asked["1001"] != 1 || !strings.Contains(text, "outlived their workflow run; -stop stops just these") || !strings.Contains(text, ", since 20") || !strings.Contains(text, "alive for ") {
				t.Errorf("%s listed: %d, %d of %d live, asked %v\n%s", kind.provider, status, len(w.live()), all, w.hub.asked, text)
			}
			status, text = w.orphans(withToken(), "-stop")
			left := ""
			for _, j := range w.live() {
				left += j.Mark + "\n"
			}
			if status != 0 || strings.Count(text, "✅ ") != 3 || strings.Count(left, "-rt\n") > 0 || len(w.live()) != 5 {
				t.Errorf("%s stopped: %d, %d of %d live\n%s\n%s", kind.provider, status, len(w.live()), all, left, text)
			}
			if status, text = w.orphans(withToken(), "-stop"); status != 0 || !strings.Contains(text, "so nothing is stopped") {
				t.Errorf("%s again: %d\n%s", kind.provider, status, text)
			}
		})
	}
}

// TestOrphansMove: what changes between the list and the stop: a job that ends by
// itself is no failure, and one whose run was begun anew is left to it.
func TestOrphansMove(t *testing.T) {
	for _, kind := range orphanKinds() {
		for name, move := range map[string]func(*orphanWorld){
			"ends":  func(w *orphanWorld) { time.Sleep(24 * time.Hour) },
			"again": func(w *orphanWorld) { w.hub.answers["1001"] = "in_progress" },
		} {
			synctest.Test(t, func(t *testing.T) {
				if kind.provider == "tencent-pts" {
					kind.start = strings.Replace(kind.start, "scenario-stuck", "scenario-demo", 1)
				}
				w := newOrphanWorld(t, kind)
				w.start("1001", "1", "nightly")
				time.Sleep(10 * time.Second)
				w.hub.before = func(id string) {
					if w.hub.asked[id] == 2 {
						move(w)
					}
				}
				status, text := w.orphans(withToken(), "-stop")
				want, live := ": had ended", 0
				if name == "again" {
					want, live = "is left: its run goes on (in_progress)", 1
				}
				if status != 0 || !strings.Contains(text, want) || len(w.live()) != live {
					t.Errorf("%s, %s: %d, %d live\n%s", kind.provider, name, status, len(w.live()), text)
				}
			})
		}
	}
}

// TestOrphansDoubt: whatever GitHub says instead of a run, nothing is stopped, and
// nothing of it is more than text.
func TestOrphansDoubt(t *testing.T) {
	kind := orphanKinds()[0]
	for _, says := range []string{
		`{"id":1002,"status":"completed","conclusion":"success"}`, `{"id":"1001","status":"completed","conclusion":"success"}`,
		`{}`, `{"id":1001,"status":"completed","conclusion":null}`, `{"id":1001,"status":"done","conclusion":"success"}`, `<html>`, `{"id":1001,"status":`,
	} {
		synctest.Test(t, func(t *testing.T) {
			w := newOrphanWorld(t, kind)
			w.hub.answers["1001"] = says
			w.start("1001", "1", "nightly")
			if status, text := w.orphans(withToken(), "-stop"); status != 0 || len(w.live()) != 1 || !strings.Contains(text, "so nothing is stopped") {
				t.Errorf("%s: %d, %d live\n%s", says, status, len(w.live()), text)
			}
		})
	}
	for _, status := range []int{301, 401, 403, 404, 429, 500, 503} {
		synctest.Test(t, func(t *testing.T) {
			w := newOrphanWorld(t, kind)
			w.hub.status = status
			w.start("1001", "1", "nightly")
			if exit, text := w.orphans(withToken(), "-stop"); exit != 0 || len(w.live()) != 1 || !strings.Contains(text, "so nothing is stopped") || strings.Contains(text, githubCanary) {
				t.Errorf("%d: %d, %d live\n%s", status, exit, len(w.live()), text)
			}
		})
	}
	synctest.Test(t, func(t *testing.T) {
		w := newOrphanWorld(t, kind)
		w.start("1001", "1", "nightly")
		w.hub.answers["1001"] = fmt.Sprintf(`{"id":1001,"status":%q,"conclusion":null,"html_url":%q}`, "x\n::error::forged", "\n##[error]forged")
		env := withToken()
		env["GITHUB_ACTIONS"] = "true"
		if _, text := w.orphans(env); strings.Contains(text, "\n::error") || strings.Contains(text, "##[error]") {
			t.Errorf("GitHub's texts forge a command:\n%s", text)
		}
	})
}

// TestOrphansRefused: mistakes, and providers whose jobs bear no mark, end the
// command before any call.
func TestOrphansRefused(t *testing.T) {
	const where = "project_id=" + emulator.ProjectID
	for _, test := range []struct {
		args string
		env  map[string]string
		says string
	}{
		{"", nil, "usage: cloudjob orphans"},
		{"tencent-pts -what", nil, "usage: cloudjob orphans"},
		{"tencent-pts plan.yml", nil, "usage: cloudjob orphans"},
		{"tencent-ptz", nil, `did you mean "tencent-pts"?`},
		{"tencent-pts", nil, "project_id: is required"},
		{"tencent-batch", nil, "region: is required"},
		{"huawei-cpts " + where, nil, "test_project_id: is required"},
		{"huawei-cpts test_project_id=1 " + where, nil, "region: region is required"},
		{"tencent-pts project_id=p scenario_id=s", nil, `scenario_id`},
		{"tencent-pts project_id=p endpoint=emulator", nil, "endpoint: \"emulator\" is the emulator of one step"},
		{"tencent-pts project_id=p huawei_agency_urn=x", nil, "huawei_agency_urn"},
		{"huawei-drs region=cn-north-4 " + where, nil, "huawei-drs: keeps no mark with what is started"},
		{"huawei-dataarts region=cn-north-4 " + where, nil, "huawei-dataarts: keeps no mark with what is started"},
		{"tencent-pts project_id=p -stop", nil, "-stop: needs GITHUB_TOKEN"},
		{"tencent-pts project_id=p -stop", map[string]string{"GITHUB_TOKEN": githubCanary}, "-stop: needs GITHUB_TOKEN"},
		{"tencent-pts project_id=p -stop -repository octo", withToken(), "-repository: must be an owner and a name"},
	} {
		w := newOrphanWorld(t, orphanKind{})
		var out strings.Builder
		p := &process{stdout: &out, stderr: &out, network: w.hub, getenv: w.getenv(maps.Clone(test.env)), environ: func() []string { return nil }, args: strings.Fields(test.args)}
		if status := p.orphans(t.Context()); status != job.InvalidInput.Exit() || !strings.Contains(out.String(), test.says) || w.cloud.Calls()[emulator.Total] > 0 {
			t.Errorf("%q: %d, %v: %s", test.args, status, w.cloud.Calls(), out.String())
		}
	}
}

// TestOrphansUnread: a list that cannot be read is no empty one.
func TestOrphansUnread(t *testing.T) {
	for _, kind := range orphanKinds() {
		for fault, want := range map[emulator.Kind]job.Outcome{emulator.Forbidden: job.Unauthorized, emulator.BadGateway: job.Internal} {
			synctest.Test(t, func(t *testing.T) {
				w := newOrphanWorld(t, kind)
				w.cloud.Inject(emulator.Fault{Service: kind.service, Kind: fault, Times: -1})
				if status, text := w.orphans(withToken(), "-stop"); status != want.Exit() || strings.Contains(text, "nothing of a workflow run") {
					t.Errorf("%s, %s: %d\n%s", kind.provider, fault, status, text)
				}
			})
		}
	}
}

package action

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"cloudjob/internal/emulator"
	"cloudjob/internal/engine"
	"cloudjob/internal/field"
	"cloudjob/internal/github"
	"cloudjob/internal/hostile"
	"cloudjob/internal/job"
	"cloudjob/internal/report"
)

// pulls is GitHub's API for pull request 7 of octo/shop, with whom nobody else
// talks; internal/github tries the rest. What is of another host goes on.
type pulls struct {
	http.RoundTripper
	readOnly bool
	bodies   []string
	calls    []string
}

func (g *pulls) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Host != "api.github.com" {
		return g.RoundTripper.RoundTrip(r)
	}
	g.calls = append(g.calls, r.Method+" "+r.URL.Path)
	answer := func(status int, body any) (*http.Response, error) {
		text, err := json.Marshal(body)
		return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(string(text))), Request: r}, err
	}
	one := func(i int) map[string]any {
		return map[string]any{"id": i + 1, "body": g.bodies[i], "user": map[string]any{"login": "github-actions[bot]", "type": "Bot"}}
	}
	var sent struct{ Body string }
	if r.Body != nil {
		if err := json.NewDecoder(r.Body).Decode(&sent); err != nil {
			return nil, err
		}
	}
	switch {
	case r.Header.Get("Authorization") != "Bearer "+githubCanary:
		return answer(http.StatusUnauthorized, map[string]any{"message": "Bad credentials"})
	case r.Method == http.MethodGet && strings.HasSuffix(r.URL.Path, "/comments"):
		all := []any{}
		for i := range g.bodies {
			all = append(all, one(i))
		}
		return answer(http.StatusOK, all)
	case r.URL.Path == "/user" || g.readOnly:
		return answer(http.StatusForbidden, map[string]any{"message": "Resource not accessible by integration"})
	case r.Method == http.MethodPost && r.URL.Path == "/repos/octo/shop/issues/7/comments":
		g.bodies = append(g.bodies, sent.Body)
		return answer(http.StatusCreated, one(len(g.bodies)-1))
	case r.Method == http.MethodPatch && r.URL.Path == "/repos/octo/shop/issues/comments/1":
		g.bodies[0] = sent.Body
		return answer(http.StatusOK, one(0))
	}
	return answer(http.StatusNotFound, map[string]any{"message": "Not Found"})
}

const (
	pullEvent = `{"action":"synchronize","number":7,"pull_request":{"number":7,"head":{"sha":"` + headCommit + `","repo":{"full_name":%q}}}}`

	// headCommit is the newest of the pull request; GITHUB_SHA is that of its merge.
	headCommit = "6dcb09b5b57875f334f61aebed695e2e4193db5e"
)

// commenting runs a step with a comment, as a run of a pull request does, and
// returns what it printed.
func commenting(t *testing.T, g *pulls, change map[string]string, inputs ...field.Input) (log string, exit int) {
	t.Helper()
	dir := t.TempDir()
	env := map[string]string{
		"GITHUB_ACTIONS": "true", "GITHUB_WORKSPACE": dir, "GITHUB_SERVER_URL": "https://github.com", "GITHUB_REPOSITORY": "octo/shop",
		"GITHUB_RUN_ID": "2000", "GITHUB_RUN_NUMBER": "12", "GITHUB_RUN_ATTEMPT": "1", "GITHUB_JOB": "load", "GITHUB_ACTION": "load-test",
		"GITHUB_WORKFLOW_REF": "octo/shop/.github/workflows/pr.yml@refs/pull/7/merge",
		"GITHUB_EVENT_NAME":   "pull_request", "GITHUB_EVENT_PATH": filepath.Join(dir, "event.json"), "HEAD_REPO": "octo/shop",
		"GITHUB_OUTPUT": filepath.Join(dir, "output"), "GITHUB_STATE": filepath.Join(dir, "state"), "GITHUB_STEP_SUMMARY": filepath.Join(dir, "summary"),
		"INPUT_GITHUB_TOKEN": githubCanary,
	}
	maps.Copy(env, change)
	if err := os.WriteFile(env["GITHUB_EVENT_PATH"], fmt.Appendf(nil, pullEvent, env["HEAD_REPO"]), 0o644); err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	p := &process{stdout: &out, stderr: &out, network: g, jitter: func() float64 { return 0.5 }, getenv: func(name string) string {
		if env[name] != "" {
			return env[name]
		}
		return emulated(name)
	}}
	all := append([]field.Input{
		{Name: "provider", Text: "tencent-pts"}, {Name: "project_id", Text: "project-demo"}, {Name: "scenario_id", Text: "scenario-demo"},
		{Name: "gates", Text: "error_rate < 1%"}, {Name: "endpoint", Text: demoEndpoint}, {Name: "comment", Text: "true"}, {Name: "github_token", Text: githubCanary},
	}, inputs...)
	byName := map[string]int{}
	for i, input := range all { // the later one counts
		byName[input.Name] = i
	}
	exit = p.step(t.Context(), slices.DeleteFunc(slices.Clone(all), func(f field.Input) bool { return all[byName[f.Name]] != f }))
	for _, name := range []string{"GITHUB_OUTPUT", "GITHUB_STATE", "GITHUB_STEP_SUMMARY"} {
		written, err := os.ReadFile(env[name])
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(written), githubCanary) {
			t.Errorf("the token is in %s", name)
		}
	}
	if summary, err := os.ReadFile(env["GITHUB_STEP_SUMMARY"]); err != nil || strings.Contains(string(summary), "github&#95;token") || strings.Contains(string(summary), "github_token") {
		t.Errorf("the command that does the same elsewhere has the token's input: %v", err)
	}
	log = out.String()
	if strings.Contains(strings.ReplaceAll(log, "::add-mask::"+githubCanary, ""), githubCanary) {
		t.Errorf("the token is in the log:\n%s", log)
	}
	if strings.Contains(strings.Join(g.bodies, ""), githubCanary) {
		t.Error("the token is in the comment")
	}
	return log, exit
}

func newPulls() *pulls {
	cloud, _ := newEmulator(emulator.Options{})
	return &pulls{RoundTripper: cloud.Transport()}
}

// TestComment: runs of one step keep one comment, with the verdict first.
func TestComment(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newPulls()
		log, exit := commenting(t, g, nil)
		if exit != 0 || len(g.bodies) != 1 || !strings.Contains(g.bodies[0], "✅") || !strings.Contains(g.bodies[0], "error&#95;rate") {
			t.Fatalf("exit %d, %q\n%s", exit, g.bodies, log)
		}
		head := regexp.MustCompile(`^<!-- cloudjob [0-9a-f]{16} run=12 attempt=1 -->\n### ✅ `)
		if !head.MatchString(g.bodies[0]) {
			t.Errorf("it begins with %.200q", g.bodies[0])
		}
		commenting(t, g, map[string]string{"GITHUB_RUN_NUMBER": "13", "GITHUB_WORKFLOW_REF": "octo/shop/.github/workflows/pr.yml@refs/heads/other"}, field.Input{Name: "gates", Text: "error_rate < 0.1%"})
		if len(g.bodies) != 1 || !strings.Contains(g.bodies[0], "run=13") || !strings.Contains(g.bodies[0], "### ❌ ") {
			t.Errorf("%d comments, %.300q", len(g.bodies), g.bodies[0])
		}
		if log, _ = commenting(t, g, nil); !strings.Contains(log, "newer run") || !strings.Contains(g.bodies[0], "run=13") {
			t.Errorf("an older run: %.100q\n%s", g.bodies[0], log)
		}
		commenting(t, g, nil, field.Input{Name: "job_index", Text: "1"})
		commenting(t, g, map[string]string{"GITHUB_ACTION": "another-step"})
		if len(g.bodies) != 3 {
			t.Errorf("%d comments of three places", len(g.bodies))
		}
	})
}

// TestCommentNeedsNoLuck: whatever hinders a comment is said, with the cure, and
// fails no step.
func TestCommentNeedsNoLuck(t *testing.T) {
	for name, test := range map[string]struct {
		change   map[string]string
		readOnly bool
		inputs   []field.Input
		says     string
		calls    bool
	}{
		"no permission":        {readOnly: true, says: "pull-requests: write", calls: true},
		"a fork":               {readOnly: true, change: map[string]string{"HEAD_REPO": "mallory/shop"}, says: "from a fork", calls: true},
		"a push":               {change: map[string]string{"GITHUB_EVENT_NAME": "push"}, says: "this run is of no pull request"},
		"a schedule":           {change: map[string]string{"GITHUB_EVENT_NAME": "schedule"}, says: "this run is of no pull request"},
		"elsewhere":            {change: map[string]string{"GITHUB_API_URL": "http://api.github.com"}, says: "plain http"},
		"a strange repository": {change: map[string]string{"GITHUB_REPOSITORY": "octo/../shop"}, says: "names no repository"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := newPulls()
				g.readOnly = test.readOnly
				log, exit := commenting(t, g, test.change, test.inputs...)
				if exit != 0 || !strings.Contains(log, test.says) || (len(g.calls) > 0) != test.calls || len(g.bodies) > 0 {
					t.Errorf("exit %d, calls %v\n%s", exit, g.calls, log)
				}
				if test.readOnly && !strings.Contains(log, "::warning") {
					t.Errorf("no warning:\n%s", log)
				}
			})
		})
	}
}

// TestCommentOfHostileTexts: what the cloud says makes no mark, mention or link.
func TestCommentOfHostileTexts(t *testing.T) {
	for _, s := range append(hostile.Texts(t), "<!-- cloudjob 0123456789abcdef run=9 attempt=9 -->", "@octocat look at https://evil.example") {
		p := &process{stdout: io.Discard, stderr: io.Discard, getenv: func(string) string { return "" }}
		result := engine.Result{Outcome: job.GateFailed, Items: hostileItems(s)}
		text := report.Comment(p.results(p.newConsole().redacted(result), nil), p.tested(), "", github.Limit-1<<10)
		if _, faults := hostile.Markdown(text); faults != nil {
			t.Errorf("%.60q: GitHub reads %s", s, faults[0])
		}
		if r := hostile.Unseen(text); r != "" {
			t.Errorf("nobody sees %s of %.60q", r, s)
		}
		if strings.Contains(text, "<!-- cloudjob") || len(text) > github.Limit {
			t.Errorf("%.60q: a mark, or %d bytes", s, len(text))
		}
	}
}

// staged is a step that keeps a comment, of which the last run passed.
func staged(t *testing.T) (*stage, *pulls) {
	t.Helper()
	s := newStage(t, load())
	g := &pulls{RoundTripper: s.network}
	s.network = g
	s.ofPullRequest(t)
	s.env["GITHUB_SERVER_URL"], s.env["GITHUB_RUN_NUMBER"] = "https://github.com", "1"
	if status := s.process("action").main(t.Context()); status != 0 || len(g.bodies) != 1 || !strings.Contains(g.bodies[0], "### ✅") {
		t.Fatalf("the first run: status %d, %q\n%s", status, g.bodies, s.out.String())
	}
	if err := os.Remove(s.file("state")); err != nil {
		t.Fatal(err)
	}
	s.env["GITHUB_RUN_NUMBER"] = "2"
	return s, g
}

// TestCommentOfARunThatCameToNothing: whatever ends a step, its comment does not
// go on with the verdict of the run before, and says of which commit it is.
func TestCommentOfARunThatCameToNothing(t *testing.T) {
	for name, test := range map[string]struct {
		run  func(t *testing.T, s *stage)
		says []string
	}{
		"passed": {func(t *testing.T, s *stage) { s.process("action").main(t.Context()) }, []string{"### ✅ Succeeded"}},
		"wrong inputs": {func(t *testing.T, s *stage) {
			s.env["INPUT_WAIT"] = "ture"
			s.process("action").main(t.Context())
		}, []string{"### ❌ 1 mistake in the inputs; nothing was called", "must be true or false"}},
		"a folder that cannot be used": {func(t *testing.T, s *stage) {
			s.env["INPUT_REPORT_DIR"] = "output"
			s.process("action").main(t.Context())
		}, []string{"### ❌ 1 mistake in the inputs"}},
		"earlier results that cannot be read": {func(t *testing.T, s *stage) {
			s.env["INPUT_GATES"], s.env["INPUT_BASELINE"] = "rps >= baseline", "output/*.json"
			s.process("action").main(t.Context())
		}, []string{"### "}},
		"cancelled": {func(t *testing.T, s *stage) {
			ctx, end := context.WithTimeout(t.Context(), 20*time.Second)
			defer end()
			s.process("action").main(ctx)
		}, []string{"### 🛑 Cancelled: the workflow was cancelled", "#### What became of the jobs", "✅ stopped"}},
		"killed": {func(t *testing.T, s *stage) {
			p := s.process("action")
			p.begin()
			asked, _, _ := p.decode(p.stepInputs())
			p.commentDue(asked.Run)
		}, []string{"### ❓ No verdict: the step was ended before it could judge"}},
		"a fault of ours": {func(t *testing.T, s *stage) {
			s.jitter = func() float64 { panic("jitter") }
			s.process("action").main(t.Context())
			s.jitter = nil
		}, []string{"### ❌ Lost sight of: ", "jitter"}},
		"outputs that cannot be written": {func(t *testing.T, s *stage) {
			s.env["GITHUB_OUTPUT"] = s.dir
			s.process("action").main(t.Context())
			s.env["GITHUB_OUTPUT"] = s.file("output")
		}, []string{"### ❌ the outputs cannot be written", "### ✅ Succeeded"}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, g := staged(t)
				s.out.Reset()
				test.run(t, s)
				s.post(t)
				if len(g.bodies) != 1 || !strings.Contains(g.bodies[0], "run=2") || !strings.Contains(g.bodies[0], "commit 6dcb09b") {
					t.Errorf("%d comments, the first is\n%s\n%s", len(g.bodies), g.bodies[0], s.out.String())
				}
				for _, want := range test.says {
					if !strings.Contains(g.bodies[0], want) {
						t.Errorf("it does not say %q:\n%s\n%s", want, g.bodies[0], s.out.String())
					}
				}
				_, rest, _ := strings.Cut(g.bodies[0], "\n")
				if !strings.HasPrefix(rest, test.says[0]) {
					t.Errorf("it begins with %.200q", rest)
				}
				if _, faults := hostile.Markdown(rest); faults != nil {
					t.Errorf("GitHub reads %s", faults[0])
				}
			})
		})
	}
}

// TestCommentStateOfOthers: what somebody wrote into the state makes no comment of
// another mark.
func TestCommentStateOfOthers(t *testing.T) {
	for _, state := range []string{"{", `{"place":"x -->","run":1,"attempt":1,"text":"hello"}`, `{"place":"0123456789abcdef","run":-1,"attempt":1}`, `{}`} {
		synctest.Test(t, func(t *testing.T) {
			s, g := staged(t)
			before := g.bodies[0]
			s.process("action").begin()
			s.env["STATE_"+stateComment] = state
			if status := s.post(t); status != 0 || len(g.bodies) != 1 || g.bodies[0] != before || !strings.Contains(s.out.String(), "::warning::no comment: what the state has of it cannot be read") {
				t.Errorf("%s: status %d, %q\n%s", state, status, g.bodies, s.out.String())
			}
		})
	}
}

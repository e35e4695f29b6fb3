package action

import (
	"testing"

	"cloudjob/internal/engine"
)

// TestMark: all attempts of one step share a place, which holds what the runner
// tells of it. Executions differ in more.
func TestMark(t *testing.T) {
	of := func(change map[string]string, index string) engine.Mark {
		env := map[string]string{
			"GITHUB_SERVER_URL": "https://github.com", "GITHUB_REPOSITORY": "o/r", "GITHUB_RUN_ID": "77", "GITHUB_RUN_ATTEMPT": "1",
			"GITHUB_WORKFLOW_REF": "o/r/.github/workflows/w.yml@refs/heads/main", "GITHUB_JOB": "load", "GITHUB_ACTION": "__self",
		}
		for name, value := range change {
			env[name] = value
		}
		p := &process{getenv: func(name string) string { return env[name] }}
		return p.mark(index)
	}
	first := of(nil, "0")
	again := of(map[string]string{"GITHUB_RUN_ATTEMPT": "2"}, "0")
	if first.Run != again.Run || first.Attempt != "1" || again.Attempt != "2" {
		t.Errorf("two attempts: %+v, %+v", first, again)
	}
	if first.Once == again.Once || first.Once == of(nil, "0").Once || len(first.Once) != 4 {
		t.Errorf("two executions: %+v, %+v", first, again)
	}
	for name, value := range map[string]string{
		"GITHUB_SERVER_URL": "https://github.example", "GITHUB_REPOSITORY": "o/other", "GITHUB_RUN_ID": "78",
		"GITHUB_WORKFLOW_REF": "o/r/.github/workflows/other.yml@refs/heads/main", "GITHUB_JOB": "other", "GITHUB_ACTION": "__self_2",
	} {
		if of(map[string]string{name: value}, "0").Run == first.Run {
			t.Errorf("another %s is the same place", name)
		}
	}
	if of(nil, "1").Run == first.Run {
		t.Error("another leg of a matrix is the same place")
	}
	if first.RunID != 77 || of(map[string]string{"GITHUB_RUN_ID": "99999999999999999999"}, "").RunID != 0 || of(map[string]string{"GITHUB_RUN_ID": "x"}, "").RunID != 0 {
		t.Errorf("the workflow run is %d", first.RunID)
	}
	for _, outside := range []map[string]string{{"GITHUB_RUN_ID": ""}, {"GITHUB_RUN_ATTEMPT": ""}} {
		if one, other := of(outside, ""), of(outside, ""); one.Run == other.Run || one.Attempt != "1" || one.RunID != 0 {
			t.Errorf("outside of a workflow each execution is a place of its own: %+v, %+v", one, other)
		}
	}
}

// TestRunURL: a link leads to the run, or there is none.
func TestRunURL(t *testing.T) {
	whole := map[string]string{"GITHUB_SERVER_URL": "https://github.com", "GITHUB_REPOSITORY": "o/r", "GITHUB_RUN_ID": "77"}
	for lacks, want := range map[string]string{"": "https://github.com/o/r/actions/runs/77", "GITHUB_SERVER_URL": "", "GITHUB_REPOSITORY": "", "GITHUB_RUN_ID": ""} {
		p := &process{getenv: func(name string) string {
			if name == lacks {
				return ""
			}
			return whole[name]
		}}
		if got := p.runURL(); got != want {
			t.Errorf("without %q: %q, want %q", lacks, got, want)
		}
	}
}

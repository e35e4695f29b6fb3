package action

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"cloudjob/internal/action/runnertest"
	"cloudjob/internal/hostile"
	"cloudjob/internal/job"
	"cloudjob/internal/record"
)

// retold changes every text of a JSON value but those that are words of ours.
func retold(v any, change func(name, text string) string, name string) any {
	switch v := v.(type) {
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			v[key] = retold(v[key], change, key)
		}
	case []any:
		for i := range v {
			v[i] = retold(v[i], change, name)
		}
	case string:
		return change(name, v)
	}
	return v
}

// recordedLife is the recording of a job that failed its gate.
func recordedLife(t *testing.T) (src []byte) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := life{gates: "named: error_rate < 0.1%"}.recorded(t, "tencent-pts")
		src = []byte(s.read("recorded/recording.har"))
	})
	return src
}

// replayFile plays a file, with nothing to call.
func replayFile(t *testing.T, src []byte, args ...string) (dir, log string, exit int) {
	t.Helper()
	dir = t.TempDir()
	file := filepath.Join(dir, "given.har")
	if err := os.WriteFile(file, src, 0o644); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	env := map[string]string{"GITHUB_ACTIONS": "true", "GITHUB_WORKSPACE": dir, "GITHUB_OUTPUT": filepath.Join(dir, "output"), "GITHUB_STEP_SUMMARY": filepath.Join(dir, "summary")}
	p := &process{stdout: &out, stderr: &out, network: forbidden{t}, getenv: func(name string) string { return env[name] }, args: []string{"replay", file}}
	for _, arg := range args {
		p.args = append(p.args, strings.Replace(arg, "DIR", dir, 1))
	}
	exit = p.main(t.Context())
	return dir, out.String(), exit
}

// TestHostileRecordings: no text of a recording, of what it notes or of its
// answers, becomes a workflow command, an output or Markdown.
func TestHostileRecordings(t *testing.T) {
	src := recordedLife(t)
	ours := []string{"provider", "Provider", "End", "How", "Stop", "State", "of", "target", "text", "startedDateTime", "at", "At", "Begun", "Ended", "judged", "until", "on_inconclusive", "method", "url", "call", "for", "version", "Digest", "Culprit"}
	played, last := 0, ""
	for i, text := range hostile.Texts(t) {
		if i%10 != 0 {
			continue
		}
		var file any
		if err := json.Unmarshal(src, &file); err != nil {
			t.Fatal(err)
		}
		log := file.(map[string]any)["log"].(map[string]any)
		run := log["_cloudjob"].(map[string]any)
		item := run["run"].(map[string]any)["jobs"].([]any)[0].(map[string]any)["item"].(map[string]any)
		item["Why"], item["Note"], item["Console"], item["Name"], item["Culprit"] = []any{""}, "", "", "", ""
		log["_cloudjob"] = retold(run, func(name, was string) string {
			if slices.Contains(ours, name) || name == "id" || name == "in" {
				return was
			}
			return text
		}, "")
		changed, err := json.Marshal(file)
		if err != nil {
			t.Fatal(err)
		}
		dir, said, exit := replayFile(t, changed, "report_dir=DIR/report", "gates=error_rate < 0.1%")
		if exit == job.Internal.Exit() {
			t.Fatalf("%.60q: it ends with %d:\n%s", text, exit, said)
		}
		if last = said; exit == job.GateFailed.Exit() {
			played++
		}
		checkLog(t, fmt.Sprintf("%.60q", text), said)
		summary, _ := os.ReadFile(filepath.Join(dir, "summary"))
		if _, faults := hostile.Markdown(string(summary)); faults != nil {
			t.Errorf("summary of %.60q: GitHub reads %s", text, faults[0])
		}
		outputs, _ := os.ReadFile(filepath.Join(dir, "output"))
		if _, err := runnertest.Entries(string(outputs)); err != nil {
			t.Errorf("outputs of %.60q: %v", text, err)
		}
	}
	if played < 10 {
		t.Errorf("only %d were played:\n%s", played, last)
	}
}

// TestImpossibleRecordings: what no run can have left is refused, in a sentence
// that names it.
func TestImpossibleRecordings(t *testing.T) {
	src := string(recordedLife(t))
	for change, want := range map[string]string{
		`"finished":true => "finished":false`:                       "was killed, or gave up, before it ended",
		`"version":1,"finished" => "version":7,"finished"`:          "newer version",
		`"Provider":"tencent-pts" => "Provider":"tencent-xyz"`:      "a provider that there is not",
		`"End":"gate-failed" => "End":"splendid"`:                   `"splendid" is no outcome`,
		`"How":"started" => "How":"conjured"`:                       "does not begin as",
		`"last":1 => "last":77`:                                     "names a read that there is not",
		`"last":1 => "last":-1`:                                     "names a read that there is not",
		`"ran":60 => "ran":-60`:                                     "before it began",
		`"on_inconclusive":"fail" => "on_inconclusive":"cheer"`:     "nothing that on_inconclusive can be",
		`"text":"named: error_rate => "text":"named: nonsense_rate`: "the gates of its job 1",
		`"course":{ => "course":{"jobs":[],"other":{`:               "tells of 0 jobs",
		`\"Endpoint\":\"http:// => \"Endpoint\":[\"http://`:         "its job 1",
		`"log":{ => "lag":{`:                                        "a HAR has a log",
	} {
		from, to, _ := strings.Cut(change, " => ")
		changed := strings.Replace(src, from, to, 1)
		if changed == src {
			if changed = strings.Replace(src, strings.ReplaceAll(from, `\`, `\\`), to, 1); changed == src {
				t.Errorf("the recording has no %s", from)
				continue
			}
		}
		if strings.Contains(to, `"other":{`) {
			changed = strings.TrimSuffix(strings.TrimSpace(changed), "}") + "}}"
		}
		_, said, exit := replayFile(t, []byte(changed))
		if exit != job.InvalidInput.Exit() || !strings.Contains(said, want) {
			t.Errorf("%s: it ends with %d and says\n%s", change, exit, said)
		}
	}
	if _, said, exit := replayFile(t, nil, "report_dir=../outside"); exit != job.InvalidInput.Exit() || !strings.Contains(said, "no recording") {
		t.Errorf("an empty file ends with %d: %s", exit, said)
	}
}

// FuzzReplay: whatever a recording says of its run, a replay ends with an exit
// status of ours and no fault.
func FuzzReplay(f *testing.F) {
	f.Add([]byte(`{"at":"2026-01-01T00:00:00Z","judged":true,"read":true,"wait":true,"on_inconclusive":"fail","jobs":[{"item":{"Provider":"tencent-pts","What":"scenario a","Ref":{"id":"job-1","in":"p/s"},"How":"started","Last":{"State":"succeeded"},"End":"succeeded"},"target":"{\"Site\":\"intl\"}","gates":[{"text":"error_rate < 1%","file":"gates","line":1,"col":1}]}],"course":{"polls":[{"number":1,"at":"2026-01-01T00:00:00Z","jobs":[0]}],"jobs":[{"last":1,"ended":true,"readings":[{"number":1,"of":"end","poll":1,"at":"2026-01-01T00:00:00Z","ran":1}]}]}}`))
	f.Add([]byte(`{"jobs":[{"item":{"Provider":"huawei-drs","Err":null},"fault":{"Fault":1}}],"course":{"jobs":[{}]}}`))
	f.Add([]byte(`{"jobs":null,"course":{"jobs":[]}}`))
	f.Fuzz(func(t *testing.T, run []byte) {
		if !json.Valid(run) {
			return
		}
		src := slices.Concat([]byte(`{"log":{"version":"1.2","entries":[],"_cloudjob":{"version":1,"finished":true,"run":`), run, []byte(`}}}`))
		if _, err := record.Read(src); err != nil {
			return
		}
		_, said, exit := replayFile(t, src)
		if exit == job.Internal.Exit() && !strings.Contains(said, "internal") {
			t.Errorf("it ends with %d and does not say why:\n%s", exit, said)
		}
		if strings.Contains(said, "goroutine ") {
			t.Errorf("a fault of ours:\n%s", said)
		}
	})
}

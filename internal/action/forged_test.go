package action

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"cloudjob/internal/action/runnertest"
	"cloudjob/internal/catalog"
	"cloudjob/internal/engine"
	"cloudjob/internal/field"
	"cloudjob/internal/job"
)

// stateful is a post step with a state of these entries. It has every login,
// and its network answers nothing and remembers whom it was asked for.
func stateful(entries map[string]string) (p *process, out *bytes.Buffer, asked *hosts) {
	out, asked = &bytes.Buffer{}, &hosts{}
	env := map[string]string{"GITHUB_ACTIONS": "true", "INPUT_ENDPOINT": "https://gateway.example:8443"}
	for name, text := range entries {
		env["STATE_"+name] = text
	}
	return &process{name: "post", stdout: out, stderr: out, environ: func() []string { return nil }, network: asked, getenv: func(name string) string {
		if text, ok := env[name]; ok {
			return text
		}
		return emulated(name)
	}}, out, asked
}

// hosts is a network without a cloud.
type hosts struct {
	mu      sync.Mutex
	names   []string
	schemes []string
}

func (h *hosts) RoundTrip(r *http.Request) (*http.Response, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.names, h.schemes = append(h.names, r.URL.Host), append(h.schemes, r.URL.Scheme)
	return nil, errors.New("nobody is there")
}

const goodRecord = `{"intent":{"mark":"cj-abcdefghij-1-abcd","at":"2026-11-26T18:00:00Z"},"what":["scenario x"],"jobs":[{"index":0,"ref":{"id":"job-1","in":"project-1 scenario-1"}}],"policy":"stop","asked":true}`

// kept1 is an entry of one record of a provider.
func kept1(provider, target, record string) string {
	t, _ := json.Marshal(target)
	return fmt.Sprintf(`{"provider":%q,"target":%s,"record":%s}`, provider, t, record)
}

// TestForgedState: what no run has written is refused in a sentence, and
// nothing is called for it.
func TestForgedState(t *testing.T) {
	one := func(record string) map[string]string {
		return map[string]string{stateCount: "1", stateRecords + "0": packed(t, kept1("tencent-pts", `{"Site":"intl"}`, record))}
	}
	with := func(old, new string) map[string]string {
		if !strings.Contains(goodRecord, old) {
			t.Fatalf("no %s", old)
		}
		return one(strings.Replace(goodRecord, old, new, 1))
	}
	many := strings.Repeat(`{"record":`+goodRecord+`},`, 3)
	for name, c := range map[string]struct {
		state map[string]string
		says  string
	}{
		"fewer than none":         {map[string]string{stateCount: "-1"}, `it is of "-1" services`},
		"a thousand million":      {map[string]string{stateCount: "1000000000"}, `it is of "1000000000" services`},
		"no number":               {map[string]string{stateCount: "1\n::error::x"}, "the state cannot be read"},
		"a login elsewhere":       {map[string]string{stateCount: "1", stateLogin: `{"tencent":{"arn":"qcs::cam::uin/1:roleName/r","provider":"p"},"endpoint":"https://evil.example"}`, stateRecords + "0": one(goodRecord)[stateRecords+"0"]}, "https://evil.example"},
		"a login of another kind": {map[string]string{stateCount: "1", stateLogin: `[7]`}, "the login in the state cannot be read"},
		"no base64":               {map[string]string{stateCount: "1", stateRecords + "0": "%%%"}, "entry 0 of the state cannot be read"},
		"no flate":                {map[string]string{stateCount: "1", stateRecords + "0": "AAAA"}, "entry 0 of the state cannot be read"},
		"a cut entry":             {map[string]string{stateCount: "1", stateRecords + "0": one(goodRecord)[stateRecords+"0"][:40]}, "entry 0 of the state cannot be read"},
		"an object":               {map[string]string{stateCount: "1", stateRecords + "0": repacked(t, `{"provider":"x"}`)}, "it is no list"},
		"a list of numbers":       {map[string]string{stateCount: "1", stateRecords + "0": repacked(t, `[1]`)}, "entry 0 of the state cannot be read"},
		"more after the list":     {map[string]string{stateCount: "1", stateRecords + "0": repacked(t, `[] []`)}, "something follows the list"},
		"more records than said":  {map[string]string{stateCount: "1", stateRecords + "0": repacked(t, "["+strings.TrimSuffix(many, ",")+"]")}, "it has more than 1 records"},
		"a bomb":                  {map[string]string{stateCount: "1", stateRecords + "0": repacked(t, "["+strings.Repeat(" ", 17<<20)+"]")}, "the state grows to more than 16 MiB"},
		"nothing named":           {with(`["scenario x"]`, `[]`), "it does not say what it is of"},
		"an empty name":           {with(`"scenario x"`, `""`), "it does not say what it is of"},
		"an index beyond":         {with(`"index":0`, `"index":1`), "it has job number 2 of 1"},
		"an index below":          {with(`"index":0`, `"index":-1`), "it has job number 0 of 1"},
		"one job twice":           {with(`"jobs":[`, `"jobs":[{"index":0,"ref":{"id":"y"}},`), "it has job number 1 of 1"},
		"left out beyond":         {with(`"intent":{`, `"intent":{"skip":[7],`), "it leaves out job number 8 of 1"},
		"another policy":          {with(`"policy":"stop"`, `"policy":"delete"`), `"delete" is no policy`},
		"another stop":            {with(`"index":0`, `"index":0,"stop":"deleted"`), `"deleted" is no word`},
		"a part of a mark":        {with("cj-abcdefghij-1-abcd", "cj-"), `"cj-" is no mark`},
		"a mark without a time":   {with(`"at":"2026-11-26T18:00:00Z"`, `"at":"0001-01-01T00:00:00Z"`), "is no mark of a start"},
		"neither mark nor job":    {one(`{"what":["x"],"policy":"stop"}`), "it has neither a job nor a mark"},
		"a huge id":               {with("job-1", strings.Repeat("j", 2000)), "which cannot be one"},
	} {
		t.Run(name, func(t *testing.T) {
			p, out, asked := stateful(c.state)
			status := p.main(t.Context())
			if status != job.Internal.Exit() || !strings.Contains(out.String(), c.says) || !strings.Contains(out.String(), "a job may still run: look for it in the console") {
				t.Errorf("exit status %d, want %q in:\n%.2000s", status, c.says, out)
			}
			if strings.Contains(out.String(), "a fault of this action") || strings.Contains(out.String(), "goroutine") || len(asked.names) > 0 {
				t.Errorf("it crashed or called %q:\n%.2000s", asked.names, out)
			}
			for _, command := range runnertest.Commands(out.String()) {
				if command.Name != "add-mask" && !strings.HasPrefix(command.Line, "::error title=cloudjob%3A ") {
					t.Errorf("command %q", command)
				}
			}
		})
	}
}

// repacked is an entry of any text.
func repacked(t *testing.T, text string) string {
	t.Helper()
	entry, err := new(packer).packText([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return entry
}

// TestForgedTarget: keys go to the vendor's hosts, to loopback, and to where the
// step's own input says, whatever the state says.
func TestForgedTarget(t *testing.T) {
	targets := []struct {
		target string
		host   string // "": none is called
	}{
		{`{"Region":"cn-north-4","ProjectID":"p","Endpoint":"https://evil.example"}`, ""},
		{`{"Region":"cn-north-4","ProjectID":"p","Endpoint":"HTTPS://evil.example"}`, ""},
		{`{"Region":"cn-north-4","ProjectID":"p","Endpoint":"https://eviltencentcloudapi.com"}`, ""},
		{`{"Region":"cn-north-4","ProjectID":"p","Endpoint":"https://myhuaweicloud.com.evil.example"}`, ""},
		{`{"Region":"cn-north-4","ProjectID":"p","Endpoint":"https://myhuaweicloud.com@evil.example"}`, ""},
		{`{"Region":"cn-north-4","ProjectID":"p","Endpoint":"http://x.tencentcloudapi.com"}`, ""},
		{`{"Region":"cn-north-4","ProjectID":"p","Endpoint":"//evil.example"}`, ""},
		{`{"Region":"cn-north-4","ProjectID":"p","Endpoint":"evil.example"}`, ""},
		{`{"Region":"cn-north-4","ProjectID":"p","Endpoint":"http://localhost.evil.example"}`, ""},
		{`{"Region":"cn-north-4","ProjectID":"p","Endpoint":"https://gateway.example:8443"}`, "gateway.example:8443"},
		{`{"Region":"cn-north-4","ProjectID":"p","Endpoint":"http://127.0.0.1:8787"}`, "127.0.0.1:8787"},
		{`[]`, ""},
		{`x`, ""},
	}
	huaweiOnly := []string{
		`{"Region":"x.evil.example/","ProjectID":"p"}`, `{"Region":"evil.example#","ProjectID":"p"}`, `{"Region":"a@evil.example","ProjectID":"p"}`,
		`{"Region":"","ProjectID":"p"}`, `{"Region":"cn-north-4","ProjectID":"../p"}`, `{"Region":"cn-north-4"}`,
	}
	for _, provider := range catalog.Providers() {
		all, record := targets, goodRecord
		if provider.Name == "huawei-cpts" {
			record = strings.NewReplacer("project-1 scenario-1", "393862", `"job-1"`, `"7","run":"8"`).Replace(record)
		}
		if strings.HasPrefix(provider.Name, "huawei") {
			for _, target := range huaweiOnly {
				all = append(all[:len(all):len(all)], struct{ target, host string }{target, ""})
			}
		}
		for _, c := range all {
			synctest.Test(t, func(t *testing.T) {
				p, out, asked := stateful(map[string]string{stateCount: "1", stateRecords + "0": packed(t, kept1(provider.Name, c.target, record))})
				status := p.main(t.Context())
				if status != job.Cancelled.Exit() || strings.Contains(out.String(), "a fault of this action") || !strings.Contains(out.String(), "scenario x") {
					t.Errorf("%s %s: exit status %d\n%.1000s", provider.Name, c.target, status, out)
				}
				if c.host == "" && len(asked.names) > 0 || c.host != "" && (len(asked.names) == 0 || slices.ContainsFunc(asked.names, func(h string) bool { return h != c.host })) {
					t.Errorf("%s %s: it called %q, want %q", provider.Name, c.target, asked.names, c.host)
				}
			})
		}
	}
}

// TestEndpointInCapitals: a scheme in capitals is that scheme, also to the SDKs
// and to the post step.
func TestEndpointInCapitals(t *testing.T) {
	for provider, with := range healthy() {
		for given, want := range map[string]string{"HTTPS://gateway.example:8443": "https gateway.example:8443", "Http://127.0.0.1:8787": "http 127.0.0.1:8787"} {
			synctest.Test(t, func(t *testing.T) {
				p, out, asked := stateful(nil)
				p.name = "action"
				var inputs []field.Input
				for _, name := range []string{"report_dir", "gates", "wait"} {
					delete(with, name)
				}
				with["endpoint"] = given
				for name, text := range with {
					inputs = append(inputs, field.Input{Name: name, Text: text})
				}
				p.step(t.Context(), inputs)
				if len(asked.names) == 0 {
					t.Fatalf("%s: nobody was called\n%s", provider, out)
				}
				for i, name := range asked.names {
					if got := asked.schemes[i] + " " + name; got != want {
						t.Errorf("%s: %s was called for %s", provider, got, given)
					}
				}
			})
		}
	}
	p, _, _ := stateful(map[string]string{stateCount: "1", stateRecords + "0": packed(t, kept1("huawei-drs", `{"Region":"cn-north-4","ProjectID":"p","Endpoint":"https://gateway.example:8443"}`, goodRecord))})
	inner := p.getenv
	p.getenv = func(name string) string {
		if name == "INPUT_ENDPOINT" {
			return "HTTPS://gateway.example:8443"
		}
		return inner(name)
	}
	if left, err := p.left(p.newConsole(), nil); err != nil || len(left.jobs) != 1 || left.jobs[0].Err != nil {
		t.Errorf("%+v, %v", left, err)
	}
}

// TestForgedNeighbour: a record that cannot be keeps those beside it from nothing.
func TestForgedNeighbour(t *testing.T) {
	entry := func(record string) string { return kept1("tencent-pts", `{"Site":"intl"}`, record) }
	forged := strings.Replace(goodRecord, `"index":0`, `"index":9`, 1)
	p, _, _ := stateful(map[string]string{stateCount: "1500", stateRecords + "0": repacked(t, "["+entry(goodRecord)+","+entry(forged)+","+entry(goodRecord)+"]")})
	if left, err := p.left(p.newConsole(), nil); err == nil || len(left.jobs) != 2 {
		t.Errorf("%d are left, %v", len(left.jobs), err)
	}
}

// reader is a follower of any jobs: none of them is known.
type reader struct{}

func (reader) Group() (string, int) { return "any", 3 }
func (reader) Find(context.Context, job.Intent) ([]engine.Found, error) {
	return []engine.Found{{Index: 0, Ref: job.Ref{ID: "found"}}}, nil
}
func (reader) Status(_ context.Context, refs []job.Ref) ([]job.Status, error) {
	return slices.Repeat([]job.Status{{State: job.StateStopped, Word: "Aborted"}}, len(refs)), nil
}
func (reader) Stop(context.Context, job.Ref, bool) error                  { return nil }
func (reader) Why(context.Context, job.Ref, job.Status) ([]string, error) { return nil, nil }
func (reader) Report(context.Context, job.Ref, job.Status) (job.Report, error) {
	return job.Report{}, nil
}
func (reader) Lasting(job.Ref) bool { return false }

// FuzzState holds that no state makes the post step panic, take much memory, or
// settle what nobody named.
func FuzzState(f *testing.F) {
	good := kept1("tencent-pts", `{"Site":"intl"}`, goodRecord)
	for _, text := range []string{"[" + good + "]", "[" + good + "," + good + "]", "[]", "[[]]", "{}", "null", `[null]`, `[{"record":{"jobs":[{"index":5}]}}]`, `[{"record":{"what":["a","b"],"intent":{"mark":"cj-abcdefghij-1-abcd","at":"2026-11-26T18:00:00Z"},"policy":""}}]`} {
		f.Add("1", text, true)
		f.Add("600", text, true)
	}
	for _, text := range []string{"%", "AAAA", "S7UAAA==", strings.Repeat("A", 1000)} {
		f.Add("1", text, false)
	}
	for _, count := range []string{"", "0", "-1", "1000000000", "x", "1e9", "+1", "01"} {
		f.Add(count, "["+good+"]", true)
	}
	f.Fuzz(func(t *testing.T, count, entry string, pack bool) {
		if pack {
			entry = repacked(t, entry)
		}
		p, _, _ := stateful(map[string]string{stateCount: count, stateRecords + "0": entry})
		all, err := p.left(p.newConsole(), nil)
		left := all.jobs
		if err != nil && strings.Contains(err.Error(), "panic") {
			t.Fatal(err)
		}
		names := 0
		for i := range left {
			if left[i].Follower != nil || left[i].Err == nil {
				left[i].Follower, left[i].Err = reader{}, nil
			}
			names += len(left[i].Record.What)
		}
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
			defer cancel()
			if r := engine.Settle(ctx, left, 5*time.Second, nil); len(r.Items) != names || slices.ContainsFunc(r.Items, func(i job.Item) bool { return i.What == "" }) {
				t.Errorf("%d are named, and settled are %+v", names, r.Items)
			}
		})
	})
}

var _ engine.Follower = reader{}

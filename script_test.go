package main

import (
	"encoding/pem"
	"errors"
	"flag"
	"fmt"
	"html"
	"io"
	"log"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"cloudjob/internal/action/runnertest"
	"cloudjob/internal/catalog"
	"cloudjob/internal/emulator"
	"cloudjob/internal/emulator/emu"
	"cloudjob/internal/job"
	"cloudjob/internal/plan"
	dataartsemu "cloudjob/internal/service/huaweidataarts/emu"
)

var update = flag.Bool("update", false, "write what the scripts compare with")

func TestMain(m *testing.M) {
	// The scripts wait, for a cloud or a clock, most of their time.
	if err := flag.Set("test.parallel", "16"); err != nil {
		panic(err)
	}
	testscript.Main(m, map[string]func(){"cloudjob": main, "post": main})
}

// TestScripts drives the binary as the runner does.
func TestScripts(t *testing.T) {
	// What the machine of the tests has in its environment must not matter.
	for _, name := range []string{
		"GITHUB_OUTPUT", "GITHUB_WORKSPACE", "GITHUB_STEP_SUMMARY", "HTTP_PROXY", "HTTPS_PROXY", "RUNNER_DEBUG",
		"TENCENTCLOUD_TOKEN", "HUAWEICLOUD_SDK_AK", "HW_AUTH_TOKEN", "INPUT_NOTE", "INPUT_PROVIDR",
	} {
		t.Setenv(name, "of-the-outer-process")
	}
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		Setup:               setup,
		UpdateScripts:       *update,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"emulator":  command((*script).emulator),
			"fault":     command((*script).fault),
			"liar":      command((*script).liar),
			"with":      command((*script).with),
			"secret":    command((*script).secret),
			"step":      command((*script).step),
			"cancel":    command((*script).cancel),
			"cancelled": command((*script).cancelled),
			"within":    command((*script).within),
			"begun":     command((*script).begun),
			"calls":     command((*script).calls),
			"plansize":  command((*script).plansize),
			"state":     command((*script).state),
			"live":      command((*script).live),
			"kill9":     command((*script).kill),
			"guide":     command((*script).guide),
			"said":      command((*script).said),
			"shown":     command((*script).shown),
			"elsewhere": command((*script).elsewhere),
		},
	})
}

// script is what a script has beside its files and its environment.
type script struct {
	*testscript.TestScript
	cloud   *emulator.Emulator
	arrived chan struct{} // gets one for each request that reaches the emulator
	inputs  []string      // the names that with has set
	secrets []string
	guides  string      // the folder of the documentation
	tried   []string    // rows of its tables
	ended   []*exec.Cmd // those that cancel has interrupted
}

type scriptKey struct{}

func command(do func(*script, []string) error) func(*testscript.TestScript, bool, []string) {
	return func(ts *testscript.TestScript, not bool, args []string) {
		if not {
			ts.Fatalf("this command takes no !")
		}
		s := ts.Value(scriptKey{}).(*script)
		s.TestScript = ts
		ts.Check(do(s, args))
	}
}

// runnerFiles are those through which a step talks to the runner, by their
// variables.
func runnerFiles() map[string]string {
	return map[string]string{
		"GITHUB_OUTPUT": "output", "GITHUB_STATE": "state", "GITHUB_ENV": "env", "GITHUB_STEP_SUMMARY": "summary",
	}
}

// setup makes the surroundings of a step: the runner's files and variables, a
// workspace, every input present and empty, and good credentials.
func setup(env *testscript.Env) error {
	inside := func(name string) string { return filepath.Join(env.WorkDir, name) }
	for _, dir := range []string{"runner", "workspace", "home"} {
		if err := os.MkdirAll(inside(dir), 0o755); err != nil {
			return err
		}
	}
	env.Cd = inside("workspace")
	variables := map[string]string{
		"HOME": inside("home"), "GITHUB_WORKSPACE": inside("workspace"),
		"GITHUB_ACTIONS": "true", "CI": "true", "GITHUB_ACTOR": "octocat",
		"TENCENTCLOUD_SECRET_ID": emulator.TencentKeyID, "TENCENTCLOUD_SECRET_KEY": emulator.Secret,
		"HUAWEICLOUD_SDK_AK": emulator.HuaweiAccessKey, "HUAWEICLOUD_SDK_SK": emulator.Secret,
		"GORACE":  "atexit_sleep_ms=0", // the race detector would sleep a second at each exit
		"PROJECT": emulator.ProjectID,
		"LOG":     inside("runner/log.txt"), "OUTPUTS": inside("runner/outputs.txt"), "SUMMARY": inside("runner/summary.txt"),
	}
	for variable, name := range runnerFiles() {
		variables[variable] = inside("runner/" + name)
	}
	for _, name := range plan.Inputs() {
		variables[input(name)] = ""
	}
	for name, value := range variables {
		env.Setenv(name, value)
	}
	docs, err := filepath.Abs("docs")
	if err != nil {
		return err
	}
	s := &script{arrived: make(chan struct{}, 1000), guides: docs}
	env.Values[scriptKey{}] = s
	return s.freshFiles(inside("runner"))
}

func input(name string) string { return "INPUT_" + strings.ToUpper(name) }

// freshFiles empties the runner's files, as it does before each step.
func (s *script) freshFiles(dir string) error {
	for _, name := range runnerFiles() {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// emulator [speed=N] [tls=FILE] [token-life=1m] [subject-with-ids=true]: starts
// the emulated cloud; $EMULATOR is its address. With tls it is one of https, and
// the file gets its root.
func (s *script) emulator(args []string) error {
	speed, root := 1.0, ""
	var options emulator.Options
	for _, arg := range args {
		var err error
		switch name, text, _ := strings.Cut(arg, "="); name {
		case "tls":
			root = text
		case "speed":
			speed, err = strconv.ParseFloat(text, 64)
		case "token-life":
			options.Login.TokenLife, err = time.ParseDuration(text)
		case "subject-with-ids":
			options.Login.SubjectWithIDs, err = strconv.ParseBool(text)
		default:
			err = fmt.Errorf("%s is unknown", arg)
		}
		if err != nil {
			return err
		}
	}
	clock := emulator.NewClock(speed)
	var halves []emu.Half
	for _, p := range catalog.Providers() {
		halves = append(halves, p.Emulate(clock))
	}
	s.cloud = emulator.New(options, halves...)
	arrived := make(chan struct{}, 1000)
	s.arrived = arrived
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		arrived <- struct{}{}
		s.cloud.ServeHTTP(w, r)
	}))
	if root == "" {
		server.Start()
	} else {
		server.Config.ErrorLog = log.New(io.Discard, "", 0) // of handshakes that fail as they should
		server.StartTLS()
		text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
		if err := os.WriteFile(s.MkAbs(root), text, 0o644); err != nil {
			return err
		}
	}
	s.Defer(server.Close)
	s.Setenv("EMULATOR", server.URL)
	return nil
}

// fault KIND [call=NAME] [delay=1m] [times=N] [after]: what goes wrong next.
func (s *script) fault(args []string) error {
	f, err := emulator.ParseFault(strings.Join(args, " "))
	if err == nil {
		s.cloud.Inject(f)
	}
	return err
}

// liar FILE: starts a cloud that answers every call with the file's text; $LIAR
// is its address.
func (s *script) liar(args []string) error {
	answer := s.ReadFile(args[0])
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		io.WriteString(w, answer)
	}))
	s.Defer(server.Close)
	s.Setenv("LIAR", server.URL)
	return nil
}

// with NAME=VALUE...: the inputs of the next steps, in place of those before;
// @FILE is the text of a file.
func (s *script) with(args []string) error {
	for _, name := range append(plan.Inputs(), s.inputs...) {
		s.Setenv(input(name), "")
	}
	s.inputs = nil
	for _, arg := range args {
		name, value, _ := strings.Cut(arg, "=")
		if path, ok := strings.CutPrefix(value, "@"); ok {
			value = s.ReadFile(path)
		}
		s.inputs = append(s.inputs, name)
		s.Setenv(input(name), value)
	}
	return nil
}

// secret VALUE...: nothing of it may be seen any more, beside the credentials.
func (s *script) secret(args []string) error {
	s.secrets = append(s.secrets, args...)
	return nil
}

// step STATUS [ARG...]: runs the binary, which must exit with the status.
// After it $LOG, $OUTPUTS and $SUMMARY are what a workflow sees of it.
func (s *script) step(args []string) error {
	status, err := strconv.Atoi(args[0])
	if err != nil {
		return err
	}
	if err := s.freshFiles(s.MkAbs("../runner")); err != nil {
		return err
	}
	err = s.Exec("cloudjob", args[1:]...)
	got := 0
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		got = exit.ExitCode()
	} else if err != nil {
		return err
	}
	if got != status {
		return fmt.Errorf("exit status %d, want %d", got, status)
	}
	return s.inspect(status)
}

// within DURATION ARG...: runs the binary, which must exit with 0 in time.
func (s *script) within(args []string) error {
	limit, err := time.ParseDuration(args[0])
	if err != nil {
		return err
	}
	began := time.Now()
	if err := s.Exec("cloudjob", args[1:]...); err != nil {
		return err
	}
	if took := time.Since(began); took > limit {
		return fmt.Errorf("took %s, the limit is %s", took, limit)
	}
	return nil
}

// cancel N: interrupts what runs in the background when its Nth request has
// reached the emulator.
func (s *script) cancel(args []string) error { return s.signal(args, syscall.SIGINT) }

func (s *script) signal(args []string, signal syscall.Signal) error {
	n, err := strconv.Atoi(args[0])
	if err != nil {
		return err
	}
	patience := time.After(time.Minute)
	for range n {
		select {
		case <-s.arrived:
		case <-patience:
			return errors.New("the requests do not come")
		}
	}
	for _, cmd := range s.BackgroundCmds() {
		if err := cmd.Process.Signal(signal); err != nil {
			return err
		}
		if signal == syscall.SIGINT {
			s.ended = append(s.ended, cmd)
		}
	}
	return nil
}

// cancelled STATUS: what was interrupted, and waited for, ended with it.
func (s *script) cancelled(args []string) error {
	for _, cmd := range s.ended {
		if got := strconv.Itoa(cmd.ProcessState.ExitCode()); got != args[0] {
			return fmt.Errorf("exit status %s, want %s", got, args[0])
		}
	}
	s.ended = nil
	status, err := strconv.Atoi(args[0])
	if err != nil {
		return err
	}
	return s.inspect(status)
}

// begun SERVICE=COUNT...: the jobs that the cloud really began, all of them.
func (s *script) begun(args []string) error {
	want, got := map[string]string{}, map[string]string{}
	for _, arg := range args {
		service, count, _ := strings.Cut(arg, "=")
		want[service] = count
	}
	for service, jobs := range s.cloud.Begun() {
		jobs = slices.DeleteFunc(jobs, func(j emu.Job) bool { return j.Mark == dataartsemu.ScheduledJob }) // it runs at each full hour by itself
		if len(jobs) > 0 {
			got[service] = strconv.Itoa(len(jobs))
		}
	}
	if !maps.Equal(want, got) {
		return fmt.Errorf("the cloud began %v, want %v", got, want)
	}
	return nil
}

// live SERVICE=COUNT...: the jobs that still live, all of them.
func (s *script) live(args []string) error {
	want, got := map[string]string{}, map[string]string{}
	for _, arg := range args {
		service, count, _ := strings.Cut(arg, "=")
		want[service] = count
	}
	for service, jobs := range s.cloud.Begun() {
		jobs = slices.DeleteFunc(jobs, func(j emu.Job) bool { return !j.Live || j.Mark == dataartsemu.ScheduledJob })
		if len(jobs) > 0 {
			got[service] = strconv.Itoa(len(jobs))
		}
	}
	if !maps.Equal(want, got) {
		return fmt.Errorf("%v live, want %v", got, want)
	}
	return nil
}

// state: hands what the step saved to the post step, as the runner does.
func (s *script) state([]string) error {
	saved, err := os.ReadFile(s.MkAbs("../runner/state"))
	if err != nil {
		return err
	}
	entries, err := runnertest.Entries(string(saved))
	if err != nil {
		return err
	}
	for _, e := range entries {
		s.Setenv("STATE_"+e.Name, e.Value)
	}
	return s.freshFiles(s.MkAbs("../runner"))
}

// kill9 N: kills what runs in the background when its Nth request has reached
// the emulator, so that it can say and save nothing more.
func (s *script) kill(args []string) error {
	return s.signal(args, syscall.SIGKILL)
}

// calls COUNT: how many calls reached the emulator so far.
func (s *script) calls(args []string) error {
	if got := strconv.Itoa(s.cloud.Calls()[emulator.Total]); got != args[0] {
		return fmt.Errorf("%s calls, want %s", got, args[0])
	}
	return nil
}

// plansize FILE BYTES: lengthens a plan with a comment.
func (s *script) plansize(args []string) error {
	size, err := strconv.Atoi(args[1])
	if err != nil {
		return err
	}
	path := s.MkAbs(args[0])
	text := s.ReadFile(path) + "# "
	return os.WriteFile(path, []byte(text+strings.Repeat("x", size-len(text)-1)+"\n"), 0o644)
}

// inspect holds what no step may break that ends with the status, and writes
// what a workflow sees.
func (s *script) inspect(status int) error {
	written := map[string]string{"stdout": s.ReadFile("stdout"), "stderr": s.ReadFile("stderr")}
	for variable, name := range runnerFiles() {
		written[variable] = s.ReadFile(s.MkAbs("../runner/" + name))
	}
	outputs, err := runnertest.Entries(written["GITHUB_OUTPUT"])
	if err != nil {
		return fmt.Errorf("the runner would refuse GITHUB_OUTPUT: %w", err)
	}
	if _, err := runnertest.Entries(written["GITHUB_STATE"]); err != nil {
		return fmt.Errorf("the runner would refuse GITHUB_STATE: %w", err)
	}
	var lines strings.Builder
	for _, o := range outputs {
		fmt.Fprintf(&lines, "%s = %s\n", o.Name, o.Value)
	}
	for variable, text := range map[string]string{"LOG": written["stdout"], "OUTPUTS": lines.String(), "SUMMARY": written["GITHUB_STEP_SUMMARY"]} {
		if err := os.WriteFile(s.Getenv(variable), []byte(s.steady(text)), 0o644); err != nil {
			return err
		}
	}
	return errors.Join(s.commandsOf(written["stdout"]+"\n"+written["stderr"]), s.leaks(written), s.homeless(), s.agrees(status, outputs, written["stdout"]))
}

// agrees tells whether the outputs say of the end what the exit status says,
// and why: the last value of a name counts.
func (s *script) agrees(status int, outputs []runnertest.Entry, log string) error {
	values := map[string]string{}
	for _, o := range outputs {
		if values[o.Name] = o.Value; len(o.Value) > 100<<10 {
			return fmt.Errorf("the output %s has %d bytes: a later step could not get it in a variable", o.Name, len(o.Value))
		}
	}
	if outcome, ok := values["outcome"]; ok && job.Outcome(outcome).Exit() != status {
		return fmt.Errorf("the outcome is %q, the exit status %d", outcome, status)
	} else if ok && (values["reason"] == "") != (status == 0) {
		return fmt.Errorf("the exit status is %d and the reason %q", status, values["reason"])
	} else if ok && status != 0 && values["verdict"] == string(job.Pass) {
		return fmt.Errorf("the exit status is %d and the verdict %q", status, values["verdict"])
	}
	annotated := slices.ContainsFunc(runnertest.Commands(log), func(c runnertest.Command) bool { return c.Name == "error" })
	if s.Getenv("GITHUB_ACTIONS") == "true" && status != 0 && !annotated {
		return fmt.Errorf("the exit status is %d, and no annotation says why", status)
	}
	return nil
}

// moving is what differs from run to run.
var moving = regexp.MustCompile(`((?:X-Tc-Timestamp|X-Sdk-Date):|status \d+ after|, Date) (?:\w+, [^,\n]+ GMT|[^,\s]+)`)

// steady replaces it, and the emulator's address, also where it is escaped.
func (s *script) steady(text string) string {
	if address := strings.TrimPrefix(s.Getenv("EMULATOR"), "http://"); address != "" {
		escaped := strings.ReplaceAll(address, ":", "&#58;<!-- -->")
		text = strings.NewReplacer(address, "EMULATOR", escaped, "EMULATOR").Replace(text)
	}
	return moving.ReplaceAllString(text, "$1 NOW")
}

// commandsOf tells whether the log gives the runner only commands of ours.
func (s *script) commandsOf(log string) error {
	allowed := []string{"add-mask", "error", "warning", "debug", "group", "endgroup"}
	if s.Getenv("GITHUB_ACTIONS") != "true" {
		allowed = nil
	}
	count := map[string]int{}
	for _, c := range runnertest.Commands(log) {
		if !slices.Contains(allowed, c.Name) {
			return fmt.Errorf("the log has a command in it: %s", c.Line)
		}
		count[c.Name]++
	}
	if count["error"] > 10 || count["warning"] > 10 {
		return fmt.Errorf("%v: the runner keeps 10 annotations of a kind", count)
	}
	return nil
}

// leaks tells whether a secret can be read anywhere, however escaped. Only the
// commands that mask it, which the runner swallows, may hold it.
func (s *script) leaks(written map[string]string) error {
	secrets := slices.Clone(s.secrets)
	for _, p := range catalog.Providers() {
		for _, variable := range p.Variables {
			secrets = append(secrets, s.Getenv(variable))
		}
	}
	if s.cloud != nil {
		secrets = append(secrets, s.cloud.Secrets()...)
	}
	for where, text := range written {
		var rest strings.Builder
		for line := range strings.Lines(text) {
			if !strings.HasPrefix(line, "::add-mask::") {
				rest.WriteString(line)
			}
		}
		plain := html.UnescapeString(strings.ReplaceAll(rest.String(), "<!-- -->", ""))
		for _, secret := range secrets {
			if secret != "" && (strings.Contains(rest.String(), secret) || strings.Contains(plain, secret)) {
				return fmt.Errorf("%s shows the secret %s", where, secret)
			}
		}
	}
	return nil
}

// homeless tells whether nothing was written into the home folder.
func (s *script) homeless() error {
	entries, err := os.ReadDir(s.Getenv("HOME"))
	if err == nil && len(entries) > 0 {
		err = fmt.Errorf("%s was written into the home folder", entries[0].Name())
	}
	return err
}

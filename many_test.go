package main

import (
	"flag"
	"fmt"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"cloudjob/internal/action/runnertest"
	"cloudjob/internal/emulator"
	ptsemu "cloudjob/internal/service/tencentpts/emu"
)

var (
	many   = flag.Int("many", 60, "how many jobs TestManyJobs has in its plan")
	binary = flag.String("binary", "cloudjob", "the program that it runs")
)

// crowd is a plan of many jobs, and the cloud that they run in.
type crowd struct {
	t     *testing.T
	dir   string
	env   []string
	cloud *emulator.Emulator
}

// newCrowd makes jobs that put on load for so long.
func newCrowd(t *testing.T, jobs int, lasts time.Duration) *crowd {
	pts := ptsemu.New(emulator.NewClock(1))
	pts.Switches.ParallelJobs = jobs
	ids := make([]string, jobs)
	for i := range ids {
		ids[i] = fmt.Sprintf("scenario-%08x", i*2654435761&0xffffffff)
		pts.AddScenario(ptsemu.Scenario{ID: ids[i], Stages: []ptsemu.Stage{{DurationSeconds: int64(lasts / time.Second), TargetVirtualUsers: 10}}})
	}
	c := &crowd{t: t, dir: t.TempDir(), cloud: emulator.New(emulator.Options{}, pts.Half())}
	server := httptest.NewServer(c.cloud)
	t.Cleanup(server.Close)
	plan := "jobs:\n  - provider: tencent-pts\n    project_id: project-demo\n    endpoint: " + server.URL + "\n    scenario_id: " + strings.Join(ids, ",\n      ") + "\n"
	if err := os.WriteFile(c.file("plan.yml"), []byte(plan), 0o644); err != nil {
		t.Fatal(err)
	}
	for variable, name := range runnerFiles() {
		if err := os.WriteFile(c.file(name), nil, 0o644); err != nil {
			t.Fatal(err)
		}
		c.env = append(c.env, variable+"="+c.file(name))
	}
	c.env = append(c.env, "PATH="+os.Getenv("PATH"), "GITHUB_ACTIONS=true", "GITHUB_WORKSPACE="+c.dir, "GITHUB_ACTOR=octocat", "GITHUB_RUN_ID=1", "GITHUB_RUN_ATTEMPT=1",
		"TENCENTCLOUD_SECRET_ID="+emulator.TencentKeyID, "TENCENTCLOUD_SECRET_KEY="+emulator.Secret, "INPUT_PLAN_FILE=plan.yml", "INPUT_WAIT=true", "INPUT_POLL_INTERVAL=5s")
	return c
}

func (c *crowd) file(name string) string { return filepath.Join(c.dir, name) }

func (c *crowd) start(name string, env ...string) *exec.Cmd {
	c.t.Helper()
	log, err := os.Create(c.file("log-" + name))
	if err != nil {
		c.t.Fatal(err)
	}
	c.t.Cleanup(func() { log.Close() })
	path, err := exec.LookPath(*binary)
	if err != nil {
		c.t.Fatal(err)
	}
	cmd := &exec.Cmd{Path: path, Args: []string{name}, Env: append(c.env, env...), Stdout: log, Stderr: log}
	if err := cmd.Start(); err != nil {
		c.t.Fatal(err)
	}
	return cmd
}

func (c *crowd) entries(file string) map[string]string {
	c.t.Helper()
	src, err := os.ReadFile(c.file(file))
	if err != nil {
		c.t.Fatal(err)
	}
	entries, err := runnertest.Entries(string(src))
	if err != nil {
		c.t.Fatal(err)
	}
	last := map[string]string{}
	for _, e := range entries {
		last[e.Name] = e.Value
	}
	return last
}

func (c *crowd) live() (live int) {
	for _, j := range c.cloud.Begun()["pts"] {
		if j.Live {
			live++
		}
	}
	return live
}

// TestManyJobs: a plan of very many jobs goes from start to summary, with
// outputs that later steps can take and a summary that is shown. -many 5000
// plays as many as the figures of the documentation are of.
func TestManyJobs(t *testing.T) {
	t.Parallel()
	c := newCrowd(t, *many, 10*time.Second)
	began := time.Now()
	cmd := c.start("cloudjob")
	if err := cmd.Wait(); err != nil {
		t.Fatalf("%v\n%s", err, c.tail("log-cloudjob"))
	}
	took := time.Since(began)
	peak := cmd.ProcessState.SysUsage().(*syscall.Rusage).Maxrss
	outputs, all := c.entries("output"), 0
	for name, value := range outputs {
		if all += len(value); len(value) > 100<<10 {
			t.Errorf("the output %s has %d bytes", name, len(value))
		}
	}
	summary, err := os.Stat(c.file("summary"))
	if err != nil || summary.Size() == 0 || summary.Size() > 1<<20 {
		t.Errorf("the summary: %v, %v", summary, err)
	}
	if outputs["outcome"] != "succeeded" || all > 512<<10 || len(c.cloud.Begun()["pts"]) != *many {
		t.Errorf("outcome %q, %d bytes of outputs, %d jobs begun", outputs["outcome"], all, len(c.cloud.Begun()["pts"]))
	}
	state := c.entries("state")
	t.Logf("%d jobs in %s, at most %d MiB; outputs %d KiB (statuses %d KiB, left out: %q), summary %d KiB, state file %d KiB, %d of it left, %d calls",
		*many, took.Round(time.Second), peak>>10, all>>10, len(outputs["statuses"])>>10, outputs["left_out"], summary.Size()>>10, size(t, c.file("state"))>>10, sum(state), c.cloud.Calls()[emulator.Total])
}

// TestManyKilled: the state of very many jobs that run reaches the post step,
// which asks every one to stop.
func TestManyKilled(t *testing.T) {
	t.Parallel()
	c := newCrowd(t, *many, time.Hour)
	cmd := c.start("cloudjob")
	for until := time.Now().Add(time.Minute + time.Duration(*many)*100*time.Millisecond); c.live() < *many; time.Sleep(100 * time.Millisecond) {
		if time.Now().After(until) {
			t.Fatalf("only %d jobs live\n%s", c.live(), c.tail("log-cloudjob"))
		}
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	var env []string
	for name, value := range c.entries("state") {
		env = append(env, "STATE_"+name+"="+value)
	}
	began := time.Now()
	err := c.start("post", env...).Wait()
	t.Logf("%d jobs: %d variables of %d KiB; post ended after %s (%v), %d of them live", *many, len(env), sum(c.entries("state"))>>10, time.Since(began).Round(time.Second), err, c.live())
	if c.live() > 0 {
		t.Errorf("%d jobs live\n%s", c.live(), c.tail("log-post"))
	}
}

func (c *crowd) tail(file string) string {
	src, _ := os.ReadFile(c.file(file))
	return string(src[max(0, len(src)-2000):])
}

func size(t *testing.T, file string) int64 {
	info, err := os.Stat(file)
	if err != nil {
		t.Fatal(err)
	}
	return info.Size()
}

func sum(entries map[string]string) (bytes int) {
	for name, value := range entries {
		bytes += len(name) + len(value)
	}
	return bytes
}

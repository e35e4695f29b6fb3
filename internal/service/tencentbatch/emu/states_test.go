package batchemu

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

const second = time.Second

// steps are the states a job, or what look returns, is in at these times.
type step struct {
	at    time.Duration
	state string
}

func (w *world) walk(look func() string, steps ...step) {
	w.t.Helper()
	for _, s := range steps {
		w.now = epoch.Add(s.at)
		if got := look(); got != s.state {
			w.t.Errorf("at %v: got %v, want %v", s.at, got, s.state)
		}
	}
}

func (w *world) walkJob(id string, steps ...step) {
	w.t.Helper()
	w.walk(func() string { return w.state(id) }, steps...)
}

// counts are a metrics object, without zeros.
func counts(m any) string {
	var out []string
	for _, state := range []string{"Submitted", "Pending", "Runnable", "Starting", "Running", "Succeed", "FailedInterrupted", "Failed"} {
		if n := m.(map[string]any)[state+"Count"]; n != 0.0 {
			out = append(out, fmt.Sprint(state, " ", n))
		}
	}
	return strings.Join(out, ", ")
}

func TestSuccess(t *testing.T) {
	w := newWorld(t)
	id := w.submit(aJob(aTask("a", "echo hi", ""), ""))
	w.walkJob(id,
		step{0, Submitted}, step{2*second - 1, Submitted}, step{2 * second, Runnable}, step{4 * second, Starting},
		step{10 * second, Running}, step{30*second - 1, Running}, step{30 * second, Succeed}, step{time.Hour, Succeed})
	in := w.instance(id, "a", 0)
	want(t, "exit code", in["ExitCode"], 0.0)
	want(t, "detail", in["StateDetailedReason"], "successful")
	want(t, "machine", in["ComputeNodeInstanceId"], nil)
	want(t, "launched", in["LaunchTime"], "2026-01-02T03:04:09Z")
	want(t, "running", in["RunningTime"], "2026-01-02T03:04:15Z")
	want(t, "end", in["EndTime"], "2026-01-02T03:04:35Z")
	job := w.ok("DescribeJob", byID(id))
	want(t, "job end", job["EndTime"], "2026-01-02T03:04:35Z")
	want(t, "reason", job["StateReason"], "")
}

// What is read late is what would have been seen earlier.
func TestTimePassesUnseen(t *testing.T) {
	body := aJob(aTask("a", "sleep 3", "")+","+aTask("b", "exit 1", `,"MaxRetryCount":2`), `,"Dependences":[{"StartTask":"a","EndTask":"b"}]`)
	seen, unseen := newWorld(t), newWorld(t)
	a, b := seen.submit(body), unseen.submit(body)
	for range 300 {
		seen.pass(second / 2)
		seen.state(a)
	}
	unseen.pass(150 * second)
	want(t, "job", unseen.ok("DescribeJob", byID(b)), seen.ok("DescribeJob", byID(a)))
	want(t, "instance", unseen.instance(b, "b", 0), seen.instance(a, "b", 0))
}

func TestFailure(t *testing.T) {
	for _, c := range []struct{ name, more, state, node string }{
		{"terminate", "", Failed, "none"},
		{"interrupt", `,"FailedAction":"INTERRUPT"`, FailedInterrupted, "kept"},
		{"fast interrupt", `,"FailedAction":"FAST_INTERRUPT"`, FailedInterrupted, "kept"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			id := w.submit(aJob(aTask("a", "sleep 5; exit 3", c.more), ""))
			w.walkJob(id, step{14 * second, Running}, step{15 * second, c.state}, step{time.Hour, c.state})
			in := w.instance(id, "a", 0)
			want(t, "exit code", in["ExitCode"], 3.0)
			want(t, "machine is kept", in["ComputeNodeInstanceId"] != nil, c.node == "kept")
			want(t, "reason", w.ok("DescribeJob", byID(id))["StateReason"], "task a: the command failed")
		})
	}
}

func TestRetries(t *testing.T) {
	w := newWorld(t)
	id := w.submit(aJob(aTask("a", "sleep 2; exit 3", `,"MaxRetryCount":1`), ""))
	w.walkJob(id, step{10 * second, Running}, step{12 * second, Runnable}, step{14 * second, Starting}, step{20 * second, Running}, step{22 * second, Failed})

	w = newWorld(t)
	w.Script("nightly", Outcome{FailFirst: 1, Run: 2 * second})
	id = w.submit(aJob(aTask("a", "exit 3", `,"MaxRetryCount":1`), ""))
	w.pass(11 * second)
	first := w.instance(id, "a", 0)["ComputeNodeInstanceId"]
	w.walkJob(id, step{12 * second, Runnable}, step{21 * second, Running})
	if second := w.instance(id, "a", 0)["ComputeNodeInstanceId"]; first == nil || first == second {
		t.Errorf("machines: %v, then %v", first, second)
	}
	w.walkJob(id, step{22 * second, Succeed})
}

func TestTimeout(t *testing.T) {
	w := newWorld(t)
	id := w.submit(aJob(aTask("a", "sleep 100", `,"Timeout":30,"MaxRetryCount":3,"FailedAction":"INTERRUPT"`), ""))
	w.walkJob(id, step{39 * second, Running}, step{40 * second, Failed})
	in := w.instance(id, "a", 0)
	want(t, "exit code", in["ExitCode"], nil)
	want(t, "reason", in["StateReason"], "the timeout passed")
	id = w.submit(aJob(aTask("a", "sleep 100000", ""), ""))
	w.pass(24*time.Hour + 11*second)
	want(t, "default timeout", w.state(id), Failed)
}

func TestDependences(t *testing.T) {
	diamond := func(first, more string) string {
		return aJob(strings.Join([]string{aTask("d", "sleep 1", ""), aTask("b", "sleep 1", ""), aTask("c", "sleep 5", ""), aTask("a", first, "")}, ","),
			`,"Dependences":[{"StartTask":"a","EndTask":"b"},{"StartTask":"a","EndTask":"c"},{"StartTask":"b","EndTask":"d"},{"StartTask":"c","EndTask":"d"}]`+more)
	}
	w := newWorld(t)
	id := w.submit(diamond("sleep 1", ""))
	look := func() string { return counts(w.ok("DescribeJob", byID(id))["TaskMetrics"]) }
	w.walk(look,
		step{0, "Submitted 4"}, step{2 * second, "Pending 3, Runnable 1"}, step{10 * second, "Pending 3, Running 1"},
		step{11 * second, "Pending 1, Runnable 2, Succeed 1"}, step{20 * second, "Pending 1, Running 1, Succeed 2"},
		step{24 * second, "Runnable 1, Succeed 3"}, step{33 * second, "Succeed 4"})
	want(t, "job", w.state(id), Succeed)

	w = newWorld(t)
	id = w.submit(diamond("exit 1", ""))
	w.walk(func() string { return counts(w.ok("DescribeJob", byID(id))["TaskMetrics"]) }, step{29 * second, "Pending 3, Running 1"}, step{30 * second, "Failed 4"})
	want(t, "reason", w.ok("DescribeJob", byID(id))["StateReason"], "task a: the command failed")

	w = newWorld(t)
	w.Switches.BlockedStay = true
	id = w.submit(diamond("exit 1", ""))
	w.walk(func() string { return counts(w.ok("DescribeJob", byID(id))["TaskMetrics"]) }, step{30 * second, "Pending 3, Failed 1"})
	job := w.ok("DescribeJob", byID(id))
	want(t, "job", job["JobState"], Failed)
	want(t, "end", job["EndTime"], "2026-01-02T03:04:35Z")
	w.wantCode("DeleteJob", byID(id), "ResourceInUse.Job")
	w.ok("TerminateJob", byID(id))
	w.ok("DeleteJob", byID(id))

	w = newWorld(t)
	id = w.submit(diamond("exit 1", `,"TaskExecutionDependOn":"PRE_TASK_FINISHED"`))
	w.walkJob(id, step{30 * second, Running}, step{time.Minute, Failed})
	want(t, "tasks", counts(w.ok("DescribeJob", byID(id))["TaskMetrics"]), "Succeed 3, Failed 1")
}

func TestPartlySucceeded(t *testing.T) {
	for dependOn, tasks := range map[string]string{"PRE_TASK_AT_LEAST_PARTLY_SUCCEED": "Succeed 1, Failed 1", "PRE_TASK_SUCCEED": "Failed 2"} {
		w := newWorld(t)
		id := w.submit(aJob(aTask("a", "exit $BATCH_TASK_INSTANCE_INDEX", `,"TaskInstanceNum":3`)+","+aTask("b", "true", ""),
			`,"Dependences":[{"StartTask":"a","EndTask":"b"}],"TaskExecutionDependOn":"`+dependOn+`"`))
		w.pass(31 * second)
		w.ok("DescribeJob", byID(id))
		w.pass(time.Hour)
		m := w.ok("DescribeJob", byID(id))
		want(t, dependOn, counts(m["TaskMetrics"]), tasks)
		want(t, "job", m["JobState"], Failed)
	}
}

func TestConcurrency(t *testing.T) {
	w := newWorld(t)
	id := w.submit(aJob(aTask("a", "sleep 4", `,"TaskInstanceNum":5,"MaxConcurrentNum":2`), ""))
	w.walk(func() string { return counts(w.ok("DescribeJob", byID(id))["TaskInstanceMetrics"]) },
		step{0, "Submitted 5"}, step{2 * second, "Runnable 5"}, step{4 * second, "Runnable 3, Starting 2"}, step{10 * second, "Runnable 3, Running 2"},
		step{14 * second, "Runnable 1, Starting 2, Succeed 2"}, step{24 * second, "Starting 1, Succeed 4"}, step{34 * second, "Succeed 5"})
}

func TestMachines(t *testing.T) {
	script := Outcome{CVMFailures: 2}
	w := newWorld(t)
	w.Script("nightly", script)
	id := w.submit(aJob(aTask("a", "true", ""), ""))
	w.walkJob(id, step{9 * second, Starting}, step{10 * second, Failed})
	want(t, "exit code", w.instance(id, "a", 0)["ExitCode"], nil)

	w = newWorld(t)
	w.Script("nightly", script)
	id = w.submit(aJob(aTask("a", "true", ""), `,"StateIfCreateCvmFailed":"RUNNABLE"`))
	w.walkJob(id, step{10 * second, Runnable}, step{609 * second, Runnable}, step{610 * second, Starting}, step{616 * second, Runnable}, step{1216 * second, Starting}, step{1242 * second, Succeed})

	w = newWorld(t)
	w.Script("nightly", script)
	id = w.submit(aJob(aTask("a", "true", `,"ResourceMaxRetryCount":1,"MaxRetryCount":1`), ""))
	w.walkJob(id, step{10 * second, Runnable}, step{616 * second, Runnable}, step{618 * second, Starting}, step{644 * second, Succeed})

	for n, wait := range map[int]time.Duration{1: 600, 3: 600, 4: 900, 10: 900, 11: 1800, 50: 1800, 51: 3600} {
		want(t, fmt.Sprint("retry ", n), machineWait(n), wait*second)
	}
}

func TestLiveState(t *testing.T) {
	w := newWorld(t)
	w.Script("nightly", Outcome{LiveState: "DEFROSTING"})
	id := w.submit(aJob(aTask("a", "true", ""), ""))
	w.walkJob(id, step{4 * second, Starting}, step{10 * second, "DEFROSTING"}, step{30 * second, Succeed})
}

func TestTerminate(t *testing.T) {
	w := newWorld(t)
	id := w.submit(aJob(aTask("a", "sleep 1000", `,"TaskInstanceNum":2`)+","+aTask("b", "true", ""), `,"Dependences":[{"StartTask":"a","EndTask":"b"}]`))
	w.wantCode("TerminateJob", byID(id), "UnsupportedOperation")
	w.Switches.SubmittedCode = "ResourceInUse.Job"
	w.wantCode("TerminateJob", byID(id), "ResourceInUse.Job")

	w.pass(20 * second)
	want(t, "next action", w.ok("DescribeJob", byID(id))["NextAction"], "")
	w.ok("TerminateJob", byID(id))
	w.pass(4 * second)
	job := w.ok("DescribeJob", byID(id))
	want(t, "next action", job["NextAction"], "TERMINATING")
	want(t, "state", job["JobState"], Running)
	want(t, "instances", counts(job["TaskInstanceMetrics"]), "Running 2, Failed 1")
	w.wantCode("DeleteJob", byID(id), "ResourceInUse.Job")
	w.ok("TerminateJob", byID(id))
	w.Switches.TerminateBusy = true
	w.wantCode("TerminateJob", byID(id), "ResourceInUse.Job")

	w.pass(second)
	job = w.ok("DescribeJob", byID(id))
	want(t, "next action", job["NextAction"], "")
	want(t, "state", job["JobState"], Failed)
	want(t, "exit code", w.instance(id, "a", 0)["ExitCode"], nil)
	w.ok("TerminateJob", byID(id))
	w.ok("DeleteJob", byID(id))
	w.wantCode("DescribeJob", byID(id), "ResourceNotFound.Job")
	w.wantCode("TerminateJob", byID(id), "ResourceNotFound.Job")
}

func TestTerminateStates(t *testing.T) {
	for _, c := range []struct {
		name, command, more string
		at                  time.Duration
		now, then           string
	}{
		{"runnable", "true", "", 3 * second, Failed, Failed},
		{"starting", "true", "", 9 * second, Starting, Failed},
		{"running", "sleep 1", "", 10 * second, Running, Failed},
		{"succeeded", "true", "", time.Minute, Succeed, Succeed},
		{"failed", "exit 1", "", time.Minute, Failed, Failed},
		{"interrupted", "exit 1", `,"FailedAction":"INTERRUPT"`, time.Minute, FailedInterrupted, Failed},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			id := w.submit(aJob(aTask("a", c.command, c.more), ""))
			w.walkJob(id, step{c.at, map[string]string{"runnable": Runnable}[c.name] + map[bool]string{true: "", false: c.now}[c.name == "runnable"]})
			w.ok("TerminateJob", byID(id))
			w.walkJob(id, step{c.at, c.now}, step{c.at + 3*second, c.now}, step{c.at + 4*second, c.then}, step{time.Hour, c.then})
		})
	}
}

func TestTerminateSwitches(t *testing.T) {
	w := newWorld(t)
	w.Switches.TerminateFor = time.Minute
	id := w.submit(aJob(aTask("a", "true", ""), ""))
	w.pass(11 * second)
	w.ok("TerminateJob", byID(id))
	w.walkJob(id, step{70 * second, Running}, step{71 * second, Failed})

	for at, state := range map[time.Duration]string{3 * second: Runnable, 11 * second: Running} {
		w = newWorld(t)
		w.Switches.TerminateNeverEnds = true
		id = w.submit(aJob(aTask("a", "true", ""), ""))
		w.pass(at)
		w.ok("TerminateJob", byID(id))
		w.pass(1000 * time.Hour)
		want(t, "hung", w.state(id), state)
		want(t, "next action", w.ok("DescribeJob", byID(id))["NextAction"], "TERMINATING")
		want(t, "live", w.Half().Begun()[0].Live, true)
	}

	w = newWorld(t)
	w.Switches.TerminateEnvIDRefused = true
	id = w.submit(with(env, `"EnvId":"env-demo0001"`))
	w.pass(3 * second)
	w.wantCode("TerminateJob", byID(id), "UnsupportedOperation.TerminateOperationWithEnvId")
	w.wantCode("TerminateTaskInstance", `{"JobId":"`+id+`","TaskName":"a","TaskInstanceIndex":0}`, "UnsupportedOperation.TerminateOperationWithEnvId")
	w.Switches = Switches{NextActionNull: true}
	w.ok("TerminateJob", byID(id))
	want(t, "next action", w.ok("DescribeJob", byID(id))["NextAction"], nil)
}

func TestTerminateTaskInstance(t *testing.T) {
	w := newWorld(t)
	id := w.submit(aJob(aTask("a", "true", `,"TaskInstanceNum":2`), ""))
	call := func(task string, i int) string {
		return fmt.Sprintf(`{"JobId":%q,"TaskName":%q,"TaskInstanceIndex":%d}`, id, task, i)
	}
	w.wantCode("TerminateTaskInstance", call("a", 2), "ResourceNotFound.TaskInstance")
	w.wantCode("TerminateTaskInstance", call("b", 0), "ResourceNotFound.TaskInstance")
	w.pass(12 * second)
	w.ok("TerminateTaskInstance", call("a", 1))
	want(t, "next action", w.ok("DescribeJob", byID(id))["NextAction"], "")
	w.pass(4 * second)
	want(t, "instances", counts(w.ok("DescribeJob", byID(id))["TaskInstanceMetrics"]), "Running 1, Failed 1")
	w.pass(time.Minute)
	want(t, "job", w.state(id), Failed)
	w.ok("TerminateTaskInstance", call("a", 0))
	want(t, "succeeded stays", w.instance(id, "a", 0)["TaskInstanceState"], Succeed)

	id = w.submit(aJob(aTask("a", "true", ""), ""))
	w.ok("TerminateTaskInstance", call("a", 0)) // SUBMITTED: at once
	want(t, "job", w.state(id), Failed)
}

func TestRetryJobs(t *testing.T) {
	w := newWorld(t)
	w.Script("nightly", Outcome{FailFirst: 1})
	id := w.submit(aJob(aTask("a", "true", "")+","+aTask("b", "true", ""), `,"Dependences":[{"StartTask":"a","EndTask":"b"}],"TaskExecutionDependOn":"PRE_TASK_SUCCEED"`))
	retry := `{"JobIds":["` + id + `"]}`
	w.wantCode("RetryJobs", retry, "UnsupportedOperation")
	w.pass(time.Minute)
	want(t, "job", w.state(id), Failed)
	w.ok("RetryJobs", retry)
	job := w.ok("DescribeJob", byID(id))
	want(t, "again", fmt.Sprint(job["JobState"], " ", counts(job["TaskMetrics"]), " ", job["EndTime"]), "RUNNABLE Pending 1, Runnable 1 <nil>")
	w.pass(time.Minute)
	want(t, "b fails once, too", w.state(id), Failed)
	w.ok("RetryJobs", retry)
	w.pass(time.Minute)
	want(t, "job", w.state(id), Succeed)
	w.wantCode("RetryJobs", retry, "UnsupportedOperation")
}

func TestPlay(t *testing.T) {
	for _, c := range []struct {
		command string
		want    execution
	}{
		{"true", execution{RunningFor, 0, "ran: true\n", ""}},
		{"echo x", execution{RunningFor, 0, "x\n", ""}},
		{`echo "a b"; sleep 5 && exit 3`, execution{5 * second, 3, "a b\n", ""}},
		{`sh -c 'echo x; echo y; sleep 1; exit 7'`, execution{second, 7, "x\ny\n", ""}},
		{"echo -n x > file", execution{RunningFor, 0, "ran: echo -n x > file\n", ""}},
		{"exit 0", execution{RunningFor, 0, "ran: exit 0\n", ""}},
		{"exit 256", execution{RunningFor, 0, "ran: exit 256\n", ""}},
		{"exit 3; true", execution{RunningFor, 0, "ran: exit 3; true\n", ""}},
		{"sleep 0", execution{0, 0, "ran: sleep 0\n", ""}},
		{"sleep soon", execution{RunningFor, 0, "ran: sleep soon\n", ""}},
		{"echoes x", execution{RunningFor, 0, "ran: echoes x\n", ""}},
	} {
		want(t, c.command, play(c.command), c.want)
	}
}

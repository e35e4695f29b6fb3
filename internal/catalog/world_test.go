package catalog_test

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"cloudjob/internal/catalog"
	"cloudjob/internal/cloud"
	"cloudjob/internal/cloud/huawei"
	"cloudjob/internal/cloud/tencent"
	"cloudjob/internal/emulator"
	"cloudjob/internal/emulator/emu"
	"cloudjob/internal/engine"
	"cloudjob/internal/field"
	"cloudjob/internal/job"
	cptsemu "cloudjob/internal/service/huaweicpts/emu"
	dataartsemu "cloudjob/internal/service/huaweidataarts/emu"
	drsemu "cloudjob/internal/service/huaweidrs/emu"
	batchemu "cloudjob/internal/service/tencentbatch/emu"
	ptsemu "cloudjob/internal/service/tencentpts/emu"
)

// subject is one thing to start on one provider, and what is special about it.
type subject struct {
	name     string
	provider string
	inputs   string // NAME=VALUE lines
	service  string // of the emulator's half
	calls    []string
	start    string // the call that starts
	ends     bool   // it ends by itself
	well     bool   // and well
	lasting  bool   // a cancel leaves it
	marked   bool   // its mark proves that it is ours
}

const huaweiInputs = "project_id=" + emulator.ProjectID + "\nregion=cn-north-4\n"

// subjects are jobs of every provider and every kind of life.
func subjects() []subject {
	pts := []string{"StartJob", "DescribeJobs", "AbortJob"}
	batch := []string{"SubmitJob", "DescribeJobs", "TerminateJob"}
	drs := []string{"BatchStartJobs", "BatchListJobStatus", "BatchListJobDetails", "BatchStopJobs"}
	cpts := []string{"CreateNewTask", "BatchUpdateTaskStatus", "ShowTaskSet", "ShowTask", "ShowHistoryRunInfo"}
	dataarts := []string{"RunOnce", "StartJob", "ListJobInstances", "ShowJobInstance", "StopJobInstance"}
	batchJob := func(command string) string {
		return "region=ap-guangzhou\nplacement={Zone: ap-guangzhou-4}\njob={JobName: sim, Tasks: [{TaskName: main, EnvId: env-demo0001, Application: {DeliveryForm: LOCAL, Command: " + command + "}}]}"
	}
	return []subject{
		{"pts healthy", "tencent-pts", "project_id=project-demo\nscenario_id=scenario-demo", "pts", pts, "StartJob", true, true, false, true},
		{"pts SLA", "tencent-pts", "project_id=project-demo\nscenario_id=scenario-failing", "pts", pts, "StartJob", true, false, false, true},
		{"pts stuck", "tencent-pts", "project_id=project-demo\nscenario_id=scenario-stuck", "pts", pts, "StartJob", false, false, false, true},
		{"batch healthy", "tencent-batch", batchJob("echo hello"), "batch", batch, "SubmitJob", true, true, false, true},
		{"batch fails", "tencent-batch", batchJob("exit 3"), "batch", batch, "SubmitJob", true, false, false, true},
		{"drs full", "huawei-drs", huaweiInputs + "job_ids=" + drsemu.Migration, "drs", drs, "BatchStartJobs", true, true, true, false},
		{"drs sync", "huawei-drs", huaweiInputs + "job_ids=" + drsemu.Sync, "drs", drs, "BatchStartJobs", true, true, true, false},
		{"cpts healthy", "huawei-cpts", huaweiInputs + "test_project_id=393862\nname=sim\nparallel=true\ncase_ids=449269,449270", "cpts", cpts, "BatchUpdateTaskStatus", true, true, false, true},
		{"cpts aborts", "huawei-cpts", huaweiInputs + "test_project_id=393862\nname=sim\nparallel=true\ncase_ids=449273", "cpts", cpts, "BatchUpdateTaskStatus", true, false, false, true},
		{"dataarts once", "huawei-dataarts", huaweiInputs + "job_name=myJob\nrun=once", "dayu-dlf", dataarts, "RunOnce", true, true, false, false},
		{"dataarts fails", "huawei-dataarts", huaweiInputs + "job_name=failingJob\nrun=once", "dayu-dlf", dataarts, "RunOnce", true, false, false, false},
		{"dataarts stream", "huawei-dataarts", huaweiInputs + "job_name=myStream", "dayu-dlf", dataarts, "StartJob", true, true, true, false},
	}
}

// world is an emulated cloud and the way to its truth.
type world struct {
	*emulator.Emulator
	pts      *ptsemu.Service
	batch    *batchemu.Service
	drs      *drsemu.Service
	cpts     *cptsemu.Service
	dataarts *dataartsemu.Service
}

func newWorld() *world {
	clock := emulator.NewClock(1)
	w := &world{
		pts: ptsemu.New(clock), batch: batchemu.New(clock), drs: drsemu.New(clock),
		cpts: cptsemu.New(clock), dataarts: dataartsemu.New(clock),
	}
	w.Emulator = emulator.New(emulator.Options{}, w.pts.Half(), w.batch.Half(), w.drs.Half(), w.cpts.Half(), w.dataarts.Half())
	return w
}

// begun is the truth about the jobs of a subject.
func (w *world) begun(s subject) []emu.Job { return w.Begun()[s.service] }

func (w *world) live(s subject) (live []emu.Job) {
	for _, j := range w.begun(s) {
		if j.Live {
			live = append(live, j)
		}
	}
	return live
}

// line is a process's connection to the world, which dies with it.
type line struct {
	http.RoundTripper
	dead atomic.Bool
}

var errDead = errors.New("the process is dead")

func (l *line) RoundTrip(r *http.Request) (*http.Response, error) {
	if l.dead.Load() {
		return nil, errDead
	}
	resp, err := l.RoundTripper.RoundTrip(r)
	if l.dead.Load() { // it died while the answer was on its way
		return nil, errDead
	}
	return resp, err
}

func env(transport http.RoundTripper) cloud.Env {
	tencentNames, huaweiNames := tencent.Variables(), huawei.Variables()
	return cloud.Env{Transport: &cloud.Transport{Base: transport}, Getenv: func(name string) string {
		return map[string]string{
			tencentNames[0]: emulator.TencentKeyID, tencentNames[1]: emulator.Secret,
			huaweiNames[0]: emulator.HuaweiAccessKey, huaweiNames[1]: emulator.Secret,
		}[name]
	}}
}

// open decodes the subject's inputs and opens its services.
func (s subject) open(t *testing.T, e cloud.Env) ([]engine.Service, catalog.Provider, catalog.Spec) {
	t.Helper()
	provider, ok := catalog.Find(s.provider)
	if !ok {
		t.Fatalf("no provider %s", s.provider)
	}
	spec := provider.New()
	var inputs []field.Input
	for l := range strings.Lines(s.inputs) {
		name, text, _ := strings.Cut(strings.TrimSpace(l), "=")
		inputs = append(inputs, field.Input{Name: name, Text: text})
	}
	if problems := spec.Fields().DecodeInputs(inputs, field.Options{}, spec.Check); len(problems) > 0 {
		t.Fatal(problems)
	}
	services, err := spec.Open(e)
	if err != nil {
		t.Fatal(err)
	}
	return services, provider, spec
}

// memory is a journal that another process can read, and that takes nothing
// from a dead one.
type memory struct {
	mu      sync.Mutex
	records map[int][]byte
	line    *line
}

func (m *memory) Save(service int, r engine.Record) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.line.dead.Load() {
		return errDead
	}
	b, err := json.Marshal(r)
	m.records[service] = b
	return err
}

func (m *memory) left(t *testing.T, s subject, follower engine.Follower) []engine.Left {
	t.Helper()
	m.mu.Lock()
	defer m.mu.Unlock()
	var all []engine.Left
	for i := range len(m.records) {
		var r engine.Record
		if err := json.Unmarshal(m.records[i], &r); err != nil {
			t.Fatal(err)
		}
		all = append(all, engine.Left{Provider: s.provider, Follower: follower, Record: r})
	}
	return all
}

// attempt is one attempt of a workflow run: main, and then the post step.
type attempt struct {
	number   string
	options  engine.Options
	signal   time.Duration // after its beginning; 0: none
	kill     time.Duration // after its beginning; 0: none. A kill loses everything that is not saved
	noPost   bool          // the runner died too
	result   engine.Result // of main; empty if it was killed
	killed   bool
	settled  engine.Result
	leftover int // live jobs after all of it
}

// play lets one attempt happen.
func (a *attempt) play(t *testing.T, w *world, s subject) {
	t.Helper()
	ours := &line{RoundTripper: w.Transport()}
	services, provider, spec := s.open(t, env(ours))
	kept := &memory{records: map[int][]byte{}, line: ours}
	ctx, end := context.WithCancel(context.Background())
	defer end()
	if a.signal > 0 {
		stop := time.AfterFunc(a.signal, end)
		defer stop.Stop()
	}
	if a.kill > 0 {
		stop := time.AfterFunc(a.kill, func() { ours.dead.Store(true); a.killed = true; end() })
		defer stop.Stop()
	}
	o := a.options
	o.Mark = engine.Mark{Run: "run", Attempt: a.number, Once: "once"}
	o.Attach = a.number != "1"
	o.Timeout = cmp.Or(o.Timeout, 15*time.Minute)
	o.PollEvery = cmp.Or(o.PollEvery, 10*time.Second)
	o.Journal = kept
	a.result = engine.Run(ctx, services, o)
	if !a.noPost {
		follower, err := provider.Reopen(env(w.Transport()), spec.Target())
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(context.Background(), 4*time.Minute)
		defer cancel()
		a.settled = engine.Settle(ctx, kept.left(t, s, follower), 5*time.Second, nil)
	}
	a.leftover = len(w.live(s))
}

// told tells whether the attempt said that a job of it may still run.
func (a *attempt) told() bool {
	for _, item := range append(a.result.Items, a.settled.Items...) {
		if engine.OutcomeOf(item) == job.StartUnknown {
			return true
		}
		switch item.Stop {
		case job.StopLeft, job.StopRequested, job.StopFailed:
			return true
		}
	}
	return false
}

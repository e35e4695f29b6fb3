package catalog_test

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"runtime/debug"
	"slices"
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
	inputs   string        // NAME=VALUE lines
	service  string        // of the emulator's half
	calls    []string      // that the simulator spoils
	start    string        // the call that starts
	stop     string        // the call that stops
	looks    bool          // a stop is sent only after a look at the job
	there    there         // how a job is named that was started before; zero: it cannot be
	runs     time.Duration // when it surely does, after its start; 0: after 20 s
	well     bool          // it ends well
	lasting  bool          // a cancel leaves it
	marked   bool          // its mark proves that it is ours
	guard    engine.Guard  // the most that its start may run; nil: anything
	kind     string        // what the truth puts before its id, where it begins jobs of its own
}

// there are the inputs that name a job which was started before.
type there struct {
	keep    string // those of a start that do so too
	id, run string // those that take the id and the run; may be empty
}

const huaweiInputs = "project_id=" + emulator.ProjectID + "\nregion=cn-north-4\n"

// subjects are jobs of every provider and every kind of life.
func subjects() []subject {
	const (
		scenario = "project_id=project-demo\nscenario_id="
		task     = huaweiInputs + "test_project_id=393862\n"
		cases    = task + "name=sim\nparallel=true\ncase_ids="
	)
	command := func(command string) string {
		return "region=ap-guangzhou\nplacement={Zone: ap-guangzhou-4}\njob={JobName: sim, Tasks: [{TaskName: main, EnvId: env-demo0001, Application: {DeliveryForm: LOCAL, Command: " + command + "}}]}"
	}
	pts := subject{
		provider: "tencent-pts", service: "pts", marked: true, start: "StartJob", stop: "AbortJob", there: there{"project_id scenario_id", "job_id", ""},
		calls: []string{"StartJob", "DescribeJobs", "AbortJob"},
	}
	batch := subject{
		provider: "tencent-batch", service: "batch", marked: true, start: "SubmitJob", stop: "TerminateJob", there: there{"region", "job_id", ""},
		calls: []string{"SubmitJob", "DescribeJobs", "DescribeJobSubmitInfo", "TerminateJob"},
	}
	drs := subject{
		provider: "huawei-drs", service: "drs", lasting: true, start: "BatchStartJobs", stop: "BatchStopJobs", looks: true, there: there{"project_id region job_ids", "", ""},
		calls: []string{"BatchStartJobs", "BatchListJobStatus", "BatchListJobDetails", "BatchStopJobs"},
	}
	paused := drs
	paused.start, paused.calls = "BatchRestoreTask", []string{"BatchRestoreTask", "BatchListJobStatus", "BatchListJobDetails", "BatchStopJobs"}
	cpts := subject{
		provider: "huawei-cpts", service: "cpts", marked: true, start: "BatchUpdateTaskStatus", stop: "BatchUpdateTaskStatus", looks: true, there: there{"project_id region test_project_id", "task_id", "run_id"},
		calls: []string{"CreateNewTask", "BatchUpdateTaskStatus", "ShowTaskSet", "ShowTask", "ShowHistoryRunInfo"},
	}
	existing := cpts
	existing.marked, existing.calls = false, []string{"BatchUpdateTaskStatus", "ShowTask", "ShowHistoryRunInfo"}
	once := subject{
		provider: "huawei-dataarts", service: "dayu-dlf", start: "RunOnce", stop: "StopJobInstance", there: there{"project_id region job_name", "", "run_id"},
		calls: []string{"RunOnce", "ListJobInstances", "ShowJobInstance", "StopJobInstance"},
	}
	on := once
	on.lasting, on.start, on.stop, on.there = true, "StartJob", "StopJob", there{}
	schedule, stream := on, on
	schedule.kind, schedule.runs = "schedule", 2*time.Minute+12*time.Second
	schedule.calls = []string{"StartJob", "ShowJob", "ListJobs", "ListJobInstances", "StopJob", "StopJobInstance"}
	stream.runs, stream.calls = 5*time.Second, []string{"StartJob", "ShowJob", "ShowJobStatus", "StopJob"}

	is := func(s subject, name, inputs string, well bool) subject {
		s.name, s.inputs, s.well = name, inputs, well
		return s
	}
	return []subject{
		is(pts, "pts healthy", scenario+"scenario-demo", true),
		is(pts, "pts SLA", scenario+"scenario-failing", false),
		is(pts, "pts stuck", scenario+"scenario-stuck", false),
		is(batch, "batch healthy", command("echo hello"), true),
		is(batch, "batch fails", command("exit 3"), false),
		is(drs, "drs full", huaweiInputs+"job_ids="+drsemu.Migration, true),
		is(drs, "drs sync", huaweiInputs+"job_ids="+drsemu.Sync, true),
		is(paused, "drs paused", huaweiInputs+"job_ids="+drsemu.Paused, true),
		is(cpts, "cpts healthy", cases+"449269,449270", true),
		is(cpts, "cpts aborts", cases+"449273", false),
		is(existing, "cpts existing", task+"task_id=184138", true),
		is(once, "dataarts once", huaweiInputs+"job_name=myJob\nrun=once", true),
		is(once, "dataarts fails", huaweiInputs+"job_name=failingJob\nrun=once", false),
		is(schedule, "dataarts schedule", huaweiInputs+"job_name=often", true),
		is(stream, "dataarts stream", huaweiInputs+"job_name=myStream", true),
	}
}

// TestEveryProviderIsTried: the promises are held by what stands in subjects.
func TestEveryProviderIsTried(t *testing.T) {
	for _, p := range catalog.Providers() {
		of := slices.DeleteFunc(subjects(), func(s subject) bool { return s.provider != p.Name })
		if !slices.ContainsFunc(of, func(s subject) bool { return s.well }) || !slices.ContainsFunc(of, func(s subject) bool { return !s.well }) && !slices.ContainsFunc(of, func(s subject) bool { return s.lasting }) {
			t.Errorf("no job of %s that ends well, or none that ends badly or lasts, stands in subjects: add it there, and every promise is held for it", p.Name)
		}
	}
}

// twin is another job of the same place: with another mark, or, for what no
// mark may hold, with the same one.
func (s subject) twin() subject {
	for _, change := range [][2]string{{"scenario_id=", "note=twin\nscenario_id="}, {"Command: exit 3", "Command: exit 4"}, {"Command: echo hello", "Command: echo twin"}, {"name=sim", "name=twin"}} {
		if other := strings.Replace(s.inputs, change[0], change[1], 1); other != s.inputs {
			s.inputs = other
			return s
		}
	}
	return s
}

// world is an emulated cloud of one service and the way to its truth.
type world struct {
	*emulator.Emulator
	process atomic.Value                       // the name of that at work: an attempt's main or its post step
	heard   func(call string, truth []emu.Job) // nil, or told of each call before it has its effect
	written func(call string, body any) any    // nil, or what stands in the place of the body of an answer
	mute    string                             // the call whose next answer does not come
	muted   atomic.Bool                        // it was made

	// Of these there is the one service.
	pts      *ptsemu.Service
	batch    *batchemu.Service
	drs      *drsemu.Service
	cpts     *cptsemu.Service
	dataarts *dataartsemu.Service
}

func newWorld(service string) *world {
	clock := emulator.NewClock(1)
	w := &world{}
	var half emu.Half
	switch service {
	case "pts":
		w.pts = ptsemu.New(clock)
		half = w.pts.Half()
	case "batch":
		w.batch = batchemu.New(clock)
		half = w.batch.Half()
	case "drs":
		w.drs = drsemu.New(clock)
		half = w.drs.Half()
	case "cpts":
		w.cpts = cptsemu.New(clock)
		half = w.cpts.Half()
	case "dayu-dlf":
		w.dataarts = dataartsemu.New(clock)
		w.dataarts.Switches.WaitingUnlisted = true // the harder of two readings
		w.dataarts.Add(dataartsemu.Job{
			Name: "often", Type: dataartsemu.Batch, Schedule: dataartsemu.Cron, Every: 2 * time.Minute,
			Nodes: []dataartsemu.Node{{Name: "load", Type: "DWSSQL", Takes: 30 * time.Second}},
		})
		half = w.dataarts.Half()
	default:
		half = halfOf(service, clock)
	}
	for i, call := range half.Calls {
		half.Calls[i].Handle = func(r *emu.Request) emu.Answer {
			if w.heard != nil {
				w.heard(call.Name, half.Begun())
			}
			if w.mute == call.Name {
				w.mute = ""
				w.muted.Store(true)
			}
			answer := call.Handle(r)
			if w.written != nil && answer.Err == nil && answer.Body != nil {
				answer.Body = w.written(call.Name, answer.Body)
			}
			return answer
		}
	}
	w.Emulator = emulator.New(emulator.Options{}, half)
	return w
}

// halfOf is a service's half as the catalog makes it.
func halfOf(service string, clock emu.Clock) emu.Half {
	for _, p := range catalog.Providers() {
		if half := p.Emulate(clock); half.Service == service {
			return half
		}
	}
	panic("no provider's half is of the service " + service)
}

// listLate has new jobs listed only after a while: how soon they are is
// documented nowhere.
func (w *world) listLate(after time.Duration) {
	switch {
	case w.pts != nil:
		w.pts.Switches.ListingDelay = after
	case w.batch != nil:
		w.batch.Switches.UnlistedFor = after
	case w.drs != nil:
		w.drs.Switches.LateStatus = after
	case w.cpts != nil:
		w.cpts.Switches.ListedAfter = after
	case w.dataarts != nil:
		w.dataarts.Switches.InstanceListedAfter = after
	}
}

// RoundTrip is the way into the world.
func (w *world) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := w.Transport().RoundTrip(r)
	if w.muted.CompareAndSwap(true, false) {
		<-r.Context().Done()
		return nil, context.Cause(r.Context())
	}
	return resp, err
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

// phase is where the truth is in the life of a job.
func phase(truth []emu.Job) string {
	if len(truth) == 0 {
		return "before"
	}
	switch last := truth[len(truth)-1]; last.State {
	case "JobAborting", "5", "STOPPING", "TERMINATING":
		return "stopping"
	case "JobRunning", "RUNNING", "FULL_TRANSFER_STARTED", "FULL_TRANSFER_COMPLETE", "INCRE_TRANSFER_STARTED", "0", "running", "NORMAL":
		return "running"
	default:
		if last.Live {
			return "pending"
		}
		return "ended"
	}
}

// running are the live jobs that nobody stops.
func (w *world) running(s subject) []emu.Job {
	return slices.DeleteFunc(w.live(s), func(j emu.Job) bool { return phase([]emu.Job{j}) == "stopping" })
}

// job is the truth about the last job that a ref names.
func (w *world) job(s subject, ref job.Ref) (last emu.Job, known bool) {
	for _, j := range w.begun(s) {
		if j.ID == cmp.Or(ref.Run, ref.ID) || j.ID == ref.Kind+"/"+ref.ID {
			last, known = j, true
		}
	}
	return last, known
}

// line is a process's connection to the world, which dies with it.
type line struct {
	http.RoundTripper
	dead atomic.Bool
}

var errDead = errors.New("the process is dead")

func (l *line) RoundTrip(r *http.Request) (*http.Response, error) {
	if l.dead.Load() {
		return l.lost(r)
	}
	resp, err := l.RoundTripper.RoundTrip(r)
	if l.dead.Load() { // it died while the answer was on its way
		return l.lost(r)
	}
	return resp, err
}

// lost has what is left of a dead process wait and do nothing.
func (l *line) lost(r *http.Request) (*http.Response, error) {
	<-r.Context().Done()
	return nil, errDead
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

// record is what was kept of a service. A main that was killed may be in its
// last Save at the same moment.
func (m *memory) record(t *testing.T, service int) engine.Record {
	t.Helper()
	m.mu.Lock()
	defer m.mu.Unlock()
	var r engine.Record
	if err := json.Unmarshal(m.records[service], &r); err != nil {
		t.Fatal(err)
	}
	return r
}

func (m *memory) left(t *testing.T, s subject, follower engine.Follower) []engine.Left {
	t.Helper()
	m.mu.Lock()
	kept := len(m.records)
	m.mu.Unlock()
	var all []engine.Left
	for i := range kept {
		if r := m.record(t, i); !r.Done {
			all = append(all, engine.Left{Provider: s.provider, Follower: follower, Record: r})
		}
	}
	return all
}

// attempt is one attempt of a workflow run: main, and then the post step.
type attempt struct {
	number   string
	step     string // tells the steps of one place apart
	overlaps bool   // with others that may stop its job
	of       subject
	mark     string
	options  engine.Options
	signal   time.Duration // after its beginning; 0: none; below: before it
	kill     time.Duration // after its beginning; 0: none. A kill loses everything that is not saved
	noPost   bool          // the runner died too
	fault    string        // the method of services that a fault of ours is in; empty: none
	met      atomic.Bool   // it was hit
	login    time.Duration // when the login ends, after the beginning; 0: it does not
	reads    bool          // it ends for reads only
	result   engine.Result // of main; empty if it was killed
	killed   bool
	began    time.Time
	took     time.Duration // main
	settled  engine.Result
	told     bool      // that a job may run on, by this attempt or an earlier one
	begun    []emu.Job // the truth, after all of it
	leftover int       // running jobs, after all of it
}

// play lets one attempt happen.
func (a *attempt) play(t *testing.T, w *world, s subject) {
	t.Helper()
	before := len(w.begun(s))
	w.process.Store("attempt " + a.number)
	ours := &line{RoundTripper: w}
	services, provider, spec := s.open(t, env(ours))
	kept := &memory{records: map[int][]byte{}, line: ours}
	a.of, a.options.Contents = s, []string{provider.Content(spec, services[0])}
	a.options.Mark = engine.Mark{Run: "run", Attempt: a.number, Once: "once" + a.step}
	a.mark = a.options.Mark.Of(a.options.Contents)[0]
	defer a.ending(w, s)()
	a.main(t, a.services(services), kept)
	if !a.noPost {
		w.process.Store("attempt " + a.number + ", post")
		follower, err := provider.Reopen(env(w), spec.Target())
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(context.Background(), 4*time.Minute)
		defer cancel()
		a.settled = engine.Settle(ctx, kept.left(t, s, a.follower(follower)), 5*time.Second, nil)
	}
	a.leftover = len(w.running(s))
	for _, j := range w.begun(s)[before:] {
		if s.marked && !a.isOf(j) {
			continue
		}
		if s.kind == "" || strings.HasPrefix(j.ID, s.kind+"/") { // a schedule begins jobs itself
			a.begun = append(a.begun, j)
		}
	}
}

// isOf tells whether the attempt began a job, of a service that keeps marks.
func (a *attempt) isOf(j emu.Job) bool { return engine.Marked(j.Mark, a.mark) == a.mark }

const patience = 5 * time.Minute // every job that ends by itself has ended by then

// main runs until it ends or is killed.
func (a *attempt) main(t *testing.T, services []engine.Service, kept *memory) {
	ctx, end := context.WithCancel(context.Background())
	defer end()
	switch {
	case a.signal < 0:
		end()
	case a.signal > 0:
		defer time.AfterFunc(a.signal, end).Stop()
	}
	killed := make(chan struct{})
	if a.kill > 0 {
		defer time.AfterFunc(a.kill, func() { kept.line.dead.Store(true); close(killed) }).Stop()
	}
	o := a.options
	o.Attach = a.number != "1"
	o.Timeout = cmp.Or(o.Timeout, patience)
	o.PollEvery = cmp.Or(o.PollEvery, 30*time.Second)
	o.Journal = kept
	o.Jitter = func() float64 { return 0.5 } // a play can be played again
	a.began = time.Now()
	done := make(chan engine.Result, 1)
	go func() {
		done <- engine.Run(ctx, services, o)
		close(done)
	}()
	select {
	case a.result = <-done:
	case <-killed:
		a.killed = true
		t.Cleanup(func() { <-done }) // a bubble waits for nobody
	}
	a.took = time.Since(a.began)
}

// heard is what users heard of the attempt.
func (a *attempt) heard() []job.Item { return append(a.result.Items, a.settled.Items...) }

// The plays of this package make much garbage and keep nothing.
func TestMain(m *testing.M) {
	debug.SetGCPercent(400)
	os.Exit(m.Run())
}

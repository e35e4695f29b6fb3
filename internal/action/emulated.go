package action

import (
	"cmp"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"cloudjob/internal/catalog"
	"cloudjob/internal/cloud"
	"cloudjob/internal/cloud/huawei"
	"cloudjob/internal/cloud/tencent"
	"cloudjob/internal/emulator"
	"cloudjob/internal/emulator/emu"
	"cloudjob/internal/plan"
)

// This file is about the emulator inside of a step, which jobs with the endpoint
// "emulator" run in. They have an environment of their own: their requests reach only
// the emulator, and their keys are the emulator's, so that no key of the user's is
// used.
//
// The post step is another process. It makes the same emulated cloud again from a file
// in RUNNER_TEMP, in which main kept every call that changed something.

// newEmulator makes the emulated cloud with everything in its world.
func newEmulator(o emulator.Options) (*emulator.Emulator, []emu.Half) {
	clock := emulator.NewClock(o.Speed)
	if o.History != nil {
		clock = o.History.Clock
	}
	var halves []emu.Half
	for _, p := range catalog.Providers() {
		halves = append(halves, p.Emulate(clock))
	}
	return emulator.New(o, halves...), halves
}

// emulated is the environment of a step that talks to the emulator.
func emulated(name string) string {
	tencentNames, huaweiNames := tencent.Variables(), huawei.Variables()
	return map[string]string{
		tencentNames[0]: emulator.TencentKeyID, tencentNames[1]: emulator.Secret,
		huaweiNames[0]: emulator.HuaweiAccessKey, huaweiNames[1]: emulator.Secret,
		"GITHUB_ACTOR": "demo",
	}[name]
}

// surroundings has the environments that services are opened with: that of the real
// clouds, and that of the emulated one.
type surroundings struct {
	real     cloud.Env
	emulated *cloud.Env // nil: there is no emulated cloud
}

// errNoWorld is the error for an emulated job where there is no emulated cloud.
var errNoWorld = errors.New("there is no emulated cloud here")

// of is the environment for the services of a target.
func (s surroundings) of(target string) (cloud.Env, error) {
	switch {
	case !cloud.Emulated(target):
		return s.real, nil
	case s.emulated == nil:
		return cloud.Env{}, errNoWorld
	}
	return *s.emulated, nil
}

// surround makes the surroundings. Without a world no job is emulated.
func (p *process) surround(c *console, login cloud.Login, roots []*x509.Certificate, w *ownCloud) surroundings {
	s := surroundings{real: p.env(c, login, roots)}
	if w == nil {
		return s
	}
	inside := s.real
	inside.Transport = &cloud.Transport{Base: w.emulator.Transport(), Trace: s.real.Transport.Trace, Redact: s.real.Transport.Redact}
	inside.Getenv, inside.Fork = p.insideGetenv, false
	// Logins follow there, by the emulator's own identity tokens.
	inside.Login.Endpoint, inside.Login.Variable = "", ""
	inside.Login.With = cmp.Or(login.With, cloud.LoginByRole)
	s.emulated = &inside
	return s
}

// insideGetenv reads the environment of emulated jobs: that of the process, with the
// emulator's own login in place of the user's.
func (p *process) insideGetenv(name string) string {
	switch name {
	case "ACTIONS_ID_TOKEN_REQUEST_URL":
		return "http://" + cloud.EmulatorHost + emulator.IdentityTokenPath
	case "ACTIONS_ID_TOKEN_REQUEST_TOKEN":
		return emulator.IdentityRequestToken
	}
	if slices.Contains(slices.Concat(tencent.Variables(), huawei.Variables()), name) {
		return emulated(name)
	}
	return p.getenv(name)
}

// ownCloud is the emulated cloud of a step.
type ownCloud struct {
	emulator *emulator.Emulator
	kept     keptWorld
}

// keptWorld is what the step's state keeps about the emulated cloud.
type keptWorld struct {
	emulator.Beginning
	File string `json:"file,omitempty"` // in RUNNER_TEMP; empty: nothing more is kept
}

// historyPrefix is how the name of the file with an emulated cloud's calls begins.
const historyPrefix = "cloudjob-emulated-"

// newOwnCloud makes the emulated cloud of a plan; nil if none of its jobs is emulated.
// With kept, its calls are kept for the post step.
func (p *process) newOwnCloud(c *console, run plan.Plan, kept bool) *ownCloud {
	if !emulates(run.Jobs) {
		return nil
	}
	name, keep := "", (func([]byte) error)(nil)
	if kept && p.getenv("GITHUB_STATE") != "" {
		var err error
		if name, keep, err = p.historyFile(); err != nil {
			c.line("what is emulated ends with this process, and the post step cannot look after it: %s", err)
		}
	}
	p.keep(emulator.Secret)
	h := emulator.NewHistory(float64(run.EmulatorSpeed), keep)
	w := &ownCloud{kept: keptWorld{h.Beginning(), name}}
	w.emulator, _ = newEmulator(emulator.Options{History: h})
	return w
}

func emulates(jobs []plan.Job) bool { return slices.ContainsFunc(jobs, plan.Job.Emulated) }

// historyFile makes the file of a world.
func (p *process) historyFile() (name string, keep func(line []byte) error, err error) {
	temp := p.getenv("RUNNER_TEMP")
	if temp == "" {
		return "", nil, errors.New("RUNNER_TEMP is not set")
	}
	name = historyPrefix + strings.ToLower(rand.Text()[:16])
	path := filepath.Join(temp, name)
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err == nil {
		err = f.Close()
	}
	if err != nil {
		return "", nil, fmt.Errorf("no file can be made in RUNNER_TEMP (%s): %w", temp, cause(err))
	}
	return name, func(line []byte) error { return appendWhole(path, string(line)) }, nil
}

// errGone is the error for an emulated cloud that ended with main.
var errGone = errors.New("the emulated cloud ended with the step")

// resume makes the emulated cloud that main left again, from what the step's state has
// about it.
func (p *process) resume(state string) (*ownCloud, error) {
	var kept keptWorld
	if state == "" {
		return nil, fmt.Errorf("%w, which kept nothing of it", errGone)
	}
	if err := json.Unmarshal([]byte(state), &kept); err != nil {
		return nil, fmt.Errorf("read of the emulated cloud in the state: %w", err)
	}
	switch {
	case kept.File == "":
		return nil, fmt.Errorf("%w, which could keep nothing of it", errGone)
	case !strings.HasPrefix(kept.File, historyPrefix) || filepath.Base(kept.File) != kept.File:
		return nil, fmt.Errorf("the state names a file that no step makes, %q; it is not read", kept.File)
	case kept.Speed < 1 || kept.Speed > plan.FastestEmulator:
		return nil, fmt.Errorf("the state has an emulated cloud of the speed %g, which none has", kept.Speed)
	case p.getenv("RUNNER_TEMP") == "":
		return nil, fmt.Errorf("%w: RUNNER_TEMP, where it was kept, is not set", errGone)
	}
	root, err := os.OpenRoot(p.getenv("RUNNER_TEMP"))
	if err != nil {
		return nil, fmt.Errorf("%w: RUNNER_TEMP, where it was kept, cannot be opened: %w", errGone, cause(err))
	}
	defer root.Close()
	f, err := openRegular(root, kept.File)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w: its file in RUNNER_TEMP is not there any more", errGone)
	}
	if err != nil {
		return nil, fmt.Errorf("read %s in RUNNER_TEMP: %w", kept.File, err)
	}
	defer f.Close()
	h := kept.Beginning.History()
	w := &ownCloud{kept: kept}
	w.emulator, _ = newEmulator(emulator.Options{History: h})
	if err := w.emulator.Replay(f); err != nil {
		return nil, fmt.Errorf("go on with %s in RUNNER_TEMP: %w", kept.File, err)
	}
	return w, nil
}

// forget removes the file with the calls of main's emulated cloud, if there is one.
func (p *process) forget() {
	var kept keptWorld
	if json.Unmarshal([]byte(p.getenv("STATE_"+stateEmulator)), &kept) != nil || !strings.HasPrefix(kept.File, historyPrefix) || p.getenv("RUNNER_TEMP") == "" {
		return
	}
	if root, err := os.OpenRoot(p.getenv("RUNNER_TEMP")); err == nil {
		_ = root.Remove(kept.File) // if this fails, the runner empties the folder after the job
		root.Close()
	}
}

// announce says that jobs are emulated, before anything is started.
func (p *process) announce(c *console, w *ownCloud, run plan.Plan) {
	if w == nil {
		return
	}
	emulated := 0
	for _, j := range run.Jobs {
		if j.Emulated() {
			emulated++
		}
	}
	text := "nothing real runs: the jobs are of the emulator inside of this step"
	if emulated < len(run.Jobs) {
		text = fmt.Sprintf("%d of the plan's %d jobs are of the emulator inside of this step, and not real", emulated, len(run.Jobs))
	}
	c.notice("cloudjob: emulated", fmt.Sprintf("%s, in which %d minutes pass in one", text, run.EmulatorSpeed))
	if attempt := p.getenv("GITHUB_RUN_ATTEMPT"); run.Attach() && attempt != "" && attempt != "1" {
		c.line("an emulated cloud ends with its step, so there is no job of an earlier attempt to follow")
	}
}

package action

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"

	"cloudjob/internal/catalog"
	"cloudjob/internal/cloud"
	"cloudjob/internal/engine"
	"cloudjob/internal/job"
	"cloudjob/internal/plan"
	"cloudjob/internal/report"
)

// This file keeps, in the step's state, what the post step needs to settle what
// a cancelled or killed main left behind. It holds ids and marks, no secrets.

// kept is a service's record with what is needed to reach its jobs again.
type kept struct {
	Provider string        `json:"provider"`
	Target   string        `json:"target"`
	Record   engine.Record `json:"record"`
}

// Names of the state's entries; the runner hands them to the post step as
// variables with STATE_ before them.
const (
	stateCount   = "services"
	stateService = "service_"
)

// journal writes the records into the file GITHUB_STATE.
type journal struct {
	mu      sync.Mutex
	path    string
	owners  []plan.Job // of each service
	counted bool
}

var _ engine.Journal = (*journal)(nil)

// newJournal is nil where there is no post step to write for: outside of a
// workflow, and where nothing is waited for.
func (p *process) newJournal(owners []plan.Job, wait bool) engine.Journal {
	path := p.getenv("GITHUB_STATE")
	if path == "" || !wait {
		return nil
	}
	return &journal{path: path, owners: owners}
}

func (j *journal) Save(service int, r engine.Record) error {
	owner := j.owners[service]
	b, err := json.Marshal(kept{owner.Provider.Name, owner.Spec.Target(), r})
	if err != nil {
		return err
	}
	entries := []report.Output{{Name: stateService + strconv.Itoa(service), Value: string(b)}}
	j.mu.Lock()
	defer j.mu.Unlock()
	if !j.counted {
		entries = append(entries, report.Output{Name: stateCount, Value: strconv.Itoa(len(j.owners))})
	}
	err = appendWhole(j.path, outputsBlock(entries, rand.Text))
	j.counted = j.counted || err == nil
	return err
}

// begin leaves word that main ran, before it does anything else. Where that
// cannot be written, whoever needs it is told when the first record is saved.
func (p *process) begin() {
	if path := p.getenv("GITHUB_STATE"); path != "" {
		_ = appendWhole(path, outputsBlock([]report.Output{{Name: stateCount, Value: "0"}}, rand.Text))
	}
}

// errNoWord is that main left no word at all.
var errNoWord = errors.New("the step left no word of what it did")

// left reads what main kept and is not done. An entry that cannot be read keeps
// the others from nothing.
func (p *process) left(env cloud.Env) (all []engine.Left, failed error) {
	text := p.getenv("STATE_" + stateCount)
	if text == "" {
		return nil, errNoWord
	}
	count, err := strconv.Atoi(text)
	if err != nil {
		return nil, fmt.Errorf("read the state: %q services", text)
	}
	for i := range count {
		text := p.getenv("STATE_" + stateService + strconv.Itoa(i))
		if text == "" { // nothing of it was begun
			continue
		}
		var k kept
		if err := json.Unmarshal([]byte(text), &k); err != nil {
			failed = errors.Join(failed, fmt.Errorf("read the state of service %d: %w", i, err))
			continue
		}
		if k.Record.Done {
			continue
		}
		one := engine.Left{Provider: k.Provider, Record: k.Record}
		if fault := job.Caught(func() { one.Follower, one.Err = k.reopen(env) }); fault != nil {
			one.Err = fault
		}
		all = append(all, one)
	}
	return all, failed
}

// reopen reaches the jobs again.
func (k kept) reopen(env cloud.Env) (engine.Follower, error) {
	provider, ok := catalog.Find(k.Provider)
	if !ok {
		return nil, fmt.Errorf("there is no provider %q", k.Provider)
	}
	return provider.Reopen(env, k.Target)
}

// mark makes the text by which this step's jobs are found again. All attempts
// of one step of one run share its beginning.
func (p *process) mark(jobIndex string) engine.Mark {
	m := engine.Mark{Attempt: p.getenv("GITHUB_RUN_ATTEMPT"), Once: strings.ToLower(rand.Text()[:4])}
	if p.getenv("GITHUB_RUN_ID") == "" || m.Attempt == "" {
		m.Run, m.Attempt = rand.Text(), "1"
		return m
	}
	var parts []string
	for _, name := range []string{"GITHUB_SERVER_URL", "GITHUB_REPOSITORY", "GITHUB_RUN_ID", "GITHUB_WORKFLOW_REF", "GITHUB_JOB", "GITHUB_ACTION"} {
		parts = append(parts, p.getenv(name))
	}
	m.Run = strings.Join(append(parts, jobIndex), "\n")
	return m
}

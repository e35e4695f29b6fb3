package action

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"sync"

	"cloudjob/internal/catalog"
	"cloudjob/internal/cloud"
	"cloudjob/internal/engine"
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

// left reads what main kept, and opens what is not done.
func (p *process) left(env cloud.Env) ([]engine.Left, error) {
	count, err := strconv.Atoi(p.getenv("STATE_" + stateCount))
	if err != nil { // main kept nothing: it started nothing that is waited for
		return nil, nil
	}
	var all []engine.Left
	for i := range count {
		text := p.getenv("STATE_" + stateService + strconv.Itoa(i))
		if text == "" {
			continue
		}
		var k kept
		if err := json.Unmarshal([]byte(text), &k); err != nil {
			return all, fmt.Errorf("read the state of service %d: %w", i, err)
		}
		if k.Record.Done {
			continue
		}
		provider, ok := catalog.Find(k.Provider)
		if !ok {
			return all, fmt.Errorf("read the state of service %d: there is no provider %q", i, k.Provider)
		}
		follower, err := provider.Reopen(env, k.Target)
		if err != nil {
			return all, fmt.Errorf("reach %s again: %w", k.Provider, err)
		}
		all = append(all, engine.Left{Provider: k.Provider, Follower: follower, Record: k.Record})
	}
	return all, nil
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

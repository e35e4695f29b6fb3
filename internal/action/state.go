package action

import (
	"bytes"
	"compress/flate"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"sync"

	"cloudjob/internal/catalog"
	"cloudjob/internal/cloud"
	"cloudjob/internal/engine"
	"cloudjob/internal/field"
	"cloudjob/internal/job"
	"cloudjob/internal/plan"
	"cloudjob/internal/report"
)

// This file keeps, in the step's state, what the post step needs to settle what
// a cancelled or killed main left behind. It holds ids and marks, no secrets.
//
// The runner hands each entry to the post step as a variable, of which one holds
// 128 KiB and all together, with everything else that a process gets, 2 MiB. So
// an entry has the records of several services, if there are very many, and is
// compressed, because they are alike.

// kept is a service's record with what is needed to reach its jobs again.
type kept struct {
	Provider string        `json:"provider"`
	Target   string        `json:"target"`
	Record   engine.Record `json:"record"`
}

// Names of the state's entries, and their bounds.
const (
	stateCount    = "services"
	stateLogin    = "login"
	stateLocale   = "locale"
	stateEmulator = "emulator"
	stateRecords  = "records_"
	stateServices = 1 << 20   // more fit into no state
	stateEntries  = 512       // at most
	entryLimit    = 120 << 10 // bytes of one
	stateLimit    = 1 << 20   // bytes of all
)

// perEntry is how many services share an entry.
func perEntry(services int) int { return max(1, (services+stateEntries-1)/stateEntries) }

// journal writes the records into the file GITHUB_STATE.
type journal struct {
	path   string
	owners []plan.Job // of each service
	login  cloud.Login
	locale string    // empty: nothing said which
	world  *ownCloud // nil: nothing is emulated

	mu      sync.Mutex
	counted bool
	records [][]byte // of each service as JSON; nil: there is nothing to settle
	sizes   []int    // of each entry
	packer  packer
}

var _ engine.Journal = (*journal)(nil)

// newJournal is nil where there is no post step to write for: outside of a
// workflow, and where nothing is waited for.
func (p *process) newJournal(owners []plan.Job, run plan.Run, world *ownCloud) engine.Journal {
	path := p.getenv("GITHUB_STATE")
	if path == "" || !run.Wait {
		return nil
	}
	entries := (len(owners) + perEntry(len(owners)) - 1) / perEntry(len(owners))
	return &journal{path: path, owners: owners, login: run.Login, locale: run.Locale, world: world, records: make([][]byte, len(owners)), sizes: make([]int, entries)}
}

func (j *journal) Save(service int, r engine.Record) error {
	owner := j.owners[service]
	record, err := job.JSON(kept{owner.Provider.Name, owner.Spec.Target(), r}, "")
	if err != nil {
		return err
	}
	if r.Done {
		record = nil
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	before := j.records[service]
	j.records[service] = record
	if err := j.write(service / perEntry(len(j.owners))); err != nil {
		j.records[service] = before
		return err
	}
	return nil
}

// write writes one entry, and before the first how many services there are.
func (j *journal) write(entry int) error {
	per := perEntry(len(j.owners))
	records := j.records[entry*per : min(len(j.records), (entry+1)*per)]
	value, err := j.packer.pack(slices.DeleteFunc(slices.Clone(records), func(r []byte) bool { return r == nil }))
	if err != nil {
		return err
	}
	total := len(value)
	for i, size := range j.sizes {
		if i != entry {
			total += size
		}
	}
	if len(value) > entryLimit || total > stateLimit {
		return fmt.Errorf("too much is under way for the state that the post step needs (%d KiB); split this into several steps, or give max_parallel", total>>10)
	}
	entries := []report.Output{{Name: stateRecords + strconv.Itoa(entry), Value: value}}
	if !j.counted {
		login, err := job.JSON(j.login, "")
		if err != nil {
			return fmt.Errorf("write down the login: %w", err)
		}
		entries = append(entries, report.Output{Name: stateCount, Value: strconv.Itoa(len(j.owners))})
		if string(login) != "{}" { // by the environment's keys
			entries = append(entries, report.Output{Name: stateLogin, Value: string(login)})
		}
		if j.locale != "" {
			entries = append(entries, report.Output{Name: stateLocale, Value: j.locale})
		}
		if j.world != nil {
			kept, err := json.Marshal(j.world.kept)
			if err != nil {
				return fmt.Errorf("write down the emulated cloud: %w", err)
			}
			entries = append(entries, report.Output{Name: stateEmulator, Value: string(kept)})
		}
	}
	if err := appendWhole(j.path, outputsBlock(entries, rand.Text)); err != nil {
		return err
	}
	j.counted, j.sizes[entry] = true, len(value)
	return nil
}

// packer makes entries of records. It keeps its tables: they are large, and
// thousands of entries are written.
type packer struct{ w *flate.Writer }

// pack makes an entry, of no records an empty one.
func (p *packer) pack(records [][]byte) (string, error) {
	if len(records) == 0 {
		return "", nil
	}
	return p.packText(slices.Concat([]byte("["), bytes.Join(records, []byte(",")), []byte("]")))
}

func (p *packer) packText(src []byte) (string, error) {
	var b bytes.Buffer
	text := base64.NewEncoder(base64.StdEncoding, &b)
	if p.w == nil {
		w, err := flate.NewWriter(text, flate.BestSpeed)
		if err != nil {
			return "", fmt.Errorf("compress the state: %w", err)
		}
		p.w = w
	}
	p.w.Reset(text)
	_, err := p.w.Write(src)
	err = errors.Join(err, p.w.Close(), text.Close())
	return b.String(), err
}

// unpackLimit bounds what all entries together may become: an eighth of it is
// the most that was seen, of 5,000 jobs.
const unpackLimit = 16 << 20

// unpack reads the records of an entry, of which there are at most so many, and
// takes from room, in bytes, what they need. One that cannot be keeps the others
// from nothing.
func unpack(entry string, most int, room *int64) (records []kept, err error) {
	r := &io.LimitedReader{R: flate.NewReader(base64.NewDecoder(base64.StdEncoding, strings.NewReader(entry))), N: *room}
	defer func() {
		if *room = r.N; r.N <= 0 {
			err = fmt.Errorf("the state grows to more than %d MiB", unpackLimit>>20)
		}
	}()
	dec := json.NewDecoder(r)
	switch begin, err := dec.Token(); {
	case err != nil:
		return nil, err
	case begin != json.Delim('['):
		return nil, errors.New("it is no list")
	}
	for dec.More() {
		if len(records) == most {
			return records, errors.Join(err, fmt.Errorf("it has more than %d records", most))
		}
		var k kept
		if failed := dec.Decode(&k); failed != nil {
			return records, errors.Join(err, failed)
		}
		if failed := k.Record.Check(); failed != nil {
			err = errors.Join(err, fmt.Errorf("a record cannot be: %w", failed))
			continue
		}
		records = append(records, k)
	}
	if _, failed := dec.Token(); failed != nil {
		return records, errors.Join(err, failed)
	}
	if _, failed := dec.Token(); !errors.Is(failed, io.EOF) {
		err = errors.Join(err, errors.New("something follows the list"))
	}
	return records, err
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

// remains are what main kept and is not done.
type remains struct {
	jobs []engine.Left
	lost int   // jobs of an emulated cloud that nobody can go on with
	why  error // they are lost
}

// left reads what main kept. An entry that cannot be read keeps the others from
// nothing.
func (p *process) left(c *console, roots []*x509.Certificate) (all remains, failed error) {
	text := p.getenv("STATE_" + stateCount)
	if text == "" {
		return remains{}, errNoWord
	}
	count, err := strconv.Atoi(text)
	if err != nil || count < 0 || count > stateServices {
		return remains{}, fmt.Errorf("the state cannot be read: it is of %s services", field.Quote(text))
	}
	var login cloud.Login
	if text := p.getenv("STATE_" + stateLogin); text != "" {
		if err := json.Unmarshal([]byte(text), &login); err != nil {
			return remains{}, fmt.Errorf("the login in the state cannot be read: %w", err)
		}
		if err := cloud.CheckAddress(login.Endpoint, p.input("login_endpoint"), cloud.Tencent(), cloud.Huawei()); err != nil {
			return remains{}, err
		}
	}
	around := p.surround(c, login, roots, nil)
	around.real.Endpoint = p.input("endpoint")
	room := int64(unpackLimit)
	for i := range min(count, stateEntries) {
		text := p.getenv("STATE_" + stateRecords + strconv.Itoa(i))
		if text == "" { // nothing of it was begun, or nothing is left
			continue
		}
		records, err := unpack(text, perEntry(count), &room)
		if err != nil {
			failed = errors.Join(failed, fmt.Errorf("entry %d of the state cannot be read: %w", i, err))
		}
		for _, k := range records {
			emulated := cloud.Emulated(k.Target)
			if emulated && around.emulated == nil && all.why == nil {
				var w *ownCloud
				if w, all.why = p.resume(p.getenv("STATE_" + stateEmulator)); all.why == nil {
					around.emulated = p.surround(c, login, roots, w).emulated
				}
			}
			if emulated && all.why != nil {
				all.lost += len(k.Record.What)
				continue
			}
			one := engine.Left{Provider: k.Provider, Record: k.Record}
			if fault := job.Caught(func() { one.Follower, one.Err = k.reopen(around.of) }); fault != nil {
				one.Err = fault
			}
			all.jobs = append(all.jobs, one)
		}
	}
	return all, failed
}

// reopen reaches the jobs again.
func (k kept) reopen(of func(target string) (cloud.Env, error)) (engine.Follower, error) {
	env, err := of(k.Target)
	if err != nil {
		return nil, err
	}
	provider, ok := catalog.Find(k.Provider)
	if !ok {
		return nil, fmt.Errorf("there is no provider %q", k.Provider)
	}
	return provider.Reopen(env, k.Target)
}

// input is what the step's own input says.
func (p *process) input(name string) string {
	return strings.TrimSpace(p.getenv("INPUT_" + strings.ToUpper(name)))
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
	if id, err := strconv.ParseInt(p.getenv("GITHUB_RUN_ID"), 10, 64); err == nil { // what is no number tells nothing
		m.RunID = id
	}
	return m
}

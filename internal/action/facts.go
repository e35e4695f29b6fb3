package action

import (
	"fmt"
	"net/url"
	"strings"

	"cloudjob/internal/catalog"
	"cloudjob/internal/cloud"
	"cloudjob/internal/field"
	"cloudjob/internal/job"
	"cloudjob/internal/record"
)

// This file tells what a recording says of the facts in docs/facts.

// provenFacts is the command replay -facts FILE.
func (p *process) provenFacts() int {
	if len(p.args) != 1 || strings.HasPrefix(p.args[0], "-") {
		return p.misused("replay")
	}
	c := p.newConsole()
	recorded, _, err := p.readRecording(p.args[0])
	if err != nil {
		c.problem(field.Problem{Place: field.Place{File: p.args[0]}, Text: "cannot be replayed: " + err.Error()})
		return job.InvalidInput.Exit()
	}
	told, emulated := 0, 0
	for _, provider := range catalog.Providers() {
		for _, fact := range provider.Facts() {
			f := findings(recorded.Entries, provider, fact)
			if f.first == nil {
				continue
			}
			told++
			if f.emulated {
				emulated++
			}
			c.verbatim(f.says(fact))
		}
	}
	if told == 0 {
		c.verbatim(fmt.Sprintf("none of its %d calls says anything of a fact that this command knows", len(recorded.Entries)))
		return 0
	}
	if emulated > 0 {
		c.verbatim(fmt.Sprintf("told by the emulator: %d of %d; it proves nothing about the cloud", emulated, told))
	}
	if emulated < told {
		c.verbatim("what contradicts a fact, or tells an UNVERIFIED one, is worth an issue with the form \"A fact is wrong\": give these lines and the region")
	}
	return 0
}

// factFinding is what calls say of one fact.
type factFinding struct {
	confirms, contradicts int
	first                 *record.Entry // that contradicts, or if none does that confirms
	number                int           // of first, counted from 1
	emulated              bool          // first was made to the emulator
}

// findings holds the calls of a provider against a fact. Two services may have
// calls of one name; Tencent's say the version of their API, which no other has.
func findings(entries []record.Entry, provider catalog.Provider, fact cloud.Fact) (f factFinding) {
	for i, e := range entries {
		if e.LeftOut || !strings.Contains(provider.API, e.SentHeader.Get("X-TC-Version")) {
			continue
		}
		told := cloud.NewTold(e.Recorded)
		told.Call = e.Call
		finding := fact.Tell(told)
		switch finding {
		case cloud.Confirms:
			f.confirms++
		case cloud.Contradicts:
			f.contradicts++
		default:
			continue
		}
		if f.first == nil || finding == cloud.Contradicts && f.contradicts == 1 {
			f.first, f.number, f.emulated = &entries[i], i+1, isEmulated(e.URL)
		}
	}
	return f
}

// isEmulated tells of an address that no cloud has.
func isEmulated(address string) bool {
	u, err := url.Parse(address)
	return err != nil || cloud.IsLoopback(u.Hostname())
}

// says is a line for people.
func (f factFinding) says(fact cloud.Fact) string {
	verb := "confirms"
	times := f.confirms
	if f.contradicts > 0 {
		verb, times = "CONTRADICTS", f.contradicts
	}
	if f.emulated {
		verb = "emulated: " + verb
	}
	known := ""
	if fact.Unverified {
		known = ", UNVERIFIED so far"
	}
	where := fmt.Sprintf("call %d, %s", f.number, job.Cut(f.first.Call, 80))
	if id := f.first.RequestID; id != "" {
		where += ", request " + job.Cut(id, 80)
	}
	if times > 1 {
		where += fmt.Sprintf(", and %d more", times-1)
	}
	return fmt.Sprintf("%s %s%s: %s (%s)", verb, fact.At, known, fact.Says, where)
}

package action

import (
	"slices"
	"strings"
	"sync"

	"github.com/sethvargo/go-githubactions"

	"cloudjob/internal/catalog"
	"cloudjob/internal/job"
)

// secrets are what nobody may see of a process: of the environment from the
// beginning, and what a login brings while it runs. The zero value has none.
type secrets struct {
	mu       sync.RWMutex
	known    []string // the longest first
	replacer *strings.Replacer
}

// maskLimit: shorter values would shred the log if they were masked.
const maskLimit = 8

// add takes values among the secrets. It tells the runner of those that are new
// through mask, which may be nil, before anybody can use them.
func (s *secrets) add(mask func(value string), values ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, v := range values {
		if v = strings.TrimSpace(v); len(v) < maskLimit || slices.Contains(s.known, v) {
			continue
		}
		if mask != nil {
			mask(v)
		}
		s.known, s.replacer = append(s.known, v), nil
	}
	if s.replacer != nil {
		return
	}
	slices.SortStableFunc(s.known, func(a, b string) int { return len(b) - len(a) }) // lest the rest of a longer one be seen behind a shorter one
	var pairs []string
	for _, v := range s.known {
		pairs = append(pairs, v, "***")
	}
	s.replacer = strings.NewReplacer(pairs...)
}

// replace takes out of a text what is no text, and then the secrets.
func (s *secrets) replace(text string) string {
	s.mu.RLock()
	defer s.mu.RUnlock()
	text = job.Plain(text)
	if s.replacer == nil {
		return text
	}
	return s.replacer.Replace(text)
}

// keep masks values in the runner's log, and takes them out of everything that
// is written from now on. It may be called while the step runs.
func (p *process) keep(values ...string) {
	var mask func(string)
	if p.getenv("GITHUB_ACTIONS") == "true" && !p.prints {
		commands := githubactions.New(githubactions.WithWriter(calm{p.stdout, &p.printing}), githubactions.WithGetenv(p.getenv))
		mask = commands.AddMask
	}
	p.secrets.add(mask, values...)
}

// credentials are the values of all variables that a login is read from.
func (p *process) credentials() []string {
	var values []string
	for _, provider := range catalog.Providers() {
		for _, name := range provider.Variables {
			values = append(values, p.getenv(name))
		}
	}
	return values
}

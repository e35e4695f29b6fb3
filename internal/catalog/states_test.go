package catalog

import (
	"slices"
	"strings"
	"testing"

	"cloudjob/internal/job"
)

// TestStatesAreAll: the words that end a wait are those that a gate can ask for,
// and the documentation lists no word twice for one thing.
func TestStatesAreAll(t *testing.T) {
	for _, p := range Providers() {
		var asked []string
		for _, m := range p.Metrics() {
			asked = append(asked, m.States...)
		}
		states := p.States()
		for _, word := range asked {
			if !slices.ContainsFunc(states, func(s job.Status) bool { return s.State.Over() && strings.Contains(s.Word, word) }) {
				t.Errorf("%s: a gate can ask for %s, which ends nothing", p.Name, word)
			}
		}
		seen := map[string]bool{}
		for _, s := range states {
			if s.State.Over() && !slices.ContainsFunc(asked, func(word string) bool { return strings.Contains(s.Word, word) }) {
				t.Errorf("%s: %s ends a wait, and no gate can ask for it", p.Name, s.Word)
			}
			if seen[s.Word+s.Message] {
				t.Errorf("%s: %s stands twice", p.Name, s.Word)
			}
			seen[s.Word+s.Message] = true
		}
		if len(states) < 7 {
			t.Errorf("%s has %d states", p.Name, len(states))
		}
	}
}

// TestCodesAreExplained: a code that the documentation lists says what it means
// and what to do, once.
func TestCodesAreExplained(t *testing.T) {
	for _, p := range Providers() {
		seen := map[string]bool{}
		for _, c := range p.Codes() {
			if c.Meaning == "" || c.Cure == "" || seen[c.Code] {
				t.Errorf("%s: %+v", p.Name, c)
			}
			seen[c.Code] = true
		}
	}
	for _, vendor := range Clouds() {
		for _, c := range vendor.Codes {
			if c.Meaning == "" || c.Cure == "" {
				t.Errorf("%s: %+v", vendor.Name, c)
			}
		}
	}
}

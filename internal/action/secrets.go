package action

import (
	"math/bits"
	"slices"
	"strings"
	"sync"

	"cloudjob/internal/job"
)

// secrets are what nobody may see of a process: of the environment from the
// beginning, and what a login brings while it runs. The zero value has none.
//
// They are found in every form in which something writes a text, whatever stands
// between their characters that nobody sees or that a writer drops (see odd),
// and where a text was cut inside of one.
type secrets struct {
	mu    sync.RWMutex
	known map[string]bool     // whether the runner was told
	forms map[uint64][][]rune // as read gives them, by the hash of their beginnings
	rare  [1 << 10]uint64     // a bit for each beginning: few texts have one
}

// maskLimit is how many characters a secret has at least: shorter ones would
// shred the log if they were masked.
const maskLimit = 8

// add takes values among the secrets, and each line of one with several. It
// tells the runner of each once through mask, if that is not nil, before anybody
// can use it.
func (s *secrets) add(mask func(text string), values ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, v := range values {
		lines := strings.FieldsFunc(v, func(r rune) bool { return r == '\n' || r == '\r' })
		for _, v := range append([]string{v}, lines...) {
			if v = strings.TrimSpace(v); len(bare(v)) < maskLimit {
				continue
			}
			told, known := s.known[v]
			if !known {
				s.learn(v)
			}
			if s.known[v] = told || mask != nil; s.known[v] && !told {
				tell(mask, v)
			}
		}
	}
}

// count is how many there are so far.
func (s *secrets) count() int {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return len(s.known)
}

// tell masks a value and those of its forms that the runner does not know.
func tell(mask func(text string), value string) {
	runners := runnerForms(value)
	for _, form := range forms(value) {
		hidden := func(part string) bool { return strings.Contains(form, part) }
		if len(form) >= maskLimit && (form == value || !slices.ContainsFunc(runners, hidden)) {
			mask(form)
		}
	}
}

func (s *secrets) learn(value string) {
	if s.known == nil {
		s.known, s.forms = map[string]bool{}, map[uint64][][]rune{}
	}
	for _, form := range forms(value) {
		s.look(bare(form))
		s.look(meant(form))
	}
}

// look has a form looked for from now on.
func (s *secrets) look(form []rune) {
	if len(form) < maskLimit {
		return
	}
	var begin beginning
	for _, r := range form[:maskLimit] {
		begin.add(r, 0)
	}
	h := begin.hash
	for _, other := range s.forms[h] {
		if slices.Equal(other, form) {
			return
		}
	}
	s.forms[h] = append(s.forms[h], form)
	word, bit := begin.rare()
	s.rare[word] |= bit
}

// beginning are the last characters that were read, as many as every form has.
type beginning struct {
	hash  uint64
	last  [maskLimit]rune
	at    [maskLimit]int // where they are
	count int
}

// add turns the hash by an eighth for each character, so that the one that falls
// out has come round and goes as it came.
func (b *beginning) add(r rune, at int) {
	i := b.count % maskLimit
	b.hash = bits.RotateLeft64(b.hash, 64/maskLimit) ^ spread(r)
	if b.count >= maskLimit {
		b.hash ^= spread(b.last[i])
	}
	b.last[i], b.at[i] = r, at
	b.count++
}

// spread makes a number of a character in which every bit counts.
func spread(r rune) uint64 { return uint64(r+1) * 0x9e3779b97f4a7c15 }

// rare is which bit the beginning has.
func (b *beginning) rare() (word int, bit uint64) {
	h := b.hash >> 48
	return int(h >> 6), 1 << (h & 63)
}

// replace takes out of a text what is no text, and then the secrets.
func (s *secrets) replace(text string) string { return s.redact(job.Plain(text)) }

// redact takes the secrets out of a text, and leaves the rest as it is. What
// looks like an escape may be one, or the end of something else and the begin of
// a secret.
func (s *secrets) redact(text string) string {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if len(s.forms) == 0 {
		return text
	}
	if text = s.without(text, verbatim); strings.ContainsAny(text, `\%&`) {
		text = s.without(text, read)
	}
	return text
}

// in tells that a text holds a secret.
func (s *secrets) in(text string) bool { return s.redact(text) != text }

// without is a text without the secrets that are there if it is so read.
func (s *secrets) without(text string, read reading) string {
	var out strings.Builder
	var begin beginning
	done := 0 // up to where the text is written
	for i := 0; i < len(text); {
		r, size := read(text[i:])
		i += size
		if r < 0 {
			continue
		}
		begin.add(r, i-size)
		if word, bit := begin.rare(); begin.count < maskLimit || s.rare[word]&bit == 0 {
			continue
		}
		from := begin.at[begin.count%maskLimit]
		to := from
		for _, form := range s.forms[begin.hash] {
			to = max(to, from+extent(form, text[from:], read))
		}
		if to == from {
			continue
		}
		for from > done && text[from-1] == '\\' { // it belongs to what is taken out
			from--
		}
		out.WriteString(text[done:from])
		out.WriteString("***")
		done, i, begin = to, to, beginning{}
	}
	if done == 0 {
		return text
	}
	out.WriteString(text[done:])
	return out.String()
}

// cut is what stands where a text of ours was cut.
const cut = '…'

// extent is how much of a text a form takes that it begins with, to its end or
// to where the text was cut; 0 if it does not begin with it.
func extent(form []rune, text string, read reading) int {
	i := 0
	for n := 0; n < len(form); {
		if i == len(text) {
			return 0
		}
		r, size := read(text[i:])
		switch {
		case r == form[n]:
			n++
		case r == cut && n >= maskLimit:
			return i
		case r >= 0:
			return 0
		}
		i += size
	}
	return i
}

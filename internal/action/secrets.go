package action

import (
	"math/bits"
	"slices"
	"strings"
	"sync"

	"cloudjob/internal/job"
)

// secrets are the texts that must not be shown: those of the environment from the
// beginning, and those that a login brings while the process runs. The zero value has
// none.
//
// They are found in every form that some writer gives them (see forms), with invisible
// characters in between (see odd), and also where a text was cut in the middle of one.
type secrets struct {
	mu    sync.RWMutex
	known map[string]bool     // whether it was masked in the runner's log
	forms map[uint64][][]rune // decoded by read, by the hash of their first characters
	rare  [1 << 10]uint64     // has a bit for each such hash: most texts match none, which is fast to see
}

// maskLimit is how many characters a secret has at least. Masking shorter ones would
// make the log unreadable.
const maskLimit = 8

// add adds values to the secrets, and each line of a value with several lines. If mask
// is not nil, it is called once for each, before anything can use the value.
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

// tell masks a value, and those of its forms that the runner does not mask by itself.
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

// look adds a form to those that are looked for.
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

// beginning is a rolling hash of the last maskLimit characters that were read.
type beginning struct {
	hash  uint64
	last  [maskLimit]rune
	at    [maskLimit]int // where they are
	count int
}

// add takes one more character into the hash, and the oldest out. The hash is rotated by
// an eighth each time, so that after eight characters the oldest is where it was put in,
// and the same operation takes it out.
func (b *beginning) add(r rune, at int) {
	i := b.count % maskLimit
	b.hash = bits.RotateLeft64(b.hash, 64/maskLimit) ^ spread(r)
	if b.count >= maskLimit {
		b.hash ^= spread(b.last[i])
	}
	b.last[i], b.at[i] = r, at
	b.count++
}

// spread makes a number of a character whose bits are well mixed.
func spread(r rune) uint64 { return uint64(r+1) * 0x9e3779b97f4a7c15 }

// rare is the place of the hash's bit in secrets.rare.
func (b *beginning) rare() (word int, bit uint64) {
	h := b.hash >> 48
	return int(h >> 6), 1 << (h & 63)
}

// replace removes from a text what is no text (see job.Plain), and then the secrets.
func (s *secrets) replace(text string) string { return s.redact(job.Plain(text)) }

// redact takes the secrets out of a text, and leaves the rest as it is. It looks twice,
// with escapes decoded and not: what looks like an escape may be one, or just characters
// of which the last begin a secret.
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

// in reports whether a text has a secret in it.
func (s *secrets) in(text string) bool { return s.redact(text) != text }

// without is a text without the secrets that are found when its characters are read so.
func (s *secrets) without(text string, read reading) string {
	var out strings.Builder
	var begin beginning
	done := 0 // how much of the text is copied or replaced
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
		for from > done && text[from-1] == '\\' { // it escapes what is taken out
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

// cut ends a text that we have cut.
const cut = '…'

// extent is how many bytes at the beginning of a text are this form, whole or up to
// where the text was cut; 0 if the text does not begin with it.
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

package cloud

import (
	"bytes"
	"encoding/json"
	"slices"

	"cloudjob/internal/job"
)

// legible rewrites a JSON value for decoders that are stricter than the vendor's own. A
// null in a list of objects is dropped; among numbers or texts it stands for a missing
// one, and stays. A whole number loses its fraction (1.0). redact, which may be nil, is
// applied to every text.
func legible(value []byte, redact func(text string) string) []byte {
	s := scribe{in: value, out: make([]byte, 0, len(value)), redact: redact}
	if s.value(); !s.mends {
		return value
	}
	return s.out
}

// scribe copies valid JSON, without white space, and changes what legible says.
type scribe struct {
	in, out []byte
	mends   bool // something was changed
	redact  func(text string) string
	exact   bool     // all but what is redacted stays as it is
	hidden  []string // names whose texts are redacted
}

// Clean writes a JSON value, which has to be one, as it is, without its white
// space, the secrets, and the texts under hidden names. redact may be nil.
func Clean(value []byte, redact func(text string) string, hidden []string) []byte {
	s := scribe{in: value, out: make([]byte, 0, len(value)), redact: redact, exact: true, hidden: hidden}
	s.value()
	return s.out
}

// kind is what a value is.
type kind int

const (
	composite kind = iota
	scalar
	null
)

func (s *scribe) value() kind {
	switch s.next() {
	case '{':
		for s.copy(1); s.next() != '}'; {
			if s.in[0] == ',' {
				s.copy(1)
			}
			hides := s.hides()
			s.text()
			s.next()
			s.copy(1) // the colon
			if hides && s.next() == '"' {
				s.hide()
				continue
			}
			s.value()
		}
		s.copy(1)
	case '[':
		s.list()
	case '"':
		s.text()
		return scalar
	default:
		return s.word()
	}
	return composite
}

// list copies a list, and drops its nulls if it has no numbers and texts. That is known
// only at its end, so they are cut out then.
func (s *scribe) list() {
	s.copy(1)
	type span struct{ from, to int }
	var nulls []span
	scalars, begin := false, len(s.out)
	for s.next() != ']' {
		if s.in[0] == ',' {
			s.in = s.in[1:]
		}
		from := len(s.out)
		what := s.value()
		s.out = append(s.out, ',')
		switch what {
		case null:
			nulls = append(nulls, span{from, len(s.out)})
		case scalar:
			scalars = true
		}
	}
	if !s.exact && !scalars && nulls != nil {
		s.mends = true
		kept := nulls[0].from
		for i, n := range nulls {
			end := len(s.out)
			if i+1 < len(nulls) {
				end = nulls[i+1].from
			}
			kept += copy(s.out[kept:], s.out[n.to:end])
		}
		s.out = s.out[:kept]
	}
	if len(s.out) > begin {
		s.out = s.out[:len(s.out)-1] // the last comma
	}
	s.copy(1)
}

// word copies a number, true, false or null.
func (s *scribe) word() kind {
	end := bytes.IndexAny(s.in, ",]} \t\r\n")
	if end < 0 {
		end = len(s.in)
	}
	word := s.in[:end]
	if string(word) == "null" {
		s.copy(end)
		return null
	}
	if !s.exact && bytes.ContainsAny(word, ".eE") {
		short := whole(string(word))
		s.mends = s.mends || short != string(word)
		s.in, s.out = s.in[end:], append(s.out, short...)
		return scalar
	}
	s.copy(end)
	return scalar
}

// hides tells of the name that comes next whether its text is hidden.
func (s *scribe) hides() bool {
	if len(s.hidden) == 0 {
		return false
	}
	var name string
	s.next()
	return json.Unmarshal(s.in[:s.length()], &name) == nil && slices.Contains(s.hidden, name)
}

// hide writes that there is a text instead of it.
func (s *scribe) hide() {
	s.in, s.out = s.in[s.length():], append(s.out, `"`+redacted+`"`...)
}

// length is that of the quoted text that comes next.
func (s *scribe) length() int {
	end := 1
	for s.in[end] != '"' {
		if s.in[end] == '\\' {
			end++
		}
		end++
	}
	return end + 1
}

func (s *scribe) text() {
	s.next()
	end := s.length() - 1
	if s.redact != nil && s.redacts(s.in[:end+1]) {
		s.in = s.in[end+1:]
		return
	}
	s.copy(end + 1)
}

// redacts writes a text without its secrets, if it has any.
func (s *scribe) redacts(quoted []byte) bool {
	var text string
	if json.Unmarshal(quoted, &text) != nil { // no text that the parser passed
		return false
	}
	without := s.redact(text)
	if without == text {
		return false
	}
	b, err := job.JSON(without, "")
	if err != nil {
		return false
	}
	s.mends, s.out = true, append(s.out, b...)
	return true
}

// next skips white space and looks at what follows.
func (s *scribe) next() byte {
	s.in = bytes.TrimLeft(s.in, " \t\r\n")
	return s.in[0]
}

func (s *scribe) copy(n int) { s.out, s.in = append(s.out, s.in[:n]...), s.in[n:] }

package engine

import (
	"context"
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Mark makes the texts by which a step's jobs are found again. They are short,
// because names are, and hold no character that a service could refuse:
// "cj-", a hash of the step's place and of what is started, the attempt, what
// tells executions apart, and the workflow run, in base 36, if there is one.
//
// The place alone would not do: two steps of one composite action, two calls of
// one reusable workflow and the legs of a matrix that changed share it.
//
// Everybody who may list the jobs reads the hash, and knows the rest of what it
// was made of: a value that might be a secret could be guessed by trying. So it
// is no part of the content (see field.Field.Apart).
type Mark struct {
	Run     string // the step's place: what is the same in all attempts of this step of a run, and elsewhere is not
	Attempt string
	Once    string // tells executions apart that nothing else does
	RunID   int64  // of the workflow run; 0: there is none
}

// MarkPrefix is what every mark begins with.
const MarkPrefix = "cj-"

// Of are the marks of services, by the content of each.
func (m Mark) Of(contents []string) []string {
	var marks []string
	for _, begin := range m.bases(contents) {
		mark := begin + m.Attempt + "-" + m.Once
		if m.RunID > 0 {
			mark += "-" + strconv.FormatInt(m.RunID, 36)
		}
		marks = append(marks, mark)
	}
	return marks
}

// bases are what the marks of all attempts begin with. Equal contents are told
// apart by their order, the others need none: a plan may be sorted anew.
func (m Mark) bases(contents []string) []string {
	var bases []string
	seen := map[string]int{}
	for _, content := range contents {
		sum := sha256.Sum256(fmt.Appendf(nil, "%q %q %d", m.Run, content, seen[content]))
		bases = append(bases, MarkPrefix+strings.ToLower(base32.StdEncoding.EncodeToString(sum[:]))[:10]+"-")
		seen[content]++
	}
	return bases
}

// follows tells whether a mark was made by an attempt before this one. Attempts
// may overlap, so a later one's jobs can be there too.
func (m Mark) follows(mark string) bool {
	parts := strings.Split(mark, "-")
	if len(parts) < 3 {
		return false
	}
	of, err := strconv.Atoi(parts[2])
	own, ownErr := strconv.Atoi(m.Attempt)
	return err == nil && ownErr == nil && of < own
}

// Origin is what a mark tells of where its job was started.
type Origin struct {
	RunID   int64  // of the workflow run; 0: outside of one, or by a version that did not tell
	Attempt string // of that run
}

// OriginOf reads a whole mark; ok is false if it is none. Whoever may name jobs
// can write one, so it proves nothing.
func OriginOf(mark string) (o Origin, ok bool) {
	rest, ok := strings.CutPrefix(mark, MarkPrefix)
	parts := strings.Split(rest, "-")
	if !ok || Marked(mark, MarkPrefix) != mark || len(parts) < 3 || len(parts) > 4 || len(parts[0]) != 10 || parts[1] == "" || parts[2] == "" {
		return o, false
	}
	o.Attempt = parts[1]
	if len(parts) == 4 {
		n, err := strconv.ParseInt(parts[3], 36, 64)
		if err != nil || n < 1 || strconv.FormatInt(n, 36) != parts[3] {
			return Origin{}, false
		}
		o.RunID = n
	}
	return o, true
}

// MarkOf is the whole mark that a text ends with, where services keep it: behind
// what the user wrote, which may look like one too. It is empty if there is none.
func MarkOf(text string) string {
	words := strings.Fields(text)
	if len(words) == 0 || !isMark(words[len(words)-1]) {
		return ""
	}
	return words[len(words)-1]
}

// isMark tells of a whole mark. A part of one would find others' jobs too.
func isMark(s string) bool {
	_, ok := OriginOf(s)
	return ok
}

// Marked is the whole mark in a text that a service kept, if there is one that
// begins with begin; else it is empty.
func Marked(text, begin string) string {
	at := strings.Index(text, begin)
	if at < 0 || begin == "" {
		return ""
	}
	rest := text[at+len(begin):]
	if end := strings.IndexFunc(rest, func(c rune) bool { return c != '-' && (c < '0' || c > '9') && (c < 'a' || c > 'z') }); end >= 0 {
		rest = rest[:end]
	}
	return begin + rest
}

// Marks is a Follower of one place whose service keeps marks.
type Marks interface {
	Follower

	// Marked lists what lives there, or still costs, and bears a mark, of
	// whatever step. What cannot be listed whole is an error.
	Marked(ctx context.Context) ([]Live, error)
}

// Orphans lists what bears a whole mark.
func Orphans(ctx context.Context, of Marks) ([]Live, error) {
	live, err := boundLive(of.Marked(ctx))
	return slices.DeleteFunc(live, func(l Live) bool { return !isMark(l.Mark) }), err
}

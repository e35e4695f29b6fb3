package field

// This file is what a check of several fields together knows of them.

import (
	"fmt"
	"time"
)

// Moment is a time at which what a value is about begins, for who knows more of
// the surroundings.
type Moment struct {
	Name  string // of the value
	Place Place
	At    time.Time
}

// At lets a check complain at the right place.
type At struct {
	problems *Problems
	budget   *Budget
	whole    Place  // of the object, or of the value that Then checks
	subject  string // the value's name, if it is to stand before a complaint
	inputs   bool   // every name is a place of its own
	moments  *[]Moment
	places   map[string]Place // of the names that were written with a value
	bad      map[string]bool
}

func newAt(problems *Problems, budget *Budget, whole Place) *At {
	return &At{problems: problems, budget: budget, whole: whole, places: map[string]Place{}, bad: map[string]bool{}}
}

// Has tells whether the user wrote the name, with a value.
func (at *At) Has(name string) bool { _, ok := at.places[name]; return ok }

// Bad tells whether the name's value was already complained of.
func (at *At) Bad(name string) bool { return at.bad[name] }

// Place is that of the whole.
func (at *At) Place() Place { return at.whole }

// InFile tells of a value (see Then), or of the whole, that it stands in a file,
// which others than the workflow's author may write.
func (at *At) InFile() bool { return at.whole.Line > 0 }

// meant takes a misspelt name for the one that it resembles, so that this one
// is not missed as well.
func (at *At) meant(name string, place Place) {
	if name != "" && !at.Has(name) {
		at.places[name], at.bad[name] = place, true
	}
}

// Begins notes that what the value is about begins at a time.
func (at *At) Begins(t time.Time) {
	if at.moments != nil {
		*at.moments = append(*at.moments, Moment{at.subject, at.whole, t})
	}
}

// Problem complains of the whole: of an object in a whole sentence, of a value
// (see Then) in words that follow its name.
func (at *At) Problem(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if at.subject != "" && at.whole.Line > 0 {
		text = at.subject + " " + text
	}
	at.budget.Complain(at.problems, Problem{at.whole, text})
}

// ProblemAt complains, in a whole sentence, of one of its names, or of the
// whole if it is absent.
func (at *At) ProblemAt(name, format string, args ...any) {
	place, ok := at.places[name]
	switch {
	case ok:
	case at.inputs:
		place = Place{File: name}
	default:
		place = at.whole
	}
	at.budget.Complain(at.problems, Problem{place, fmt.Sprintf(format, args...)})
}

// ExactlyOne complains unless one of the two names was written.
func (at *At) ExactlyOne(a, b string) {
	switch {
	case at.Has(a) && at.Has(b):
		at.ProblemAt(b, "%s and %s exclude each other; give one of them", a, b)
	case !at.Has(a) && !at.Has(b):
		at.ProblemAt(a, "one of %s and %s is required", a, b)
	}
}

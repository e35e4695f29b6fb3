package field

// This file is what a check that looks at several fields is given.

import (
	"fmt"
	"time"
)

// Moment is a time at which a job begins by one of its values. Whoever knows the
// timeout of the step compares it.
type Moment struct {
	Name  string // of the value
	Place Place
	At    time.Time
}

// At lets a check complain at the right place.
type At struct {
	problems *Problems
	budget   *Budget
	whole    Place  // of the object, or of the single value if this is a check of Then
	subject  string // the value's name, if it is to stand before a complaint
	inputs   bool   // inputs are decoded, so that each name is a place of its own
	moments  *[]Moment
	places   map[string]Place // of the names that were written with a value
	bad      map[string]bool
}

func newAt(problems *Problems, budget *Budget, whole Place) *At {
	return &At{problems: problems, budget: budget, whole: whole, places: map[string]Place{}, bad: map[string]bool{}}
}

// Has reports whether the user gave a value for the name.
func (at *At) Has(name string) bool { _, ok := at.places[name]; return ok }

// Bad reports whether there is a complaint about the name's value already.
func (at *At) Bad(name string) bool { return at.bad[name] }

// Place is the place of the object, or of the value (see Then).
func (at *At) Place() Place { return at.whole }

// InFile reports whether it stands in a file. Others than the author of the workflow
// may write that.
func (at *At) InFile() bool { return at.whole.Line > 0 }

// meant counts a misspelt name as the one it resembles, so that there is no second
// complaint that this one is missing.
func (at *At) meant(name string, place Place) {
	if name != "" && !at.Has(name) {
		at.places[name], at.bad[name] = place, true
	}
}

// Begins notes the time at which a job begins by this value.
func (at *At) Begins(t time.Time) {
	if at.moments != nil {
		*at.moments = append(*at.moments, Moment{at.subject, at.whole, t})
	}
}

// Problem complains of the object, in a whole sentence, or of the value (see Then), in
// words that follow its name.
func (at *At) Problem(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if at.subject != "" && at.whole.Line > 0 {
		text = at.subject + " " + text
	}
	at.budget.Complain(at.problems, Problem{at.whole, text})
}

// ProblemAt complains, in a whole sentence, of one name of the object, or of the object
// if the name is absent.
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

package job

import (
	"errors"
	"strings"
)

// Inspection is what reads tell of a start that was not made.
type Inspection struct {
	Provider string
	What     []string // would be started
	Things   []Thing  // what a start needs, the login first
	Runs     []Earlier
	Needs    []Need
}

// Finding is what a read came to.
type Finding int

const (
	Fine   Finding = iota // it is there, and nothing that was read speaks against a start
	Untold                // no call tells
	Absent                // it is not there
	Unfit                 // it is there, and a start would be refused
	Unread                // it could not be read
)

// Thing is something that a start needs.
type Thing struct {
	Name    string // "scenario scenario-demo"
	Finding Finding
	Says    string // its state, or what is wrong
	Cure    string // what to do about that
	Err     error  // of a read that failed
}

// NotRead is a thing of which the read failed.
func NotRead(name string, err error) Thing {
	t := Thing{Name: name, Finding: Unread, Says: err.Error(), Err: err}
	if e, ok := errors.AsType[*Error](err); ok {
		short := *e
		short.Meaning, short.Cure = "", ""
		t.Says, t.Cure = strings.TrimSuffix(short.Error()+"; "+e.Meaning, "; "), e.Cure
	}
	t.Says = strings.TrimPrefix(t.Says, name+": ") // a login's error says what it is of
	return t
}

// Earlier is a run that ended, or goes on, before the one that is not started.
type Earlier struct {
	Of     string // in What
	Ref    Ref
	Status Status
}

// Standing is whether a permission is there.
type Standing int

const (
	Allowed   Standing = iota
	Untried            // there was nothing to try it on
	Untriable          // its call changes something
	Denial             // its call was refused
)

// Need is a permission, and what needs it.
type Need struct {
	For        string // "run, wait"
	Call       string
	Permission string
	Standing   Standing
	Asked      bool // what the user asks for needs it
	Err        error
}

// Problem is a reason why a start would not go as asked.
type Problem struct {
	Outcome Outcome
	Name    string
	Says    string
	Cure    string
}

// Problems are all reasons. A read that was refused is told once: of the thing
// that it read, with the permission that it needs.
func (i Inspection) Problems() (all []Problem) {
	missing := map[string]string{} // permissions by calls
	for _, n := range i.Needs {
		if n.Standing == Denial {
			missing[n.Call] = n.Permission
		}
	}
	told := map[string]bool{}
	for _, t := range i.Things {
		if t.Finding <= Untold {
			continue
		}
		if e, ok := errors.AsType[*Error](t.Err); ok {
			told[e.Call] = true
			if permission := missing[e.Call]; permission != "" {
				t.Cure = give(permission)
			}
		}
		all = append(all, Problem{t.outcome(), t.Name, t.Says, t.Cure})
	}
	for _, n := range i.Needs {
		if n.Standing == Denial && n.Asked && !told[n.Call] {
			all = append(all, Problem{Unauthorized, n.Call, NotRead(n.Call, n.Err).Says, give(n.Permission)})
		}
	}
	return all
}

func give(permission string) string { return "give the login " + permission }

// outcome is how a run would end, as far as this thing decides: what does not
// exist is a wrong input, and what cannot be read leaves the check open.
func (t Thing) outcome() Outcome {
	switch t.Finding {
	case Absent:
		return InvalidInput
	case Unfit:
		return StartFailed
	}
	if e, ok := errors.AsType[*Error](t.Err); ok && e.Fault == Ambiguous {
		return Unjudged
	}
	return OutcomeOf(t.Err)
}

// OutcomeOfAll is the worst of all inspections; Started if there is no problem.
func OutcomeOfAll(all []Inspection) Outcome {
	worst := Started
	for _, i := range all {
		for _, p := range i.Problems() {
			worst = Worse(worst, p.Outcome)
		}
	}
	return worst
}

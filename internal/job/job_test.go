package job

import "testing"

// TestWorse holds which of two outcomes is the step's.
func TestWorse(t *testing.T) {
	for _, pair := range []struct{ better, worse Outcome }{
		{Started, Succeeded},
		{Succeeded, Unjudged},
		{Succeeded, Limited},
		{Unjudged, GateFailed},  // a gate that was judged says more than one that was not
		{GateFailed, JobFailed}, // a job that failed has measured nothing that could be judged
		{TimedOut, JobFailed},
		{JobFailed, Cancelled},
		{Cancelled, StartFailed},
		{StartFailed, Unauthorized},
		{Unauthorized, StartUnknown}, // somebody has to look whether a job runs
		{JobFailed, StartUnknown},
		{Cancelled, StartUnknown},
		{StartUnknown, Internal},
		{Unauthorized, Internal},
		{InvalidInput, Internal},
	} {
		if got := Worse(pair.better, pair.worse); got != pair.worse {
			t.Errorf("of %s and %s the worse is %s", pair.better, pair.worse, got)
		}
		if got := Worse(pair.worse, pair.better); got != pair.worse {
			t.Errorf("of %s and %s the worse is %s", pair.worse, pair.better, got)
		}
	}
}

// TestExits holds that every outcome has an exit status of its own, and that
// the runtime's for a panic, 2, means what no panic ever does.
func TestExits(t *testing.T) {
	by := map[int]Outcome{}
	for _, k := range Kinds() {
		if other, taken := by[k.Exit]; taken && k.Exit != 0 {
			t.Errorf("%s and %s both exit with %d", other, k.Outcome, k.Exit)
		}
		by[k.Exit] = k.Outcome
		if k.Exit < 0 || k.Exit > 99 {
			t.Errorf("%s exits with %d, which docker or a signal may mean", k.Outcome, k.Exit)
		}
	}
	if by[2] != InvalidInput || Internal.Exit() != 1 || Outcome("not known").Exit() != 1 {
		t.Error("the documented numbers have moved")
	}
}

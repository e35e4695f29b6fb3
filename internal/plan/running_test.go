package plan

import (
	"os"
	"slices"
	"testing"

	"cloudjob/internal/field"
)

// TestIfRunning: what a job says wins, then its provider's defaults, then what the
// top of the plan or the step says; what starts nothing takes none of it.
func TestIfRunning(t *testing.T) {
	src, err := os.ReadFile("testdata/ok/if-running.yml")
	if err != nil {
		t.Fatal(err)
	}
	const top = "if_running: wait\n"
	for _, test := range []struct {
		src   []byte
		input string
	}{{src, ""}, {src[len(top):], "wait"}} {
		inputs := []field.Input{{Name: "plan_file", Text: "plan.yml"}, {Name: "if_running", Text: test.input}}
		p, problems := Decode(inputs, func(string) ([]byte, error) { return test.src, nil })
		var got []string
		for _, j := range p.Jobs {
			got = append(got, j.IfRunning)
		}
		if want := []string{"start", "fail", "wait", ""}; problems != nil || !slices.Equal(got, want) {
			t.Errorf("with the input %q: %q, want %q: %v", test.input, got, want, problems)
		}
	}
}

package job_test

import (
	"testing"

	"cloudjob/internal/job"
)

// TestJSON: what HTML escapes stands for itself, in one line or in several.
func TestJSON(t *testing.T) {
	v := map[string]string{"a": `<b> & "c"`}
	for indent, want := range map[string]string{"": `{"a":"<b> & \"c\""}`, "  ": "{\n  \"a\": \"<b> & \\\"c\\\"\"\n}"} {
		if got, err := job.JSON(v, indent); err != nil || string(got) != want {
			t.Errorf("%s (%v), want %s", got, err, want)
		}
	}
	if _, err := job.JSON(func() {}, ""); err == nil {
		t.Error("a function is JSON")
	}
}

package action

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"strings"
	"testing"

	"cloudjob/internal/field"
)

// TestEmulate serves the emulated cloud, starts a job in it, and stops it.
func TestEmulate(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	reader, writer := io.Pipe()
	none := func(string) string { return "" }
	server := &process{args: []string{"-listen", "127.0.0.1:0", "-speed", "60"}, stdout: writer, stderr: io.Discard, getenv: none}
	ended := make(chan int, 1)
	go func() {
		ended <- server.emulate(ctx)
		writer.Close()
	}()
	log := bufio.NewScanner(reader)
	address := ""
	for address == "" && log.Scan() {
		if _, rest, ok := strings.Cut(log.Text(), "listening on "); ok {
			address, _, _ = strings.Cut(rest, " ")
		}
	}
	lines := make(chan string, 100)
	go func() {
		defer close(lines)
		for log.Scan() {
			lines <- log.Text()
		}
	}()

	answer, err := http.Get(address + "/healthz")
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		t.Errorf("/healthz answers %d", answer.StatusCode)
	}

	step := &process{stdout: io.Discard, stderr: io.Discard, getenv: emulated}
	status := step.step(t.Context(), []field.Input{
		{Name: "provider", Text: "tencent-pts"}, {Name: "project_id", Text: "project-demo"}, {Name: "scenario_id", Text: "scenario-demo"}, {Name: "endpoint", Text: address},
	})
	if status != 0 {
		t.Errorf("a step ends with %d", status)
	}
	if line := <-lines; !strings.Contains(line, " tencent pts StartJob 200 ") {
		t.Errorf("the log of the call is %q", line)
	}

	cancel()
	if status := <-ended; status != 0 {
		t.Errorf("the emulator ends with %d", status)
	}
}

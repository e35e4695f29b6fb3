package docs_test

import (
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"cloudjob/internal/action"
	"cloudjob/internal/catalog"
	"cloudjob/internal/emulator"
	"cloudjob/internal/emulator/emu"
	"cloudjob/internal/field"
)

// TestFirstExamples runs the first example of each provider's page, of the
// README and of the pages on gates and plans, as it stands but for the address.
func TestFirstExamples(t *testing.T) {
	clock := emulator.NewClock(60)
	var halves []emu.Half
	for _, p := range catalog.Providers() {
		halves = append(halves, p.Emulate(clock))
	}
	server := httptest.NewServer(emulator.New(emulator.Options{Speed: 60}, halves...))
	t.Cleanup(server.Close)
	for name, value := range map[string]string{
		"TENCENTCLOUD_SECRET_ID": emulator.TencentKeyID, "TENCENTCLOUD_SECRET_KEY": emulator.Secret,
		"HUAWEICLOUD_SDK_AK": emulator.HuaweiAccessKey, "HUAWEICLOUD_SDK_SK": emulator.Secret,
		"GITHUB_ACTIONS": "", "GITHUB_OUTPUT": "", "GITHUB_STATE": "", "GITHUB_STEP_SUMMARY": "", "GITHUB_WORKSPACE": "", "HTTP_PROXY": "", "HTTPS_PROXY": "",
	} {
		t.Setenv(name, value)
	}
	paths := []string{"README.md", "docs/gates.md", "docs/plans.md"}
	for _, p := range catalog.Providers() {
		paths = append(paths, "docs/"+p.Name+".md")
	}
	for _, path := range paths {
		t.Run(filepath.Base(path), func(t *testing.T) {
			p := load(t, filepath.Join(checkout, path))
			t.Chdir(t.TempDir())
			for _, b := range p.blocks {
				if b.file == "" {
					continue
				}
				text := strings.Replace(b.text, "defaults:\n", "defaults:\n  endpoint: "+server.URL+"\n", 1)
				if err := os.WriteFile(filepath.Base(b.file), []byte(text), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			inputs := p.first(t)
			if inputs == nil {
				t.Fatal("there is no example")
			}
			args := []string{"cloudjob", "run", "poll_interval=1s"}
			for _, in := range inputs {
				args = append(args, in.Name+"="+in.Text)
			}
			given := slices.ContainsFunc(inputs, func(in field.Input) bool { return in.Name == "endpoint" }) // the emulator inside of the step
			if inputs[0].Name != "plan_file" && !given {
				args = append(args, "endpoint="+server.URL)
			}
			if exit := action.Main(args); exit != 0 {
				t.Errorf("the example ends with %d", exit)
			}
		})
	}
}

// first are the inputs of the first example of a page: of a step, or of a plan.
func (p page) first(t *testing.T) []field.Input {
	for _, b := range p.blocks {
		if b.file != "" && strings.Contains(b.text, "provider:") {
			return []field.Input{{Name: "plan_file", Text: filepath.Base(b.file)}}
		}
		for _, inputs := range b.steps(t) {
			return inputs
		}
	}
	return nil
}

// Examples writes the workflows of examples/ so that act can run them from this
// checkout: started by hand, with the action of the checkout, every job the
// emulator's. Steps of other actions, which act would have to fetch, and the
// commands that go with them are left out; what has no step of ours then is too.
//
//	go run ./testdata/runner/examples DIR [NAME...]
//
// writes all of them, or those of some names, and prints how many steps of ours
// there are.
package main

import (
	"fmt"
	"log"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"cloudjob/internal/docs"
)

// elsewhere are parts of commands that need other actions, the network or a
// registry.
var elsewhere = []string{"docker ", "skopeo ", "git push", "git init", "gh api", `cp "$RESULT"`}

func main() {
	log.SetFlags(0)
	paths, err := filepath.Glob("examples/*.yml")
	if err != nil || len(paths) == 0 {
		log.Fatal("there are no examples here: ", err)
	}
	repository, err := docs.Repository(os.DirFS("."))
	if err != nil {
		log.Fatal(err)
	}
	total := 0
	for _, path := range paths {
		if twin := strings.TrimSuffix(path, ".yml") + "-emulated.yml"; slices.Contains(paths, twin) {
			continue // a test holds that both do the same
		}
		if wanted := os.Args[2:]; len(wanted) > 0 && !slices.Contains(wanted, strings.TrimSuffix(filepath.Base(path), ".yml")) {
			continue
		}
		src, err := os.ReadFile(path)
		if err != nil {
			log.Fatal(err)
		}
		var workflow map[string]any
		if err := yaml.Unmarshal(src, &workflow); err != nil {
			log.Fatal(path, ": ", err)
		}
		jobs, _ := workflow["jobs"].(map[string]any)
		if jobs == nil || strings.HasSuffix(path, ".plan.yml") { // a plan, or another place's
			continue
		}
		steps := 0
		for name, job := range jobs {
			n := rewrite(job.(map[string]any), repository)
			if steps += n; n == 0 && len(job.(map[string]any)["steps"].([]any)) <= 1 {
				delete(jobs, name)
			}
		}
		if steps == 0 {
			log.Printf("%s: left out", path)
			continue
		}
		workflow["on"] = byHand(workflow["on"])
		out, err := yaml.Marshal(workflow)
		if err != nil {
			log.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(os.Args[1], filepath.Base(path)), out, 0o644); err != nil {
			log.Fatal(err)
		}
		total += steps
	}
	fmt.Println(total)
}

// byHand keeps the inputs of a start by hand.
func byHand(on any) any {
	if events, ok := on.(map[string]any); ok && events["workflow_dispatch"] != nil {
		return map[string]any{"workflow_dispatch": events["workflow_dispatch"]}
	}
	return "workflow_dispatch"
}

// rewrite tells how many steps are ours, each leg of a matrix counted.
func rewrite(job map[string]any, repository string) int {
	delete(job, "environment")
	legs := 1
	if strategy, ok := job["strategy"].(map[string]any); ok {
		legs = len(strategy["matrix"].(map[string]any)["include"].([]any))
	}
	steps := []any{
		map[string]any{"uses": "actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1"}, // act copies the checkout for it
	}
	ours := 0
	for _, one := range job["steps"].([]any) {
		step := one.(map[string]any)
		uses, _ := step["uses"].(string)
		run, _ := step["run"].(string)
		switch {
		case strings.Contains(uses, repository+"@"):
			ours++
			step["uses"] = "./"
			with := step["with"].(map[string]any)
			with["emulator_speed"] = 100
			if plan, ok := with["plan_file"].(string); ok {
				steps = append(steps, map[string]any{"run": "sed 's/^jobs:/defaults: {endpoint: emulator}\\n&/' examples/" + plan + " >" + plan})
				if strings.Contains(plan, "emulated") {
					steps[len(steps)-1] = map[string]any{"run": "cp examples/" + plan + " ."}
				}
			} else {
				with["endpoint"] = "emulator"
			}
			if with["baseline"] != nil { // there are no earlier results here
				with["on_inconclusive"] = "warn"
			}
			delete(with, "ca_file")
			steps = append(steps, step)
		case run != "" && step["working-directory"] == nil && !slices.ContainsFunc(elsewhere, func(part string) bool { return strings.Contains(run, part) }):
			steps = append(steps, step)
		}
	}
	job["steps"] = steps
	return ours * legs
}

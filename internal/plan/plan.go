// Package plan reads what the user asked for, from inputs or from a plan file,
// into jobs, and reports every mistake with its place.
package plan

import (
	"fmt"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"cloudjob/internal/catalog"
	"cloudjob/internal/field"
)

// Job is one entry of a plan: what is asked of one provider.
type Job struct {
	Provider catalog.Provider
	Spec     catalog.Spec
}

// Plan is what one step is to do.
type Plan struct {
	Jobs   []Job
	DryRun bool
}

// Run holds the inputs that belong to the step and not to a job.
type Run struct {
	provider string
	planFile string
	dryRun   *bool
}

// Fields declares the inputs of the step.
func (r *Run) Fields() field.Set {
	return field.Set{
		field.Choice("provider", &r.provider, "Service that the job is started on. Exactly one of provider and plan_file.", catalog.Names()...),
		field.RuledText("plan_file", &r.planFile, field.Rule{Pattern: `[^\r\n]+`, Says: "the path of one file"}, "YAML file in the workspace that lists several jobs, on any mix of providers. Exactly one of provider and plan_file."),
		field.Bool("dry_run", &r.dryRun, "Check everything, call nothing, and show the exact requests that would be sent and the permissions they need.").Or("false"),
	}
}

// Decode reads a step's inputs. readFile reads a file of the workspace.
func Decode(inputs []field.Input, readFile func(path string) ([]byte, error)) (Plan, field.Problems) {
	var run Run
	steps := run.Fields()
	var own, rest []field.Input
	for _, in := range inputs {
		switch {
		case strings.TrimSpace(in.Text) == "":
		case slices.Contains(steps.Names(), in.Name):
			own = append(own, in)
		default:
			rest = append(rest, in)
		}
	}
	problems := steps.DecodeInputs(own, field.Options{}, func(at *field.At) {
		if !at.Has("provider") && !at.Has("plan_file") {
			at.ProblemAt("provider", "is required (%s), or plan_file", field.List(catalog.Names()))
			return
		}
		at.ExactlyOne("provider", "plan_file")
	})
	p := Plan{DryRun: run.dryRun != nil && *run.dryRun}
	if run.planFile != "" && run.provider != "" {
		return p, problems
	}
	if run.planFile != "" {
		for _, in := range rest {
			problems = append(problems, field.Problem{Place: field.Place{File: in.Name}, Text: "goes into the plan file, at the job it is for"})
		}
		jobs, more := File(run.planFile, readFile)
		p.Jobs = jobs
		return p, append(problems, more...)
	}
	provider, ok := catalog.Find(run.provider)
	if !ok {
		return p, problems
	}
	spec := provider.New()
	problems = append(problems, spec.Fields().DecodeInputs(rest, options(provider, readFile, field.NewBudget()), spec.Check)...)
	problems.Sort()
	p.Jobs = []Job{{provider, spec}}
	return p, problems
}

// File reads a plan file.
func File(path string, readFile func(path string) ([]byte, error)) ([]Job, field.Problems) {
	whole := func(format string, args ...any) field.Problems {
		return field.Problems{{Place: field.Place{File: path}, Text: fmt.Sprintf(format, args...)}}
	}
	src, err := readFile(path)
	if err != nil {
		return nil, whole("cannot be read: %s", err)
	}
	root, problem := field.Parse(path, src)
	switch {
	case problem != nil:
		return nil, field.Problems{*problem}
	case root == nil:
		return nil, whole("is empty; it needs a list named jobs")
	}
	d := &decoder{path: path, readFile: readFile, budget: field.NewBudget()}
	jobs := d.plan(root)
	d.problems.Sort()
	return jobs, d.problems
}

type decoder struct {
	path     string
	readFile func(path string) ([]byte, error)
	budget   *field.Budget
	problems field.Problems
}

func (d *decoder) add(n *yaml.Node, format string, args ...any) {
	d.budget.Complain(&d.problems, field.Problem{
		Place: field.Place{File: d.path, Line: n.Line, Col: n.Column}, Text: fmt.Sprintf(format, args...),
	})
}

func (d *decoder) plan(root *yaml.Node) (jobs []Job) {
	if root.Kind != yaml.MappingNode {
		d.add(root, "a plan starts with \"jobs:\", and its entries follow as a list")
		return nil
	}
	var list *yaml.Node
	for i := 0; i+1 < len(root.Content); i += 2 {
		key, value := root.Content[i], root.Content[i+1]
		switch {
		case key.Value != "jobs":
			d.add(key, "unknown name %s; a plan holds only a list named jobs", field.Quote(key.Value))
		case list != nil:
			d.add(key, "jobs stands twice; make one list of them")
		default:
			list = value
		}
	}
	if list == nil && len(d.problems) > 0 {
		return nil
	}
	if list = resolve(list); list == nil || list.Kind != yaml.SequenceNode || len(list.Content) == 0 {
		if list == nil {
			list = root
		}
		d.add(list, "a plan needs jobs: a list with at least one entry, each starting with \"- provider: \"")
		return nil
	}
	for _, n := range list.Content {
		if d.budget.Spent() {
			break
		}
		if job, ok := d.job(resolve(n)); ok {
			jobs = append(jobs, job)
		}
	}
	return jobs
}

// resolve follows an alias.
func resolve(n *yaml.Node) *yaml.Node {
	for n != nil && n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	return n
}

func (d *decoder) job(n *yaml.Node) (Job, bool) {
	if n.Kind != yaml.MappingNode {
		d.add(n, "an entry of jobs must be a map that starts with provider: %s", field.List(catalog.Names()))
		return Job{}, false
	}
	provider, ok := d.provider(n)
	if !ok {
		return Job{}, false
	}
	spec := provider.New()
	d.problems = append(d.problems, Entry(provider, spec).DecodeYAML(d.path, n, options(provider, d.readFile, d.budget), spec.Check)...)
	return Job{provider, spec}, true
}

// provider finds the provider of an entry, which decides what the entry's
// names mean. Without one, nothing else of the entry can be judged.
func (d *decoder) provider(n *yaml.Node) (catalog.Provider, bool) {
	merged := false
	for i := 0; i+1 < len(n.Content); i += 2 {
		merged = merged || n.Content[i].Tag == "!!merge"
		if n.Content[i].Value != "provider" {
			continue
		}
		value := resolve(n.Content[i+1])
		if provider, ok := catalog.Find(value.Value); ok {
			return provider, true
		}
		if near := field.Nearest(value.Value, catalog.Names()); near != "" {
			d.add(value, "provider cannot be %q, did you mean %q?", value.Value, near)
		} else {
			d.add(value, "provider must be %s", field.List(catalog.Names()))
		}
		return catalog.Provider{}, false
	}
	if merged {
		d.add(n, "provider is required, written out: merge keys (<<) are not read")
	} else {
		d.add(n, "provider is required: %s", field.List(catalog.Names()))
	}
	return catalog.Provider{}, false
}

// Entry declares what an entry of a plan for the provider may hold.
func Entry(p catalog.Provider, spec catalog.Spec) field.Set {
	var name string
	return append(field.Set{field.Choice("provider", &name, "The service: "+p.Title+".", p.Name).Require()}, spec.Fields()...)
}

// options let decoding say of a name that another provider knows it.
func options(p catalog.Provider, readFile func(path string) ([]byte, error), budget *field.Budget) field.Options {
	return field.Options{ReadFile: readFile, Budget: budget, Foreign: func(name string) string { return foreign(p, name) }}
}

func foreign(p catalog.Provider, name string) string {
	var run Run
	steps := run.Fields().Names()
	if slices.Contains(steps, name) {
		return "is an input of the step, not of a job"
	}
	var owners []string
	for _, other := range catalog.Providers() {
		if other.Name != p.Name && slices.Contains(other.New().Fields().Names(), name) {
			owners = append(owners, other.Name)
		}
	}
	if owners == nil {
		if near := field.Nearest(name, append(p.New().Fields().Names(), steps...)); slices.Contains(steps, near) {
			return fmt.Sprintf("is unknown, did you mean %q?", near)
		}
		return ""
	}
	return fmt.Sprintf("belongs to %s and means nothing to %s", field.List(owners), p.Name)
}

// Schema is the JSON Schema of plan files.
func Schema() map[string]any {
	var cases []any
	for _, p := range catalog.Providers() {
		is := map[string]any{"required": []string{"provider"}, "properties": map[string]any{"provider": map[string]any{"const": p.Name}}}
		cases = append(cases, map[string]any{"if": is, "then": Entry(p, p.New()).Schema()})
	}
	return map[string]any{
		"$schema":              "https://json-schema.org/draft/2020-12/schema",
		"title":                "cloudjob plan",
		"description":          "Several jobs, on any mix of providers, for the input plan_file.",
		"type":                 "object",
		"additionalProperties": false,
		"required":             []string{"jobs"},
		"properties": map[string]any{"jobs": map[string]any{
			"type": "array", "minItems": 1,
			"items": map[string]any{
				"type": "object", "required": []string{"provider"},
				"properties": map[string]any{"provider": map[string]any{"enum": catalog.Names(), "description": "The service that the job is started on."}},
				"allOf":      cases,
			},
		}},
	}
}

// Inputs are the names of all inputs: those of the step, then those of the
// providers, each once.
func Inputs() []string {
	var run Run
	names := run.Fields().Names()
	for _, p := range catalog.Providers() {
		for _, name := range p.New().Fields().Names() {
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names
}

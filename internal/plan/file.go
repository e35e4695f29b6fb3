package plan

import (
	"fmt"
	"slices"

	"gopkg.in/yaml.v3"

	"cloudjob/internal/catalog"
	"cloudjob/internal/field"
	"cloudjob/internal/gate"
)

// File reads the jobs of a plan file.
func File(path string, readFile func(path string) ([]byte, error)) ([]Job, field.Problems) {
	return file(path, readFile, new(Run), givenAbove(nil))
}

// file reads a plan file. It returns the jobs, and puts what holds for the whole step
// into run.
func file(path string, readFile func(path string) ([]byte, error), run *Run, given places) ([]Job, field.Problems) {
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
	d := &decoder{path: path, readFile: once(readFile), budget: field.NewBudget(), run: run, given: given}
	jobs := d.plan(root)
	d.problems.Sort()
	return jobs, d.problems.Unique()
}

// once reads each file only once, because a default may name the same file for all
// jobs.
func once(readFile func(path string) ([]byte, error)) func(path string) ([]byte, error) {
	type content struct {
		src []byte
		err error
	}
	known := map[string]content{}
	return func(path string) ([]byte, error) {
		c, ok := known[path]
		if !ok {
			c.src, c.err = readFile(path)
			known[path] = c
		}
		return c.src, c.err
	}
}

type decoder struct {
	path     string
	readFile func(path string) ([]byte, error)
	budget   *field.Budget
	problems field.Problems
	run      *Run
	given    places
	gates    gateText // of all jobs
	defaults defaults
	names    map[string]int // the line of each job's
	odd      bool           // an entry has a provider that is not known
}

func (d *decoder) add(n *yaml.Node, format string, args ...any) {
	d.budget.Complain(&d.problems, field.Problem{
		Place: field.Place{File: d.path, Line: n.Line, Col: n.Column}, Text: fmt.Sprintf(format, args...),
	})
}

// The names at the top of a plan that are not inputs of the step too.
const (
	jobsName     = "jobs"
	defaultsName = "defaults"
)

func (d *decoder) plan(root *yaml.Node) (jobs []Job) {
	d.untagged(root)
	if root.Kind != yaml.MappingNode {
		d.add(root, "a plan starts with \"jobs:\", and its entries follow as a list")
		return nil
	}
	var list, defaults *yaml.Node
	inputs := d.run.above()
	set := append(inputs, d.gates.fields("for every job, beside its own")...)
	top := &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map", Line: root.Line, Column: root.Column}
	for i := 0; i+1 < len(root.Content); i += 2 {
		key, value := root.Content[i], root.Content[i+1]
		switch name := key.Value; {
		case slices.Contains(set.Names(), name):
			if slices.Contains(inputs.Names(), name) {
				d.given.take(d, key)
			}
			top.Content = append(top.Content, key, value)
		case name == defaultsName && defaults == nil:
			defaults = value
			d.untagged(key)
		case name == defaultsName:
			d.add(key, "defaults stands twice; make one map of them")
		case name != jobsName:
			d.unknown(key, append(set.Names(), defaultsName, jobsName))
		case list != nil:
			d.add(key, "jobs stands twice; make one list of them")
		default:
			list = value
			d.untagged(key)
			d.untagged(resolve(value))
		}
	}
	if top.Content != nil {
		d.problems = append(d.problems, set.DecodeYAML(d.path, top, field.Options{Budget: d.budget}, d.gates.check)...)
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
	d.readDefaults(defaults)
	for _, n := range list.Content {
		if d.budget.Spent() {
			break
		}
		if job, ok := d.job(resolve(n)); ok {
			jobs = append(jobs, job)
		} else {
			d.odd = true
		}
	}
	d.checkDefaults(jobs)
	return jobs
}

// untagged complains of a tag on a node that the decoding of a job does not look at.
func (d *decoder) untagged(n *yaml.Node) {
	if complaint := field.Tagged(n); complaint != "" {
		d.add(n, "%s", complaint)
	}
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
	n = d.defaults.with(provider, n)
	spec := provider.New()
	var own entry
	o := options(provider, d.readFile, d.budget)
	d.problems = append(d.problems, own.fields(provider, spec).DecodeYAML(d.path, n, o, func(at *field.At) {
		spec.Check(at)
		own.gates.check(at)
		own.guard.check(at, spec.Mode())
	})...)
	gates := d.readGates(provider, own.gates)
	return Job{Name: d.name(n), Provider: provider, Spec: spec, Gates: gates, Guard: own.guard.limits(), begins: *o.Moments, running: own.running}, true
}

// readGates reads the gates of a job: those of all jobs, then its own.
func (d *decoder) readGates(provider catalog.Provider, own gateText) []gate.Gate {
	gates, problems := readGates(provider, d.readFile, d.gates, own)
	d.budget.Use(len(gates))
	for _, p := range problems {
		d.budget.Complain(&d.problems, p)
	}
	return gates
}

// name reads a job's name, and complains if another job has it.
func (d *decoder) name(n *yaml.Node) string {
	for i := 0; i+1 < len(n.Content); i += 2 {
		value := resolve(n.Content[i+1])
		if n.Content[i].Value != jobName || value.Kind != yaml.ScalarNode || value.Tag == "!!null" || value.Value == "" {
			continue
		}
		if d.names == nil {
			d.names = map[string]int{}
		}
		if line, twice := d.names[value.Value]; twice {
			d.add(value, "name %s is that of the job in line %d already; each job needs its own", field.Quote(value.Value), line)
		} else {
			d.names[value.Value] = value.Line
		}
		return value.Value
	}
	return ""
}

// provider finds the provider of an entry. It decides what the names in the entry mean,
// so without it nothing else in the entry can be checked.
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

// entry is what a job of a plan has besides the values of its provider.
type entry struct {
	provider, name string
	gates          gateText
	running        ifRunning
	guard          guard
}

const jobName = "name"

// fields declares all that an entry for the provider may hold. A provider that
// has a name of its own for what is started shares it with the job.
func (e *entry) fields(p catalog.Provider, spec catalog.Spec) field.Set {
	set := field.Set{field.Choice("provider", &e.provider, "The service: "+p.Title+".", p.Name).Require()}
	specs := spec.Fields()
	if specs.Named(jobName) == nil {
		set = append(set, field.RuledText(jobName, &e.name, nameRule(), "What the job is called wherever it is shown, instead of by what it starts; no other job of the plan has the name. A job keeps its past, with which a baseline compares, whatever it is called."))
	}
	set = append(set, e.running.field())
	set = append(set, e.gates.fields("for the job to pass, beside those of all jobs")...)
	return append(append(set, e.guard.fields(measures(p))...), specs...)
}

// nameRule allows only characters that neither Markdown, nor a shell, nor a log gives
// a meaning to. The gaps between its ranges of letters are marks and punctuation.
func nameRule() field.Rule {
	const letters = `A-Za-z0-9À-῿Ⰰ-ⷿ⺀-⿟々-퟿豈-﫿`
	return field.Rule{Max: 60, Pattern: `[` + letters + `][` + letters + ` _.()+-]*`, Says: "letters, digits, spaces and _ . ( ) + -, the first a letter or digit"}
}

// fields declares where gates can stand.
func (t *gateText) fields(whom string) field.Set {
	return field.Set{
		field.Lines("gates", &t.lines, "What must hold "+whom+": a requirement a line, or a list of them."),
		field.RuledText("gates_file", &t.file, field.Rule{Pattern: `[^\r\n]+`, Says: "the path of one file"}, "File in the workspace with gates. Only one of gates and gates_file.").Then(func(at *field.At) { t.fileAt = at.Place() }),
	}
}

func (t *gateText) check(at *field.At) {
	if at.Has("gates") && at.Has("gates_file") {
		at.ProblemAt("gates_file", "gates and gates_file exclude each other; give one of them")
	}
}

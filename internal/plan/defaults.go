package plan

import (
	"slices"

	"gopkg.in/yaml.v3"

	"cloudjob/internal/catalog"
	"cloudjob/internal/field"
)

// defaults are the values for jobs that do not give a value themselves. A job's own
// value wins, even an empty one ("note:"), then its provider's default, and then the
// default for all jobs.
type defaults struct {
	all []pair
	of  []section
}

// pair is a name and its value, as they stand in the file.
type pair struct{ key, value *yaml.Node }

// section has the defaults for the jobs of one provider.
type section struct {
	key      *yaml.Node
	provider catalog.Provider
	pairs    []pair
}

// readDefaults reads the defaults of a plan. Their values are checked later, when the
// jobs are known.
func (d *decoder) readDefaults(n *yaml.Node) {
	for _, p := range d.pairs(n, "defaults", "names and values, and under the name of a provider those of its jobs") {
		provider, ok := catalog.Find(p.key.Value)
		if !ok {
			d.defaults.all = append(d.defaults.all, p)
			continue
		}
		d.defaults.of = append(d.defaults.of, section{p.key, provider, d.pairs(p.value, provider.Name, "names and values")})
	}
}

// pairs are the names and values of a map, which are not decoded yet.
func (d *decoder) pairs(n *yaml.Node, name, holds string) (pairs []pair) {
	if n = resolve(n); n == nil || n.Tag == "!!null" {
		return nil
	}
	d.untagged(n)
	if n.Kind != yaml.MappingNode {
		d.add(n, "%s must be a map: %s", name, holds)
		return nil
	}
	lines := map[string]int{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i]
		d.untagged(key)
		switch {
		case key.Tag == "!!merge":
			d.add(key, "merge keys (<<) are not read; write the names out")
		case key.Kind != yaml.ScalarNode:
			d.add(key, "a name must be plain text, not a map, a list or an alias")
		case lines[key.Value] > 0:
			d.add(key, "%s stands twice; the first is in line %d", key.Value, lines[key.Value])
		default:
			lines[key.Value] = key.Line
			pairs = append(pairs, pair{key, n.Content[i+1]})
		}
	}
	return pairs
}

// with adds the defaults to an entry that does not give the value itself. A mistake in
// a default is still reported where the default stands.
func (d defaults) with(provider catalog.Provider, n *yaml.Node) *yaml.Node {
	spec := provider.New().Fields()
	names := new(entry).fields(provider, provider.New())
	said := map[string]bool{}
	say := func(name string) {
		said[name] = true
		if name == "gates" || name == "gates_file" { // a job with one of them takes no default for the other
			said["gates"], said["gates_file"] = true, true
		}
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		say(n.Content[i].Value)
	}
	merged := *n
	merged.Content = slices.Clone(n.Content)
	add := func(pairs []pair, known field.Set) {
		before := len(merged.Content)
		for _, p := range pairs {
			name := p.key.Value
			if !said[name] && known.Named(name) != nil && !single(name) {
				merged.Content = append(merged.Content, p.key, p.value)
			}
		}
		for i := before; i < len(merged.Content); i += 2 {
			say(merged.Content[i].Value)
		}
	}
	for _, s := range d.of {
		if s.provider.Name == provider.Name {
			add(s.pairs, names)
		}
	}
	add(d.all, spec)
	return &merged
}

// single reports whether a name makes sense only for a single job.
func single(name string) bool { return name == "provider" || name == jobName }

// checkDefaults complains of defaults that are wrong, even if every job has a value of
// its own, and of those that no job can use.
func (d *decoder) checkDefaults(jobs []Job) {
	var used []catalog.Provider
	for _, j := range jobs {
		if !slices.ContainsFunc(used, func(p catalog.Provider) bool { return p.Name == j.Provider.Name }) {
			used = append(used, j.Provider)
		}
	}
	for _, s := range d.defaults.of {
		if !d.odd && !slices.ContainsFunc(used, func(p catalog.Provider) bool { return p.Name == s.provider.Name }) {
			d.add(s.key, "no job of this plan is on %s, so its defaults are of no use", s.provider.Name)
		}
		pairs := d.several(s.pairs)
		set := new(entry).fields(s.provider, s.provider.New()).Optional()
		d.decodeDefaults(s.provider, set, pairs)
	}
	for _, p := range d.several(d.defaults.all) {
		var known bool
		for _, provider := range used {
			set := provider.New().Fields().Optional()
			if set.Named(p.key.Value) != nil {
				known = true
				d.decodeDefaults(provider, set, []pair{p})
			}
		}
		if !known {
			d.useless(p.key)
		}
	}
}

// several complains of values that cannot hold for several jobs, and leaves them out.
func (d *decoder) several(pairs []pair) (rest []pair) {
	for _, p := range pairs {
		if single(p.key.Value) {
			d.add(p.key, "%s is each job's own and has no default", p.key.Value)
			continue
		}
		rest = append(rest, p)
	}
	return rest
}

func (d *decoder) decodeDefaults(provider catalog.Provider, set field.Set, pairs []pair) {
	if len(pairs) == 0 || d.budget.Spent() {
		return
	}
	n := &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map", Line: pairs[0].key.Line, Column: pairs[0].key.Column}
	for _, p := range pairs {
		n.Content = append(n.Content, p.key, p.value)
	}
	d.problems = append(d.problems, set.DecodeYAML(d.path, n, options(provider, d.readFile, d.budget), nil)...)
}

// useless complains of a default for all jobs that none of them can use.
func (d *decoder) useless(key *yaml.Node) {
	var run Run
	var all, owners []string
	for _, p := range catalog.Providers() {
		names := p.New().Fields().Names()
		all = append(all, names...)
		if slices.Contains(names, key.Value) {
			owners = append(owners, p.Name)
		}
	}
	near := field.Nearest(key.Value, append(all, catalog.Names()...))
	switch {
	case key.Value == "gates" || key.Value == "gates_file" || key.Value == ifRunningName || isGuard(key.Value):
		d.add(key, "%s for all jobs stands at the top of the plan, beside jobs; here it can only stand under a provider", key.Value)
	case slices.Contains(run.Fields().Names(), key.Value):
		d.add(key, "%s is an input of the step, not of a job", field.Quote(key.Value))
	case owners != nil && d.odd: // a job whose provider is not known may be the one that uses it
	case owners != nil:
		d.add(key, "%s belongs to %s, on which no job of this plan is", key.Value, field.List(owners))
	case near != "":
		d.add(key, "unknown name %s in defaults, did you mean %q?", field.Quote(key.Value), near)
	default:
		d.add(key, "unknown name %s in defaults; it can be that of an input of a job, or a provider with some", field.Quote(key.Value))
	}
}

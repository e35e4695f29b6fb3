package field

// This file goes through a user's inputs, or an entry of a file, field by field. How
// the values are read is in decode_scalar.go and decode_list.go.

import (
	"fmt"
	"strings"

	"gopkg.in/yaml.v3"
)

// Foreign says where a name that a set does not know belongs, as the end of a sentence
// ("belongs to tencent-pts"), or "".
type Foreign func(name string) string

// Options are what decoding takes from its surroundings.
type Options struct {
	Foreign  Foreign                           // nil: an unknown name is just unknown
	ReadFile func(path string) ([]byte, error) // for fields that name a file
	Budget   *Budget                           // nil: one of its own
	Moments  *[]Moment                         // gets the times that checks note by Begins; may be nil
}

func (o Options) budget() *Budget {
	if o.Budget == nil {
		return NewBudget()
	}
	return o.Budget
}

type decoder struct {
	file     string
	name     string // of the value that is read, for the beginning of a sentence
	column   int    // of that name
	problems *Problems
	budget   *Budget
	foreign  Foreign // for the names of the outermost object
	readFile func(path string) ([]byte, error)
	moments  *[]Moment
}

func (d *decoder) place(n *yaml.Node) Place { return Place{d.file, n.Line, n.Column} }

// add complains in a whole sentence.
func (d *decoder) add(n *yaml.Node, format string, args ...any) {
	d.budget.Complain(d.problems, Problem{d.place(n), fmt.Sprintf(format, args...)})
}

// wrong complains of the value that is read, in words that follow its name. The name of
// an input is its place already, so it is not repeated.
func (d *decoder) wrong(n *yaml.Node, format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if n.Line > 0 && d.name != "" {
		text = d.name + " " + text
	}
	d.add(n, "%s", text)
}

// of returns a decoder for a value of another name.
func (d *decoder) of(name string) *decoder {
	inner := *d
	inner.name, inner.foreign, inner.column = name, nil, 0
	return &inner
}

// DecodeYAML reads the mapping at n, which is part of file, into what the set is bound
// to, and returns every mistake. check, which may be nil, looks at all fields together.
func (s Set) DecodeYAML(file string, n *yaml.Node, o Options, check func(*At)) Problems {
	var ps Problems
	d := &decoder{file: file, problems: &ps, budget: o.budget(), foreign: o.Foreign, readFile: o.ReadFile, moments: o.Moments}
	(&object{fields: s, check: check}).decode(d, n)
	return ps
}

// Input is the text of one input.
type Input struct{ Name, Text string }

// DecodeInputs reads the inputs of a step; nested values are YAML. An empty input is
// absent. Complaints about all of them together stand at the input provider.
func (s Set) DecodeInputs(inputs []Input, o Options, check func(*At)) Problems {
	var ps Problems
	budget := o.budget()
	at := newAt(&ps, budget, Place{File: "provider"})
	at.inputs = true
	seen := map[string]bool{}
	for _, in := range inputs {
		if strings.TrimSpace(in.Text) == "" {
			continue
		}
		d := &decoder{file: in.Name, name: in.Name, problems: &ps, budget: budget, readFile: o.ReadFile, moments: o.Moments}
		f, whole := s.Named(in.Name), &yaml.Node{}
		switch {
		case f == nil:
			text, meant := unknown(in.Name, "", s, o.Foreign)
			d.add(whole, "%s", text)
			at.meant(meant, d.place(whole))
		case seen[in.Name]:
			d.add(whole, "is given twice")
		default:
			d.input(f, in.Text, at)
		}
		seen[in.Name] = true
	}
	for _, f := range s {
		if f.Required && !at.Has(f.Name) {
			ps = append(ps, Problem{Place{File: f.Name}, "is required: " + firstSentence(f.Doc)})
		}
	}
	if check != nil {
		check(at)
	}
	return ps
}

// input decodes an input's text. A structured field is YAML; any other is a plain text
// whose place is the input's name, without a line.
func (d *decoder) input(f *Field, text string, at *At) {
	n := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: strings.TrimSpace(text)}
	if f.kind.structured() {
		root, problem := Parse(f.Name, []byte(text))
		if problem != nil {
			*d.problems = append(*d.problems, *problem)
			at.places[f.Name], at.bad[f.Name] = problem.Place, true
			return
		}
		if root == nil || f.absent(root) {
			return
		}
		n = root
	}
	at.places[f.Name] = Place{File: f.Name}
	d.field(f, n, at)
}

// unknown says that the thing called in has no such name, and guesses which one was
// meant.
func unknown(name, in string, s Set, foreign Foreign) (text, meant string) {
	if foreign != nil {
		if end := foreign(name); end != "" {
			return Quote(name) + " " + end, ""
		}
	}
	if in != "" {
		in = " in " + in
	}
	if near := Nearest(name, s.Names()); near != "" {
		return fmt.Sprintf("unknown name %s%s, did you mean %q?", Quote(name), in, near), near
	}
	return fmt.Sprintf("unknown name %s%s; it can be %s", Quote(name), in, List(s.Names())), ""
}

func firstSentence(doc string) string {
	if i := strings.Index(doc, ". "); i >= 0 {
		return doc[:i]
	}
	return strings.TrimSuffix(doc, ".")
}

// field decodes one field and runs its own check if nothing was wrong so far.
func (d *decoder) field(f *Field, n *yaml.Node, at *At) {
	before := len(*d.problems)
	f.kind.decode(d, n)
	if f.check != nil && len(*d.problems) == before && !d.budget.Spent() {
		own := newAt(d.problems, d.budget, d.place(n))
		own.subject, own.moments = f.Name, d.moments
		f.check(own)
	}
	at.bad[f.Name] = len(*d.problems) > before || d.budget.Spent()
}

// enter resolves an alias and spends one value of the budget. The node is nil if the
// budget is spent, or if it has a tag that is not read, of which it complains.
func (d *decoder) enter(n *yaml.Node) *yaml.Node {
	if n = resolve(n); d.budget.values == 1 {
		d.add(n, "there are more than %d values up to here, each alias counted anew; split this into several steps", valueLimit)
	}
	if d.budget.values--; d.budget.Spent() {
		return nil
	}
	if complaint := Tagged(n); complaint != "" {
		d.add(n, "%s", complaint)
		return nil
	}
	return n
}

// resolve follows an alias. One step is enough, because an alias cannot name an alias.
func resolve(n *yaml.Node) *yaml.Node {
	if n.Kind == yaml.AliasNode {
		return n.Alias
	}
	return n
}

// absent reports whether nothing was given for the field: null, an empty list, or an
// empty text where that is no value.
func (f *Field) absent(n *yaml.Node) bool {
	n = resolve(n)
	if Tagged(n) != "" {
		return false
	}
	if n.Kind == yaml.ScalarNode {
		t, isText := f.kind.(*text)
		return n.Tag == "!!null" || n.Value == "" && !(isText && t.rule.Empty)
	}
	switch f.kind.(type) {
	case *texts, *integers, *objects, *pairs, *lines:
		return n.Kind == yaml.SequenceNode && len(n.Content) == 0
	}
	return false
}

// scalar returns a scalar's node, or complains that want was expected.
func (d *decoder) scalar(n *yaml.Node, want string) *yaml.Node {
	if n = d.enter(n); n == nil {
		return nil
	}
	if n.Kind != yaml.ScalarNode {
		d.wrong(n, "must be %s, not a %s", want, shape(n))
		return nil
	}
	return n
}

// shape names what a node is.
func shape(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "map"
	case yaml.SequenceNode:
		return "list"
	}
	return "single value"
}

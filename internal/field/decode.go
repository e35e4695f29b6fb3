package field

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"gopkg.in/yaml.v3"
)

// Limit is the size in bytes of the longest file or inline YAML that is read.
// It is what one environment variable can hold, so a file and an input have
// the same limit.
const Limit = 128 << 10

// nodeBudget bounds what aliases of YAML can multiply.
const nodeBudget = 100_000

// Foreign says of a name that a set does not know what it is elsewhere, as the
// end of a sentence ("belongs to tencent-pts"), or "".
type Foreign func(name string) string

// Options are what decoding takes from its surroundings.
type Options struct {
	Foreign  Foreign                           // nil: an unknown name is just unknown
	ReadFile func(path string) ([]byte, error) // for fields that name a file
}

type decoder struct {
	file     string
	problems *Problems
	budget   *int
	foreign  Foreign // for the names of the outermost object
	readFile func(path string) ([]byte, error)
}

func (d *decoder) place(n *yaml.Node) Place { return Place{d.file, n.Line, n.Column} }

func (d *decoder) add(n *yaml.Node, format string, args ...any) {
	*d.problems = append(*d.problems, Problem{d.place(n), fmt.Sprintf(format, args...)})
}

// At lets a check of several fields complain at the right place.
type At struct {
	problems *Problems
	whole    Place            // of the object, or of the value that Then checks
	places   map[string]Place // of the names that were written with a value
	bad      map[string]bool
}

func newAt(problems *Problems, whole Place) *At {
	return &At{problems, whole, map[string]Place{}, map[string]bool{}}
}

// Has tells whether the user wrote the name, with a value.
func (at *At) Has(name string) bool { _, ok := at.places[name]; return ok }

// Bad tells whether the name's value was already complained of.
func (at *At) Bad(name string) bool { return at.bad[name] }

// Problem complains of the whole.
func (at *At) Problem(format string, args ...any) {
	*at.problems = append(*at.problems, Problem{at.whole, fmt.Sprintf(format, args...)})
}

// ProblemAt complains of one of its names, or of the whole if it is absent.
func (at *At) ProblemAt(name, format string, args ...any) {
	place, ok := at.places[name]
	if !ok {
		place = at.whole
	}
	*at.problems = append(*at.problems, Problem{place, fmt.Sprintf(format, args...)})
}

// DecodeYAML reads the mapping at n, part of file, into what the set is bound
// to, and returns every mistake. check, which may be nil, sees the whole.
func (s Set) DecodeYAML(file string, n *yaml.Node, o Options, check func(*At)) Problems {
	var ps Problems
	budget := nodeBudget
	d := &decoder{file: file, problems: &ps, budget: &budget, foreign: o.Foreign, readFile: o.ReadFile}
	(&object{fields: s, check: check}).decode(d, n)
	return ps
}

// Input is the text of one input.
type Input struct{ Name, Text string }

// DecodeInputs reads flat inputs, nested values being YAML. An empty input is
// absent. Complaints of the whole stand at the input provider.
func (s Set) DecodeInputs(inputs []Input, o Options, check func(*At)) Problems {
	var ps Problems
	budget := nodeBudget
	at := newAt(&ps, Place{File: "provider"})
	for _, in := range inputs {
		if strings.TrimSpace(in.Text) == "" {
			continue
		}
		d := &decoder{file: in.Name, problems: &ps, budget: &budget, readFile: o.ReadFile}
		f := s.byName(in.Name)
		if f == nil {
			ps = append(ps, Problem{Place{File: in.Name}, unknown(in.Name, s, o.Foreign)})
			continue
		}
		at.places[in.Name] = Place{File: in.Name}
		if n := d.input(f, in.Text, at); n != nil {
			d.field(f, n, at)
		}
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

// input makes a node of an input's text: YAML for a structured field, else a
// text without a line, so that the input's name alone is its place.
func (d *decoder) input(f *Field, text string, at *At) *yaml.Node {
	if !f.kind.structured() {
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: strings.TrimSpace(text)}
	}
	n, problem := Parse(f.Name, []byte(text))
	if problem != nil {
		*d.problems = append(*d.problems, *problem)
		at.bad[f.Name] = true
	} else if n == nil {
		delete(at.places, f.Name)
	}
	return n
}

// Parse reads one YAML document. The node is nil if there is nothing in it.
func Parse(file string, src []byte) (*yaml.Node, *Problem) {
	whole := Place{File: file}
	if len(src) > Limit {
		return nil, &Problem{whole, fmt.Sprintf("is %d KiB long, the limit is %d KiB; split it into several steps", len(src)>>10, Limit>>10)}
	}
	if !utf8.Valid(src) {
		return nil, &Problem{whole, "is not UTF-8 text"}
	}
	dec := yaml.NewDecoder(strings.NewReader(string(src)))
	var doc, second yaml.Node
	if err := dec.Decode(&doc); err != nil {
		if err.Error() == "EOF" {
			return nil, nil
		}
		return nil, syntaxProblem(file, err)
	}
	if err := dec.Decode(&second); err == nil {
		return nil, &Problem{Place{file, second.Line, second.Column}, "a second YAML document starts here; only one is read"}
	} else if err.Error() != "EOF" {
		return nil, syntaxProblem(file, err)
	}
	if len(doc.Content) == 0 {
		return nil, nil
	}
	n := doc.Content[0]
	if n.Kind == yaml.ScalarNode && n.Tag == "!!null" {
		return nil, nil
	}
	return n, nil
}

var yamlLine = regexp.MustCompile(`^yaml: line (\d+): `)

// syntaxProblem takes the place out of a message of the YAML parser.
func syntaxProblem(file string, err error) *Problem {
	msg, place := err.Error(), Place{File: file}
	if m := yamlLine.FindStringSubmatch(msg); m != nil {
		place.Line, _ = strconv.Atoi(m[1])
		msg = msg[len(m[0]):]
	}
	return &Problem{place, "is not valid YAML: " + strings.TrimPrefix(msg, "yaml: ")}
}

func unknown(name string, s Set, foreign Foreign) string {
	if foreign != nil {
		if end := foreign(name); end != "" {
			return fmt.Sprintf("%q %s", name, end)
		}
	}
	return fmt.Sprintf("unknown name %q%s", name, didYouMean(name, s.Names()))
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
	if len(*d.problems) > before {
		at.bad[f.Name] = true
		return
	}
	if f.check != nil {
		f.check(newAt(d.problems, d.place(n)))
		at.bad[f.Name] = len(*d.problems) > before
	}
}

// enter resolves an alias and spends the budget. The node is nil if it is
// spent, which was then said once.
func (d *decoder) enter(n *yaml.Node) *yaml.Node {
	for n != nil && n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	if *d.budget--; *d.budget == 0 {
		d.add(n, "its aliases make it too large")
	}
	if *d.budget <= 0 {
		return nil
	}
	return n
}

// absent tells that nothing was written for the field: null, or an empty text
// where that is no value of its own.
func (f *Field) absent(n *yaml.Node) bool {
	if n.Kind != yaml.ScalarNode {
		return false
	}
	t, isText := f.kind.(*text)
	return n.Tag == "!!null" || n.Value == "" && !(isText && t.rule.Empty)
}

// scalar returns a scalar's node, or complains that want was expected.
func (d *decoder) scalar(n *yaml.Node, want string) *yaml.Node {
	if n = d.enter(n); n == nil {
		return nil
	}
	if n.Kind != yaml.ScalarNode {
		d.add(n, "must be %s, not a %s", want, map[yaml.Kind]string{yaml.MappingNode: "map", yaml.SequenceNode: "list"}[n.Kind])
		return nil
	}
	return n
}

func (t *text) word() string {
	if len(t.choices) > 0 {
		return List(t.choices)
	}
	return "text"
}
func (t *text) structured() bool { return false }

func (t *text) decode(d *decoder, n *yaml.Node) {
	if n = d.scalar(n, t.word()); n == nil {
		return
	}
	if complaint := t.complaint(n); complaint != "" {
		d.add(n, "%s", complaint)
		return
	}
	*t.dst = n.Value
}

func (t *text) complaint(n *yaml.Node) string {
	if len(t.choices) > 0 && !slices.Contains(t.choices, n.Value) {
		return quote(n.Value) + " is not known" + didYouMean(n.Value, t.choices)
	}
	return t.rule.complaint(n)
}

// complaint says what is wrong with a scalar, or "".
func (r Rule) complaint(n *yaml.Node) string {
	s := n.Value
	if r.Pattern != "" && n.Tag != "!!str" && n.Tag != "!!timestamp" {
		return fmt.Sprintf("must be text; write it in quotes: %q", s)
	}
	if count := utf8.RuneCountInString(s); r.Max > 0 && count > r.Max {
		return fmt.Sprintf("is %d characters long, the limit is %d", count, r.Max)
	}
	if r.ASCII && strings.ContainsFunc(s, func(c rune) bool { return c > 127 }) {
		return quote(s) + " may hold only ASCII characters"
	}
	if r.Pattern != "" && !r.whole().MatchString(s) {
		return quote(s) + " must be " + r.Says
	}
	return ""
}

func (b *boolean) word() string     { return "true or false" }
func (b *boolean) structured() bool { return false }

func (b *boolean) decode(d *decoder, n *yaml.Node) {
	if n = d.scalar(n, b.word()); n == nil {
		return
	}
	var v bool
	switch n.Value {
	case "true", "True", "TRUE":
		v = true
	case "false", "False", "FALSE":
	default:
		d.add(n, "%s is neither true nor false", quote(n.Value))
		return
	}
	*b.dst = &v
}

func (i *integer) word() string     { return "whole number" }
func (i *integer) structured() bool { return false }

func (i *integer) decode(d *decoder, n *yaml.Node) {
	if n = d.scalar(n, "a whole number"); n == nil {
		return
	}
	if v, ok := i.valid.parse(d, n); ok {
		*i.dst = &v
	}
}

var decimal = regexp.MustCompile(`^-?[0-9]+$`)

func (r Range) parse(d *decoder, n *yaml.Node) (int64, bool) {
	v, err := strconv.ParseInt(n.Value, 10, 64)
	if !decimal.MatchString(n.Value) || errors.Is(err, strconv.ErrSyntax) {
		d.add(n, "%s is not a whole number", quote(n.Value))
		return 0, false
	}
	if err != nil || v < r.Min || v > r.Max {
		d.add(n, "%s is outside %d to %d", n.Value, r.Min, r.Max)
		return 0, false
	}
	return v, true
}

func (f *fileOf) word() string     { return "path of a YAML file" }
func (f *fileOf) structured() bool { return false }

func (f *fileOf) decode(d *decoder, n *yaml.Node) {
	if n = d.scalar(n, "a path"); n == nil {
		return
	}
	if d.readFile == nil {
		d.add(n, "files are not read here")
		return
	}
	src, err := d.readFile(n.Value)
	if err != nil {
		d.add(n, "%s cannot be read: %s", quote(n.Value), err)
		return
	}
	root, problem := Parse(n.Value, src)
	switch {
	case problem != nil:
		*d.problems = append(*d.problems, *problem)
	case root == nil:
		d.add(n, "%s is empty", quote(n.Value))
	default:
		inner := *d
		inner.file, inner.foreign = n.Value, nil
		f.of.kind.decode(&inner, root)
	}
}

func (v *duration) word() string     { return "length of time" }
func (v *duration) structured() bool { return false }

func (v *duration) decode(d *decoder, n *yaml.Node) {
	if n = d.scalar(n, "a length of time"); n == nil {
		return
	}
	length, err := time.ParseDuration(n.Value)
	switch {
	case err != nil && decimal.MatchString(n.Value):
		d.add(n, "%s has no unit; write %ss, %sm or %sh", quote(n.Value), n.Value, n.Value, n.Value)
	case err != nil:
		d.add(n, "%s is not a length of time such as 90s, 10m or 1h30m", quote(n.Value))
	case length < v.min || length > v.max:
		d.add(n, "%s is outside %s to %s", n.Value, v.min, v.max)
	default:
		*v.dst = length
	}
}

// items returns the elements of a list, or of one text split at commas and
// lines.
func (d *decoder) items(n *yaml.Node, want string) []*yaml.Node {
	if n = d.enter(n); n == nil {
		return nil
	}
	switch n.Kind {
	case yaml.SequenceNode:
		return n.Content
	case yaml.ScalarNode:
		var items []*yaml.Node
		for part := range strings.FieldsFuncSeq(n.Value, func(c rune) bool { return c == ',' || c == '\n' }) {
			if part = strings.TrimSpace(part); part != "" {
				items = append(items, &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: part, Line: n.Line, Column: n.Column})
			}
		}
		return items
	}
	d.add(n, "must be %s, not a map", want)
	return nil
}

func (t *texts) word() string {
	if len(t.choices) > 0 {
		return "list of " + List(t.choices)
	}
	return "list of texts"
}
func (t *texts) structured() bool { return false }

func (t *texts) decode(d *decoder, n *yaml.Node) {
	items := d.items(n, "a list")
	if t.most > 0 && len(items) > t.most {
		d.add(n, "has %d entries, the limit is %d", len(items), t.most)
		return
	}
	one := &text{rule: t.rule, choices: t.choices}
	var got []string
	for _, item := range items {
		if item = d.scalar(item, "text"); item == nil {
			continue
		}
		if item.Value == "" || item.Tag == "!!null" {
			d.add(item, "an entry of the list is empty")
			continue
		}
		if complaint := one.complaint(item); complaint != "" {
			d.add(item, "%s", complaint)
			continue
		}
		if t.unique && slices.Contains(got, item.Value) {
			d.add(item, "%s stands twice in the list", quote(item.Value))
			continue
		}
		got = append(got, item.Value)
	}
	*t.dst = got
}

func (i *integers) word() string     { return "list of whole numbers" }
func (i *integers) structured() bool { return false }

func (i *integers) decode(d *decoder, n *yaml.Node) {
	var got []int64
	for _, item := range d.items(n, "a list of whole numbers") {
		if item = d.scalar(item, "a whole number"); item == nil {
			continue
		}
		v, ok := i.valid.parse(d, item)
		if ok && slices.Contains(got, v) {
			d.add(item, "%d stands twice in the list", v)
			continue
		}
		if ok {
			got = append(got, v)
		}
	}
	*i.dst = got
}

func (o *object) word() string     { return "map" }
func (o *object) structured() bool { return true }

func (o *object) decode(d *decoder, n *yaml.Node) {
	if n = d.enter(n); n == nil {
		return
	}
	if n.Kind != yaml.MappingNode {
		d.add(n, "must be a map with %s", List(o.fields.Names()))
		return
	}
	at := newAt(d.problems, d.place(n))
	written := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		f := o.fields.byName(key.Value)
		switch {
		case key.Tag == "!!merge":
			d.add(key, "merge keys (<<) are not read; write the names out")
			continue
		case f == nil || key.Kind != yaml.ScalarNode:
			d.add(key, "%s", unknown(key.Value, o.fields, d.foreign))
			continue
		case written[key.Value]:
			d.add(key, "%q stands twice", key.Value)
			continue
		}
		written[key.Value] = true
		if f.absent(value) {
			continue
		}
		at.places[key.Value] = d.place(value)
		inner := *d
		inner.foreign = nil
		inner.field(f, value, at)
	}
	for _, f := range o.fields {
		if f.Required && !at.Has(f.Name) {
			d.add(n, "%s is required: %s", f.Name, firstSentence(f.Doc))
		}
	}
	if o.check != nil {
		o.check(at)
	}
	if o.made != nil {
		o.made()
	}
}

func (o *objects) word() string     { return "list of maps" }
func (o *objects) structured() bool { return true }

func (o *objects) decode(d *decoder, n *yaml.Node) {
	if n = d.enter(n); n == nil {
		return
	}
	if n.Kind != yaml.SequenceNode {
		d.add(n, "must be a list of maps, each entry starting with \"- \"")
		return
	}
	if o.most > 0 && len(n.Content) > o.most {
		d.add(n, "has %d entries, the limit is %d", len(n.Content), o.most)
		return
	}
	for _, item := range n.Content {
		if *d.budget <= 0 {
			return
		}
		o.item().decode(d, item)
	}
}

func (p *pairs) word() string     { return "map, or list of name and value" }
func (p *pairs) structured() bool { return true }

func (p *pairs) decode(d *decoder, n *yaml.Node) {
	if n = d.enter(n); n == nil {
		return
	}
	switch n.Kind {
	case yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			p.pair(d, n.Content[i], n.Content[i+1])
		}
	case yaml.SequenceNode:
		for _, item := range n.Content {
			var one Pair
			fields := p.fields(&one)
			(&object{fields: fields, check: func(at *At) { p.add(d, item, one) }}).decode(d, item)
		}
	default:
		d.add(n, "must be a map of names to values, or a list of maps with name and value")
	}
}

func (p *pairs) fields(one *Pair) Set {
	return Set{
		RuledText("name", &one.Name, p.name, "Name of the parameter.").Require(),
		RuledText("value", &one.Value, p.value, "Value of the parameter.").Require(),
	}
}

// pair reads one entry of a map.
func (p *pairs) pair(d *decoder, key, value *yaml.Node) {
	var one Pair
	before := len(*d.problems)
	(&text{dst: &one.Name, rule: p.name}).decode(d, key)
	if value = d.scalar(value, "text"); value != nil && value.Tag == "!!null" {
		d.add(value, "%s has no value", one.Name)
	} else if value != nil {
		(&text{dst: &one.Value, rule: p.value}).decode(d, value)
	}
	if len(*d.problems) == before {
		p.add(d, key, one)
	}
}

func (p *pairs) add(d *decoder, n *yaml.Node, one Pair) {
	if slices.ContainsFunc(*p.dst, func(other Pair) bool { return other.Name == one.Name }) {
		d.add(n, "%s stands twice", quote(one.Name))
		return
	}
	*p.dst = append(*p.dst, one)
}

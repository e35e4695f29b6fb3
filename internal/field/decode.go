package field

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"gopkg.in/yaml.v3"
)

// valueLimit bounds what aliases of YAML, and one file named again and again,
// can multiply.
const valueLimit = 100_000

// problemLimit is how many mistakes one reading looks for: more of them say
// that the whole is not what it should be.
const problemLimit = 200

// Budget is what one reading may still spend. What belongs together, such as
// the jobs of a plan, shares one.
type Budget struct {
	values, problems int
	said             map[Problem]bool
}

// NewBudget is the budget of one reading.
func NewBudget() *Budget { return &Budget{valueLimit, problemLimit, map[Problem]bool{}} }

// Use spends n values more. What is read next says that it was too much.
func (b *Budget) Use(n int) { b.values = max(min(b.values, 1), b.values-n) }

// Spent tells that nothing more is to be read.
func (b *Budget) Spent() bool { return b.values <= 0 || b.problems <= 0 }

// Complain adds a problem to the others, unless there are enough. What is read
// twice, such as a default of several jobs, spends nothing the second time.
func (b *Budget) Complain(ps *Problems, p Problem) {
	if b.Spent() {
		return
	}
	if b.said[p] {
		*ps = append(*ps, p)
		return
	}
	b.said[p] = true
	if b.problems--; b.problems == 0 {
		p.Text += fmt.Sprintf("; these are %d mistakes, no more are looked for", problemLimit)
	}
	*ps = append(*ps, p)
}

// Foreign says of a name that a set does not know what it is elsewhere, as the
// end of a sentence ("belongs to tencent-pts"), or "".
type Foreign func(name string) string

// Options are what decoding takes from its surroundings.
type Options struct {
	Foreign  Foreign                           // nil: an unknown name is just unknown
	ReadFile func(path string) ([]byte, error) // for fields that name a file
	Budget   *Budget                           // nil: one of its own
	Moments  *[]Moment                         // nil, or gets the times at which something is to begin
}

// Moment is a time at which what a value is about begins, for who knows more of
// the surroundings.
type Moment struct {
	Name  string // of the value
	Place Place
	At    time.Time
}

func (o Options) budget() *Budget {
	if o.Budget == nil {
		return NewBudget()
	}
	return o.Budget
}

type decoder struct {
	file     string
	name     string // of the value that is read, as the subject of a sentence
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

// wrong complains of the value that is read, in words that follow its name. An
// input's name stands before it already, as its place.
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

// At lets a check complain at the right place.
type At struct {
	problems *Problems
	budget   *Budget
	whole    Place  // of the object, or of the value that Then checks
	subject  string // the value's name, if it is to stand before a complaint
	inputs   bool   // every name is a place of its own
	moments  *[]Moment
	places   map[string]Place // of the names that were written with a value
	bad      map[string]bool
}

func newAt(problems *Problems, budget *Budget, whole Place) *At {
	return &At{problems: problems, budget: budget, whole: whole, places: map[string]Place{}, bad: map[string]bool{}}
}

// Has tells whether the user wrote the name, with a value.
func (at *At) Has(name string) bool { _, ok := at.places[name]; return ok }

// Bad tells whether the name's value was already complained of.
func (at *At) Bad(name string) bool { return at.bad[name] }

// Place is that of the whole.
func (at *At) Place() Place { return at.whole }

// InFile tells of a value (see Then), or of the whole, that it stands in a file,
// which others than the workflow's author may write.
func (at *At) InFile() bool { return at.whole.Line > 0 }

// meant takes a misspelt name for the one that it resembles, so that this one
// is not missed as well.
func (at *At) meant(name string, place Place) {
	if name != "" && !at.Has(name) {
		at.places[name], at.bad[name] = place, true
	}
}

// Begins notes that what the value is about begins at a time.
func (at *At) Begins(t time.Time) {
	if at.moments != nil {
		*at.moments = append(*at.moments, Moment{at.subject, at.whole, t})
	}
}

// Problem complains of the whole: of an object in a whole sentence, of a value
// (see Then) in words that follow its name.
func (at *At) Problem(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if at.subject != "" && at.whole.Line > 0 {
		text = at.subject + " " + text
	}
	at.budget.Complain(at.problems, Problem{at.whole, text})
}

// ProblemAt complains, in a whole sentence, of one of its names, or of the
// whole if it is absent.
func (at *At) ProblemAt(name, format string, args ...any) {
	place, ok := at.places[name]
	switch {
	case ok:
	case at.inputs:
		place = Place{File: name}
	default:
		place = at.whole
	}
	at.budget.Complain(at.problems, Problem{place, fmt.Sprintf(format, args...)})
}

// ExactlyOne complains unless one of the two names was written.
func (at *At) ExactlyOne(a, b string) {
	switch {
	case at.Has(a) && at.Has(b):
		at.ProblemAt(b, "%s and %s exclude each other; give one of them", a, b)
	case !at.Has(a) && !at.Has(b):
		at.ProblemAt(a, "one of %s and %s is required", a, b)
	}
}

// DecodeYAML reads the mapping at n, part of file, into what the set is bound
// to, and returns every mistake. check, which may be nil, sees the whole.
func (s Set) DecodeYAML(file string, n *yaml.Node, o Options, check func(*At)) Problems {
	var ps Problems
	d := &decoder{file: file, problems: &ps, budget: o.budget(), foreign: o.Foreign, readFile: o.ReadFile, moments: o.Moments}
	(&object{fields: s, check: check}).decode(d, n)
	return ps
}

// Input is the text of one input.
type Input struct{ Name, Text string }

// DecodeInputs reads flat inputs, nested values being YAML. An empty input is
// absent. Complaints of the whole stand at the input provider.
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

// input decodes an input's text: YAML for a structured field, else a text
// without a line, so that the input's name alone is its place.
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

// unknown says that there is no such name, in what is called in, and guesses
// which one was meant.
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

// enter resolves an alias and spends the budget. The node is nil if it is
// spent, or has a tag that is not read, which was then said.
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

// resolve follows an alias. It leads to no other one: an alias has no anchor.
func resolve(n *yaml.Node) *yaml.Node {
	if n.Kind == yaml.AliasNode {
		return n.Alias
	}
	return n
}

// absent tells that nothing was written for the field: null, an empty text
// where that is no value of its own, or an empty list.
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
		d.wrong(n, "%s", complaint)
		return
	}
	*t.dst = n.Value
}

// complaint says what is wrong with a scalar, or "". Only text is taken if it
// must have a form: a number may have lost its own on the way, as 010 does.
func (t *text) complaint(n *yaml.Node) string {
	s, r := n.Value, t.rule
	count := utf8.RuneCountInString(s)
	switch {
	case len(t.choices) > 0 && !slices.Contains(t.choices, s):
		return otherThan(s, t.choices)
	case (r.Pattern != "" || len(t.choices) > 0) && n.Tag != "!!str" && n.Tag != "!!timestamp":
		return "must be text; write it in quotes" + t.quoted(": ", s)
	case r.Max > 0 && count > r.Max:
		return fmt.Sprintf("is %d characters long, the limit is %d", count, r.Max)
	case r.ASCII && strings.ContainsFunc(s, func(c rune) bool { return c > 127 }):
		return "may hold only ASCII characters" + t.quoted(", not ", s)
	case r.Pattern != "" && !t.matches(s):
		return fmt.Sprintf("must be %s%s", r.Says, t.quoted(", not ", s))
	}
	return ""
}

// quoted ends a complaint with what was written, unless nobody is to see it.
func (t *text) quoted(before, s string) string {
	if t.hidden {
		return ""
	}
	return before + Quote(s)
}

// few choices are better listed than guessed at.
const few = 4

// otherThan says that a word is none of those allowed.
func otherThan(word string, choices []string) string {
	if near := Nearest(word, choices); near != "" && len(choices) > few {
		return fmt.Sprintf("cannot be %s, did you mean %q?", Quote(word), near)
	}
	return fmt.Sprintf("must be %s, not %s", List(choices), Quote(word))
}

func (b *boolean) word() string     { return "true or false" }
func (b *boolean) structured() bool { return false }

func (b *boolean) decode(d *decoder, n *yaml.Node) {
	if n = d.scalar(n, b.word()); n == nil {
		return
	}
	v, ok := truth(n.Value)
	if !ok {
		d.wrong(n, "must be true or false, not %s", Quote(n.Value))
		return
	}
	*b.dst = &v
}

// truth reads a boolean as YAML writes it.
func truth(word string) (value, ok bool) {
	switch word {
	case "true", "True", "TRUE":
		return true, true
	case "false", "False", "FALSE":
		return false, true
	}
	return false, false
}

func (b *booleanOr) word() string     { return List(append([]string{"true", "false"}, b.others...)) }
func (b *booleanOr) structured() bool { return false }

func (b *booleanOr) decode(d *decoder, n *yaml.Node) {
	if n = d.scalar(n, b.word()); n == nil {
		return
	}
	v, ok := truth(n.Value)
	switch {
	case ok:
		*b.dst = strconv.FormatBool(v)
	case slices.Contains(b.others, n.Value):
		*b.dst = n.Value
	default:
		d.wrong(n, "must be %s, not %s", b.word(), Quote(n.Value))
	}
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

var (
	decimal = regexp.MustCompile(`^-?[0-9]+$`)
	padded  = regexp.MustCompile(`^(-?)0+([0-9]+)$`)
)

func (r Range) parse(d *decoder, n *yaml.Node) (int64, bool) {
	if m := padded.FindStringSubmatch(n.Value); m != nil {
		d.wrong(n, "is %s, which YAML may read as octal; write it without zeros in front: %s", Quote(n.Value), m[1]+m[2])
		return 0, false
	}
	if !decimal.MatchString(n.Value) {
		d.wrong(n, "must be a whole number, not %s", Quote(n.Value))
		return 0, false
	}
	v, err := strconv.ParseInt(n.Value, 10, 64)
	if err != nil || v < r.Min || v > r.Max {
		d.wrong(n, "must be %s", r.not(n.Value))
		return 0, false
	}
	return v, true
}

// not says what is right instead of a number outside the range.
func (r Range) not(number string) string {
	valid := fmt.Sprintf("between %d and %d", r.Min, r.Max)
	if r.Min == r.Max {
		valid = fmt.Sprint(r.Min)
	}
	if r.Why != "" {
		return fmt.Sprintf("%s, not %s: %s", valid, shortened(number, 40), r.Why)
	}
	return fmt.Sprintf("%s, not %s", valid, shortened(number, 40))
}

func (f *fileOf) word() string     { return "path of a YAML file" }
func (f *fileOf) structured() bool { return false }

func (f *fileOf) decode(d *decoder, n *yaml.Node) {
	if n = d.scalar(n, "a path"); n == nil {
		return
	}
	if strings.ContainsAny(n.Value, "\r\n") {
		d.wrong(n, "must be the path of one file, not %s", Quote(n.Value))
		return
	}
	src, err := d.readFile(n.Value)
	if err != nil {
		d.wrong(n, "names %s, which cannot be read: %s", Quote(n.Value), err)
		return
	}
	root, problem := Parse(n.Value, src)
	switch {
	case problem != nil:
		*d.problems = append(*d.problems, *problem)
	case root == nil:
		d.wrong(n, "names %s, which is empty", Quote(n.Value))
	default:
		inner := d.of(f.of.Name)
		inner.file = n.Value
		if f.isWhole(root) {
			(&object{fields: f.whole}).decode(inner, root)
			return
		}
		f.of.kind.decode(inner, root)
	}
}

func (f *fileOf) isWhole(root *yaml.Node) bool {
	for i := 0; root.Kind == yaml.MappingNode && i < len(root.Content); i += 2 {
		if f.whole.Named(root.Content[i].Value) != nil {
			return true
		}
	}
	return false
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
		d.wrong(n, "is %s, without a unit; write %ss, %sm or %sh", Quote(n.Value), n.Value, n.Value, n.Value)
	case err != nil:
		d.wrong(n, "is %s, not a length of time such as 90s, 10m or 1h30m", Quote(n.Value))
	case length < v.min || length > v.max:
		d.wrong(n, "is %s, outside %s to %s", n.Value, v.min, v.max)
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
	switch {
	case n.Kind == yaml.SequenceNode:
		return n.Content
	case n.Kind != yaml.ScalarNode:
		d.wrong(n, "must be %s, not a map", want)
		return nil
	case !strings.ContainsAny(n.Value, ",\n"):
		return []*yaml.Node{n}
	}
	var items []*yaml.Node
	for part := range strings.FieldsFuncSeq(n.Value, func(c rune) bool { return c == ',' || c == '\n' }) {
		if part = strings.TrimSpace(part); part != "" {
			items = append(items, &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: part, Line: n.Line, Column: n.Column})
		}
	}
	if items == nil {
		d.wrong(n, "is a list without entries")
	}
	return items
}

// entry returns an entry of a list of scalars, or complains of it.
func (d *decoder) entry(n *yaml.Node) *yaml.Node {
	if n = d.enter(n); n == nil {
		return nil
	}
	switch {
	case n.Kind != yaml.ScalarNode:
		d.wrong(n, "has a %s as an entry; each must be a single value", shape(n))
	case n.Value == "" || n.Tag == "!!null":
		d.wrong(n, "has an empty entry")
	default:
		return n
	}
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
		d.wrong(n, "has %d entries, the limit is %d", len(items), t.most)
		return
	}
	one := &text{rule: t.rule, choices: t.choices}
	var got []string
	seen := map[string]bool{}
	for _, item := range items {
		if item = d.entry(item); item == nil {
			continue
		}
		complaint := one.complaint(item)
		switch {
		case complaint != "":
			d.wrong(item, "%s", complaint)
		case t.unique && seen[item.Value]:
			d.wrong(item, "names %s twice", Quote(item.Value))
		default:
			got, seen[item.Value] = append(got, item.Value), true
		}
	}
	*t.dst = got
}

func (l *lines) word() string     { return "text, or list of texts" }
func (l *lines) structured() bool { return true }

func (l *lines) decode(d *decoder, n *yaml.Node) {
	if n = d.enter(n); n == nil {
		return
	}
	*l.dst = nil
	if n.Kind == yaml.MappingNode {
		d.wrong(n, "must be text, a line each, or a list, not a map")
		return
	}
	if n.Kind == yaml.ScalarNode {
		l.passage(d, n, d.column+2) // as people indent what stands below a name
		return
	}
	for _, item := range n.Content {
		if item = d.enter(item); item == nil {
			return
		}
		switch {
		case item.Kind == yaml.MappingNode && len(item.Content) == 2:
			l.named(d, item.Content[0], item.Content[1])
		case item.Kind != yaml.ScalarNode:
			d.wrong(item, "has a %s as an entry; each must be a text", shape(item))
		case item.Value == "" || item.Tag == "!!null":
			d.wrong(item, "has an empty entry")
		default:
			l.passage(d, item, item.Column)
		}
	}
}

// passage takes a text. column is where its lines begin if it is a block.
func (l *lines) passage(d *decoder, n *yaml.Node, column int) {
	p := Passage{d.place(n), n.Value}
	switch n.Style {
	case yaml.FoldedStyle:
		d.wrong(n, `is folded: ">" makes one line of several, of which a comment swallows the rest; write "|"`)
		return
	case yaml.LiteralStyle:
		p.Place.Line, p.Place.Col = n.Line+1, column
	case yaml.DoubleQuotedStyle, yaml.SingleQuotedStyle:
		p.Place.Col++ // the text begins behind the quote
	}
	*l.dst = append(*l.dst, p)
}

// named takes an entry "name: text", which YAML reads as a map, as the text that
// it is.
func (l *lines) named(d *decoder, key, value *yaml.Node) {
	if value = d.enter(value); value == nil || d.enter(key) == nil || !d.plain(key) {
		return
	}
	if value.Kind != yaml.ScalarNode || value.Line != key.Line || value.Style&(yaml.FoldedStyle|yaml.LiteralStyle) != 0 || value.Value == "" || value.Tag == "!!null" {
		d.wrong(key, "has a map as an entry; each must be a text of one line, in quotes if need be")
		return
	}
	gap := max(1, value.Column-key.Column-len([]rune(key.Value))-1)
	*l.dst = append(*l.dst, Passage{d.place(key), key.Value + ":" + strings.Repeat(" ", min(gap, 100)) + value.Value})
}

func (i *integers) word() string     { return "list of whole numbers" }
func (i *integers) structured() bool { return false }

func (i *integers) decode(d *decoder, n *yaml.Node) {
	var got []int64
	seen := map[int64]bool{}
	for _, item := range d.items(n, "a list of whole numbers") {
		if item = d.entry(item); item == nil {
			continue
		}
		v, ok := i.valid.parse(d, item)
		switch {
		case ok && seen[v]:
			d.wrong(item, "names %d twice", v)
		case ok:
			got, seen[v] = append(got, v), true
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
		d.wrong(n, "must be a map, not a %s; it can have %s", shape(n), List(o.fields.Names()))
		return
	}
	if o.fresh != nil {
		o.fresh()
	}
	at := newAt(d.problems, d.budget, d.place(n))
	first := map[string]int{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		f := d.named(key, o.fields, first, at)
		if f == nil || f.absent(value) {
			continue
		}
		at.places[f.Name] = d.place(value)
		inner := d.of(f.Name)
		inner.column = key.Column
		inner.field(f, value, at)
	}
	for _, f := range o.fields {
		if f.Required && !at.Has(f.Name) {
			d.add(n, "%s is required: %s", f.Name, firstSentence(f.Doc))
		}
	}
	if o.check != nil && !d.budget.Spent() {
		o.check(at)
	}
	if o.made != nil {
		o.made()
	}
}

// plain tells that a key is a name as people write it, or complains.
func (d *decoder) plain(key *yaml.Node) bool {
	switch {
	case key.Tag == "!!merge":
		d.add(key, "merge keys (<<) are not read; write the names out")
	case key.Kind != yaml.ScalarNode:
		d.add(key, "a name must be plain text, not a map, a list or an alias")
	default:
		return true
	}
	return false
}

// named finds the field that a key names, or complains. first keeps the line
// where each name stood.
func (d *decoder) named(key *yaml.Node, fields Set, first map[string]int, at *At) *Field {
	if d.enter(key) == nil || !d.plain(key) {
		return nil
	}
	f := fields.Named(key.Value)
	if f == nil {
		text, meant := unknown(key.Value, d.name, fields, d.foreign)
		d.add(key, "%s", text)
		at.meant(meant, d.place(key))
		return nil
	}
	if line, twice := first[key.Value]; twice {
		d.add(key, "%s stands twice; the first is in line %d", key.Value, line)
		return nil
	}
	first[key.Value] = key.Line
	return f
}

func (o *objects) word() string     { return "list of maps" }
func (o *objects) structured() bool { return true }

func (o *objects) decode(d *decoder, n *yaml.Node) {
	if n = d.enter(n); n == nil {
		return
	}
	if n.Kind != yaml.SequenceNode {
		d.wrong(n, "must be a list of maps, not a %s; each entry starts with \"- \"", shape(n))
		return
	}
	if o.most > 0 && len(n.Content) > o.most {
		d.wrong(n, "has %d entries, the limit is %d", len(n.Content), o.most)
		return
	}
	for _, item := range n.Content {
		if d.budget.Spent() {
			return
		}
		o.item().decode(d.of("an entry of "+d.name), item)
	}
}

func (p *pairs) word() string     { return "map, or list of name and value" }
func (p *pairs) structured() bool { return true }

func (p *pairs) decode(d *decoder, n *yaml.Node) {
	if n = d.enter(n); n == nil {
		return
	}
	*p.dst = nil
	seen := map[string]bool{}
	switch n.Kind {
	case yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			p.pair(d, n.Content[i], n.Content[i+1], seen)
		}
	case yaml.SequenceNode:
		for _, item := range n.Content {
			var one Pair
			before := len(*d.problems)
			(&object{fields: p.fields(&one)}).decode(d.of("an entry of "+d.name), item)
			switch {
			case len(*d.problems) > before:
			case seen[one.Name]:
				d.wrong(item, "names %s twice", Quote(one.Name))
			default:
				*p.dst, seen[one.Name] = append(*p.dst, one), true
			}
		}
	default:
		d.wrong(n, "must be a map of names to values, or a list of maps with name and value")
	}
}

func (p *pairs) fields(one *Pair) Set {
	value := RuledText(pairValue, &one.Value, p.value, "Value of the parameter.").Require()
	if p.hidden {
		value.Hide()
	}
	set := Set{RuledText("name", &one.Name, p.name, "Name of the parameter.").Require(), value}
	if p.typed != nil {
		set = append(set, Choice(p.typed.Name, &one.Type, p.typed.Doc, p.typed.Choices()...))
	}
	return set
}

// pair reads one entry of a map. Its name is text even where it looks like a
// number, as in JSON.
func (p *pairs) pair(d *decoder, key, value *yaml.Node, seen map[string]bool) {
	if d.enter(key) == nil || !d.plain(key) {
		return
	}
	if seen[key.Value] {
		d.add(key, "%s stands twice", Quote(key.Value))
		return
	}
	seen[key.Value] = true
	var one Pair
	before := len(*d.problems)
	name := *key
	name.Tag = "!!str"
	(&text{dst: &one.Name, rule: p.name}).decode(d.of("a name in "+d.name), &name)
	(&text{dst: &one.Value, rule: p.value, hidden: p.hidden}).pairValue(d.of("the value of "+Quote(key.Value)), value)
	if len(*d.problems) == before {
		*p.dst = append(*p.dst, one)
	}
}

// pairValue reads the value of an entry of a map, which cannot be left out.
func (t *text) pairValue(d *decoder, n *yaml.Node) {
	switch value := resolve(n); {
	case value.Tag == "!!null" && t.rule.Empty:
		d.wrong(n, "is missing; write \"\" for an empty one")
	case value.Tag == "!!null" || value.Kind == yaml.ScalarNode && value.Value == "" && !t.rule.Empty:
		d.wrong(n, "is missing")
	default:
		t.decode(d, n)
	}
}

package field

// This file reads lists and maps.

import (
	"strings"

	"gopkg.in/yaml.v3"
)

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

func (l *lines) word() string { return "text, or list of texts" }

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
		l.passage(d, n, d.column+2) // people indent a block by two spaces
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

// named reads an entry "name: text" as the text that the user meant. YAML takes it for
// a map.
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

func (i *integers) word() string { return "list of whole numbers" }

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

func (o *object) word() string { return "map" }

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

// plain reports whether a key is a plain name, and complains if it is not.
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

// named finds the field that a key names, or complains. first has the line where each
// name stood first.
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

func (o *objects) word() string { return "list of maps" }

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

func (p *pairs) word() string { return "map, or list of name and value" }

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

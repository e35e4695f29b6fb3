package field

// This file reads single values: texts, numbers, flags, lengths of time, and
// paths of files.

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

// complaint says what is wrong with a scalar, or "". If the rule has a pattern, a YAML
// number is refused, because it may not be written as the user meant it, such as 010.
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

// quoted ends a complaint with what was written, unless that is hidden.
func (t *text) quoted(before, s string) string {
	if t.hidden {
		return ""
	}
	return before + Quote(s)
}

// few is up to how many choices a message lists all of them, in place of a guess.
const few = 4

// otherThan says that a word is none of those allowed.
func otherThan(word string, choices []string) string {
	if near := Nearest(word, choices); near != "" && len(choices) > few {
		return fmt.Sprintf("cannot be %s, did you mean %q?", Quote(word), near)
	}
	return fmt.Sprintf("must be %s, not %s", List(choices), Quote(word))
}

func (b *boolean) word() string { return "true or false" }

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

func (b *booleanOr) word() string { return List(append([]string{"true", "false"}, b.others...)) }

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

func (i *integer) word() string { return "whole number" }

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

// not says which numbers are right, about one outside the range.
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

func (f *fileOf) word() string { return "path of a YAML file" }

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

func (v *duration) word() string { return "length of time" }

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

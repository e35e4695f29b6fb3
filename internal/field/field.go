// Package field declares what a user may write, once: decoding with places,
// validation, action.yml, the README's tables and the JSON Schema all read the
// same declaration.
//
// A spec is a struct; its Fields method binds each of its members to a name, a
// rule and a sentence of documentation, as package flag does for commands.
package field

import (
	"regexp"
	"time"

	"gopkg.in/yaml.v3"
)

// Field is one name a user may write.
type Field struct {
	Name     string
	Doc      string // what it means, its unit and where it comes from; plain text, one paragraph
	Required bool
	Default  string // for people: what holds when it is absent
	Given    string // GitHub's expression that is the input's default in action.yml
	kind     kind
	check    func(*At)
	apart    bool // not part of Content
}

// Set is what one object may hold, in the order of its documentation.
type Set []*Field

// kind knows one shape of value: how it is read and described.
type kind interface {
	decode(d *decoder, n *yaml.Node)
	schema() map[string]any
	// word names the shape for people: "text", "list of whole numbers".
	word() string
	// structured: an input of this kind is YAML, not plain text.
	structured() bool
	// content is the value of the field; nil if there is none.
	content() any
}

// Require makes the field mandatory.
func (f *Field) Require() *Field { f.Required = true; return f }

// Or documents the default. It does not set it: a spec starts with its defaults.
func (f *Field) Or(value string) *Field { f.Default = value; return f }

// By gives the input a default that the runner evaluates, an expression of GitHub's.
func (f *Field) By(expression string) *Field { f.Given = expression; return f }

// Then adds a check of the value, which runs if it was decoded without a complaint. Its
// complaints follow the value's name: "is in the past".
func (f *Field) Then(check func(*At)) *Field { f.check = check; return f }

// Word names the shape of the field's value for people.
func (f *Field) Word() string { return f.kind.word() }

// Choices are the only values allowed, or nil.
func (f *Field) Choices() []string {
	if t, ok := f.kind.(*text); ok {
		return t.choices
	}
	return nil
}

// Structured reports whether the input is inline YAML.
func (f *Field) Structured() bool { return f.kind.structured() }

// Names lists the names of the set.
func (s Set) Names() []string {
	names := make([]string, len(s))
	for i, f := range s {
		names[i] = f.Name
	}
	return names
}

// Named is the field of a name, or nil.
func (s Set) Named(name string) *Field {
	for _, f := range s {
		if f.Name == name {
			return f
		}
	}
	return nil
}

// Optional is the same set, with no field required.
func (s Set) Optional() Set {
	set := make(Set, len(s))
	for i, f := range s {
		free := *f
		free.Required = false
		set[i] = &free
	}
	return set
}

// Rule narrows the text that a field takes. The zero value takes any text.
type Rule struct {
	Max     int    // characters, not bytes; 0: no limit
	Pattern string // a regular expression for the whole text, RE2 and ECMA-262 alike
	Says    string // the pattern in words: "letters, digits and -"
	ASCII   bool
	Empty   bool // the empty text is a value; otherwise it is as if absent
}

type text struct {
	dst     *string
	rule    Rule
	choices []string
	hidden  bool
	whole   *regexp.Regexp // the rule's pattern, compiled when it is first needed
}

// Text is any text. Numbers and booleans of YAML are taken as they were
// written, unless the rule has a pattern.
func Text(name string, dst *string, doc string) *Field {
	return &Field{Name: name, Doc: doc, kind: &text{dst: dst}}
}

// RuledText is text that obeys a rule.
func RuledText(name string, dst *string, rule Rule, doc string) *Field {
	return &Field{Name: name, Doc: doc, kind: &text{dst: dst, rule: rule}}
}

// Choice is one of a few words.
func Choice(name string, dst *string, doc string, choices ...string) *Field {
	return &Field{Name: name, Doc: doc, kind: &text{dst: dst, choices: choices}}
}

type boolean struct{ dst **bool }

// Bool is true or false; absent is nil.
func Bool(name string, dst **bool, doc string) *Field {
	return &Field{Name: name, Doc: doc, kind: &boolean{dst}}
}

type booleanOr struct {
	dst    *string
	others []string
}

// BoolOr is true, false or another word; absent is the empty text.
func BoolOr(name string, dst *string, doc string, others ...string) *Field {
	return &Field{Name: name, Doc: doc, kind: &booleanOr{dst, others}}
}

// Range bounds whole numbers, both ends included.
type Range struct {
	Min, Max int64
	Why      string // completes the complaint of a number outside; may be empty
}

// NotNegative is the range of counts and ids, which the vendors keep in 32 bits.
func NotNegative() Range { return Range{Max: 1<<31 - 1} }

type integer struct {
	dst   **int64
	valid Range
}

// Int is a whole number, quoted or not; absent is nil.
func Int(name string, dst **int64, valid Range, doc string) *Field {
	return &Field{Name: name, Doc: doc, kind: &integer{dst, valid}}
}

type duration struct {
	dst      *time.Duration
	min, max time.Duration
}

// Duration is a length of time as Go writes it, such as 90s or 1h30m.
func Duration(name string, dst *time.Duration, min, max time.Duration, doc string) *Field {
	return &Field{Name: name, Doc: doc, kind: &duration{dst, min, max}}
}

type texts struct {
	dst     *[]string
	rule    Rule
	choices []string
	most    int
	unique  bool
}

// Texts is a list of texts: a YAML list, or one text with commas or lines.
func Texts(name string, dst *[]string, rule Rule, doc string) *Field {
	return &Field{Name: name, Doc: doc, kind: &texts{dst: dst, rule: rule}}
}

// UniqueTexts is a list of texts that are all different.
func UniqueTexts(name string, dst *[]string, rule Rule, doc string) *Field {
	return &Field{Name: name, Doc: doc, kind: &texts{dst: dst, rule: rule, unique: true}}
}

// FewTexts is a list of at most so many texts, all different.
func FewTexts(name string, dst *[]string, most int, doc string) *Field {
	return &Field{Name: name, Doc: doc, kind: &texts{dst: dst, most: most, unique: true}}
}

// Choices is a list of words out of a few.
func Choices(name string, dst *[]string, doc string, choices ...string) *Field {
	return &Field{Name: name, Doc: doc, kind: &texts{dst: dst, choices: choices}}
}

// Passage is a text and the place of its first character.
type Passage struct {
	Place Place
	Text  string
}

type lines struct{ dst *[]Passage }

// Lines is text of lines that are read one by one, each at its place: one text,
// or a list of texts.
func Lines(name string, dst *[]Passage, doc string) *Field {
	return &Field{Name: name, Doc: doc, kind: &lines{dst}}
}

type integers struct {
	dst   *[]int64
	valid Range
}

// Ints is a list of different whole numbers: a YAML list, or one text with
// commas or lines.
func Ints(name string, dst *[]int64, valid Range, doc string) *Field {
	return &Field{Name: name, Doc: doc, kind: &integers{dst, valid}}
}

type object struct {
	fields Set
	check  func(*At)
	fresh  func()     // empties the object before it is read, maybe a second time
	made   func()     // stores the object in the destination
	bound  func() Set // to the object that the destination holds; nil if it holds none
}

// Object is a nested object; absent is nil. check, which may be nil, sees the
// object after its fields were decoded.
func Object[T any](name string, dst **T, doc string, fields func(*T) Set, check func(*T, *At)) *Field {
	v := new(T)
	o := &object{fields: fields(v), fresh: func() { *v = *new(T) }, made: func() { *dst = v }}
	o.bound = func() Set {
		if *dst == nil {
			return nil
		}
		return fields(*dst)
	}
	if check != nil {
		o.check = func(at *At) { check(v, at) }
	}
	return &Field{Name: name, Doc: doc, kind: o}
}

type objects struct {
	item  func() *object // one more element
	bound func() []Set   // to the elements that the destination holds
	most  int
}

// Objects is a list of objects.
func Objects[T any](name string, dst *[]T, doc string, fields func(*T) Set, check func(*T, *At)) *Field {
	bound := func() []Set {
		sets := make([]Set, len(*dst))
		for i := range *dst {
			sets[i] = fields(&(*dst)[i])
		}
		return sets
	}
	return &Field{Name: name, Doc: doc, kind: &objects{bound: bound, item: func() *object {
		v := new(T)
		o := &object{fields: fields(v), made: func() { *dst = append(*dst, *v) }}
		if check != nil {
			o.check = func(at *At) { check(v, at) }
		}
		return o
	}}}
}

// Most limits the length of a list of objects.
func (f *Field) Most(n int) *Field {
	if o, ok := f.kind.(*objects); ok {
		o.most = n
	}
	return f
}

// Pair is a name and its value.
type Pair struct {
	Name, Value string
	Type        string // of typed ones, as it is written in a list; may be empty
}

type pairs struct {
	dst         *[]Pair
	name, value Rule
	hidden      bool
	typed       *Field // describes the type, and is never decoded itself; nil: there are no types
}

// pairValue is the name of a pair's value in a list.
const pairValue = "value"

// Pairs are named values: a map, or a list of objects with name and value.
func Pairs(name string, dst *[]Pair, nameRule, valueRule Rule, doc string) *Field {
	return &Field{Name: name, Doc: doc, kind: &pairs{dst: dst, name: nameRule, value: valueRule}}
}

// Typed gives the pairs of a list a third name, the type: one of a few words.
func (f *Field) Typed(name, doc string, choices ...string) *Field {
	if p, ok := f.kind.(*pairs); ok {
		p.typed = Choice(name, nil, doc, choices...)
	}
	return f
}

// fileOf is a file with the value of another field, or with an object that has that
// value in it.
type fileOf struct {
	of    *Field
	whole Set // nil: only the value
}

// File is the path of a YAML file with the value of another field. A check has to see
// to it that only one of the two is given.
func File(name string, of *Field, doc string) *Field {
	return &Field{Name: name, Doc: doc, kind: &fileOf{of: of}}
}

// In lets the file hold the whole object that the value is sent in. The file is read
// so if it has any name of that object.
func (f *Field) In(whole Set) *Field {
	if file, ok := f.kind.(*fileOf); ok {
		file.whole = whole
	}
	return f
}

// matches reports whether a text has the form of the rule's pattern. The pattern is a
// constant of ours, so it always compiles.
func (t *text) matches(s string) bool {
	if t.whole == nil {
		t.whole = regexp.MustCompile("^(?:" + t.rule.Pattern + ")$")
	}
	return t.whole.MatchString(s)
}

// Nested are the fields of an object, or of each object of a list; nil for other kinds.
func (f *Field) Nested() Set {
	switch k := f.kind.(type) {
	case *object:
		return k.fields
	case *objects:
		return k.item().fields
	}
	return nil
}

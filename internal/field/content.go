package field

import (
	"fmt"
	"strconv"
)

// Apart keeps the field out of Content, because its value may be a secret, or does not
// change what is started.
func (f *Field) Apart() *Field { f.apart = true; return f }

// Hide hides the value of a text, or the values of pairs: the field is Apart, no
// message quotes the value, and a dry run does not show it.
func (f *Field) Hide() *Field {
	switch k := f.kind.(type) {
	case *text:
		k.hidden = true
	case *pairs:
		k.hidden = true
	}
	return f.Apart()
}

// Hidden are the names of all hidden values, at any depth.
func (s Set) Hidden() (names []string) {
	for _, f := range s {
		switch k := f.kind.(type) {
		case *text:
			if k.hidden {
				names = append(names, f.Name)
			}
		case *pairs:
			if k.hidden {
				names = append(names, pairValue)
			}
		}
		names = append(names, f.Nested().Hidden()...)
	}
	return names
}

// Words are all values of the set that are not hidden. They may appear in messages.
func (s Set) Words() (words []string) {
	for _, f := range s {
		switch k := f.kind.(type) {
		case *text:
			if !k.hidden {
				words = append(words, *k.dst)
			}
		case *texts:
			words = append(words, *k.dst...)
		case *integer:
			if *k.dst != nil {
				words = append(words, strconv.FormatInt(**k.dst, 10))
			}
		case *integers:
			for _, n := range *k.dst {
				words = append(words, strconv.FormatInt(n, 10))
			}
		case *pairs:
			for _, one := range *k.dst {
				if words = append(words, one.Name); !k.hidden {
					words = append(words, one.Value)
				}
			}
		case *object:
			words = append(words, k.bound().Words()...)
		case *objects:
			for _, set := range k.bound() {
				words = append(words, set.Words()...)
			}
		}
	}
	return words
}

// Content is the values of the set as a text. It is equal for equal values, in
// whatever order, spelling or file they were written.
func (s Set) Content() string { return fmt.Sprintf("%#v", s.content()) } // fmt sorts the names of a map

// content has a value for each field that is there.
func (s Set) content() map[string]any {
	all := map[string]any{}
	for _, f := range s {
		if v := f.kind.content(); v != nil && !f.apart {
			all[f.Name] = v
		}
	}
	return all
}

func (t *text) content() any { return present(*t.dst, *t.dst != "") }

func (b *boolean) content() any { return pointed(*b.dst) }

func (b *booleanOr) content() any { return present(*b.dst, *b.dst != "") }

func (i *integer) content() any { return pointed(*i.dst) }

func (v *duration) content() any { return present(*v.dst, *v.dst != 0) }

func (t *texts) content() any { return present(*t.dst, len(*t.dst) > 0) }

func (l *lines) content() any { return present(*l.dst, len(*l.dst) > 0) }

func (i *integers) content() any { return present(*i.dst, len(*i.dst) > 0) }

func (o *object) content() any {
	set := o.bound()
	return present(set.content(), set != nil)
}

func (o *objects) content() any {
	var all []any
	for _, set := range o.bound() {
		all = append(all, set.content())
	}
	return present(all, all != nil)
}

// content of pairs is a map: their order means nothing.
func (p *pairs) content() any {
	all := map[string]string{}
	for _, one := range *p.dst {
		all[one.Name] = one.Value
	}
	return present(all, len(all) > 0)
}

// content of a file is nothing of its own: the field that its value goes to has it.
func (f *fileOf) content() any { return nil }

func present[T any](value T, there bool) any {
	if !there {
		return nil
	}
	return value
}

func pointed[T any](p *T) any {
	if p == nil {
		return nil
	}
	return *p
}

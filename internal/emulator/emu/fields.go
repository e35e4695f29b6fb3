package emu

import "encoding/json"

// Loose is a value of a query or a form, which know no types: a text, a number
// or a flag, as the parameter it is for needs it.
type Loose string

// Number is the value as a number, perhaps none that can be read.
func (l Loose) Number() json.Number { return json.Number(l) }

// Flag is the value as a boolean, or as the text if it is none.
func (l Loose) Flag() any {
	switch l {
	case "true":
		return true
	case "false":
		return false
	}
	return string(l)
}

// loosen makes every text in v loose.
func loosen(v any) any {
	switch v := v.(type) {
	case string:
		return Loose(v)
	case map[string]any:
		for name := range v {
			v[name] = loosen(v[name])
		}
	case []any:
		for i := range v {
			v[i] = loosen(v[i])
		}
	}
	return v
}

// Text reads a JSON string. ok is false if the value is absent, null or of
// another type.
func Text(o map[string]any, name string) (s string, ok bool) {
	s, ok = o[name].(string)
	return s, ok
}

// Int reads a JSON number without a fraction. ok is false for anything else,
// a quoted number too.
func Int(o map[string]any, name string) (n int64, ok bool) {
	num, isNumber := o[name].(json.Number)
	if !isNumber {
		return 0, false
	}
	n, err := num.Int64()
	return n, err == nil
}

// Bool reads a JSON boolean.
func Bool(o map[string]any, name string) (b, ok bool) {
	b, ok = o[name].(bool)
	return b, ok
}

// List reads a JSON array.
func List(o map[string]any, name string) (l []any, ok bool) {
	l, ok = o[name].([]any)
	return l, ok
}

// Object reads a nested JSON object.
func Object(o map[string]any, name string) (m map[string]any, ok bool) {
	m, ok = o[name].(map[string]any)
	return m, ok
}

// Unknown names a field of o that is not in known, or "".
// Of several the alphabetically first, so that answers are repeatable.
func Unknown(o map[string]any, known ...string) string {
	first := ""
next:
	for name := range o {
		for _, k := range known {
			if name == k {
				continue next
			}
		}
		if first == "" || name < first {
			first = name
		}
	}
	return first
}

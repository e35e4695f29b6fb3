package batchemu

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"

	"cloudjob/internal/emulator/emu"
)

// kind is the JSON type of a parameter.
type kind int

const (
	text kind = iota
	number
	flag
	object
)

// param is one parameter of a call, or one field of an object in it.
type param struct {
	name    string
	kind    kind
	many    bool // a list of kind
	must    bool
	fields  shape // of an object
	enum    []string
	max     int64 // of a number; 0 is none
	longest int   // of a list; 0 is any
	code    string
}

// shape is all parameters of a call, or all fields of an object.
type shape []param

func texts(name string) param   { return param{name: name, kind: text, many: true} }
func aText(name string) param   { return param{name: name, kind: text} }
func aNumber(name string) param { return param{name: name, kind: number} }
func numbers(name string) param { return param{name: name, kind: number, many: true} }
func aFlag(name string) param   { return param{name: name, kind: flag} }
func anObject(name string, fields ...param) param {
	return param{name: name, kind: object, fields: fields}
}
func objectsOf(name string, fields ...param) param { return anObject(name, fields...).list() }

func (p param) list() param     { p.many = true; return p }
func (p param) required() param { p.must = true; return p }

// oneOf refuses other values with the code.
func (p param) oneOf(code string, values ...string) param { p.code, p.enum = code, values; return p }

// upTo refuses greater numbers with the code.
func (p param) upTo(max int64, code string) param { p.code, p.max = code, max; return p }

// atMost refuses longer lists.
func (p param) atMost(n int) param { p.longest = n; return p }

func (s shape) names() []string {
	names := make([]string, len(s))
	for i, p := range s {
		names[i] = p.name
	}
	return names
}

// checker holds a body against the shape it should have.
type checker struct {
	strict   bool   // numbers in quotes are of a wrong type
	typeCode string // for a value of a wrong type
}

// fields checks an object, and writes numbers that came in quotes as numbers.
// A null is as good as an absent field. path ends with a dot, or is empty.
func (c checker) fields(path string, o map[string]any, s shape) *emu.Error {
	if name := emu.Unknown(o, s.names()...); name != "" {
		return refuse("UnknownParameter", "The parameter %s is not defined.", path+name)
	}
	for _, p := range s {
		v := o[p.name]
		if v == nil {
			if p.must {
				return missing(path + p.name)
			}
			delete(o, p.name)
			continue
		}
		v, err := c.value(path+p.name, v, p)
		if err != nil {
			return err
		}
		o[p.name] = v
	}
	return nil
}

func (c checker) value(path string, v any, p param) (any, *emu.Error) {
	if !p.many {
		return c.one(path, v, p)
	}
	l, ok := v.([]any)
	switch {
	case !ok:
		return nil, c.wrongType(path, "a list")
	case len(l) == 0 && p.must:
		return nil, missing(path)
	case p.longest > 0 && len(l) > p.longest:
		return nil, refuse("InvalidParameterValue.LimitExceeded", "%s has more than %d values.", path, p.longest)
	}
	for i := range l {
		var err *emu.Error
		if l[i], err = c.one(path+"."+strconv.Itoa(i), l[i], p); err != nil {
			return nil, err
		}
	}
	return l, nil
}

func (c checker) one(path string, v any, p param) (any, *emu.Error) {
	v = settled(v, p.kind)
	switch p.kind {
	case text:
		s, ok := v.(string)
		if !ok {
			return nil, c.wrongType(path, "a string")
		}
		if p.enum != nil && !slices.Contains(p.enum, s) {
			return nil, refuse(p.code, "%s cannot be %q.", path, s)
		}
	case number:
		return c.number(path, v, p)
	case flag:
		if _, ok := v.(bool); !ok {
			return nil, c.wrongType(path, "a boolean")
		}
	case object:
		o, ok := v.(map[string]any)
		if !ok {
			return nil, c.wrongType(path, "an object")
		}
		return v, c.fields(path+".", o, p.fields)
	}
	return v, nil
}

// settled gives a value of a flat request the type of its parameter.
func settled(v any, k kind) any {
	loose, ok := v.(emu.Loose)
	switch {
	case !ok:
		return v
	case k == number:
		return loose.Number()
	case k == flag:
		return loose.Flag()
	}
	return string(loose)
}

// number checks an integer. No number of this API may be negative.
func (c checker) number(path string, v any, p param) (any, *emu.Error) {
	if s, quoted := v.(string); quoted && !c.strict {
		v = json.Number(s)
	}
	num, _ := v.(json.Number)
	n, err := strconv.ParseInt(string(num), 10, 64)
	switch {
	case err != nil:
		return nil, c.wrongType(path, "an integer")
	case n < 0:
		return nil, refuse("InvalidParameterValue.Negative", "%s is negative.", path)
	case p.max > 0 && n > p.max:
		return nil, refuse(p.code, "%s is greater than %d.", path, p.max)
	}
	return json.Number(strconv.FormatInt(n, 10)), nil
}

func (c checker) wrongType(path, want string) *emu.Error {
	return refuse(c.typeCode, "%s is not %s.", path, want)
}

func missing(path string) *emu.Error {
	return refuse("MissingParameter", "The parameter %s is missing.", path)
}

func refuse(code, format string, args ...any) *emu.Error {
	return &emu.Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// decode reads a checked body into a struct of the same names. Having been
// checked, it cannot fail.
func (b body) decode(into any) {
	if raw, err := json.Marshal(b); err == nil {
		_ = json.Unmarshal(raw, into)
	}
}

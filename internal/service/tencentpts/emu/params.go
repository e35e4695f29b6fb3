package ptsemu

import (
	"encoding/json"
	"time"

	"cloudjob/internal/emulator/emu"
)

// kind is the JSON type of a parameter.
type kind int

const (
	aText kind = iota
	aNumber
	aFlag
	textList
	numberList
	anObject
	objectList
)

// param is one parameter of a call.
type param struct {
	name     string
	kind     kind
	required bool
}

func required(k kind, names ...string) []param { return params(k, true, names) }
func optional(k kind, names ...string) []param { return params(k, false, names) }

func params(k kind, required bool, names []string) []param {
	out := make([]param, 0, len(names))
	for _, name := range names {
		out = append(out, param{name, k, required})
	}
	return out
}

// fits tells whether v is a JSON value of kind k.
func fits(v any, k kind) bool {
	switch k {
	case aText:
		_, ok := v.(string)
		return ok
	case aNumber:
		n, ok := v.(json.Number)
		if !ok {
			return false
		}
		_, err := n.Int64()
		return err == nil
	case aFlag:
		_, ok := v.(bool)
		return ok
	case anObject:
		_, ok := v.(map[string]any)
		return ok
	case textList:
		return eachFits(v, aText)
	case numberList:
		return eachFits(v, aNumber)
	default:
		return eachFits(v, anObject)
	}
}

func eachFits(v any, k kind) bool {
	list, ok := v.([]any)
	if !ok {
		return false
	}
	for _, item := range list {
		if !fits(item, k) {
			return false
		}
	}
	return true
}

// settled gives a value of a flat request the type of its parameter.
func settled(v any, k kind) any {
	switch v := v.(type) {
	case emu.Loose:
		switch k {
		case aNumber, numberList:
			return v.Number()
		case aFlag:
			return v.Flag()
		}
		return string(v)
	case []any:
		for i := range v {
			v[i] = settled(v[i], k)
		}
	}
	return v
}

// check refuses unknown, missing and mistyped parameters (facts tencent-auth
// §4). A null counts as absent. An empty required list counts as missing too,
// with the code of Switches.MissingListCode.
func (s *Service) check(in map[string]any, params []param) *emu.Error {
	names := make([]string, 0, len(params))
	for _, p := range params {
		names = append(names, p.name)
	}
	if name := emu.Unknown(in, names...); name != "" {
		return refusal("UnknownParameter", "The parameter `"+name+"` is not defined.")
	}
	for _, p := range params {
		if v := in[p.name]; v != nil {
			in[p.name] = settled(v, p.kind)
		}
		if err := s.checkOne(in[p.name], p); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) checkOne(v any, p param) *emu.Error {
	if v == nil {
		if p.required {
			return refusal(s.missingCode(p.kind), "The parameter `"+p.name+"` is missing.")
		}
		return nil
	}
	if !fits(v, p.kind) {
		return refusal("InvalidParameter", "The parameter `"+p.name+"` has the wrong type.")
	}
	if !p.required {
		return nil
	}
	if v == "" {
		return refusal("InvalidParameterValue", "The parameter `"+p.name+"` is empty.")
	}
	if list, ok := v.([]any); ok && len(list) == 0 {
		return refusal(s.missingCode(p.kind), "The parameter `"+p.name+"` is empty.")
	}
	return nil
}

func (s *Service) missingCode(k kind) string {
	isList := k == textList || k == numberList || k == objectList
	if isList && s.Switches.MissingListCode != "" {
		return s.Switches.MissingListCode
	}
	return "MissingParameter"
}

func refusal(code, message string) *emu.Error {
	return &emu.Error{Code: code, Message: message}
}

func invalidValue(name string) *emu.Error {
	return refusal("InvalidParameterValue", "The value of `"+name+"` is not allowed.")
}

// text, number, flag, texts, numbers and objects read checked parameters; an
// absent one is the zero value.

func text(in map[string]any, name string) string {
	s, _ := emu.Text(in, name)
	return s
}

func number(in map[string]any, name string) int64 {
	n, _ := emu.Int(in, name)
	return n
}

func flag(in map[string]any, name string) bool {
	b, _ := emu.Bool(in, name)
	return b
}

func texts(in map[string]any, name string) []string {
	list, _ := emu.List(in, name)
	out := make([]string, 0, len(list))
	for _, v := range list {
		if s, ok := v.(string); ok {
			out = append(out, s)
		}
	}
	return out
}

func numbers(in map[string]any, name string) []int64 {
	list, _ := emu.List(in, name)
	out := make([]int64, 0, len(list))
	for _, v := range list {
		if n, ok := v.(json.Number); ok {
			if i, err := n.Int64(); err == nil {
				out = append(out, i)
			}
		}
	}
	return out
}

func objects(in map[string]any, name string) []map[string]any {
	list, _ := emu.List(in, name)
	out := make([]map[string]any, 0, len(list))
	for _, v := range list {
		if o, ok := v.(map[string]any); ok {
			out = append(out, o)
		}
	}
	return out
}

// instant reads an optional ISO 8601 time; a missing one is zero.
func instant(in map[string]any, name string) (time.Time, *emu.Error) {
	s := text(in, name)
	if s == "" {
		return time.Time{}, nil
	}
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return time.Time{}, invalidValue(name)
	}
	return t, nil
}

// Limits of a page (facts tencent-pts §3, INTL:models.go). A sample asks for 0,
// which is taken as the default.
const (
	defaultLimit = 20
	maxLimit     = 100
)

// page cuts Offset and Limit out of n results.
func (s *Service) page(in map[string]any, n int) (from, to int, err *emu.Error) {
	offset, limit := number(in, "Offset"), number(in, "Limit")
	if offset < 0 {
		return 0, 0, invalidValue("Offset")
	}
	if limit > maxLimit && s.Switches.ClampLimit {
		limit = maxLimit
	}
	if limit < 0 || limit > maxLimit {
		return 0, 0, invalidValue("Limit")
	}
	if limit == 0 {
		limit = defaultLimit
	}
	if offset >= int64(n) {
		return n, n, nil
	}
	return int(offset), min(int(offset+limit), n), nil
}

package field

// This file writes JSON Schema (draft 2020-12) from the declarations, for
// editors. It accepts what decode accepts, except that it has no word for an
// empty value, which decode takes as absent. It refuses what decode refuses,
// except for checks over several fields and those of Then, for entries that
// stand twice, for what is inside a list written as one text and in files, for
// the range of a number in quotes and for other spellings of whole numbers
// (1.0, 0x10).

// Schema describes an object of the set.
func (s Set) Schema() map[string]any {
	properties := map[string]any{}
	var required []string
	for _, f := range s {
		p := f.kind.schema()
		p["description"] = f.Doc
		properties[f.Name] = p
		if f.Required {
			required = append(required, f.Name)
		}
	}
	o := map[string]any{"type": "object", "additionalProperties": false, "properties": properties}
	if required != nil {
		o["required"] = required
	}
	return o
}

func (r Rule) schema() map[string]any {
	m := map[string]any{"type": []string{"string", "number", "boolean"}}
	switch {
	case r.Pattern != "":
		m["type"] = "string"
		m["pattern"] = "^(?:" + r.Pattern + ")$"
	case r.ASCII:
		m["pattern"] = `^[\x00-\x7f]*$`
	}
	if !r.Empty {
		m["minLength"] = 1
	}
	if r.Max > 0 {
		m["maxLength"] = r.Max
	}
	return m
}

func (t *text) schema() map[string]any {
	if len(t.choices) > 0 {
		return map[string]any{"enum": t.choices}
	}
	return t.rule.schema()
}

func (b *boolean) schema() map[string]any { return map[string]any{"enum": truths()} }

func truths() []any { return []any{true, false, "true", "True", "TRUE", "false", "False", "FALSE"} }

func (b *booleanOr) schema() map[string]any {
	all := truths()
	for _, word := range b.others {
		all = append(all, word)
	}
	return map[string]any{"enum": all}
}

func (v *duration) schema() map[string]any {
	return map[string]any{"type": "string", "pattern": `^([0-9]+(\.[0-9]+)?(ms|s|m|h))+$`}
}

func (r Range) schema() map[string]any {
	return map[string]any{"anyOf": []any{
		map[string]any{"type": "integer", "minimum": r.Min, "maximum": r.Max},
		map[string]any{"type": "string", "pattern": "^-?(0|[1-9][0-9]*)$"},
	}}
}

func (i *integer) schema() map[string]any { return i.valid.schema() }

// list describes a list, which may also be written as one text.
func list(item map[string]any, most int, unique bool) map[string]any {
	array := map[string]any{"type": "array", "items": item}
	if most > 0 {
		array["maxItems"] = most
	}
	if unique {
		array["uniqueItems"] = true
	}
	several := map[string]any{"type": "string", "pattern": `[,\n]`}
	return map[string]any{"anyOf": []any{array, item, several}}
}

func (t *texts) schema() map[string]any {
	return list((&text{rule: t.rule, choices: t.choices}).schema(), t.most, t.unique)
}

func (i *integers) schema() map[string]any { return list(i.valid.schema(), 0, true) }

func (l *lines) schema() map[string]any {
	text := Rule{}.schema()
	named := map[string]any{"type": "object", "minProperties": 1, "maxProperties": 1, "additionalProperties": text}
	array := map[string]any{"type": "array", "items": map[string]any{"anyOf": []any{text, named}}}
	return map[string]any{"anyOf": []any{text, array}}
}

func (o *object) schema() map[string]any { return o.fields.Schema() }

func (o *objects) schema() map[string]any {
	m := map[string]any{"type": "array", "items": o.item().fields.Schema()}
	if o.most > 0 {
		m["maxItems"] = o.most
	}
	return m
}

func (f *fileOf) schema() map[string]any { return Rule{}.schema() }

func (p *pairs) schema() map[string]any {
	var one Pair
	return map[string]any{"anyOf": []any{
		map[string]any{"type": "object", "propertyNames": p.name.schema(), "additionalProperties": p.value.schema()},
		map[string]any{"type": "array", "items": p.fields(&one).Schema()},
	}}
}

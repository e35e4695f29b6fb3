package plan

import (
	"maps"
	"reflect"
	"slices"

	"cloudjob/internal/catalog"
	"cloudjob/internal/field"
)

// Schema is the JSON Schema of plan files. A required value of a job may be given by a
// default, which a schema cannot follow. So it requires values only in plans without
// defaults.
func Schema() map[string]any {
	var cases, needs []any
	sections := map[string]any{}
	for _, p := range catalog.Providers() {
		is := map[string]any{"required": []string{"provider"}, "properties": map[string]any{"provider": map[string]any{"const": p.Name}}}
		set := new(entry).fields(p, p.New())
		cases = append(cases, map[string]any{"if": is, "then": set.Optional().Schema()})
		needs = append(needs, map[string]any{"if": is, "then": map[string]any{"required": set.Schema()["required"]}})
		sections[p.Name] = slices.DeleteFunc(set.Optional(), func(f *field.Field) bool { return single(f.Name) }).Schema()
	}
	properties := map[string]any{
		jobsName: map[string]any{
			"type": "array", "minItems": 1,
			"items": map[string]any{
				"type": "object", "required": []string{"provider"},
				"properties": map[string]any{"provider": map[string]any{"enum": catalog.Names(), "description": "The service that the job is started on."}},
				"allOf":      cases,
			},
		},
		defaultsName: defaultsSchema(sections),
	}
	top := append(new(Run).above(), new(gateText).fields("for every job, beside its own")...)
	if own, ok := top.Schema()["properties"].(map[string]any); ok {
		maps.Copy(properties, own)
	}
	return map[string]any{
		"$schema":              "https://json-schema.org/draft/2020-12/schema",
		"title":                "cloudjob plan",
		"description":          "Several jobs, on any mix of providers, for the input plan_file.",
		"type":                 "object",
		"additionalProperties": false,
		"required":             []string{jobsName},
		"properties":           properties,
		"if":                   map[string]any{"not": map[string]any{"required": []string{defaultsName}}},
		"then":                 map[string]any{"properties": map[string]any{jobsName: map[string]any{"items": map[string]any{"allOf": needs}}}},
	}
}

// defaultsSchema describes the defaults. Those for all jobs may have whatever any
// provider takes under the name; those of a provider have what it takes.
func defaultsSchema(sections map[string]any) map[string]any {
	properties := map[string]any{}
	forms := map[string][]any{}
	for _, p := range catalog.Providers() {
		own, ok := p.New().Fields().Schema()["properties"].(map[string]any)
		if !ok {
			continue
		}
		for name, form := range own {
			known := slices.ContainsFunc(forms[name], func(other any) bool { return reflect.DeepEqual(other, form) })
			if !single(name) && !known {
				forms[name] = append(forms[name], form)
			}
		}
	}
	for name, all := range forms {
		properties[name] = all[0]
		if len(all) > 1 {
			properties[name] = map[string]any{"anyOf": all}
		}
	}
	maps.Copy(properties, sections)
	return map[string]any{
		"type": "object", "additionalProperties": false, "properties": properties,
		"description": "What holds for jobs that do not say it themselves, of all providers that know the name; under a provider's name, for its jobs.",
	}
}

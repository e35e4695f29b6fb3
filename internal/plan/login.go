package plan

import (
	"slices"

	"gopkg.in/yaml.v3"

	"cloudjob/internal/catalog"
	"cloudjob/internal/field"
	"cloudjob/internal/job"
)

// above declares what can be given both as inputs and at the top of a plan: the login,
// the language, what is done if the same runs already, and the most that a start may
// run.
func (r *Run) above() field.Set {
	above := append(catalog.LoginFields(&r.Login), r.localeField(), r.running.field())
	return append(above, r.guard.fields(job.Measures())...)
}

// places are where the user gave these values, by name: some may be inputs, others may
// be in the plan file.
type places map[string]field.Place

func givenAbove(inputs []field.Input) places {
	given, names := places{}, new(Run).above().Names()
	for _, in := range inputs {
		if slices.Contains(names, in.Name) {
			given[in.Name] = field.Place{File: in.Name}
		}
	}
	return given
}

// take notes the place of a name in a plan file.
func (given places) take(d *decoder, key *yaml.Node) {
	if at, twice := given[key.Value]; twice && at.Line == 0 {
		d.add(key, "%s is an input of the step already; give it in one place", key.Value)
		return
	}
	given[key.Value] = field.Place{File: d.path, Line: key.Line, Col: key.Column}
}

// check complains if the parts of a login do not fit together.
func (given places) check(p Plan) (problems field.Problems) {
	var names []string
	for name := range given {
		names = append(names, name)
	}
	var providers []catalog.Provider
	for _, j := range p.Jobs {
		providers = append(providers, j.Provider)
	}
	complain := func(input, text string) {
		at := given[input]
		if at.Line > 0 {
			text = input + " " + text
		}
		problems = append(problems, field.Problem{Place: at, Text: text})
	}
	catalog.CheckLogin(p.Login, names, providers, complain)
	if _, is := given["login_endpoint"]; is && p.AllEmulated() {
		complain("login_endpoint", "means nothing here: where endpoint is emulator, the logins are there too")
	}
	return problems
}

// unknown complains of a name at the top of a plan.
func (d *decoder) unknown(key *yaml.Node, names []string) {
	if near := field.Nearest(key.Value, names); near != "" {
		d.add(key, "unknown name %s, did you mean %q?", field.Quote(key.Value), near)
		return
	}
	d.add(key, "unknown name %s; a plan holds a list named jobs, their defaults, gates or gates_file for all of them, locale, if_running, limits such as max_vum, and the inputs of a login, such as tencent_role_arn or huawei_agency_urn", field.Quote(key.Value))
}

package plan

import (
	"slices"

	"gopkg.in/yaml.v3"

	"cloudjob/internal/catalog"
	"cloudjob/internal/cloud"
	"cloudjob/internal/field"
)

// loginPlaces are the places of what the user wrote of the login, by name: a
// step may say one part and its plan file another.
type loginPlaces map[string]field.Place

func givenLogin(inputs []field.Input) loginPlaces {
	given, names := loginPlaces{}, catalog.LoginFields(new(cloud.Login)).Names()
	for _, in := range inputs {
		if slices.Contains(names, in.Name) {
			given[in.Name] = field.Place{File: in.Name}
		}
	}
	return given
}

// take notes a name of a plan file.
func (given loginPlaces) take(d *decoder, key *yaml.Node) {
	if at, twice := given[key.Value]; twice && at.Line == 0 {
		d.add(key, "%s is an input of the step already; give it in one place", key.Value)
		return
	}
	given[key.Value] = field.Place{File: d.path, Line: key.Line, Col: key.Column}
}

// check complains of a login whose parts do not go together.
func (given loginPlaces) check(p Plan) (problems field.Problems) {
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
	d.add(key, "unknown name %s; a plan holds a list named jobs, their defaults, gates or gates_file for all of them, and the inputs of a login, such as tencent_role_arn or huawei_agency_urn", field.Quote(key.Value))
}

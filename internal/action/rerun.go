package action

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"cloudjob/internal/catalog"
	"cloudjob/internal/cloud"
	"cloudjob/internal/field"
	"cloudjob/internal/plan"
	"cloudjob/internal/report"
)

// rerunLimit is how long a command may be, in bytes, that somebody pastes. A
// longer one leads to a plan file.
const rerunLimit = 4 << 10

// again is how a step is run again elsewhere: a command, and if that would be too
// long the plan file that it names.
type again struct {
	command string
	plan    []byte // rerunName in report_dir; nil: the command needs none
}

// rerunName is the plan file's, in report_dir.
const rerunName = "rerun.yml"

// elsewhere are inputs as they mean the same in another checkout: a path that leads
// from the runner's own folders to the workspace begins there.
func (p *process) elsewhere(inputs []field.Input) []field.Input {
	workspace := strings.TrimSuffix(p.getenv("GITHUB_WORKSPACE"), "/")
	if workspace == "" {
		return inputs
	}
	inputs = slices.Clone(inputs)
	for i, in := range inputs {
		if inside, ok := strings.CutPrefix(in.Text, workspace+"/"); ok {
			inputs[i].Text = cmp.Or(inside, ".")
		}
	}
	return inputs
}

// newAgain tells how to run inputs again. Where secret finds one, and where a value
// may hold some, no file is written: the command asks for it.
func newAgain(inputs []field.Input, secret func(text string) bool) again {
	a := again{command: rerun(inputs, secret)}
	dir := slices.IndexFunc(inputs, func(in field.Input) bool { return in.Name == "report_dir" && in.Text != "" })
	if len(a.command) <= rerunLimit || dir < 0 {
		return a
	}
	step, src := split(inputs, secret)
	if src == nil {
		return a
	}
	step = append([]field.Input{{Name: "plan_file", Text: strings.TrimSuffix(inputs[dir].Text, "/") + "/" + rerunName}}, step...)
	return again{rerun(step, secret), src}
}

// split puts what is of the job into a plan, and leaves what is of the step. There
// is none if a value may be a secret, or if the plan would not be the same.
func split(inputs []field.Input, secret func(text string) bool) (step []field.Input, src []byte) {
	var of catalog.Provider
	for _, in := range inputs {
		if in.Name == "provider" {
			of, _ = catalog.Find(strings.TrimSpace(in.Text))
		}
	}
	if of.New == nil {
		return nil, nil
	}
	job := &yaml.Node{Kind: yaml.MappingNode}
	add := func(name string, value *yaml.Node) {
		job.Content = append(job.Content, &yaml.Node{Kind: yaml.ScalarNode, Value: name}, value)
	}
	add("provider", &yaml.Node{Kind: yaml.ScalarNode, Value: of.Name})
	fields := of.New().Fields()
	for _, in := range inputs {
		f := fields.Named(in.Name)
		switch {
		case in.Name == "provider" || strings.TrimSpace(in.Text) == "":
		case f == nil && in.Name != "gates" && in.Name != "gates_file":
			step = append(step, in)
		case private(in.Name) || secret(in.Text):
			return nil, nil
		case f != nil && f.Structured():
			var value yaml.Node
			if yaml.Unmarshal([]byte(in.Text), &value) != nil || len(value.Content) == 0 {
				return nil, nil
			}
			add(in.Name, value.Content[0])
		default:
			value := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: in.Text}
			if strings.Contains(in.Text, "\n") {
				value.Style = yaml.LiteralStyle
			}
			add(in.Name, value)
		}
	}
	var b bytes.Buffer
	b.WriteString(report.RerunMark)
	enc := yaml.NewEncoder(&b)
	enc.SetIndent(2)
	root := map[string][]*yaml.Node{"jobs": {job}}
	if enc.Encode(root) != nil || enc.Close() != nil {
		return nil, nil
	}
	if _, problems := plan.File(rerunName, func(string) ([]byte, error) { return b.Bytes(), nil }); len(problems) > 0 {
		return nil, nil
	}
	return step, b.Bytes()
}

// rerun is the command that does the same on a command line, as a shell takes
// it. It names no login, which comes from the environment there too, and no
// value that may be a secret: for that it has a variable, and a shell says which
// one is missing before it runs anything.
func rerun(inputs []field.Input, secret func(text string) bool) string {
	logins := catalog.LoginFields(new(cloud.Login)).Names()
	parts := []string{"cloudjob run"}
	for _, in := range inputs {
		switch {
		case ofRunner(in.Name) || slices.Contains(logins, in.Name) || strings.TrimSpace(in.Text) == "":
		case private(in.Name) || secret(in.Text):
			parts = append(parts, fmt.Sprintf(`%s="${%s:?is to hold the input %s, as in the workflow}"`, in.Name, strings.ToUpper(in.Name), in.Name))
		default:
			parts = append(parts, in.Name+"="+quoted(in.Text))
		}
	}
	return strings.Join(parts, " \\\n  ")
}

// ofRunner tells of an input that means something on a runner only: one that it
// fills in, and the comment of a pull request.
func ofRunner(name string) bool {
	return name == "comment" || slices.ContainsFunc(new(plan.Run).Fields(), func(f *field.Field) bool { return f.Name == name && f.Given != "" })
}

// private tells of an input that is YAML for some provider and may hold secrets
// of others, such as the password of a registry.
func private(name string) bool {
	return slices.ContainsFunc(catalog.Providers(), func(p catalog.Provider) bool {
		f := p.New().Fields().Named(name)
		return f != nil && f.Structured() && field.Set{f}.Hidden() != nil
	})
}

// quoted is a text as a shell takes it for one word.
func quoted(text string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_./:,=@%+", r)
	}
	if text != "" && strings.IndexFunc(text, func(r rune) bool { return !plain(r) }) < 0 {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}

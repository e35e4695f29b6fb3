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

// rerunLimit is how many bytes a command for pasting may have. In place of a longer one
// there is a plan file.
const rerunLimit = 4 << 10

// again is how a step can be run again elsewhere: a command, and the plan file that it
// names if it would be too long.
type again struct {
	command string
	plan    []byte // rerunName in report_dir; nil: the command needs none
}

// rerunName is the name of that plan file in report_dir.
const rerunName = "rerun.yml"

// elsewhere changes inputs so that they mean the same in another checkout: absolute
// paths into the runner's workspace become relative.
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

// newAgain is how inputs can be run again. No value that has, or may have, a secret is
// written to a file: the command takes it from a variable.
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

// split puts the inputs of the job into a plan, and leaves those of the step. There is no
// plan if a value may be a secret, or if the plan would not mean the same.
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

// rerun is the command line that does the same, quoted for a shell. The login is not in
// it, because it comes from the environment there too. A value that may be a secret is
// replaced by a variable, in a form with which the shell says that it is missing before
// anything runs.
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

// ofRunner reports whether an input makes sense only on a runner: one that the runner
// fills in, or the one about the comment of a pull request.
func ofRunner(name string) bool {
	return name == "comment" || slices.ContainsFunc(new(plan.Run).Fields(), func(f *field.Field) bool { return f.Name == name && f.Given != "" })
}

// private reports whether an input is YAML that may have secrets in it, such as the
// password of a registry.
func private(name string) bool {
	return slices.ContainsFunc(catalog.Providers(), func(p catalog.Provider) bool {
		f := p.New().Fields().Named(name)
		return f != nil && f.Structured() && field.Set{f}.Hidden() != nil
	})
}

// quoted quotes a text for a shell, as one word.
func quoted(text string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_./:,=@%+", r)
	}
	if text != "" && strings.IndexFunc(text, func(r rune) bool { return !plain(r) }) < 0 {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}

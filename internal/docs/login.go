package docs

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"cloudjob/internal/catalog"
	"cloudjob/internal/cloud"
)

// guide is the page on how to log in to a cloud; policy is how the cloud writes
// down what a role or an agency may do.
type guide struct{ path, cloud, policy string }

func guides() []guide {
	return []guide{
		{"docs/login-tencent.md", "Tencent Cloud", `{
  "version": "2.0",
  "statement": [
    {
      "effect": "allow",
      "action": [
        %s
      ],
      "resource": ["*"]
    }
  ]
}`},
		{"docs/login-huawei.md", "Huawei Cloud", `{
  "Version": "5.0",
  "Statement": [
    {
      "Effect": "Allow",
      "Action": [
        %s
      ]
    }
  ]
}`},
	}
}

// uses are what a login can be for, each with what the one before it needs.
func uses() []cloud.Part {
	return []cloud.Part{cloud.ToRun, cloud.ToRun | cloud.ToWait, cloud.ToRun | cloud.ToWait | cloud.ToStop}
}

// permissions lists what each provider of the cloud needs, by what it is for.
func (g guide) permissions() string {
	var b strings.Builder
	for _, p := range catalog.Providers() {
		if p.Cloud != g.cloud {
			continue
		}
		fmt.Fprintf(&b, "### `%s`\n\n| Least permission | To start | To start and wait | To wait and stop | Calls |\n| --- | --- | --- | --- | --- |\n", p.Name)
		var order, actions []string
		parts, calls := map[string]cloud.Part{}, map[string][]string{}
		for _, c := range p.Calls() {
			if c.For&uses()[2] == 0 {
				continue
			}
			if calls[c.Permission] == nil {
				order = append(order, c.Permission)
			}
			parts[c.Permission] |= c.For
			calls[c.Permission] = append(calls[c.Permission], c.Name+", which "+c.Does)
			for _, a := range policyActions(c.Permission) {
				if !slices.Contains(actions, a) {
					actions = append(actions, a)
				}
			}
		}
		for _, permission := range order {
			fmt.Fprintf(&b, "| %s |", pipes(permission))
			for _, use := range uses() {
				if parts[permission]&use != 0 {
					b.WriteString(" yes |")
				} else {
					b.WriteString("  |")
				}
			}
			fmt.Fprintf(&b, " %s |\n", pipes(strings.Join(calls[permission], "; ")))
		}
		b.WriteString("\n")
		if len(actions) == 0 {
			b.WriteString("There is no policy to paste: the product has no action of its own for these calls.\n\n")
			continue
		}
		fmt.Fprintf(&b, "All of it as a policy to paste:\n\n```json\n"+g.policy+"\n```\n\n", `"`+strings.Join(actions, "\",\n        \"")+`"`)
	}
	return b.String()
}

// policyActions are the names of actions in a permission; where there is a
// choice, the first.
func policyActions(permission string) []string {
	first, _, _ := strings.Cut(permission, ", or ")
	return actionName.FindAllString(first, -1)
}

var actionName = regexp.MustCompile(`[a-z]+(:[A-Za-z]+)+`)

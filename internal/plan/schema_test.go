package plan_test

import (
	"bytes"
	"encoding/json"
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"gopkg.in/yaml.v3"

	"cloudjob/internal/catalog"
	"cloudjob/internal/field"
	"cloudjob/internal/plan"
)

// The schema that editors check plan files with, and the decoder, come from
// one declaration; these tests hold that they judge alike. What the schema
// refuses, the decoder refuses. What the decoder refuses, the schema refuses,
// except for the differences below.

// wider are complaints that JSON Schema, or ours, has no words for.
var wider = map[string]string{
	`exclude each other; give one of them$`:                                          "several fields",
	`^one of \w+ and \w+ is required$`:                                               "several fields",
	`^region is required: it tells which address to call$`:                           "several fields",
	`is no region of this service`:                                                   "several fields: with an endpoint any region will do",
	`^Zone must be one of the region `:                                               "several fields",
	` is required to create a task; `:                                                "several fields",
	` describes a task to create, but task_id `:                                      "several fields",
	`^start: false with task_id leaves nothing to do$`:                               "several fields",
	` is required with `:                                                             "several fields",
	`^start_time goes with job_ids; `:                                                "several fields",
	`^DedicatedResourcePackIds needs `:                                               "several fields",
	`^start_time must be epoch milliseconds `:                                        "a form that is checked further",
	`^start_time is in the past `:                                                    "a form that is checked further",
	`^endpoint (must be an address|may hold only scheme|must be https|must lead to)`: "a form that is checked further",
	` (names .* twice|"\) names)`:                                                    "entries that stand twice under one key of theirs",
	`^Dependences names the task .* which is not in Tasks$`:                          "entries that refer to others",
	`^Dependences form a loop: `:                                                     "entries that refer to others",
	`^(job_file )?names .*, which (cannot be read|is empty)`:                         "files",
	`^placement is required: where`:                                                  "several fields",
	`^gates_file .* cannot be read: `:                                                "files",
	`^name .* is that of the job in line `:                                           "several jobs",
	`, so its defaults are of no use$`:                                               "several jobs",
	`^job_file must be the path of one file, `:                                       "files",
	`^the value of .* is missing`:                                                    "empties are left out before the schema sees them",
}

// widerAt tells that the schema does not look so closely at the node.
func widerAt(n *yaml.Node, text string) bool {
	switch {
	case n == nil:
		return false
	case n.Kind == yaml.SequenceNode:
		return len(n.Content) == 0 // taken for absent, but where no list belongs
	case n.Kind != yaml.ScalarNode:
		return false
	case strings.ContainsAny(n.Value, ",\n"):
		return true // a list as one text
	case n.Tag == "!!str":
		return regexp.MustCompile(` must be (between )?-?\d`).MatchString(text) // the range of a number in quotes
	}
	return n.Tag == "!!int" || n.Tag == "!!float" // 1.0 and 0x10 are whole numbers to the schema, and a number has no length
}

func schema(t testing.TB) *jsonschema.Schema {
	t.Helper()
	src, err := json.Marshal(plan.Schema())
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(src))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource("plan.schema.json", doc); err != nil {
		t.Fatal(err)
	}
	compiled, err := compiler.Compile("plan.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return compiled
}

// compare judges one plan file in both ways. It returns the differences that
// were used.
func compare(t *testing.T, s *jsonschema.Schema, src []byte, readFile func(string) ([]byte, error)) (used []string) {
	t.Helper()
	root, problem := field.Parse("plan.yml", src)
	if problem != nil || root == nil {
		return nil
	}
	_, problems := plan.File("plan.yml", func(path string) ([]byte, error) {
		if path == "plan.yml" {
			return src, nil
		}
		return readFile(path)
	})
	c := converter{left: 20_000, empty: map[field.Place]bool{}}
	value := c.value(root)
	switch {
	case c.unnatural:
		return nil // tags, endless numbers, or too large
	case c.twice && len(problems) == 0:
		t.Error("the decoder takes names that stand twice, or merge keys")
		return nil
	case c.twice:
		return nil
	}
	err := s.Validate(value)
	if err != nil && len(problems) == 0 {
		t.Errorf("the schema refuses what the decoder takes: %v", err)
	}
	if err != nil {
		return nil
	}
	for _, p := range problems {
		if why := difference(root, p); why != "" {
			used = append(used, why)
			continue
		}
		if c.empty[p.Place] {
			continue
		}
		t.Errorf("the schema takes what the decoder refuses: %s", p)
	}
	return used
}

// inGates tells whether a line is one of the lines of some gates.
func inGates(n *yaml.Node, line int) bool {
	for i, inner := range n.Content {
		isGates := n.Kind == yaml.MappingNode && i%2 == 1 && n.Content[i-1].Value == "gates" && inner.Kind != yaml.MappingNode
		if isGates && line >= inner.Line && line <= last(inner)+1 {
			return true
		}
		if inGates(inner, line) {
			return true
		}
	}
	return false
}

// lacks is what is said of a name that is not there.
var lacks = regexp.MustCompile(`^\w+ is required: `)

func has(root *yaml.Node, name string) bool {
	for i := 0; i+1 < len(root.Content); i += 2 {
		if root.Kind == yaml.MappingNode && root.Content[i].Value == name {
			return true
		}
	}
	return false
}

// inDefaults tells whether a line is in the defaults of all jobs, not in those
// of a provider: which provider's rule such a value meets, a schema cannot tell.
func inDefaults(root *yaml.Node, line int) bool {
	for i := 0; i+1 < len(root.Content); i += 2 {
		if root.Content[i].Value == "defaults" && root.Content[i+1].Kind == yaml.MappingNode {
			return contains(root.Content[i+1], line)
		}
	}
	return false
}

func contains(defaults *yaml.Node, line int) bool {
	for i := 0; i+1 < len(defaults.Content); i += 2 {
		key, value := defaults.Content[i], defaults.Content[i+1]
		if _, section := catalog.Find(key.Value); section {
			continue
		}
		if line >= key.Line && line <= last(value) {
			return true
		}
	}
	return false
}

// last is the last line of a node.
func last(n *yaml.Node) int {
	line := n.Line + strings.Count(n.Value, "\n")
	for _, inner := range n.Content {
		line = max(line, last(inner))
	}
	return line
}

// difference names the entry of wider that excuses a problem, or "".
func difference(root *yaml.Node, p field.Problem) string {
	if p.Place.File != "plan.yml" {
		return "files"
	}
	if regexp.MustCompile(`(there are more than 100000 values|; these are 200 mistakes, no more)`).MatchString(p.Text) {
		return "budget"
	}
	if inGates(root, p.Place.Line) {
		return "gates" // to the schema they are any text
	}
	if has(root, "defaults") && lacks.MatchString(p.Text) {
		return "may be among the defaults"
	}
	if inDefaults(root, p.Place.Line) {
		return "a default is held against the jobs that can use it"
	}
	for pattern := range wider {
		if regexp.MustCompile(pattern).MatchString(p.Text) {
			return pattern
		}
	}
	if widerAt(at(root, p.Place), p.Text) {
		return "at"
	}
	return ""
}

// at finds the node at a place, the innermost one.
func at(n *yaml.Node, place field.Place) (found *yaml.Node) {
	if n.Line == place.Line && n.Column == place.Col && n.Kind != yaml.AliasNode {
		found = n
	}
	for _, child := range n.Content {
		if inner := at(child, place); inner != nil {
			found = inner
		}
	}
	return found
}

// converter makes of YAML what an editor gives to a schema, without the
// members that are empty, which the decoder takes as absent.
type converter struct {
	left      int                  // how many values it still reads
	empty     map[field.Place]bool // where names without a value stood
	twice     bool                 // a name stands twice, or is a merge key: JSON cannot say it
	unnatural bool                 // JSON cannot say it
}

func (c *converter) value(n *yaml.Node) any {
	if c.left--; c.left < 0 {
		c.unnatural = true
		return nil
	}
	switch n.Kind {
	case yaml.AliasNode:
		return c.value(n.Alias)
	case yaml.MappingNode:
		return c.object(n)
	case yaml.SequenceNode:
		list := []any{}
		for _, item := range n.Content {
			list = append(list, c.value(item))
		}
		return list
	}
	return c.scalar(n)
}

func (c *converter) object(n *yaml.Node) any {
	object := map[string]any{}
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i]
		if key.Kind != yaml.ScalarNode || key.Tag == "!!merge" || seen[key.Value] {
			c.twice = true
			continue
		}
		seen[key.Value] = true
		value := c.value(n.Content[i+1])
		list, isList := value.([]any)
		if value == nil || isList && len(list) == 0 || value == "" && !strings.EqualFold(key.Value, "value") {
			c.empty[field.Place{File: "plan.yml", Line: key.Line, Col: key.Column}] = true
			continue
		}
		object[key.Value] = value
	}
	return object
}

func (c *converter) scalar(n *yaml.Node) any {
	if n.Style&yaml.TaggedStyle != 0 {
		c.unnatural = true
	}
	switch n.Tag {
	case "!!null":
		return nil
	case "!!bool":
		return strings.EqualFold(n.Value, "true")
	case "!!int", "!!float":
		digits := strings.ReplaceAll(n.Value, "_", "")
		if whole, err := strconv.ParseInt(digits, 10, 64); err == nil {
			return whole
		}
		if whole, err := strconv.ParseInt(digits, 0, 64); err == nil {
			return whole
		}
		number, err := strconv.ParseFloat(digits, 64)
		if err != nil || math.IsInf(number, 0) || math.IsNaN(number) {
			c.unnatural = true
		}
		return number
	}
	return n.Value
}

// TestSchema compares over all golden plans, over all that differ from a good
// one in one place, and holds that every difference we excuse is a real one.
func TestSchema(t *testing.T) {
	s := schema(t)
	used := map[string]bool{}
	for _, folder := range []string{"errors", "ok"} {
		for _, g := range cases(t, folder) {
			src, isPlan := g.files["plan.yml"]
			if !isPlan {
				continue
			}
			t.Run(g.path, func(t *testing.T) {
				plans := entries(src)
				if folder == "ok" {
					for _, entry := range plans[1:] {
						plans = append(plans, mutants(t, entry)...)
					}
				}
				for _, src := range plans {
					for _, why := range compare(t, s, src, g.readFile) {
						used[why] = true
					}
					if t.Failed() {
						t.Fatalf("the plan is\n%s", src)
					}
				}
			})
		}
	}
	for pattern := range wider {
		if !used[pattern] {
			t.Errorf("nothing differs for %s", pattern)
		}
	}
}

// TestSchemaOfAnEntry: without a provider an editor complains of that alone, not
// of what every provider misses.
func TestSchemaOfAnEntry(t *testing.T) {
	err := schema(t).Validate(map[string]any{"jobs": []any{map[string]any{"note": "x"}}})
	if err == nil || !strings.Contains(err.Error(), "provider") || strings.Contains(err.Error(), "allOf") {
		t.Errorf("the schema says %v", err)
	}
}

// mutants are plans that differ from a good one in one value or one name. Every
// name is misspelt; every value is replaced by some of the replacements, the
// next value by the next of them.
func mutants(t *testing.T, src []byte) (all [][]byte) {
	t.Helper()
	var root yaml.Node
	if yaml.Unmarshal(src, &root) != nil {
		return nil // it leans on an anchor of another entry
	}
	emit := func() {
		b, err := yaml.Marshal(&root)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, b)
	}
	replacements := []string{
		`""`, "null", "[]", "{}", "x", "a b", "é", "5", "-1", "1.5", "99999999999", `"99999999999"`, "true", "TRUE", `"TRUE"`,
		"0x10", "[1, 1]", "[x, x]", "[x, null]", "[{a: b}]", "{a: b}", "{a: [b]}", "2020-01-01", "1599202771816", `"a\nb"`, `["x", ""]`,
		strings.Repeat("x", 2000),
	}
	next := 0
	var walk func(n *yaml.Node)
	walk = func(n *yaml.Node) {
		for i, child := range n.Content {
			isKey := n.Kind == yaml.MappingNode && i%2 == 0
			if isKey {
				child.Value += "x"
				emit()
				child.Value = strings.TrimSuffix(child.Value, "x")
				continue
			}
			for range 2 {
				text := replacements[next%len(replacements)]
				next++
				var other yaml.Node
				if err := yaml.Unmarshal([]byte(text), &other); err != nil {
					t.Fatal(err)
				}
				n.Content[i] = other.Content[0]
				emit()
			}
			n.Content[i] = child
			walk(child)
		}
	}
	walk(&root)
	return all
}

// entries are a plan, and each of its entries as the only one of it, so that the
// mistake of one does not hide another's.
func entries(src []byte) [][]byte {
	all := [][]byte{src}
	var root yaml.Node
	if yaml.Unmarshal(src, &root) != nil || len(root.Content) == 0 {
		return all
	}
	plan := root.Content[0]
	for i := 0; i+1 < len(plan.Content); i += 2 {
		jobs := plan.Content[i+1]
		if plan.Kind != yaml.MappingNode || plan.Content[i].Value != "jobs" || jobs.Kind != yaml.SequenceNode {
			continue
		}
		list := jobs.Content
		for j := range list {
			jobs.Content = list[j : j+1]
			if one, err := yaml.Marshal(plan); err == nil {
				all = append(all, one)
			}
		}
		jobs.Content = list
	}
	return all
}

// FuzzSchema compares over any bytes.
func FuzzSchema(f *testing.F) {
	for _, folder := range []string{"errors", "ok"} {
		for _, g := range cases(f, folder) {
			for _, entry := range entries(g.files["plan.yml"]) {
				f.Add(entry)
			}
		}
	}
	s := schema(f)
	f.Fuzz(func(t *testing.T, src []byte) {
		compare(t, s, src, func(string) ([]byte, error) { return []byte("{}"), nil })
	})
}

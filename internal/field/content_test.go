package field

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

// wanted is a spec with a field of every shape.
type wanted struct {
	name, secret string
	wait         *bool
	count        *int64
	names        []string
	ids          []int64
	inner        *wantedInner
	list         []wantedInner
	params       []Pair
}

type wantedInner struct {
	name, secret string
	deep         []wantedInner
}

func (w *wanted) fields() Set {
	whole := Object("inner", &w.inner, "An object.", wantedInnerFields, nil)
	return Set{
		Text("name", &w.name, "A text."), Text("secret", &w.secret, "A text.").Apart(), Bool("wait", &w.wait, "A boolean."),
		Int("count", &w.count, NotNegative(), "A number."), Texts("names", &w.names, Rule{}, "Texts."), Ints("ids", &w.ids, NotNegative(), "Numbers."),
		whole, File("inner_file", whole, "A file."),
		Objects("list", &w.list, "Objects.", wantedInnerFields, nil), Pairs("params", &w.params, Rule{}, Rule{Empty: true}, "Pairs."),
	}
}

func wantedInnerFields(w *wantedInner) Set {
	return Set{
		Text("name", &w.name, "A text."), Text("secret", &w.secret, "A text.").Apart(),
		Objects("deep", &w.deep, "Objects.", func(w *wantedInner) Set {
			return Set{Text("name", &w.name, "A text."), Text("secret", &w.secret, "A text.").Apart()}
		}, nil),
	}
}

func contentOf(t *testing.T, text string) string {
	t.Helper()
	var n yaml.Node
	if err := yaml.Unmarshal([]byte(text), &n); err != nil {
		t.Fatal(err)
	}
	var w wanted
	o := Options{ReadFile: func(string) ([]byte, error) { return []byte("{name: a}"), nil }}
	if problems := w.fields().DecodeYAML("test", n.Content[0], o, nil); len(problems) > 0 {
		t.Fatal(problems)
	}
	return w.fields().Content() // bound anew, as a service does it
}

// TestContent: the same values are the same content however they were written,
// and what is kept apart is none.
func TestContent(t *testing.T) {
	for _, same := range [][]string{
		{`{name: a, wait: true}`, `{wait: true, name: a}`, `{"name": "a", "wait": true, names: [], list: [], params: []}`, `{name: a, wait: true, secret: x}`},
		{`{names: "a,b", ids: "1,2"}`, `{names: [a, b], ids: [1, 2]}`, `{ids: ["1", 2], names: "a\nb"}`},
		{`{inner: {name: a}}`, `{inner_file: x.yml}`, `{inner: {name: a, secret: x}}`},
		{`{list: [{name: a, secret: x, deep: [{name: b, secret: y}]}]}`, `{list: [{deep: [{name: b, secret: z}], name: a}]}`},
		{`{params: {a: "1", b: ""}}`, `{params: [{name: b, value: ""}, {name: a, value: 1}]}`},
		{`{count: 0}`, `{count: "0"}`},
	} {
		for _, text := range same[1:] {
			if got, want := contentOf(t, text), contentOf(t, same[0]); got != want {
				t.Errorf("%s is %s, and %s is %s", text, got, same[0], want)
			}
		}
	}
	seen := map[string]string{}
	for _, text := range []string{
		`{}`, `{name: a}`, `{name: b}`, `{wait: true}`, `{wait: false}`, `{count: 0}`, `{count: 1}`, `{names: [a, b]}`, `{names: [b, a]}`, `{names: ["a, b"]}`,
		`{ids: [1, 2]}`, `{ids: [2, 1]}`, `{inner: {}}`, `{inner: {name: a}}`, `{list: [{}]}`, `{list: [{name: a}]}`, `{list: [{name: a}, {name: b}]}`, `{list: [{name: b}, {name: a}]}`,
		`{list: [{deep: [{name: a}]}]}`, `{params: {a: "1"}}`, `{params: {a: "2"}}`, `{params: {a: ""}}`, `{params: {a: "1", b: "2"}}`, `{params: {a: "2", b: "1"}}`,
		fmt.Sprintf(`{name: %q}`, `a", "count":1, "x":"`),
	} {
		content := contentOf(t, text)
		if other, twice := seen[content]; twice {
			t.Errorf("%s and %s are the same: %s", text, other, content)
		}
		seen[content] = text
	}
}

// TestHidden: what nobody is to see has a name, at any depth, and no complaint
// quotes its value.
func TestHidden(t *testing.T) {
	var one, other string
	var inner *struct{ password string }
	var list []struct{ command string }
	var params []Pair
	set := Set{
		RuledText("key", &one, Rule{Pattern: "[a-z]+", Says: "of letters", ASCII: true}, "A key.").Hide(), Text("name", &other, "A name."),
		Object("inner", &inner, "An object.", func(v *struct{ password string }) Set {
			return Set{Text("password", &v.password, "A password.").Hide()}
		}, nil),
		Objects("list", &list, "Objects.", func(v *struct{ command string }) Set {
			return Set{Text("command", &v.command, "A command.").Hide()}
		}, nil),
		Pairs("params", &params, Rule{}, Rule{ASCII: true, Max: 20, Pattern: "[a-z]+", Says: "of letters"}, "Pairs.").Hide(),
	}
	if got, want := set.Hidden(), []string{"key", "password", "command", "value"}; !slices.Equal(got, want) {
		t.Errorf("hidden: %q, want %q", got, want)
	}
	for _, text := range []string{
		"key: 5317", "key: passé-5317", "key: PASS-5317", "key: !5317", "key: *5317", "key: &5317 [*5317]", "key: !!int 5317a",
		"params: {a: 5317}", "params: {a: PASS-5317}", "params: [{name: a, value: passé-5317}]", "params: {a: passé-5317}", "params: [{name: a, value: PASS-5317}]",
		"inner: {password: [5317]}", "list: [{command: {5317: a}}]", "list: [{command: *p5317}]", "key: `5317", "key: @5317", "key: 'x5317", "key: %5317", `key: "\5317"`,
	} {
		problems := Problems{}
		n, problem := Parse("f.yml", []byte(text))
		if problem != nil {
			problems = append(problems, *problem)
		} else {
			problems = set.DecodeYAML("f.yml", n, Options{}, nil)
		}
		if problems == nil || strings.Contains(problems.Error(), "5317") {
			t.Errorf("of %q it is said: %v", text, problems)
		}
	}
}

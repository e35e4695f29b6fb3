package field_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cloudjob/internal/field"
)

// sample has a field of every kind.
type sample struct {
	Text, Ruled, ASCII, Empty, Choice, Then, Own, BoolOr string
	Bool                                                 *bool
	Int                                                  *int64
	Texts, Unique, Few, Choices                          []string
	Ints                                                 []int64
	Object                                               *inner
	Objects                                              []inner
	Pairs, Strict                                        []field.Pair
}

type inner struct {
	Name  string
	Value string
	Deep  *deep
}

type deep struct{ Size *int64 }

func (s *sample) fields() field.Set {
	word := field.Rule{Max: 8, Pattern: `[a-z]+`, Says: "a word of small letters"}
	whole := field.Object("object", &s.Object, "An object.", innerFields, nil)
	return field.Set{
		field.Text("text", &s.Text, "Any text."),
		field.RuledText("ruled", &s.Ruled, word, "A word."),
		field.RuledText("ascii", &s.ASCII, field.Rule{ASCII: true, Max: 4}, "A key."),
		field.RuledText("empty", &s.Empty, field.Rule{Empty: true}, "May be empty."),
		field.Choice("choice", &s.Choice, "One of a few.", "red", "green"),
		field.Choice("own", &s.Own, "One of more.", "alpha", "beta", "gamma", "delta", "TRUE"),
		field.Text("then", &s.Then, "Checked further.").Then(func(at *field.At) {
			if s.Then == "bad" {
				at.Problem("is bad")
			}
		}),
		field.Bool("bool", &s.Bool, "Yes or no."),
		field.BoolOr("bool_or", &s.BoolOr, "Yes, no or later.", "later"),
		field.Int("int", &s.Int, field.Range{Min: -1, Max: 10}, "A number."),
		field.Texts("texts", &s.Texts, word, "Words."),
		field.UniqueTexts("unique", &s.Unique, field.Rule{}, "Different texts."),
		field.FewTexts("few", &s.Few, 2, "At most two texts."),
		field.Choices("choices", &s.Choices, "Some of a few.", "red", "green"),
		field.Ints("ints", &s.Ints, field.NotNegative(), "Numbers."),
		whole,
		field.File("object_file", whole, "A file with an object."),
		field.Objects("objects", &s.Objects, "Objects.", innerFields, nil).Most(2),
		field.Pairs("pairs", &s.Pairs, word, field.Rule{Max: 3, Empty: true}, "Named values."),
		field.Pairs("strict", &s.Strict, word, field.Rule{}, "Named values, none empty.").Typed("kind", "Which kind it is.", "odd", "even"),
	}
}

func innerFields(i *inner) field.Set {
	return field.Set{
		field.Text("name", &i.Name, "The name of it. And more.").Require(),
		field.Text("value", &i.Value, "The value."),
		field.Object("deep", &i.Deep, "Something deeper.", func(d *deep) field.Set {
			return field.Set{field.Int("size", &d.Size, field.NotNegative(), "A size.")}
		}, nil),
	}
}

func read(path string) ([]byte, error) {
	switch path {
	case "object.yml":
		return []byte("name: of a file"), nil
	case "wrong.yml":
		return []byte("name: x\nvalu: y"), nil
	case "empty.yml":
		return []byte("# nothing"), nil
	case "broken.yml":
		return []byte("name: ["), nil
	}
	return nil, errors.New("there is no such file")
}

func decode(t *testing.T, src string) (sample, field.Problems) {
	t.Helper()
	var s sample
	n, problem := field.Parse("f.yml", []byte(src))
	if problem != nil {
		t.Fatalf("%q: %s", src, problem)
	}
	return s, s.fields().DecodeYAML("f.yml", n, field.Options{ReadFile: read}, nil)
}

func ptr[T any](v T) *T { return &v }

func TestValues(t *testing.T) {
	for src, want := range map[string]sample{
		"text: 5":                       {Text: "5"},
		"text: 010":                     {Text: "010"},
		"text: yes":                     {Text: "yes"},
		"text: 2030-01-01T00:00:00Z":    {Text: "2030-01-01T00:00:00Z"},
		"text: |\n  two\n  lines\n":     {Text: "two\nlines\n"},
		"text:":                         {},
		"text: ~":                       {},
		`text: ""`:                      {},
		"text: &a\nruled: *a":           {},
		"text: &a x\nruled: *a":         {Text: "x", Ruled: "x"},
		"ruled: abcdefgh":               {Ruled: "abcdefgh"},
		"ascii: 1234":                   {ASCII: "1234"},
		`empty: ""`:                     {},
		"choice: red":                   {Choice: "red"},
		`own: "TRUE"`:                   {Own: "TRUE"},
		"then: good":                    {Then: "good"},
		"bool: true":                    {Bool: ptr(true)},
		`bool: "False"`:                 {Bool: ptr(false)},
		"bool: TRUE":                    {Bool: ptr(true)},
		"bool_or: later":                {BoolOr: "later"},
		"bool_or: True":                 {BoolOr: "true"},
		`bool_or: "FALSE"`:              {BoolOr: "false"},
		"bool_or: ''":                   {},
		"int: 10":                       {Int: ptr[int64](10)},
		`int: "-1"`:                     {Int: ptr[int64](-1)},
		"int: ''":                       {},
		"texts: [a, b, a]":              {Texts: []string{"a", "b", "a"}},
		"texts: a":                      {Texts: []string{"a"}},
		"texts: a, b,, c ,":             {Texts: []string{"a", "b", "c"}},
		"texts: |\n  a\n\n  b,c\n":      {Texts: []string{"a", "b", "c"}},
		"texts: \"a\\r\\nb\\r\\n\"":     {Texts: []string{"a", "b"}},
		"texts: []":                     {},
		"texts: ''":                     {},
		"unique: [1, true, x]":          {Unique: []string{"1", "true", "x"}},
		"unique: one text with blanks":  {Unique: []string{"one text with blanks"}},
		"few: [a, b]":                   {Few: []string{"a", "b"}},
		"choices: red,red":              {Choices: []string{"red", "red"}},
		"ints: [1, '2']":                {Ints: []int64{1, 2}},
		"ints: 7":                       {Ints: []int64{7}},
		"ints: 7, 8":                    {Ints: []int64{7, 8}},
		"object: {name: x}":             {Object: &inner{Name: "x"}},
		"object: {name: x, deep: {}}":   {Object: &inner{Name: "x", Deep: &deep{}}},
		"object:":                       {},
		"object_file: object.yml":       {Object: &inner{Name: "of a file"}},
		"objects: [{name: x, value: }]": {Objects: []inner{{Name: "x"}}},
		"objects: []":                   {},
		"pairs: {a: b, c: 1, d: ''}":    {Pairs: []field.Pair{{Name: "a", Value: "b"}, {Name: "c", Value: "1"}, {Name: "d", Value: ""}}},
		"pairs: {yes: no, true: ~x}":    {Pairs: []field.Pair{{Name: "yes", Value: "no"}, {Name: "true", Value: "~x"}}},
		"pairs: {}":                     {},
		"pairs: [{name: a, value: ''}]": {Pairs: []field.Pair{{Name: "a", Value: ""}}},
		"strict: [{name: a, kind: odd, value: b}, {name: c, value: d}]": {Strict: []field.Pair{{Name: "a", Value: "b", Type: "odd"}, {Name: "c", Value: "d"}}},
		"strict: {kind: odd}":                              {Strict: []field.Pair{{Name: "kind", Value: "odd"}}},
		"pairs: [{value: 值值值, name: a}]":                   {Pairs: []field.Pair{{Name: "a", Value: "值值值"}}},
		"{\"text\": \"\\ud83d\\ude00 \\/ \\\\/ \\u4f5c\"}": {Text: "😀 / \\/ 作"},
	} {
		got, problems := decode(t, src)
		if len(problems) > 0 {
			t.Errorf("%q: %v", src, problems)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q (-want +got):\n%s", src, diff)
		}
	}
}

// TestComplaints holds rules and places; the words are held by package plan's
// golden files, for the fields that users meet.
func TestComplaints(t *testing.T) {
	for src, want := range map[string]string{
		"text: [a]":                           "f.yml:1:7: text must be text, not a list",
		"text: {a: b}":                        "f.yml:1:7: text must be text, not a map",
		"ruled: 5":                            `f.yml:1:8: ruled must be text; write it in quotes: "5"`,
		"ruled: true":                         `f.yml:1:8: ruled must be text; write it in quotes: "true"`,
		"ruled: abcdefghi":                    "f.yml:1:8: ruled is 9 characters long, the limit is 8",
		"ruled: A":                            `f.yml:1:8: ruled must be a word of small letters, not "A"`,
		"ruled: \"a\\nb\"":                    `f.yml:1:8: ruled must be a word of small letters, not "a\nb"`,
		"ascii: é":                            `f.yml:1:8: ascii may hold only ASCII characters, not "é"`,
		"ascii: ééééé":                        "f.yml:1:8: ascii is 5 characters long, the limit is 4",
		"choice: Red":                         `f.yml:1:9: choice must be red or green, not "Red"`,
		"own: alhpa":                          `f.yml:1:6: own cannot be "alhpa", did you mean "alpha"?`,
		"own: omega":                          `f.yml:1:6: own must be alpha, beta, gamma, delta or TRUE, not "omega"`,
		"own: TRUE":                           `f.yml:1:6: own must be text; write it in quotes: "TRUE"`,
		"then: bad":                           "f.yml:1:7: then is bad",
		"bool: yes":                           `f.yml:1:7: bool must be true or false, not "yes"`,
		"bool_or: yes":                        `f.yml:1:10: bool_or must be true, false or later, not "yes"`,
		"int: 11":                             "f.yml:1:6: int must be between -1 and 10, not 11",
		"int: 1.0":                            `f.yml:1:6: int must be a whole number, not "1.0"`,
		"int: 0x1":                            `f.yml:1:6: int must be a whole number, not "0x1"`,
		"int: 007":                            `f.yml:1:6: int is "007", which YAML may read as octal; write it without zeros in front: 7`,
		"int: -00":                            `f.yml:1:6: int is "-00", which YAML may read as octal; write it without zeros in front: -0`,
		"ints: [1, 010]":                      `f.yml:1:11: ints is "010", which YAML may read as octal; write it without zeros in front: 10`,
		"text: !secret x":                     `f.yml:1:7: a tag is not read; put a value that starts with ! in quotes, or write it without a tag`,
		"text: !secret":                       `f.yml:1:7: a tag is not read; put a value that starts with ! in quotes, or write it without a tag`,
		"texts: [a, !!binary YQ==]":           `f.yml:1:12: a tag is not read; put a value that starts with ! in quotes, or write it without a tag`,
		"int: +1":                             `f.yml:1:6: int must be a whole number, not "+1"`,
		"int: 9223372036854775808":            "f.yml:1:6: int must be between -1 and 10, not 9223372036854775808",
		"texts: [a, B]":                       `f.yml:1:12: texts must be a word of small letters, not "B"`,
		"texts: a, B":                         `f.yml:1:8: texts must be a word of small letters, not "B"`,
		"texts: [a, [b]]":                     "f.yml:1:12: texts has a list as an entry; each must be a single value",
		"texts: [a, '']":                      "f.yml:1:12: texts has an empty entry",
		"texts: {a: b}":                       "f.yml:1:8: texts must be a list, not a map",
		"texts: ',,'":                         "f.yml:1:8: texts is a list without entries",
		"unique: a,b,a":                       `f.yml:1:9: unique names "a" twice`,
		"few: [a, b, c]":                      "f.yml:1:6: few has 3 entries, the limit is 2",
		"few: a,b,c":                          "f.yml:1:6: few has 3 entries, the limit is 2",
		"ints: [1, x]":                        `f.yml:1:11: ints must be a whole number, not "x"`,
		"ints: [1, 1]":                        "f.yml:1:11: ints names 1 twice",
		"object: x":                           "f.yml:1:9: object must be a map, not a single value; it can have name, value or deep",
		"object: {}":                          "f.yml:1:9: name is required: The name of it",
		"object: {name: ''}":                  "f.yml:1:9: name is required: The name of it",
		"object: {name: x, nam: y}":           `f.yml:1:19: unknown name "nam" in object, did you mean "name"?`,
		"object: {nam: y}":                    `f.yml:1:10: unknown name "nam" in object, did you mean "name"?`,
		"object: {name: x, deep: 1}":          "f.yml:1:25: deep must be a map, not a single value; it can have size",
		"object: {name: x, deep: {size: -1}}": "f.yml:1:32: size must be between 0 and 2147483647, not -1",
		"object_file: none.yml":               `f.yml:1:14: object_file names "none.yml", which cannot be read: there is no such file`,
		"object_file: empty.yml":              `f.yml:1:14: object_file names "empty.yml", which is empty`,
		"object_file: wrong.yml":              `wrong.yml:2:1: unknown name "valu" in object, did you mean "value"?`,
		"object_file: broken.yml":             "broken.yml:1: is not valid YAML: did not find expected node content",
		"object_file: {a: b}":                 "f.yml:1:14: object_file must be a path, not a map",
		"objects: {name: x}":                  `f.yml:1:10: objects must be a list of maps, not a map; each entry starts with "- "`,
		"objects: [{name: x}, 5]":             "f.yml:1:22: an entry of objects must be a map, not a single value; it can have name, value or deep",
		"objects: [{name: x}, {}]":            "f.yml:1:22: name is required: The name of it",
		"objects: [{name: x, size: 5}]":       `f.yml:1:21: unknown name "size" in an entry of objects; it can be name, value or deep`,
		"objects: [{}, {}, {}]":               "f.yml:1:10: objects has 3 entries, the limit is 2",
		"pairs: a":                            "f.yml:1:8: pairs must be a map of names to values, or a list of maps with name and value",
		"pairs: {a: b, a: c}":                 `f.yml:1:15: "a" stands twice`,
		"pairs: {a: }":                        `f.yml:1:12: the value of "a" is missing; write "" for an empty one`,
		"strict: {a: }":                       `f.yml:1:13: the value of "a" is missing`,
		"strict: {a: ''}":                     `f.yml:1:13: the value of "a" is missing`,
		"strict: [{name: a, value: ''}]":      `f.yml:1:10: value is required: Value of the parameter`,
		"pairs: {a: 值值值值}":                    `f.yml:1:12: the value of "a" is 4 characters long, the limit is 3`,
		"pairs: {1: b}":                       `f.yml:1:9: a name in pairs must be a word of small letters, not "1"`,
		"pairs: {a: [b]}":                     `f.yml:1:12: the value of "a" must be text, not a list`,
		"pairs: {<<: {a: b}}":                 "f.yml:1:9: merge keys (<<) are not read; write the names out",
		"pairs: [{name: a, value: b}, {name: a, value: c}]": `f.yml:1:30: pairs names "a" twice`,
		"pairs: [{name: a}]":                       "f.yml:1:9: value is required: Value of the parameter",
		"strict: [{name: a, value: b, kind: ood}]": `f.yml:1:36: kind must be odd or even, not "ood"`,
		"pairs: [{name: a, value: b, kind: odd}]":  `f.yml:1:29: unknown name "kind" in an entry of pairs; it can be name or value`,
		"pairs: [a]":       "f.yml:1:9: an entry of pairs must be a map, not a single value; it can have name or value",
		"text: a\ntext: b": "f.yml:2:1: text stands twice; the first is in line 1",
		"[a]: b":           "f.yml:1:1: a name must be plain text, not a map, a list or an alias",
		"<<: {text: a}":    "f.yml:1:1: merge keys (<<) are not read; write the names out",
		"txt: a":           `f.yml:1:1: unknown name "txt", did you mean "text"?`,
		"[a, b]":           "f.yml:1:1: must be a map, not a list; it can have text, ruled, ascii, empty, choice, own, then, bool, bool_or, int, texts, unique, few, choices, ints, object, object_file, objects, pairs or strict",
	} {
		_, problems := decode(t, src)
		if diff := cmp.Diff(want, problems.Error()); diff != "" {
			t.Errorf("%q (-want +got):\n%s", src, diff)
		}
	}
}

func TestAllAtOnce(t *testing.T) {
	_, problems := decode(t, "bool: 1\nint: x\nobject: {deep: {size: y}}\nnothing: z\n")
	problems.Sort()
	want := `f.yml:1:7: bool must be true or false, not "1"
f.yml:2:6: int must be a whole number, not "x"
f.yml:3:9: name is required: The name of it
f.yml:3:23: size must be a whole number, not "y"
f.yml:4:1: unknown name "nothing"; it can be `
	if got := problems.Error(); !strings.HasPrefix(got, want) {
		t.Errorf("problems (-want +got):\n%s", cmp.Diff(want, got))
	}
}

// TestSecondReading: an object that is read from a value and again from a file
// holds no mixture of both.
func TestSecondReading(t *testing.T) {
	got, problems := decode(t, "object: {name: x, value: y}\nobject_file: object.yml")
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	if diff := cmp.Diff(&inner{Name: "of a file"}, got.Object); diff != "" {
		t.Errorf("object (-want +got):\n%s", diff)
	}
}

func TestInputs(t *testing.T) {
	foreign := func(name string) string {
		if name == "scenario" {
			return "belongs to somebody else"
		}
		return ""
	}
	var s sample
	set := append(s.fields(), field.Text("needed", new(string), "It is needed. Really.").Require())
	problems := set.DecodeInputs([]field.Input{
		{"text", " x "},
		{"int", "11"},
		{"bool", "  "},
		{"scenario", "y"},
		{"objects", "- name: a\n- nam: b\n"},
		{"object", "# nothing"},
		{"pairs", "{a"},
		{"texts", "a,\nb"},
		{"choise", "red"},
		{"text", "again"},
		{"ints", ","},
	}, field.Options{Foreign: foreign}, func(at *field.At) {
		for name, want := range map[string]bool{"text": true, "bool": false, "object": false, "pairs": true, "choice": true} {
			if at.Has(name) != want {
				t.Errorf("Has(%s) is %t", name, !want)
			}
		}
		for name, want := range map[string]bool{"text": false, "int": true, "objects": true, "pairs": true, "texts": false, "choice": true} {
			if at.Bad(name) != want {
				t.Errorf("Bad(%s) is %t", name, !want)
			}
		}
		at.Problem("two things do not go together")
		at.ProblemAt("text", "text is at its own place")
		at.ProblemAt("ruled", "ruled is at its name even if absent")
		at.ExactlyOne("text", "texts")
		at.ExactlyOne("bool", "ascii")
		at.ExactlyOne("text", "ascii")
	})
	want := `int: must be between -1 and 10, not 11
scenario: "scenario" belongs to somebody else
objects:2:3: unknown name "nam" in an entry of objects, did you mean "name"?
pairs:1: is not valid YAML: did not find expected ',' or '}'; a comma or the closing bracket is missing near here
choise: unknown name "choise", did you mean "choice"?
text: is given twice
ints: is a list without entries
needed: is required: It is needed
provider: two things do not go together
text: text is at its own place
ruled: ruled is at its name even if absent
texts: text and texts exclude each other; give one of them
bool: one of bool and ascii is required`
	if diff := cmp.Diff(want, problems.Error()); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
	if s.Text != "x" {
		t.Errorf("text is %q: blanks around it do not count", s.Text)
	}
}

// TestSlipAndRight: a misspelt name beside the right one is one mistake.
func TestSlipAndRight(t *testing.T) {
	var s sample
	problems := s.fields().DecodeInputs([]field.Input{{"chioce", "red"}, {"choice", "green"}}, field.Options{}, nil)
	if diff := cmp.Diff(`chioce: unknown name "chioce", did you mean "choice"?`, problems.Error()); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
	if s.Choice != "green" {
		t.Errorf("choice is %q", s.Choice)
	}
}

func TestParse(t *testing.T) {
	full := "text: " + strings.Repeat("x", field.Limit-len("text: "))
	for src, want := range map[string]string{
		"":                    "",
		"# a comment":         "",
		"--- ~":               "",
		"a: b\n---\nc: d":     "f.yml:2:1: a second YAML document starts here; only one is read",
		"a: b\n---\n[":        "f.yml:3: is not valid YAML: did not find expected node content",
		"a: \xff":             "f.yml: is not text in UTF-8; save it in that encoding",
		"\xef\xbb\xbfa: b":    "",
		"a: [b":               "f.yml:1: is not valid YAML: did not find expected ',' or ']'; a comma or the closing bracket is missing near here",
		"a: " + full:          "f.yml: is larger than 128 KiB, which is the limit; split it into several steps",
		full:                  "",
		"a: &b [*b]":          "",
		"a: *" + full[7:5000]: "f.yml: is not valid YAML: unknown anchor referenced; put a value that starts with * in quotes, or write &name at what *name stands for",
	} {
		n, problem := field.Parse("f.yml", []byte(src))
		got := ""
		if problem != nil {
			got = problem.String()
		}
		if got != want {
			t.Errorf("Parse(%.40q) says %q, want %q", src, got, want)
		}
		if problem != nil && n != nil {
			t.Errorf("Parse(%.40q) returns both", src)
		}
	}
}

// TestBudget: a budget is spent by everything that is read under it.
func TestBudget(t *testing.T) {
	list := "texts: [" + strings.Repeat("a,", 60_000) + "]"
	n, problem := field.Parse("f.yml", []byte(list))
	if problem != nil {
		t.Fatal(problem)
	}
	budget := field.NewBudget()
	for i, want := range []string{"", "f.yml:1:79995: there are more than 100000 values"} {
		var s sample
		problems := s.fields().DecodeYAML("f.yml", n, field.Options{Budget: budget}, nil)
		if got := problems.Error(); want == "" && got != "" || !strings.HasPrefix(got, want) {
			t.Errorf("reading %d: %.200q, want %q", i+1, got, want)
		}
	}
	if !budget.Spent() {
		t.Error("the budget is not spent")
	}
	var s sample
	if problems := s.fields().DecodeYAML("f.yml", n, field.Options{Budget: budget}, nil); len(problems) > 0 || s.Texts != nil {
		t.Errorf("after the budget was spent: %v, %d texts", problems, len(s.Texts))
	}
}

// TestShapes: what the documentation says of each field.
func TestShapes(t *testing.T) {
	var s sample
	got := map[string]string{}
	for _, f := range s.fields() {
		got[f.Name] = f.Word()
		if f.Structured() {
			got[f.Name] += ", as YAML"
		}
		if c := f.Choices(); c != nil {
			got[f.Name] += ", of " + strings.Join(c, " ")
		}
		if n := f.Nested(); n != nil {
			got[f.Name] += ", with " + strings.Join(n.Names(), " ")
		}
	}
	want := map[string]string{
		"text": "text", "ruled": "text", "ascii": "text", "empty": "text", "then": "text",
		"choice": "red or green, of red green",
		"own":    "alpha, beta, gamma, delta or TRUE, of alpha beta gamma delta TRUE",
		"bool":   "true or false", "bool_or": "true, false or later", "int": "whole number",
		"texts": "list of texts", "unique": "list of texts", "few": "list of texts", "choices": "list of red or green",
		"ints":   "list of whole numbers",
		"object": "map, as YAML, with name value deep", "object_file": "path of a YAML file",
		"objects": "list of maps, as YAML, with name value deep",
		"pairs":   "map, or list of name and value, as YAML", "strict": "map, or list of name and value, as YAML",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("shapes (-want +got):\n%s", diff)
	}
}

func TestSort(t *testing.T) {
	ps := field.Problems{
		{field.Place{"b.yml", 2, 1}, "4"}, {field.Place{"a.yml", 9, 1}, "6"}, {field.Place{"b.yml", 1, 7}, "3"},
		{field.Place{"b.yml", 1, 2}, "1"}, {field.Place{"b.yml", 1, 2}, "2"}, {field.Place{"a.yml", 3, 0}, "5"},
	}
	ps.Sort()
	var got string
	for _, p := range ps {
		got += p.Text
	}
	if got != "123456" {
		t.Errorf("the order is %s:\n%s", got, ps.Error())
	}
}

func TestNearest(t *testing.T) {
	names := []string{"scenario_id", "project_id", "job_owner", "debug", "note", "Zone"}
	for word, want := range map[string]string{
		"scenaro_id":                       "scenario_id",
		"SCENARIO_ID":                      "scenario_id",
		"scenario-id":                      "scenario_id",
		"dbeug":                            "debug",
		"nte":                              "note",
		"zone":                             "Zone",
		"nets":                             "",
		"x":                                "",
		"":                                 "",
		"schedule":                         "",
		strings.Repeat("scenario_id", 100): "",
	} {
		if got := field.Nearest(word, names); got != want {
			t.Errorf("Nearest(%.20q) is %q, want %q", word, got, want)
		}
	}
}

func TestList(t *testing.T) {
	for want, names := range map[string][]string{"": nil, "a": {"a"}, "a or b": {"a", "b"}, "a, b or c": {"a", "b", "c"}} {
		if got := field.List(names); got != want {
			t.Errorf("List(%v) is %q, want %q", names, got, want)
		}
	}
}

func TestQuote(t *testing.T) {
	for s, want := range map[string]string{
		"a\nb": `"a\nb"`, "\x1b[31m": `"\x1b[31m"`, "\u202e": `"\u202e"`,
		strings.Repeat("作", 41): `"` + strings.Repeat("作", 40) + `…"`,
	} {
		if got := field.Quote(s); got != want {
			t.Errorf("Quote(%q) is %s, want %s", s, got, want)
		}
	}
}

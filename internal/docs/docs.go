// Package docs writes the generated parts of the documentation from the
// declarations: the tables in README.md, the inputs and outputs of action.yml,
// a page for each provider and the JSON Schema of plan files; and some pages in
// Chinese, by a book of their texts.
package docs

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"cloudjob/internal/catalog"
	"cloudjob/internal/field"
	"cloudjob/internal/job"
	"cloudjob/internal/plan"
	"cloudjob/internal/report"
)

// File is a generated file, or a file with generated parts. Its path is
// relative to the checkout.
type File struct{ Path, Text string }

// Generate returns all of them as they should be, of a checkout as it is. world
// is what the emulator says of itself; repository is the checkout's, as
// owner/name, or empty where nobody knows.
func Generate(checkout fs.FS, world, repository string) ([]File, error) {
	examples, err := exampleTable(checkout)
	if err != nil {
		return nil, fmt.Errorf("list the examples: %w", err)
	}
	parts := map[string]map[string]string{
		"README.md": {
			"providers": providerTable(),
			"inputs":    inputTable(),
			"outputs":   outputTable(),
			"outcomes":  outcomeTable(),
		},
		"action.yml":              {"inputs": actionInputs(), "outputs": actionOutputs()},
		"examples/README.md":      {"examples": examples},
		"docs/troubleshooting.md": {"codes": cloudCodes()},
		"docs/emulator.md":        {"world": "```\n" + world + "```\n"},
	}
	paths := []string{"README.md", "action.yml", "examples/README.md", "docs/troubleshooting.md", "docs/emulator.md"}
	for _, g := range guides() {
		paths = append(paths, g.path)
		parts[g.path] = map[string]string{"permissions": g.permissions()}
	}
	var files []File
	for _, path := range paths {
		old, err := fs.ReadFile(checkout, path)
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", path, err)
		}
		text, err := fill(string(old), parts[path])
		if err != nil {
			return nil, fmt.Errorf("fill in %s: %w", path, err)
		}
		files = append(files, File{path, text})
	}
	for _, p := range catalog.Providers() {
		facts, err := fs.ReadFile(checkout, factsOf(p.Name))
		if err != nil {
			return nil, fmt.Errorf("read the facts about %s: %w", p.Name, err)
		}
		files = append(files, File{"docs/" + p.Name + ".md", page(p, string(facts))})
	}
	schema, err := marshal(plan.Schema())
	if err != nil {
		return nil, fmt.Errorf("write the schema: %w", err)
	}
	pages, _, err := chinese(checkout, files)
	if err != nil {
		return nil, err
	}
	files = append(append(files, pages...), File{"docs/plan.schema.json", schema})
	return named(checkout, files, repository)
}

// unnamed stands for the repository until it is known.
const unnamed = "OWNER/cloudjob"

var used = regexp.MustCompile(`uses: ([\w.-]+/[\w.-]+)@v`)

// Repository is the owner/name that the checkout's workflows use the action by.
func Repository(checkout fs.FS) (string, error) {
	readme, err := fs.ReadFile(checkout, "README.md")
	if err != nil {
		return "", fmt.Errorf("read README.md: %w", err)
	}
	m := used.FindSubmatch(readme)
	if m == nil {
		return "", errors.New("README.md has no workflow that uses the action")
	}
	return string(m[1]), nil
}

// named puts the repository's name where it is unnamed, in all pages and
// examples. A name that the README has stays, in a fork too.
func named(checkout fs.FS, files []File, repository string) ([]File, error) {
	is, err := Repository(checkout)
	if err != nil {
		return nil, err
	}
	if is != unnamed {
		repository = is
	}
	if repository == "" || repository == unnamed {
		return files, nil
	}
	var paths []string
	for _, pattern := range []string{"*.md", "docs/*.md", "docs/*/*.md", "examples/*"} {
		found, err := fs.Glob(checkout, pattern)
		if err != nil {
			return nil, err
		}
		paths = append(paths, found...)
	}
	for _, path := range paths {
		if slices.ContainsFunc(files, func(f File) bool { return f.Path == path }) {
			continue
		}
		text, err := fs.ReadFile(checkout, path)
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", path, err)
		}
		if bytes.Contains(text, []byte(unnamed)) {
			files = append(files, File{path, string(text)})
		}
	}
	for i := range files {
		files[i].Text = strings.ReplaceAll(files[i].Text, unnamed, repository)
	}
	return files, nil
}

func marshal(v any) (string, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	err := enc.Encode(v)
	return b.String(), err
}

// fill replaces what stands between the lines "… BEGIN name …" and
// "… END name …".
func fill(text string, parts map[string]string) (string, error) {
	names := make([]string, 0, len(parts))
	for name := range parts {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		begin, end := strings.Index(text, "BEGIN "+name), strings.Index(text, "END "+name)
		if begin < 0 || end < begin {
			return "", fmt.Errorf("there are no lines with BEGIN %s and END %s", name, name)
		}
		from := begin + strings.IndexByte(text[begin:], '\n') + 1
		to := strings.LastIndexByte(text[:end], '\n') + 1
		text = text[:from] + parts[name] + text[to:]
	}
	return text, nil
}

// input is one input of the action, with what each provider says of it.
type input struct {
	field.Field
	owners []owner
}

type owner struct {
	provider string // empty: the step
	field    *field.Field
}

// inputs are all inputs, each once, in the order of the documentation.
func inputs() []input {
	var all []input
	add := func(provider string, set field.Set) {
		for _, f := range set {
			i := slices.IndexFunc(all, func(in input) bool { return in.Name == f.Name })
			if i < 0 {
				all = append(all, input{Field: *f})
				i = len(all) - 1
			}
			all[i].owners = append(all[i].owners, owner{provider, f})
		}
	}
	add("", new(plan.Run).Fields())
	for _, p := range catalog.Providers() {
		add(p.Name, p.New().Fields())
	}
	return all
}

// says is what the owners say of an input, once if they agree.
func (in input) says() string {
	if in.owners[0].provider == "" {
		return sentence(in.owners[0].field)
	}
	byText := map[string][]string{}
	var order []string
	for _, o := range in.owners {
		text := sentence(o.field)
		if byText[text] == nil {
			order = append(order, text)
		}
		byText[text] = append(byText[text], o.provider)
	}
	var parts []string
	if len(order) == 1 && len(in.owners) == len(catalog.Names()) {
		return order[0]
	}
	for _, text := range order {
		parts = append(parts, strings.Join(byText[text], ", ")+": "+text)
	}
	return strings.Join(parts, " ")
}

func sentence(f *field.Field) string {
	s := f.Doc
	if f.Required {
		s += " Required."
	}
	if f.Default != "" {
		s += " Default: " + f.Default + "."
	}
	return s
}

// inputTable lists the inputs that do not depend on what is started.
func inputTable() string {
	var b strings.Builder
	b.WriteString("| Input | Shape | Meaning |\n| --- | --- | --- |\n")
	for _, in := range inputs() {
		if in.owners[0].provider != "" && len(in.owners) < len(catalog.Names()) {
			continue
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", in.Name, pipes(in.Word()), pipes(in.says()))
	}
	return b.String()
}

func pipes(s string) string { return strings.ReplaceAll(s, "|", "\\|") }

func outputTable() string {
	var b strings.Builder
	b.WriteString("| Output | Meaning |\n| --- | --- |\n")
	for _, o := range append(report.OutputDocs(), report.JudgedDocs()...) {
		fmt.Fprintf(&b, "| `%s` | %s |\n", o.Name, pipes(o.Doc))
	}
	return b.String()
}

func outcomeTable() string {
	kinds := job.Kinds()
	slices.SortStableFunc(kinds, func(a, b job.Kind) int { return a.Exit - b.Exit })
	var b strings.Builder
	b.WriteString("| Outcome | Exit status | When |\n| --- | --- | --- |\n")
	for _, k := range kinds {
		fmt.Fprintf(&b, "| `%s` | %d | %s |\n", k.Outcome, k.Exit, k.When)
	}
	return b.String()
}

// exampleTable lists the examples with the first paragraph of each one's head.
func exampleTable(checkout fs.FS) (string, error) {
	paths, err := fs.Glob(checkout, "examples/*")
	if err != nil {
		return "", err
	}
	var b strings.Builder
	b.WriteString("| Example | What for |\n| --- | --- |\n")
	for _, name := range paths {
		if path.Ext(name) == ".md" {
			continue
		}
		text, err := fs.ReadFile(checkout, name)
		if err != nil {
			return "", err
		}
		fmt.Fprintf(&b, "| [%s](%[1]s) | %s |\n", path.Base(name), pipes(head(string(text))))
	}
	return b.String(), nil
}

func factsOf(provider string) string { return "docs/facts/" + provider + ".md" }

// head is the first paragraph of the comment that a file begins with.
func head(text string) string {
	var words []string
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "#!") {
			continue
		}
		said, ok := strings.CutPrefix(line, "# ")
		if !ok {
			if said, ok = strings.CutPrefix(line, "// "); !ok {
				break
			}
		}
		words = append(words, strings.Fields(said)...)
	}
	return strings.Join(words, " ")
}

func providerTable() string {
	var b strings.Builder
	b.WriteString("| `provider` | Service | What is started |\n| --- | --- | --- |\n")
	for _, p := range catalog.Providers() {
		fmt.Fprintf(&b, "| [`%s`](docs/%s.md) | %s | %s |\n", p.Name, p.Name, p.Title, p.Starts)
	}
	return b.String()
}

func actionInputs() string {
	var b strings.Builder
	for _, in := range inputs() {
		fmt.Fprintf(&b, "  %s:\n    description: %s\n    required: false\n", in.Name, strconv.Quote(in.says()))
		if in.Given != "" {
			fmt.Fprintf(&b, "    default: %s\n", in.Given)
		}
	}
	return b.String()
}

func actionOutputs() string {
	var b strings.Builder
	for _, o := range append(report.OutputDocs(), report.JudgedDocs()...) {
		fmt.Fprintf(&b, "  %s:\n    description: %s\n", o.Name, strconv.Quote(o.Doc))
	}
	return b.String()
}

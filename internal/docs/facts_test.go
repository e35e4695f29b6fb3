package docs_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"cloudjob/internal/catalog"
)

const factsDir = checkout + "/docs/facts"

// Texts of the repository name a fact as "facts PAGE §n", also over the end of a
// line of a comment, and more sections of the page behind it.
var (
	commentBreak = regexp.MustCompile(`\n[\t ]*(?://|#)?[\t ]*`)
	naming       = regexp.MustCompile(`facts ([a-z]+-[a-z]+) ((?:§[0-9.]*[0-9](?:, | and | to )?)+)`)
	section      = regexp.MustCompile(`§([0-9.]*[0-9])`)
	numbered     = regexp.MustCompile(`(?m)^###? ([0-9]+(?:\.[0-9]+)?)\.? `)
)

// facts are the pages by their names, with the sections that each has.
func facts(t *testing.T) (texts map[string]string, sections map[string][]string) {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(factsDir, "*.md"))
	if err != nil || len(paths) < 8 {
		t.Fatalf("there are %d pages of facts: %v", len(paths), err)
	}
	texts, sections = map[string]string{}, map[string][]string{}
	for _, path := range paths {
		src, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		name := strings.TrimSuffix(filepath.Base(path), ".md")
		texts[name] = string(src)
		for _, m := range numbered.FindAllStringSubmatch(string(src), -1) {
			sections[name] = append(sections[name], m[1])
		}
	}
	return texts, sections
}

// unresolved are what a text names of the facts and what is not there. Every
// section that it names has to be one of a page's, but those of RFCs.
func unresolved(text string, sections map[string][]string) (wrong []string, resolved int) {
	text = commentBreak.ReplaceAllString(text, " ")
	for _, m := range naming.FindAllStringSubmatch(text, -1) {
		for _, n := range section.FindAllStringSubmatch(m[2], -1) {
			if resolved++; !slices.Contains(sections[m[1]], n[1]) {
				wrong = append(wrong, fmt.Sprintf("facts %s §%s", m[1], n[1]))
			}
		}
	}
	rest := naming.ReplaceAllString(text, "")
	for _, m := range regexp.MustCompile(`(?:RFC [0-9]+ )?§.?[0-9.]*`).FindAllString(rest, -1) {
		if !strings.HasPrefix(m, "RFC ") {
			wrong = append(wrong, m+" of no page")
		}
	}
	return wrong, resolved
}

func TestFactsAreThere(t *testing.T) {
	texts, sections := facts(t)
	named := 0
	err := filepath.WalkDir(checkout, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && (entry.Name() == ".git" || entry.Name() == "node_modules" || path == filepath.Clean(factsDir)):
			return fs.SkipDir
		case entry.IsDir() || strings.HasSuffix(path, "facts_test.go") || filepath.Ext(path) == ".png":
			return nil
		}
		src, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		wrong, resolved := unresolved(string(src), sections)
		for _, what := range wrong {
			t.Errorf("%s names %s", path, what)
		}
		named += resolved
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if named < 300 {
		t.Errorf("%d facts are named", named)
	}
	for name, text := range texts { // a section without a page is the page's own
		for _, m := range section.FindAllStringSubmatch(regexp.MustCompile(`\[[^\]]*\]\([^)]*\)`).ReplaceAllString(text, ""), -1) {
			if name != "README" && !slices.Contains(sections[name], m[1]) {
				t.Errorf("%s.md names its §%s", name, m[1])
			}
		}
	}
}

func TestUnresolved(t *testing.T) {
	sections := map[string][]string{"huawei-drs": {"1", "2", "2.1"}}
	for text, want := range map[string]string{
		"// as in facts\n\t// huawei-drs §2.1, §1 and §2.": "",
		"RFC 7519 §4.1.3":             "",
		"facts huawei-drs §3":         "facts huawei-drs §3",
		"facts huawei-drs §1 to §9":   "facts huawei-drs §9",
		"facts huawei-batch §1":       "facts huawei-batch §1",
		"see §2":                      "§2 of no page",
		"facts huawei-drs §2, or §2.": "§2. of no page",
	} {
		wrong, _ := unresolved(text, sections)
		if got := strings.Join(wrong, ", "); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// TestFactsHaveSources: every row of a table with the column Source has a label
// that the README of the facts explains, and so has every label in a text.
func TestFactsHaveSources(t *testing.T) {
	texts, _ := facts(t)
	var labels []string
	_, table, _ := strings.Cut(texts["README"], "\n## Sources\n")
	for _, m := range regexp.MustCompile(`(?m)^\| ([^|]+) \|`).FindAllStringSubmatch(table, -1) {
		for label := range strings.SplitSeq(m[1], ", ") {
			label, _, _ = strings.Cut(strings.TrimSuffix(label, " n/m"), ":")
			labels = append(labels, label)
		}
	}
	known := func(cell string) bool {
		return slices.ContainsFunc(labels, func(label string) bool {
			return regexp.MustCompile(`\b` + regexp.QuoteMeta(label) + `\b`).MatchString(cell)
		})
	}
	for name, text := range texts {
		before, _, isPage := strings.Cut(text, " Not known\n")
		for _, s := range regexp.MustCompile(`\n###? `).Split(before, -1)[1:] {
			title, body, _ := strings.Cut(s, "\n")
			if isPage && strings.TrimSpace(body) != "" && !known(s) && !strings.Contains(body, "No source") {
				t.Errorf("%s.md names no source in its section %s", name, title)
			}
		}
		cells, sourced := 0, false
		for i, line := range strings.Split(text, "\n") {
			if !strings.HasPrefix(line, "|") {
				sourced = false
				continue
			}
			row := strings.Split(strings.Trim(strings.ReplaceAll(line, `\|`, ""), "|"), "|")
			last := strings.TrimSpace(row[len(row)-1])
			switch {
			case last == "Source":
				sourced, cells = true, len(row)
			case !sourced || strings.HasPrefix(line, "|---"):
			case len(row) != cells:
				t.Errorf("%s.md:%d has %d cells, want %d: %s", name, i+1, len(row), cells, line)
			case !known(last):
				t.Errorf("%s.md:%d has no source that is explained: %s", name, i+1, line)
			}
		}
	}
}

// TestNotKnown: what is not known stands in the last section of a page, with the
// switches of the emulator that play it; all of those are there, and none that
// its code calls UNVERIFIED is left out.
func TestNotKnown(t *testing.T) {
	texts, _ := facts(t)
	homes := map[string]string{"tencent-auth": "emulator", "huawei-auth": "emulator"}
	for _, provider := range catalog.Names() {
		homes[provider] = "service/" + strings.ReplaceAll(provider, "-", "") + "/emu"
	}
	named := map[string][]string{} // switches, by their home
	for name, home := range homes {
		before, table, found := strings.Cut(texts[name], " Not known\n")
		if !found || strings.Contains(before, "UNVERIFIED") || strings.Contains(table, "\n## ") {
			t.Errorf("%s.md does not end with the section of what is not known, or has UNVERIFIED before it", name)
		}
		rows := 0
		for line := range strings.Lines(table) {
			if cells := strings.Split(line, "|"); len(cells) == 5 {
				rows++
				for _, m := range regexp.MustCompile("`([A-Z][A-Za-z0-9]+)`").FindAllStringSubmatch(cells[2], -1) {
					named[home] = append(named[home], m[1])
				}
			}
		}
		if rows < 3 { // its head, the line below it, and one
			t.Errorf("%s.md has %d rows of what is not known", name, rows)
		}
	}
	for home, names := range named {
		switches := switchesOf(t, filepath.Join(checkout, "internal", home))
		for _, name := range names {
			if _, ok := switches[name]; !ok {
				t.Errorf("docs/facts names the switch %s, which internal/%s does not have", name, home)
			}
		}
		for name, doc := range switches {
			if strings.Contains(doc, "UNVERIFIED") && !slices.Contains(names, name) {
				t.Errorf("docs/facts does not name the switch %s of internal/%s", name, home)
			}
		}
	}
}

// switchesOf are the fields of a package's type Switches, with their comments.
func switchesOf(t *testing.T, dir string) map[string]string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	fields := map[string]string{}
	for _, path := range paths {
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			spec, ok := n.(*ast.TypeSpec)
			if !ok || spec.Name.Name != "Switches" {
				return true
			}
			for _, f := range spec.Type.(*ast.StructType).Fields.List {
				for _, name := range f.Names {
					fields[name.Name] = f.Doc.Text()
				}
			}
			return false
		})
	}
	if len(fields) == 0 {
		t.Fatalf("%s has no switches", dir)
	}
	return fields
}

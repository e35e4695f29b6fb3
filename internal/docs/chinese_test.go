package docs_test

import (
	"cmp"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	extensionast "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/text"

	"cloudjob/internal/catalog"
	"cloudjob/internal/docs"
	"cloudjob/internal/locale"
)

// TestChineseIsCurrent: whatever changes in an English page that exists in Chinese
// too, a sentence or a cell, asks for its Chinese.
func TestChineseIsCurrent(t *testing.T) {
	lacking, left, err := docs.Untranslated(os.DirFS(checkout))
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range lacking {
		t.Errorf("internal/docs/zh.txt lacks the Chinese of this text; add it, and below it the Chinese, indented by a tab:\n%s", text)
	}
	for _, text := range left {
		t.Errorf("internal/docs/zh.txt has a text that no page has, or that internal/locale/zh.txt says the same way; remove it, or change it to what the page says now:\n%s", text)
	}
}

// TestChineseIsTheSame: read as GitHub reads them, a page and its Chinese one have
// the same headings, examples, tables, links, names and emphasis, in the same
// sections.
func TestChineseIsTheSame(t *testing.T) {
	titles := map[string][]string{} // anchors, by page of the checkout
	english := map[string]string{}  // by the Chinese page
	for _, en := range englishPages(t) {
		zh := "docs/zh/" + path.Base(en)
		english[zh] = en
		titles[zh], titles[en] = anchors(read(t, zh)), anchors(read(t, en))
	}
	// place is what a link leads to, told by the English page and the number of the
	// heading there.
	place := func(page, link string) string {
		file, anchor, found := strings.Cut(link, "#")
		if strings.Contains(file, ":") {
			return link
		}
		to := page
		if file != "" {
			to = path.Join(path.Dir(page), file)
		}
		at := anchor
		if found && titles[to] != nil {
			at = fmt.Sprint("heading ", slices.Index(titles[to], "#"+anchor))
		}
		if zh := "docs/zh/" + path.Base(to); english[page] != "" && english[zh] == to && to != english[page] {
			t.Errorf("%s leads to %s, which is there in Chinese", page, to)
		}
		if english[to] != "" {
			to = english[to]
		}
		return to + " " + at
	}
	for zh, en := range english {
		if way, err := filepath.Rel(path.Dir(en), zh); err != nil || !strings.Contains(read(t, en), "\n\nEnglish | [中文]("+filepath.ToSlash(way)+")\n\n") {
			t.Errorf("%s does not begin with a link to %s: %v", en, zh, err)
		}
		this, other := outline(read(t, en), en, place), outline(read(t, zh), zh, place)
		if len(this) != len(other) {
			t.Errorf("%s has %d sections, and %s %d", en, len(this), zh, len(other))
			continue
		}
		for i := range this {
			if diff := gocmp.Diff(this[i].has, other[i].has); diff != "" {
				t.Errorf("%s, %q, differs from %s (-English +Chinese):\n%s", en, this[i].title, zh, diff)
			}
		}
	}
}

func read(t *testing.T, page string) string {
	t.Helper()
	src, err := os.ReadFile(filepath.Join(checkout, page))
	if err != nil {
		t.Fatal(err)
	}
	return string(src)
}

// chapter is what a page has under a heading, but its words.
type chapter struct {
	title string
	has   map[string][]string
}

func outline(page, name string, place func(page, link string) string) []chapter {
	src := []byte(page)
	sections := []chapter{{"the head", map[string][]string{}}}
	add := func(kind, what string) {
		has := sections[len(sections)-1].has
		has[kind] = append(has[kind], what)
	}
	doc := goldmark.New(goldmark.WithExtensions(extension.GFM)).Parser().Parse(text.NewReader(src))
	ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		switch n := n.(type) {
		case *ast.Heading:
			sections = append(sections, chapter{string(n.Lines().Value(src)), map[string][]string{}})
			add("rank", fmt.Sprint(n.Level))
		case *ast.FencedCodeBlock:
			add("example", string(n.Lines().Value(src)))
		case *extensionast.TableHeader:
			add("row", fmt.Sprint(n.ChildCount(), " in the head"))
		case *extensionast.TableRow:
			add("row", fmt.Sprint(n.ChildCount()))
		case *extensionast.TableCell:
			// What has no words, such as a number, is the same.
			if cell := string(n.Lines().Value(src)); !regexp.MustCompile(`[\p{L}]`).MatchString(cell) {
				add("cell", cell)
			}
		case *ast.Link:
			add("link", place(name, string(n.Destination)))
		case *ast.CodeSpan:
			var code strings.Builder
			for c := n.FirstChild(); c != nil; c = c.NextSibling() {
				code.Write(c.(*ast.Text).Value(src))
			}
			add("code", code.String())
		case *ast.Emphasis, *ast.ListItem, *ast.Paragraph:
			add(n.Kind().String(), "")
		}
		return ast.WalkContinue, nil
	})
	for _, s := range sections {
		slices.Sort(s.has["link"]) // a sentence may name things in another order
		slices.Sort(s.has["code"])
	}
	return sections
}

// TestUntranslated: a sentence, a cell or a heading that changes is missed, and
// named; an example that changes is not, since it is the same in both.
func TestUntranslated(t *testing.T) {
	for _, test := range []struct{ was, is, lacking, left string }{
		{"While the job runs, the log", "While a job runs, the log", "While a job runs, the log says once a minute how the gates stand.", "While the job runs, the log says once a minute how the gates stand."},
		{"| the first minute does not count |", "| the first minute counts |", "the first minute counts", "the first minute does not count"},
		{"\n## Many results\n", "\n## A great many results\n", "A great many results", "Many results"},
		{"\n## Many results\n", "\n- one more\n\n## Many results\n", "one more", ""},
		{"| the first minute does not count |", "| [plans](plans.md), [x2](plans.md) |", "[plans](plans.md), [x2](plans.md)", "the first minute does not count"},
		{"| the first minute does not count |", "| 1, `two`, Three3 |", "", "the first minute does not count"},
		{"report_dir: report\n", "report_dir: reports\n", "", ""},
	} {
		changed := strings.Replace(read(t, "docs/gates.md"), test.was, test.is, 1)
		lacking, left, err := docs.Untranslated(with(t, map[string]string{"docs/gates.md": changed}))
		if err != nil || strings.Join(lacking, "\n") != test.lacking || strings.Join(left, "\n") != test.left {
			t.Errorf("with %q the book lacks %q and has %q left: %v", test.is, lacking, left, err)
		}
	}
}

// TestSaidByTheProgram: a text that the program says too stands in its book alone,
// so that a page and a step say it in one way.
func TestSaidByTheProgram(t *testing.T) {
	const english = "a gate was broken"
	said, ok := locale.Named(locale.Chinese).Phrase(english)
	if !ok || !strings.Contains(read(t, "docs/zh/README.md"), " | "+said+" |") {
		t.Fatalf("the README says %q in another way than %q", english, said)
	}
	_, left, err := docs.Untranslated(with(t, map[string]string{"internal/docs/zh.txt": read(t, "internal/docs/zh.txt") + english + "\n\t" + said + "\n"}))
	if err != nil || !slices.Equal(left, []string{english}) {
		t.Errorf("%q are left: %v", left, err)
	}
}

// TestBook: what is wrong with a book is said with its line.
func TestBook(t *testing.T) {
	for book, want := range map[string]string{
		"one\n":                       "the last line of internal/docs/zh.txt has no Chinese below it",
		"one\ntwo\n\t二\n":             "line 2 of internal/docs/zh.txt should be the Chinese of the line above it, indented by a tab",
		"# all\n\n\t一\n":              "line 3 of internal/docs/zh.txt has no English line above it",
		"one\n\t一\none\n\t一\n":        "line 3 of internal/docs/zh.txt stands there twice: one",
		"one\n\t\n":                   "line 2 of internal/docs/zh.txt has no text",
		"one\n\t一\n# more\ntwo\n\t二 ": "",
	} {
		_, _, err := docs.Untranslated(with(t, map[string]string{"internal/docs/zh.txt": book}))
		if got := fmt.Sprint(err); got != want && (err != nil || want != "") {
			t.Errorf("%q: %s, not %s", book, got, want)
		}
	}
}

// with is what Untranslated reads of the checkout, with other texts of some files.
func with(t *testing.T, files map[string]string) fs.FS {
	t.Helper()
	checkout := fstest.MapFS{}
	for _, path := range append(englishPages(t), "internal/docs/zh.txt") {
		checkout[path] = &fstest.MapFile{Data: []byte(cmp.Or(files[path], read(t, path)))}
	}
	return checkout
}

func englishPages(t *testing.T) (pages []string) {
	t.Helper()
	chinese, err := filepath.Glob(filepath.Join(checkout, "docs", "zh", "*.md"))
	if err != nil || len(chinese) < 4+len(catalog.Names()) {
		t.Fatalf("there are %d pages in Chinese: %v", len(chinese), err)
	}
	for _, name := range chinese {
		page := "docs/" + filepath.Base(name)
		if page == "docs/README.md" {
			page = "README.md"
		}
		pages = append(pages, page)
	}
	return pages
}

// TestChineseSigns: what is Chinese is written with the signs of Chinese, and ends
// as the English does.
func TestChineseSigns(t *testing.T) {
	asIs := regexp.MustCompile("`[^`]*`|" + `\]\([^)]*\)|\d+ x \d+`)
	half := regexp.MustCompile(`\p{Han}[,;:!?()]|[,;:!?()]\p{Han}|\p{Han}[A-Za-z0-9]|[A-Za-z0-9]\p{Han}`)
	english := ""
	for line := range strings.Lines(read(t, "internal/docs/zh.txt")) {
		chinese, ok := strings.CutPrefix(strings.TrimSuffix(line, "\n"), "\t")
		if !ok {
			english = strings.TrimSpace(line)
			continue
		}
		if odd := half.FindString(asIs.ReplaceAllString(chinese, "")); odd != "" {
			t.Errorf("%q in %s", odd, chinese)
		}
		if strings.TrimSpace(chinese) != chinese || strings.HasSuffix(english, ".") != strings.HasSuffix(chinese, "。") {
			t.Errorf("%s does not end as %s", chinese, english)
		}
	}
}

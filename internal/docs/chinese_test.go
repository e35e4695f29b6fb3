package docs_test

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	extensionast "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/text"

	"cloudjob/internal/docs"
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
		t.Errorf("internal/docs/zh.txt has a text that no page has; remove it, or change it to what the page says now:\n%s", text)
	}
}

// TestChineseIsTheSame: read as GitHub reads them, a page and its Chinese one have
// the same headings, examples, tables, links, names and emphasis, in the same
// sections.
func TestChineseIsTheSame(t *testing.T) {
	chinese, err := filepath.Glob(filepath.Join(checkout, "docs", "zh", "*.md"))
	if err != nil || len(chinese) < 4 {
		t.Fatalf("there are %d pages in Chinese: %v", len(chinese), err)
	}
	titles := map[string][]string{} // anchors, by page of the checkout
	english := map[string]string{}  // by the Chinese page
	for _, name := range chinese {
		zh := "docs/zh/" + filepath.Base(name)
		english[zh] = "docs/" + filepath.Base(name)
		if filepath.Base(name) == "README.md" {
			english[zh] = "README.md"
		}
		titles[zh], titles[english[zh]] = anchors(read(t, zh)), anchors(read(t, english[zh]))
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
			if diff := cmp.Diff(this[i].has, other[i].has); diff != "" {
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

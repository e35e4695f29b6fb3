package main

import (
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/text"
)

// page is a Markdown page as GitHub shows it.
type markdown struct {
	anchors []string
	links   []string
	faults  []string
}

var tagged = regexp.MustCompile(`(?:id|name|src|srcset|href)="([^"]*)"`)

func readPage(src []byte) (p markdown) {
	doc := goldmark.New(goldmark.WithExtensions(extension.GFM)).Parser().Parse(text.NewReader(src))
	level := 0
	_ = ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		switch n := n.(type) {
		case *ast.Heading:
			title := plain(n, src)
			switch {
			case level == 0 && n.Level != 1:
				p.faults = append(p.faults, fmt.Sprintf("its first heading, %q, is not its title", title))
			case level > 0 && n.Level == 1:
				p.faults = append(p.faults, fmt.Sprintf("%q is a second title", title))
			case n.Level > level+1:
				p.faults = append(p.faults, fmt.Sprintf("the heading %q is two levels below the one before", title))
			}
			level = n.Level
			p.anchors = append(p.anchors, anchor(title, p.anchors))
		case *ast.Link:
			p.links = append(p.links, string(n.Destination))
		case *ast.Image:
			p.links = append(p.links, string(n.Destination))
		case *ast.RawHTML:
			p.tags(string(n.Segments.Value(src)))
		case *ast.HTMLBlock:
			p.tags(string(n.Lines().Value(src)))
		}
		return ast.WalkContinue, nil
	})
	if level == 0 {
		p.faults = append(p.faults, "it has no title")
	}
	return p
}

func (p *markdown) tags(text string) {
	for _, m := range tagged.FindAllStringSubmatch(text, -1) {
		if strings.HasPrefix(m[0], "id") || strings.HasPrefix(m[0], "name") {
			p.anchors = append(p.anchors, m[1])
		} else {
			p.links = append(p.links, m[1])
		}
	}
}

// plain is what a heading reads as.
func plain(n ast.Node, src []byte) string {
	var b strings.Builder
	_ = ast.Walk(n, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if t, ok := n.(*ast.Text); ok && entering {
			b.Write(t.Segment.Value(src))
		}
		return ast.WalkContinue, nil
	})
	return b.String()
}

// anchor is how GitHub names a heading; one that is there already gets a number.
func anchor(title string, there []string) string {
	slug := strings.Map(func(r rune) rune {
		switch {
		case r == ' ':
			return '-'
		case r == '-' || r == '_' || unicode.IsLetter(r) || unicode.IsNumber(r) || unicode.IsMark(r):
			return unicode.ToLower(r)
		}
		return -1
	}, title)
	for n, name := 1, slug; ; n++ {
		if !slices.Contains(there, name) {
			return name
		}
		name = fmt.Sprintf("%s-%d", slug, n)
	}
}

// TestPages says that every link inside the repository leads somewhere, and that
// the headings of each page are in order. .ci/links asks the links that lead out.
func TestPages(t *testing.T) {
	t.Parallel()
	out, err := exec.Command("git", "ls-files", "-co", "--exclude-standard", "*.md", ":!internal").Output()
	if err != nil {
		t.Fatal(err)
	}
	pages := map[string]markdown{}
	for _, name := range strings.Fields(string(out)) {
		src, err := os.ReadFile(name)
		if err != nil {
			continue // taken out
		}
		pages[name] = readPage(src)
	}
	if len(pages) < 10 {
		t.Fatalf("there are only %d pages", len(pages))
	}
	for name, p := range pages {
		if name == ".github/pull_request_template.md" {
			p.faults = nil // a part of a page
		}
		for _, fault := range append(p.faults, broken(name, p, pages)...) {
			t.Errorf("%s: %s", name, fault)
		}
	}
}

// broken are the links of a page that lead nowhere.
func broken(name string, p markdown, pages map[string]markdown) (faults []string) {
	for _, link := range p.links {
		u, err := url.Parse(link)
		if err != nil {
			faults = append(faults, fmt.Sprintf("the link %s cannot be read", link))
			continue
		}
		if u.Scheme != "" || u.Host != "" {
			continue
		}
		target := name
		if u.Path != "" {
			target = path.Join(path.Dir(name), u.Path)
		}
		if strings.HasPrefix(target, "../") { // of the site, such as ../../issues
			continue
		}
		if _, err := os.Stat(target); err != nil {
			faults = append(faults, fmt.Sprintf("%s is not there", link))
			continue
		}
		if of, ok := pages[target]; ok && u.Fragment != "" && !slices.Contains(of.anchors, u.Fragment) {
			faults = append(faults, fmt.Sprintf("%s: %s has no heading of that name", link, target))
		}
	}
	return faults
}

// TestPagesAreRead says what is complained of.
func TestPagesAreRead(t *testing.T) {
	good := readPage([]byte("# Who asks, and `why`?\n\n## One\n\n## One\n\n<a id=\"x\"></a> [a](#one-1) [b](main.go) [c](https://example.com)\n"))
	if got, want := strings.Join(good.anchors, " "), "who-asks-and-why one one-1 x"; got != want || len(good.faults) > 0 {
		t.Errorf("anchors %q, want %q; %q", got, want, good.faults)
	}
	if faults := broken("x.md", good, map[string]markdown{"x.md": good}); len(faults) > 1 { // x.md itself is not there
		t.Errorf("complaints %q", faults)
	}
	for src, want := range map[string]string{
		"## One\n":                        "is not its title",
		"# A\n\n# B\n":                    "second title",
		"# A\n\n### B\n":                  "two levels",
		"text\n":                          "no title",
		"# A\n\n[a](gone.md)\n":           "gone.md is not there",
		"# A\n\n[a](README.md#nowhere)\n": "no heading of that name",
		"# A\n\n<img src=\"gone.png\">\n": "gone.png is not there",
		"# A\n\n![a](docs/gone.png)\n":    "docs/gone.png is not there",
		"# A\n\n[a]\n\n[a]: gone/of/it\n": "gone/of/it is not there",
	} {
		p := readPage([]byte(src))
		if faults := strings.Join(append(p.faults, broken("page.md", p, map[string]markdown{"README.md": {}})...), "\n"); !strings.Contains(faults, want) {
			t.Errorf("%q: want a complaint with %q, got %q", src, want, faults)
		}
	}
}

package hostile

import (
	"fmt"
	"html"
	"regexp"
	"slices"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	extast "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/text"
)

// page is a Markdown as GitHub would show it.
type page struct {
	src    []byte
	shape  []string // what it is made of, but for its words
	faults []string
	tags   []string // those of HTML that are open
	open   string   // words that stand beside each other
}

// ours are the tags that a summary is made of; a link leads to the workflow run, its commit, or a console.
var ours = regexp.MustCompile(`^</?(code|details|summary|pre|a)>$|^<details open>$|^<(br|wbr)>$|^<!-- -->$|^<a href="(?i:https?)://[^"<>\s]*">$`)

// made is what GitHub makes links, mentions, references, emoji or formulas of,
// in words that stand beside each other.
var made = []*regexp.Regexp{
	regexp.MustCompile(`(^|[^\w/])@[A-Za-z0-9]`),
	regexp.MustCompile(`\w@\w`),
	regexp.MustCompile(`#\d`),
	regexp.MustCompile(`(?i)\bGH-\d`),
	regexp.MustCompile(`(?i)\b[0-9a-f]{40}\b`),
	regexp.MustCompile(`:[A-Za-z0-9_+-]+:`),
	regexp.MustCompile(`\$[^$]+\$|\$\$`),
	regexp.MustCompile(`(?i)(https?|ftp)://\S|www\.\S|(mailto|xmpp):\S`),
}

// Markdown reads a summary or a comment as GitHub does. The shape is the same
// for the same summary of other words; faults are what only words made.
func Markdown(src string) (shape, faults []string) {
	p := &page{src: []byte(src)}
	doc := goldmark.New(goldmark.WithExtensions(extension.GFM, extension.Footnote)).Parser().Parse(text.NewReader(p.src))
	if err := ast.Walk(doc, p.visit); err != nil {
		p.fault("%v", err)
	}
	p.flush()
	if p.tags != nil {
		p.fault("%q are not closed", p.tags)
	}
	return p.shape, p.faults
}

func (p *page) fault(format string, args ...any) {
	p.faults = append(p.faults, fmt.Sprintf(format, args...))
}

func (p *page) visit(n ast.Node, entering bool) (ast.WalkStatus, error) {
	if n.Type() == ast.TypeBlock {
		p.flush()
	}
	if !entering {
		return ast.WalkContinue, nil
	}
	switch n := n.(type) {
	case *ast.Text:
		p.words(html.UnescapeString(string(n.Segment.Value(p.src))))
		if n.SoftLineBreak() || n.HardLineBreak() {
			p.words(" ")
		}
	case *ast.String:
		p.words(string(n.Value))
	case *ast.RawHTML:
		for i := range n.Segments.Len() {
			at := n.Segments.At(i)
			p.html(string(at.Value(p.src)))
		}
	case *ast.HTMLBlock:
		var b strings.Builder
		for i := range n.Lines().Len() {
			at := n.Lines().At(i)
			b.Write(at.Value(p.src))
		}
		if n.HasClosure() {
			b.Write(n.ClosureLine.Value(p.src))
		}
		p.html(b.String())
	case *ast.Heading:
		p.shape = append(p.shape, fmt.Sprintf("heading %d", n.Level))
	case *ast.FencedCodeBlock:
		if language := string(n.Language(p.src)); language != "mermaid" {
			p.fault("a block of %q", language)
		}
		p.shape = append(p.shape, "mermaid")
	case *ast.CodeSpan, *ast.Emphasis:
		p.shape = append(p.shape, n.Kind().String())
		if code, ok := n.(*ast.CodeSpan); ok {
			if name := p.code(code); name != "result.json" && name != "report.html" {
				p.fault("code %.100q", name)
			}
			return ast.WalkSkipChildren, nil
		}
	case *ast.Document, *ast.Paragraph, *ast.TextBlock, *ast.List, *ast.ListItem, *extast.Table, *extast.TableHeader, *extast.TableRow, *extast.TableCell:
		p.shape = append(p.shape, n.Kind().String())
	default:
		p.fault("%s, which no summary has", n.Kind())
	}
	return ast.WalkContinue, nil
}

var tag = regexp.MustCompile(`(?s)<!--.*?-->|<[^>]*>`)

// html reads tags and the words between them.
func (p *page) html(src string) {
	at := 0
	for _, span := range tag.FindAllStringIndex(src, -1) {
		p.words(html.UnescapeString(src[at:span[0]]))
		p.tag(src[span[0]:span[1]])
		at = span[1]
	}
	p.words(html.UnescapeString(src[at:]))
}

func (p *page) tag(t string) {
	p.flush()
	name := strings.Trim(strings.Fields(strings.Trim(t, "<>"))[0], "/")
	switch {
	case !ours.MatchString(t):
		p.fault("the tag %.100q", t)
	case strings.HasPrefix(t, "<!--") || name == "wbr" || name == "br":
		return
	case strings.HasPrefix(t, "</"):
		if len(p.tags) == 0 || p.tags[len(p.tags)-1] != name {
			p.fault("%s closes %q", t, p.tags)
			return
		}
		if p.tags = p.tags[:len(p.tags)-1]; len(p.tags) == 0 {
			p.tags = nil
		}
	default:
		p.tags = append(p.tags, name)
	}
	p.shape = append(p.shape, "/"+name)
}

func (p *page) words(s string) { p.open += s }

// flush looks at words that stand beside each other. In code GitHub makes
// nothing of them but what no entity hides.
func (p *page) flush() {
	words := p.open
	p.open = ""
	if slices.Contains(p.tags, "code") || slices.Contains(p.tags, "pre") || slices.Contains(p.tags, "a") {
		return
	}
	for _, m := range made {
		if found := m.FindString(words); found != "" {
			p.fault("%.100q in %.200q", found, words)
		}
	}
}

// code is what a span of code says.
func (p *page) code(span *ast.CodeSpan) string {
	var b strings.Builder
	for child := span.FirstChild(); child != nil; child = child.NextSibling() {
		if text, ok := child.(*ast.Text); ok {
			b.Write(text.Segment.Value(p.src))
		}
	}
	return b.String()
}

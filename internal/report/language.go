package report

import (
	"html"
	"io"
	"regexp"
	"slices"
	"strings"
	"text/tabwriter"
	"unicode"

	"cloudjob/internal/job"
	"cloudjob/internal/locale"
)

// This file translates finished documents from English into the reader's language. The
// markup of a document divides it into texts, and each is translated on its own. The
// translation is escaped like any text, so that neither a phrase nor anybody's name
// can become markup.

// Markdown is a summary or a comment in the book's language.
func Markdown(text string, book *locale.Book) string {
	if book == nil {
		return text
	}
	m := markdown{say: book.Document()}
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		next := ""
		if i+1 < len(lines) {
			next = lines[i+1]
		}
		lines[i] = m.line(line, next)
	}
	return strings.Join(lines, "\n")
}

type markdown struct {
	say   func(english string) string
	chart bool // within a chart
	block bool // within <pre>
	heads []string
}

// axis begins the only line of a chart that is translated: all others are names and
// numbers.
const axis = "x-axis "

func (m *markdown) line(line, next string) string {
	switch {
	case strings.HasPrefix(line, "```"):
		m.chart = !m.chart
		return line
	case m.chart && strings.HasPrefix(strings.TrimSpace(line), axis):
		return m.say(line)
	case m.chart:
		return line
	}
	if m.block || strings.HasPrefix(line, "<pre>") {
		m.block = !strings.HasSuffix(line, "</pre>")
		return line
	}
	if !strings.HasPrefix(line, "|") {
		m.heads = nil
		return m.texts(line)
	}
	if strings.HasPrefix(line, "| ---") {
		return line
	}
	cells := strings.Split(line, "|") // within a text a | is escaped
	if strings.HasPrefix(next, "| ---") {
		m.heads = slices.Clone(cells)
	}
	for i, cell := range cells {
		text := strings.TrimSpace(cell)
		if isHead := strings.HasPrefix(next, "| ---"); text != "" && (isHead || i >= len(m.heads) || !isTheirs(m.heads[i])) {
			cells[i] = " " + m.texts(text) + " "
		}
	}
	return strings.Join(cells, "|")
}

// isTheirs reports, by its head, whether a column has names that the user or the cloud
// gave. They are not translated.
func isTheirs(head string) bool {
	return slices.Contains([]string{"Request", "Item", "Id", "Request id", "Code", "Calls"}, strings.TrimSpace(head))
}

// between divides a line of Markdown into texts. A name in <code> or backquotes is
// part of the text around it.
var (
	between    = regexp.MustCompile(`^#+ |^- |\*\*| · |</?(?:a|b|br|details|summary|sub)(?: [^>]*)?>`)
	verbatim   = regexp.MustCompile("<code>.*?</code>|`[^`]*`")
	softBreaks = strings.NewReplacer(apart, "", softBreak, "", "\u00a0", " ")
)

// texts translates the texts of a line. A single word in bold stays as it is: it is a
// name that somebody gave, or an outcome, which programs read too. In front of a colon
// it is neither, and is translated.
func (m *markdown) texts(line string) string {
	var b strings.Builder
	end, bold := 0, false
	for _, at := range append(between.FindAllStringIndex(line, -1), []int{len(line), len(line)}) {
		text := line[end:at[0]]
		if !bold || strings.Contains(text, " ") || strings.HasPrefix(line[at[0]:], "**:") {
			text = m.text(text, end == 0)
		}
		b.WriteString(text + line[at[0]:at[1]])
		end, bold = at[1], bold != (line[at[0]:at[1]] == "**")
	}
	return b.String()
}

// text translates one text, and escapes the translation.
func (m *markdown) text(escaped string, begins bool) string {
	var names []string
	bare := verbatim.ReplaceAllStringFunc(escaped, func(name string) string {
		names = append(names, name)
		return string(firstName + rune(len(names)-1))
	})
	text := html.UnescapeString(softBreaks.Replace(bare))
	said := m.say(text)
	if said == text || len(names) > mostNames || !each(said, len(names)) {
		return escaped
	}
	said = job.Plain(said)
	if strings.Contains(escaped, "\u00a0") { // before it is escaped: the marks of that have spaces too
		if strings.Contains(strings.ReplaceAll(escaped, apart, ""), " ") {
			said = strings.ReplaceAll(said, " %", "\u00a0%")
		} else {
			said = strings.ReplaceAll(said, " ", "\u00a0")
		}
	}
	if begins && said == strings.TrimSpace(said) {
		said = paragraph(said)
	} else {
		said = escape(said, apart)
	}
	if strings.Contains(bare, softBreak) {
		said = dividable(said)
	}
	for i, name := range names {
		said = strings.Replace(said, string(firstName+rune(i)), name, 1)
	}
	return said
}

// While a text is translated, characters for private use in Unicode stand for the
// names in it.
const (
	firstName = '\ue000'
	mostNames = 100
)

// each reports whether a text has each of so many names exactly once, and no other.
func each(text string, names int) bool {
	seen := 0
	for _, r := range text {
		if r >= firstName && r <= '\uf8ff' {
			if int(r-firstName) >= names {
				return false
			}
			seen++
		}
	}
	return seen == names
}

// tags divides a page into texts: html/template writes < and > only in tags.
var (
	tags     = regexp.MustCompile(`<[^>]*>`)
	tagName  = regexp.MustCompile(`^<(/?)([a-z0-9]+)`)
	readable = regexp.MustCompile(` (?:data-head|data-filter|title|aria-label|placeholder|alt)="([^"]*)"`)
	spoken   = regexp.MustCompile(`^(<html lang=")en"`)
)

// Page is report.html, or the page of trends, in the book's language.
func Page(page []byte, book *locale.Book) []byte {
	if book == nil {
		return page
	}
	p := htmlPage{in: book.Document()}
	src := string(page)
	var b strings.Builder
	b.Grow(len(src) + len(src)/8)
	end := 0
	for _, at := range append(tags.FindAllStringIndex(src, -1), []int{len(src), len(src)}) {
		b.WriteString(p.text(src[end:at[0]]))
		b.WriteString(p.tag(src[at[0]:at[1]]))
		end = at[1]
	}
	return []byte(b.String())
}

type htmlPage struct {
	in     func(english string) string
	within string   // the element, such as a script, whose content is not translated; or ""
	heads  []string // of the table's columns
	column int      // of the cell
	head   bool     // it is one of the head
	bold   bool
}

func (p *htmlPage) tag(tag string) string {
	m := tagName.FindStringSubmatch(tag)
	if m == nil {
		return tag
	}
	shut, name := m[1] != "", m[2]
	switch {
	case p.within != "":
		if shut && name == p.within {
			p.within = ""
		}
		return tag
	case name == "style" || name == "script" || name == "pre" || name == "code":
		p.within = name
	case name == "b":
		p.bold = !shut
	case name == "table":
		p.heads = nil
	case name == "tr":
		p.column = -1
	case name == "thead":
		p.head = !shut
	case (name == "th" || name == "td") && !shut:
		if p.column++; p.head {
			p.heads = append(p.heads, "")
		}
	}
	tag = spoken.ReplaceAllString(tag, `${1}zh-CN"`)
	return readable.ReplaceAllStringFunc(tag, func(attribute string) string {
		name, value, _ := strings.Cut(attribute, "=")
		return name + `="` + p.say(strings.Trim(value, `"`)) + `"`
	})
}

func (p *htmlPage) text(escaped string) string {
	switch {
	case p.within != "" || strings.TrimSpace(escaped) == "":
		return escaped
	case p.head && p.column >= 0 && p.column < len(p.heads):
		p.heads[p.column] += html.UnescapeString(escaped)
	case p.column >= 0 && p.column < len(p.heads) && isTheirs(p.heads[p.column]):
		return escaped
	case p.bold && p.column >= 0 && p.column < len(p.heads) && !strings.Contains(escaped, " "): // as in Markdown
		return escaped
	}
	return p.say(escaped)
}

func (p *htmlPage) say(escaped string) string {
	text := html.UnescapeString(escaped)
	if said := p.in(text); said != text {
		return html.EscapeString(said)
	}
	return escaped
}

// worded are the cells of a row of plain text in the book's language.
func worded(cells []string, book *locale.Book) []string {
	for i := range cells {
		cells[i] = book.Text(cells[i])
	}
	return cells
}

// aligned writes rows of plain text as columns. A Chinese character is two columns
// wide, which tabwriter does not know, so each is followed by a filler, which is
// taken out again.
func aligned(rows [][]string) string {
	const filler = "\uf8ff"
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for _, cells := range rows {
		for len(cells) > 0 && cells[len(cells)-1] == "" {
			cells = cells[:len(cells)-1]
		}
		for i, cell := range cells {
			if i > 0 {
				io.WriteString(w, "\t")
			}
			io.WriteString(w, cell+strings.Repeat(filler, wideIn(cell)))
		}
		io.WriteString(w, "\n")
	}
	w.Flush()
	return strings.ReplaceAll(strings.TrimSuffix(b.String(), "\n"), filler, "")
}

// wideIn counts the characters that are as wide as two.
func wideIn(text string) (n int) {
	for _, r := range text {
		if unicode.Is(unicode.Han, r) || r >= '\u3000' && r <= '\u303f' || r >= '\uff01' && r <= '\uff60' {
			n++
		}
	}
	return n
}

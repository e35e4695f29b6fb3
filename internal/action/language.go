package action

import (
	"cmp"

	"cloudjob/internal/locale"
	"cloudjob/internal/report"
)

// This file is about the language of what people read. Which it is, the input
// locale says, or a plan at its top; else a step is in English, and a laptop in
// the language of its environment. The post step hears of a plan's by the state.

// speak makes a language that of what is written from now on. What is no
// language is a mistake, of which English tells.
func (p *process) speak(language string) { p.book.Store(locale.Named(language)) }

// preferred is the language before inputs are read.
func (p *process) preferred() string {
	said := ""
	switch {
	case p.name == "post":
		said = cmp.Or(p.input("locale"), p.getenv("STATE_"+stateLocale))
	case len(p.args) == 0:
		said = p.input("locale")
	}
	if said == "" && p.getenv("GITHUB_ACTIONS") != "true" {
		return locale.Preferred(p.getenv)
	}
	return said
}

// worded is the value of an output. Only the reason is for people: the others are
// for programs, and the same in every language.
func worded(o report.Output, book *locale.Book) string {
	if o.Name == "reason" {
		return book.Text(o.Value)
	}
	return o.Value
}

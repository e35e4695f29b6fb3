package action

import (
	"cmp"

	"cloudjob/internal/locale"
	"cloudjob/internal/report"
)

// This file decides the language of texts for people. The input locale sets it, or the
// top of a plan. Otherwise a step speaks English, and on a laptop LANG and the like
// decide. The post step reads a plan's language from the state.

// speak sets the language of everything that is written from now on. For an unknown
// language it is English, in which the mistake is then reported.
func (p *process) speak(language string) { p.book.Store(locale.Named(language)) }

// preferred is the language until the inputs are read.
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

// worded is the value of an output. Only the reason is translated: all others are for
// programs.
func worded(o report.Output, book *locale.Book) string {
	if o.Name == "reason" {
		return book.Text(o.Value)
	}
	return o.Value
}

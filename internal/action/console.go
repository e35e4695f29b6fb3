package action

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode"

	"github.com/sethvargo/go-githubactions"

	"cloudjob/internal/field"
	"cloudjob/internal/job"
	"cloudjob/internal/locale"
	"cloudjob/internal/plan"
)

// This file is the log. Its rules:
//
//   - every line goes through guard, so that no text from outside can be a
//     workflow command; only this file writes commands;
//   - secrets are masked before the first line and redacted in every line;
//   - in a workflow everything goes to standard output, in its order; elsewhere
//     mistakes and failures go to standard error;
//   - lines are lower-case sentences without a full stop;
//   - texts are written in English, and translated as the last step, by safe,
//     after their secrets were taken out.

// annotationLimit is how many annotations a step makes. The runner keeps this many of
// each kind.
const annotationLimit = 10

type console struct {
	out, err io.Writer
	inAction bool
	commands *githubactions.Action
	secrets  *secrets     // of the process
	book     *locale.Book // of the reader's language
	notes    int          // how many annotations were made
	terminal bool         // the output goes to a terminal
	shown    bool         // the last line is a live one
}

// newConsole masks the secrets of the environment first. In a workflow it writes
// commands, elsewhere plain text.
func (p *process) newConsole() *console {
	p.keep(p.known()...)
	c := &console{out: calm{p.stdout, &p.printing}, err: calm{p.stderr, &p.printing}, inAction: p.getenv("GITHUB_ACTIONS") == "true", secrets: &p.secrets, book: p.book.Load()}
	c.terminal = terminal(p.stdout) && !c.inAction
	if c.inAction {
		c.err = c.out
	}
	c.commands = githubactions.New(githubactions.WithWriter(c.out), githubactions.WithGetenv(p.getenv))
	return c
}

// calm is a writer that ignores errors, because a log that nobody reads any more must
// not stop a job. It keeps the lines of several goroutines apart.
type calm struct {
	w  io.Writer
	mu *sync.Mutex
}

func (c calm) Write(b []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.w.Write(b)
	return len(b), nil
}

// safe is the form in which a text for people is written: translated, without secrets
// and workflow commands. The texts within our own commands have it too, because the
// runner writes them into the log.
func (c *console) safe(text string) string { return guard(c.book.Text(c.secrets.replace(text))) }

// raw is the form of a text for programs, which is the same in every language.
func (c *console) raw(text string) string { return guard(c.secrets.replace(text)) }

// verbatim writes lines that are not translated: what a program or a cloud wrote, and
// tables that are translated already.
func (c *console) verbatim(text string) {
	c.wipe()
	fmt.Fprintln(c.out, c.raw(text))
}

// line writes text, of one line or several.
func (c *console) line(format string, args ...any) {
	c.wipe()
	fmt.Fprintln(c.out, c.safe(fmt.Sprintf(format, args...)))
}

// live writes a line that the next one replaces; for a terminal only.
func (c *console) live(text string) {
	c.wipe()
	text, _, _ = strings.Cut(c.safe(text), "\n")
	if r := []rune(text); len(r) > liveWidth {
		text = string(r[:liveWidth]) + "…"
	}
	io.WriteString(c.out, text)
	c.shown = true
}

// liveWidth is how wide a live line may be: one that wraps could not be wiped.
const liveWidth = 78

func (c *console) wipe() {
	if c.shown {
		io.WriteString(c.out, "\r\x1b[K")
		c.shown = false
	}
}

// failure writes what went wrong, as an annotation in a workflow.
func (c *console) failure(title, text string) {
	c.annotate(map[string]string{"title": title}, text)
}

// problem writes one mistake of the user's, on its line if it stands in a file
// and not in an input.
func (c *console) problem(p field.Problem) {
	c.annotate(titled("cloudjob: wrong input", p.Place), p.String())
}

// doubts writes warnings about inputs that are accepted but look like mistakes.
func (c *console) doubts(all field.Problems) {
	for _, p := range all {
		c.caution(titled("cloudjob: is this meant?", p.Place), p.String())
	}
}

// titled are the properties of an annotation: its title, and its place if that is in a
// file.
func titled(title string, at field.Place) map[string]string {
	properties := map[string]string{"title": title}
	if at.Line > 0 && !slices.Contains(plan.Inputs(), at.File) {
		properties["file"], properties["line"] = at.File, strconv.Itoa(at.Line)
		if at.Col > 0 {
			properties["col"] = strconv.Itoa(at.Col)
		}
	}
	return properties
}

// annotate writes an error annotation, or just a line if there are as many annotations
// as the runner keeps.
func (c *console) annotate(properties map[string]string, text string) {
	if commands := c.annotation(properties); commands != nil {
		commands.Errorf("%s", c.safe(text))
		return
	}
	fmt.Fprintln(c.err, c.safe("error: "+text))
}

// caution is the same for warnings.
func (c *console) caution(properties map[string]string, text string) {
	if commands := c.annotation(properties); commands != nil {
		commands.Warningf("%s", c.safe(text))
		return
	}
	fmt.Fprintln(c.err, c.safe("warning: "+text))
}

// notice writes something that readers of the run's page should know and that is not a
// problem.
func (c *console) notice(title, text string) {
	c.wipe()
	if c.inAction {
		c.commands.WithFieldsMap(map[string]string{"title": title}).Noticef("%s", c.safe(text))
		return
	}
	fmt.Fprintln(c.out, c.safe(text))
}

func (c *console) warning(text string) { c.caution(nil, text) }

// annotation is what writes the next annotation; nil if there can be none.
func (c *console) annotation(properties map[string]string) *githubactions.Action {
	c.wipe()
	if c.notes++; !c.inAction || c.notes > annotationLimit {
		return nil
	}
	said := map[string]string{}
	for name, value := range properties {
		if said[name] = c.raw(value); name == "title" {
			said[name] = c.safe(value)
		}
	}
	return c.commands.WithFieldsMap(said)
}

func (c *console) debug(text string) {
	c.wipe()
	if c.inAction {
		c.commands.Debugf("%s", c.raw(text))
		return
	}
	fmt.Fprintln(c.err, c.raw("debug: "+text))
}

// group folds lines in a workflow's log.
func (c *console) group(title string, lines func()) {
	if !c.inAction {
		c.line("%s", title)
		lines()
		return
	}
	c.commands.Group(c.safe(title))
	defer c.commands.EndGroup()
	lines()
}

// guard makes text safe to print: no line of it can be a workflow command, in
// neither form. The runner takes a trimmed line that starts with "::", and
// "##[" anywhere in a line.
func guard(text string) string {
	lines := strings.Split(job.Plain(text), "\n")
	for i, line := range lines {
		line = strings.ReplaceAll(line, "##[", "## [")
		first := strings.TrimLeftFunc(line, func(r rune) bool { return !unicode.IsGraphic(r) || unicode.IsSpace(r) })
		if strings.HasPrefix(first, "::") {
			line = "| " + line
		}
		lines[i] = line
	}
	return strings.Join(lines, "\n")
}

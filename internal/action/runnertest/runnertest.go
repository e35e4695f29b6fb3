// Package runnertest reads what a step leaves for GitHub's runner as strictly
// as the runner does, so that a test can say what a workflow would see. The
// rules are those of the runner's FileCommandManager and ActionCommand.
package runnertest

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Entry is a name and its value, as the runner takes them from a file.
type Entry struct{ Name, Value string }

// Entries reads the text of a file such as GITHUB_OUTPUT. Where the runner
// stops and fails the step, it stops and returns an error.
func Entries(text string) ([]Entry, error) {
	if !utf8.ValidString(text) {
		return nil, fmt.Errorf("the file is not UTF-8")
	}
	var entries []Entry
	for text != "" {
		var line string
		line, text, _ = strings.Cut(text, "\n")
		if line == "" {
			continue
		}
		equals, heredoc := strings.Index(line, "="), strings.Index(line, "<<")
		switch {
		case equals >= 0 && (heredoc < 0 || equals < heredoc):
			entries = append(entries, Entry{line[:equals], line[equals+1:]})
		case heredoc > 0 && line[heredoc+2:] != "":
			value, rest, err := until(text, line[heredoc+2:])
			if err != nil {
				return entries, err
			}
			entries, text = append(entries, Entry{line[:heredoc], value}), rest
		default:
			return entries, fmt.Errorf("invalid format %q", line)
		}
	}
	return entries, nil
}

// until takes the lines before the line that is the delimiter.
func until(text, delimiter string) (value, rest string, err error) {
	for rest = text; rest != ""; {
		start := len(text) - len(rest)
		line, after, ended := strings.Cut(rest, "\n")
		switch {
		case !ended:
			return "", "", fmt.Errorf("no newline after %q", line)
		case line == delimiter:
			return strings.TrimSuffix(text[:start], "\n"), after, nil
		}
		rest = after
	}
	return "", "", fmt.Errorf("no closing delimiter %q", delimiter)
}

// Command is a line of a log that the runner would take as a command.
type Command struct{ Name, Line string }

// Commands finds them in a log. It knows more of them than the runner, which
// has a list of names: in a later version any name may mean something.
func Commands(log string) []Command {
	var commands []Command
	for line := range strings.FieldsFuncSeq(log, func(r rune) bool { return r == '\n' || r == '\r' }) {
		if name, ok := command(line); ok {
			commands = append(commands, Command{name, line})
		}
	}
	return commands
}

func command(line string) (name string, ok bool) {
	if info, found := strings.CutPrefix(strings.TrimLeftFunc(line, ignored), "::"); found {
		if info, _, closed := strings.Cut(info, "::"); closed {
			name, _, _ = strings.Cut(info, " ")
			return name, true
		}
	}
	if _, info, found := strings.Cut(line, "##["); found {
		if info, _, closed := strings.Cut(info, "]"); closed {
			name, _, _ = strings.Cut(info, " ")
			return name, true
		}
	}
	return "", false
}

// ignored are the characters that .NET trims, and those that it ignores when it
// compares by the rules of a language, as the runner does.
func ignored(r rune) bool {
	return unicode.IsSpace(r) || unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Zs)
}

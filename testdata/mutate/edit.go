package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// edit is one deliberate breakage.
type edit struct {
	place    string // file and line of the list it stands in
	suffers  string // what a user would suffer, a sentence
	file     string // that is broken, from the root
	tests    [][]string
	old, new string
}

// The lines that a list is made of:
//
//	=== The sentence of what a user would suffer.
//	file internal/engine/stop.go
//	test ./internal/engine
//	test ./internal/catalog -run TestCancel
//	---
//	the old text, which occurs exactly once in the file
//	+++
//	the new text, up to the next === or the end
//
// A line of # before the first edit, or between a header's lines, is a comment.
const (
	beginMark = "=== "
	oldMark   = "---"
	newMark   = "+++"
)

// load reads all lists below dir.
func load(dir string) ([]edit, error) {
	names, err := filepath.Glob(filepath.Join(dir, "*.txt"))
	if err != nil || len(names) == 0 {
		return nil, errors.Join(fmt.Errorf("there is no list of edits in %s", dir), err)
	}
	var all []edit
	for _, name := range names {
		src, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		edits, err := parse(filepath.Base(name), string(src))
		if err != nil {
			return nil, err
		}
		all = append(all, edits...)
	}
	return all, nil
}

// parse reads one list.
func parse(name, src string) ([]edit, error) {
	var all []edit
	part := "" // the mark that was passed last
	for i, line := range strings.Split(strings.TrimSuffix(src, "\n"), "\n") {
		place := fmt.Sprintf("%s:%d", name, i+1)
		if sentence, ok := strings.CutPrefix(line, beginMark); ok {
			all = append(all, edit{place: place, suffers: sentence})
			part = beginMark
			continue
		}
		word, rest, _ := strings.Cut(line, " ")
		switch {
		case part == oldMark && line == newMark, part == beginMark && line == oldMark:
			part = line
		case part == oldMark:
			all[len(all)-1].old += line + "\n"
		case part == newMark:
			all[len(all)-1].new += line + "\n"
		case line == "" || word == "#":
		case part == beginMark && word == "file" && rest != "":
			all[len(all)-1].file = rest
		case part == beginMark && word == "test" && rest != "":
			all[len(all)-1].tests = append(all[len(all)-1].tests, strings.Fields(rest))
		default:
			return nil, fmt.Errorf("%s: %q is no line of a header: file, test or %s", place, line, oldMark)
		}
	}
	for i := range all {
		e := &all[i]
		// A blank line before the next edit is not part of the text.
		e.old, e.new = strings.TrimRight(e.old, "\n")+"\n", strings.TrimRight(e.new, "\n")+"\n"
		switch {
		case strings.TrimSpace(e.suffers) == "", e.file == "", strings.TrimSpace(e.old) == "":
			return nil, fmt.Errorf("%s: an edit has a sentence, a file and an old text", e.place)
		case len(e.tests) == 0:
			return nil, fmt.Errorf("%s: no test is named that could notice it", e.place)
		case e.old == e.new:
			return nil, fmt.Errorf("%s: the edit changes nothing", e.place)
		}
		if strings.TrimSpace(e.new) == "" {
			e.new = ""
		}
	}
	return all, nil
}

// apply is the text of the edit's file with the edit made.
func (e edit) apply(text string) (string, error) {
	var at []int // where a line begins and the old text with it
	start := 0
	for line := range strings.Lines(text) {
		if strings.HasPrefix(text[start:], e.old) {
			at = append(at, start)
		}
		start += len(line)
	}
	if len(at) != 1 {
		return "", fmt.Errorf("%s: the old text occurs %d times in %s, not once", e.place, len(at), e.file)
	}
	return text[:at[0]] + e.new + text[at[0]+len(e.old):], nil
}

package plan

import (
	"fmt"

	"cloudjob/internal/catalog"
	"cloudjob/internal/field"
	"cloudjob/internal/gate"
)

// gateText is where gates are written: in the input or entry itself, in a file, or
// nowhere.
type gateText struct {
	lines  []field.Passage
	file   string
	fileAt field.Place // where the file is named
}

// readGates reads the gates of one job from all places where they are written, and
// checks them against what the provider can report.
func readGates(p catalog.Provider, readFile func(path string) ([]byte, error), texts ...gateText) (gates []gate.Gate, problems field.Problems) {
	var reader gate.Reader
	for _, of := range texts {
		if of.file != "" {
			src, err := readFile(of.file)
			if err != nil {
				text := fmt.Sprintf("%s cannot be read: %s", field.Quote(of.file), err)
				if of.fileAt.Line > 0 {
					text = "gates_file " + text
				}
				problems = append(problems, field.Problem{Place: of.fileAt, Text: text})
				continue
			}
			of.lines = append(of.lines, field.Passage{Place: field.Place{File: of.file, Line: 1, Col: 1}, Text: string(src)})
		}
		more, complaints := of.read(&reader)
		gates, problems = append(gates, more...), append(problems, complaints...)
	}
	problems = append(problems, gate.Check(gates, p.Metrics(), p.Name)...)
	problems.Sort()
	return gates, problems
}

// read reads what stands in one place.
func (t gateText) read(r *gate.Reader) (gates []gate.Gate, problems field.Problems) {
	if len(t.lines) == 0 {
		return nil, nil
	}
	size := 0
	for _, l := range t.lines {
		if size += len(l.Text); size > field.Limit {
			return nil, field.Problems{{Place: field.Place{File: l.Place.File}, Text: fmt.Sprintf("is larger than %d KiB, which is the limit", field.Limit>>10)}}
		}
		more, complaints := r.Read(l.Place, l.Text)
		gates, problems = append(gates, more...), append(problems, complaints...)
	}
	if gates == nil && problems == nil {
		problems = field.Problems{{Place: t.lines[0].Place, Text: "there is no gate here, so nothing would be judged; write one a line, such as error_rate < 1%, or leave it out"}}
	}
	return gates, problems
}

// Gates reads gates that begin at a place, and checks them against what the provider
// can report.
func Gates(p catalog.Provider, start field.Place, text string) ([]gate.Gate, field.Problems) {
	return GatesOf(p, []field.Passage{{Place: start, Text: text}})
}

// GatesOf does the same with gates that stand in several places.
func GatesOf(p catalog.Provider, lines []field.Passage) ([]gate.Gate, field.Problems) {
	return readGates(p, nil, gateText{lines: lines})
}

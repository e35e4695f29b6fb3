package plan

import (
	"slices"

	"cloudjob/internal/catalog"
	"cloudjob/internal/field"
	"cloudjob/internal/gate"
)

// Replay is what a user wants of a replay. Empty is as the recorded run had it.
type Replay struct {
	Unjudged  string // on_inconclusive
	ReportDir string
	Start     field.Place // of GateText
	GateText  string
	Regated   bool // there are other gates
}

// replayInputs are the inputs of a step that mean something to a replay too.
var replayInputs = [...]string{"gates", "gates_file", "on_inconclusive", "report_dir", "locale"}

// DecodeReplay reads the inputs of a replay.
func DecodeReplay(inputs []field.Input, readFile func(path string) ([]byte, error)) (Replay, field.Problems) {
	var r Run
	fields := slices.DeleteFunc(r.Fields(), func(f *field.Field) bool { return !slices.Contains(replayInputs[:], f.Name) })
	problems := fields.DecodeInputs(inputs, field.Options{}, func(at *field.At) {
		if at.Has("gates") && at.Has("gates_file") {
			at.ProblemAt("gates_file", "gates and gates_file exclude each other; give one of them")
		}
	})
	out := Replay{Unjudged: r.Unjudged, ReportDir: r.ReportDir, Start: field.Place{File: "gates", Line: 1, Col: 1}, GateText: r.gates, Regated: r.gates != "" || r.gatesFile != ""}
	if r.gatesFile != "" && len(problems) == 0 {
		src, err := readFile(r.gatesFile)
		if err != nil {
			return out, field.Problems{{Place: field.Place{File: "gates_file"}, Text: field.Quote(r.gatesFile) + " cannot be read: " + err.Error()}}
		}
		out.Start.File, out.GateText = r.gatesFile, string(src)
	}
	return out, problems
}

// Gates are the other gates, for jobs of a provider.
func (r Replay) Gates(p catalog.Provider) ([]gate.Gate, field.Problems) {
	return Gates(p, r.Start, r.GateText)
}

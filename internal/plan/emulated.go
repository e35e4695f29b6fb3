package plan

import (
	"slices"

	"cloudjob/internal/cloud"
	"cloudjob/internal/field"
)

// FastestEmulator is how many times faster than real time the emulator inside of a
// step can run.
const FastestEmulator = 1000

// Emulated reports whether a job is one of the emulator inside of the process.
func (j Job) Emulated() bool { return cloud.Emulated(j.Spec.Target()) }

// AllEmulated reports whether all jobs of the plan are emulated.
func (p *Plan) AllEmulated() bool {
	return len(p.Jobs) > 0 && !slices.ContainsFunc(p.Jobs, func(j Job) bool { return !j.Emulated() })
}

// checkEmulated complains of an emulator's speed in a plan without an emulated job.
func (p *Plan) checkEmulated() field.Problems {
	if p.speed == nil || len(p.Jobs) == 0 || slices.ContainsFunc(p.Jobs, Job.Emulated) {
		return nil
	}
	return field.Problems{{Place: field.Place{File: "emulator_speed"}, Text: "means nothing here: no job has endpoint: emulator"}}
}

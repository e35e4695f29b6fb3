package ptsemu

import "cloudjob/internal/emulator/emu"

// things describes what can be tried, for people.
func things() []emu.Thing {
	return []emu.Thing{
		{ID: "project " + ProjectDemo, Does: "holds all scenarios"},
		{ID: "scenario " + ScenarioDemo, Does: "healthy: about 6 s of preparation, 60 s of load, 480 requests per second, p95 0.22 s"},
		{ID: "scenario " + ScenarioFailing, Does: "12 % errors, until its own SLA rule stops it after 20 s"},
		{ID: "scenario " + ScenarioSlow, Does: "finishes with a p95 of 0.9 s"},
		{ID: "scenario " + ScenarioShort, Does: "healthy, 5 s of load"},
		{ID: "scenario " + ScenarioPrepareFails, Does: "fails before any load"},
		{ID: "scenario " + ScenarioNoLoad, Does: "its start is refused: FailedOperation.NoTasksInJob"},
		{ID: "scenario " + ScenarioEmpty, Does: "finishes without a request"},
		{ID: "scenario " + ScenarioNoGenerators, Does: "finds no load generators"},
		{ID: "scenario " + ScenarioStuck, Does: "waits for ever"},
	}
}

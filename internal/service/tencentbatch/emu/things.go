package batchemu

import "cloudjob/internal/emulator/emu"

// things describes what can be tried, for people.
func things() []emu.Thing {
	return []emu.Thing{
		{ID: "regions " + Guangzhou + ", " + Shanghai + ", " + Beijing + ", " + Singapore, Does: "zones are the region, a dash and a digit"},
		{ID: "environment " + EnvID, Does: "a compute environment in " + EnvRegion + ""},
		{ID: "Command: echo x; sleep N; exit N", Does: "prints x, runs N seconds (20 without sleep) and ends with that exit code"},
	}
}

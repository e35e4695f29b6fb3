package drsemu

import "cloudjob/internal/emulator/emu"

// things describes what can be tried, for people.
func things() []emu.Thing {
	return []emu.Thing{
		{ID: "task " + Migration, Does: "full migration, complete 40 s after its start"},
		{ID: "task " + Sync, Does: "synchronisation, incremental after 45 s, for ever"},
		{ID: "task " + FailsInFull, Does: "fails in the full transfer"},
		{ID: "task " + FailsToStart, Does: "accepts its start and then fails to start"},
		{ID: "task " + RefusesStart, Does: "its start fails with DRS.M01504"},
		{ID: "task " + AlreadyRunning, Does: "runs already"},
		{ID: "task " + Paused, Does: "paused half-way through its copy; a start resumes it, and 15 s later the copy is complete"},
		{ID: "task " + DualParent, Does: "parent of a dual-active disaster recovery, of which only sub-tasks can be started"},
		{ID: "task " + DualForward, Does: "its sub-task, incremental after 45 s"},
		{ID: "task " + Monthly, Does: "paid monthly: its start makes an order"},
		{ID: "task " + PrecheckMissing, Does: "has no precheck yet"},
	}
}

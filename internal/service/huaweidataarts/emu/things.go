package dataartsemu

import "cloudjob/internal/emulator/emu"

// things describes what can be tried, for people.
func things() []emu.Thing {
	return []emu.Thing{
		{ID: "job " + MyJob, Does: "batch, scheduled every 5 minutes, one run takes 30 s"},
		{ID: "job " + MyStream, Does: "real-time, NORMAL 10 s after its start"},
		{ID: "job " + FailingJob, Does: "batch, its second node fails"},
		{ID: "job " + FlakyJob, Does: "batch, fails once and then succeeds"},
		{ID: "job " + HaltedJob, Does: "batch, a node fails and halts it: running-exception"},
		{ID: "job " + OnceJob, Does: "batch, its schedule runs it once"},
		{ID: "job " + ScheduledJob, Does: "batch, its schedule is on already"},
		{ID: "job " + ChineseJob, Does: "batch, with a Chinese name"},
		{ID: "job " + BrokenStream, Does: "real-time, ends in EXCEPTION"},
		{ID: "job " + WorkspaceJob, Does: "batch, in the workspace " + NamedWorkspace + " only"},
	}
}

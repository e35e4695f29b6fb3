package cptsemu

import (
	"strconv"

	"cloudjob/internal/emulator/emu"
)

// things describes what can be tried, for people.
func things() []emu.Thing {
	return []emu.Thing{
		{ID: "test project " + strconv.Itoa(TestProject), Does: "holds all cases and tasks"},
		{ID: "cases " + strconv.Itoa(HealthyCase) + " and " + strconv.Itoa(HealthyCase2), Does: "healthy, 60 s each, p95 187 and 213 ms"},
		{ID: "case " + strconv.Itoa(SlowCase), Does: "p95 900 ms"},
		{ID: "case " + strconv.Itoa(FailingCase), Does: "20 % errors"},
		{ID: "case " + strconv.Itoa(AbortingCase), Does: "aborts after 20 s"},
		{ID: "task " + strconv.Itoa(ExistingTask), Does: "exists, never run"},
		{ID: "cluster " + strconv.Itoa(PrivateCluster), Does: "the private resource group"},
	}
}

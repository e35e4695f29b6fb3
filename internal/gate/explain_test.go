package gate_test

import (
	"slices"
	"strings"
	"testing"

	"cloudjob/internal/gate"
	"cloudjob/internal/job"
)

// TestExplain holds what is said of each of explained.
func TestExplain(t *testing.T) {
	gates, problems := gate.Parse("explain.gates", explained)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	metrics := map[string]job.Metric{}
	for _, m := range metricsOf(t, "tencent-pts") {
		metrics[m.Name] = m
	}
	var b strings.Builder
	for _, g := range gates {
		b.WriteString(g.String() + "\n  " + gate.Explain(g, metrics[g.Metric]) + "\n")
	}
	b.WriteString("\n")
	from, known := gate.Sources(gates, metricsOf(t, "tencent-pts"))
	b.WriteString(strings.Join(slices.Concat(gate.Rules(gates), from, known), "\n") + "\n")
	golden(t, "testdata/explain.out", b.String())
}

const explained = `
error_rate < 1%
p95(response_time) < 300ms
checkout: p99(response_time{request="POST /orders"}) <= 0.8s
p95(response_time{request~"GET /api/*"}) < 250ms
avg(response_time{request="/health"}) < 50ms
rps >= 450/s
max(rps) > 600/s
warn p95(response_time) <= baseline +10% or +20ms
rps >= baseline -5%
error_rate <= baseline
error_rate <= baseline +1pp or +10%
error_rate <= baseline +0.5pp
error_rate <= baseline +10%
p95(response_time) <= baseline +10%
abort error_rate < 20% over 60s for 30s after 1m
p95(response_time) < 1s over 60s
max(rps) < 9/s over 60s
min(rps) < 9/s over 60s
error_rate < 5% for 5m
requests == 10
requests != 0
state == JobFinished
min(response_time) > 1ms
check_error_rate{check="body is \"ok\"", step="b"} < 1%
check_error_rate{check="body is \"ok\""} < 1%
received_rate < 10MB/s
duration < 10m
`

package tencentpts

import (
	"strings"
	"testing"

	"cloudjob/internal/gate"
	"cloudjob/internal/service/servicetest"
)

// TestRules holds the rule of each gate that has one.
func TestRules(t *testing.T) {
	gates, problems := gate.Parse("rules.gates", `
error_rate < 1%
p95(response_time) < 300ms
checkout: p99(response_time{request="POST /orders"}) <= 0.8s
p95(response_time{request~"GET /api/*"}) < 250ms
avg(response_time{request="/health"}) < 50ms
p50(response_time) < 70ms
p90(response_time) < 90ms
rps >= 450/s
max(rps) > 600/s
virtual_users >= 50
warn p95(response_time) <= baseline +10% or +20ms
abort error_rate < 20% over 60s for 30s after 1m
p95(response_time) < 1s over 60s
error_rate < 5% for 5m
requests == 10
state == JobFinished
min(response_time) > 1ms
check_error_rate{check="body is \"ok\"", step="b"} < 1%
check_error_rate{check="body is \"ok\""} < 1%
received_rate < 10MB/s
sent_rate < 10MB/s
duration < 10m
`)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	var b strings.Builder
	for _, g := range gates {
		rule, ok := Rule(g)
		if !ok {
			rule = "none"
		}
		b.WriteString(g.String() + "\n  " + rule + "\n")
	}
	servicetest.Golden(t, "testdata/rules.txt", b.String())
}

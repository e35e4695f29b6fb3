package report

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"cloudjob/internal/job"
)

// rate is a curve of an error rate about 0.4 %, with limits.
func rate(limits ...limit) curve {
	c := curve{name: "error_rate", unit: job.Percent, when: clock, limits: limits}
	for i, v := range []float64{0.4, 0.38, 0.42, 0.4} {
		c.points = append(c.points, job.Point{At: time.Duration(i) * time.Minute, Value: v})
	}
	return c
}

// drawAlone draws a curve in a chart of its own.
func drawAlone(c curve) picture {
	begin, end := spanOf([]curve{c})
	return drawRun([]curve{c}, begin, end, boxBottom)
}

func flat(severity, op string, v float64) limit {
	return limit{severity: severity, op: op, steps: []job.Point{{Value: v}}}
}

// TestFarLimit: the axis follows the curve and the limit nearest to it. A limit
// beyond is named at the edge and in the legend, and does not flatten the curve.
func TestFarLimit(t *testing.T) {
	near, far, floor := flat("", "<", 1), flat("abort", "<", 20), flat("", ">", -50)
	tests := []struct {
		name           string
		limits         []limit
		most           float64 // of the axis
		drawn, outside int
		edges          []string
	}{
		{"none", nil, 0.5, 0, 0, nil},
		{"near", []limit{near}, 1.1, 1, 0, nil},
		{"two near", []limit{flat("", "<", 0.6), flat("warn", "<", 0.5)}, 0.7, 2, 0, nil},
		{"near and far", []limit{far, near}, 1.1, 1, 1, []string{"↑ abort limit < 20 %"}},
		{"one within and one far", []limit{flat("", "<", 0.41), flat("abort", "<", 2)}, 0.5, 1, 1, []string{"↑ abort limit < 2 %"}},
		{"far alone", []limit{far}, 0.5, 0, 1, []string{"↑ abort limit < 20 %"}},
		{"below", []limit{floor}, 0.5, 0, 1, []string{"↓ limit > -50 %"}},
	}
	for _, test := range tests {
		c := rate(test.limits...)
		_, _, _, high := c.axis()
		if high > test.most {
			t.Errorf("%s: the axis goes to %v", test.name, high)
		}
		pic := drawAlone(c)
		var edges []string
		paths := 0
		for _, l := range pic.Limits {
			if l.Path != "" {
				paths++
			} else {
				edges = append(edges, l.Text)
			}
		}
		if paths != test.drawn || !slices.Equal(edges, test.edges) {
			t.Errorf("%s: %d limits drawn, at the edge %q", test.name, paths, edges)
		}
		if want := 1 + test.drawn + test.outside; test.limits != nil && len(pic.Legend) != want {
			t.Errorf("%s: the legend has %+v", test.name, pic.Legend)
		}
		if lines := strings.Count(mermaid(c), "    line ["); lines != 1+test.drawn {
			t.Errorf("%s: mermaid has %d lines", test.name, lines)
		}
		for _, edge := range edges {
			if says := strings.TrimLeft(edge, "↑↓ "); !strings.Contains(legend(c), says) {
				t.Errorf("%s: the legend of the summary is %q", test.name, legend(c))
			}
		}
	}
}

// TestOwnColours: no two lines of a chart look alike, and each limit is in the
// legend by its words.
func TestOwnColours(t *testing.T) {
	c := rate(flat("", "<", 0.5), flat("warn", "<", 0.45), flat("", ">", 0.1), flat("", ">", 0.2))
	palette := strings.Split(regexp.MustCompile(`"plotColorPalette": "([^"]*)"`).FindStringSubmatch(mermaid(c))[1], ", ")
	if lines := strings.Count(mermaid(c), "    line ["); lines != 3 || len(palette) < lines || len(slices.Compact(slices.Sorted(slices.Values(palette)))) != len(palette) {
		t.Errorf("%d lines in the colours %q", lines, palette)
	}
	if got, want := legend(c), "blue is the value, red the limit < 0.5 %, violet the warn limit < 0.45 %; not drawn: the limit > 0.1 %; not drawn: the limit > 0.2 %"; got != want {
		t.Errorf("the legend is %q, want %q", got, want)
	}
	pic := drawAlone(c)
	seen := map[string]bool{}
	for _, k := range pic.Legend {
		if seen[k.Class] {
			t.Errorf("two lines of the class %q", k.Class)
		}
		seen[k.Class] = true
	}
	if last := pic.Legend[len(pic.Legend)-1]; len(pic.Limits) != 3 || last.Class != "" || last.Text != "not drawn: limit > 0.2 %" {
		t.Errorf("%d limits, and of the last it says %+v", len(pic.Limits), last)
	}
	heights := map[string]bool{}
	for _, l := range drawAlone(rate(flat("", "<", 50), flat("warn", "<", 60), flat("abort", "<", 70), flat("", ">", -50), flat("", ">", -60))).Limits {
		if heights[l.TextY] {
			t.Error("two texts stand on each other")
		}
		heights[l.TextY] = true
	}
}

// TestSteps: a limit that changed is drawn as it was, with a gap where there was
// none or where it is beyond the chart.
func TestSteps(t *testing.T) {
	at := func(s int, v float64) job.Point { return job.Point{At: time.Duration(s), Value: v} }
	f := frame{end: 450, high: 10, bottom: boxTop + 10} // a unit of each is a pixel
	l := limit{op: "<", steps: []job.Point{at(0, 3), at(10, 5), at(20, 99), at(30, 5)}}
	if got, want := l.path(f), "M70.0 27.0H80.0V25.0H90.0M100.0 25.0H520.0"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// TestClock: a time since the job began is as short as it can be.
func TestClock(t *testing.T) {
	for d, want := range map[time.Duration]string{0: "+0s", 42 * time.Second: "+42s", time.Minute: "+1m", 90 * time.Second: "+1m30s", time.Hour: "+1h", time.Hour + 5*time.Minute: "+1h5m", time.Hour + time.Second: "+1h1s", 10 * time.Minute: "+10m", 400 * time.Millisecond: "+0s"} {
		if got := clock(d); got != want {
			t.Errorf("%s is %q, want %q", d, got, want)
		}
	}
}

// TestTicks: a chart has a few values beside it, over all of its height, whatever
// the range of its curve.
func TestTicks(t *testing.T) {
	for _, box := range []struct {
		bottom float64
		most   int
	}{{boxBottom, 6}, {lowBottom, 5}} {
		for _, unit := range []job.Unit{job.Seconds, job.Percent, job.Count} {
			for high := 0.001; high < 1e6; high *= 1.01 {
				all := ticks(0, high, unit, box.bottom)
				if n := len(all); n < 2 || n > box.most || all[n-1] < high/2 {
					t.Fatalf("up to %g %s, in a box down to %g, there are %v", high, unit, box.bottom, all)
				}
			}
		}
	}
}

// Command measure compares the built action with the same start made by hand:
// one StartJob of PTS on the emulator, by "cloudjob run" and by the few lines
// of folder raw, in turns and in the same run.
//
//	go run ./testdata/measure [-pairs 100]
//
// It exits with 1 if the action takes more than twice the time of the raw
// call, or more than 16 MB of memory.
//
//	go run ./testdata/measure -requests 60000
//
// measures a load test with so many requests in its report, judged and written,
// and then judged against that result. It exits with 1 beyond 200 MB, 5 s, or a
// result.json of 16 MB.
package main

import (
	"bufio"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

const (
	mostRatio  = 2.0
	mostMemory = 16 << 20 // bytes
)

func main() {
	pairs := flag.Int("pairs", 100, "how many pairs of starts")
	requests := flag.Int("requests", 0, "measure a report of so many requests instead")
	flag.Parse()
	kept, err := false, error(nil)
	if *requests > 0 {
		kept, err = large(*requests)
	} else {
		kept, err = measure(*pairs)
	}
	switch {
	case err != nil:
		fmt.Fprintln(os.Stderr, "measure:", err)
		os.Exit(2)
	case !kept:
		os.Exit(1)
	}
}

func measure(pairs int) (kept bool, err error) {
	dir, err := os.MkdirTemp("", "measure-")
	if err != nil {
		return false, err
	}
	defer os.RemoveAll(dir)
	raw, action := filepath.Join(dir, "raw"), filepath.Join(dir, "cloudjob")
	for binary, source := range map[string]string{raw: "./testdata/measure/raw", action: "."} {
		if err := build(binary, source); err != nil {
			return false, err
		}
	}
	emulator, endpoint, err := emulate(action)
	if err != nil {
		return false, err
	}
	defer emulator.Wait()
	defer emulator.Process.Signal(syscall.SIGTERM)

	byHand, ours, err := compare(pairs,
		[]string{raw, endpoint},
		[]string{action, "run", "provider=tencent-pts", "project_id=project-demo", "scenario_id=scenario-demo", "job_owner=measure", "endpoint=" + endpoint})
	if err != nil {
		return false, err
	}
	return report(byHand, ours), nil
}

func build(binary, source string) error {
	c := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w", "-o", binary, source)
	c.Env = append(os.Environ(), "CGO_ENABLED=0")
	c.Stdout, c.Stderr = os.Stderr, os.Stderr
	return c.Run()
}

// emulate starts the emulator, on a port of the system's choice. Its clock
// runs a million times as fast, so that jobs end before the next ones start
// and their limit is never met.
func emulate(action string) (c *exec.Cmd, endpoint string, err error) {
	c = exec.Command(action, "emulate", "-quiet", "-listen", "127.0.0.1:0", "-speed", "1e6")
	c.Stderr = os.Stderr
	out, err := c.StdoutPipe()
	if err != nil {
		return nil, "", err
	}
	if err := c.Start(); err != nil {
		return nil, "", err
	}
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if _, rest, ok := strings.Cut(lines.Text(), "listening on "); ok {
			endpoint, _, _ = strings.Cut(rest, " ")
			return c, endpoint, nil
		}
	}
	return nil, "", fmt.Errorf("the emulator did not start: %w", c.Wait())
}

// sample is one run of a program: how long it took, and its memory at most.
type sample struct {
	took   time.Duration
	memory int64 // bytes
}

// compare runs both programs in turns, the first of them changing, so that
// both meet the same moods of the machine.
func compare(pairs int, a, b []string) (as, bs []sample, err error) {
	for i := range pairs + 1 {
		one, other := a, b
		if i%2 == 1 {
			one, other = b, a
		}
		first, err := run(one)
		if err != nil {
			return nil, nil, err
		}
		second, err := run(other)
		if err != nil {
			return nil, nil, err
		}
		if i == 0 {
			continue // warms the caches of the system
		}
		if i%2 == 1 {
			first, second = second, first
		}
		as, bs = append(as, first), append(bs, second)
	}
	return as, bs, nil
}

// run measures one start. The runner's files are not there and no secret but
// the emulator's, which is public.
func run(args []string) (sample, error) {
	c := exec.Command(args[0], args[1:]...)
	c.Env = []string{"TENCENTCLOUD_SECRET_ID=AKIDEMULATOR", "TENCENTCLOUD_SECRET_KEY=emulator-secret-key"}
	began := time.Now()
	out, err := c.Output()
	took := time.Since(began)
	switch {
	case err != nil:
		return sample{}, fmt.Errorf("%s: %w\n%s", filepath.Base(args[0]), err, out)
	case !strings.Contains(string(out), "job-"):
		return sample{}, fmt.Errorf("%s started nothing: %s", filepath.Base(args[0]), out)
	}
	return sample{took, peak(c.ProcessState.SysUsage())}, nil
}

// peak is the largest resident memory in bytes. Linux, which counts in KiB,
// lets a process start with the peak of the one that forked it, so that
// nothing below our own peak can be seen; report shows that floor.
func peak(usage any) int64 {
	if r, ok := usage.(*syscall.Rusage); ok {
		return r.Maxrss << 10
	}
	return 0
}

// floor is our own peak in bytes, without what the go command left us; 0 if
// the system does not say.
func floor() int64 {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(status), "VmHWM:")
	var kib int64
	fmt.Sscan(rest, &kib)
	return kib << 10
}

func report(byHand, ours []sample) (kept bool) {
	ratios := make([]float64, len(ours))
	for i := range ours {
		ratios[i] = float64(ours[i].took) / float64(byHand[i].took)
	}
	ratio, memory := median(ratios), most(ours)
	fmt.Printf("%-22s %10s %10s %12s\n", "", "median", "fastest", "peak memory")
	for _, row := range []struct {
		name    string
		samples []sample
	}{{"raw signed call", byHand}, {"cloudjob run", ours}} {
		fmt.Printf("%-22s %7.2f ms %7.2f ms %9.1f MB\n", row.name, ms(median(times(row.samples))), ms(slices.Min(times(row.samples))), mb(most(row.samples)))
	}
	fmt.Printf("%-22s %10s %10s %9.1f MB\n", "(no less can be seen)", "", "", mb(floor()))
	kept = ratio <= mostRatio && memory <= mostMemory
	verdict := "kept"
	if !kept {
		verdict = "MISSED"
	}
	fmt.Printf("ratio of %d pairs: median %.2f (at most %.1f); memory %.1f MB (at most %.0f MB): %s\n",
		len(ratios), ratio, mostRatio, mb(memory), mb(mostMemory), verdict)
	return kept
}

func times(samples []sample) []time.Duration {
	list := make([]time.Duration, len(samples))
	for i, s := range samples {
		list[i] = s.took
	}
	return list
}

func most(samples []sample) int64 {
	var m int64
	for _, s := range samples {
		m = max(m, s.memory)
	}
	return m
}

func median[T float64 | time.Duration](list []T) T {
	list = slices.Sorted(slices.Values(list))
	return (list[(len(list)-1)/2] + list[len(list)/2]) / 2
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

func mb(bytes int64) float64 { return float64(bytes) / (1 << 20) }

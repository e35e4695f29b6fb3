package main

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

const (
	mostLargeMemory = 200 << 20
	mostLargeTime   = 5 * time.Second // of the processor: it waits for the load test too
	mostLargeFile   = 16 << 20
)

// large follows a load test whose report has so many requests, judges it and
// writes its files: what that takes at most, and how large result.json is. The
// emulator has a few requests only, so what stands between answers for it.
func large(requests int) (kept bool, err error) {
	dir, err := os.MkdirTemp("", "measure-")
	if err != nil {
		return false, err
	}
	defer os.RemoveAll(dir)
	action := filepath.Join(dir, "cloudjob")
	if err := build(action, "."); err != nil {
		return false, err
	}
	emulator, endpoint, err := emulate(action)
	if err != nil {
		return false, err
	}
	defer emulator.Wait()
	defer emulator.Process.Signal(syscall.SIGTERM)
	between, err := standIn(endpoint, requests)
	if err != nil {
		return false, err
	}
	gates := filepath.Join(dir, "gates.txt")
	lines := []string{
		"p95(response_time) < 10s", `p95(response_time{request~"GET *"}) < 10s`, `error_rate{request~"*/7"} < 100%`,
		`p99(response_time{request~"*"}) <= baseline +10% `,
	}
	if err := os.WriteFile(gates, []byte(strings.Join(lines, "\n")+"\n"), 0o644); err != nil {
		return false, err
	}
	fmt.Printf("%-22s %10s %10s %12s %12s\n", "", "time", "processor", "peak memory", "result.json")
	kept = true
	for i, name := range []string{"first run", "against the first"} { // which is the second's baseline, so it is read again
		reports := fmt.Sprintf("reports-%d", i)
		c := exec.Command(action, "run", "provider=tencent-pts", "project_id=project-demo", "scenario_id=scenario-short", "job_owner=measure",
			"endpoint="+between, "wait=true", "poll_interval=1s", "gates_file=gates.txt", "report_dir="+reports, "baseline=reports-0/result.json", "on_inconclusive=pass")
		c.Dir = dir
		c.Env = []string{"TENCENTCLOUD_SECRET_ID=AKIDEMULATOR", "TENCENTCLOUD_SECRET_KEY=emulator-secret-key"}
		began := time.Now()
		out, err := c.CombinedOutput()
		took := time.Since(began)
		if err != nil {
			return false, fmt.Errorf("%s: %w\n%s", name, err, out)
		}
		file, err := os.Stat(filepath.Join(dir, reports, "result.json"))
		if err != nil {
			return false, err
		}
		memory := peak(c.ProcessState.SysUsage())
		processor := c.ProcessState.UserTime() + c.ProcessState.SystemTime()
		fmt.Printf("%-22s %7.2f s  %7.2f s  %9.1f MB %9.1f MB\n", name, took.Seconds(), processor.Seconds(), mb(memory), mb(file.Size()))
		kept = kept && memory <= mostLargeMemory && processor <= mostLargeTime && file.Size() <= mostLargeFile
		if strings.Contains(string(out), "left out") {
			fmt.Printf("%s\n", out)
			kept = false
		}
	}
	fmt.Printf("%d requests (at most %.0f MB, %s, %.0f MB): %v\n", requests, mb(mostLargeMemory), mostLargeTime, mb(mostLargeFile), kept)
	return kept, nil
}

// standIn answers DescribeRequestSummary with so many requests, and hands all
// other calls on.
func standIn(endpoint string, requests int) (address string, err error) {
	to, err := url.Parse(endpoint)
	if err != nil {
		return "", err
	}
	set := make([]map[string]any, requests)
	for i := range set {
		set[i] = map[string]any{
			"Service": fmt.Sprintf("https://shop.example.com/api/v2/articles/%d", i), "Method": "GET", "Result": "ok", "Count": 1000 + i%977,
			"Average": 0.1, "Min": 0.01, "Max": 1.5, "P50": 0.1, "P90": 0.2, "P95": float64(1+i%9973) / 10000, "P99": 0.9,
			"ErrorPercentage": float64(i%101) / 100, "RPS": 1.5,
		}
	}
	body, err := json.Marshal(map[string]any{"Response": map[string]any{"RequestId": "00000000-0000-0000-0000-000000000000", "RequestSummarySet": set}})
	if err != nil {
		return "", err
	}
	proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(to)
		r.Out.Host = r.In.Host // it is signed
	}}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	go func() {
		_ = http.Serve(listener, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("X-TC-Action") == "DescribeRequestSummary" {
				w.Header().Set("Content-Type", "application/json")
				_, _ = w.Write(body)
				return
			}
			proxy.ServeHTTP(w, r)
		}))
	}()
	fmt.Printf("an answer of %d requests has %.1f MB\n", requests, mb(int64(len(body))))
	return "http://" + listener.Addr().String(), nil
}

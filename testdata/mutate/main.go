// Command mutate breaks the code on purpose, by the small edits listed in folder
// edits, one at a time, and runs the tests that should notice. An edit that no
// test notices is a defect of the tests.
//
//	go run ./testdata/mutate              all of them, on the last commit
//	go run ./testdata/mutate -only TEXT   those whose place, file or sentence has the text
//	go run ./testdata/mutate -check       only whether each can still be made
//
// It exits with 1 if an edit survives.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
)

const dir = "testdata/mutate/edits"

func main() {
	only := flag.String("only", "", "make the edits whose place, file or sentence has this text")
	check := flag.Bool("check", false, "run nothing, say whether each edit can be made")
	workers := flag.Int("parallel", runtime.NumCPU(), "how many edits are tried at the same time")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	survived, err := mutate(ctx, *only, *check, *workers)
	switch {
	case err != nil:
		fmt.Fprintln(os.Stderr, "mutate:", err)
		os.Exit(2)
	case survived > 0:
		os.Exit(1)
	}
}

func mutate(ctx context.Context, only string, check bool, workers int) (survived int, err error) {
	edits, err := load(dir)
	if err != nil {
		return 0, err
	}
	edits = slices.DeleteFunc(edits, func(e edit) bool {
		return !strings.Contains(e.place+"\n"+e.file+"\n"+e.suffers, only)
	})
	if err := makeable(edits); err != nil {
		return 0, err
	}
	if check {
		fmt.Printf("%d edits can be made\n", len(edits))
		return 0, nil
	}
	began := time.Now()
	trees, remove, err := worktrees(ctx, min(workers, len(edits)))
	if err != nil {
		return 0, err
	}
	defer remove()
	if err := unbroken(ctx, trees, edits); err != nil {
		return 0, err
	}
	var mu sync.Mutex
	var lost []string
	each(trees, edits, func(tree string, e edit) {
		start := time.Now()
		by, err := e.noticed(ctx, tree)
		mu.Lock()
		defer mu.Unlock()
		switch {
		case ctx.Err() != nil:
		case err != nil:
			lost = append(lost, fmt.Sprintf("INVALID   %s %s: %v", e.place, e.suffers, err))
			fmt.Println(lost[len(lost)-1])
		case by == "":
			lost = append(lost, fmt.Sprintf("SURVIVED  %s %s", e.place, e.suffers))
			fmt.Println(lost[len(lost)-1])
		default:
			fmt.Printf("noticed   %s %s (%s, %.0f s)\n", e.place, e.suffers, by, time.Since(start).Seconds())
		}
	})
	if ctx.Err() != nil {
		return 0, context.Cause(ctx)
	}
	if len(lost) > 0 {
		fmt.Printf("\n%s\n", strings.Join(lost, "\n"))
	}
	fmt.Printf("%d edits: %d noticed, %d not, in %.0f min\n", len(edits), len(edits)-len(lost), len(lost), time.Since(began).Minutes())
	return len(lost), nil
}

// makeable says which edits the code has outgrown.
func makeable(edits []edit) error {
	var bad []string
	for _, e := range edits {
		src, err := os.ReadFile(e.file)
		if err == nil {
			_, err = e.apply(string(src))
		}
		if err != nil {
			bad = append(bad, err.Error())
		}
	}
	if bad != nil {
		return fmt.Errorf("%d of %d edits cannot be made:\n%s", len(bad), len(edits), strings.Join(bad, "\n"))
	}
	return nil
}

// worktrees makes n checkouts of the last commit.
func worktrees(ctx context.Context, n int) (trees []string, remove func(), err error) {
	base, err := os.MkdirTemp("", "mutate")
	if err != nil {
		return nil, nil, err
	}
	remove = func() {
		for _, tree := range trees {
			// Not under ctx: it is removed after an interrupt too.
			if out, err := exec.Command("git", "worktree", "remove", "--force", tree).CombinedOutput(); err != nil {
				fmt.Fprintf(os.Stderr, "mutate: %s: %s\n", err, out)
			}
		}
		os.RemoveAll(base)
	}
	for i := range n {
		tree := filepath.Join(base, fmt.Sprint(i))
		if out, err := exec.CommandContext(ctx, "git", "worktree", "add", "--detach", tree, "HEAD").CombinedOutput(); err != nil {
			remove()
			return nil, nil, fmt.Errorf("make a worktree: %w: %s", err, out)
		}
		trees = append(trees, tree)
	}
	return trees, remove, nil
}

// each hands the work to one worker a tree, in order.
func each[T any](trees []string, work []T, do func(tree string, one T)) {
	next := make(chan T)
	var workers sync.WaitGroup
	for _, tree := range trees {
		workers.Go(func() {
			for one := range next {
				do(tree, one)
			}
		})
	}
	for _, one := range work {
		next <- one
	}
	close(next)
	workers.Wait()
}

// unbroken says which tests fail before anything was broken: they would seem to
// notice everything.
func unbroken(ctx context.Context, trees []string, edits []edit) error {
	var lines []string
	for _, e := range edits {
		for _, t := range e.tests {
			if line := strings.Join(t, " "); !slices.Contains(lines, line) {
				lines = append(lines, line)
			}
		}
	}
	var mu sync.Mutex
	var bad []string
	each(trees, lines, func(tree, line string) {
		out, err := test(ctx, tree, strings.Fields(line))
		mu.Lock()
		defer mu.Unlock()
		switch {
		case err != nil:
			bad = append(bad, fmt.Sprintf("go test %s fails without an edit:\n%s", line, tail(out)))
		case strings.Contains(out, "[no tests to run]") || strings.Contains(out, "[no test files]"):
			bad = append(bad, fmt.Sprintf("go test %s runs no test", line))
		}
	})
	if bad != nil {
		return fmt.Errorf("%s", strings.Join(bad, "\n"))
	}
	return ctx.Err()
}

// noticed makes the edit in a tree, runs its tests until one fails, and takes it
// back. It returns the name of the first test that failed, or "".
func (e edit) noticed(ctx context.Context, tree string) (by string, err error) {
	file := filepath.Join(tree, e.file)
	src, err := os.ReadFile(file)
	if err != nil {
		return "", err
	}
	broken, err := e.apply(string(src))
	if err != nil {
		return "", err
	}
	if err := os.WriteFile(file, []byte(broken), 0o644); err != nil {
		return "", err
	}
	defer os.WriteFile(file, src, 0o644) // what could not be written back fails to apply next
	for _, t := range e.tests {
		out, err := test(ctx, tree, t)
		switch {
		case err == nil:
		case strings.Contains(out, "[build failed]") || strings.Contains(out, "[setup failed]"):
			return "", fmt.Errorf("it does not compile: %s", tail(out))
		default:
			return first(out), nil
		}
	}
	return "", nil
}

// test runs go test in a tree. A test that hangs fails.
func test(ctx context.Context, tree string, arguments []string) (string, error) {
	c := exec.CommandContext(ctx, "go", append([]string{"test", "-vet=off", "-timeout", "4m"}, arguments...)...)
	c.Dir = tree
	out, err := c.CombinedOutput()
	return string(out), err
}

var failure = regexp.MustCompile(`(?m)^\s*--- FAIL: (\S+)`)

// first is the test that failed first, as far as the output tells.
func first(out string) string {
	if m := failure.FindStringSubmatch(out); m != nil {
		return m[1]
	}
	return "it panicked or hung"
}

func tail(out string) string {
	const most = 2000
	return out[max(0, len(out)-most):]
}

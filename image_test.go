package main

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

// These tests hold what GitHub asks of a container action and of safe
// workflows, where no tool of .ci/run looks. Each rule is a function from a
// file's text to complaints; the file has to have none, and every change that
// breaks a rule has to be complained of.

type breach struct{ old, new, complaint string }

func TestDockerfile(t *testing.T) {
	holds(t, "Dockerfile", checkDockerfile,
		breach{"ENTRYPOINT [", "USER nobody\nENTRYPOINT [", "USER"},
		breach{`["/action"]`, "/action", "exec form"},
		breach{`["/action"]`, `["action"]`, "absolute"},
		breach{`["/action"]`, `["/other"]`, "copied"},
		breach{"ln -s action /image/post", "true", "/post"},
		breach{"FROM ${BASE_IMAGE}", "FROM scratch", "scratch"},
		breach{"${GO_IMAGE} AS", "golang:1.26 AS", "golang:1.26"},
		breach{"${GO_IMAGE} AS", "${OTHER} AS", "OTHER"},
		breach{"image.description=", "image.other=", "description"},
		breach{"image.licenses=", "image.other=", "licenses"},
		breach{"COPY LICENSE docs/licences.md /", "COPY LICENSE /", "licences"},
		breach{"CGO_ENABLED=0", "CGO_ENABLED=1", "CGO_ENABLED=0"},
		breach{"${BUILDPLATFORM:-$BUILDER}", "$BUILDPLATFORM", "classic"},
		breach{"ARG BUILDER=linux\n", "", "BUILDER"},
		breach{"RUN go build -trimpath -ldflags", "RUN --mount=type=cache,target=/root/.cache go build -trimpath -ldflags", "--mount"},
		breach{" --platform=${BUILDPLATFORM:-$BUILDER}", "", "emulation"},
	)
}

// TestDockerfileCompilesSDKs says that the layer of the SDKs has just the
// clients that the services and logins use.
func TestDockerfileCompilesSDKs(t *testing.T) {
	client := regexp.MustCompile(`github\.com/[\w./-]+-sdk-go[\w./-]*/(?:services/\w+/v\d+|v\d{8})\b`)
	src, err := os.ReadFile("Dockerfile")
	if err != nil {
		t.Fatal(err)
	}
	got := client.FindAllString(string(src), -1)
	var want []string
	for _, where := range []string{"internal/service/*/*.go", "internal/cloud/*/*.go"} {
		files, err := filepath.Glob(where)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			src, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			want = append(want, client.FindAllString(string(src), -1)...)
		}
	}
	slices.Sort(want)
	slices.Sort(got)
	if want = slices.Compact(want); len(want) == 0 || !slices.Equal(got, want) {
		t.Errorf("the Dockerfile compiles %q first, the code uses %q", got, want)
	}
}

func TestWorkflows(t *testing.T) {
	files, err := filepath.Glob(".github/workflows/*.y*ml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no workflows: %v", err)
	}
	for _, file := range files {
		t.Run(path.Base(file), func(t *testing.T) { holds(t, file, checkWorkflow) })
	}
	holds(t, ".github/workflows/ci.yml", checkWorkflow,
		breach{"\npermissions: {}\n", "\n", "permissions"},
		breach{"\npermissions: {}\n", "\npermissions:\n  contents: write\n", "permissions"},
		breach{"    permissions:\n      contents: read\n", "", "permissions"},
		breach{"    timeout-minutes: 30\n", "", "timeout-minutes"},
		breach{"273ba90b1 # v7.0.1", "273ba90b1", "version"},
		breach{"@3d3c42e5aac5ba805825da76410c181273ba90b1", "@v7", "commit"},
		breach{"uses: ./", "uses: docker://alpine:latest", "alpine"},
		breach{"    steps:\n", "    uses: owner/repo/.github/workflows/w.yml@main\n    steps:\n", "w.yml@main"},
		breach{"uses: ./", `"uses": "actions/cache@v5"`, "actions/cache"},
		breach{"persist-credentials: false", "persist-credentials: true", "persist-credentials"},
	)
}

func TestAction(t *testing.T) {
	holds(t, "action.yml", checkAction,
		breach{"using: docker", "using: node24", "docker"},
		breach{"image: Dockerfile", "image: other/Dockerfile", "image"},
		breach{"image: Dockerfile", "image: Dockerfile\n  entrypoint: /action", "entrypoint"},
		breach{"post-entrypoint: /post", "post-if: always()", "/post"},
		breach{"color: blue", "color: turquoise", "turquoise"},
		breach{"icon: play-circle", "icon: coffee", "coffee"},
		breach{"\n  dry_run:", "\n  dry-run:", "dry-run"},
		breach{"\n  job_id:", "\n  jobId:", "jobId"},
		breach{"\nname: ", "\ntitle: ", "name"},
	)
}

// TestStages says that GitHub runs every stage that .ci/run has.
func TestStages(t *testing.T) {
	run, err := os.ReadFile(".ci/run")
	if err != nil {
		t.Fatal(err)
	}
	for list, file := range map[string]string{"stages": "ci.yml", "nightly": "nightly.yml"} {
		workflow, err := os.ReadFile(".github/workflows/" + file)
		if err != nil {
			t.Fatal(err)
		}
		stages := regexp.MustCompile(`(?m)^` + list + `=\((.+)\)$`).FindStringSubmatch(string(run))
		if stages == nil {
			t.Fatalf(".ci/run has no list %s", list)
		}
		want := strings.Fields(stages[1])
		var got []string
		for _, m := range regexp.MustCompile(`(?m)^ +- run: \.ci/run (.+)$`).FindAllStringSubmatch(string(workflow), -1) {
			got = append(got, strings.Fields(m[1])...)
		}
		slices.Sort(want)
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("%s runs the stages %q, .ci/run has %q", file, got, want)
		}
	}
}

// TestRace says that the race detector sees every package that begins goroutines
// or shares memory, and that what it skips is there.
func TestRace(t *testing.T) {
	run, err := os.ReadFile(".ci/run")
	if err != nil {
		t.Fatal(err)
	}
	list := func(name string) []string {
		m := regexp.MustCompile(`(?ms)^` + name + `=\((.+?)\)$`).FindStringSubmatch(string(run))
		if m == nil {
			t.Fatalf(".ci/run has no list %s", name)
		}
		return strings.Fields(m[1])
	}
	tests, concurrent := map[string]bool{}, map[string]string{}
	err = filepath.WalkDir(".", func(file string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && (file == "testdata" || file == "tools" || strings.HasPrefix(file, ".") && file != "."):
			return fs.SkipDir
		case !strings.HasSuffix(file, ".go"):
			return nil
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			return err
		}
		if strings.HasSuffix(file, "_test.go") {
			for _, d := range parsed.Decls {
				if f, ok := d.(*ast.FuncDecl); ok {
					tests[f.Name.Name] = true
				}
			}
			return nil
		}
		for _, spec := range parsed.Imports {
			if strings.HasPrefix(spec.Path.Value, `"sync`) {
				concurrent[path.Dir(filepath.ToSlash(file))] = file
			}
		}
		ast.Inspect(parsed, func(n ast.Node) bool {
			if _, ok := n.(*ast.GoStmt); ok {
				concurrent[path.Dir(filepath.ToSlash(file))] = file
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(concurrent) < 5 {
		t.Errorf("only %d packages are concurrent", len(concurrent))
	}
	patterns := list("concurrent")
	for pkg, file := range concurrent {
		if !slices.ContainsFunc(patterns, func(p string) bool {
			dir, deep := strings.CutSuffix(strings.TrimPrefix(p, "./"), "/...")
			return pkg == dir || deep && strings.HasPrefix(pkg, dir+"/")
		}) {
			t.Errorf("%s is concurrent, and the race detector does not see its package", file)
		}
	}
	for _, name := range list("unraced") {
		if !tests[name] {
			t.Errorf("the stage race skips %s, which is no test", name)
		}
	}
	for _, name := range list("unraced_scripts") {
		if _, err := os.Stat("testdata/script/" + name + ".txtar"); err != nil {
			t.Errorf("the stage race skips a script: %v", err)
		}
	}
}

// TestChangelog says that the changelog goes from the newest version to the
// oldest, so that .ci/release reads the newest first.
func TestChangelog(t *testing.T) {
	holds(t, "CHANGELOG.md", checkChangelog,
		breach{"## Unreleased", "## Next", "Next"},
		breach{"## Unreleased", "## 1.2.0\n\n## 1.10.0", "1.10.0"},
		breach{"## Unreleased", "## 1.2", "1.2"},
		breach{"## Unreleased", "## 1.2.0\n\n## Unreleased", "Unreleased"},
	)
}

// TestGoVersion says that the module, the image and GitHub are on one version
// of Go. GitHub does not take it from go.mod, which names its oldest patch.
func TestGoVersion(t *testing.T) {
	versions := map[string]string{
		"go.mod":       `(?m)^go (\d+\.\d+)`,
		"tools/go.mod": `(?m)^go (\d+\.\d+)`,
		"Dockerfile":   `golang:(\d+\.\d+)\n`,
	}
	workflows, err := filepath.Glob(".github/workflows/*.yml")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range workflows {
		versions[file] = `go-version: "(\d+\.\d+)"\n`
	}
	for file, pattern := range versions {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		found := regexp.MustCompile(pattern).FindAllStringSubmatch(string(content), -1)
		if len(found) == 0 {
			t.Errorf("%s names no version of Go", file)
		}
		for _, m := range found {
			if want := "1.26"; m[1] != want {
				t.Errorf("%s is on Go %s, not %s", file, m[1], want)
			}
		}
	}
}

func holds(t *testing.T, file string, rule func(text string) []string, breaches ...breach) {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	text := string(content)
	for _, complaint := range rule(text) {
		t.Errorf("%s: %s", file, complaint)
	}
	for _, b := range breaches {
		broken := strings.Replace("\n"+text, b.old, b.new, 1)
		complaints := strings.Join(rule(broken), "\n")
		if broken == "\n"+text || !strings.Contains(complaints, b.complaint) {
			t.Errorf("%s with %q in place of %q: want a complaint with %q, got %q", file, b.new, b.old, b.complaint, complaints)
		}
	}
}

// checkDockerfile says what is wrong with a Dockerfile: the image must run as root
// and must get the runner's signals, and its base images must be replaceable.
func checkDockerfile(text string) (complaints []string) {
	complain := func(format string, args ...any) { complaints = append(complaints, fmt.Sprintf(format, args...)) }
	instructions := regexp.MustCompile(`(?m)^([A-Z]+)\s+(.+)$`)
	behindArg := regexp.MustCompile(`^\$\{(\w+)\}$`)
	fallbackOf := regexp.MustCompile(`^\$\{BUILDPLATFORM:-\$(\w+)\} `)
	var args, copied []string
	var entrypoint, labels string
	for _, m := range instructions.FindAllStringSubmatch(strings.ReplaceAll(text, "\\\n", ""), -1) {
		switch name, rest := m[1], m[2]; name {
		case "USER":
			complain("USER: a container action must run as root")
		case "ARG":
			args = append(args, rest)
		case "FROM":
			copied, entrypoint, labels = nil, "", "" // a stage of its own
			if platform, compiles := strings.CutPrefix(rest, "--platform="); strings.HasSuffix(rest, " AS build") {
				switch fallback := fallbackOf.FindStringSubmatch(platform); {
				case !compiles:
					complain("another platform's image is compiled under emulation: there is no --platform")
				case fallback == nil:
					complain("--platform has no default, and the classic builder refuses an empty one")
				case !slices.ContainsFunc(args, func(a string) bool { return strings.HasPrefix(a, fallback[1]+"=") }):
					complain("the argument %s has no default", fallback[1])
				}
			}
			words := slices.DeleteFunc(strings.Fields(rest), func(w string) bool { return strings.HasPrefix(w, "--") })
			arg := behindArg.FindStringSubmatch(words[0])
			if arg == nil {
				complain("the image %s is not behind an argument", words[0])
			} else if !slices.ContainsFunc(args, func(a string) bool { return strings.HasPrefix(a, arg[1]+"=") }) {
				complain("the argument %s has no default", arg[1])
			}
		case "RUN":
			if strings.HasPrefix(rest, "--") {
				complain("the classic builder cannot parse RUN %s", strings.Fields(rest)[0])
			}
		case "COPY":
			words := strings.Fields(rest)
			copied = append(copied, words[len(words)-1])
		case "LABEL":
			labels += rest
		case "ENTRYPOINT":
			entrypoint = rest
		}
	}
	var command []string
	switch err := json.Unmarshal([]byte(entrypoint), &command); {
	case err != nil || len(command) == 0:
		complain("ENTRYPOINT %s is not in exec form, so a shell would get the signals", entrypoint)
	case !path.IsAbs(command[0]):
		complain("ENTRYPOINT %s is not absolute; the runner sets its own working folder", command[0])
	case !slices.Contains(copied, command[0]) && !(slices.Contains(copied, "/") && strings.Contains(text, " -o /image"+command[0]+" ")):
		complain("ENTRYPOINT %s is not copied into the image", command[0])
	}
	if !strings.Contains(text, "RUN ln -s action /image/post") {
		complain("the image has no /post, which action.yml names")
	}
	for _, name := range []string{"title", "description", "licenses"} {
		if !strings.Contains(labels, "org.opencontainers.image."+name+"=") {
			complain("there is no label for the %s", name)
		}
	}
	if !strings.Contains(text, "LICENSE docs/licences.md /") {
		complain("the image has no texts of the licences")
	}
	if !strings.Contains(text, "CGO_ENABLED=0") {
		complain("the binary is not built with CGO_ENABLED=0, and the base image has no C library")
	}
	return complaints
}

// checkWorkflow says what is unsafe in a workflow.
func checkWorkflow(text string) (complaints []string) {
	complain := func(format string, args ...any) { complaints = append(complaints, fmt.Sprintf(format, args...)) }
	pinned := regexp.MustCompile(`^[\w.-]+/[\w./-]+@[0-9a-f]{40}$`)
	version := regexp.MustCompile(`^# v\d+\.\d+\.\d+$`)
	var w struct {
		Permissions *map[string]string
		Jobs        map[string]struct {
			Permissions *map[string]string
			Timeout     int       `yaml:"timeout-minutes"`
			Uses        yaml.Node // a workflow to call
			Steps       []struct {
				Uses yaml.Node
				With map[string]string
			}
		}
	}
	if err := yaml.Unmarshal([]byte(text), &w); err != nil {
		return []string{err.Error()}
	}
	pin := func(uses yaml.Node) {
		switch {
		case uses.Value == "" || strings.HasPrefix(uses.Value, "./"):
		case !pinned.MatchString(uses.Value):
			complain("%s is not pinned to a commit", uses.Value)
		case !version.MatchString(uses.LineComment):
			complain("%s does not say its version in a comment", uses.Value)
		}
	}
	if w.Permissions == nil || len(*w.Permissions) > 0 {
		complain("permissions at the top are not {}")
	}
	for name, j := range w.Jobs {
		if j.Permissions == nil {
			complain("job %s does not name its permissions", name)
		}
		if j.Timeout == 0 {
			complain("job %s has no timeout-minutes", name)
		}
		pin(j.Uses)
		for _, step := range j.Steps {
			pin(step.Uses)
			if strings.HasPrefix(step.Uses.Value, "actions/checkout@") && step.With["persist-credentials"] != "false" {
				complain("%s leaves its token behind: persist-credentials", step.Uses.Value)
			}
		}
	}
	return complaints
}

// checkAction says what is wrong with action.yml. GitHub's documentation lists the
// colours; the icons are those of its set that fit us.
func checkAction(text string) (complaints []string) {
	complain := func(format string, args ...any) { complaints = append(complaints, fmt.Sprintf(format, args...)) }
	snake := regexp.MustCompile(`^[a-z][a-z0-9]*(_[a-z0-9]+)*$`)
	var a struct {
		Name, Description string
		Branding          struct{ Icon, Color string }
		Inputs, Outputs   map[string]struct{ Description string }
		Runs              map[string]any
	}
	if err := yaml.Unmarshal([]byte(text), &a); err != nil {
		return []string{err.Error()}
	}
	if a.Name == "" || a.Description == "" {
		complain("there is no name or no description")
	}
	if c := a.Branding.Color; !slices.Contains([]string{"white", "black", "yellow", "blue", "green", "orange", "red", "purple", "gray-dark"}, c) {
		complain("%s is no colour for branding", c)
	}
	if i := a.Branding.Icon; !slices.Contains([]string{"activity", "cloud", "trending-up", "check-circle", "play-circle"}, i) {
		complain("%s is no icon for branding", i)
	}
	for what, names := range map[string]map[string]struct{ Description string }{"input": a.Inputs, "output": a.Outputs} {
		if len(names) == 0 {
			complain("there is no %s", what)
		}
		for name, about := range names {
			if !snake.MatchString(name) {
				complain("%s %s is not in lower snake case", what, name)
			}
			if about.Description == "" {
				complain("%s %s has no description", what, name)
			}
		}
	}
	if a.Runs["using"] != "docker" {
		complain("it does not run on docker")
	}
	// The runner builds a Dockerfile in the folder that it lies in.
	if a.Runs["image"] != "Dockerfile" {
		complain("image is %v, not Dockerfile", a.Runs["image"])
	}
	for key := range a.Runs {
		if key != "using" && key != "image" && key != "post-entrypoint" {
			complain("%s overrides what the image says of itself", key)
		}
	}
	if a.Runs["post-entrypoint"] != "/post" {
		complain("the post step is %v, not /post: nothing would settle what a cancel leaves", a.Runs["post-entrypoint"])
	}
	return complaints
}

// checkChangelog says which headings of a changelog are no versions, or older
// than those below.
func checkChangelog(text string) (complaints []string) {
	version := regexp.MustCompile(`^(\d+)\.(\d+)\.(\d+)$`)
	var newer []int
	for i, m := range regexp.MustCompile(`(?m)^## (.+)$`).FindAllStringSubmatch(text, -1) {
		numbers := version.FindStringSubmatch(m[1])
		if numbers == nil {
			if i > 0 || m[1] != "Unreleased" {
				complaints = append(complaints, fmt.Sprintf("%q is no version", m[1]))
			}
			continue
		}
		var parts []int
		for _, n := range numbers[1:] {
			part, err := strconv.Atoi(n)
			if err != nil {
				return append(complaints, err.Error())
			}
			parts = append(parts, part)
		}
		if newer != nil && slices.Compare(parts, newer) >= 0 {
			complaints = append(complaints, fmt.Sprintf("%s stands below an older version", m[1]))
		}
		newer = parts
	}
	return complaints
}

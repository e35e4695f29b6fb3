package catalog_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"cloudjob/internal/catalog"
)

// house lists our packages from the lowest storey to the highest. A package
// imports only from storeys below its own. Every package has its place here.
var house = [][]string{
	{"internal/job", "internal/emulator/emu", "internal/action/runnertest", "internal/field", "internal/hostile", "internal/locale"},
	{"internal/gate", "internal/service/*/emu", "internal/emulator"},
	{"internal/cloud", "internal/engine"},
	{"internal/cloud/*", "internal/github", "internal/record"},
	{"internal/service/*"},
	{"internal/catalog"},
	{"internal/plan", "internal/report"},
	{"internal/docs"},
	{"internal/action"},
	{"."},
}

const (
	module  = "cloudjob"
	emuCore = "internal/emulator/emu"

	serviceTests = "internal/service/servicetest"
)

func storey(pkg string) int {
	return slices.IndexFunc(house, func(patterns []string) bool {
		return slices.ContainsFunc(patterns, func(p string) bool { ok, _ := path.Match(p, pkg); return ok })
	})
}

// source is one file of ours, and what it imports.
type source struct {
	name, pkg string
	imports   []string
}

// sources are all files that are not tests.
func sources(t *testing.T) (all []source) {
	t.Helper()
	const root = "../.."
	err := filepath.WalkDir(root, func(file string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(root, file)
		if err != nil {
			return err
		}
		name = filepath.ToSlash(name)
		if entry.IsDir() && (name == "tools" || entry.Name() == "testdata" || strings.HasPrefix(entry.Name(), ".") && name != ".") {
			return fs.SkipDir
		}
		if entry.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return nil
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		s := source{name: name, pkg: path.Dir(name)}
		for _, spec := range parsed.Imports {
			imported, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			s.imports = append(s.imports, imported)
		}
		all = append(all, s)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(all) < 50 {
		t.Fatalf("only %d files were found", len(all))
	}
	return all
}

func TestImportsPointDown(t *testing.T) {
	for _, s := range sources(t) {
		own := storey(s.pkg)
		if own < 0 {
			t.Errorf("%s: package %s has no place in the house; give it one", s.name, s.pkg)
			continue
		}
		for _, imported := range s.imports {
			ours, ok := strings.CutPrefix(imported, module+"/")
			if ok && storey(ours) >= own {
				t.Errorf("%s imports %s, which is not below %s", s.name, ours, s.pkg)
			}
		}
	}
}

// TestEmulatorKnowsNoClient: the emulator is written from the documents, so
// that a mistake of the client's does not agree with itself.
func TestEmulatorKnowsNoClient(t *testing.T) {
	checked := 0
	for _, s := range sources(t) {
		half, _ := path.Match("internal/service/*/emu", s.pkg)
		if !half && s.pkg != "internal/emulator" && s.pkg != emuCore {
			continue
		}
		checked++
		for _, imported := range s.imports {
			if imported != module+"/"+emuCore && !standard(imported) {
				t.Errorf("%s imports %s: the emulator uses the standard library alone", s.name, imported)
			}
		}
	}
	if checked < 20 {
		t.Errorf("only %d files of the emulator were found", checked)
	}
}

// standard tells that a package is of the standard library: the first part of
// any other's path is a domain, or our module.
func standard(imported string) bool {
	first, _, _ := strings.Cut(imported, "/")
	return !strings.Contains(first, ".") && first != module
}

// TestOnlyActionTouchesTheProcess: environment, files, signals and exit are
// the edge's alone; everything else can be run in a test as it is.
func TestOnlyActionTouchesTheProcess(t *testing.T) {
	for _, s := range sources(t) {
		if s.pkg == "internal/action" || s.pkg == "." || s.pkg == serviceTests {
			continue
		}
		for _, imported := range s.imports {
			if imported == "os" || strings.HasPrefix(imported, "os/") {
				t.Errorf("%s imports %s, which only internal/action does", s.name, imported)
			}
		}
	}
}

// TestOnlyTestsShareAHarness: what tests share is in no binary.
func TestOnlyTestsShareAHarness(t *testing.T) {
	for _, s := range sources(t) {
		if slices.Contains(s.imports, module+"/"+serviceTests) {
			t.Errorf("%s imports %s, which only tests do", s.name, serviceTests)
		}
	}
}

// TestRoot holds what stands in the project's root: what a tool or a test drops
// there is seen before it is shipped.
func TestRoot(t *testing.T) {
	expected := []string{
		".ci", ".dockerignore", ".editorconfig", ".git", ".github", ".gitignore", "CHANGELOG.md", "CONTRIBUTING.md", "Dockerfile", "LICENSE", "README.md", "SECURITY.md",
		"action.yml", "cloudjob", "docs", "examples", "go.mod", "go.sum", "guide_test.go", "licences_test.go", "image_test.go", "internal", "main.go", "many_test.go", "pages_test.go", "script_test.go", "testdata", "tools",
	}
	entries, err := os.ReadDir("../..")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !slices.Contains(expected, e.Name()) {
			t.Errorf("%s stands in the root, where nobody expects it", e.Name())
		}
	}
	if len(entries) < 15 {
		t.Errorf("only %d entries were found: this is not the root", len(entries))
	}
}

// room is a file that every service has, as CONTRIBUTING.md lists it.
type room struct {
	name  string   // of the file, without its ending
	holds []string // functions, methods, constants and variables that stand in it
}

func rooms(t *testing.T) (all []room) {
	t.Helper()
	page, err := os.ReadFile("../../CONTRIBUTING.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(page), "### The rooms of a service")
	section, _, _ = strings.Cut(section, "\n#")
	for row := range strings.Lines(section) {
		cells := strings.Split(row, "|")
		if len(cells) != 5 || !strings.HasSuffix(cells[1], ".go` ") {
			continue
		}
		r := room{name: strings.TrimSuffix(strings.Trim(cells[1], " `"), ".go")}
		for name := range strings.SplitSeq(cells[3], ",") {
			if name = strings.Trim(name, " `"); name != "" {
				r.holds = append(r.holds, name)
			}
		}
		all = append(all, r)
	}
	if len(all) < 12 {
		t.Fatalf("CONTRIBUTING.md lists only %d rooms", len(all))
	}
	return all
}

// TestServicesHaveTheSameRooms: who knows one service knows all.
func TestServicesHaveTheSameRooms(t *testing.T) {
	services, err := filepath.Glob("../service/*/emu")
	if err != nil || len(services) != len(catalog.Names()) {
		t.Fatal(services, err)
	}
	for _, name := range catalog.Names() {
		if folder := filepath.Join("../service", strings.ReplaceAll(name, "-", ""), "emu"); !slices.Contains(services, folder) {
			t.Errorf("%s is not in %s, where its name leads", name, folder)
		}
	}
	rooms := rooms(t)
	for _, half := range services {
		dir := filepath.Dir(half)
		for _, r := range rooms {
			there := namesIn(t, filepath.Join(dir, r.name+".go"))
			more, err := filepath.Glob(filepath.Join(dir, r.name+"_*.go"))
			if err != nil {
				t.Fatal(err)
			}
			for _, file := range more {
				there = append(there, namesIn(t, file)...)
			}
			for _, name := range r.holds {
				if !slices.Contains(there, name) {
					t.Errorf("%s/%s*.go has no %s", dir, r.name, name)
				}
			}
		}
		files, err := filepath.Glob(filepath.Join(dir, "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			name, tests := strings.CutSuffix(strings.TrimSuffix(filepath.Base(file), ".go"), "_test")
			if !slices.ContainsFunc(rooms, func(r room) bool { return name == r.name || strings.HasPrefix(name, r.name+"_") }) {
				t.Errorf("%s is none of the rooms that CONTRIBUTING.md lists", file)
			}
			if _, err := os.Stat(filepath.Join(dir, name+".go")); tests && err != nil {
				t.Errorf("%s tests a file that is not there", file)
			}
			if !tests && !introduced(t, file) {
				t.Errorf("%s does not begin with its job: This file …", file)
			}
		}
	}
}

// namesIn are the functions, methods, constants and variables of a file.
func namesIn(t *testing.T, file string) (names []string) {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
	if err != nil {
		t.Error(err)
		return nil
	}
	for _, d := range parsed.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			names = append(names, d.Name.Name)
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				if v, ok := spec.(*ast.ValueSpec); ok {
					for _, name := range v.Names {
						names = append(names, name.Name)
					}
				}
			}
		}
	}
	return names
}

// introduced tells that a file's first comment behind its package's name says
// what it is for.
func introduced(t *testing.T, file string) bool {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ParseComments|parser.ImportsOnly)
	if err != nil {
		t.Error(err)
		return false
	}
	return slices.ContainsFunc(parsed.Comments, func(c *ast.CommentGroup) bool {
		return c.Pos() > parsed.Name.End() && strings.HasPrefix(c.Text(), "This file ")
	})
}

func TestJobImportsNothingOfOurs(t *testing.T) {
	for _, s := range sources(t) {
		for _, imported := range s.imports {
			if s.pkg == "internal/job" && strings.HasPrefix(imported, module) {
				t.Errorf("%s imports %s", s.name, imported)
			}
		}
	}
}

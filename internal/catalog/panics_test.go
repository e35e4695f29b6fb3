package catalog_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
)

// TestPanicsAreCaught holds that no code of ours runs where a panic would end
// the process with the runtime's status, which is invalid-input's: goroutines
// are begun by a crew, which hands a panic on, and one function recovers.
func TestPanicsAreCaught(t *testing.T) {
	allowed := map[string]string{
		"go action/emulate.go":           "the server recovers for itself",
		"Go engine/crew.go":              "this is how a crew begins them",
		"recover job/crash.go":           "this is the one",
		"AfterFunc engine/run.go":        "it notes a time",
		"AfterFunc engine/start.go":      "it ends a context",
		"AfterFunc action/action.go":     "it waits for a signal",
		"AfterFunc emulator/emulator.go": "the emulator is no part of a step",
	}
	met := map[string]bool{}
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		file := filepath.ToSlash(strings.TrimPrefix(path, "../"))
		if strings.Contains(file, "/emu/") {
			return nil
		}
		files := token.NewFileSet()
		tree, err := parser.ParseFile(files, path, nil, 0)
		if err != nil {
			return err
		}
		ast.Inspect(tree, func(n ast.Node) bool {
			begins := ""
			switch n := n.(type) {
			case *ast.GoStmt:
				begins = "go"
			case *ast.CallExpr:
				switch f := n.Fun.(type) {
				case *ast.Ident:
					if f.Name == "recover" {
						begins = "recover"
					}
				case *ast.SelectorExpr:
					if f.Sel.Name == "AfterFunc" || f.Sel.Name == "Go" && len(n.Args) == 1 {
						begins = f.Sel.Name
					}
				}
			}
			if begins == "" {
				return true
			}
			what := begins + " " + file
			if met[what] = true; allowed[what] == "" {
				t.Errorf("%s: a goroutine begun, or a panic recovered, without engine.crew and job.Caught (%s)", files.Position(n.Pos()), what)
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if !met["recover job/crash.go"] || !met["Go engine/crew.go"] {
		t.Error(fmt.Sprint("the test looks at nothing: ", met))
	}
}

package catalog_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"cloudjob/internal/catalog"
	"cloudjob/internal/field"
)

func TestFind(t *testing.T) {
	for _, name := range catalog.Names() {
		if p, ok := catalog.Find(name); !ok || p.Name != name {
			t.Errorf("Find(%q) is %q, %t", name, p.Name, ok)
		}
	}
	for _, name := range []string{"", "tencent", "TENCENT-PTS", "tencent-pts "} {
		if p, ok := catalog.Find(name); ok {
			t.Errorf("Find(%q) is %q", name, p.Name)
		}
	}
}

// TestProviders: what people and pages read of a provider is there.
func TestProviders(t *testing.T) {
	for _, p := range catalog.Providers() {
		if p.Title == "" || p.Starts == "" || p.API == "" || len(p.Variables) == 0 || len(p.Calls()) == 0 {
			t.Errorf("%s lacks something: %+v", p.Name, p)
		}
		for _, c := range p.Calls() {
			if c.Name == "" || c.Does == "" || c.Permission == "" || c.For == 0 || c.Answer != "" && c.NoContent {
				t.Errorf("%s: call %q lacks something: %+v", p.Name, c.Name, c)
			}
		}
		if p.New() == p.New() {
			t.Errorf("%s: New returns the same spec twice", p.Name)
		}
	}
}

var (
	snakeCase = regexp.MustCompile(`^[a-z][a-z0-9]*(_[a-z0-9]+)*$`)
	sentences = regexp.MustCompile(`^[A-Za-z].*[^.]\.$`)
)

// TestDeclarations: names are unique and written in one way, and every field
// has its sentence.
func TestDeclarations(t *testing.T) {
	for _, p := range catalog.Providers() {
		set := p.New().Fields()
		for _, name := range set.Names() {
			if !snakeCase.MatchString(name) {
				t.Errorf("%s: %s is not in snake_case", p.Name, name)
			}
		}
		declared(t, p.Name, set)
	}
}

func declared(t *testing.T, of string, set field.Set) {
	t.Helper()
	seen := map[string]bool{}
	for _, f := range set {
		name := of + "." + f.Name
		if seen[f.Name] {
			t.Errorf("%s is declared twice", name)
		}
		seen[f.Name] = true
		if !sentences.MatchString(f.Doc) || strings.ContainsAny(f.Doc, "\n\t|") || strings.Contains(f.Doc, "  ") {
			t.Errorf("%s: its documentation is no paragraph of sentences: %q", name, f.Doc)
		}
		if c := f.Choices(); c != nil && f.Default != "" && !slices.Contains(c, f.Default) {
			t.Errorf("%s: the default %q is none of %v", name, f.Default, c)
		}
		if f.Required && f.Default != "" {
			t.Errorf("%s is required and has a default", name)
		}
		declared(t, name, f.Nested())
	}
}

// TestSharedNames: an input that several providers know has one shape, because
// the action declares it once.
func TestSharedNames(t *testing.T) {
	type owner struct {
		provider string
		field    *field.Field
	}
	first := map[string]owner{}
	for _, p := range catalog.Providers() {
		for _, f := range p.New().Fields() {
			o, shared := first[f.Name]
			if !shared {
				first[f.Name] = owner{p.Name, f}
				continue
			}
			if o.field.Word() != f.Word() || o.field.Structured() != f.Structured() {
				t.Errorf("%s is %s for %s and %s for %s", f.Name, o.field.Word(), o.provider, f.Word(), p.Name)
			}
		}
	}
}

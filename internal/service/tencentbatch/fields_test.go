package tencentbatch

import (
	"encoding/json"
	"os"
	"reflect"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gopkg.in/yaml.v3"

	"cloudjob/internal/cloud/tencent"
	"cloudjob/internal/field"
)

// complete is the plan entry that sets every field of a job.
func complete(t *testing.T) *yaml.Node {
	t.Helper()
	src, err := os.ReadFile("../../plan/testdata/ok/batch-complete.yml")
	if err != nil {
		t.Fatal(err)
	}
	var doc struct{ Jobs []yaml.Node }
	if err := yaml.Unmarshal(src, &doc); err != nil || len(doc.Jobs) != 1 {
		t.Fatalf("%d jobs: %v", len(doc.Jobs), err)
	}
	entry := &doc.Jobs[0]
	entry.Content = entry.Content[2:] // without provider, which package plan reads
	return entry
}

// TestEverythingIsSent: a vendor's job goes out as it was written, each field
// under its name, none lost and none added.
func TestEverythingIsSent(t *testing.T) {
	entry := complete(t)
	s := New()
	if problems := s.Fields().DecodeYAML("plan.yml", entry, field.Options{}, s.Check); len(problems) > 0 {
		t.Fatal(problems)
	}
	var written struct{ Placement, Job any }
	if err := entry.Decode(&written); err != nil {
		t.Fatal(err)
	}
	for name, parts := range map[string][2]any{"placement": {written.Placement, s.placement}, "job": {written.Job, s.job}} {
		if diff := cmp.Diff(asJSON(t, parts[0]), asJSON(t, parts[1])); diff != "" {
			t.Errorf("%s (-written +sent):\n%s", name, diff)
		}
	}
	want := tencent.Target{Region: "ap-guangzhou", Site: tencent.Domestic}
	if s.target != want || s.clientToken != "nightly-1" {
		t.Errorf("target %+v, token %q", s.target, s.clientToken)
	}
}

func asJSON(t *testing.T, v any) (value any) {
	t.Helper()
	src, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(src, &value); err != nil {
		t.Fatal(err)
	}
	return value
}

// TestCompleteIsComplete: the entry of TestEverythingIsSent sets every member
// of every structure on the wire.
func TestCompleteIsComplete(t *testing.T) {
	s := New()
	if problems := s.Fields().DecodeYAML("plan.yml", complete(t), field.Options{}, s.Check); len(problems) > 0 {
		t.Fatal(problems)
	}
	set := map[string]bool{}
	visit(reflect.ValueOf(s.placement), set)
	visit(reflect.ValueOf(s.job), set)
	for member, isSet := range set {
		if !isSet {
			t.Errorf("%s is never set", member)
		}
	}
	if len(set) < 100 {
		t.Errorf("only %d members were visited", len(set))
	}
}

// visit notes of each member of each structure whether it is set anywhere.
func visit(v reflect.Value, set map[string]bool) {
	switch v.Kind() {
	case reflect.Pointer:
		visit(v.Elem(), set)
	case reflect.Slice:
		for i := range v.Len() {
			visit(v.Index(i), set)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			name := v.Type().Name() + "." + v.Type().Field(i).Name
			set[name] = set[name] || !v.Field(i).IsZero()
			visit(v.Field(i), set)
		}
	}
}

// TestNamesAreTheVendors: what is declared and what is sent have the same
// names, in depth.
func TestNamesAreTheVendors(t *testing.T) {
	same(t, "placement", placementFields(new(placement)), reflect.TypeFor[placement]())
	same(t, "job", jobFields(new(jobSpec)), reflect.TypeFor[jobSpec]())
}

func same(t *testing.T, path string, set field.Set, wire reflect.Type) {
	t.Helper()
	var members []string
	for i := range wire.NumField() {
		member := wire.Field(i)
		members = append(members, member.Name)
		of := member.Type
		for of.Kind() == reflect.Pointer || of.Kind() == reflect.Slice {
			of = of.Elem()
		}
		if j := slices.Index(set.Names(), member.Name); of.Kind() == reflect.Struct && j >= 0 {
			same(t, path+"."+member.Name, set[j].Nested(), of)
		}
	}
	names := slices.Sorted(slices.Values(set.Names()))
	slices.Sort(members)
	if diff := cmp.Diff(members, names); diff != "" {
		t.Errorf("%s (-sent +declared):\n%s", path, diff)
	}
}

func TestInRegion(t *testing.T) {
	for zone, want := range map[string]bool{
		"ap-guangzhou-4": true, "ap-guangzhou-12": true,
		"ap-guangzhou": false, "ap-guangzhou-": false, "ap-guangzhou-x": false, "ap-guangzhou4": false, "ap-shanghai-4": false,
		"ap-guangzhou-open-4": false, "": false,
	} {
		if got := inRegion(zone, "ap-guangzhou"); got != want {
			t.Errorf("inRegion(%q) is %t", zone, got)
		}
	}
}

func TestFindLoop(t *testing.T) {
	tasks := []task{{TaskName: "a"}, {TaskName: "b"}, {TaskName: "c"}, {TaskName: "d"}, {}}
	for name, test := range map[string]struct {
		next map[string][]string
		loop bool
	}{
		"none":    {nil, false},
		"chain":   {map[string][]string{"a": {"b"}, "b": {"c"}}, false},
		"diamond": {map[string][]string{"a": {"b", "c"}, "b": {"d"}, "c": {"d"}}, false},
		"itself":  {map[string][]string{"c": {"c"}}, true},
		"two":     {map[string][]string{"c": {"d"}, "d": {"c"}}, true},
		"far":     {map[string][]string{"a": {"b"}, "b": {"c"}, "c": {"d"}, "d": {"b"}}, true},
		"twice":   {map[string][]string{"a": {"b", "b"}}, false},
	} {
		if loop := findLoop(tasks, test.next); (loop != "") != test.loop {
			t.Errorf("%s: the loop is %q", name, loop)
		}
	}
}

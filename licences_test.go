package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// licencesPage names what is linked into the program, under which licence, and
// has the texts. The image brings it, as the licences ask.
const licencesPage = "docs/licences.md"

// TestLicences says that the page is current, and that whatever is linked is
// under a licence that only asks for its text; -update writes the page.
func TestLicences(t *testing.T) {
	t.Parallel()
	all, err := linked()
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range all {
		if len(m.licences) == 0 {
			t.Errorf("%s: no licence that is known to be permissive", m.Path)
		}
	}
	want := licences(all)
	if *update {
		if err := os.WriteFile(licencesPage, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	got, err := os.ReadFile(licencesPage)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Errorf("%s is not current: go test -run TestLicences -update .", licencesPage)
	}
}

// TestPermissive says which texts are known.
func TestPermissive(t *testing.T) {
	for text, want := range map[string]string{
		"Permission is hereby granted, free of charge, to any person":                                         "MIT",
		"Apache License\n   Version 2.0, January 2004":                                                        "Apache-2.0",
		"Redistribution and use in source and\nbinary forms, … Neither the name of Google Inc.":               "BSD-3-Clause",
		"Redistribution and use in source and binary forms, with or without":                                  "BSD-2-Clause",
		"GNU LESSER GENERAL PUBLIC LICENSE":                                                                   "",
		"Mozilla Public License Version 2.0":                                                                  "",
		"Permission is hereby granted, free of charge … GNU General Public License":                           "",
		"Business Source License 1.1":                                                                         "",
		"Permission is hereby granted, free of charge … Licensed under the Apache License, Version 2.0 (the)": "Apache-2.0, MIT",
	} {
		if got := strings.Join(permissive(text), ", "); got != want {
			t.Errorf("%q is %q, want %q", text, got, want)
		}
	}
}

// module is one that is linked, with the files that its licence wants passed on.
type module struct {
	Path, Version, Dir string
	licences           []string
	texts              []string
}

// linked are all modules that have a package in the program, for each platform
// of the image, and Go itself.
func linked() ([]module, error) {
	goroot, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		return nil, err
	}
	found := map[string]module{"": {Path: "Go and its standard library", Dir: strings.TrimSpace(string(goroot))}}
	for _, arch := range []string{"amd64", "arm64"} {
		list := exec.Command("go", "list", "-deps", "-json=Module", ".")
		list.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH="+arch)
		out, err := list.Output()
		if err != nil {
			return nil, fmt.Errorf("go list: %w", err)
		}
		for decoder := json.NewDecoder(strings.NewReader(string(out))); ; {
			var pkg struct {
				Module *struct {
					Path, Version, Dir string
					Main               bool
				}
			}
			if err := decoder.Decode(&pkg); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				return nil, err
			}
			if m := pkg.Module; m != nil && !m.Main {
				found[m.Path] = module{Path: m.Path, Version: m.Version, Dir: m.Dir}
			}
		}
	}
	all := slices.SortedFunc(maps.Values(found), func(a, b module) int { return cmp.Compare(a.Path, b.Path) })
	named := regexp.MustCompile(`(?i)^(licen[sc]e|notice|copying|patents|third-party-notices)\b`)
	for i := range all {
		m := &all[i]
		entries, err := os.ReadDir(m.Dir)
		if err != nil {
			return nil, err
		}
		for _, entry := range entries {
			if entry.IsDir() || !named.MatchString(entry.Name()) {
				continue
			}
			text, err := os.ReadFile(filepath.Join(m.Dir, entry.Name()))
			if err != nil {
				return nil, err
			}
			m.texts = append(m.texts, strings.TrimSpace(strings.ReplaceAll(string(text), "\r\n", "\n")))
			if strings.HasPrefix(strings.ToLower(entry.Name()), "licen") {
				m.licences = append(m.licences, permissive(string(text))...)
			}
		}
	}
	return all, nil
}

// permissive names the licences of a text, by SPDX's names; none if it has one
// that is not known, or that asks for more than its text.
func permissive(text string) (names []string) {
	text = strings.Join(strings.Fields(text), " ")
	if regexp.MustCompile(`GNU (Lesser|Library|Affero|General)|GNU LESSER|GNU GENERAL|GNU AFFERO|Mozilla Public|Eclipse Public|Business Source|Server Side Public|Commons Clause`).MatchString(text) {
		return nil
	}
	if strings.Contains(text, "Apache License") {
		names = append(names, "Apache-2.0")
	}
	if strings.Contains(text, "Redistribution and use in source and binary forms") {
		if strings.Contains(text, "Neither the name") {
			names = append(names, "BSD-3-Clause")
		} else {
			names = append(names, "BSD-2-Clause")
		}
	}
	if strings.Contains(text, "Permission is hereby granted, free of charge") {
		names = append(names, "MIT")
	}
	return names
}

// licences is the page: a table of the modules, then each text once.
func licences(all []module) string {
	var b strings.Builder
	b.WriteString("# Licences\n\nWhat is linked into the program, for linux/amd64 and linux/arm64. The image has this page as `/licences.md`, beside cloudjob's own licence, `/LICENSE`.\n\nGenerated by `go test -run TestLicences -update .`\n\n| module | licence |\n| --- | --- |\n")
	users := map[string][]string{}
	var order []string
	for _, m := range all {
		fmt.Fprintf(&b, "| %s | %s |\n", strings.TrimSpace(m.Path+" "+m.Version), strings.Join(m.licences, ", "))
		for _, text := range m.texts {
			if users[text] == nil {
				order = append(order, text)
			}
			users[text] = append(users[text], m.Path)
		}
	}
	b.WriteString("\n## Texts\n")
	for _, text := range order {
		fmt.Fprintf(&b, "\n### %s\n\n", strings.Join(users[text], ", "))
		for line := range strings.Lines(text + "\n") { // indented: a text as it is
			b.WriteString(strings.TrimRight("    "+line, " \t\r\n\f") + "\n")
		}
	}
	return b.String()
}

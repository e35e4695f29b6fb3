package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"

	"cloudjob/internal/action/runnertest"
	"cloudjob/internal/catalog"
	"cloudjob/internal/docs"
	"cloudjob/internal/emulator"
)

// workflow is a yaml block of a guide, as far as a step needs it: a workflow of
// GitHub's or a job of GitLab's.
type workflow struct {
	Name        string
	Permissions map[string]string
	Jobs        map[string]struct {
		Steps []struct {
			Uses string
			Env  map[string]string
			With map[string]string
		}
	}
}

type gitlabJob struct {
	Tokens map[string]struct{ Aud string } `yaml:"id_tokens"`
	Script []string
}

// guide PAGE NAME [NAME=VALUE...]: the surroundings of the step in a workflow of
// docs/PAGE, or in a GitLab job there: its inputs, the keys that its env takes
// from secrets and no others, GitHub's identity tokens if its permissions allow
// them, the page's files in the workspace. All calls go to the emulator.
func (s *script) guide(args []string) error {
	page, name := args[0], args[1]
	blocks, err := yamlBlocks(s.guides, page)
	if err != nil {
		return err
	}
	for _, p := range catalog.Providers() {
		for _, variable := range p.Variables {
			s.Setenv(variable, "")
		}
	}
	s.Setenv("ACTIONS_ID_TOKEN_REQUEST_URL", "")
	s.Setenv("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "")
	endpoint := s.Getenv("EMULATOR")
	inputs := map[string]string{"login_endpoint": endpoint, "endpoint": endpoint}
	found := false
	for _, block := range blocks {
		if first, rest, _ := strings.Cut(block, "\n"); strings.HasPrefix(first, "# file: ") {
			text := regexp.MustCompile(`(?m)^  - provider: .*$`).ReplaceAllString(rest, "$0\n    endpoint: "+endpoint)
			if err := os.WriteFile(s.MkAbs(strings.TrimPrefix(first, "# file: ")), []byte(text), 0o644); err != nil {
				return err
			}
			continue
		}
		var w workflow
		if err := yaml.Unmarshal([]byte(block), &w); err == nil && w.Name == name {
			found = true
			if err := s.surround(w, inputs); err != nil {
				return err
			}
			continue
		}
		var jobs map[string]gitlabJob
		if err := yaml.Unmarshal([]byte(block), &jobs); err == nil && len(jobs[name].Script) > 0 {
			found = true
			if err := s.surroundGitLab(jobs[name], inputs); err != nil {
				return err
			}
		}
	}
	if !found {
		return fmt.Errorf("docs/%s has no workflow named %s", page, name)
	}
	for _, arg := range args[2:] {
		input, value, _ := strings.Cut(arg, "=")
		inputs[input] = value
	}
	switch { // what an emulator needs, a login by keys and a plan have no use for
	case inputs["plan_file"] != "":
		delete(inputs, "endpoint")
	case s.Getenv("TENCENTCLOUD_SECRET_ID")+s.Getenv("HUAWEICLOUD_SDK_AK") != "":
		delete(inputs, "login_endpoint")
	}
	var with []string
	for input, value := range inputs {
		with = append(with, input+"="+value)
	}
	return s.with(with)
}

func (s *script) surround(w workflow, inputs map[string]string) error {
	repository, err := docs.Repository(os.DirFS("."))
	if err != nil {
		return err
	}
	steps := 0
	for _, j := range w.Jobs {
		for _, step := range j.Steps {
			if !strings.Contains(step.Uses, repository+"@") {
				continue
			}
			steps++
			for input, value := range step.With {
				inputs[input] = value
			}
			for variable, value := range step.Env {
				secret, ok := map[string]string{
					"TENCENTCLOUD_SECRET_ID": emulator.TencentKeyID, "TENCENTCLOUD_SECRET_KEY": emulator.Secret,
					"HUAWEICLOUD_SDK_AK": emulator.HuaweiAccessKey, "HUAWEICLOUD_SDK_SK": emulator.Secret,
				}[variable]
				if !ok || value != "${{ secrets."+variable+" }}" {
					return fmt.Errorf("the step's env has %s: %s", variable, value)
				}
				s.Setenv(variable, secret)
			}
		}
	}
	if steps != 1 {
		return fmt.Errorf("the workflow %s has %d steps of ours, want one", w.Name, steps)
	}
	if w.Permissions["id-token"] == "write" {
		s.Setenv("ACTIONS_ID_TOKEN_REQUEST_URL", s.Getenv("EMULATOR")+emulator.IdentityTokenPath)
		s.Setenv("ACTIONS_ID_TOKEN_REQUEST_TOKEN", emulator.IdentityRequestToken)
	}
	return nil
}

func (s *script) surroundGitLab(j gitlabJob, inputs map[string]string) error {
	words := strings.Fields(j.Script[len(j.Script)-1])
	if len(words) < 2 || words[0] != "cloudjob" || words[1] != "run" {
		return fmt.Errorf("the job's last command is %q", words)
	}
	for _, word := range words[2:] {
		input, value, _ := strings.Cut(word, "=")
		inputs[input] = value
	}
	for variable, token := range j.Tokens {
		text, err := s.identityToken(token.Aud)
		if err != nil {
			return err
		}
		s.Setenv(variable, text)
	}
	return nil
}

// identityToken is one of the emulated GitHub, since nobody plays GitLab.
func (s *script) identityToken(audience string) (string, error) {
	request, err := http.NewRequest(http.MethodGet, s.Getenv("EMULATOR")+emulator.IdentityTokenPath+"&audience="+url.QueryEscape(audience), nil)
	if err != nil {
		return "", err
	}
	request.Header.Set("Authorization", "bearer "+emulator.IdentityRequestToken)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	var answer struct{ Value string }
	err = json.NewDecoder(response.Body).Decode(&answer)
	return answer.Value, err
}

func yamlBlocks(dir, page string) (blocks []string, err error) {
	src, err := os.ReadFile(filepath.Join(dir, page))
	if err != nil {
		return nil, err
	}
	for _, m := range regexp.MustCompile("(?ms)^```yaml\n(.*?)^```$").FindAllStringSubmatch(string(src), -1) {
		blocks = append(blocks, m[1])
	}
	return blocks, nil
}

// said PAGE [WHAT [HOST]]: the last step gave the reason, in its first line, that the table of
// docs/PAGE has for what is wrong, where HOST stands for the emulator; -update
// writes it there. Without WHAT: each row was tried.
func (s *script) said(args []string) error {
	path := filepath.Join(s.guides, args[0])
	src, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	_, table, _ := strings.Cut(string(src), "<!-- BEGIN messages -->\n")
	table, _, found := strings.Cut(table, "<!-- END messages -->")
	if !found {
		return fmt.Errorf("docs/%s has no table of messages", args[0])
	}
	if len(args) == 1 {
		for _, row := range strings.Split(strings.TrimSpace(table), "\n")[2:] {
			if what := strings.Split(row, " | ")[0]; !slices.Contains(s.tried, args[0]+what) {
				err = errors.Join(err, fmt.Errorf("nothing tries the row %s", what))
			}
		}
		return err
	}
	outputs, err := os.ReadFile(s.MkAbs("../runner/output"))
	if err != nil {
		return err
	}
	entries, err := runnertest.Entries(string(outputs))
	if err != nil {
		return err
	}
	reason := ""
	for _, e := range entries {
		if e.Name == "reason" {
			reason = e.Value
		}
	}
	if reason = s.steady(reason); len(args) > 2 {
		reason = strings.ReplaceAll(reason, "EMULATOR", args[2])
	}
	reason = regexp.MustCompile(`\(request [^)]+\)`).ReplaceAllString(reason, "(request …)")
	reason, _, _ = strings.Cut(reason, "\n") // the others say more of it
	if reason == "" || strings.ContainsAny(reason, "`|\n") || strings.Contains(reason, "EMULATOR") {
		return fmt.Errorf("the reason has no place in a table: %q", reason)
	}
	row := "| " + args[1] + " | `" + reason + "` |"
	old := regexp.MustCompile(`(?m)^\| ` + regexp.QuoteMeta(args[1]) + ` \|.*$`).FindString(table)
	switch s.tried = append(s.tried, args[0]+"| "+args[1]); {
	case old == "":
		return fmt.Errorf("docs/%s has no row for %s", args[0], args[1])
	case *update:
		return os.WriteFile(path, []byte(strings.Replace(string(src), old, row, 1)), 0o644)
	case old != row:
		return fmt.Errorf("docs/%s says\n%s\nand the step\n%s", args[0], old, row)
	}
	return nil
}

// elsewhere STATUS EXAMPLE [ARG]: the shell commands of an example for another place
// than GitHub, as that place runs them, with ENDPOINT in their environment. What
// makes the program is played: git clones an empty folder, and go build writes a
// program that calls the one which is tested; docker run is that program too. git,
// skopeo and docker tell what they were called with.
func (s *script) elsewhere(args []string) error {
	src, err := os.ReadFile(filepath.Join(s.guides, "..", "examples", args[1]))
	if err != nil {
		return err
	}
	text, bin := string(src), s.MkAbs("bin")
	switch args[1] {
	case "gitlab-ci.yml":
		var jobs map[string]struct {
			Before []string `yaml:"before_script"`
			Script []string
		}
		if err := yaml.Unmarshal(src, &jobs); err != nil {
			return err
		}
		if len(jobs) != 1 {
			return fmt.Errorf("%s has %d jobs", args[1], len(jobs))
		}
		for _, j := range jobs {
			text = strings.Join(append(j.Before, j.Script...), "\n")
		}
	case "mirror-image.yml", "trend-artifact.yml":
		var w struct {
			Jobs map[string]struct{ Steps []struct{ Run string } }
		}
		if err := yaml.Unmarshal(src, &w); err != nil {
			return err
		}
		text = ""
		for _, j := range w.Jobs {
			for _, step := range j.Steps {
				if step.Run != "" {
					text += "(\n" + step.Run + "\n)\n" // each in a shell of its own
				}
			}
		}
	case "Jenkinsfile":
		_, text, _ = strings.Cut(text, "sh '''\n")
		text, _, _ = strings.Cut(text, "'''")
		text = strings.ReplaceAll(text, "\\\n", "") // Groovy joins these lines
	}
	text = strings.ReplaceAll(text, "/usr/local/bin", bin)
	program := ""
	for _, dir := range filepath.SplitList(s.Getenv("PATH")) {
		if path := filepath.Join(dir, "cloudjob"); program == "" && isFile(path) {
			program = path
		}
	}
	for name, file := range map[string]string{
		"bin/git":    "#!/bin/sh\necho git \"$@\"\nfor last; do :; done\nif [ \"$1\" = clone ]; then mkdir \"$(basename \"$last\" .git)\"; fi\n",
		"bin/skopeo": "#!/bin/sh\necho skopeo \"$@\"\n",
		"bin/docker": "#!/bin/sh\necho docker \"$@\"\n[ \"$1\" = run ] || exit 0\nwhile [ \"$1\" != cloudjob ]; do shift; done\nshift\nexec " + program + " \"$@\"\n",
		"bin/go":     "#!/bin/sh\n[ \"$1 $2\" = 'build -o' ] && printf '#!/bin/sh\\nexec " + program + " \"$@\"\\n' >\"$3\" && chmod +x \"$3\"\n",
		"example.sh": text,
	} {
		path := s.MkAbs(name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, []byte(file), 0o755); err != nil {
			return err
		}
	}
	s.Setenv("PATH", bin+string(os.PathListSeparator)+s.Getenv("PATH"))
	err = s.Exec("bash", append([]string{"-e", s.MkAbs("example.sh")}, args[2:]...)...)
	ended := &exec.ExitError{}
	if errors.As(err, &ended) && strconv.Itoa(ended.ExitCode()) == args[0] || err == nil && args[0] == "0" {
		return nil
	}
	return fmt.Errorf("it ends with %v, not with %s", err, args[0])
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}

// shown PAGE PART HOST stdout|stderr: what docs/PAGE shows as PART was printed so
// by the last command, line by line, but for times and the HOST, which stands
// for the emulator. It is changed by hand.
func (s *script) shown(args []string) error {
	src, err := os.ReadFile(filepath.Join(s.guides, args[0]))
	if err != nil {
		return err
	}
	_, part, _ := strings.Cut(string(src), "<!-- BEGIN "+args[1]+" -->\n```\n")
	part, _, found := strings.Cut(part, "```\n<!-- END "+args[1]+" -->")
	if !found || part == "" {
		return fmt.Errorf("docs/%s has no part %s", args[0], args[1])
	}
	part = s.steady(strings.ReplaceAll(part, args[2], "EMULATOR"))
	printed := strings.ReplaceAll(s.steady(s.ReadFile(args[3])), "debug: ", "")
	for line := range strings.Lines(part) {
		if !strings.Contains(printed, line) {
			err = errors.Join(err, fmt.Errorf("docs/%s shows, and nothing printed: %s", args[0], line))
		}
	}
	return err
}

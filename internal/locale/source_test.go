package locale

import (
	"go/ast"
	"go/parser"
	"go/token"
	"html"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// exempt are the files whose texts stay in English, and why.
func exempt() map[string]string {
	return map[string]string{
		"action/commands.go": "the help of commands, which is in English",
		"action/emulate.go":  "the emulator's own talk, for who develops against it",
		"action/docs.go":     "for who works on this action",
		"catalog/catalog.go": "the documentation's",
		"plan/schema.go":     "the JSON Schema",
		"report/outputs.go":  "the documentation of the outputs, and their values, which programs read",
		"report/evidence.go": "a statement that programs read",
		"cloud/trace.go":     "the debug log",
		"report/own.go":      "how a file of ours begins",
		"report/junit.go":    "junit.xml, which programs read",

		"action/facts.go":                 "facts, which docs/facts has in English",
		"service/tencentpts/facts.go":     "facts",
		"service/tencentbatch/facts.go":   "facts",
		"service/huaweidrs/facts.go":      "facts",
		"service/huaweicpts/facts.go":     "facts",
		"service/huaweidataarts/facts.go": "facts",
	}
}

// noTexts are parts of literals that look like texts and are none, or that nobody
// reads outside of the documentation, and why.
func noTexts() map[string]string {
	return map[string]string{
		"avg min max p50":        "names",
		"docker run":             "a command",
		"cloudjob run":           "a command",
		"dry run":                "a part of a mark",
		"limit second":           "a class of CSS",
		"limit third":            "a class of CSS",
		"path escapes from":      "an error of Go's that is looked for",
		"cloudjob tries whether": "a file that is taken away again",
		"^yaml: line":            "a pattern",
		"found a tab character":  "what an error of YAML has",
		"as in the workflow}":    "a script",
		"is to hold the input":   "a script",
		"that gets report pages": "help",
		"issue comment":          "the name of a call",
		"authenticated user":     "the name of a call",
		"<html":                  "HTML",
		"charset=":               "a header",
		":cpts:":                 "a permission",
		"drs:migration":          "a permission",
		"qcs::cam":               "a pattern",
		"pts:StartJob":           "a permission",
		"basic.Credentials":      "a type",
		"DescribeJobs; max":      "names of calls",
		"DescribeSampleBatch":    "names of calls",
		"into the recording":     "in a sentence of the book",
		"cloudjob: set":          "said before anything is read",
		"cloudjob: gate":         "whole titles are in the book",
		"What must hold":         "documentation",
		"for every job, beside":  "documentation",
		"for the job to pass":    "documentation",
		"The service":            "documentation",
		"en; on a laptop":        "documentation",
		"stop; leave for":        "documentation",
		"what the cloud gives":   "documentation",
		"sts.tencentcloudapi":    "documentation",
		"Key pairs":              "documentation",
		"Data disks":             "documentation",
		"System disk":            "documentation",
		"File system":            "documentation",
		"GitHub is asked":        "documentation",
		"leave the selector or":  "ends in a quote",
		"must be true or false":  "a list and what it is not",
		"must be a whole number": "and what it is not",
		"exclude each other":     "with the names",
		"have all":               "with the names",
		"1 stands out":           "with the number",
	}
}

// code finds what is a plan, inputs or the usage of a command.
var code = regexp.MustCompile(`\n    (?:endpoint|job_name): |\nproject_id=|^usage: |^(?:project_id|region): .*\n`)

// documentation tells of a text of the reference: sentences with full stops. What
// goes wrong is said without.
func documentation(text string) bool {
	return strings.HasSuffix(text, ".") && len(text) > 12 && !strings.HasPrefix(text, "\n")
}

// literals are the texts in the source that people may read, by where they stand.
func literals(t *testing.T) map[string][]string {
	t.Helper()
	found := map[string][]string{}
	err := filepath.WalkDir("..", func(file string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := filepath.ToSlash(strings.TrimPrefix(file, ".."+string(filepath.Separator)))
		if entry.IsDir() && slices.Contains([]string{"emu", "emulator", "docs", "hostile", "runnertest", "servicetest", "testdata", "locale"}, entry.Name()) {
			return fs.SkipDir
		}
		if path.Ext(name) == ".html" {
			src, err := os.ReadFile(file)
			if err != nil {
				return err
			}
			for _, text := range htmlText.FindAllString(string(src), -1) {
				if text = strings.Trim(strings.TrimPrefix(text, "data-filter="), " .,;:·<>{}\""); words.MatchString(text) || labels.MatchString(text) {
					found[text] = append(found[text], name)
				}
			}
			return nil
		}
		if _, skip := exempt()[name]; skip || entry.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return nil
		}
		set := token.NewFileSet()
		parsed, err := parser.ParseFile(set, file, nil, 0)
		if err != nil {
			return err
		}
		ast.Inspect(parsed, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.ImportSpec:
				return false
			case *ast.Field:
				if n.Tag != nil {
					return false
				}
			case *ast.BasicLit:
				text, err := strconv.Unquote(n.Value)
				if n.Kind != token.STRING || err != nil || documentation(text) && path.Dir(name) != "report" || code.MatchString(text) {
					break
				}
				if path.Dir(name) == "report" && labels.MatchString(text) {
					found[text] = append(found[text], name)
				}
				at := name + ":" + strconv.Itoa(set.Position(n.Pos()).Line)
				for _, piece := range pieces(html.UnescapeString(text)) {
					found[piece] = append(found[piece], at)
				}
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

var (
	htmlText = regexp.MustCompile(`[>}][^<>{}]+[<{]|data-filter="[^"]+"`)
	labels   = regexp.MustCompile(`^[A-Z][a-z]{2,}$`)

	verb  = regexp.MustCompile(`%(?:\[\d\])?[-+#0-9.*]*[a-zA-Z]`)
	cells = regexp.MustCompile("`[^`]*`|" + ` *\| *|^#+ |\n+#* *|\*\*|<[^>]*>|\t`)
	words = regexp.MustCompile(`[A-Za-z']{2,}[ ,:;]+[a-z]{2,}`)
)

// pieces are the parts of a text between what fills it and what is markup, as far
// as they are English: of two words at least.
func pieces(text string) (all []string) {
	for _, line := range cells.Split(strings.ReplaceAll(text, "%%", "\x00"), -1) {
		for _, piece := range verb.Split(line, -1) {
			for _, piece := range strings.Split(piece, ". ") {
				piece = strings.Trim(strings.ReplaceAll(piece, "\x00", "%"), " ;:,.()`–❌✅❓🛑🧪➡️◯")
				if words.MatchString(piece) {
					all = append(all, piece)
				}
			}
		}
	}
	return all
}

// TestEveryTextHasAPhrase: what the source says to people, the book says too.
func TestEveryTextHasAPhrase(t *testing.T) {
	var book strings.Builder
	for _, e := range entries(chinese) {
		book.WriteString(e.english + "\n")
	}
	said := book.String()
	needless := noTexts()
	for piece, at := range literals(t) {
		known := strings.Contains(said, piece) && !labels.MatchString(piece) || strings.Contains(said, "\n"+piece+"\n")
		for part := range noTexts() {
			if strings.Contains(piece, part) {
				known = true
				delete(needless, part)
			}
		}
		if !known {
			t.Errorf("%s: %q has no phrase in zh.txt", strings.Join(at, ", "), piece)
		}
	}
	for part := range needless {
		t.Errorf("no text has %q any more", part)
	}
}

// foreign is where texts begin that others say: Go, the operating system, YAML.
const foreign = "\n# Go, the operating system and YAML\n"

// TestEveryPhraseHasAText: what the book says, the source says too, in one
// literal or put together of several.
func TestEveryPhraseHasAText(t *testing.T) {
	seen := map[string]bool{}
	err := filepath.WalkDir("..", func(file string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || strings.HasSuffix(file, "_test.go") || strings.Contains(filepath.ToSlash(file), "/emu/") {
			return err
		}
		switch path.Ext(file) {
		case ".html":
			src, err := os.ReadFile(file)
			for _, text := range htmlText.FindAllString(string(src), -1) {
				seen[strings.Trim(strings.TrimPrefix(text, "data-filter="), " <>{}\"")] = true
			}
			return err
		case ".go":
			parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
			if err != nil {
				return err
			}
			ast.Inspect(parsed, func(n ast.Node) bool {
				if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
					if text, err := strconv.Unquote(lit.Value); err == nil {
						text = html.UnescapeString(text)
						for _, piece := range verb.Split(strings.ReplaceAll(text, "%%", "\x00"), -1) {
							for _, piece := range cells.Split(piece, -1) {
								for _, piece := range append(clauses(piece), piece) {
									seen[strings.TrimSpace(strings.ReplaceAll(piece, "\x00", "%"))] = true
								}
							}
						}
					}
				}
				return true
			})
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	texts := slices.SortedFunc(maps.Keys(seen), func(a, b string) int { return len(b) - len(a) })
	ours, _, _ := strings.Cut(chinese, foreign)
	whole := strings.Join(texts, "\n")
	for _, e := range entries(ours) {
		for _, part := range newPhrase(e.english, e.other).parts {
			for _, piece := range clauses(part) {
				if left := unsaid(strings.TrimSpace(piece), whole, texts); left != "" && left != "replication" { // which is of a metric's name
					t.Errorf("nothing says %q of %q", left, e.english)
				}
			}
		}
	}
}

func clauses(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(";:,.()", r) })
}

// unsaid is what is left of a piece without the texts that it is made of.
func unsaid(piece, whole string, texts []string) string {
	if strings.Contains(whole, strings.TrimSuffix(piece, "s")) {
		return ""
	}
	for _, text := range texts {
		if len(text) > 2 && strings.Contains(piece, text) {
			piece = regexp.MustCompile(`(^|[^A-Za-z])`+regexp.QuoteMeta(text)+`($|[^A-Za-z])`).ReplaceAllString(piece, "$1\x00$2")
		}
	}
	return longWord.FindString(piece)
}

// longWord is one that no plural, article or joint is.
var longWord = regexp.MustCompile(`[A-Za-z]{4,}`)

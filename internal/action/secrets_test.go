package action

import (
	"errors"
	"reflect"

	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html"
	"html/template"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"

	"cloudjob/internal/emulator"
	"cloudjob/internal/engine"
	"cloudjob/internal/job"
	"cloudjob/internal/report"
)

// TestRedact holds that of secrets which begin alike the longer is found, and
// that short ones, which would shred every text, are left.
func TestRedact(t *testing.T) {
	var s secrets
	s.add(nil, "secret-key", "secret-key-of-another", "short")
	if got, want := s.replace("secret-key-of-another secret-key-2 short"), "*** ***-2 short"; got != want {
		t.Errorf("redacted %q, want %q", got, want)
	}
}

// TestSecretsGrow: a key that a login brings while the step runs is masked once,
// before anything that holds it is written, and taken out of what is written
// from then on, by consoles that were there before, the crash's among them.
func TestSecretsGrow(t *testing.T) {
	var out bytes.Buffer
	p := &process{stdout: &out, stderr: &out, getenv: func(name string) string {
		return map[string]string{"GITHUB_ACTIONS": "true", "TENCENTCLOUD_SECRET_KEY": "permanent-key"}[name]
	}}
	c := p.newConsole()
	var all sync.WaitGroup
	for i := range 20 {
		all.Go(func() {
			key := fmt.Sprintf("temporary-key-%02d", i)
			p.keep(key)
			p.keep(key, "permanent-key")
			c.line("signed with %s", key)
			c.debug(key)
		})
	}
	all.Wait()
	c.failure("title", "refused: temporary-key-11")
	p.crashed(fmt.Errorf("a fault with temporary-key-07 and permanent-key"))
	log := out.String()
	for i := range 20 {
		if n := strings.Count(log, fmt.Sprintf("::add-mask::temporary-key-%02d\n", i)); n != 1 {
			t.Errorf("key %d has %d masks", i, n)
		}
	}
	if rest := logWithoutMasks(log); strings.Contains(rest, "temporary-key") || strings.Contains(rest, "permanent-key") || !strings.Contains(rest, "signed with ***\n") || !strings.Contains(rest, "a fault with *** and ***") {
		t.Errorf("the log shows keys:\n%s", rest)
	}
	if !strings.HasPrefix(log, "::add-mask::permanent-key\n") {
		t.Errorf("the log begins with something else than a mask:\n%s", log)
	}
}

// awkward is a secret with all that some writer escapes.
const awkward = `to_ken*with<odd>&"signs"|and~more/of+them='é'`

// TestSecretForms: a secret is found however it was written, whatever stands
// between its characters that nobody sees, and where it was cut.
func TestSecretForms(t *testing.T) {
	const plain = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
	for _, secret := range []string{plain, awkward, "密钥密钥密钥密钥", strings.Repeat("long-", 300) + "secret", "first-line\nsecond-line", "eightcha"} {
		var s secrets
		s.add(nil, secret)
		runes := []rune(secret)
		for name, write := range writers() {
			for what, odd := range map[string]string{
				"nothing": "", "zero-width spaces": "\u200b", "direction marks": "\u202e\u2066", "line breaks": "\r\n  ", "controls": "\x00\x1b",
				"broken UTF-8": "\xff\xc0", "replacement characters": "\ufffd", "joiners": "\u034f\ufe0f\u00ad", "fillers": "\u3164\u115f",
			} {
				got := s.replace("before " + write(secret, odd) + " behind")
				if !strings.HasPrefix(got, "before ") || !strings.HasSuffix(got, " behind") || left(got, write(secret, "")) {
					t.Errorf("%.30q in %s with %s inside: %.200q", secret, name, what, got)
				}
			}
			for _, n := range []int{9, 20, len(runes) - 1} {
				head := string(runes[:min(n, len(runes)-1)])
				if text := write(head, ""); len(meant(text)) >= 8 && len(bare(head)) >= 8 && !strings.Contains(name, "Base64") && left(s.replace("before "+text+"… (cut)"), text) {
					t.Errorf("%.30q in %s, cut after %d characters, is shown: %q", secret, name, n, s.replace(text+"…"))
				}
			}
		}
		if got := s.replace(markdown.ReplaceAllString(secret, `\$0`)); left(got, secret) {
			t.Errorf("%.30q in Markdown: %.200q", secret, got)
		}
		for _, around := range []string{"", "x", "xy", "user:"} {
			text := base64.StdEncoding.EncodeToString([]byte(around + secret + ":behind"))
			if got := s.replace(text); len(got) > len(text)-len(secret)+len("***") {
				t.Errorf("%.30q behind %q in Base64: %s", secret, around, got)
			}
		}
	}
}

// writers put a text, with something odd between its characters, into the forms
// that there are; they are others' where there are such.
func writers() map[string]func(text, odd string) string {
	eachBy := func(escape func(string) string) func(text, odd string) string {
		return func(text, odd string) string {
			if odd == "" {
				return escape(text)
			}
			var all []string
			for _, r := range text {
				all = append(all, escape(string(r)))
			}
			return strings.Join(all, odd)
		}
	}
	wholeBy := func(encode func([]byte) string) func(text, odd string) string {
		return func(text, odd string) string { return between(encode([]byte(text)), odd) }
	}
	inJSON := func(text string) string {
		b, _ := json.Marshal(text)
		return string(b[1 : len(b)-1])
	}
	unquoted := func(quote func(string) string) func(string) string {
		return func(text string) string { text = quote(text); return text[1 : len(text)-1] }
	}
	return map[string]func(text, odd string) string{
		"plain": eachBy(func(text string) string { return text }), "query": eachBy(url.QueryEscape), "path": eachBy(func(text string) string { return (&url.URL{Path: "/" + text}).EscapedPath()[1:] }),
		"double URL": eachBy(func(text string) string { return url.QueryEscape(url.QueryEscape(text)) }),
		"userinfo":   eachBy(func(text string) string { return url.User(text).String() }), "JSON": eachBy(inJSON), "nested JSON": eachBy(func(text string) string { return inJSON(inJSON(text)) }),
		"Go": eachBy(unquoted(strconv.Quote)), "ASCII": eachBy(unquoted(strconv.QuoteToASCII)), "HTML": eachBy(html.EscapeString), "template": eachBy(template.HTMLEscapeString),
		"Base64": wholeBy(base64.StdEncoding.EncodeToString), "raw URL Base64": wholeBy(base64.RawURLEncoding.EncodeToString),
		"Base64 in a URL": func(text, odd string) string {
			return eachBy(url.QueryEscape)(base64.StdEncoding.EncodeToString([]byte(text)), odd)
		},
	}
}

// left tells that a text still shows eight characters of a secret in a row.
func left(text, secret string) bool {
	text, runes := string(bare(text)), bare(secret)
	for i := 0; i+8 <= len(runes); i++ {
		if strings.Contains(text, string(runes[i:i+8])) {
			return true
		}
	}
	return false
}

// between puts something between all characters.
func between(text, odd string) string {
	var b strings.Builder
	for i, r := range text {
		if i > 0 {
			b.WriteString(odd)
		}
		b.WriteRune(r)
	}
	return b.String()
}

// TestOrdinaryText: what is no secret stays as it is.
func TestOrdinaryText(t *testing.T) {
	var s secrets
	s.add(nil, "cn-north-4-secret", awkward, "emulator-secret-key")
	for _, text := range []string{"", "cn-north-4", "emulator-secret", "emulator", "a\x00b\xff\u202ec", strings.Repeat("cn-north-4-secre ", 1000), "to_ken*with<odd>&"} {
		if got := s.redact(text); got != text {
			t.Errorf("%.40q became %.40q", text, got)
		}
	}
	if got, want := s.replace(`a\emulator-secret-key\b emulator-`+"\n"+`secret-key emulator-secret-keyemulator-secret-key`), `a***\b *** ******`; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// TestMaskedForms: with what the runner is told, and makes of it by itself, it
// finds a secret wherever it stands in Base64 of both alphabets; it is told of
// nothing short, and of nothing twice.
func TestMaskedForms(t *testing.T) {
	for _, secret := range []string{"0123456789ab", "0123456789abc", "0123456789abcd", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", awkward, "short", "???>>>???>>>~~~"} {
		var s secrets
		var masks []string
		s.add(func(text string) { masks = append(masks, text) }, secret)
		s.add(func(text string) { masks = append(masks, text) }, secret)
		if secret == "short" {
			if masks != nil {
				t.Errorf("masked: %q", masks)
			}
			continue
		}
		if masks[0] != secret || len(slices.Compact(slices.Sorted(slices.Values(masks)))) != len(masks) {
			t.Errorf("masked: %q", masks)
		}
		known := func(text string) bool {
			return slices.ContainsFunc(append(runnerForms(secret), masks...), func(form string) bool { return strings.Contains(text, form) })
		}
		for _, alphabet := range []*base64.Encoding{base64.StdEncoding, base64.URLEncoding} {
			for _, before := range []string{"", "x", "xy", "xyz"} {
				for _, behind := range []string{"", "x", "xy"} {
					if text := alphabet.EncodeToString([]byte(before + secret + behind)); !known(text) {
						t.Errorf("of %s between %q and %q the runner would show %s", secret, before, behind, text)
					}
				}
			}
		}
		for _, name := range []string{"plain", "query", "JSON", "HTML", "Base64", "raw URL Base64"} {
			if text := writers()[name](secret, ""); !known(text) {
				t.Errorf("of %s the runner would show the form for %s: %s", secret, name, text)
			}
		}
	}
}

// markdown finds what may be escaped in it.
var markdown = regexp.MustCompile(`[!-/:-@\[-` + "`" + `{-~]`)

// FuzzSecrets: what is written shows no secret, and is the text where there was
// none.
func FuzzSecrets(f *testing.F) {
	f.Add("a", "secret-key", "\u200b", "b")
	f.Add("100%", "41424344-key", "", "")
	f.Add("\\", awkward, "\n", "…")
	f.Fuzz(func(t *testing.T, before, secret, inside, behind string) {
		var s secrets
		s.add(nil, secret)
		if strings.ContainsFunc(inside, func(r rune) bool { return !odd(r) }) {
			return
		}
		got := s.replace(before + between(secret, inside) + behind)
		if b := string(bare(strings.TrimSpace(secret))); utf8.RuneCountInString(b) >= maskLimit && strings.Contains(string(bare(got)), b) {
			t.Errorf("%q shows %q", got, secret)
		}
		if s.replace(got) != got {
			t.Errorf("%q changes when it is redacted again", got)
		}
	})
}

func BenchmarkReplace(b *testing.B) {
	var s secrets
	for i := range 100 {
		s.add(nil, fmt.Sprintf("temporary-key-%d-%040d", i, i))
	}
	text := strings.Repeat(`{"name":"GET /api/v1/users/1234","tempo":"temperature","value":12.5},`, 1<<14)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		s.replace(text)
	}
}

// TestNoTextOfAResultIsForgotten: a field that somebody adds to what a job says
// is redacted too, or this fails.
func TestNoTextOfAResultIsForgotten(t *testing.T) {
	const secret = "temporary-secret-key"
	var fill func(v reflect.Value)
	fill = func(v reflect.Value) {
		switch v.Kind() {
		case reflect.String:
			if v.Type() == reflect.TypeFor[string]() { // others are words of ours
				v.SetString(secret)
			}
		case reflect.Struct:
			for i := range v.NumField() {
				if v.Type().Field(i).IsExported() {
					fill(v.Field(i))
				}
			}
		case reflect.Slice:
			if v.Type().Elem() == reflect.TypeFor[report.Result]() { // a past, which no file has
				return
			}
			v.Set(reflect.MakeSlice(v.Type(), 1, 1))
			fill(v.Index(0))
		case reflect.Pointer:
			v.Set(reflect.New(v.Type().Elem()))
			fill(v.Elem())
		case reflect.Map:
			value := reflect.New(v.Type().Elem()).Elem()
			fill(value)
			v.Set(reflect.MakeMap(v.Type()))
			v.SetMapIndex(reflect.ValueOf("key").Convert(v.Type().Key()), value)
		}
	}
	var find func(where string, v reflect.Value)
	find = func(where string, v reflect.Value) {
		switch v.Kind() {
		case reflect.String:
			if strings.Contains(v.String(), secret) {
				t.Errorf("%s shows the secret", where)
			}
		case reflect.Struct:
			for i := range v.NumField() {
				find(where+"."+v.Type().Field(i).Name, v.Field(i))
			}
		case reflect.Slice:
			for i := range v.Len() {
				find(where, v.Index(i))
			}
		case reflect.Pointer, reflect.Interface:
			if !v.IsNil() {
				find(where, v.Elem())
			}
		case reflect.Map:
			for _, key := range v.MapKeys() {
				find(where, v.MapIndex(key))
			}
		}
	}
	c := console{secrets: new(secrets)}
	c.secrets.add(nil, secret)
	for name, err := range map[string]error{"known": new(job.Error), "other": errors.New(secret)} {
		r := engine.Result{Items: make([]job.Item, 1)}
		fill(reflect.ValueOf(&r).Elem())
		if known, ok := err.(*job.Error); ok {
			fill(reflect.ValueOf(known).Elem())
		}
		r.Items[0].Err = err
		find(name, reflect.ValueOf(c.redacted(r)))
	}
	var r report.Result
	fill(reflect.ValueOf(&r).Elem())
	find("read", reflect.ValueOf(c.redactedResult(r)))
}

// TestOrdinaryWordsAreNoSecrets: a login that is a word of the run, or a part of
// one, is refused with its reason and masked nowhere; what was only written into
// an input is not shown either.
func TestOrdinaryWordsAreNoSecrets(t *testing.T) {
	for value, inputs := range map[string]map[string]string{
		"ap-guangzhou":      {"region": "ap-guangzhou"},
		"project-demo":      {"project_id": "project-demo"},
		"tencent-pts":       {},
		"succeeded":         {},
		"owner-of/the-repo": {},
		"a-real-secret-key": {"note": "with a-real-secret-key in it"},
		"scenario-one":      {"scenario_id": "scenario-one,scenario-two"},
	} {
		for _, phase := range []string{"step", "check"} {
			s := newStage(t, load())
			for name, text := range inputs {
				s.env["INPUT_"+strings.ToUpper(name)] = text
			}
			s.env["TENCENTCLOUD_SECRET_KEY"], s.env["GITHUB_REPOSITORY"] = value, "owner-of/the-repository"
			p := s.process("action")
			if phase == "check" {
				p.args = []string{"check"}
				for _, in := range p.stepInputs() {
					p.args = append(p.args, in.Name+"="+in.Text)
				}
			}
			if status := p.main(t.Context()); status != job.InvalidInput.Exit() || s.live() != 0 {
				t.Errorf("%s, %s: exit status %d, want 2", value, phase, status)
			}
			log := s.out.String()
			if strings.Contains(log, "::add-mask::"+value) || !strings.Contains(log, "::add-mask::"+emulator.TencentKeyID) || !strings.Contains(log, "TENCENTCLOUD_SECRET_KEY: is no secret: ") {
				t.Errorf("%s, %s: the log is\n%s", value, phase, log)
			}
			if strings.Contains(log+s.read("summary")+s.read("output"), "a-real-secret-key") {
				t.Errorf("%s, %s: the secret is shown:\n%s", value, phase, log)
			}
		}
	}
}

// TestKnownSecrets: the tokens of the runner and the password of a proxy are
// secrets too; the proxy's host and user are not.
func TestKnownSecrets(t *testing.T) {
	for name, c := range map[string]struct{ value, secret, word string }{
		"HTTPS_PROXY":                    {"http://proxy-user:p%40ssword-1@proxy.example.com:3128", "p@ssword-1", "proxy.example.com:3128"},
		"https_proxy":                    {"proxy-user:passw0rd@proxy.example.com:3128", "passw0rd", "proxy-user"},
		"ALL_PROXY":                      {"socks5://proxy-user:short@proxy.example.com", "proxy-user:short", "short"},
		"HTTP_PROXY":                     {"http://proxy-user@proxy.example.com:%zz", "", "proxy-user"},
		"http_proxy":                     {"http://us er:pass@word-1@proxy.example.com:%zz", "pass@word-1", "proxy.example.com"},
		"ACTIONS_ID_TOKEN_REQUEST_TOKEN": {"bearer-of-the-runner", "bearer-of-the-runner", "runner"},
		"GITHUB_TOKEN":                   {"ghs_0123456789", "ghs_0123456789", "ghs_"},
		"INPUT_GITHUB_TOKEN":             {"ghs_0123456789", "ghs_0123456789", "ghs_"},
	} {
		var out bytes.Buffer
		p := &process{stdout: &out, stderr: &out, getenv: func(asked string) string {
			return map[string]string{"GITHUB_ACTIONS": "true", name: c.value}[asked]
		}}
		console := p.newConsole()
		masks := out.String()
		out.Reset()
		console.line("%s and %s", c.secret, c.word)
		if got := out.String(); got != "*** and "+c.word+"\n" && c.secret != "" || c.secret == "" && masks != "" || strings.Contains(masks, "::"+c.word+"\n") {
			t.Errorf("%s=%s: masks %q, then %q", name, c.value, masks, got)
		}
	}
}

package action

import (
	"encoding/base64"
	"encoding/json"
	"html"
	"math/bits"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/sethvargo/go-githubactions"

	"cloudjob/internal/catalog"
	"cloudjob/internal/field"
	"cloudjob/internal/job"
	"cloudjob/internal/plan"
)

// secrets are what nobody may see of a process: of the environment from the
// beginning, and what a login brings while it runs. The zero value has none.
//
// They are found in every form in which something writes a text, whatever stands
// between their characters that nobody sees or that a writer drops (see odd),
// and where a text was cut inside of one.
type secrets struct {
	mu    sync.RWMutex
	known map[string]bool     // whether the runner was told
	forms map[uint64][][]rune // as read gives them, by the hash of their beginnings
	rare  [1 << 10]uint64     // a bit for each beginning: few texts have one
}

// maskLimit is how many characters a secret has at least: shorter ones would
// shred the log if they were masked.
const maskLimit = 8

// add takes values among the secrets, and each line of one with several. It
// tells the runner of each once through mask, if that is not nil, before anybody
// can use it.
func (s *secrets) add(mask func(text string), values ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, v := range values {
		lines := strings.FieldsFunc(v, func(r rune) bool { return r == '\n' || r == '\r' })
		for _, v := range append([]string{v}, lines...) {
			if v = strings.TrimSpace(v); len(bare(v)) < maskLimit {
				continue
			}
			told, known := s.known[v]
			if !known {
				s.learn(v)
			}
			if s.known[v] = told || mask != nil; s.known[v] && !told {
				tell(mask, v)
			}
		}
	}
}

// tell masks a value and those of its forms that the runner does not know.
func tell(mask func(text string), value string) {
	runners := runnerForms(value)
	for _, form := range forms(value) {
		hidden := func(part string) bool { return strings.Contains(form, part) }
		if len(form) >= maskLimit && (form == value || !slices.ContainsFunc(runners, hidden)) {
			mask(form)
		}
	}
}

func (s *secrets) learn(value string) {
	if s.known == nil {
		s.known, s.forms = map[string]bool{}, map[uint64][][]rune{}
	}
	for _, form := range forms(value) {
		s.look(bare(form))
		s.look(meant(form))
	}
}

// look has a form looked for from now on.
func (s *secrets) look(form []rune) {
	if len(form) < maskLimit {
		return
	}
	var begin beginning
	for _, r := range form[:maskLimit] {
		begin.add(r, 0)
	}
	h := begin.hash
	for _, other := range s.forms[h] {
		if slices.Equal(other, form) {
			return
		}
	}
	s.forms[h] = append(s.forms[h], form)
	word, bit := begin.rare()
	s.rare[word] |= bit
}

// beginning are the last characters that were read, as many as every form has.
type beginning struct {
	hash  uint64
	last  [maskLimit]rune
	at    [maskLimit]int // where they are
	count int
}

// add turns the hash by an eighth for each character, so that the one that falls
// out has come round and goes as it came.
func (b *beginning) add(r rune, at int) {
	i := b.count % maskLimit
	b.hash = bits.RotateLeft64(b.hash, 64/maskLimit) ^ spread(r)
	if b.count >= maskLimit {
		b.hash ^= spread(b.last[i])
	}
	b.last[i], b.at[i] = r, at
	b.count++
}

// spread makes a number of a character in which every bit counts.
func spread(r rune) uint64 { return uint64(r+1) * 0x9e3779b97f4a7c15 }

// rare is which bit the beginning has.
func (b *beginning) rare() (word int, bit uint64) {
	h := b.hash >> 48
	return int(h >> 6), 1 << (h & 63)
}

// replace takes out of a text what is no text, and then the secrets.
func (s *secrets) replace(text string) string { return s.redact(job.Plain(text)) }

// redact takes the secrets out of a text, and leaves the rest as it is. What
// looks like an escape may be one, or the end of something else and the begin of
// a secret.
func (s *secrets) redact(text string) string {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if len(s.forms) == 0 {
		return text
	}
	if text = s.without(text, verbatim); strings.ContainsAny(text, `\%&`) {
		text = s.without(text, read)
	}
	return text
}

// in tells that a text holds a secret.
func (s *secrets) in(text string) bool { return s.redact(text) != text }

// without is a text without the secrets that are there if it is so read.
func (s *secrets) without(text string, read reading) string {
	var out strings.Builder
	var begin beginning
	done := 0 // up to where the text is written
	for i := 0; i < len(text); {
		r, size := read(text[i:])
		i += size
		if r < 0 {
			continue
		}
		begin.add(r, i-size)
		if word, bit := begin.rare(); begin.count < maskLimit || s.rare[word]&bit == 0 {
			continue
		}
		from := begin.at[begin.count%maskLimit]
		to := from
		for _, form := range s.forms[begin.hash] {
			to = max(to, from+extent(form, text[from:], read))
		}
		if to == from {
			continue
		}
		for from > done && text[from-1] == '\\' { // it belongs to what is taken out
			from--
		}
		out.WriteString(text[done:from])
		out.WriteString("***")
		done, i, begin = to, to, beginning{}
	}
	if done == 0 {
		return text
	}
	out.WriteString(text[done:])
	return out.String()
}

// cut is what stands where a text of ours was cut.
const cut = '…'

// extent is how much of a text a form takes that it begins with, to its end or
// to where the text was cut; 0 if it does not begin with it.
func extent(form []rune, text string, read reading) int {
	i := 0
	for n := 0; n < len(form); {
		if i == len(text) {
			return 0
		}
		r, size := read(text[i:])
		switch {
		case r == form[n]:
			n++
		case r == cut && n >= maskLimit:
			return i
		case r >= 0:
			return 0
		}
		i += size
	}
	return i
}

// reading takes the character that a text begins with; it is negative if it is
// odd.
type reading func(text string) (r rune, size int)

// verbatim takes every character for itself.
func verbatim(text string) (r rune, size int) {
	if c := text[0]; c > ' ' && c < 0x7f && c != '\\' {
		return rune(c), 1
	}
	if r, size = utf8.DecodeRuneInString(text); odd(r) {
		return -1, size
	}
	return r, size
}

// read is the character that a text begins with, as its reader takes it: of an
// escape what it stands for.
func read(text string) (r rune, size int) {
	switch c := text[0]; {
	case c == '\\':
		r, size = backslash(text)
	case c == '%':
		r, size = percent(text)
	case c == '&':
		r, size = entity(text)
	default:
		return verbatim(text)
	}
	if odd(r) {
		return -1, size
	}
	return r, size
}

// odd tells of a character that keeps no reader from seeing a secret around it,
// or that some writer drops: white space, what controls, joins, combines or
// turns, what is no UTF-8, and the backslash, which escapes.
func odd(r rune) bool {
	if r < utf8.RuneSelf {
		return r <= ' ' || r == '\\' || r == 0x7f
	}
	return r == utf8.RuneError || !unicode.IsGraphic(r) || unicode.IsSpace(r) || unicode.IsMark(r) || unicode.Is(unicode.Other_Default_Ignorable_Code_Point, r)
}

// backslash reads an escape of JSON, of Go or of a shell.
func backslash(text string) (r rune, size int) {
	if len(text) == 1 {
		return '\\', 1
	}
	switch text[1] {
	case '\\', 'n', 'r', 't', 'f', 'v', 'b':
		return '\\', 2
	case 'x':
		size = 4
	case 'u':
		size = 6
	case 'U':
		size = 10
	}
	n, ok := hex(text, 2, size)
	switch {
	case !ok:
		return '\\', 1
	case utf16.IsSurrogate(rune(n)) && strings.HasPrefix(text[size:], `\u`):
		second, _ := hex(text, size+2, size+6)
		return utf16.DecodeRune(rune(n), rune(second)), size + 6
	}
	return rune(n), size
}

// percent reads an escape of a URL, which has one for each byte.
func percent(text string) (r rune, size int) {
	var char []byte
	for !utf8.FullRune(char) {
		b, ok := hex(text, size+1, size+3)
		if !ok || text[size] != '%' {
			return '%', 1
		}
		char, size = append(char, byte(b)), size+3
	}
	r, _ = utf8.DecodeRune(char)
	return r, size
}

// entity reads an entity of HTML.
func entity(text string) (r rune, size int) {
	if end := strings.IndexByte(text[:min(len(text), 12)], ';'); end > 0 {
		if char := []rune(html.UnescapeString(text[:end+1])); len(char) == 1 {
			return char[0], end + 1
		}
	}
	return '&', 1
}

// hex is a part of a text as a number.
func hex(text string, from, to int) (n uint64, ok bool) {
	if from >= to || to > len(text) {
		return 0, false
	}
	n, err := strconv.ParseUint(text[from:to], 16, 32)
	return n, err == nil
}

// bare is a text without what is odd.
func bare(text string) []rune {
	return slices.DeleteFunc([]rune(text), odd)
}

// meant is a text as a reader takes it.
func meant(text string) (all []rune) {
	for i := 0; i < len(text); {
		r, size := read(text[i:])
		if i += size; r >= 0 {
			all = append(all, r)
		}
	}
	return all
}

// forms are how a value may be written, itself first: as it is, in Base64, and
// so that what read takes it for is again an escape.
func forms(value string) []string {
	all := []string{value, strings.ReplaceAll(value, " ", "+"), inJSON(value, true), html.EscapeString(value), entities.Replace(value), url.QueryEscape(value)}
	for before := range 3 {
		core := shifted(value, before)
		all = append(all, core, strings.NewReplacer("+", "-", "/", "_").Replace(core))
	}
	var each []string
	for _, form := range all {
		if form != "" && !slices.Contains(each, form) {
			each = append(each, form)
		}
	}
	return each
}

// entities are those of HTML and XML that have names.
var entities = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "'", "&apos;")

// shifted is what Base64 makes of a value behind so many other bytes (or three
// more, and so on), without the digits that are not the value's alone.
func shifted(value string, before int) string {
	digits := base64.RawStdEncoding.EncodeToString([]byte(strings.Repeat("\x00", before) + value))
	bits := 8 * (before + len(value))
	return digits[min(len(digits), (8*before+5)/6):max(bits/6, 0)]
}

// runnerForms are those that the runner makes of a mask by itself, the value
// first: Base64 of it and of it without its first one and two bytes, with the
// padding, and what is escaped for URL, JSON and XML (actions/runner,
// HostContext.cs and ValueEncoders.cs).
func runnerForms(value string) []string {
	all := []string{value, inJSON(value, false), entities.Replace(value), strings.ReplaceAll(url.QueryEscape(value), "+", "%20")}
	for shift := range min(3, len(value)) {
		all = append(all, base64.StdEncoding.EncodeToString([]byte(value[shift:])))
	}
	return all
}

// inJSON is a value as it stands between the quotes of JSON.
func inJSON(value string, escapeHTML bool) string {
	var text strings.Builder
	enc := json.NewEncoder(&text)
	enc.SetEscapeHTML(escapeHTML)
	if enc.Encode(value) != nil { // a text always is
		return ""
	}
	return text.String()[1 : text.Len()-2]
}

// unquoted are complaints of what a user wrote. Where a secret stands in that,
// they quote nothing: a quote may begin or end in the middle of it.
func (p *process) unquoted(problems field.Problems, wrote ...string) field.Problems {
	if !slices.ContainsFunc(wrote, func(text string) bool { return p.secrets.redact(text) != text }) {
		return problems
	}
	for i := range problems {
		problems[i].Text = quotes.ReplaceAllString(problems[i].Text, `"***"`)
	}
	return problems
}

// quotes finds what field.Quote quotes.
var quotes = regexp.MustCompile(`"(?:[^"\\]|\\.)*"`)

// proxyLogin are the secret forms of the login in a proxy's address. A password
// that is too short to be masked is taken together with its user. What cannot be
// read as an address is read up to its last @.
func proxyLogin(address string) []string {
	_, rest, ok := strings.Cut(address, "://")
	if !ok {
		rest = address
	}
	end := strings.LastIndexByte(rest, '@')
	if end < 0 {
		return nil
	}
	login := rest[:end]
	_, password, ok := strings.Cut(login, ":")
	if !ok { // a name alone is no secret
		return nil
	}
	all := []string{login, password}
	for _, text := range all[:2] {
		if plain, err := url.PathUnescape(text); err == nil {
			all = append(all, plain)
		}
	}
	return all
}

// keep masks values in the runner's log, and takes them out of everything that
// is written from now on. It may be called while the step runs.
func (p *process) keep(values ...string) {
	var mask func(string)
	if p.getenv("GITHUB_ACTIONS") == "true" && !p.prints {
		commands := githubactions.New(githubactions.WithWriter(calm{p.stdout, &p.printing}), githubactions.WithGetenv(p.getenv))
		mask = commands.AddMask
	}
	for _, v := range values {
		if slices.Contains(p.ordinary, strings.TrimSpace(v)) {
			p.secrets.add(nil, v)
		} else {
			p.secrets.add(mask, v)
		}
	}
}

// known are the secrets of the environment: the values of all variables that a
// login is read from, the tokens that the runner and other CI systems hand to a
// job, and what a proxy is logged in to with.
func (p *process) known() []string {
	var values []string
	for _, name := range []string{"ACTIONS_ID_TOKEN_REQUEST_TOKEN", "ACTIONS_RUNTIME_TOKEN", "GITHUB_TOKEN", "GH_TOKEN", "INPUT_GITHUB_TOKEN", "INPUT_TOKEN", "CI_JOB_TOKEN"} {
		values = append(values, p.getenv(name))
	}
	for _, name := range []string{"HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY"} {
		for _, name := range []string{name, strings.ToLower(name)} {
			values = append(values, proxyLogin(p.getenv(name))...)
		}
	}
	for _, name := range p.variables() {
		values = append(values, p.getenv(name))
	}
	return values
}

// variables are those of all logins.
func (p *process) variables() []string {
	var names []string
	for _, provider := range catalog.Providers() {
		for _, name := range provider.Variables {
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names
}

// refuseOrdinary complains of logins that are a part of what the run says anyway.
// Were they masked, nobody could read the log; so from now on they are not. They
// are redacted all the same: it may be the input that is wrong.
func (p *process) refuseOrdinary(asked plan.Plan) (problems field.Problems) {
	words := append(asked.Run.Fields().Words(), catalog.Names()...)
	for _, j := range asked.Jobs {
		words = append(words, j.Spec.Fields().Words()...)
	}
	for _, kind := range job.Kinds() {
		words = append(words, string(kind.Outcome))
	}
	for _, name := range []string{"GITHUB_REPOSITORY", "GITHUB_REF_NAME", "GITHUB_ACTOR", "GITHUB_WORKFLOW", "GITHUB_JOB", "GITHUB_RUN_ID", "GITHUB_SERVER_URL", "GITHUB_WORKSPACE"} {
		words = append(words, p.getenv(name))
	}
	for _, name := range p.variables() {
		value := strings.TrimSpace(p.getenv(name))
		if value != "" && slices.ContainsFunc(words, func(word string) bool { return strings.Contains(word, value) }) {
			problems = append(problems, field.Problem{Place: field.Place{File: name}, Text: "is no secret: the inputs or the names of this run have the same text, and to mask it would hide them; store the key itself in the secret, and write it into no input"})
			p.ordinary = append(p.ordinary, value)
		}
	}
	return problems
}

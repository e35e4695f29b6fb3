package action

// This file has the forms in which a secret may be written, and how they are decoded.

import (
	"encoding/base64"
	"encoding/json"
	"html"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// reading reads the first character of a text. r is negative if the character is odd.
type reading func(text string) (r rune, size int)

// verbatim reads characters without decoding escapes.
func verbatim(text string) (r rune, size int) {
	if c := text[0]; c > ' ' && c < 0x7f && c != '\\' {
		return rune(c), 1
	}
	if r, size = utf8.DecodeRuneInString(text); odd(r) {
		return -1, size
	}
	return r, size
}

// read reads the first character, and decodes it if it is an escape.
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

// odd reports whether a character within a secret would not hide it from a reader, or is
// dropped by some writer: white space, control, joining, combining and direction
// characters, bytes that are no UTF-8, and the backslash.
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

// hex reads a part of a text as a hexadecimal number.
func hex(text string, from, to int) (n uint64, ok bool) {
	if from >= to || to > len(text) {
		return 0, false
	}
	n, err := strconv.ParseUint(text[from:to], 16, 32)
	return n, err == nil
}

// bare is a text without its odd characters.
func bare(text string) []rune {
	return slices.DeleteFunc([]rune(text), odd)
}

// meant is a text with its escapes decoded, without odd characters.
func meant(text string) (all []rune) {
	for i := 0; i < len(text); {
		r, size := read(text[i:])
		if i += size; r >= 0 {
			all = append(all, r)
		}
	}
	return all
}

// forms are the forms in which a value may be written, itself first: in Base64, and
// escaped twice, which read decodes only once.
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

// entities writes the named entities of HTML and XML.
var entities = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "'", "&apos;")

// shifted is how a value looks in Base64 after so many other bytes, without the digits
// that depend on its neighbours too. Only the number of bytes modulo three matters.
func shifted(value string, before int) string {
	digits := base64.RawStdEncoding.EncodeToString([]byte(strings.Repeat("\x00", before) + value))
	bits := 8 * (before + len(value))
	return digits[min(len(digits), (8*before+5)/6):max(bits/6, 0)]
}

// runnerForms are the forms that the runner masks by itself, the value first: Base64 of
// it, and of it without its first one or two bytes, with the padding, and escaped for
// URLs, JSON and XML (actions/runner, HostContext.cs and ValueEncoders.cs).
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
	if enc.Encode(value) != nil { // cannot be: a text can always be encoded
		return ""
	}
	return text.String()[1 : text.Len()-2]
}

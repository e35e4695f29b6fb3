package field

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"
)

// Limit is the size in bytes of the longest file or inline YAML that is read.
// It is what one environment variable can hold, so a file and an input have
// the same limit.
const Limit = 128 << 10

// Parse reads one YAML document. The node is nil if there is nothing in it.
func Parse(file string, src []byte) (*yaml.Node, *Problem) {
	whole := Place{File: file}
	if len(src) > Limit {
		return nil, &Problem{whole, fmt.Sprintf("is larger than %d KiB, which is the limit; split it into several steps", Limit>>10)}
	}
	if !utf8.Valid(src) {
		return nil, &Problem{whole, "is not text in UTF-8; save it in that encoding"}
	}
	dec := yaml.NewDecoder(bytes.NewReader(asYAML(src)))
	var doc, second yaml.Node
	if err := dec.Decode(&doc); errors.Is(err, io.EOF) {
		return nil, nil
	} else if err != nil {
		return nil, syntaxProblem(file, src, err)
	}
	for {
		second = yaml.Node{}
		if err := dec.Decode(&second); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, syntaxProblem(file, src, err)
		}
		if !blank(&second) { // a file that ends in --- has an empty second document
			return nil, &Problem{Place{file, second.Line, second.Column}, "a second YAML document starts here; only one is read"}
		}
	}
	if len(doc.Content) == 0 {
		return nil, nil
	}
	n := doc.Content[0]
	if n.Kind == yaml.ScalarNode && n.Tag == "!!null" {
		return nil, nil
	}
	return n, nil
}

// blank reports whether a document has nothing but comments.
func blank(doc *yaml.Node) bool {
	return len(doc.Content) == 0 || doc.Content[0].Kind == yaml.ScalarNode && doc.Content[0].Tag == "!!null" && doc.Content[0].Value == ""
}

// Tagged complains of a value with a tag, such as !secret, unless it is one of YAML's
// own plain tags. Nothing here does what other tags stand for, so the value would be
// misunderstood. The tag is not quoted: it may be a password that begins with an
// exclamation mark.
func Tagged(n *yaml.Node) string {
	if n.Style&yaml.TaggedStyle == 0 {
		return ""
	}
	switch n.ShortTag() {
	case "!!str", "!!int", "!!float", "!!bool", "!!null", "!!timestamp", "!!map", "!!seq", "!!merge":
		return ""
	}
	return "a tag is not read; put a value that starts with ! in quotes, or write it without a tag"
}

// onlyJSON finds the escapes of JSON that the YAML parser does not know. It matches all
// other escapes too, so that the second half of \\ is not taken for the first of one.
var onlyJSON = regexp.MustCompile(`\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|.)`)

// asYAML makes JSON readable for the YAML parser, which does not know "\/" nor
// a character written as two escapes.
func asYAML(src []byte) []byte {
	if !json.Valid(src) {
		return src
	}
	return onlyJSON.ReplaceAllFunc(src, func(escape []byte) []byte {
		var text string
		if string(escape) != `\/` && len(escape) == 2 || json.Unmarshal([]byte(`"`+string(escape)+`"`), &text) != nil {
			return escape
		}
		return []byte(text)
	})
}

var yamlLine = regexp.MustCompile(`^yaml: line (\d+): `)

// slips are the messages of the YAML parser that people meet, by their beginnings, and
// what to do. With fromZero the parser counts lines from 0.
var slips = []struct {
	complaint, cure string
	fromZero        bool
}{
	{"mapping values are not allowed", "align names that belong together, and put a value that holds \": \" in quotes", false},
	{"could not find expected ':'", "a name needs \": \" after it", false},
	{"found character that cannot start any token", "put a value that starts with @, % or a backtick in quotes, and indent with spaces, not tabs", false},
	{"found a tab character", "indent with spaces, not tabs, here or in the next line", false},
	{"found unexpected end of stream", "a quote that starts here is not closed", false},
	{"found unknown escape character", "write a backslash twice, or use single quotes", false},
	{"did not find expected alphabetic or numeric character", "put a value that starts with * or & in quotes", false},
	{"unknown anchor", "put a value that starts with * in quotes, or write &name at what *name stands for", false},
	{"did not find expected '-' indicator", "an entry of the list near here is not aligned with the others", true},
	{"did not find expected key", "a name of the map near here is not aligned with the others", true},
	{"did not find expected ','", "a comma or the closing bracket is missing near here", true},
}

// quotes finds what the YAML parser quotes from a file. It may be a password whose
// beginning looks like a sign of YAML.
var quotes = regexp.MustCompile("(?s)(anchor) '.*'| `.*`")

// syntaxProblem takes the place out of a message of the YAML parser and adds
// what to do.
func syntaxProblem(file string, src []byte, err error) *Problem {
	msg, place := err.Error(), Place{File: file}
	if m := yamlLine.FindStringSubmatch(msg); m != nil {
		place.Line, _ = strconv.Atoi(m[1])
		msg = msg[len(m[0]):]
	}
	msg = shortened(quotes.ReplaceAllString(strings.TrimPrefix(msg, "yaml: "), "$1"), 120)
	for _, slip := range slips {
		if !strings.HasPrefix(msg, slip.complaint) {
			continue
		}
		if slip.fromZero {
			place.Line = min(place.Line+1, 1+bytes.Count(bytes.TrimSpace(src), []byte("\n")))
		}
		msg += "; " + slip.cure
	}
	return &Problem{place, "is not valid YAML: " + msg}
}

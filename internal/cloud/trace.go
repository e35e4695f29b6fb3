package cloud

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"time"
	"unicode/utf8"
)

// trace tells what a report of a contradicting fact needs (docs/facts): who was
// asked, what support asks for, and the answer's outline as the cloud wrote it.
// Headers are clean already.
func (b *Bound) trace(req *http.Request, resp *http.Response, body []byte, took time.Duration) {
	line := fmt.Sprintf("%s %s %s: status %d after %s", b.call.Name, req.Method, req.URL.Host, b.Status, took.Round(time.Millisecond))
	if resp == nil {
		b.t.Trace(line)
		return
	}
	for _, name := range []string{"X-Request-Id", "Date", "Content-Type", "Retry-After"} {
		if value := resp.Header.Get(name); value != "" {
			line += ", " + name + " " + Shorten(value)
		}
	}
	b.t.Trace(line)
	said := fmt.Sprintf("%d bytes", len(body))
	switch {
	case b.call.Keys:
		said += ", which are keys"
	case json.Valid(body):
		said = outline(body, b.redactor(body))
	case len(body) > 0:
		said += " of " + shape(bytes.TrimSpace(body))
	}
	b.t.Trace(b.call.Name + " answered " + said)
}

const (
	outlineLimit = 4 << 10 // bytes
	outlineItems = 2       // of a list
	outlineWord  = 100     // characters
)

// What follows is made when it is first needed: only the debug log needs it.

// words are the ends of names whose texts are the vendor's words, times or
// messages. A text under any other name may be anybody's.
var words = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)(status|state|code|error_?msg|message|reason|type|mode|unit|metric|aggregation|time|date|timestamp|created_?at|request_?id|next_?action|progress|result)$`)
})

// ids are the ends of names whose numbers name something.
var ids = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?i)(id|uin|ids)$`) })

// names are such as vendors write. Others may be texts of a user's.
var names = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]{0,39}$`) })

// outline writes valid JSON without what people wrote into it: names, numbers
// but ids, truths and nulls as they are, texts of words, and of all other texts
// only what they are. Of a list it has the first entries. redact may be nil.
func outline(value []byte, redact func(text string) string) string {
	d := json.NewDecoder(bytes.NewReader(value))
	d.UseNumber()
	o := &outliner{d: d, redact: redact}
	o.value("")
	if o.b.Len() > outlineLimit {
		return strings.ToValidUTF8(o.b.String()[:outlineLimit], "") + "…"
	}
	return o.b.String()
}

type outliner struct {
	d      *json.Decoder
	b      strings.Builder
	redact func(text string) string
}

// value writes the next value, which stands under a name.
func (o *outliner) value(name string) {
	token, err := o.d.Token()
	if err != nil {
		return
	}
	switch t := token.(type) {
	case json.Delim:
		if t == '{' {
			o.object()
		} else {
			o.list(name)
		}
	case string:
		o.b.WriteString(o.text(name, t))
	case nil:
		o.b.WriteString("null")
	case json.Number:
		if ids().MatchString(name) {
			o.b.WriteString("‹digits›")
			return
		}
		o.b.WriteString(t.String())
	default:
		fmt.Fprint(&o.b, t)
	}
}

func (o *outliner) object() {
	o.b.WriteByte('{')
	for first := true; o.d.More(); first = false {
		token, err := o.d.Token()
		if err != nil {
			return
		}
		if !first {
			o.b.WriteByte(',')
		}
		name, _ := token.(string)
		shown := name
		if !names().MatchString(name) || o.clean(name) != name {
			name, shown = "", "‹"+length(name)+"›"
		}
		o.b.WriteString(shown + ":")
		o.value(name)
	}
	_, _ = o.d.Token()
	o.b.WriteByte('}')
}

func (o *outliner) list(name string) {
	o.b.WriteByte('[')
	count := 0
	for ; o.d.More(); count++ {
		if count >= outlineItems {
			var left json.RawMessage
			if o.d.Decode(&left) != nil {
				return
			}
			continue
		}
		if count > 0 {
			o.b.WriteByte(',')
		}
		o.value(name)
	}
	if count > outlineItems {
		fmt.Fprintf(&o.b, ",… %d more", count-outlineItems)
	}
	_, _ = o.d.Token()
	o.b.WriteByte(']')
}

var digits = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^-?[0-9]+(\.[0-9]+)?%?$`) })

// text is a word as it is, and of any other text what it is.
func (o *outliner) text(name, text string) string {
	switch {
	case text == "":
		return `""`
	case words().MatchString(name) && utf8.RuneCountInString(text) <= outlineWord:
		quoted, _ := json.Marshal(o.clean(text))
		return string(quoted)
	case isTime(text):
		return "‹a time›"
	case digits().MatchString(text):
		return "‹digits›"
	}
	return "‹" + length(text) + "›"
}

func (o *outliner) clean(text string) string {
	if o.redact == nil {
		return text
	}
	return o.redact(text)
}

func length(text string) string { return fmt.Sprintf("%d characters", utf8.RuneCountInString(text)) }

func isTime(text string) bool {
	for _, layout := range []string{time.RFC3339, time.DateTime} {
		if _, err := time.Parse(layout, text); err == nil {
			return true
		}
	}
	return false
}

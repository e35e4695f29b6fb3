package catalog_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"gopkg.in/yaml.v3"

	"cloudjob/internal/catalog"
	"cloudjob/internal/cloud"
	"cloudjob/internal/emulator"
	"cloudjob/internal/field"
	"cloudjob/internal/job"
)

// This suite holds what a start sends over the wire. Each service brings two
// folders:
//
//	testdata/wire/NAME.yml       what a user writes, and NAME.http what is sent
//	testdata/document/CALL.yml   what the vendor's document allows to be sent
//
// The documents are JSON Schemas written from the vendors' pages alone. Every
// request must be allowed by one, and everything that one allows must be sent
// by some example.

// mark is the same in every run, so that the golden requests are.
const mark = "cj-test"

var update = flag.Bool("update", false, "write the golden requests anew")

// folder is where a provider's service lives.
func folder(p catalog.Provider) string {
	return filepath.Join("..", "service", strings.ReplaceAll(p.Name, "-", ""))
}

// example is a file of testdata/wire.
type example struct {
	name string
	dir  string

	Env    map[string]string // beside, or instead of, the usual login
	Inputs yaml.Node         // as an entry of a plan file has them
	Answer string            // the code with which the emulator refuses it, if the document's ids are not in its world
}

func examples(t *testing.T, p catalog.Provider) []example {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(folder(p), "testdata", "wire", "*.yml"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no examples of %s: %v", p.Name, err)
	}
	var all []example
	for _, path := range paths {
		e := example{name: strings.TrimSuffix(filepath.Base(path), ".yml"), dir: filepath.Dir(path)}
		read(t, path, &e)
		all = append(all, e)
	}
	return all
}

func read(t *testing.T, path string, into any) {
	t.Helper()
	src, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	dec := yaml.NewDecoder(bytes.NewReader(src))
	dec.KnownFields(true)
	if err := dec.Decode(into); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
}

// login is a login of each vendor to the emulator.
func login() map[string]string {
	return map[string]string{
		"TENCENTCLOUD_SECRET_ID": emulator.TencentKeyID, "TENCENTCLOUD_SECRET_KEY": emulator.Secret,
		"HUAWEICLOUD_SDK_AK": emulator.HuaweiAccessKey, "HUAWEICLOUD_SDK_SK": emulator.Secret,
	}
}

// send starts what the example asks for, through the vendor's SDK, on an
// emulated cloud of its own, and returns what was sent. Time stands at the
// first second of the year 2000, so that dates and signatures never change and
// no documented start time is in the past.
func (e example) send(t *testing.T, p catalog.Provider) (sent []request) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		spec := p.New()
		readFile := func(path string) ([]byte, error) { return os.ReadFile(filepath.Join(e.dir, path)) }
		if problems := spec.Fields().DecodeYAML(e.name+".yml", &e.Inputs, field.Options{ReadFile: readFile}, spec.Check); len(problems) > 0 {
			t.Fatal(problems)
		}
		env := login()
		maps.Copy(env, e.Env)
		recorder := &recorder{base: emulator.New(emulator.Options{}, p.Emulate(time.Now)).Transport()}
		services, err := spec.Open(cloud.Env{
			Getenv:    func(name string) string { return env[name] },
			Transport: &cloud.Transport{Base: recorder},
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range services {
			intent, err := s.Intend(t.Context(), mark)
			if err != nil { // the document's ids are unknown to the reads before the start too
				if got := code(err); got != e.Answer {
					t.Errorf("before the start the emulator answers %q, want %q: %v", got, e.Answer, err)
				}
				intent = job.Intent{Mark: mark}
			}
			recorder.sent = nil
			for _, item := range s.Start(t.Context(), intent) {
				if got := code(item.Err); got != e.Answer {
					t.Errorf("the emulator answers %q, want %q: %v", got, e.Answer, item.Err)
				}
			}
			sent = append(sent, recorder.sent...)
		}
	})
	return sent
}

func code(err error) string {
	if e, ok := errors.AsType[*job.Error](err); ok && e.Code != "" {
		return e.Code
	}
	if err != nil {
		return err.Error()
	}
	return ""
}

// request is what was sent.
type request struct {
	line    string // POST /path HTTP/1.1
	headers map[string]string
	body    []byte
}

// recorder keeps every request on its way.
type recorder struct {
	base http.RoundTripper
	mu   sync.Mutex
	sent []request
}

func (r *recorder) RoundTrip(req *http.Request) (*http.Response, error) {
	kept := request{
		line:    fmt.Sprintf("%s %s HTTP/1.1", req.Method, req.URL.RequestURI()),
		headers: map[string]string{"Host": req.Host},
	}
	if req.Host == "" {
		kept.headers["Host"] = req.URL.Host
	}
	for name, values := range req.Header {
		kept.headers[name] = strings.Join(values, ", ")
	}
	if req.Body != nil {
		body, err := io.ReadAll(req.Body)
		if err != nil {
			return nil, err
		}
		kept.body, req.Body = body, io.NopCloser(bytes.NewReader(body))
	}
	r.mu.Lock()
	r.sent = append(r.sent, kept)
	r.mu.Unlock()
	return r.base.RoundTrip(req)
}

// volatile are the parts of headers that change with a key or with the SDK.
var volatile = regexp.MustCompile(`Signature=[0-9a-f]+|SDK_GO_[0-9.]+`)

// text is a request as a person reads it, in the form of .http files.
func (r request) text() string {
	var b strings.Builder
	fmt.Fprintln(&b, r.line)
	for _, name := range slices.Sorted(maps.Keys(r.headers)) {
		value := volatile.ReplaceAllStringFunc(r.headers[name], func(s string) string {
			return strings.TrimRight(s, "0123456789abcdef.") + "***"
		})
		fmt.Fprintf(&b, "%s: %s\n", name, value)
	}
	var body bytes.Buffer
	if err := json.Indent(&body, bytes.TrimSpace(r.body), "", "  "); err != nil && len(r.body) > 0 {
		body.Write(r.body)
	}
	if body.Len() > 0 {
		fmt.Fprintf(&b, "\n%s\n", &body)
	}
	return b.String()
}

func TestWire(t *testing.T) {
	for _, p := range catalog.Providers() {
		documents := documents(t, p)
		for _, e := range examples(t, p) {
			t.Run(p.Name+"/"+e.name, func(t *testing.T) {
				var texts []string
				for _, r := range e.send(t, p) {
					texts = append(texts, r.text())
					if err := accept(documents, r); err != nil {
						t.Error(err)
					}
				}
				golden(t, filepath.Join(e.dir, e.name+".http"), strings.Join(texts, "\n###\n\n"))
			})
		}
	}
}

func golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v; -update writes it", err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", path, diff)
	}
}

// document is a file of testdata/document: a strict reader of one call.
type document struct {
	name string

	Request string         // a pattern of the request line
	Headers map[string]any // a JSON Schema; names in lower case
	Body    map[string]any // a JSON Schema; no body is null
	Words   any            // anchors for the rest of the file

	line   *regexp.Regexp
	schema *jsonschema.Schema
}

func documents(t *testing.T, p catalog.Provider) []document {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(folder(p), "testdata", "document", "*.yml"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no documents of %s: %v", p.Name, err)
	}
	var all []document
	for _, path := range paths {
		d := document{name: filepath.Base(path)}
		read(t, path, &d)
		d.line = regexp.MustCompile(d.Request)
		compiler := jsonschema.NewCompiler()
		whole := plain(t, map[string]any{"properties": map[string]any{"headers": d.Headers, "body": d.Body}})
		if err := compiler.AddResource(d.name, whole); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		if d.schema, err = compiler.Compile(d.name); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		all = append(all, d)
	}
	return all
}

// plain turns a value into what a JSON decoder would have made of it.
func plain(t *testing.T, v any) any {
	t.Helper()
	src, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	out, err := jsonschema.UnmarshalJSON(bytes.NewReader(src))
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// accept reads a request as strictly as the document of its call.
func accept(documents []document, r request) error {
	for _, d := range documents {
		if !d.line.MatchString(r.line) {
			continue
		}
		value, err := r.value()
		if err == nil {
			err = d.schema.Validate(value)
		}
		if err != nil {
			return fmt.Errorf("%s does not allow\n%s\n%w", d.name, r.text(), err)
		}
		return nil
	}
	return fmt.Errorf("no document has the call %s", r.line)
}

// value is the request as the documents' schemas see it.
func (r request) value() (map[string]any, error) {
	headers := map[string]any{}
	for name, value := range r.headers {
		headers[strings.ToLower(name)] = value
	}
	var body any
	if len(r.body) > 0 {
		var err error
		if body, err = jsonschema.UnmarshalJSON(bytes.NewReader(r.body)); err != nil {
			return nil, err
		}
	}
	return map[string]any{"headers": headers, "body": body}, nil
}

// TestWireIsComplete: every name that a document allows is sent by an example.
func TestWireIsComplete(t *testing.T) {
	for _, p := range catalog.Providers() {
		t.Run(p.Name, func(t *testing.T) {
			sent := map[string]bool{}
			documents := documents(t, p)
			for _, e := range examples(t, p) {
				for _, r := range e.send(t, p) {
					for _, d := range documents {
						if !d.line.MatchString(r.line) {
							continue
						}
						value, err := r.value()
						if err != nil {
							t.Fatal(err)
						}
						used(value, d.name, sent)
					}
				}
			}
			for _, d := range documents {
				for _, name := range append(allowed(d.Headers, d.name+".headers"), allowed(d.Body, d.name+".body")...) {
					if !sent[name] {
						t.Errorf("no example sends %s", name)
					}
				}
			}
		})
	}
}

// used notes the path of every name in a value.
func used(v any, path string, into map[string]bool) {
	switch v := v.(type) {
	case map[string]any:
		for name, inner := range v {
			into[path+"."+name] = true
			used(inner, path+"."+name, into)
		}
	case []any:
		for _, inner := range v {
			used(inner, path, into)
		}
	}
}

// allowed lists the path of every name in a schema.
func allowed(schema any, path string) []string {
	s, ok := schema.(map[string]any)
	if !ok {
		return nil
	}
	var all []string
	properties, _ := s["properties"].(map[string]any)
	for _, name := range slices.Sorted(maps.Keys(properties)) {
		all = append(all, path+"."+name)
		all = append(all, allowed(properties[name], path+"."+name)...)
	}
	return append(all, allowed(s["items"], path)...)
}

// TestDocumentsAreStrict spoils every request in every place, one at a time:
// a name too many, a value of another type, a required name too few. A reader
// that lets one pass proves nothing.
func TestDocumentsAreStrict(t *testing.T) {
	for _, p := range catalog.Providers() {
		t.Run(p.Name, func(t *testing.T) {
			documents := documents(t, p)
			for _, e := range examples(t, p) {
				for _, r := range e.send(t, p) {
					i := slices.IndexFunc(documents, func(d document) bool { return d.line.MatchString(r.line) })
					if i < 0 {
						t.Fatalf("no document has the call %s", r.line)
					}
					d := documents[i]
					value, err := r.value()
					if err != nil {
						t.Fatal(err)
					}
					refuse := func(what string) {
						if d.schema.Validate(value) == nil {
							t.Errorf("%s, example %s: lets %s pass", d.name, e.name, what)
						}
					}
					spoil(value["body"], d.Body, "body", refuse)
					spoil(value["headers"], d.Headers, "headers", refuse)
					if err := d.schema.Validate(value); err != nil {
						t.Fatalf("spoil did not mend what it broke: %v", err)
					}
				}
			}
		})
	}
}

// spoil breaks v in place, asks to refuse it, and mends it again.
func spoil(v, schema any, path string, refuse func(what string)) {
	s, _ := schema.(map[string]any)
	switch v := v.(type) {
	case map[string]any:
		v["Undocumented"] = "x"
		refuse("an undocumented name in " + path)
		delete(v, "Undocumented")
		required, _ := s["required"].([]any)
		for _, name := range required {
			name := fmt.Sprint(name)
			kept := v[name]
			delete(v, name)
			refuse(path + " without " + name)
			v[name] = kept
		}
		properties, _ := s["properties"].(map[string]any)
		for _, name := range slices.Collect(maps.Keys(v)) {
			kept := v[name]
			v[name] = ofAnotherType(kept)
			refuse(fmt.Sprintf("%v as %s.%s", v[name], path, name))
			v[name] = kept
			spoil(kept, properties[name], path+"."+name, refuse)
		}
	case []any:
		for i, kept := range v {
			v[i] = ofAnotherType(kept)
			refuse(fmt.Sprintf("%v in the list %s", v[i], path))
			v[i] = kept
			spoil(kept, s["items"], path, refuse)
		}
	}
}

func ofAnotherType(v any) any {
	switch v.(type) {
	case string:
		return json.Number("5")
	case json.Number, bool:
		return "true"
	}
	return true
}

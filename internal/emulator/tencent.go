package emulator

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"cloudjob/internal/emulator/emu"
)

// Size limits of facts tencent-auth §1.
const (
	tencentBody  = 10 << 20
	tencentQuery = 32 << 10
)

// common is a common parameter: a header, or in the form of a call signed in
// the old way one parameter among the others.
func (a *arrival) common(name string) string {
	if a.form != nil {
		return a.form.Get(name)
	}
	return a.Header.Get("X-TC-" + name)
}

// action finds the call that is named. Version and action tell enough: a
// client that talks to a loopback address names no product.
func (e *Emulator) action(a *arrival) *call {
	version, name := a.common("Version"), a.common("Action")
	for _, c := range e.actions {
		if c.half.Version == version && c.name == name {
			return c
		}
	}
	return nil
}

// tencent answers in the envelope of API 3.0.
func (e *Emulator) tencent(a *arrival) reply {
	answer := e.ask(a)
	if answer.Err != nil {
		return e.tencentError(a, *answer.Err)
	}
	fields, ok := object(answer.Body)
	if !ok {
		return e.tencentError(a, emu.Error{Code: "InternalError", Message: "The emulated service gave no JSON object."})
	}
	return newReply(http.StatusOK, "application/json", envelope(fields, a.requestID()))
}

// tencentError refuses with status 200, which every processed request gets, one
// with a bad signature too (facts tencent-auth §1).
func (e *Emulator) tencentError(a *arrival, refused emu.Error) reply {
	fields, _ := object(map[string]any{"Error": map[string]string{"Code": refused.Code, "Message": refused.Message}})
	answer := newReply(http.StatusOK, "application/json", envelope(fields, a.requestID()))
	answer.code = refused.Code
	return answer
}

// ask lets the half answer if the request is good so far.
func (e *Emulator) ask(a *arrival) emu.Answer {
	if refused := e.admit(a); refused != nil {
		return emu.Answer{Err: refused}
	}
	body, flat := a.parameters()
	if !isObject(body) {
		return emu.Refuse("InvalidParameter", "The request's parameters are not a JSON object in UTF-8.")
	}
	return e.handle(a.call, &emu.Request{
		KeyID:  a.keyID,
		Body:   body,
		Header: a.Header,
		Query:  a.URL.Query(),
		Path:   func(string) string { return "" },
		Region: a.common("Region"),
		Flat:   flat,
	})
}

// parameters is the JSON object of a call's own parameters; flat tells that
// it was none, but names and texts. A bad query or form is nil, no object.
func (a *arrival) parameters() (body []byte, flat bool) {
	switch {
	case a.form != nil:
		body, _ = nested(ownParameters(a.form))
	case a.Method == http.MethodGet:
		body, _ = fromQuery(a.URL.RawQuery)
	default:
		return a.body, false
	}
	return body, true
}

// admit makes the gateway's checks; nil lets the request in.
func (e *Emulator) admit(a *arrival) *emu.Error {
	if a.Method != http.MethodPost && a.Method != http.MethodGet {
		return refusal("UnsupportedProtocol", "Only GET and POST requests are supported.")
	}
	if a.tooLarge || a.Method == http.MethodGet && len(a.URL.RawQuery) > tencentQuery {
		return refusal("RequestSizeLimitExceeded", "The request is larger than allowed.")
	}
	if a.form != nil {
		if refused := a.verifyForm(e.real(), e.keyring(emu.Tencent)); refused != nil {
			return refused
		}
		a.keyID = a.form.Get("SecretId")
		return e.addressed(a, "")
	}
	if a.Header.Get("Authorization") == "SKIP" && a.call != nil && a.call.open {
		// That the time is looked at all the same is UNVERIFIED.
		if _, refused := inTime(a.common("Timestamp"), e.real()); refused != nil {
			return refused
		}
		return e.addressed(a, "")
	}
	signature, ok := parseTC3(a.Header.Get("Authorization"))
	if !ok {
		return refusal("AuthFailure.InvalidAuthorization", "The Authorization header is missing or malformed.")
	}
	if refused := signature.verify(a.Request, a.body, e.real(), e.keyring(emu.Tencent)); refused != nil {
		return refused
	}
	a.keyID = signature.id
	return e.addressed(a, signature.service)
}

// addressed says whether the call exists, and whether the signature's scope
// names its product: by the short name, or by the first label of the host,
// which is what the vendor's Node SDK takes even from an IP address. The old
// signatures have no scope, so no service.
func (e *Emulator) addressed(a *arrival, service string) *emu.Error {
	label, _, _ := strings.Cut(withoutPort(a.Host), ".")
	anyProduct := service == "" || strings.EqualFold(service, label)
	if a.call == nil {
		return e.unknown(a, service, anyProduct)
	}
	if service != a.call.half.Service && !anyProduct {
		return refusal("AuthFailure.SignatureFailure", "The service in the credential scope is not the one that was called.")
	}
	return nil
}

// unknown says which part of the call's name no half has. With a host for a
// service any product may have been meant.
func (e *Emulator) unknown(a *arrival, service string, anyProduct bool) *emu.Error {
	version := a.common("Version")
	for _, name := range []string{"Action", "Version"} {
		if a.common(name) == "" {
			return refusal("MissingParameter", "The common parameter `"+name+"` is missing.")
		}
	}
	product, hasVersion := false, false
	for _, half := range e.halves {
		if half.Vendor == emu.Tencent && (anyProduct || half.Service == service) {
			product = true
			hasVersion = hasVersion || half.Version == version
		}
	}
	switch {
	case !product:
		return refusal("NoSuchProduct", "The product does not exist.")
	case !hasVersion:
		return refusal("NoSuchVersion", "The API version does not exist.")
	}
	return refusal("InvalidAction", "The action does not exist in this API version.")
}

// requestID has the vendor's shape. Tencent's is a UUID; Huawei's is taken to
// be the same without dashes.
func (a *arrival) requestID() string {
	if a.vendor == emu.Huawei {
		return fmt.Sprintf("%032x", a.serial)
	}
	return fmt.Sprintf("00000000-0000-4000-8000-%012x", a.serial)
}

// envelope puts the fields and the request id into {"Response":{}}.
func envelope(fields []byte, id string) []byte {
	inner := bytes.TrimSuffix(fields, []byte("}"))
	if len(inner) > 1 {
		inner = append(inner, ',')
	}
	return fmt.Appendf(nil, `{"Response":%s"RequestId":%s}}`, inner, strconv.Quote(id))
}

// object marshals an answer's body; nil is an empty object.
func object(body any) ([]byte, bool) {
	if body == nil {
		return []byte("{}"), true
	}
	data, err := encode(body)
	return data, err == nil && isObject(data)
}

// encode marshals without escaping <, > and &.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	err := enc.Encode(v)
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), err
}

func isObject(data []byte) bool {
	return bytes.HasPrefix(bytes.TrimLeft(data, " \t\r\n"), []byte("{")) && json.Valid(data) && utf8.Valid(data)
}

// fromQuery makes the JSON object that a GET's parameters stand for.
func fromQuery(raw string) ([]byte, bool) {
	query, err := url.ParseQuery(raw)
	if err != nil {
		return nil, false
	}
	return nested(query)
}

// nested makes the JSON object that flat parameters stand for: Name=v,
// List.0=v, Object.Name=v. They have no types, so every value is text.
func nested(flat url.Values) ([]byte, bool) {
	root := map[string]any{}
	for _, name := range slices.Sorted(maps.Keys(flat)) {
		if len(flat[name]) != 1 || !plant(root, strings.Split(name, "."), flat[name][0]) {
			return nil, false
		}
	}
	for name, value := range root {
		root[name] = lists(value)
	}
	data, err := encode(root)
	return data, err == nil
}

// plant puts a value at a path; false if something else is there.
func plant(at map[string]any, path []string, value string) bool {
	last := len(path) - 1
	for _, name := range path[:last] {
		if _, taken := at[name]; !taken {
			at[name] = map[string]any{}
		}
		next, ok := at[name].(map[string]any)
		if !ok {
			return false
		}
		at = next
	}
	if _, taken := at[path[last]]; taken {
		return false
	}
	at[path[last]] = value
	return true
}

// lists turns every object with the names 0, 1, 2, ... into an array.
func lists(value any) any {
	fields, ok := value.(map[string]any)
	if !ok {
		return value
	}
	list, isList := make([]any, len(fields)), true
	for name, field := range fields {
		fields[name] = lists(field)
		i, err := strconv.Atoi(name)
		if err != nil || i < 0 || i >= len(list) || strconv.Itoa(i) != name {
			isList = false
			continue
		}
		list[i] = fields[name]
	}
	if isList {
		return list
	}
	return fields
}

package emulator

import (
	"encoding/json"
	"errors"
	"net/http"
	"path"
	"slices"
	"strings"
	"time"

	"cloudjob/internal/emulator/emu"
)

const (
	huaweiBody    = 12 << 20 // facts huawei-auth §2
	lockOutAfter  = 5
	lockOutPeriod = 5 * time.Minute
)

// ServeHTTP does nothing. It makes a call a handler, so that http.ServeMux
// finds it and leaves the path's variables in the request.
func (*call) ServeHTTP(http.ResponseWriter, *http.Request) {}

// method is the method of a route.
func method(route string) string {
	m, _, _ := strings.Cut(route, " ")
	return m
}

// route finds the call at a path and puts the path's variables into r. An
// unclean path, which http.ServeMux would redirect, has none, and nor has
// another method than the documented one: HWDOC's error table gives
// 404 APIG.0101 for it.
func (e *Emulator) route(r *http.Request) *call {
	escaped := r.URL.EscapedPath()
	if path.Clean(escaped) != escaped {
		return nil
	}
	handler, _ := e.routes.Handler(r)
	found, ok := handler.(*call)
	if !ok || found.method != r.Method {
		return nil
	}
	e.routes.ServeHTTP(nil, r) // found, so it writes nothing
	return found
}

// huawei answers as the API gateway does. That an unknown route is found out
// before the login is UNVERIFIED but plausible: the route says which login
// there is.
func (e *Emulator) huawei(a *arrival) reply {
	if a.call == nil {
		return gatewayError(a, http.StatusNotFound, "APIGW.0101", "The API does not exist or has not been published in the environment")
	}
	if a.tooLarge {
		return gatewayError(a, http.StatusRequestEntityTooLarge, "APIGW.0201", "The request body is larger than 12 MB")
	}
	if !a.call.open {
		if err := e.login(a); err != nil {
			code := "APIGW.0301"
			if errors.Is(err, errRenew) {
				code = "APIGW.0307"
			}
			return gatewayError(a, http.StatusUnauthorized, code, "Incorrect IAM authentication information: "+err.Error())
		}
	}
	// Of the gateway's 403 codes the one that speaks of projects; which one
	// the real gateway gives is UNVERIFIED.
	if id := a.PathValue("project_id"); id != "" && id != ProjectID {
		return gatewayError(a, http.StatusForbidden, "APIGW.0310", "The project is unavailable: it is not the caller's")
	}
	return restReply(a, e.handle(a.call, a.request()))
}

// request is what a half is given of a call by a route.
func (a *arrival) request() *emu.Request {
	return &emu.Request{
		KeyID:  a.keyID,
		Host:   a.Host,
		Body:   a.body,
		Header: a.Header,
		Query:  a.URL.Query(),
		Path:   a.PathValue,
	}
}

// restReply sends what the half says, without an envelope.
func restReply(a *arrival, answer emu.Answer) reply {
	status := answer.Status
	if status == 0 {
		status = http.StatusOK
	}
	var body []byte
	if answer.Body != nil && status != http.StatusNoContent {
		var err error
		if body, err = encode(answer.Body); err != nil {
			return gatewayError(a, http.StatusInternalServerError, "APIGW.0601", "The emulated service gave no JSON")
		}
	}
	p := newReply(status, "application/json", body)
	p.header.Set("X-Request-Id", a.requestID())
	for name, value := range answer.Header {
		p.header.Set(name, value)
	}
	if status >= http.StatusBadRequest {
		p.code = errorCode(body)
	}
	return p
}

func gatewayError(a *arrival, status int, code, message string) reply {
	return restReply(a, emu.Answer{Status: status, Body: map[string]string{
		"error_code": code,
		"error_msg":  message,
		"request_id": a.requestID(),
	}})
}

// errorCode reads a code in either form the services use, for the log.
func errorCode(body []byte) string {
	var e struct {
		ErrorCode string `json:"error_code"`
		Code      string `json:"code"`
	}
	if json.Unmarshal(body, &e) != nil {
		return ""
	}
	if e.ErrorCode != "" {
		return e.ErrorCode
	}
	return e.Code
}

// login accepts a signature, or an IAM token where there is none.
func (e *Emulator) login(a *arrival) error {
	header := a.Header.Get("Authorization")
	if header == "" {
		return e.tokenLogin(a)
	}
	signature, ok := parseSDKHMAC(header)
	if !ok {
		return errors.New("the Authorization header is malformed")
	}
	if e.lockedOut(signature.access) {
		return errors.New("failed authentications with this access key reached the limit, it is locked for some minutes")
	}
	err := signature.verify(a.Request, a.body, e.real(), e.keyring(emu.Huawei))
	if err == nil && e.options.Switches.HuaweiHostSigned && !slices.Contains(signature.signed, "host") {
		err = errors.New("host is not among the signed headers")
	}
	e.remember(signature.access, err)
	a.keyID = signature.access
	return err
}

// errRenew is how the gateway may speak of an IAM token that has expired.
var errRenew = errors.New("the token has expired and must be renewed")

// tokenLogin accepts an IAM token that fits the call. An unscoped one is for
// IAM alone (facts huawei-auth §4). With what code the gateway refuses a token
// for something else is UNVERIFIED.
func (e *Emulator) tokenLogin(a *arrival) error {
	text := a.Header.Get("X-Auth-Token")
	if text == "" {
		return errors.New("neither a signature nor a token was sent")
	}
	e.mu.Lock()
	token, known := e.tokens[text]
	e.mu.Unlock()
	switch {
	case known && token.expired(e.real()) && e.options.Switches.RenewToken:
		return errRenew
	case !known || token.expired(e.real()):
		return errors.New("the token cannot be decrypted or has expired")
	case token.scope == unscoped && a.call.half.Service != "iam":
		return errors.New("the token has no scope, it serves to get a temporary access key only")
	case token.scope != projectScope && a.PathValue("project_id") != "":
		return errors.New("the token is not for a project")
	}
	return nil
}

// failures are an AK's failed authentications in a row.
type failures struct {
	count int
	last  time.Time
}

func (e *Emulator) lockedOut(access string) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	f := e.failures[access]
	return f.count >= lockOutAfter && e.real().Sub(f.last) < lockOutPeriod
}

// remember counts the failures of the known keys, if the lock-out is on.
func (e *Emulator) remember(access string, failed error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if _, known := e.keys[emu.Huawei][access]; !known || !e.options.Switches.LockOut {
		return
	}
	f := e.failures[access]
	if failed == nil || f.count >= lockOutAfter { // passed, or a lock that is over
		f = failures{}
	}
	if failed != nil {
		f = failures{count: f.count + 1, last: e.real()}
	}
	e.failures[access] = f
}

package emulator

import (
	"bufio"
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"time"

	"cloudjob/internal/emulator/emu"
)

// This file lets another process go on with an emulated world. A half's state is
// a function of what was asked and of the time, so it is enough to keep what was
// asked, and when: whoever asks the same again, at the same moments of a clock,
// has the same world.
//
// Calls that only read are not kept: they change nothing. What is asked may hold
// secrets of the user's, so it is kept sealed, and what was sealed by somebody
// else, or changed or moved, is refused.

// Beginning is what it takes, beside the lines, to go on with a world. Its key
// opens the lines and nothing else.
type Beginning struct {
	Began time.Time `json:"began"`
	Speed float64   `json:"speed"`
	Key   []byte    `json:"key"`
}

// History is the time of an emulated world and what happened in it. Use
// NewHistory in the first process and Beginning.History in another.
type History struct {
	beginning Beginning
	keep      func(line []byte) error // nil: nothing is kept
	seal      cipher.AEAD
	lines     uint64 // that were kept, or read
	size      int    // bytes of them

	held time.Time // until there is an emulator, and during a call, all happens at one moment; zero: time passes
	last time.Time // of the calls so far: time does not run back, whatever another machine's clock says
}

// NewHistory is that of a world which begins now and whose time runs speed times
// as fast as the real one. keep appends a line to what another process will
// read; nil: there will be none.
func NewHistory(speed float64, keep func(line []byte) error) *History {
	key := make([]byte, 32)
	rand.Read(key) // never fails
	now := time.Now()
	return &History{beginning: Beginning{now, speed, key}, keep: keep, held: now}
}

// History is that of a world which another process began. Replay makes the
// world.
func (b Beginning) History() *History {
	b.Began = b.Began.Local()
	return &History{beginning: b, held: b.Began} // the halves are made at the beginning, also if that is long ago
}

// Beginning is what another process needs.
func (h *History) Beginning() Beginning { return h.beginning }

// Clock is the emulated time, for the halves.
func (h *History) Clock() time.Time {
	if !h.held.IsZero() {
		return h.held
	}
	now := h.beginning.Began.Add(time.Duration(float64(time.Since(h.beginning.Began)) * h.beginning.Speed))
	if now.Before(h.last) {
		return h.last
	}
	return now
}

// asked is one call of a half, as it is kept.
type asked struct {
	At      time.Time         `json:"at"` // emulated
	Service string            `json:"service"`
	Call    string            `json:"call"`
	Body    []byte            `json:"body,omitempty"`
	Header  http.Header       `json:"header,omitempty"`
	Query   url.Values        `json:"query,omitempty"`
	Path    map[string]string `json:"path,omitempty"`
	Host    string            `json:"host,omitempty"`
	Region  string            `json:"region,omitempty"`
	Flat    bool              `json:"flat,omitempty"`
	KeyID   string            `json:"key_id,omitempty"`
}

// reads tells of a call that it only reads, by how both vendors name those:
// DescribeJobs, ListJobs, BatchListJobDetails, ShowTask.
func reads(call string) bool {
	call = strings.TrimPrefix(call, "Batch")
	for _, verb := range []string{"Describe", "List", "Show", "Get"} {
		if strings.HasPrefix(call, verb) {
			return true
		}
	}
	return false
}

// historyLimit bounds what is kept, in bytes. A call has 12 MB at most, and what
// starts something a few KB.
const historyLimit = 64 << 20

// happens lets a call have its effect at one moment, and keeps it before: what
// cannot be kept must not happen, or another process would know less than was
// begun. The emulator's lock is held.
func (h *History) happens(c *call, r *emu.Request) emu.Answer {
	h.held = h.Clock()
	defer func() { h.held = time.Time{} }()
	if h.keep != nil && !reads(c.name) {
		if err := h.write(c, r); err != nil {
			return failed(c.half.Vendor, "The emulated cloud cannot "+err.Error()+".")
		}
		h.last = h.held
	}
	return c.handle(r)
}

// failed is a service's answer that it is at fault itself.
func failed(vendor emu.Vendor, message string) emu.Answer {
	if vendor == emu.Tencent {
		return emu.Refuse("InternalError", message)
	}
	return emu.Answer{Status: http.StatusInternalServerError, Body: map[string]string{"error_code": "APIGW.0601", "error_msg": message}}
}

func (h *History) write(c *call, r *emu.Request) error {
	a := asked{
		At: h.held.UTC(), Service: c.half.Service, Call: c.name, Body: r.Body, Header: r.Header.Clone(), Query: r.Query,
		Host: r.Host, Region: r.Region, Flat: r.Flat, KeyID: r.KeyID,
	}
	maps.DeleteFunc(a.Header, func(name string, _ []string) bool { return carriesLogin(name) })
	for _, name := range c.variables {
		if a.Path == nil {
			a.Path = map[string]string{}
		}
		a.Path[name] = r.Path(name)
	}
	text, err := json.Marshal(a)
	if err != nil {
		return fmt.Errorf("keep what was asked: %w", err)
	}
	seal, err := h.sealer()
	if err != nil {
		return err
	}
	line := append(base64.StdEncoding.AppendEncode(nil, seal.Seal(nil, nonce(seal, h.lines), text, nil)), '\n')
	if h.size+len(line) > historyLimit {
		return fmt.Errorf("keep what was asked: more than %d MiB", historyLimit>>20)
	}
	if err := h.keep(line); err != nil {
		return fmt.Errorf("keep what was asked: %w", err)
	}
	h.lines, h.size = h.lines+1, h.size+len(line)
	return nil
}

// carriesLogin tells of a header that no half needs, since the login was judged
// before.
func carriesLogin(name string) bool {
	switch name {
	case "Authorization", "Proxy-Authorization", "Cookie", "X-Tc-Token", "X-Security-Token", "X-Auth-Token":
		return true
	}
	return false
}

func (h *History) sealer() (cipher.AEAD, error) {
	if h.seal != nil {
		return h.seal, nil
	}
	block, err := aes.NewCipher(h.beginning.Key)
	if err == nil {
		h.seal, err = cipher.NewGCM(block)
	}
	if err != nil {
		return nil, fmt.Errorf("make the seal of the history: %w", err)
	}
	return h.seal, nil
}

// nonce of a line is its number, so that none can be moved or left out before
// the last.
func nonce(seal cipher.AEAD, line uint64) []byte {
	return binary.BigEndian.AppendUint64(make([]byte, seal.NonceSize()-8), line)
}

// ErrForged is the error of a history that this world did not write.
var ErrForged = errors.New("it is not what the world wrote down")

// Replay has everything happen again that is written in r, each at its time,
// and leaves the clock where it is now. It is for an emulator that nobody has
// called, with a Beginning's History. A last line without an end was never
// answered.
func (e *Emulator) Replay(r io.Reader) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	h := e.options.History
	if h == nil {
		return errors.New("the emulator has no history")
	}
	defer func() { h.held = time.Time{} }()
	seal, err := h.sealer()
	if err != nil {
		return err
	}
	lines := bufio.NewReader(io.LimitReader(r, historyLimit+1))
	for {
		line, err := lines.ReadBytes('\n')
		h.size += len(line)
		switch {
		case h.size > historyLimit:
			return ErrForged
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return fmt.Errorf("read the history: %w", err)
		}
		sealed, err := base64.StdEncoding.AppendDecode(nil, bytes.TrimSuffix(line, []byte("\n")))
		if err != nil {
			return ErrForged
		}
		text, err := seal.Open(nil, nonce(seal, h.lines), sealed, nil)
		if err != nil {
			return ErrForged
		}
		var a asked
		if err := json.Unmarshal(text, &a); err != nil {
			return fmt.Errorf("read a line of the history: %w", err)
		}
		if err := e.again(h, a); err != nil {
			return err
		}
		h.lines++
	}
}

// again asks once more what was asked.
func (e *Emulator) again(h *History, a asked) error {
	c := e.services[a.Service+" "+a.Call]
	if c == nil {
		return fmt.Errorf("the history has the call %s of %s, which nothing here knows", a.Call, a.Service)
	}
	h.held = a.At.Local()
	h.last = h.held
	c.handle(&emu.Request{
		KeyID: a.KeyID, Host: a.Host, Body: a.Body, Region: a.Region, Flat: a.Flat,
		Header: a.Header, Query: a.Query,
		Path: func(name string) string { return a.Path[name] },
	})
	return nil
}

// variables are those of a route's path.
func variables(route string) (names []string) {
	for {
		_, rest, ok := strings.Cut(route, "{")
		if !ok {
			return names
		}
		name, rest, _ := strings.Cut(rest, "}")
		names = append(names, strings.TrimSuffix(name, "..."))
		route = rest
	}
}

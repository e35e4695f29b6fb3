package record

import (
	"bytes"
	"cmp"
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"regexp"
	"slices"
	"strings"
	"sync"

	"cloudjob/internal/cloud"
	"cloudjob/internal/job"
)

// Player answers calls from a recording. It has no connection, so nothing is
// ever sent.
//
// A call is answered as the same call was that served the same purpose: of the
// same name, method, address and body. Of several it is the next one, and when
// there is none, the last one again. A call that holds a time of its making is the
// same as one that differs in nothing but such times.
type Player struct {
	mu      sync.Mutex
	entries []Entry
	same    map[string][]int // entries, in their order, by purpose and what was sent
	alike   map[string][]int // the same but for times
	taken   map[string]int   // how many of a list have answered since the purpose was last set
}

var _ cloud.Offline = (*Player)(nil)

// NewPlayer makes a player of a recording's calls.
func NewPlayer(entries []Entry) *Player {
	entries = slices.Clone(entries) // which stand as their answers came
	slices.SortStableFunc(entries, func(a, b Entry) int { return a.Began.Compare(b.Began) })
	p := &Player{entries: entries, same: map[string][]int{}, alike: map[string][]int{}, taken: map[string]int{}}
	for i, e := range entries {
		key := keyOf(e.For, e.Call, e.Method, e.URL, e.Sent)
		p.same[key] = append(p.same[key], i)
		p.alike[timeless(key)] = append(p.alike[timeless(key)], i)
	}
	return p
}

// SendsNothing says what a player is.
func (p *Player) SendsNothing() {}

// ErrNotRecorded is of a call that the recorded run did not make.
var ErrNotRecorded = errors.New("the recording has no answer to this call")

// Again has the calls of a purpose answer from its first on.
func (p *Player) Again() {
	p.mu.Lock()
	defer p.mu.Unlock()
	clear(p.taken)
}

// RoundTrip answers a call.
func (p *Player) RoundTrip(req *http.Request) (*http.Response, error) {
	var sent []byte
	if req.Body != nil {
		var err error
		if sent, err = io.ReadAll(req.Body); err != nil {
			return nil, err
		}
		req.Body.Close()
	}
	e, ok := p.find(keyOf(job.PurposeOf(req.Context()), cloud.CallOf(req.Context()).Name, req.Method, req.URL.String(), bytes.TrimSpace(sent)))
	if !ok {
		return nil, ErrNotRecorded
	}
	if trace := httptrace.ContextClientTrace(req.Context()); e.Connected && trace != nil && trace.GotConn != nil {
		trace.GotConn(httptrace.GotConnInfo{})
	}
	if e.Status == 0 {
		return nil, cloud.Replayed(e.Broke, cmp.Or(e.BrokeText, "the recording does not say why"))
	}
	body := io.Reader(bytes.NewReader(e.Answer))
	if e.Broke != cloud.Whole {
		body = io.MultiReader(body, broken{cloud.Replayed(e.Broke, e.BrokeText)})
	}
	return &http.Response{StatusCode: e.Status, Header: e.AnswerHeader.Clone(), Body: io.NopCloser(body), Request: req}, nil
}

// broken is a body whose rest did not come.
type broken struct{ err error }

func (b broken) Read([]byte) (int, error) { return 0, b.err }

func (p *Player) find(key string) (Entry, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	all := p.same[key]
	if len(all) == 0 {
		key = timeless(key)
		all = p.alike[key]
	}
	if len(all) == 0 {
		return Entry{}, false
	}
	e := p.entries[all[min(p.taken[key], len(all)-1)]]
	p.taken[key]++
	return e, !e.LeftOut
}

func keyOf(purpose, call, method, address string, body []byte) string {
	return strings.Join([]string{purpose, call, method, address, string(body)}, "\n")
}

// times are moments in milliseconds, as the clouds take them: what a call holds of the
// time at which it was made.
var times = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\b[1-9][0-9]{11,12}\b`) })

func timeless(key string) string { return times().ReplaceAllString(key, "<time>") }

package github

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"cloudjob/internal/cloud"
)

const bot, token = "github-actions[bot]", "ghs_0123456789abcdef"

// hub is GitHub's API for the comments of pull request 7 of octo/shop, with the
// shapes of its documentation of issue comments (docs.github.com/en/rest/issues/
// comments, API version 2022-11-28).
type hub struct {
	mu       sync.Mutex
	t        *testing.T
	last     int64
	comments []*said
	calls    []string
	user     string // of the token; empty: an app's
	readOnly bool
	spoil    func(r *http.Request) (status int, header http.Header) // 0: nothing
	lost     func(r *http.Request) bool                             // the answer to what was done
	nextAt   string                                                 // host of the next page

	clock  int            // of changes and lists
	listed map[string]int // when a writer listed last
	raced  int            // older texts written over newer ones that were not there when they looked
}

type said struct {
	id          int64
	login, kind string
	body        string
	changed     int
}

// add adds a comment of somebody's.
func (h *hub) add(login, kind, body string) *said {
	h.last++
	h.clock++
	h.comments = append(h.comments, &said{h.last, login, kind, body, h.clock})
	return h.comments[len(h.comments)-1]
}

// ours are the comments that begin with a mark of the place.
func (h *hub) ours(place string) (ours []*said) {
	for _, c := range h.comments {
		if m, ok := markOf(c.body); ok && m.Place == place {
			ours = append(ours, c)
		}
	}
	return ours
}

func (c *said) object() map[string]any {
	address := "https://api.github.com/repos/octo/shop/issues/comments/" + strconv.FormatInt(c.id, 10)
	return map[string]any{
		"id": c.id, "node_id": "MDEyOklzc3VlQ29tbWVudDE=", "url": address, "html_url": "https://github.com/octo/shop/pull/7#issuecomment-" + strconv.FormatInt(c.id, 10),
		"body": c.body, "user": map[string]any{"login": c.login, "id": 41898282, "type": c.kind, "site_admin": false},
		"created_at": "2026-01-02T03:04:05Z", "updated_at": "2026-01-02T03:04:05Z", "issue_url": "https://api.github.com/repos/octo/shop/issues/7", "author_association": "NONE",
	}
}

var one = regexp.MustCompile(`^/repos/octo/shop/issues/comments/(\d+)$`)

func (h *hub) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.calls = append(h.calls, r.Method+" "+r.URL.Path)
	if h.spoil != nil {
		if status, header := h.spoil(r); status != 0 {
			for name := range header {
				w.Header().Set(name, header.Get(name))
			}
			answer(w, status, map[string]any{"message": "spoiled", "documentation_url": "https://docs.github.com/rest"})
			return
		}
	}
	if r.Header.Get("Authorization") != "Bearer "+token || r.Header.Get("X-GitHub-Api-Version") == "" {
		answer(w, http.StatusUnauthorized, map[string]any{"message": "Bad credentials"})
		return
	}
	var sent struct{ Body string }
	if r.Method == http.MethodPost || r.Method == http.MethodPatch {
		if json.NewDecoder(r.Body).Decode(&sent) != nil || sent.Body == "" || len([]rune(sent.Body)) > Limit {
			answer(w, http.StatusUnprocessableEntity, map[string]any{"message": "Validation Failed"})
			return
		}
		sent.Body = strings.TrimSpace(sent.Body) // whether GitHub does is not documented: the harder of two readings
	}
	writer := r.Header.Get("X-Writer")
	found := -1
	if id := one.FindStringSubmatch(r.URL.Path); id != nil {
		found = slices.IndexFunc(h.comments, func(c *said) bool { return strconv.FormatInt(c.id, 10) == id[1] })
		if found < 0 {
			answer(w, http.StatusNotFound, map[string]any{"message": "Not Found"})
			return
		}
	}
	const forbidden = "Resource not accessible by integration"
	login, kind := bot, "Bot"
	if h.user != "" {
		login, kind = h.user, "User"
	}
	switch what := r.Method + " " + r.URL.Path; {
	case what == "GET /user" && h.user == "":
		answer(w, http.StatusForbidden, map[string]any{"message": forbidden})
	case what == "GET /user":
		answer(w, http.StatusOK, map[string]any{"login": h.user, "id": 1, "type": "User"})
	case what == "GET /repos/octo/shop/issues/7/comments":
		h.list(w, r)
		h.clock++
		h.listed[writer] = h.clock
	case h.readOnly:
		answer(w, http.StatusForbidden, map[string]any{"message": forbidden})
	case what == "POST /repos/octo/shop/issues/7/comments":
		made := h.add(login, kind, sent.Body)
		if h.lost != nil && h.lost(r) {
			answer(w, http.StatusBadGateway, map[string]any{"message": "Server Error"})
			return
		}
		answer(w, http.StatusCreated, made.object())
	case found >= 0 && r.Method == http.MethodPatch:
		c := h.comments[found]
		before, _ := markOf(c.body)
		now, _ := markOf(sent.Body)
		if before.compare(now) > 0 {
			h.raced++
			if c.changed < h.listed[writer] {
				h.t.Errorf("%v is written over %v, which was there to be seen", now, before)
			}
		}
		h.clock++
		c.body, c.changed = sent.Body, h.clock
		answer(w, http.StatusOK, c.object())
	case found >= 0 && r.Method == http.MethodDelete:
		if h.comments[found].login != login {
			h.t.Errorf("a comment of %s is deleted", h.comments[found].login)
		}
		h.comments = slices.Delete(h.comments, found, found+1)
		w.WriteHeader(http.StatusNoContent)
	default:
		answer(w, http.StatusNotFound, map[string]any{"message": "Not Found"})
	}
}

// list writes a page, and in Link where the next one is.
func (h *hub) list(w http.ResponseWriter, r *http.Request) {
	size, _ := strconv.Atoi(r.URL.Query().Get("per_page"))
	page, _ := strconv.Atoi(r.URL.Query().Get("page"))
	page = max(page, 1)
	from, to := min((page-1)*size, len(h.comments)), min(page*size, len(h.comments))
	if to < len(h.comments) {
		host := h.nextAt
		if host == "" {
			host = "https://api.github.com"
		}
		w.Header().Set("Link", fmt.Sprintf(`<%s/repositories/1/issues/7/comments?per_page=%d&page=1>; rel="first", <%s%s?per_page=%d&page=%d>; rel="next"`, host, size, host, r.URL.Path, size, page+1))
	}
	all := []any{}
	for _, c := range h.comments[from:to] {
		all = append(all, c.object())
	}
	answer(w, http.StatusOK, all)
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(body)
}

// way is the way of one writer to the hub. It may take time.
type way struct {
	h      *hub
	writer string
	slow   func() // before and after each call
}

func (y way) RoundTrip(r *http.Request) (*http.Response, error) {
	if y.slow != nil {
		y.slow()
		defer y.slow()
	}
	r = r.Clone(r.Context())
	r.Header.Set("X-Writer", y.writer)
	w := httptest.NewRecorder()
	y.h.ServeHTTP(w, r)
	resp := w.Result()
	resp.Request = r
	return resp, nil
}

func newHub(t *testing.T) *hub { return &hub{t: t, listed: map[string]int{}} }

func (h *hub) comments7(writer string, slow func()) Comments {
	return Comments{Transport: &cloud.Transport{Base: way{h, writer, slow}}, API: "https://api.github.com", Repo: "octo/shop", Number: 7, Token: token}
}

const place = "0123456789abcdef"

func mark(run, attempt int64) Mark { return Mark{place, run, attempt} }

// within is a test in virtual time.
func within(t *testing.T, name string, do func(t *testing.T, h *hub)) {
	t.Run(name, func(t *testing.T) { synctest.Test(t, func(t *testing.T) { do(t, newHub(t)) }) })
}

// keep keeps a comment, and holds that there is one of that text.
func keep(t *testing.T, h *hub, m Mark, text string, want Kept) *said {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	kept, err := h.comments7("a", nil).Keep(ctx, m, text)
	ours := h.ours(m.Place)
	if err != nil || kept != want || len(ours) != 1 {
		t.Fatalf("%q, %v, %d comments of ours; want it %q", kept, err, len(ours), want)
	}
	if want != Newer && ours[0].body != strings.TrimSpace(m.String()+"\n"+text) {
		t.Errorf("the comment says %q", ours[0].body)
	}
	return ours[0]
}

func TestOneCommentOnAnyPage(t *testing.T) {
	for _, at := range []int{0, 99, 100, 149} {
		within(t, fmt.Sprint(at), func(t *testing.T, h *hub) {
			for i := range 150 {
				if i == at {
					h.add(bot, "Bot", mark(1, 1).String()+"\nold")
				}
				h.add("somebody", "User", fmt.Sprint("comment ", i))
			}
			keep(t, h, mark(2, 1), "new", Updated)
		})
	}
	within(t, "made", func(t *testing.T, h *hub) {
		for range 150 {
			h.add("somebody", "User", "talk")
		}
		first := keep(t, h, mark(1, 1), "one\n\n", Made)
		if i := slices.IndexFunc(h.calls, func(c string) bool { return strings.HasPrefix(c, "PATCH") }); i >= 0 {
			t.Errorf("it was written again: %v", h.calls)
		}
		if again := keep(t, h, mark(1, 1), "one", Updated); again.id != first.id {
			t.Error("a second comment was made")
		}
		if again := keep(t, h, mark(1, 2), "two", Updated); again.id != first.id {
			t.Error("a second comment was made for a re-run")
		}
		h.comments = slices.DeleteFunc(h.comments, func(c *said) bool { return c.id == first.id })
		keep(t, h, mark(2, 1), "three", Made)
	})
}

func TestNewerRunsAreNotWrittenOver(t *testing.T) {
	for _, newer := range []Mark{mark(11, 1), mark(10, 3)} {
		within(t, newer.String(), func(t *testing.T, h *hub) {
			h.add(bot, "Bot", newer.String()+"\nnew")
			if c := keep(t, h, mark(10, 2), "old", Newer); !strings.HasSuffix(c.body, "new") {
				t.Errorf("it says %q", c.body)
			}
		})
	}
}

// TestOthersMarks: a mark in somebody else's comment, or further down in one, is
// none of ours; nor is that of another place.
func TestOthersMarks(t *testing.T) {
	within(t, "of a workflow", func(t *testing.T, h *hub) {
		h.add("mallory", "User", mark(1, 1).String()+"\nforged")
		h.add(bot, "Bot", "> "+mark(1, 1).String()+"\nquoted")
		h.add(bot, "Bot", Mark{"ffff", 1, 1}.String()+"\nanother step")
		if _, err := h.comments7("a", nil).Keep(t.Context(), mark(2, 1), "ours"); err != nil {
			t.Fatal(err)
		}
		if len(h.comments) != 4 || !strings.HasSuffix(h.comments[3].body, "ours") || strings.Contains(h.comments[0].body+h.comments[1].body+h.comments[2].body, "ours") {
			t.Errorf("%d comments", len(h.comments))
		}
	})
	within(t, "of a person", func(t *testing.T, h *hub) {
		h.user = "octocat"
		h.add(bot, "Bot", mark(1, 1).String()+"\na bot's")
		first := h.add("octocat", "User", mark(1, 1).String()+"\nold")
		if kept, err := h.comments7("a", nil).Keep(t.Context(), mark(2, 1), "ours"); err != nil || kept != Updated || !strings.HasSuffix(first.body, "ours") {
			t.Errorf("%s, %v, %q", kept, err, first.body)
		}
	})
}

// TestTwoWriters lets two runs, of which each looks and writes when it likes,
// come to one comment, which is the newer run's. A newer text is written over
// only by who looked before it was there, and then written again.
func TestTwoWriters(t *testing.T) {
	raced := 0
	for seed := range uint64(600) {
		synctest.Test(t, func(t *testing.T) {
			h := newHub(t)
			dice := rand.New(rand.NewPCG(seed, 1))
			var mu sync.Mutex
			slow := func() {
				mu.Lock()
				d := time.Duration(dice.Int64N(int64(100 * time.Millisecond)))
				mu.Unlock()
				time.Sleep(d)
			}
			if dice.IntN(2) == 0 {
				h.add(bot, "Bot", mark(1, 1).String()+"\nbefore")
			}
			if dice.IntN(4) == 0 {
				h.add(bot, "Bot", mark(1, 1).String()+"\na second one, of a run that was killed")
			}
			marks := []Mark{mark(2, 1), []Mark{mark(3, 1), mark(2, 2)}[dice.IntN(2)]}
			waits := []time.Duration{time.Duration(dice.Int64N(int64(300 * time.Millisecond))), time.Duration(dice.Int64N(int64(300 * time.Millisecond)))}
			var both sync.WaitGroup
			for i, m := range marks {
				wait := waits[i]
				both.Go(func() {
					time.Sleep(wait)
					if _, err := h.comments7(fmt.Sprint(i), slow).Keep(t.Context(), m, fmt.Sprint("text ", i)); err != nil {
						t.Errorf("seed %d: %v", seed, err)
					}
				})
			}
			both.Wait()
			ours := h.ours(place)
			if len(ours) != 1 {
				t.Errorf("seed %d: %d comments", seed, len(ours))
			} else if m, _ := markOf(ours[0].body); m != marks[1] {
				t.Errorf("seed %d: it is of %v", seed, m)
			}
			raced += h.raced
		})
	}
	if raced == 0 {
		t.Error("nobody wrote over the other: the test shows nothing")
	}
}

// TestLostAnswers: what was done without an answer is not done again.
func TestLostAnswers(t *testing.T) {
	within(t, "a comment that was made", func(t *testing.T, h *hub) {
		once := false
		h.lost = func(*http.Request) bool { defer func() { once = true }(); return !once }
		keep(t, h, mark(1, 1), "text", Made)
		if h.last != 1 { // each tells everybody who watches the pull request
			t.Errorf("%d comments were made", h.last)
		}
	})
	within(t, "GitHub fails for a while", func(t *testing.T, h *hub) {
		n := 0
		h.spoil = func(*http.Request) (int, http.Header) {
			if n++; n%3 == 1 {
				return http.StatusBadGateway, nil
			}
			return 0, nil
		}
		keep(t, h, mark(1, 1), "text", Made)
	})
	within(t, "GitHub is down", func(t *testing.T, h *hub) {
		h.spoil = func(*http.Request) (int, http.Header) { return http.StatusServiceUnavailable, nil }
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		defer cancel()
		if _, err := h.comments7("a", nil).Keep(ctx, mark(1, 1), "text"); err == nil || errors.Is(err, ErrDenied) {
			t.Errorf("%v", err)
		}
	})
	within(t, "deleted while it is written", func(t *testing.T, h *hub) {
		h.add(bot, "Bot", mark(1, 1).String()+"\nold")
		h.spoil = func(r *http.Request) (int, http.Header) {
			if r.Method == http.MethodPatch {
				h.comments = nil
			}
			return 0, nil
		}
		keep(t, h, mark(2, 1), "new", Made)
	})
}

func TestRateLimits(t *testing.T) {
	for name, header := range map[string]http.Header{
		"secondary": {"Retry-After": {"7"}},
		"primary":   {"X-Ratelimit-Remaining": {"0"}, "X-Ratelimit-Reset": {"946684807"}}, // 7 s after virtual time begins
	} {
		within(t, name, func(t *testing.T, h *hub) {
			h.add(bot, "Bot", mark(1, 1).String()+"\nold")
			limited, began := true, time.Now()
			h.spoil = func(r *http.Request) (int, http.Header) {
				if r.Method == http.MethodPatch && limited {
					limited = false
					return http.StatusForbidden, header
				}
				return 0, nil
			}
			keep(t, h, mark(2, 1), "new", Updated)
			if waited := time.Since(began); waited < 6*time.Second || waited > 20*time.Second {
				t.Errorf("it waited for %s", waited)
			}
		})
		within(t, name+" for long", func(t *testing.T, h *hub) {
			long := header.Clone()
			for name := range long {
				if name != "X-Ratelimit-Remaining" {
					long.Set(name, "1946684807")
				}
			}
			h.spoil = func(*http.Request) (int, http.Header) { return http.StatusForbidden, long }
			ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
			defer cancel()
			if _, err := h.comments7("a", nil).Keep(ctx, mark(1, 1), "text"); err == nil || errors.Is(err, ErrDenied) || !strings.Contains(err.Error(), "rate limit") {
				t.Errorf("%v", err)
			}
		})
	}
}

func TestNoPermission(t *testing.T) {
	for name, old := range map[string]string{"to make": "", "to change": mark(1, 1).String() + "\nold"} {
		within(t, name, func(t *testing.T, h *hub) {
			if h.readOnly = true; old != "" {
				h.add(bot, "Bot", old)
			}
			_, err := h.comments7("a", nil).Keep(t.Context(), mark(2, 1), "text")
			if !errors.Is(err, ErrDenied) || len(h.calls) > 4 {
				t.Errorf("%v after %d calls", err, len(h.calls))
			}
		})
	}
}

// TestTokenStaysHere: the token is sent to the API alone.
func TestTokenStaysHere(t *testing.T) {
	within(t, "the next page is elsewhere", func(t *testing.T, h *hub) {
		h.nextAt = "https://evil.example"
		for range 150 {
			h.add("somebody", "User", "talk")
		}
		if _, err := h.comments7("a", nil).Keep(t.Context(), mark(1, 1), "text"); err == nil || len(h.comments) != 150 {
			t.Errorf("%v, %d comments", err, len(h.comments))
		}
		if i := slices.IndexFunc(h.calls, func(c string) bool { return strings.HasPrefix(c, "POST") }); i >= 0 || len(h.calls) != 2 {
			t.Errorf("%v", h.calls)
		}
	})
}

// TestEndlessList: where nobody can say whether there is one, none is made.
func TestEndlessList(t *testing.T) {
	within(t, "", func(t *testing.T, h *hub) {
		for range mostPages*pageLimit + 1 {
			h.add("somebody", "User", "talk")
		}
		if _, err := h.comments7("a", nil).Keep(t.Context(), mark(1, 1), "text"); err == nil || len(h.ours(place)) > 0 {
			t.Errorf("%v, %d", err, len(h.ours(place)))
		}
	})
}

package cloud

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"cloudjob/internal/job"
)

// throttling is a cloud that refuses so many calls, saying when to come again.
type throttling struct {
	refusals int
	after    string
	began    time.Time
	at       []time.Duration // of each call that came
}

func (c *throttling) RoundTrip(r *http.Request) (*http.Response, error) {
	connect(r)
	c.at = append(c.at, time.Since(c.began))
	if len(c.at) > c.refusals {
		return answer(r, 200, strings.NewReader("{}")), nil
	}
	resp := answer(r, http.StatusTooManyRequests, strings.NewReader("slow down"))
	if c.after != "" {
		resp.Header.Set("Retry-After", c.after)
	}
	return resp, nil
}

func (c *throttling) transport() *Transport {
	c.began = time.Now()
	return &Transport{Base: c}
}

// TestRetryAfter: a read is made again, and not before the time is over that
// the cloud asked for, be it long or without end.
func TestRetryAfter(t *testing.T) {
	for _, test := range []struct {
		after            string
		soonest, longest time.Duration // of the second try
	}{
		{"", 400 * time.Millisecond, 600 * time.Millisecond},
		{"0", 400 * time.Millisecond, 600 * time.Millisecond},
		{"-7", 400 * time.Millisecond, 600 * time.Millisecond},
		{"soon", 400 * time.Millisecond, 600 * time.Millisecond},
		{"7", 7 * time.Second, 7 * time.Second},
		{"120", 2 * time.Minute, 2 * time.Minute},
		{"86400", 5 * time.Minute, 5 * time.Minute},
	} {
		synctest.Test(t, func(t *testing.T) {
			c := &throttling{refusals: 1, after: test.after}
			transport, read := c.transport(), Call{Name: "DescribeJobs", Reads: true}
			err := Retry(t.Context(), read, func() error {
				_, err := ask(t, transport.Bind(t.Context(), read), "https://pts.example.com")
				return err
			})
			if err != nil || len(c.at) != 2 || c.at[1] < test.soonest || c.at[1] > test.longest {
				t.Errorf("Retry-After %q: tried at %v, %v", test.after, c.at, err)
			}
		})
	}
}

// TestRetriesEnd: a read is given up after some tries, and a call that may have
// had an effect is never made again.
func TestRetriesEnd(t *testing.T) {
	for _, reads := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			c := &throttling{refusals: 1000}
			transport, call := c.transport(), Call{Name: "Call", Reads: reads}
			err := Retry(t.Context(), call, func() error {
				_, err := ask(t, transport.Bind(t.Context(), call), "https://pts.example.com")
				return err
			})
			tries := 1
			if reads {
				tries = 1 + retries
			}
			if want(t, err, job.Throttled, "too many requests"); len(c.at) != tries {
				t.Errorf("reads %t: tried at %v", reads, c.at)
			}
		})
	}
}

// TestRetryEndsWithItsContext: with what the cloud said, not with the cancel.
func TestRetryEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &throttling{refusals: 1000, after: "60"}
		transport, read := c.transport(), Call{Name: "DescribeJobs", Reads: true}
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		err := Retry(ctx, read, func() error {
			_, err := ask(t, transport.Bind(ctx, read), "https://pts.example.com")
			return err
		})
		if want(t, err, job.Throttled, "too many requests"); time.Since(c.began) != 10*time.Second || len(c.at) != 1 {
			t.Errorf("ended after %s, tried at %v", time.Since(c.began), c.at)
		}
	})
}

// TestRestIsForAll: who shares the transport does not make the read either
// before the time is over. Other calls go on, and a call that is no read is only
// told.
func TestRestIsForAll(t *testing.T) {
	for _, test := range []struct {
		first, second Call
		host          string
		held          bool
	}{
		{Call{Name: "DescribeJobs", Reads: true}, Call{Name: "DescribeJobs", Reads: true}, "pts.example.com", true},
		{Call{Name: "DescribeJobs", Reads: true, PerSecond: 20}, Call{Name: "DescribeJobs", Reads: true, PerSecond: 20}, "pts.example.com", true},
		{Call{Name: "DescribeJobs", Reads: true}, Call{Name: "DescribeJobs", Reads: true}, "pts.example.org", false},
		{Call{Name: "DescribeJobs", Reads: true}, Call{Name: "AbortJob"}, "pts.example.com", false},
		{Call{Name: "AbortJob"}, Call{Name: "AbortJob"}, "pts.example.com", false},
	} {
		synctest.Test(t, func(t *testing.T) {
			c := &throttling{refusals: 1, after: "30"}
			transport := c.transport()
			_, err := ask(t, transport.Bind(t.Context(), test.first), "https://pts.example.com")
			if e := want(t, err, job.Throttled, "too many requests"); e.After != 30*time.Second {
				t.Errorf("the error says to wait %s", e.After)
			}
			time.Sleep(10 * time.Second)
			_, err = ask(t, transport.Bind(t.Context(), test.second), "https://"+test.host)
			if err != nil {
				t.Fatal(err)
			}
			began := []time.Duration{0, 10 * time.Second}
			if test.held {
				began[1] = 30 * time.Second
			}
			if !slices.Equal(c.at, began) {
				t.Errorf("%s, then %s at %s: sent at %v, want %v", test.first.Name, test.second.Name, test.host, c.at, began)
			}
		})
	}
}

// TestRestEndsWithTheContext: who waits for a rest to end has sent nothing.
func TestRestEndsWithTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &throttling{refusals: 1, after: "30"}
		transport, read := c.transport(), Call{Name: "DescribeJobs", Reads: true}
		ask(t, transport.Bind(t.Context(), read), "https://pts.example.com")
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		_, err := ask(t, transport.Bind(ctx, read), "https://pts.example.com")
		want(t, err, job.Halted, "cancelled before it was sent")
		if time.Since(c.began) != 10*time.Second || len(c.at) != 1 || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("ended after %s, sent at %v: %v", time.Since(c.began), c.at, err)
		}
	})
}

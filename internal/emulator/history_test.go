package emulator

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"cloudjob/internal/emulator/emu"
)

// diary is a world of one half that writes down what it is asked.
type diary struct {
	*Emulator
	history *History
	lines   bytes.Buffer
	full    error       // of the disk
	heard   []string    // bodies that had their effect
	moments []time.Time // by the half's clock, two in each call
}

func newDiary(history func(keep func([]byte) error) *History) *diary {
	d := &diary{}
	d.history = history(func(line []byte) error {
		if d.full != nil {
			return d.full
		}
		_, err := d.lines.Write(line)
		return err
	})
	hear := func(r *emu.Request) emu.Answer {
		d.heard = append(d.heard, string(r.Body)+r.Query.Get("q")+r.Path("task_id")+r.Header.Get("Workspace"))
		d.moments = append(d.moments, d.history.Clock())
		time.Sleep(time.Second)
		d.moments = append(d.moments, d.history.Clock())
		return emu.Answer{Body: map[string]any{"heard": len(d.heard)}}
	}
	d.Emulator = New(Options{History: d.history},
		emu.Half{Vendor: emu.Tencent, Service: "pts", Version: "2021-07-28", Calls: []emu.Call{{Name: "StartJob", Handle: hear}, {Name: "DescribeJobs", Handle: hear}}},
		emu.Half{Vendor: emu.Huawei, Service: "cpts", Calls: []emu.Call{{Name: "CreateTask", Route: "POST /v1/{project_id}/tasks/{task_id}", Handle: hear}}})
	return d
}

func begin(keep func([]byte) error) *History { return NewHistory(20, keep) }

// resumed is the world as another process, which knows the beginning as JSON,
// reads it from these lines.
func (d *diary) resumed(t *testing.T, lines string) (*diary, error) {
	t.Helper()
	text, err := json.Marshal(d.history.Beginning())
	if err != nil {
		t.Fatal(err)
	}
	var beginning Beginning
	if err := json.Unmarshal(text, &beginning); err != nil {
		t.Fatal(err)
	}
	other := newDiary(func(func([]byte) error) *History { return beginning.History() })
	return other, other.Replay(strings.NewReader(lines))
}

func (d *diary) start(t *testing.T, body string) {
	t.Helper()
	d.ask(t, "StartJob", body)
}

// ask makes a signed call of PTS.
func (d *diary) ask(t *testing.T, action, body string) {
	t.Helper()
	r := tencentRequest(t, inProcess, action, body)
	tencentKey().sign(r, body)
	do(t, client(d.Emulator), r)
}

// TestReplay: calls happen again in their order, each at its moment, and then
// the clock goes on; reads are not kept, nor is what nobody answered.
func TestReplay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDiary(begin)
		time.Sleep(time.Minute) // which passes too while nothing is asked
		d.start(t, `{"n":1}`)
		if after := d.moments[0].Sub(d.history.Beginning().Began); after != 20*time.Minute {
			t.Errorf("the first call came %s after the beginning, not 20m", after)
		}
		d.ask(t, "DescribeJobs", `{}`)
		d.start(t, `{"n":2}`)
		do(t, client(d.Emulator), tencentRequest(t, inProcess, "StartJob", `{"n":3}`)) // unsigned
		create := huaweiRequest(t, "POST", inProcess+"/v1/"+ProjectID+"/tasks/7?q=x%20y", "{}")
		create.Header.Set("Workspace", "w1")
		huaweiKey().sign(create, "{}")
		do(t, client(d.Emulator), create)
		if n := bytes.Count(d.lines.Bytes(), []byte("\n")); n != 3 {
			t.Fatalf("%d lines are kept, not 3", n)
		}
		other, err := d.resumed(t, d.lines.String()+"torn in the middle of a li")
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(other.heard, " "); got != `{"n":1} {"n":2} {}x y7w1` {
			t.Errorf("it heard %s", got)
		}
		first, again := d.moments, other.moments
		if !again[0].Equal(first[0]) || !again[1].Equal(first[0]) || !again[2].Equal(first[4]) || !first[1].Equal(first[0]) {
			t.Errorf("the moments were\n%v\nand are\n%v", first, again)
		}
		if now, there := d.history.Clock(), other.history.Clock(); !now.Equal(there) || now.Sub(d.history.Beginning().Began) < 20*time.Minute {
			t.Errorf("it is %s here and %s there", now, there)
		}
	})
}

// TestForgedHistory: lines that the world did not write, or not there, are not
// followed.
func TestForgedHistory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDiary(begin)
		d.start(t, `{"Password":"open-sesame-1234"}`)
		d.start(t, `{"n":2}`)
		lines := strings.SplitAfter(d.lines.String(), "\n")
		if strings.Contains(d.lines.String(), "sesame") || strings.Contains(d.lines.String(), "StartJob") {
			t.Error("what was asked can be read in the file")
		}
		stranger := newDiary(begin)
		stranger.start(t, `{"n":1}`)
		changed := []byte(lines[0])
		changed[10] ^= 1
		for name, text := range map[string]string{
			"another world's": stranger.lines.String(),
			"another order":   lines[1] + lines[0],
			"one left out":    lines[1],
			"one twice":       lines[0] + lines[0],
			"one changed":     string(changed) + lines[1],
			"plain":           `{"service":"pts","call":"StartJob"}` + "\n",
			"an empty line":   "\n",
		} {
			other, err := d.resumed(t, text)
			if !errors.Is(err, ErrForged) || name != "one twice" && len(other.heard) > 0 {
				t.Errorf("%s: %v, and it heard %v", name, err, other.heard)
			}
		}
		if other, err := d.resumed(t, lines[0]); err != nil || len(other.heard) != 1 { // killed before the second
			t.Errorf("the first alone: %v, %v", err, other.heard)
		}
	})
}

// TestUnkeptDoesNotHappen: what cannot be written down has no effect, so that
// the other process never knows less.
func TestUnkeptDoesNotHappen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDiary(begin)
		d.full = errors.New("no space left on device")
		d.start(t, `{"n":1}`)
		if len(d.heard) > 0 {
			t.Error("a job began that is not written down")
		}
		d.full = nil
		d.start(t, `{"n":2}`)
		if other, err := d.resumed(t, d.lines.String()); err != nil || len(other.heard) != 1 {
			t.Errorf("after the disk had room again: %v, %v", err, other.heard)
		}
		d.history.size = historyLimit - 10
		d.start(t, `{"n":3}`)
		if len(d.heard) != 1 {
			t.Error("the file grows without limit")
		}
	})
}

// TestTimeNeverRunsBack: not even where the other process's clock is behind.
func TestTimeNeverRunsBack(t *testing.T) {
	beginning := Beginning{Began: time.Now().Add(time.Hour), Speed: 1, Key: make([]byte, 32)}
	h := beginning.History()
	h.held, h.last = time.Time{}, beginning.Began.Add(time.Minute)
	if now := h.Clock(); !now.Equal(h.last) {
		t.Errorf("it is %s, before what happened at %s", now, h.last)
	}
}

func TestVariables(t *testing.T) {
	if got := strings.Join(variables("GET /v1/{project_id}/x/{task_id}/{rest...}"), " "); got != "project_id task_id rest" {
		t.Errorf("variables %s", got)
	}
}

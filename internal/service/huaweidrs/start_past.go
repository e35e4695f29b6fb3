package huaweidrs

// This file keeps in a task's ref what the task was before the start.

import (
	"strconv"
	"strings"
	"time"

	"cloudjob/internal/cloud"
	"cloudjob/internal/job"
)

// past is what batch-detail told of a task before this run's start. A task that
// was reset still shows the times of an earlier run, and one that is resumed
// may be shown as paused for a while (UNVERIFIED: how soon its status changes
// is not documented). It is kept in the task's ref, for who comes later.
type past struct {
	begun, copied time.Time // zero: it told none
	paused        bool
	since         time.Time // when it was paused; zero: it did not tell
}

// untold stands for what is not known, in the text of a past and of an entry.
const untold = "-"

func (p past) String() string {
	if p == (past{}) {
		return ""
	}
	words := []string{millis(p.begun), millis(p.copied)}
	if p.paused {
		words = append(words, millis(p.since))
	}
	return strings.Join(words, " ")
}

func millis(t time.Time) string {
	if t.IsZero() {
		return untold
	}
	return strconv.FormatInt(t.UnixMilli(), 10)
}

func pastOf(ref job.Ref) (p past) {
	words := strings.Fields(ref.Since)
	p.paused = len(words) > 2
	for i, t := range []*time.Time{&p.begun, &p.copied, &p.since} {
		if i < len(words) {
			*t = cloud.Text(words[i]).Time()
		}
	}
	return p
}

// times are when this run of a task began, and when its copy was complete;
// zero if batch-detail does not tell, or tells of an earlier run. Of a resumed
// task it is not known when it went on.
func (p past) times(detail reply) (begun, copied time.Time) {
	begun, copied = detail.BegunAt.Time(), detail.CopiedAt.Time()
	if copied.Before(begun) || copied.Equal(p.copied) {
		copied = time.Time{}
	}
	if begun.Equal(p.begun) {
		begun = time.Time{}
	}
	return begun, copied
}

// unresumed tells of a task whose present status is still that of before its
// resume: batch-detail knows of another one, or of no change since.
func (p past) unresumed(detail reply) bool {
	if !p.paused || detail.Status == "" {
		return false
	}
	return detail.Status != pausing || !p.since.IsZero() && detail.UpdatedAt.Time().Equal(p.since)
}

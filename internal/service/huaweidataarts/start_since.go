package huaweidataarts

// This file keeps in a job's ref what tells its instances from those of others,
// because neither start takes a mark.

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"cloudjob/internal/cloud"
	"cloudjob/internal/job"
)

// skew is how far our clock may be from the service's: a call from a clock
// further off is refused (facts huawei-auth §2). The Date of the start's
// answer would be the better time, but no SDK call shows it, and a start that
// was not answered has none. So an instance counts from our time less skew on,
// unless it was there before the start.
const skew = 15 * time.Minute

// since is what Ref.Since says: of a run when it was planned, which tells where it is
// listed; of a schedule or a stream, which has no instance of its own, more:
// "since:1772409601000 joined single not:132343".
type since struct {
	at     time.Time // by our clock
	joined bool      // it was on before, or may have been, so it is not ours to stop
	single bool      // the schedule runs the job once: EXECUTE_ONCE
	known  []string  // instances that were there before
}

func (s since) text() string {
	var words []string
	if !s.at.IsZero() {
		words = append(words, "since:"+strconv.FormatInt(s.at.UnixMilli(), 10))
	}
	if s.joined {
		words = append(words, "joined")
	}
	if s.single {
		words = append(words, "single")
	}
	for _, id := range s.known {
		words = append(words, "not:"+id)
	}
	return strings.Join(words, " ")
}

func readSince(text string) (s since) {
	for _, word := range strings.Fields(text) {
		switch name, value, _ := strings.Cut(word, ":"); name {
		case "since":
			s.at = cloud.Text(value).Time()
		case "joined":
			s.joined = true
		case "single":
			s.single = true
		case "not":
			s.known = append(s.known, value)
		}
	}
	return s
}

// join is the same of a job that was on before.
func (s since) join() since { s.joined = true; return s }

// from is the plan time after which an instance counts.
func (s since) from() time.Time { return s.at.Add(-skew) }

// counts tells whether an instance is one that the schedule made since the
// start: of type 0, or 7 if the schedule runs once (facts huawei-dataarts §3,
// §6). Others were run by hand, filled in later or are part of another job.
func (s since) counts(i instance) bool {
	planned := i.InstanceType == "0" || s.single && i.InstanceType == "7"
	return planned && !slices.Contains(s.known, string(i.InstanceID))
}

// made are those instances of a job that its schedule made since the start.
func (s since) made(list []instance) (made []instance) {
	for _, i := range list {
		if s.counts(i) && i.planned().After(s.from()) {
			made = append(made, i)
		}
	}
	return made
}

// intend writes the intent so that refOf can read it again.
func intend(mark string, ref job.Ref, s since, before []string) job.Intent {
	return job.Intent{Mark: mark, In: ref.In, IDs: []string{ref.ID, ref.Kind, s.text()}, Before: before}
}

// refOf is the job that an intent is about; only a run's instance is not known
// yet. An intent without a time is a question for what is on now.
func refOf(intent job.Intent) job.Ref {
	if len(intent.IDs) != 3 {
		return job.Ref{}
	}
	s := readSince(intent.IDs[2])
	s.at = intent.At
	if s.at.IsZero() {
		s.at = time.Now()
	}
	return job.Ref{ID: intent.IDs[0], Kind: intent.IDs[1], In: intent.In, Since: s.text()}
}

func ids(list []instance) []string {
	var all []string
	for _, i := range list {
		all = append(all, string(i.InstanceID))
	}
	return all
}

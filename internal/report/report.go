// Package report turns results into what people and later steps read: the job
// summary, the outputs, and the same as plain text for a terminal.
package report

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"cloudjob/internal/cloud"
	"cloudjob/internal/engine"
	"cloudjob/internal/field"
	"cloudjob/internal/job"
	"cloudjob/internal/locale"
)

// status is the cloud's word, or ours where it has none.
func status(item job.Item) string {
	switch {
	case item.Status != "":
		return item.Status
	case item.Err == nil && item.How == job.Joined:
		return "on"
	case item.Err == nil && item.How == job.Followed:
		return "followed"
	case item.Err == nil && (item.How != "" || item.Ref != job.Ref{}):
		return "started"
	case job.OutcomeOf(item.Err) == job.StartUnknown:
		return "unknown"
	case item.Err == nil:
		return "not found"
	}
	return "failed"
}

// requestID of a failure may be known by its error alone.
func requestID(item job.Item) string {
	if e, ok := errors.AsType[*job.Error](item.Err); ok {
		return cmp.Or(item.RequestID, e.RequestID)
	}
	return item.RequestID
}

// Mark is the symbol of an outcome.
func Mark(o job.Outcome) string {
	switch o {
	case job.Started, job.Stopped, job.Succeeded:
		return "✅"
	case job.StartUnknown:
		return "❓"
	case job.Cancelled:
		return "🛑"
	case job.TimedOut:
		return "⏱️"
	}
	return "❌"
}

// markOf is the symbol of a job. One that another one ended is no failure of its
// own.
func markOf(item job.Item) string {
	if item.Culprit != "" {
		return Mark(job.Cancelled)
	}
	return Mark(engine.OutcomeOf(item))
}

// headline says in one line what happened.
func headline(r engine.Result) string {
	count, created, joined, victims, total := map[job.Outcome]int{}, 0, 0, 0, len(r.Items)
	for _, item := range r.Items {
		if item.Culprit != "" {
			victims++
			continue
		}
		count[engine.OutcomeOf(item)]++
		switch {
		case item.Status == job.Created && item.Err == nil:
			created++
		case item.How == job.Joined && item.End == "":
			joined++
		}
	}
	best, verb := job.Started, "started"
	if followed(r) {
		best, verb = job.Succeeded, "succeeded"
	}
	ended := count[job.Stopped]
	if ended > 0 && count[best] == 0 {
		best, verb, ended = job.Stopped, "stopped", 0
	}
	good := count[best] - created - joined
	text := fmt.Sprintf("%d of %d jobs %s", good, total, verb)
	if good == total {
		text = plural(total, "job") + " " + verb
	}
	for _, also := range []struct {
		number int
		says   string
	}{
		{created, "only created"},
		{joined, string(job.Joined)},
		{ended, "stopped"},
		{count[job.JobFailed], "failed"},
		{victims, "ended with it (fail_fast)"},
		{count[job.TimedOut], "did not end in time"},
		{count[job.Cancelled], "cancelled"},
		{count[job.StartUnknown], "may have started: look before starting again"},
	} {
		if also.number > 0 {
			text += fmt.Sprintf(", %d %s", also.number, also.says)
		}
	}
	return text
}

// because is the reason of a step that failed, as its first line shows it. What
// to do about it stands below.
func because(r engine.Result) string {
	item, ok := Decisive(r)
	if !ok {
		return ""
	}
	if known, ok := errors.AsType[*job.Error](item.Err); ok {
		short := *known
		short.RequestID, short.Meaning, short.Cure = "", "", ""
		item.Err = &short
	}
	_, _, reason := say(Of(item))
	if len(r.Items) > 1 {
		reason = item.Title() + ": " + reason
	}
	if text := []rune(clean(reason)); len(text) > reasonShown {
		reason = string(text[:reasonShown]) + "…"
	}
	return " – " + cell(reason)
}

// followed tells of a result whose jobs were waited for.
func followed(r engine.Result) bool {
	for _, item := range r.Items {
		if item.End != "" {
			return true
		}
	}
	return false
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// summaryLimit keeps a summary readable and far below the runner's 1 MiB,
// above which nothing at all is shown.
const summaryLimit = 64 << 10

// fill adds n parts to b while they fit below the limit, and then says how many
// are missing and where they are.
func fill(b *strings.Builder, limit, n int, noun, where string, part func(i int) string) {
	for i := range n {
		text := part(i)
		if b.Len()+len(text) > limit-200 { // room for the sentence
			fmt.Fprintf(b, "\n%s more, not shown here: %s.\n", plural(n-i, noun), where)
			return
		}
		b.WriteString(text)
	}
}

// reasonShown is how much of a reason the first line shows.
const reasonShown = 200

const inLog = "the log has all"

// Summary is the job summary of a result that was not judged: what went wrong
// first, with what to do, then the jobs, then what only a vendor's support asks
// for.
func Summary(r engine.Result) string {
	var b strings.Builder
	b.WriteString(banner(emulatedItems(r.Items), len(r.Items)))
	fmt.Fprintf(&b, "### %s %s\n\n", Mark(r.Outcome), headline(r)+because(r))
	var failed, unwell, asked []job.Item
	for _, item := range r.Items {
		if item.Err != nil {
			failed = append(failed, item)
		}
		if len(item.Why) > 0 {
			unwell = append(unwell, item)
		}
		if requestID(item) != "" || brief(item.Ref.ID) != item.Ref.ID || brief(item.Ref.Run) != item.Ref.Run {
			asked = append(asked, item)
		}
	}
	if len(failed) > 0 {
		b.WriteString("| Job | What went wrong, and what to do |\n| --- | --- |\n")
		fill(&b, summaryLimit/4, len(failed), "failure", inLog, func(i int) string { return failure(failed[i]) })
		b.WriteString("\n")
	}
	b.WriteString("| | Job | Status |\n| --- | --- | --- |\n")
	fill(&b, summaryLimit/2, len(r.Items), "job", inLog, func(i int) string { return row(r.Items[i]) })
	fill(&b, 3*summaryLimit/4, len(unwell), "explanation", inLog, func(i int) string { return why(unwell[i]) })
	b.WriteString("\nOutcome: **" + string(r.Outcome) + "**\n\n")
	if len(asked) > 0 {
		open, shut := fold("Whole ids, for the vendor's support"), "\n</details>\n"
		b.WriteString(open + "| Job | Id | Request id |\n| --- | --- | --- |\n")
		fill(&b, summaryLimit-len(shut), len(asked), "job", inLog, func(i int) string {
			return fmt.Sprintf("| %s | %s | %s |\n", cell(asked[i].Title()), ids(asked[i]), id(requestID(asked[i])))
		})
		b.WriteString(shut)
	}
	return b.String()
}

// row is one job in the table of all.
func row(item job.Item) string {
	return fmt.Sprintf("| %s | %s | %s |\n", markOf(item), jobCell(item.Name, item.What, cell(item.Provider), refOf(item.What, item.Ref), link(item.Console, "console")), cell(status(item))+note(item))
}

// jobCell is the cell of a job: what it is called, and below it what it starts,
// if that is something else, and more of it.
func jobCell(name, what string, more ...string) string {
	if name == "" {
		name, what = what, ""
	}
	return strings.TrimSuffix("**"+cmp.Or(cell(name), "–")+"**<br>"+joined(append([]string{cell(what)}, more...)...), "<br>")
}

// failure is one job in the table of those that failed.
func failure(item job.Item) string {
	e, ok := errors.AsType[*job.Error](item.Err)
	if !ok {
		e = &job.Error{Message: item.Err.Error()}
	}
	message := cell(e.Message)
	if e.Call != "" {
		message = cell(e.Call + ": " + e.Message)
	}
	if e.Code != "" {
		message = code(e.Code) + "<br>" + message
	}
	if e.Meaning != "" {
		message += "<br>" + cell(e.Meaning)
	}
	if e.Cure != "" {
		message += "<br>**To do:** " + cell(e.Cure)
	}
	return fmt.Sprintf("| %s | %s |\n", cell(item.Title()), message)
}

// why is what the cloud knows of one job's failure.
func why(item job.Item) string {
	text := fmt.Sprintf("\n#### Why %s failed\n\n", cell(item.Title()))
	for _, line := range item.Why {
		text += "- " + paragraph(line) + "\n"
	}
	return text
}

func ids(item job.Item) string {
	if item.Ref.Run == "" {
		return id(item.Ref.ID)
	}
	return id(item.Ref.ID) + ", run " + id(item.Ref.Run)
}

// note is the remark in brackets behind a status.
func note(item job.Item) string {
	notes := []string{item.Note, Stopped(item)}
	if d := item.Last.Ended.Sub(item.Last.Begun); !item.Last.Begun.IsZero() && d > 0 {
		notes = append(notes, "ran "+d.Round(time.Second).String())
	}
	notes = append(notes, item.Last.Progress)
	text := strings.Join(slices.DeleteFunc(notes, func(s string) bool { return s == "" }), "; ")
	if text == "" {
		return ""
	}
	return " (" + cell(text) + ")"
}

// Stopped says what became of a stop, and what costs on after the job's end,
// stopped or not; empty if there is nothing to say.
func Stopped(item job.Item) string { return stoppedAs(item.Stop, item.Last.StillCosts) }

// stoppedAs is the same. What still costs money is said in place of a confirmed stop,
// because it says more.
func stoppedAs(s job.Stop, costs string) string {
	if s == job.StopConfirmed && costs != "" {
		return costs
	}
	return strings.Trim(string(s)+"; "+costs, "; ")
}

// Settled is the job summary of the post step.
func Settled(r engine.Result) string {
	var b strings.Builder
	b.WriteString(banner(emulatedItems(r.Items), len(r.Items)))
	b.WriteString("### 🛑 The step ended before its jobs\n\n" + settledTable(r, summaryLimit-b.Len()))
	return b.String()
}

func settledTable(r engine.Result, limit int) string {
	var b strings.Builder
	b.WriteString("| Job | What became of it |\n| --- | --- |\n")
	fill(&b, limit, len(r.Items), "job", inLog, func(i int) string {
		item := r.Items[i]
		return fmt.Sprintf("| %s | %s |\n", jobCell(item.Name, item.What, cell(item.Provider), refOf(item.What, item.Ref)), became(item))
	})
	return b.String()
}

// became says what became of a job in the post step.
func became(item job.Item) string {
	text := cell(item.Note)
	switch item.Stop {
	case job.StopConfirmed:
		text = "✅ " + cell(Stopped(item)) + "; the cloud says " + cell(status(item))
	case job.StopNotNeeded:
		text = "✅ it had ended by itself: " + cell(status(item))
	case job.StopLeft:
		text = "➡️ left running, as on_cancel, on_timeout or the kind of job wants it; now " + cell(status(item))
	case job.StopRequested:
		text = "❓ a stop was requested and not confirmed; it may still run: stop it in the " + console(item)
	case job.StopFailed:
		text = "❌ it could not be stopped and may still run: stop it in the " + console(item)
	}
	if item.Stop != job.StopConfirmed && item.Last.StillCosts != "" {
		text += "; " + cell(item.Last.StillCosts)
	}
	switch {
	case item.Err != nil && text == "":
		text = "❓ " + cell(item.Err.Error())
	case item.Err != nil:
		text += " (" + cell(item.Err.Error()) + ")"
	}
	return text
}

// console is the word "console", with a link if the vendor documents the page.
func console(item job.Item) string { return cmp.Or(link(item.Console, "console"), "console") }

// BrokenSummary is about the step itself, if it failed for a reason of its own. It
// stands before the summary of the jobs.
func BrokenSummary(faults []string) string {
	text := fmt.Sprintf("### %s %s\n\nOutcome: **%s**\n\n", Mark(job.Internal), cell(faults[0]), job.Internal)
	for _, more := range faults[1:] {
		text += paragraph(more) + "\n\n"
	}
	return text
}

// Unknown is the job summary of a post step that cannot know what main did.
func Unknown(text string) string {
	return "### ❓ Whether a job still runs cannot be known\n\n" + paragraph(text) + "\n"
}

// Invalid is the job summary of inputs that were refused.
func Invalid(problems field.Problems) string { return invalid(problems, summaryLimit) }

func invalid(problems field.Problems, limit int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "### ❌ %s in the inputs; nothing was called\n\nOutcome: **%s**\n\n| Where | What is wrong |\n| --- | --- |\n", plural(len(problems), "mistake"), job.InvalidInput)
	fill(&b, limit, len(problems), "mistake", inLog, func(i int) string {
		return fmt.Sprintf("| %s | %s |\n", code(problems[i].Place.String()), cell(problems[i].Text))
	})
	return b.String()
}

// Rehearsed is the job summary of a dry run.
func Rehearsed(requests []cloud.Request) string {
	var b strings.Builder
	fmt.Fprintf(&b, "### Dry run: %s would be sent\n\n", plural(len(requests), "request"))
	fill(&b, summaryLimit, len(requests), "request", inLog, func(i int) string {
		r := requests[i]
		return fmt.Sprintf("%s: %s. Needs %s.\n\n%s\n", code(r.Call.Name), cell(r.Call.Does), cell(r.Call.Permission), block(shorten(Request(r), 8192)))
	})
	return b.String()
}

func shorten(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	return strings.ToValidUTF8(s[:limit], "") + "\n…"
}

// Request is one request as plain text.
func Request(r cloud.Request) string {
	text := r.Line + "\n" + strings.Join(r.Headers, "\n") + "\n"
	if r.Body != "" {
		text += "\n" + r.Body + "\n"
	}
	return text
}

// Table is the result as plain text in the book's language, for a log or a
// terminal, without a line break at its end.
func Table(r engine.Result, book *locale.Book) string {
	rows := make([][]string, len(r.Items))
	for i, item := range r.Items {
		rows[i] = worded(columnsOf(item), book)
	}
	return aligned(rows)
}

// Line is one item as plain text in the book's language.
func Line(item job.Item, book *locale.Book) string {
	return strings.TrimRight(strings.Join(worded(columnsOf(item), book), "  "), " ")
}

// columnsOf are the columns of one item. Of a failure they have only the code: the
// whole message is printed below.
func columnsOf(item job.Item) []string {
	id := item.Ref.ID
	if item.Ref.Run != "" {
		id += " run " + item.Ref.Run
	}
	last := item.Note
	if stopped := Stopped(item); stopped != "" {
		last = strings.TrimPrefix(last+"; "+stopped, "; ")
	}
	if e, ok := errors.AsType[*job.Error](item.Err); ok {
		last = cmp.Or(e.Code, e.Message)
	} else if item.Err != nil {
		last = item.Err.Error()
	}
	return []string{markOf(item) + " " + clean(item.Provider), clean(item.Title()), clean(status(item)), clean(id), clean(last)}
}

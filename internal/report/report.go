// Package report turns results into what people and later steps read: the job
// summary, the outputs, and the same as plain text for a terminal.
package report

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"cloudjob/internal/cloud"
	"cloudjob/internal/engine"
	"cloudjob/internal/field"
	"cloudjob/internal/job"
)

// Output is one output of the step.
type Output struct{ Name, Value string }

// OutputDoc declares an output.
type OutputDoc struct{ Name, Doc string }

// OutputDocs lists the outputs.
func OutputDocs() []OutputDoc {
	return []OutputDoc{
		{"outcome", "How the step ended: see the table of outcomes. Empty after a dry run."},
		{"job_id", "Id of the job that was started: PTS and Batch JobId, DRS task id, PerfTest task id, DataArts job name. With several jobs, the first that was started."},
		{"job_ids", "Ids of all jobs that were started, as a JSON list."},
		{"request_id", "The cloud's request id of the (first) start, for its support."},
		{"task_id", "PerfTest: id of the task that was created or started."},
		{"run_id", "Id of the run: PerfTest task_run_id, which names the report; DataArts instance id."},
		{"started", "How the (first) job came to run: started; adopted, if the start's answer was lost and the job was found; attached, if an earlier attempt of the run had started it; was on before, if the step began nothing because a DataArts schedule or real-time job was on already."},
		{"status", "What became of the (first) job: the cloud's own last word if it was waited for, DRS success or failed right after its start, and otherwise started, on (DataArts, if it was on before), created (PerfTest with start: false), failed, or unknown."},
		{"statuses", "A JSON list with an entry for each job: provider, what, id, run, started, status, outcome, request_id, stop, and for failures code, message and why."},
		{"reason", "Why the (first) failed job failed, as far as the cloud says, a line each."},
	}
}

// JudgedDocs lists the outputs of a job that was judged.
func JudgedDocs() []OutputDoc {
	return []OutputDoc{
		{"verdict", "pass, fail or inconclusive: the worst of all jobs' gates. Empty without gates."},
		{"gates", "A JSON list of what each gate came to: gate, verdict, limit, actual, reason."},
		{"result_file", "Path of result.json in report_dir; with several jobs, the first."},
		{"report_file", "Path of report.html in report_dir."},
	}
}

// Outputs are the outputs of a result, in the order of OutputDocs.
func Outputs(r engine.Result) []Output {
	values := map[string]string{"outcome": string(r.Outcome)}
	ids := []string{}
	statuses := []entry{}
	for _, item := range r.Items {
		statuses = append(statuses, newEntry(item))
		if item.Err == nil && item.Ref.ID != "" {
			ids = append(ids, item.Ref.ID)
		}
		for name, value := range map[string]string{
			"request_id": requestID(item), "run_id": item.Ref.Run, "status": status(item), "started": string(item.How), "reason": reason(item),
		} {
			values[name] = cmp.Or(values[name], value)
		}
		if item.Provider == "huawei-cpts" {
			values["task_id"] = cmp.Or(values["task_id"], item.Ref.ID)
		}
	}
	if len(ids) > 0 {
		values["job_id"] = ids[0]
	}
	values["job_ids"], values["statuses"] = list(ids), list(statuses)
	var outputs []Output
	for _, doc := range OutputDocs() {
		outputs = append(outputs, Output{doc.Name, values[doc.Name]})
	}
	return outputs
}

func list(v any) string {
	b, err := json.Marshal(v)
	if err != nil { // strings always marshal
		return "[]"
	}
	return string(b)
}

// entry is a job in the output statuses. A name without a value is left out.
type entry struct {
	Provider  string   `json:"provider"`
	What      string   `json:"what"`
	ID        string   `json:"id,omitempty"`
	Run       string   `json:"run,omitempty"`
	Started   string   `json:"started,omitempty"`
	Status    string   `json:"status,omitempty"`
	Outcome   string   `json:"outcome,omitempty"`
	RequestID string   `json:"request_id,omitempty"`
	Stop      string   `json:"stop,omitempty"`
	Code      string   `json:"code,omitempty"`
	Message   string   `json:"message,omitempty"`
	Why       []string `json:"why,omitempty"`
}

func newEntry(item job.Item) entry {
	e := entry{
		Provider: item.Provider, What: item.What, ID: item.Ref.ID, Run: item.Ref.Run, Started: string(item.How), Status: status(item),
		Outcome: string(engine.OutcomeOf(item)), RequestID: requestID(item), Stop: string(item.Stop), Why: item.Why,
	}
	if item.Err != nil {
		e.Message = item.Err.Error()
	}
	if known, ok := errors.AsType[*job.Error](item.Err); ok {
		e.Code, e.Message = known.Code, known.Message
	}
	return e
}

// reason is why a job failed, or could not be started.
func reason(item job.Item) string {
	if item.Err != nil {
		return item.Err.Error()
	}
	return strings.Join(item.Why, "\n")
}

// status is the cloud's word, or ours where it has none.
func status(item job.Item) string {
	switch {
	case item.Status != "":
		return item.Status
	case item.Err == nil && item.How == job.Joined:
		return "on"
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
	case job.Started, job.Succeeded:
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

// headline says in one line what happened.
func headline(r engine.Result) string {
	count, created, joined, total := map[job.Outcome]int{}, 0, 0, len(r.Items)
	for _, item := range r.Items {
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
		{count[job.JobFailed], "failed"},
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

const inStatuses = "the output `statuses` has all"

// Summary is the job summary of a result.
func Summary(r engine.Result) string {
	var b strings.Builder
	fmt.Fprintf(&b, "### %s %s\n\nOutcome: **%s**\n\n", Mark(r.Outcome), headline(r), r.Outcome)
	b.WriteString("| | Provider | What | Id | Status | Request id |\n| --- | --- | --- | --- | --- | --- |\n")
	fill(&b, summaryLimit/2, len(r.Items), "job", inStatuses, func(i int) string { return row(r.Items[i]) })
	var failed []job.Item
	for _, item := range r.Items {
		if item.Err != nil {
			failed = append(failed, item)
		}
	}
	if len(failed) > 0 {
		b.WriteString("\n#### What went wrong\n\n| What | Code | Message | Meaning | What to do |\n| --- | --- | --- | --- | --- |\n")
		fill(&b, 3*summaryLimit/4, len(failed), "failure", inStatuses, func(i int) string { return failure(failed[i]) })
	}
	var unwell []job.Item
	for _, item := range r.Items {
		if len(item.Why) > 0 {
			unwell = append(unwell, item)
		}
	}
	fill(&b, summaryLimit, len(unwell), "explanation", inStatuses, func(i int) string { return why(unwell[i]) })
	return b.String()
}

// row is one job in the table of all.
func row(item job.Item) string {
	return fmt.Sprintf("| %s | %s | %s | %s | %s | %s |\n", Mark(engine.OutcomeOf(item)), cell(item.Provider), cell(item.What),
		ids(item), cell(status(item))+note(item), id(requestID(item)))
}

// failure is one job in the table of those that failed.
func failure(item job.Item) string {
	e, ok := errors.AsType[*job.Error](item.Err)
	if !ok {
		e = &job.Error{Message: item.Err.Error()}
	}
	message := e.Message
	if e.Call != "" {
		message = e.Call + ": " + message
	}
	return fmt.Sprintf("| %s | %s | %s | %s | %s |\n", cell(item.What), code(e.Code), cell(message), cell(e.Meaning), cell(e.Cure))
}

// why is what the cloud knows of one job's failure.
func why(item job.Item) string {
	text := fmt.Sprintf("\n#### Why %s failed\n\n", cell(item.What))
	for _, line := range item.Why {
		text += "- " + cell(line) + "\n"
	}
	return text
}

func ids(item job.Item) string {
	if item.Ref.Run == "" {
		return id(item.Ref.ID)
	}
	return id(item.Ref.ID) + ", run " + id(item.Ref.Run)
}

// note is what stands in brackets behind a status.
func note(item job.Item) string {
	notes := []string{item.Note, string(item.Stop)}
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

// Settled is the job summary of the post step.
func Settled(r engine.Result) string {
	var b strings.Builder
	b.WriteString("### 🛑 The step ended before its jobs\n\n| Provider | What | Id | What became of it |\n| --- | --- | --- | --- |\n")
	fill(&b, summaryLimit, len(r.Items), "job", "the log has all", func(i int) string {
		item := r.Items[i]
		return fmt.Sprintf("| %s | %s | %s | %s |\n", cell(item.Provider), cell(item.What), ids(item), became(item))
	})
	return b.String()
}

// became says what settling a job came to.
func became(item job.Item) string {
	text := cell(item.Note)
	switch item.Stop {
	case job.StopConfirmed:
		text = "✅ stopped; the cloud says " + cell(status(item))
	case job.StopNotNeeded:
		text = "✅ it had ended by itself: " + cell(status(item))
	case job.StopLeft:
		text = "➡️ left running, as on_cancel, on_timeout or the kind of job wants it; now " + cell(status(item))
	case job.StopRequested:
		text = "❓ a stop was requested and not confirmed; it may still run: stop it in the console"
	case job.StopFailed:
		text = "❌ it could not be stopped and may still run: stop it in the console"
	}
	switch {
	case item.Err != nil && text == "":
		text = "❓ " + cell(item.Err.Error())
	case item.Err != nil:
		text += " (" + cell(item.Err.Error()) + ")"
	}
	return text
}

// Unknown is the job summary of a post step that cannot know what main did.
func Unknown(text string) string {
	return "### ❓ Whether a job still runs cannot be known\n\n" + cell(text) + "\n"
}

// Crashed is the job summary of a fault of ours.
func Crashed(text string) string {
	return fmt.Sprintf("### ❌ A fault of this action\n\nOutcome: **%s**\n\n%s\n", job.Internal, cell(text))
}

// Invalid is the job summary of inputs that were refused.
func Invalid(problems field.Problems) string {
	var b strings.Builder
	fmt.Fprintf(&b, "### ❌ %s in the inputs; nothing was called\n\nOutcome: **%s**\n\n| Where | What is wrong |\n| --- | --- |\n", plural(len(problems), "mistake"), job.InvalidInput)
	fill(&b, summaryLimit, len(problems), "mistake", "the log has all", func(i int) string {
		return fmt.Sprintf("| %s | %s |\n", code(problems[i].Place.String()), cell(problems[i].Text))
	})
	return b.String()
}

// Rehearsed is the job summary of a dry run.
func Rehearsed(requests []cloud.Request) string {
	var b strings.Builder
	fmt.Fprintf(&b, "### Dry run: %s would be sent\n\n", plural(len(requests), "request"))
	fill(&b, summaryLimit, len(requests), "request", "the log has all", func(i int) string {
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

// Table is the result as plain text, for a log or a terminal, without a line
// break at its end.
func Table(r engine.Result) string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for _, item := range r.Items {
		fmt.Fprintln(w, line(item))
	}
	w.Flush()
	return strings.TrimSuffix(b.String(), "\n")
}

// Line is one item as plain text.
func Line(item job.Item) string { return strings.ReplaceAll(line(item), "\t", "  ") }

// line is one item, its columns set apart by tabs. Of a failure it names only
// the code: the whole of it follows.
func line(item job.Item) string {
	id := item.Ref.ID
	if item.Ref.Run != "" {
		id += " run " + item.Ref.Run
	}
	last := item.Note
	if item.Stop != "" {
		last = strings.TrimPrefix(last+"; "+string(item.Stop), "; ")
	}
	if e, ok := errors.AsType[*job.Error](item.Err); ok {
		last = cmp.Or(e.Code, e.Message)
	} else if item.Err != nil {
		last = item.Err.Error()
	}
	columns := []string{Mark(engine.OutcomeOf(item)) + " " + item.Provider, clean(item.What), clean(status(item)), clean(id), clean(last)}
	return strings.TrimRight(strings.Join(columns, "\t"), "\t ")
}

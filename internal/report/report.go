// Package report turns results into what people and later steps read: the job
// summary, the outputs, and the same as plain text for a terminal.
package report

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
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
		{"started", "How the (first) job came to run: started; adopted, if the start's answer was lost and the job was found; attached, if an earlier attempt of the run had started it."},
		{"status", "What the cloud says of the (first) job, in its own word: DRS success or failed right after the start; the last status of a job that was waited for; otherwise started or failed."},
		{"statuses", "A JSON list with an entry for each job: provider, what, id, run, started, status, outcome, request_id, stop, and for failures code, message and why."},
		{"reason", "Why the (first) failed job failed, as far as the cloud says: one line each."},
	}
}

// Outputs are the outputs of a result, in the order of OutputDocs.
func Outputs(r engine.Result) []Output {
	values := map[string]string{"outcome": string(r.Outcome)}
	ids := []string{}
	statuses := []map[string]any{}
	for _, item := range r.Items {
		statuses = append(statuses, entry(item))
		if item.Err == nil && item.Ref.ID != "" {
			ids = append(ids, item.Ref.ID)
		}
		for name, value := range map[string]string{
			"job_id": item.Ref.ID, "request_id": requestID(item), "run_id": item.Ref.Run, "status": status(item), "started": string(item.How), "reason": reason(item),
		} {
			values[name] = cmp.Or(values[name], value)
		}
		if item.Provider == "huawei-cpts" {
			values["task_id"] = cmp.Or(values["task_id"], item.Ref.ID)
		}
	}
	values["job_ids"], values["statuses"] = list(ids), list(statuses)
	var outputs []Output
	for _, doc := range OutputDocs() {
		outputs = append(outputs, Output{doc.Name, values[doc.Name]})
	}
	return outputs
}

// reason is why a job failed, or could not be started.
func reason(item job.Item) string {
	if item.Err != nil {
		return item.Err.Error()
	}
	return strings.Join(item.Why, "\n")
}

func list(v any) string {
	b, err := json.Marshal(v)
	if err != nil { // strings always marshal
		return "[]"
	}
	return string(b)
}

func entry(item job.Item) map[string]any {
	m := map[string]any{"provider": item.Provider, "what": item.What, "status": status(item)}
	for name, value := range map[string]string{"id": item.Ref.ID, "run": item.Ref.Run, "request_id": requestID(item), "started": string(item.How), "outcome": string(engine.OutcomeOf(item)), "stop": string(item.Stop)} {
		if value != "" {
			m[name] = value
		}
	}
	if item.Why != nil {
		m["why"] = item.Why
	}
	if item.Err != nil {
		m["message"] = item.Err.Error()
		if e, ok := errors.AsType[*job.Error](item.Err); ok {
			m["code"], m["message"] = e.Code, e.Message
		}
	}
	return m
}

// status is the cloud's word, or ours where it has none.
func status(item job.Item) string {
	switch {
	case item.Status != "":
		return item.Status
	case item.Err == nil && item.How != "":
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
	count := map[job.Outcome]int{}
	for _, item := range r.Items {
		count[engine.OutcomeOf(item)]++
	}
	total := len(r.Items)
	best, verb := job.Started, "started"
	if count[job.Started] == 0 && followed(r) {
		best, verb = job.Succeeded, "succeeded"
	}
	text := fmt.Sprintf("%d of %s %s", count[best], plural(total, "job"), verb)
	if count[best] == total {
		text = plural(total, "job") + " " + verb
	}
	for _, also := range []struct {
		outcome job.Outcome
		says    string
	}{
		{job.JobFailed, "failed"}, {job.TimedOut, "did not end in time"}, {job.Cancelled, "cancelled"},
		{job.StartUnknown, "may have started: look before starting again"},
	} {
		if n := count[also.outcome]; n > 0 {
			text += fmt.Sprintf(", %d %s", n, also.says)
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

// Summary is the job summary of a result.
func Summary(r engine.Result) string {
	var b strings.Builder
	fmt.Fprintf(&b, "### %s %s\n\nOutcome: **%s**\n\n", Mark(r.Outcome), headline(r), r.Outcome)
	b.WriteString("| | Provider | What | Id | Status | Request id |\n| --- | --- | --- | --- | --- | --- |\n")
	var failed []job.Item
	for i, item := range r.Items {
		if b.Len() > summaryLimit/2 {
			fmt.Fprintf(&b, "\n%s more, not shown here: the output `statuses` has all.\n", plural(len(r.Items)-i, "job"))
			break
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s |\n", Mark(engine.OutcomeOf(item)), cell(item.Provider), cell(item.What),
			ids(item), cell(status(item))+note(item), code(requestID(item)))
	}
	for _, item := range r.Items {
		if item.Err != nil {
			failed = append(failed, item)
		}
	}
	if len(failed) > 0 {
		b.WriteString("\n#### What could not be started\n\n| What | Code | Message | Meaning | What to do |\n| --- | --- | --- | --- | --- |\n")
	}
	for i, item := range failed {
		if b.Len() > summaryLimit-4096 {
			fmt.Fprintf(&b, "\n%s more, not shown here: the output `statuses` has all.\n", plural(len(failed)-i, "failure"))
			break
		}
		e, ok := errors.AsType[*job.Error](item.Err)
		if !ok {
			e = &job.Error{Message: item.Err.Error()}
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n", cell(item.What), code(e.Code), cell(e.Call+": "+e.Message), cell(e.Meaning), cell(e.Cure))
	}
	for _, item := range r.Items {
		if len(item.Why) == 0 || b.Len() > summaryLimit-8192 {
			continue
		}
		fmt.Fprintf(&b, "\n#### Why %s failed\n\n", cell(item.What))
		for _, line := range item.Why {
			fmt.Fprintf(&b, "- %s\n", cell(line))
		}
	}
	return b.String()
}

func ids(item job.Item) string {
	if item.Ref.Run == "" {
		return code(item.Ref.ID)
	}
	return code(item.Ref.ID) + ", run " + code(item.Ref.Run)
}

// note is what stands in brackets behind a status.
func note(item job.Item) string {
	var notes []string
	for _, text := range []string{item.Note, string(item.Stop)} {
		if text != "" {
			notes = append(notes, cell(text))
		}
	}
	if d := item.Last.Ended.Sub(item.Last.Begun); !item.Last.Begun.IsZero() && d > 0 {
		notes = append(notes, "ran "+d.Round(time.Second).String())
	}
	if item.Last.Progress != "" {
		notes = append(notes, cell(item.Last.Progress))
	}
	if notes == nil {
		return ""
	}
	return " (" + strings.Join(notes, "; ") + ")"
}

// Settled is the job summary of the post step.
func Settled(r engine.Result) string {
	var b strings.Builder
	b.WriteString("### 🛑 The step ended before its jobs\n\n| Provider | What | Id | What became of it |\n| --- | --- | --- | --- |\n")
	for i, item := range r.Items {
		if b.Len() > summaryLimit-4096 {
			fmt.Fprintf(&b, "\n%s more, not shown here: the log has all.\n", plural(len(r.Items)-i, "job"))
			break
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", cell(item.Provider), cell(item.What), ids(item), became(item))
	}
	return b.String()
}

// became says what settling a job came to.
func became(item job.Item) string {
	var text string
	switch item.Stop {
	case job.StopConfirmed:
		text = "✅ stopped: the cloud says " + cell(status(item))
	case job.StopNotNeeded:
		text = "✅ it had ended by itself: " + cell(status(item))
	case job.StopLeft:
		text = "➡️ left running, as on_cancel, on_timeout or the kind of job wants it; now " + cell(status(item))
	case job.StopRequested:
		text = "❓ a stop was requested and not confirmed; it may still run: stop it in the console"
	case job.StopFailed:
		text = "❌ it could not be stopped and may still run: stop it in the console"
	default:
		text = cell(item.Note)
	}
	if item.Err != nil {
		text += " (" + cell(item.Err.Error()) + ")"
	}
	return text
}

// Invalid is the job summary of inputs that were refused.
func Invalid(problems field.Problems) string {
	var b strings.Builder
	fmt.Fprintf(&b, "### ❌ %s in the inputs; nothing was called\n\nOutcome: **%s**\n\n| Where | What is wrong |\n| --- | --- |\n", plural(len(problems), "mistake"), job.InvalidInput)
	for i, p := range problems {
		if b.Len() > summaryLimit-4096 {
			fmt.Fprintf(&b, "\n%s more, not shown here: the log has all.\n", plural(len(problems)-i, "mistake"))
			break
		}
		fmt.Fprintf(&b, "| %s | %s |\n", code(p.Place.String()), cell(p.Text))
	}
	return b.String()
}

// Rehearsed is the job summary of a dry run.
func Rehearsed(requests []cloud.Request) string {
	var b strings.Builder
	fmt.Fprintf(&b, "### Dry run: %s would be sent\n\n", plural(len(requests), "request"))
	for i, r := range requests {
		if b.Len() > summaryLimit-8192 {
			fmt.Fprintf(&b, "\n%s more, not shown here: the log has all.\n", plural(len(requests)-i, "request"))
			break
		}
		fmt.Fprintf(&b, "%s: %s. Needs %s.\n\n%s\n", code(r.Call.Name), cell(r.Call.Does), cell(r.Call.Permission), block(shorten(Request(r), 8192)))
	}
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

// Table is the result as plain text, for a log or a terminal.
func Table(r engine.Result) string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for _, item := range r.Items {
		fmt.Fprintln(w, Line(item))
	}
	w.Flush()
	return b.String()
}

// Line is one item, its columns set apart by tabs.
func Line(item job.Item) string {
	id := item.Ref.ID
	if item.Ref.Run != "" {
		id += " run " + item.Ref.Run
	}
	notes := item.Note
	if item.Stop != "" {
		notes = strings.TrimPrefix(notes+"; "+string(item.Stop), "; ")
	}
	columns := []string{Mark(engine.OutcomeOf(item)) + " " + item.Provider, clean(item.What), clean(status(item)), clean(id), clean(notes)}
	if item.Err != nil {
		columns[4] = clean(item.Err.Error())
	}
	return strings.TrimRight(strings.Join(columns, "\t"), "\t ")
}

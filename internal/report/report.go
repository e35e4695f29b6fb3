// Package report turns results into what people and later steps read: the job
// summary, the outputs, and the same as plain text for a terminal.
package report

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"strings"
	"text/tabwriter"

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
		{"status", "What became of the (first) job: for DRS success or failed, as the cloud says; otherwise started, created (PerfTest with start: false), failed, or unknown."},
		{"statuses", "A JSON list with an entry for each job: provider, what, id, run, status, request_id, and for failures code and message."},
	}
}

// Outputs are the outputs of a result, in the order of OutputDocs.
func Outputs(r engine.Result) []Output {
	values := map[string]string{"outcome": string(r.Outcome)}
	ids := []string{}
	statuses := []map[string]string{}
	for _, item := range r.Items {
		statuses = append(statuses, entry(item))
		if item.Err == nil && item.Ref.ID != "" {
			ids = append(ids, item.Ref.ID)
		}
		for name, value := range map[string]string{
			"request_id": requestID(item), "run_id": item.Ref.Run, "status": status(item),
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

func entry(item job.Item) map[string]string {
	m := map[string]string{
		"provider": item.Provider, "what": item.What, "status": status(item),
		"id": item.Ref.ID, "run": item.Ref.Run, "request_id": requestID(item),
	}
	if item.Err != nil {
		m["outcome"], m["message"] = string(job.OutcomeOf(item.Err)), item.Err.Error()
		if e, ok := errors.AsType[*job.Error](item.Err); ok {
			m["code"], m["message"] = e.Code, e.Message
		}
	}
	maps.DeleteFunc(m, func(_, value string) bool { return value == "" })
	return m
}

// status is the cloud's word, or ours where it has none.
func status(item job.Item) string {
	switch {
	case item.Status != "":
		return item.Status
	case item.Err == nil:
		return "started"
	case job.OutcomeOf(item.Err) == job.StartUnknown:
		return "unknown"
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

func mark(o job.Outcome) string {
	switch o {
	case job.Started:
		return "✅"
	case job.StartUnknown:
		return "❓"
	}
	return "❌"
}

// headline says in one line what happened.
func headline(r engine.Result) string {
	started, created, unknown := 0, 0, 0
	for _, item := range r.Items {
		switch outcome := job.OutcomeOf(item.Err); {
		case outcome == job.Started && item.Status == job.Created:
			created++
		case outcome == job.Started:
			started++
		case outcome == job.StartUnknown:
			unknown++
		}
	}
	total := len(r.Items)
	text := fmt.Sprintf("%d of %d jobs started", started, total)
	if started == total {
		text = plural(total, "job") + " started"
	}
	if unknown > 0 {
		text += fmt.Sprintf(" for certain, %d may have: look before starting again", unknown)
	}
	if created > 0 {
		text += fmt.Sprintf(", %d only created", created)
	}
	return text
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
	fmt.Fprintf(&b, "### %s %s\n\nOutcome: **%s**\n\n", mark(r.Outcome), headline(r), r.Outcome)
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
		fill(&b, summaryLimit, len(failed), "failure", inStatuses, func(i int) string { return failure(failed[i]) })
	}
	return b.String()
}

// row is one job in the table of all.
func row(item job.Item) string {
	return fmt.Sprintf("| %s | %s | %s | %s | %s | %s |\n", mark(job.OutcomeOf(item.Err)), cell(item.Provider), cell(item.What),
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

func ids(item job.Item) string {
	if item.Ref.Run == "" {
		return id(item.Ref.ID)
	}
	return id(item.Ref.ID) + ", run " + id(item.Ref.Run)
}

func note(item job.Item) string {
	if item.Note == "" {
		return ""
	}
	return " (" + cell(item.Note) + ")"
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

// line is one item, its columns set apart by tabs. Of a failure it names only
// the code: the whole of it follows.
func line(item job.Item) string {
	id := item.Ref.ID
	if item.Ref.Run != "" {
		id += " run " + item.Ref.Run
	}
	last := item.Note
	if e, ok := errors.AsType[*job.Error](item.Err); ok {
		last = cmp.Or(e.Code, e.Message)
	} else if item.Err != nil {
		last = item.Err.Error()
	}
	columns := []string{mark(job.OutcomeOf(item.Err)) + " " + item.Provider, clean(item.What), clean(status(item)), clean(id), clean(last)}
	return strings.TrimRight(strings.Join(columns, "\t"), "\t ")
}

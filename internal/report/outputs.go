package report

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"cloudjob/internal/catalog"
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
		{"outcome", "How the step ended: see the table of outcomes. Empty after a dry run that found no problem."},
		{"job_id", "Id of the job that was started: PTS and Batch JobId, DRS task id, PerfTest task id, DataArts job name. With several jobs, the first that was started."},
		{"job_ids", "Ids of all jobs that were started, as a JSON list."},
		{"request_id", "The cloud's request id of the (first) start, for its support."},
		{"task_id", "PerfTest: id of the task that was created or started."},
		{"run_id", "Id of the run: PerfTest task_run_id, which names the report; DataArts instance id."},
		{"started", "How the (first) job came to run: started; adopted, if the start's answer was lost and the job was found; attached, if an earlier attempt of the run had started it; was on before, if the step began nothing because a DataArts schedule or real-time job was on already; followed, if its id was given (job_id, run_id)."},
		{"status", "What became of the (first) job: the cloud's own last word if it was waited for, DRS success or failed right after its start, and otherwise started, on (DataArts, if it was on before), created (PerfTest with start: false), failed, or unknown."},
		{"statuses", "A JSON list with an entry for each job: provider, what, name (of a job of a plan that has one), id, run, emulated (if it was), started, status, outcome, request_id, stop (which also says what costs on after its end), and for failures code, message and why, or as culprit the name of the job whose failure ended this one (fail_fast)."},
		{"reason", "Why the step failed, a line each: the mistakes in the inputs, or why the job that decided the outcome did not start or not end well. Never empty then."},
		{"left_out", "What does not fit into job_ids, statuses and gates, which have at most 96 KiB each, and where it stands. Empty if they have all."},
		{"emulated", "true if a job was one of the emulator inside of the step (endpoint: emulator), so that it was not real. Empty otherwise."},
	}
}

// JudgedDocs lists the outputs of a job that was judged.
func JudgedDocs() []OutputDoc {
	return []OutputDoc{
		{"verdict", "pass, fail or inconclusive: the worst of all jobs' gates. Empty without gates."},
		{"gates", "A JSON list of what each gate came to: job, gate, verdict, limit, actual, reason. What is not known is left out."},
		{"result_file", "Path of result.json in report_dir; with several jobs, the first."},
		{"report_file", "Path of report.html in report_dir."},
		{"verdict_file", "Path of verdict.json in report_dir: the verdict as the predicate of an in-toto attestation."},
	}
}

// outputLimit bounds each output that grows with the jobs: a later step gets it
// in a variable, which holds 128 KiB, and a job may have a megabyte of outputs,
// in which the runner counts a character as two bytes.
const outputLimit = 96 << 10

// Outputs are the outputs of a result, in the order of OutputDocs, and if the
// jobs were judged of JudgedDocs too, as far as they are known before the
// reports are written. where has all of what does not fit: "the log".
func Outputs(r engine.Result, judged bool, where string) []Output {
	values := map[string]string{"outcome": string(r.Outcome), "reason": job.Cut(StepReason(r), outputLimit/3)}
	if emulatedItems(r.Items) > 0 {
		values["emulated"] = "true"
	}
	ids := []any{}
	for _, item := range r.Items {
		if item.Err == nil && item.Ref.ID != "" {
			ids = append(ids, item.Ref.ID)
			values["job_id"] = cmp.Or(values["job_id"], item.Ref.ID)
		}
		for name, value := range map[string]string{
			"request_id": requestID(item), "run_id": item.Ref.Run, "status": status(item), "started": string(item.How),
		} {
			values[name] = cmp.Or(values[name], value)
		}
		if p, _ := catalog.Find(item.Provider); p.IDOutput != "" {
			values[p.IDOutput] = cmp.Or(values[p.IDOutput], item.Ref.ID)
		}
	}
	var left []string
	list := func(name, noun string, entries []any, first func(i int) bool) {
		text, missing := list(entries, first)
		if values[name] = text; missing > 0 {
			left = append(left, fmt.Sprintf("%s has %d of %s", name, len(entries)-missing, plural(len(entries), noun)))
		}
	}
	statuses := []any{}
	for _, item := range r.Items {
		statuses = append(statuses, newEntry(item))
	}
	list("job_ids", "id", ids, func(int) bool { return false })
	list("statuses", "job", statuses, func(i int) bool { return Reason(r.Items[i]) != "" })
	docs := OutputDocs()
	if judged {
		docs = append(docs, JudgedDocs()[:2]...)
		gates := []any{}
		var missed []bool
		for _, item := range r.Items {
			for _, g := range item.Gates {
				gates, missed = append(gates, newGateEntry(item, g)), append(missed, g.Verdict != job.Pass)
			}
		}
		values["verdict"] = string(verdict(r))
		list("gates", "gate", gates, func(i int) bool { return missed[i] })
	}
	if left != nil {
		values["left_out"] = strings.Join(left, ", ") + ", those that did not end well first; " + where + " has all"
	}
	var outputs []Output
	for _, doc := range docs {
		outputs = append(outputs, Output{doc.Name, values[doc.Name]})
	}
	return outputs
}

// list is a JSON list of as many entries as fit, and how many do not. Those
// that come first are kept first; their order in the list stays.
func list(entries []any, first func(i int) bool) (text string, missing int) {
	texts := make([][]byte, len(entries))
	room := outputLimit - len("[]")
	for now := range 2 {
		for i, e := range entries {
			if first(i) != (now == 0) {
				continue
			}
			b, err := job.JSON(e, "")
			if err != nil || len(b)+1 > room { // only a number that is none does not marshal, and no gate has one
				missing++
				continue
			}
			texts[i], room = b, room-len(b)-1
		}
	}
	texts = slices.DeleteFunc(texts, func(b []byte) bool { return b == nil })
	return "[" + string(bytes.Join(texts, []byte(","))) + "]", missing
}

// verdict is the worst of all jobs' gates. Beside a job that did not end well
// no step has passed.
func verdict(r engine.Result) job.Verdict {
	worst, unwell := job.Verdict(""), false
	for _, item := range r.Items {
		switch {
		case item.Verdict == job.Fail, item.Verdict == job.Inconclusive && worst != job.Fail, worst == "":
			worst = item.Verdict
		}
		unwell = unwell || Reason(item) != ""
	}
	if worst == job.Pass && unwell {
		return job.Inconclusive
	}
	return worst
}

// Refused are the outputs of a step whose inputs are wrong.
func Refused(problems field.Problems) []Output {
	var texts []string
	for _, problem := range problems {
		texts = append(texts, problem.String())
	}
	return []Output{{"outcome", string(job.InvalidInput)}, {"reason", job.Cut(strings.Join(texts, "\n"), outputLimit/3)}}
}

// Broken are the outputs that change if the step itself failed.
func Broken(faults []string, r engine.Result) []Output {
	if reason := StepReason(r); reason != "" {
		faults = append(slices.Clone(faults), reason)
	}
	return []Output{{"outcome", string(job.Internal)}, {"reason", job.Cut(strings.Join(faults, "\n"), outputLimit/3)}}
}

// entry is a job in the output statuses. A name without a value is left out.
type entry struct {
	Provider  string   `json:"provider"`
	What      string   `json:"what"`
	Name      string   `json:"name,omitempty"`
	ID        string   `json:"id,omitempty"`
	Run       string   `json:"run,omitempty"`
	Emulated  bool     `json:"emulated,omitempty"`
	Started   string   `json:"started,omitempty"`
	Status    string   `json:"status,omitempty"`
	Outcome   string   `json:"outcome,omitempty"`
	RequestID string   `json:"request_id,omitempty"`
	Stop      string   `json:"stop,omitempty"`
	Code      string   `json:"code,omitempty"`
	Message   string   `json:"message,omitempty"`
	Why       []string `json:"why,omitempty"`
	Culprit   string   `json:"culprit,omitempty"`
}

func newEntry(item job.Item) entry {
	e := entry{
		Provider: item.Provider, What: item.What, Name: item.Name, ID: item.Ref.ID, Run: item.Ref.Run, Emulated: item.Emulated, Started: string(item.How), Status: status(item),
		Outcome: string(engine.OutcomeOf(item)), RequestID: requestID(item), Stop: Stopped(item), Why: item.Why, Culprit: item.Culprit,
	}
	if item.Err != nil {
		e.Message = item.Err.Error()
	}
	if known, ok := errors.AsType[*job.Error](item.Err); ok {
		e.Code, e.Message = known.Code, known.Message
	}
	return e
}

// gateEntry is a gate in the output gates. Whose limit or value is not known
// has none, and a state has its word.
type gateEntry struct {
	Job string `json:"job"`
	job.Judgement
	Limit  *number `json:"limit,omitempty"`
	Median *number `json:"median,omitempty"`
	Actual *number `json:"actual,omitempty"`
}

func newGateEntry(item job.Item, g job.Judgement) gateEntry {
	e := gateEntry{Job: item.Title(), Judgement: g}
	known := func(v float64, is bool) *number {
		if !is || g.Unit == job.Word {
			return nil
		}
		return (*number)(&v)
	}
	_, moves := g.Unit.OfRuns()
	e.Limit, e.Median = known(g.Limit, !g.NoLimit), known(g.Median, g.Results > 0 && !moves)
	e.Actual = known(g.Actual, g.Verdict != job.Inconclusive)
	return e
}

// number is written without the noise of binary fractions: 0.20614 and not
// 0.20614000000000002. All that decimals of 15 digits can say is said.
type number float64

func (n number) MarshalJSON() ([]byte, error) {
	v := float64(n)
	if short, err := strconv.ParseFloat(strconv.FormatFloat(v, 'g', 15, 64), 64); err == nil && v != math.Trunc(v) {
		v = short
	}
	return []byte(strconv.FormatFloat(v, 'f', -1, 64)), nil
}

// Hurried are the outcome and the reason of a step that is told twice to end.
func Hurried() []Output {
	return []Output{{"outcome", string(job.Cancelled)}, {"reason", "the workflow was cancelled, and the step was told to end at once; the post step looks after what still runs"}}
}

// StepReason is why a step failed, a line each: the reason of the first job
// that decided the outcome.
func StepReason(r engine.Result) string {
	if item, ok := Decisive(r); ok {
		return Reason(item)
	}
	return ""
}

// Decisive is the first job that decided a failed step's outcome, and not one
// that another job's failure ended.
func Decisive(r engine.Result) (decisive job.Item, ok bool) {
	best := 0
	for _, item := range r.Items {
		rank := 1
		switch {
		case Reason(item) == "":
			continue
		case item.Culprit != "":
		case engine.OutcomeOf(item) == r.Outcome:
			rank = 3
		default:
			rank = 2
		}
		if rank > best {
			best, decisive = rank, item
		}
	}
	return decisive, best > 0
}

// Reason is why a job did not end well, a line each; empty if it did.
func Reason(item job.Item) string {
	r := Of(item)
	if r.Outcome == job.Started || r.Outcome == job.Stopped || r.Outcome == job.Succeeded {
		return ""
	}
	_, _, reason := say(r)
	lines := []string{reason}
	for _, why := range r.Why {
		if !slices.Contains(lines, why) {
			lines = append(lines, why)
		}
	}
	return strings.Join(lines, "\n")
}

package action

import (
	"errors"
	"maps"
	"slices"

	"cloudjob/internal/engine"
	"cloudjob/internal/job"
	"cloudjob/internal/report"
)

// redacted takes the secrets out of what the cloud said. It does so before the texts are
// escaped for outputs, summary and files, where secrets could not be found any more.
func (c *console) redacted(r engine.Result) engine.Result {
	r.Items = slices.Clone(r.Items)
	for i := range r.Items {
		r.Items[i] = c.redactedItem(r.Items[i])
	}
	return r
}

func (c *console) redactedItem(item job.Item) job.Item {
	c.clear(&item.Provider, &item.What, &item.Name, &item.Ref.ID, &item.Ref.Run, &item.Ref.In, &item.Ref.Kind, &item.Ref.Since, &item.Status, &item.RequestID, &item.Note, &item.Culprit, &item.Console,
		&item.Last.Word, &item.Last.Message, &item.Last.Progress, &item.Last.StillCosts)
	item.Why, item.Aborted = c.cleared(item.Why), c.clearedAbort(item.Aborted)
	if e, ok := errors.AsType[*job.Error](item.Err); ok {
		known := *e
		item.Err = &known
		c.clear(&known.Call, &known.Code, &known.Message, &known.RequestID, &known.Meaning, &known.Cure)
	} else if item.Err != nil {
		item.Err = errors.New(c.secrets.replace(item.Err.Error()))
	}
	item.Timeline = c.redactedTimeline(item.Timeline)
	item.Gates = c.redactedGates(item.Gates)
	item.Report = c.redactedReport(item.Report)
	return item
}

// redactedResult is the same for a result that was read from a file.
func (c *console) redactedResult(r report.Result) report.Result {
	c.clear(&r.Tool, &r.Provider, &r.What, &r.Name, &r.Ref.ID, &r.Ref.Run, &r.Ref.In, &r.Ref.Kind, &r.Ref.Since, &r.Status, &r.StillCosts, &r.RequestID,
		&r.RunURL, &r.Console, &r.Commit, &r.GitRef, &r.Culprit, &r.Rerun)
	r.Why, r.Notes, r.Timeline = c.cleared(r.Why), c.cleared(r.Notes), c.redactedTimeline(r.Timeline)
	r.Aborted = c.clearedAbort(r.Aborted)
	r.Gates, r.Report = c.redactedGates(r.Gates), c.redactedReport(r.Report)
	return r
}

func (c *console) clearedAbort(a *job.Abort) *job.Abort {
	if a == nil {
		return nil
	}
	cleared := *a
	c.clear(&cleared.Gate)
	return &cleared
}

func (c *console) redactedTimeline(moments []job.Moment) []job.Moment {
	moments = slices.Clone(moments)
	for i := range moments {
		c.clear(&moments[i].What)
	}
	return moments
}

func (c *console) redactedGates(gates []job.Judgement) []job.Judgement {
	gates = slices.Clone(gates)
	for i := range gates {
		g := &gates[i]
		c.clear(&g.Gate, &g.Name, &g.Severity, &g.File, &g.Subject, &g.Op, &g.Wants, &g.Word, &g.Where, &g.Reason)
	}
	return gates
}

func (c *console) redactedReport(r job.Report) job.Report {
	r.Samples, r.Series = slices.Clone(r.Samples), slices.Clone(r.Series)
	r.Errors, r.Ranges, r.Parts, r.Notes = slices.Clone(r.Errors), slices.Clone(r.Ranges), slices.Clone(r.Parts), c.cleared(r.Notes)
	for i := range r.Samples {
		s := &r.Samples[i]
		s.Labels = c.clearedLabels(s.Labels)
		c.clear(&s.Metric, &s.Aggregation, &s.Word, &s.Missing)
	}
	for i := range r.Series {
		s := &r.Series[i]
		s.Labels, s.Odd = c.clearedLabels(s.Labels), slices.Clone(s.Odd)
		c.clear(&s.Metric, &s.Aggregation)
		for k := range s.Odd {
			c.clear(&s.Odd[k].Why)
		}
	}
	for i := range r.Errors {
		c.clear(&r.Errors[i].What)
	}
	for i := range r.Ranges {
		c.clear(&r.Ranges[i].What)
	}
	for i := range r.Parts {
		c.clear(&r.Parts[i].Name, &r.Parts[i].Status, &r.Parts[i].Detail)
	}
	return r
}

func (c *console) clear(texts ...*string) {
	for _, text := range texts {
		*text = c.secrets.replace(*text)
	}
}

func (c *console) cleared(lines []string) []string {
	lines = slices.Clone(lines)
	for i := range lines {
		c.clear(&lines[i])
	}
	return lines
}

func (c *console) clearedLabels(labels map[string]string) map[string]string {
	labels = maps.Clone(labels)
	for key, name := range labels {
		labels[key] = c.secrets.replace(name)
	}
	return labels
}

package ptsemu

import (
	"slices"
	"strconv"
	"time"

	"cloudjob/internal/emulator/emu"
)

// filter keeps cells whose label is, or is not, of a value. A label that a
// metric does not have is empty (UNVERIFIED).
type filter struct {
	name, value string
	not         bool
}

func keep(cells []cell, filters []filter) []cell {
	out := make([]cell, 0, len(cells))
	for _, c := range cells {
		if passes(c.labels, filters) {
			out = append(out, c)
		}
	}
	return out
}

func passes(labels []label, filters []filter) bool {
	for _, f := range filters {
		if (valueOf(labels, f.name) == f.value) == f.not {
			return false
		}
	}
	return true
}

func valueOf(labels []label, name string) string {
	for _, l := range labels {
		if l.name == name {
			return l.value
		}
	}
	return ""
}

// Values of Filter.Operator (facts tencent-pts §6.2).
const (
	operatorEqual    = 0
	operatorNotEqual = 1
)

// filters reads a list of Filter {Operator, LabelName, LabelValue}.
func (s *Service) filters(in object, name string) ([]filter, *emu.Error) {
	var out []filter
	for _, f := range objects(in, name) {
		err := s.check(f, slices.Concat(
			required(aText, "LabelName"), optional(aText, "LabelValue"), optional(aNumber, "Operator")))
		if err != nil {
			return nil, err
		}
		operator := number(f, "Operator")
		if operator != operatorEqual && operator != operatorNotEqual {
			return nil, invalidValue("Operator")
		}
		out = append(out, filter{text(f, "LabelName"), text(f, "LabelValue"), operator == operatorNotEqual})
	}
	return out, nil
}

// labelFilters reads a list of Label {LabelName, LabelValue}.
func (s *Service) labelFilters(in object, name string) ([]filter, *emu.Error) {
	var out []filter
	for _, f := range objects(in, name) {
		err := s.check(f, slices.Concat(required(aText, "LabelName"), optional(aText, "LabelValue")))
		if err != nil {
			return nil, err
		}
		out = append(out, filter{text(f, "LabelName"), text(f, "LabelValue"), false})
	}
	return out, nil
}

// query is one question for a metric.
type query struct {
	metric      metric
	aggregation aggregation
	filters     []filter
	groupBy     []string
}

// query reads the fields that all metric queries have in common.
func (s *Service) query(in object) (query, *emu.Error) {
	var q query
	var ok bool
	if q.metric, ok = metricNamed(text(in, "Metric")); !ok {
		return q, invalidValue("Metric")
	}
	if q.aggregation, ok = q.metric.aggregation(text(in, "Aggregation")); !ok {
		return q, invalidValue("Aggregation")
	}
	filters, err := s.filters(in, "Filters")
	if err != nil {
		return q, err
	}
	labels, err := s.labelFilters(in, "Labels")
	if err != nil {
		return q, err
	}
	q.filters = append(filters, labels...)
	q.groupBy = texts(in, "GroupBy")
	return q, nil
}

// queries reads the list of a batch query.
func (s *Service) queries(in object) ([]query, *emu.Error) {
	var out []query
	for _, o := range objects(in, "Queries") {
		err := s.check(o, slices.Concat(
			required(aText, "Metric", "Aggregation"),
			optional(objectList, "Filters", "Labels"),
			optional(textList, "GroupBy")))
		if err != nil {
			return nil, err
		}
		q, err := s.query(o)
		if err != nil {
			return nil, err
		}
		out = append(out, q)
	}
	return out, nil
}

// stream is one answer to a query: a line for one group.
type stream struct {
	name   string
	labels []label
	part   part
	value  value
}

// streams splits what the filters leave by GroupBy.
func (q query) streams(r *run) []stream {
	cells := keep(q.metric.family.cells(), q.filters)
	var out []stream
	for _, group := range groups(cells, q.groupBy) {
		p := part{r, keep(cells, group)}
		var labels []label
		for _, f := range group {
			if f.value != "" {
				labels = append(labels, label{f.name, f.value})
			}
		}
		for _, l := range q.aggregation.lines {
			name := l.name
			if name == "" {
				name = q.aggregation.legend
			}
			out = append(out, stream{name, slices.Concat(labels, l.labels), p, l.value})
		}
	}
	return out
}

// groups are the distinct values of the labels in names, as filters.
func groups(cells []cell, names []string) [][]filter {
	if len(names) == 0 {
		return [][]filter{nil}
	}
	var out [][]filter
	for _, c := range cells {
		group := make([]filter, 0, len(names))
		for _, name := range names {
			group = append(group, filter{name, valueOf(c.labels, name), false})
		}
		known := slices.ContainsFunc(out, func(g []filter) bool { return slices.Equal(g, group) })
		if !known {
			out = append(out, group)
		}
	}
	return out
}

// wireLabels writes labels, none as null as in vendor samples.
func wireLabels(labels []label) any {
	if len(labels) == 0 {
		return nil
	}
	var out []object
	for _, l := range labels {
		out = append(out, object{"LabelName": l.name, "LabelValue": l.value})
	}
	return out
}

// samples answers a query at the last second there is.
func (s *Service) samples(j *job, q query) []object {
	now := s.now()
	until := s.seen(j)
	var out []object
	for _, st := range q.streams(j.run) {
		v, ok := st.value(st.part, 0, until)
		if !ok && !s.Switches.ZeroWithoutData {
			continue
		}
		out = append(out, object{
			"Metric": q.metric.name, "Aggregation": q.aggregation.name, "Unit": q.aggregation.unit,
			"Labels": wireLabels(st.labels), "Value": s.sampleValue(v),
			"Timestamp": j.second(now, until).UnixMilli(), "Name": st.name,
		})
	}
	return out
}

func (s *Service) sampleValue(v float64) any {
	if s.Switches.QuotedValue {
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	return v
}

// second is when so many seconds of load had passed.
func (j *job) second(now time.Time, k int) time.Time {
	started := j.at(now).started
	if started.IsZero() {
		return now
	}
	return started.Add(time.Duration(k) * time.Second)
}

// mostPoints is how many points a series has unless MaxPoint says less
// (UNVERIFIED).
const mostPoints = 400

// matrix answers a query as series over the run. A count grows over the series
// (UNVERIFIED: it could be the increase of each step).
func (s *Service) matrix(j *job, q query, maxPoint int64) object {
	now := s.now()
	until := s.seen(j)
	if maxPoint <= 0 || maxPoint > mostPoints {
		maxPoint = mostPoints
	}
	step := max(1, (until+int(maxPoint)-1)/int(maxPoint))
	streams := []object{}
	for _, st := range q.streams(j.run) {
		values := []object{}
		for a := 0; a < until; a += step {
			b := min(a+step, until)
			from := a
			if q.aggregation.cumulated {
				from = 0
			}
			if v, ok := st.value(st.part, from, b); ok {
				values = append(values, object{"Timestamp": j.second(now, b).UnixMilli(), "Value": v})
			}
		}
		if len(values) > 0 {
			streams = append(streams, object{"Name": st.name, "Labels": wireLabels(st.labels), "Values": values})
		}
	}
	return object{
		"Metric": q.metric.name, "Aggregation": q.aggregation.name, "Unit": q.aggregation.unit,
		"Streams": s.list(streams), "Step": int64(step) * int64(time.Second),
	}
}

// describeSampleQuery answers one value. Of an aggregation with several lines
// it is the first (UNVERIFIED).
func (s *Service) describeSampleQuery() emu.Call {
	return s.call("DescribeSampleQuery", func(in object) (object, *emu.Error) {
		j, err := s.job(in)
		if err != nil {
			return nil, err
		}
		q, err := s.query(in)
		if err != nil {
			return nil, err
		}
		found := s.samples(j, q)
		if len(found) == 0 {
			return object{"MetricSample": nil}, nil
		}
		sample := found[0]
		if len(q.filters) > 0 {
			sample["Labels"] = wireLabels(asLabels(q.filters))
		}
		return object{"MetricSample": sample}, nil
	}, triple(), required(aText, "Metric", "Aggregation"), optional(objectList, "Labels"))
}

func asLabels(filters []filter) []label {
	var out []label
	for _, f := range filters {
		out = append(out, label{f.name, f.value})
	}
	return out
}

func (s *Service) describeSampleBatchQuery() emu.Call {
	return s.call("DescribeSampleBatchQuery", func(in object) (object, *emu.Error) {
		j, queries, err := s.batch(in)
		if err != nil {
			return nil, err
		}
		var set []object
		for _, q := range queries {
			set = append(set, s.samples(j, q)...)
		}
		return object{"MetricSampleSet": s.list(set)}, nil
	}, triple(), required(objectList, "Queries"))
}

func (s *Service) batch(in object) (*job, []query, *emu.Error) {
	j, err := s.job(in)
	if err != nil {
		return nil, nil, err
	}
	queries, err := s.queries(in)
	return j, queries, err
}

func (s *Service) describeSampleMatrixQuery() emu.Call {
	return s.call("DescribeSampleMatrixQuery", func(in object) (object, *emu.Error) {
		j, err := s.job(in)
		if err != nil {
			return nil, err
		}
		q, err := s.query(in)
		if err != nil {
			return nil, err
		}
		if number(in, "MaxPoint") < 0 {
			return nil, invalidValue("MaxPoint")
		}
		return object{"MetricSampleMatrix": s.matrix(j, q, number(in, "MaxPoint"))}, nil
	},
		triple(), required(aText, "Metric", "Aggregation"),
		optional(objectList, "Filters"), optional(textList, "GroupBy"), optional(aNumber, "MaxPoint"))
}

func (s *Service) describeSampleMatrixBatchQuery() emu.Call {
	return s.call("DescribeSampleMatrixBatchQuery", func(in object) (object, *emu.Error) {
		j, queries, err := s.batch(in)
		if err != nil {
			return nil, err
		}
		if number(in, "MaxPoint") < 0 {
			return nil, invalidValue("MaxPoint")
		}
		var set []object
		for _, q := range queries {
			set = append(set, s.matrix(j, q, number(in, "MaxPoint")))
		}
		return object{"MetricSampleMatrixSet": s.list(set)}, nil
	}, triple(), required(objectList, "Queries"), optional(aNumber, "MaxPoint"))
}

// describeMetricLabelWithValues lists the labels of every metric that is not
// internal, with the values seen in the job.
func (s *Service) describeMetricLabelWithValues() emu.Call {
	return s.call("DescribeMetricLabelWithValues", func(in object) (object, *emu.Error) {
		j, err := s.job(in)
		if err != nil {
			return nil, err
		}
		var set []object
		for _, m := range metrics() {
			if m.inner {
				continue
			}
			labels := []object{}
			for _, name := range labelNames(m) {
				labels = append(labels, object{"LabelName": name, "LabelValues": s.labelValues(j, m, name)})
			}
			set = append(set, object{"MetricName": m.name, "LabelValuesSet": labels})
		}
		return object{"MetricLabelWithValuesSet": set}, nil
	}, triple())
}

func labelNames(m metric) []string {
	var out []string
	for _, c := range m.family.cells() {
		for _, l := range c.labels {
			if !slices.Contains(out, l.name) {
				out = append(out, l.name)
			}
		}
	}
	return out
}

// labelValues are sorted, as in vendor samples.
func (s *Service) labelValues(j *job, m metric, name string) []string {
	seen := j.run.requests[s.seen(j)]
	out := []string{}
	for _, c := range m.family.cells() {
		v := valueOf(c.labels, name)
		if v != "" && c.has(j.run, seen) > 0 && !slices.Contains(out, v) {
			out = append(out, v)
		}
	}
	slices.Sort(out)
	return out
}

func (s *Service) describeLabelValues() emu.Call {
	return s.call("DescribeLabelValues", func(in object) (object, *emu.Error) {
		j, err := s.job(in)
		if err != nil {
			return nil, err
		}
		m, ok := metricNamed(text(in, "Metric"))
		if !ok {
			return nil, invalidValue("Metric")
		}
		if !slices.Contains(labelNames(m), text(in, "LabelName")) {
			return nil, invalidValue("LabelName")
		}
		return object{"LabelValueSet": s.labelValues(j, m, text(in, "LabelName"))}, nil
	}, triple(), required(aText, "Metric", "LabelName"))
}

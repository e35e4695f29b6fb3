package huaweidataarts

import (
	"cmp"
	"context"
	"errors"
	"strings"
	"time"

	dgc "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/dgc/v1"

	"cloudjob/internal/cloud"
	"cloudjob/internal/engine"
	"cloudjob/internal/job"
)

// The rates of a user are those of the vendor's overview of the API, V1, of
// 2026-01. The gateway counts repeats too while it refuses, so an answer that
// asks for a pause is honoured.
const (
	most        = 30
	aDefinition = 10
)

// Calls are the calls of DataArts that we make.
func Calls() []cloud.Call {
	return []cloud.Call{
		startJob(), runOnce(), showJob(), listJobs(), showJobStatus(),
		listJobInstances(), showJobInstance(), stopJobInstance(), stopJob(),
	}
}

// The roles are those of the vendor's page on DataArts' permissions; its pages
// on these calls say that they need no permission of identity policies.
const permission = "DAYU User with the workspace role developer or operator, or DAYU Administrator; identity policies need no action, but the same role"

func startJob() cloud.Call {
	return cloud.Call{Name: "StartJob", For: cloud.ToRun, Does: "starts a job's schedule, or a real-time job", Where: "the job's status in the console", PerSecond: most, Permission: permission, NoContent: true}
}

func runOnce() cloud.Call {
	return cloud.Call{Name: "RunOnce", For: cloud.ToRun, Does: "runs a batch job now", Where: "the job's instances in the console", PerSecond: most, Permission: permission, Answer: `{"instanceId":132343}`}
}

// service starts one job.
type service struct {
	follower
	spec *Spec
}

var _ engine.Service = (*service)(nil)

func (s *service) Provider() string { return Name }

func (s *service) What() []string {
	if s.spec.run == once {
		return []string{namedRun(s.spec.jobName)}
	}
	return []string{"schedule of job " + s.spec.jobName}
}

// namedRun is what one run of a job is called.
func namedRun(name string) string { return "one run of job " + name }

// Intend reads what is there already, because neither start takes a mark: for
// a run the instances, for a schedule or a real-time job whether it is on.
func (s *service) Intend(ctx context.Context, mark string) (job.Intent, error) {
	ref := job.Ref{ID: s.spec.jobName, In: s.spec.workspace, Kind: once}
	if s.spec.run == once {
		before, err := s.manual(ctx, ref)
		return intend(mark, ref, since{}, ids(before)), err
	}
	d, err := s.definition(ctx, ref)
	if err != nil {
		return job.Intent{}, err
	}
	ref.Kind = schedule
	if d.isStream() {
		ref.Kind = stream
	}
	word, err := s.word(ctx, ref)
	if err != nil {
		return job.Intent{}, err
	}
	var before []string
	if !isOff(word) {
		before = []string{cmp.Or(word, "not listed")}
	}
	begin := since{joined: len(before) > 0}
	if ref.Kind == schedule {
		begin.single = d.Schedule.Type == "EXECUTE_ONCE"
		there, err := s.instances(ctx, ref, time.Now().Add(-skew))
		if err != nil {
			return job.Intent{}, err
		}
		begin.known = ids(there)
	}
	return intend(mark, ref, begin, before), nil
}

func (s *service) Start(ctx context.Context, intent job.Intent) []job.Item {
	item := job.Item{Provider: Name}
	if s.spec.run == once {
		item.Err = s.runOnce(ctx, intent, &item)
	} else {
		item.Err = s.startSchedule(ctx, intent, &item)
	}
	return engine.Each(s.What(), item)
}

// Find knows one thing more than any follower: that a run which lives may have
// other parameters. No call shows those of an instance (facts huawei-dataarts §6).
func (s *service) Find(ctx context.Context, intent job.Intent) ([]engine.Found, error) {
	found, err := s.follower.Find(ctx, intent)
	for i := range found {
		if intent.At.IsZero() && s.spec.run == once && len(s.spec.params) > 0 {
			found[i].Unsure = "DataArts does not show the parameters of a run, and this step gives some"
		}
	}
	return found, err
}

// ref names the job also if nothing was read before the start.
func (s *service) ref(intent job.Intent) job.Ref {
	ref := refOf(intent)
	ref.ID, ref.In, ref.Kind = s.spec.jobName, s.spec.workspace, cmp.Or(ref.Kind, s.spec.run)
	return ref
}

// request is that of both starts: the SDK's has not what newer documents have.
func (s *service) request(typed func(jobParam, string) jobParam) startRequest {
	r := startRequest{Workspace: header(s.spec.workspace), JobName: s.spec.jobName}
	body := startBody{StartDate: s.spec.startDate, IgnoreFirst: s.spec.ignoreFirst}
	for _, p := range s.spec.params {
		param := jobParam{Name: p.Name, Value: p.Value}
		if p.Type != "" {
			param = typed(param, p.Type)
		}
		body.Params = append(body.Params, param)
	}
	if len(body.Params) > 0 || body.StartDate != nil || body.IgnoreFirst != nil { // without any there is no body, which the document allows
		r.Body = &body
	}
	return r
}

func (s *service) startSchedule(ctx context.Context, intent job.Intent, item *job.Item) (err error) {
	request := s.request(func(p jobParam, kind string) jobParam { p.ParamType = kind; return p })
	item.RequestID, err = s.send(ctx, startJob(), &request, dgc.GenReqDefForStartJob(), &empty{})
	ref := s.ref(intent)
	was := len(intent.Before) > 0 && isOn(intent.Before[0])
	e, failed := errors.AsType[*job.Error](err)
	switch {
	case err == nil && !was:
		item.Note = "a batch job runs at its next plan time, a real-time job now"
	case err == nil, failed && isOnAlready(e), failed && e.Fault == job.Ambiguous && was && s.isStillOn(ctx, ref):
		if failed {
			item.RequestID = e.RequestID
		}
		ref.Since = readSince(ref.Since).join().text()
		item.How, item.Note = job.Joined, "it was on before, so nothing was started"
		if len(s.spec.params) > 0 {
			item.Note += ", and whether it takes these parameters is not known"
		}
	default:
		return err
	}
	item.Ref, item.Theirs = ref, readSince(ref.Since).joined
	return nil
}

// isOnAlready tells of the refusal of a start because the job is on: the
// generic code with "is running" in its text, or a code of its own (facts
// huawei-dataarts §3).
func isOnAlready(e *job.Error) bool {
	generic := strings.HasSuffix(e.Code, "3051") && strings.Contains(strings.ToLower(e.Message), "is running")
	return e.Fault == job.Refused && (generic || strings.HasSuffix(e.Code, "30107"))
}

// isStillOn tells of a job that was on before a start which nobody answered
// that it is so now: the start can have begun nothing.
func (s *service) isStillOn(ctx context.Context, ref job.Ref) bool {
	word, err := s.word(ctx, ref)
	return err == nil && isOn(word)
}

func (s *service) runOnce(ctx context.Context, intent job.Intent, item *job.Item) (err error) {
	call, answer := runOnce(), &run{}
	request := s.request(func(p jobParam, kind string) jobParam { p.Type = kind; return p })
	item.RequestID, err = s.send(ctx, call, &request, dgc.GenReqDefForRunOnce(), answer)
	if err != nil {
		return err
	}
	if !answer.InstanceID.isID() {
		return cloud.Unknown(call, "the answer names no instance; look at the job's instances in the console", nil)
	}
	item.Ref = s.ref(intent)
	item.Ref.Run = string(answer.InstanceID)
	return nil
}

// Codes explains DataArts' own codes.
func Codes() []cloud.Code { return codes }

// codes are those that our calls can meet, in the older and the newer spelling
// (facts huawei-dataarts §8).
var codes = []cloud.Code{
	{Code: "DLF.0100", Fault: job.Refused, Meaning: "no such job in the workspace", Cure: "check job_name and workspace"},
	{Code: "DLF.30100", Fault: job.Refused, Meaning: "no such job in the workspace", Cure: "check job_name and workspace"},
	{Code: "DLF.0136", Fault: job.Refused, Meaning: "only batch jobs can be run once", Cure: "use run: schedule for a real-time job"},
	{Code: "DLF.0137", Fault: job.Refused, Meaning: "no such instance", Cure: "a new one is not known at once"},
	{Code: "DLF.30137", Fault: job.Refused, Meaning: "no such instance", Cure: "a new one is not known at once"},
	{Code: "DLF.0802", Fault: job.Refused, Meaning: "a parameter is not configured", Cure: "see the message"},
	{Code: "DLF.0819", Fault: job.Refused, Meaning: "no such workspace", Cure: "check workspace: it is an id, not a name"},
	{Code: "DLF.20819", Fault: job.Refused, Meaning: "no such workspace", Cure: "check workspace: it is an id, not a name"},
	{Code: "DLF.1006", Fault: job.Refused, Meaning: "the job has no nodes", Cure: "give it nodes and submit it"},
	{Code: "DLF.3004", Fault: job.Refused, Meaning: "the job's name is empty", Cure: "check job_name"},
	{Code: "DLF.3018", Fault: job.Refused, Meaning: "the job's name is invalid", Cure: "check job_name"},
	{Code: "DLF.3025", Fault: job.Refused, Meaning: "the job's schedule is invalid", Cure: "mend it in the console"},
	{Code: "DLF.3051", Fault: job.Refused, Meaning: "a parameter is wrong", Cure: "check job_params; a job that runs once cannot be scheduled"},
	{Code: "DLF.30107", Fault: job.Refused, Meaning: "the job is on already", Cure: "wait until it is off, or stop it in the console"},
	{Code: "DLF.6201", Fault: job.Refused, Meaning: "a script of the job does not exist", Cure: "mend the job's nodes"},
	{Code: "DLF.6888", Fault: job.Denied, Meaning: "the account's permissions are not valid", Cure: "give the user a role in the workspace"},
	{Code: "APIGW.0308", Fault: job.Throttled, Meaning: "too many requests", Cure: "wait a minute or more: calls count that are refused, too"},
	{Code: "APIGW.0101", Fault: job.Refused, Meaning: "this address does not publish the call", Cure: "check region and endpoint: DataArts Factory is on dayu-dlf, and the host dayu serves only the other modules"},
}

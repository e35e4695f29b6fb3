package huaweidataarts

// This file starts a job's schedule, or runs the job once.

import (
	"cmp"
	"context"
	"errors"
	"strings"
	"time"

	dgc "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/dgc/v1"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/services/dgc/v1/model"

	"cloudjob/internal/cloud"
	"cloudjob/internal/engine"
	"cloudjob/internal/job"
)

func startJob() cloud.Call {
	return cloud.Call{Name: "StartJob", For: cloud.ToRun, Does: "starts a job's schedule, or a real-time job", Where: "the job's status in the console", PerSecond: perSecond, Permission: permission, NoContent: true}
}

func runOnce() cloud.Call {
	return cloud.Call{Name: "RunOnce", For: cloud.ToRun, Does: "runs a batch job now", Where: "the job's instances in the console", PerSecond: perSecond, Permission: permission, Answer: `{"instanceId":132343}`}
}

func showJob() cloud.Call {
	return cloud.Call{Name: "ShowJob", For: cloud.ToRun | cloud.ToCheck, Does: "tells a batch job from a real-time one", PerSecond: definitionsPerSecond, Permission: readPermission, Reads: true, Answer: `{"processType":"BATCH"}`}
}

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
	if !isID(answer.InstanceID) {
		return cloud.Unknown(call, "the answer names no instance; look at the job's instances in the console", nil)
	}
	item.Ref = s.ref(intent)
	item.Ref.Run = string(answer.InstanceID)
	return nil
}

func (f follower) definition(ctx context.Context, ref job.Ref) (d definition, err error) {
	_, err = f.send(ctx, showJob(), &model.ShowJobRequest{Workspace: header(ref.In), JobName: ref.ID}, dgc.GenReqDefForShowJob(), &d)
	return d, err
}

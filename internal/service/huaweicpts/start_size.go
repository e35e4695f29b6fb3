package huaweicpts

// This file tells before a start how much it would run: what the stages of the
// cases are, and how much of that would be billed.

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"math"

	cpts "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/cpts/v1"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/services/cpts/v1/model"

	"cloudjob/internal/cloud"
	"cloudjob/internal/engine"
	"cloudjob/internal/job"
)

// showCase is page api-cpts/ShowCase.
func showCase() cloud.Call {
	return cloud.Call{Name: "ShowCase", For: cloud.ToGuard, Does: "tells the load of a case, of a task that is to be created", Permission: "codeartsperftest:cpts:getPerfTestProject", Reads: true}
}

// Measures are what cases tell of their runs.
func Measures() []job.Measure { return []job.Measure{job.VirtualUsers, job.Length, job.VUM} }

var _ engine.Sized = (*service)(nil)

// Size reads the task that is to be started, or each case of the one that is to
// be created.
func (s *service) Size(ctx context.Context) (job.Size, error) {
	if s.spec.taskID != nil {
		info, err := s.follower.task(ctx, fmt.Sprint(*s.spec.taskID))
		if err != nil {
			return job.Size{}, err
		}
		return sizeOf(info.Definition, info.Parallel), nil
	}
	var cases []json.RawMessage
	for _, id := range s.spec.caseIDs {
		var answer caseAnswer
		err := s.call(ctx, showCase(), &model.ShowCaseRequest{CaseId: int32(id)}, cpts.GenReqDefForShowCase(), &answer)
		switch {
		case err != nil:
			return job.Size{}, err
		case !answer.tells():
			return job.Size{}, cloud.Unknown(showCase(), fmt.Sprintf("the answer does not hold case %d", id), nil)
		}
		cases = append(cases, answer.Case)
	}
	list, err := json.Marshal(cases)
	return sizeOf(list, cloud.Flag{Is: *s.spec.parallel, Given: true}), err
}

// sizeOf is how much the cases of a task are: users, length and VUM, in this
// order. Cases that are not enabled are counted, because that they do not run is
// UNVERIFIED; where it is not told whether the cases run at the same time, both
// is counted.
func sizeOf(list json.RawMessage, parallel cloud.Flag) job.Size {
	all := caseSize{}
	var cases []definition
	if json.Unmarshal(list, &cases) != nil || len(cases) == 0 {
		all.noUsers = "the cases are not told in a form that is documented"
		all.noSeconds = all.noUsers
	}
	for i, c := range cases {
		name := fmt.Sprintf("case %d of the task", i+1)
		if id := id(c.ID); id != "" {
			name = "case " + id
		}
		one := c.size(name)
		if all.noUsers, all.noSeconds = cmp.Or(all.noUsers, one.noUsers), cmp.Or(all.noSeconds, one.noSeconds); parallel.Given && !parallel.Is {
			all.users = max(all.users, one.users)
		} else {
			all.users = job.Plus(all.users, one.users)
		}
		if parallel.Is {
			all.seconds = max(all.seconds, one.seconds)
		} else {
			all.seconds = job.Plus(all.seconds, one.seconds)
		}
		all.billed = job.Plus(all.billed, one.billed)
	}
	return job.Size{Lower: "lower the load of the cases", Amounts: []job.Amount{
		{Measure: job.VirtualUsers, N: all.users, Unknown: all.noUsers},
		{Measure: job.Length, N: all.seconds, Unknown: all.noSeconds},
		{Measure: job.VUM, N: all.billed, Unknown: cmp.Or(all.noUsers, all.noSeconds), From: "each case's most users x its minutes"},
	}}
}

// caseSize is how much a case runs, and why that is not known.
type caseSize struct {
	users, seconds, billed int64
	noUsers, noSeconds     string
}

// size is the most that a case can run. It goes through its stages one by one,
// which is UNVERIFIED; so is how a stage with a ramp is billed, and its most
// users are counted for all of the case's time (facts huawei-cpts §8).
func (c definition) size(name string) (s caseSize) {
	if len(c.Stages) == 0 {
		s.noUsers = name + " does not tell its stages"
		s.noSeconds = s.noUsers
	}
	for i, stage := range c.Stages {
		users, seconds := stage.Users, stage.Seconds
		if stage.Highest.Value > users.Value {
			users = stage.Highest
		}
		switch n, known := counted(users); {
		case !known || n == 0:
			s.noUsers = cmp.Or(s.noUsers, fmt.Sprintf("stage %d of %s does not tell its users", i+1, name))
		default:
			s.users = max(s.users, n)
		}
		switch n, known := counted(seconds); {
		case !stage.fixed():
			s.noSeconds = cmp.Or(s.noSeconds, fmt.Sprintf("stage %d of %s runs by a count, or in a pressure mode of which no document tells how long it lasts", i+1, name))
		case !known || n == 0:
			s.noSeconds = cmp.Or(s.noSeconds, fmt.Sprintf("stage %d of %s does not tell its time", i+1, name))
		default:
			s.seconds = job.Plus(s.seconds, n)
		}
	}
	s.billed = job.Times(s.users, s.seconds)
	return s
}

// counted is a count, a fraction counted whole; not known if it is more than the
// vendor's integers hold.
func counted(n amount) (int64, bool) {
	if !n.Given || n.Value > math.MaxInt32 {
		return 0, false
	}
	return int64(math.Ceil(n.Value)), true
}

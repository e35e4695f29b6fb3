package huaweicpts

// This file creates a task and starts it, or does one of the two.

import (
	"context"
	"fmt"
	"strings"
	"time"

	cpts "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/cpts/v1"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/services/cpts/v1/model"

	"cloudjob/internal/cloud"
	"cloudjob/internal/engine"
	"cloudjob/internal/job"
)

func createNewTask() cloud.Call {
	return cloud.Call{
		Name: "CreateNewTask", For: cloud.ToRun, Does: "creates a task", Where: "the test project's list of tasks",
		Permission: "codeartsperftest:cpts:createPerfTestTask",
		Answer:     `{"code":"SVCSTG.CPTS.0000000","message":"success","task_id":0}`,
	}
}

func batchUpdateTaskStatus() cloud.Call {
	return cloud.Call{
		Name: "BatchUpdateTaskStatus", For: cloud.ToRun | cloud.ToStop, Does: "starts or stops a task", Where: "the task's list of runs",
		Permission: "codeartsperftest:cpts:executePerfTestTask",
		Answer:     `{"code":"SVCSTG.CPTS.0000000","message":"success","result":[{"task_id":0,"task_run_id":1}]}`,
	}
}

// Values of BatchUpdateTaskStatus (facts huawei-cpts §4.1).
const (
	toStart    = 9
	toStop     = 2
	newEdition = 1 // the edition of the tasks that the current API creates
)

// Intend puts the mark into the name of the task to be created: there is no
// idempotency key (facts huawei-cpts §2). An existing task keeps its name, so
// its runs of before are noted instead.
func (s *service) Intend(ctx context.Context, mark string) (job.Intent, error) {
	intent := job.Intent{Mark: mark, In: fmt.Sprint(*s.spec.testProjectID)}
	if s.spec.taskID == nil {
		return intent, nil
	}
	task := fmt.Sprint(*s.spec.taskID)
	info, history, err := s.look(ctx, task)
	intent.IDs, intent.Before = []string{task}, runIDs(info, history)
	return intent, err
}

func (s *service) Start(ctx context.Context, intent job.Intent) []job.Item {
	item := job.Item{Provider: Name}
	item.Err = s.createAndStart(ctx, intent, &item)
	return engine.Each(s.What(), item)
}

// createAndStart leaves in the item what is known, also if it fails half-way.
func (s *service) createAndStart(ctx context.Context, intent job.Intent, item *job.Item) error {
	task, kind, err := s.taskToStart(ctx, intent, item)
	if err != nil {
		return err
	}
	item.Ref = job.Ref{ID: fmt.Sprint(task), In: intent.In, Kind: kind}
	if !s.starts() {
		item.Ref.Kind, item.Status, item.Note = created, job.Created, fmt.Sprintf("task_id: %d starts it", task)
		return nil
	}
	err = s.start(ctx, task, item)
	switch {
	case err == nil || kind == shared:
	case job.OutcomeOf(err) == job.StartUnknown:
		item.Note = fmt.Sprintf("task %d was created", task)
	default:
		item.Note = fmt.Sprintf("task %d was created; task_id: %d starts it", task, task)
	}
	return err
}

// taskToStart is the existing task, or one that is created now.
func (s *service) taskToStart(ctx context.Context, intent job.Intent, item *job.Item) (task int32, kind string, err error) {
	switch {
	case s.spec.taskID != nil:
		return int32(*s.spec.taskID), shared, nil
	case s.task != nil:
		return *s.task, own, nil
	}
	task, err = s.create(ctx, intent.Mark, item)
	if job.OutcomeOf(err) == job.StartUnknown {
		task, err = s.findCreated(ctx, intent, err)
	}
	if err == nil {
		s.task = &task
	}
	return task, own, err
}

// relook is when a task is looked for whose creation was not answered.
var relook = [...]time.Duration{0, time.Second, 2 * time.Second}

// findCreated looks for a task whose creation was not answered. Nothing runs yet,
// so going on with it starts nothing twice. lost is the error if there is none.
func (s *service) findCreated(ctx context.Context, intent job.Intent, lost error) (int32, error) {
	for _, delay := range relook {
		select {
		case <-ctx.Done():
			return 0, lost
		case <-time.After(delay):
		}
		if tasks, err := s.marked(ctx, intent); err == nil && len(tasks) > 0 {
			return number("task", tasks[0].id)
		}
	}
	return 0, lost
}

func (s *service) create(ctx context.Context, mark string, item *job.Item) (int32, error) {
	body := &model.NewTaskInfo{
		Name:           strings.TrimSpace(s.spec.name + " " + mark),
		Parallel:       *s.spec.parallel,
		EnableFullLink: s.spec.enableFullLink,
		ProjectId:      int32(*s.spec.testProjectID),
		OperateMode:    2,
		CaseIdList:     make([]int32, len(s.spec.caseIDs)),
	}
	for i, id := range s.spec.caseIDs {
		body.CaseIdList[i] = int32(id)
	}
	call := createNewTask()
	var answer createAnswer
	var err error
	item.RequestID, err = s.send(ctx, call, &model.CreateNewTaskRequest{Body: body}, cpts.GenReqDefForCreateNewTask(), &answer)
	switch {
	case err != nil:
		return 0, err
	case !answer.tells():
		return 0, cloud.Unknown(call, "the answer names no task; look for its name in the test project", nil)
	}
	task, _ := whole(answer.TaskID)
	return int32(task), nil
}

func (s *service) start(ctx context.Context, task int32, item *job.Item) error {
	edition, noPackage := int32(newEdition), int32(0)
	body := &model.BatchUpdateTaskStatusRequestBody{
		Type:           &edition,
		ProjectId:      int32(*s.spec.testProjectID),
		TaskIdList:     []int32{task},
		ClusterType:    s.spec.clusterType,
		WithoutPackage: &noPackage,
		Status:         toStart,
	}
	if s.spec.clusterID != nil {
		body.ClusterId = int32(*s.spec.clusterID)
	}
	if s.spec.clusterType == sharedCluster {
		body.NetworkInfo = &model.NetworkInfo{NetworkType: "internet"}
	}
	if s.spec.enterpriseProjectID != "" {
		body.EnterpriseProjectId = &s.spec.enterpriseProjectID
	}
	call := batchUpdateTaskStatus()
	request := &model.BatchUpdateTaskStatusRequest{TestSuitId: int32(*s.spec.testProjectID), Body: body}
	var answer statusAnswer
	var err error
	item.RequestID, err = s.send(ctx, call, request, cpts.GenReqDefForBatchUpdateTaskStatus(), &answer)
	if err != nil {
		return err
	}
	if item.Ref.Run = answer.run(fmt.Sprint(task)); item.Ref.Run != "" {
		return nil
	}
	return cloud.Unknown(call, fmt.Sprintf("the answer names no run of task %d; look at its runs in the console", task), nil)
}

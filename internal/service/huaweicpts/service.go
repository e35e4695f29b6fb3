package huaweicpts

import (
	"context"
	"fmt"

	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core"
	cpts "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/cpts/v1"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/services/cpts/v1/model"

	"cloudjob/internal/cloud"
	"cloudjob/internal/cloud/huawei"
	"cloudjob/internal/engine"
	"cloudjob/internal/job"
)

// Calls are the calls of PerfTest that we make. No rate is published for them.
func Calls() []cloud.Call { return []cloud.Call{createNewTask(), batchUpdateTaskStatus()} }

func createNewTask() cloud.Call {
	return cloud.Call{
		Name: "CreateNewTask", Does: "creates a task", Where: "the test project's list of tasks",
		Permission: "codeartsperftest:cpts:createPerfTestTask",
		Answer:     `{"code":"SVCSTG.CPTS.0000000","message":"success","task_id":0}`,
	}
}

func batchUpdateTaskStatus() cloud.Call {
	return cloud.Call{
		Name: "BatchUpdateTaskStatus", Does: "starts a task", Where: "the task's list of runs",
		Permission: "codeartsperftest:cpts:executePerfTestTask",
		Answer:     `{"code":"SVCSTG.CPTS.0000000","message":"success","result":[{"task_id":0,"task_run_id":1}]}`,
	}
}

// service creates a task and starts it, or does one of the two.
type service struct {
	account *huawei.Account
	spec    *Spec
}

var _ engine.Service = (*service)(nil)

func (s *service) What() []string {
	if s.spec.taskID != nil {
		return []string{fmt.Sprintf("task %d", *s.spec.taskID)}
	}
	cases := "cases"
	if len(s.spec.caseIDs) == 1 {
		cases = "case"
	}
	return []string{fmt.Sprintf("task %q of %d %s", s.spec.name, len(s.spec.caseIDs), cases)}
}

func (s *service) Start(ctx context.Context) []job.Item {
	item := job.Item{Provider: Name}
	item.Err = s.createAndStart(ctx, &item)
	return engine.Each(s.What(), item)
}

func (s *service) createAndStart(ctx context.Context, item *job.Item) error {
	task := int32(0)
	if s.spec.taskID != nil {
		task = int32(*s.spec.taskID)
	} else {
		created, err := s.create(ctx, item)
		if err != nil {
			return err
		}
		task = created
	}
	item.Ref.ID = fmt.Sprint(task)
	if s.spec.start != nil && !*s.spec.start {
		item.Status, item.Note = job.Created, fmt.Sprintf("task_id: %d starts it", task)
		return nil
	}
	if err := s.start(ctx, task, item); err != nil {
		if s.spec.taskID == nil {
			item.Note = fmt.Sprintf("task %d was created", task)
			if job.OutcomeOf(err) != job.StartUnknown {
				item.Note += fmt.Sprintf("; task_id: %d starts it", task)
			}
		}
		return err
	}
	return nil
}

func (s *service) create(ctx context.Context, item *job.Item) (int32, error) {
	body := &model.NewTaskInfo{
		Name:           s.spec.name,
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
	var response *model.CreateNewTaskResponse
	id, err := s.account.Call(ctx, call, codes, func(client *core.HcHttpClient) (err error) {
		response, err = cpts.NewCptsClient(client).CreateNewTask(&model.CreateNewTaskRequest{Body: body})
		return err
	})
	item.RequestID = id
	if err != nil {
		return 0, err
	}
	if response.TaskId == nil {
		return 0, cloud.Unknown(call, "the answer names no task; look for its name in the test project", nil)
	}
	return *response.TaskId, nil
}

func (s *service) start(ctx context.Context, task int32, item *job.Item) error {
	newEdition, noPackage := int32(1), int32(0) // tasks of the current API are of the new edition (sheet cpts §4.1)
	body := &model.BatchUpdateTaskStatusRequestBody{
		Type:           &newEdition,
		ProjectId:      int32(*s.spec.testProjectID),
		TaskIdList:     []int32{task},
		ClusterType:    s.spec.clusterType,
		WithoutPackage: &noPackage,
		Status:         9, // start
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
	var response *model.BatchUpdateTaskStatusResponse
	id, err := s.account.Call(ctx, call, codes, func(client *core.HcHttpClient) (err error) {
		response, err = cpts.NewCptsClient(client).BatchUpdateTaskStatus(&model.BatchUpdateTaskStatusRequest{
			TestSuitId: int32(*s.spec.testProjectID), Body: body,
		})
		return err
	})
	item.RequestID = id
	if err != nil {
		return err
	}
	if response.Result != nil {
		for _, r := range *response.Result {
			if r.TaskId != nil && *r.TaskId == task && r.TaskRunId != nil && *r.TaskRunId != 0 {
				item.Ref.Run = fmt.Sprint(*r.TaskRunId)
				return nil
			}
		}
	}
	return cloud.Unknown(call, fmt.Sprintf("the answer names no run of task %d; look at its runs in the console", task), nil)
}

// codes are the few that are known (sheet huawei-cpts §8); the vendor does not
// publish the others.
var codes = []cloud.Code{
	{Code: "SVCSTG.CPTS.4032002", Fault: job.Refused, Meaning: "the test project, case or task does not exist for this user", Cure: "check test_project_id, case_ids and task_id"},
	{Code: "CPTS.05001001", Fault: job.Ambiguous, Meaning: "an unknown fault of the service's", Cure: "look at the task's runs before starting it again"},
}

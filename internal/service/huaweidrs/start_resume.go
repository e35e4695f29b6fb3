package huaweidrs

// This file resumes tasks that are paused: that takes a call of its own.

import (
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/services/drs/v3/model"

	"cloudjob/internal/cloud"
)

func batchRestoreTask() cloud.Call {
	return cloud.Call{
		Name: "BatchRestoreTask", For: cloud.ToRun, Does: "resumes paused tasks", Where: "the task's status in the console",
		Permission: "drs:migrationJob:action", Answer: noTasks,
	}
}

// resumes says is_sync_re_edit of every task: the English pages make it
// mandatory, the Chinese one only of a task that was edited again (UNVERIFIED:
// what it means for any other).
func (s *service) resumes(asked []int) *model.BatchRetryReq {
	infos, edited := make([]model.RetryInfo, len(asked)), true
	for i, index := range asked {
		infos[i] = model.RetryInfo{JobId: s.tasks[index].jobID, IsSyncReEdit: &edited}
	}
	return &model.BatchRetryReq{Jobs: infos}
}

package batchemu

import (
	"time"

	"cloudjob/internal/emulator/emu"
)

// environmentParams is what DescribeComputeEnv accepts (page 599/30517).
func environmentParams() shape { return shape{aText("EnvId").required()} }

// describeComputeEnvReply is page 599/30517. NextAction is that of a job: null
// if none is due; its values are not documented.
type describeComputeEnvReply struct {
	EnvId                    string
	EnvName                  string
	Placement                placement
	CreateTime               string
	ComputeNodeSet           []computeNode
	ComputeNodeMetrics       computeNodeMetrics
	DesiredComputeNodeCount  int
	EnvType                  string
	ResourceType             string
	NextAction               *string
	AttachedComputeNodeCount int
	Tags                     []tag
}

type computeNode struct {
	ComputeNodeId            string
	ComputeNodeInstanceId    string
	ComputeNodeState         string
	Cpu                      int
	Mem                      int
	ResourceCreatedTime      string
	TaskInstanceNumAvailable int
	AgentVersion             string
	PrivateIpAddresses       []string
	PublicIpAddresses        []string
	ResourceType             string
	ResourceOrigin           string
}

type computeNodeMetrics struct {
	SubmittedCount      int
	CreatingCount       int
	CreationFailedCount int
	CreatedCount        int
	RunningCount        int
	DeletingCount       int
	AbnormalCount       int
}

// describeComputeEnv is DescribeComputeEnv: the one environment, whose one
// machine runs and is idle.
func (s *Service) describeComputeEnv(region string, b body) (any, *emu.Error) {
	var q struct{ EnvId string }
	b.decode(&q)
	if err := checkEnvID(q.EnvId, region); err != nil {
		return nil, err
	}
	made := utc(time.Date(2025, 1, 15, 8, 0, 0, 0, time.UTC))
	return describeComputeEnvReply{
		EnvId: EnvID, EnvName: "demo", Placement: placement{Zone: EnvRegion + "-4"}, CreateTime: made,
		ComputeNodeSet: []computeNode{{
			ComputeNodeId: "node-demo0001", ComputeNodeInstanceId: "ins-demo0001", ComputeNodeState: "RUNNING", Cpu: 2, Mem: 4,
			ResourceCreatedTime: made, TaskInstanceNumAvailable: 1, AgentVersion: "2.1.0",
			PrivateIpAddresses: []string{"10.0.0.2"}, PublicIpAddresses: []string{}, ResourceType: "CVM", ResourceOrigin: "BATCH_CREATED",
		}},
		ComputeNodeMetrics: computeNodeMetrics{RunningCount: 1}, DesiredComputeNodeCount: 1, EnvType: "MANAGED", ResourceType: "CVM",
	}, nil
}

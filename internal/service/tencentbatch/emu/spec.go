package batchemu

// The codes that several fields share.
const (
	badValue       = "InvalidParameterValue"
	badCombination = "InvalidParameter.InvalidParameterCombination"
	badCvm         = "InvalidParameter.CvmParameters"
	badEnv         = "InvalidParameterValue.ComputeEnv"
)

// submitParams is what SubmitJob accepts (facts tencent-batch §2).
func submitParams() shape {
	return shape{
		anObject("Placement", placementFields()...).required(),
		anObject("Job", jobFields()...).required(),
		aText("ClientToken"),
	}
}

// placementFields is facts tencent-batch §2.1. The last two only mean something
// in replies, but belong to the same type.
func placementFields() shape {
	return shape{
		aText("Zone").required(),
		aNumber("ProjectId"),
		texts("HostIds"),
		aText("DedicatedResourcePackTenancy").oneOf(badValue, "ResourcePool"),
		texts("DedicatedResourcePackIds"),
		aText("HostId"),
		aText("RackId"),
	}
}

// jobFields is facts tencent-batch §2.2.
func jobFields() shape {
	return shape{
		objectsOf("Tasks", taskFields()...).required(),
		aText("JobName"),
		aText("JobDescription"),
		aNumber("Priority").upTo(100, badValue),
		objectsOf("Dependences", aText("StartTask").required(), aText("EndTask").required()),
		objectsOf("Notifications", notificationFields()...),
		aText("NotificationTarget").oneOf(badValue, "CMQ", "TDMQ_CMQ"),
		aText("TaskExecutionDependOn").oneOf(badValue, afterSuccess, afterPartlySuccess, afterEnd),
		aText("StateIfCreateCvmFailed").oneOf(badValue, Failed, Runnable),
		objectsOf("Tags", aText("Key").required(), aText("Value").required()).atMost(10),
	}
}

// notificationFields is facts tencent-batch §2.6.
func notificationFields() shape {
	return shape{
		aText("TopicName").required(),
		objectsOf("EventConfigs",
			aText("EventName").required().oneOf(badValue, submitEvents()...),
			objectsOf("EventVars", aText("Name").required(), aText("Value").required()).required(),
		).required(),
	}
}

// submitEvents are the events a job can report (facts tencent-batch §2.6).
func submitEvents() []string {
	events := []string{
		"COMPUTE_NODE_CREATED", "COMPUTE_NODE_CREATION_FAILED", "COMPUTE_NODE_RUNNING",
		"COMPUTE_NODE_ABNORMAL", "COMPUTE_NODE_DELETING",
	}
	for _, of := range []string{"JOB_", "TASK_", "TASK_INSTANCE_"} {
		for _, state := range []string{Running, Succeed, Failed, FailedInterrupted} {
			events = append(events, of+state)
		}
	}
	return events
}

// taskFields is facts tencent-batch §2.3.
func taskFields() shape {
	return shape{
		anObject("Application", applicationFields()...).required(),
		aText("TaskName"),
		aNumber("TaskInstanceNum"),
		anObject("ComputeEnv", computeEnvFields()...),
		aText("EnvId"),
		anObject("RedirectInfo", aText("StdoutRedirectPath"), aText("StderrRedirectPath"),
			aText("StdoutRedirectFileName"), aText("StderrRedirectFileName")),
		anObject("RedirectLocalInfo", aText("StdoutLocalPath"), aText("StderrLocalPath"),
			aText("StdoutLocalFileName"), aText("StderrLocalFileName")),
		objectsOf("InputMappings", aText("SourcePath").required(), aText("DestinationPath").required(),
			aText("MountOptionParameter"), aText("MountType").oneOf(badValue, "COSFS", "GooseFS-Lite")),
		objectsOf("OutputMappings", aText("SourcePath").required(), aText("DestinationPath").required(),
			anObject("OutputMappingOption", aText("Workspace").oneOf(badValue, "BATCH_WORKSPACE", "GLOBAL_WORKSPACE"))),
		objectsOf("OutputMappingConfigs", aText("Scene").required().oneOf(badValue, "COS"),
			aNumber("WorkerNum").required(), aNumber("WorkerPartSize").required()),
		objectsOf("EnvVars", aText("Name").required(), aText("Value").required()),
		objectsOf("Authentications", aText("Scene").required(), aText("SecretId").required(), aText("SecretKey").required()),
		aText("FailedAction").oneOf(badValue, "TERMINATE", "INTERRUPT", "FAST_INTERRUPT"),
		aNumber("MaxRetryCount").upTo(5, "InvalidParameterValue.MaxRetryCount"),
		aNumber("Timeout"),
		aNumber("MaxConcurrentNum").upTo(200000, badValue),
		aFlag("RestartComputeNode"),
		aNumber("ResourceMaxRetryCount").upTo(100, badValue),
	}
}

// applicationFields is facts tencent-batch §2.4.
func applicationFields() shape {
	return shape{
		aText("DeliveryForm").oneOf(badValue, "LOCAL", "PACKAGE"),
		aText("Command"),
		objectsOf("Commands", aText("Command").required()),
		aText("PackagePath"),
		anObject("Docker", aText("Image").required(), aText("User"), aText("Password"), aText("Server"),
			aNumber("MaxRetryCount").upTo(10, badValue), aNumber("DelayOnRetry").upTo(360, badValue), aText("DockerRunOption")),
	}
}

// computeEnvFields is facts tencent-batch §2.5. The name of the unmanaged type
// that some documents mention is in no source. Samples also write ext4.
func computeEnvFields() shape {
	return shape{
		aText("EnvType").oneOf(badEnv, "MANAGED"),
		anObject("EnvData", envDataFields()...),
		objectsOf("MountDataDisks", aText("LocalPath").required(),
			aText("FileSystemType").oneOf(badValue, "EXT3", "EXT4", "NTFS", "ext3", "ext4")),
		anObject("AgentRunningMode", aText("Scene").required().oneOf(badValue, "WINDOWS"),
			aText("User").required(), aText("Session").required()),
	}
}

// envDataFields is facts tencent-batch §2.5, with the rest of the disks' fields
// from CLI:api and CLI:ex.
func envDataFields() shape {
	return shape{
		aText("InstanceType"),
		texts("InstanceTypes").atMost(10),
		anObject("InstanceTypeOptions", aNumber("CPU").required(), aNumber("Memory").required(),
			texts("InstanceCategories").oneOf(badValue, "ALL", "GENERAL", "GENERAL_2", "GENERAL_3", "COMPUTE", "COMPUTE_2", "COMPUTE_3")),
		aText("ImageId"),
		anObject("SystemDisk", aDiskType(), aText("DiskId"), aNumber("DiskSize"), aText("CdcId"), aText("DiskName")),
		objectsOf("DataDisks", aNumber("DiskSize").required(), aDiskType(), aText("DiskId"), aText("CdcId"), aText("DiskName"),
			aFlag("DeleteWithInstance"), aText("SnapshotId"), aFlag("Encrypt"), aText("KmsKeyId"),
			aNumber("ThroughputPerformance"), aFlag("BurstPerformance")),
		anObject("VirtualPrivateCloud", cloudFields()...),
		objectsOf("VirtualPrivateClouds", cloudFields()...),
		texts("Zones"),
		anObject("InternetAccessible",
			aText("InternetChargeType").oneOf(badCvm, "BANDWIDTH_PREPAID", "TRAFFIC_POSTPAID_BY_HOUR", "BANDWIDTH_POSTPAID_BY_HOUR", "BANDWIDTH_PACKAGE"),
			aNumber("InternetMaxBandwidthOut"), aFlag("PublicIpAssigned"), aText("BandwidthPackageId"),
			aText("InternetServiceProvider"), aText("IPv4AddressType"), aText("IPv6AddressType"), aText("AntiDDoSPackageId")),
		texts("SecurityGroupIds"),
		aText("InstanceName"),
		anObject("LoginSettings", aText("Password"), texts("KeyIds"), aText("KeepImageLogin").oneOf(badCvm, "TRUE", "FALSE")),
		anObject("EnhancedService", anObject("SecurityService", aFlag("Enabled")),
			anObject("MonitorService", aFlag("Enabled")), anObject("AutomationService", aFlag("Enabled"))),
		aText("InstanceChargeType").oneOf("InvalidParameterValue.UnsupportedBatchInstanceChargeType", "POSTPAID_BY_HOUR", "SPOTPAID"),
		anObject("InstanceMarketOptions",
			anObject("SpotOptions", aText("MaxPrice").required(), aText("SpotInstanceType").oneOf(badCvm, "one-time")),
			aText("MarketType").oneOf(badCvm, "spot")),
	}
}

func aDiskType() param {
	return aText("DiskType").oneOf(badCvm, "LOCAL_BASIC", "LOCAL_SSD", "CLOUD_BASIC", "CLOUD_SSD",
		"CLOUD_PREMIUM", "CLOUD_BSSD", "CLOUD_HSSD", "CLOUD_TSSD")
}

func cloudFields() shape {
	return shape{
		aText("VpcId").required(), aText("SubnetId").required(), aFlag("AsVpcGateway"),
		texts("PrivateIpAddresses"), aNumber("Ipv6AddressCount"),
	}
}

// submission is the body of SubmitJob, as far as rules and states need it.
type submission struct {
	Placement   placement
	Job         jobSpec
	ClientToken string
}

// placement is also how DescribeJobs shows it.
type placement struct {
	Zone                         string
	ProjectId                    int64
	HostIds                      []string
	HostId                       string
	RackId                       string
	DedicatedResourcePackTenancy string
	DedicatedResourcePackIds     []string
}

type jobSpec struct {
	JobName                string
	JobDescription         string
	Priority               int64
	Tasks                  []taskSpec
	Dependences            []dependence
	Notifications          []notification
	TaskExecutionDependOn  string
	StateIfCreateCvmFailed string
	Tags                   []tag
}

type dependence struct{ StartTask, EndTask string }

type tag struct{ Key, Value string }

type notification struct {
	TopicName    string
	EventConfigs []struct{ EventName string }
}

type taskSpec struct {
	TaskName              string
	TaskInstanceNum       *int64
	Application           application
	ComputeEnv            *computeEnv
	EnvId                 string
	RedirectInfo          redirect
	RedirectLocalInfo     struct{ StdoutLocalPath, StderrLocalPath string }
	InputMappings         []mapping
	OutputMappings        []mapping
	EnvVars               []struct{ Name, Value string }
	FailedAction          string
	MaxRetryCount         int64
	Timeout               int64
	MaxConcurrentNum      int
	ResourceMaxRetryCount int64
}

type application struct {
	DeliveryForm string
	Command      string
	Commands     []struct{ Command string }
	PackagePath  string
	Docker       *struct{ DelayOnRetry *int64 }
}

type mapping struct{ SourcePath, DestinationPath string }

// redirect is also how DescribeTask shows it.
type redirect struct {
	StdoutRedirectPath     string
	StderrRedirectPath     string
	StdoutRedirectFileName string
	StderrRedirectFileName string
}

type computeEnv struct {
	EnvData        *envData
	MountDataDisks []struct{ LocalPath string }
}

type envData struct {
	InstanceType          string
	InstanceTypes         []string
	InstanceTypeOptions   *struct{ CPU, Memory int64 }
	ImageId               string
	DataDisks             []struct{ DiskSize int64 }
	VirtualPrivateCloud   *struct{ VpcId string }
	VirtualPrivateClouds  []struct{ VpcId string }
	Zones                 []string
	LoginSettings         *login
	InstanceMarketOptions *struct{ SpotOptions *struct{ MaxPrice string } }
}

type login struct {
	Password       string
	KeyIds         []string
	KeepImageLogin string
}

// instances is how many instances the task runs.
func (t *taskSpec) instances() int64 {
	if t.TaskInstanceNum == nil {
		return 1
	}
	return *t.TaskInstanceNum
}

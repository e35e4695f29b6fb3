package tencentbatch

// This file is a job as SubmitJob takes it (document 002; facts tencent-batch
// §2.1 to 2.6, which follows the vendor's published API definition).

import "encoding/json"

// MarshalJSON keeps to encoding/json: the SDK's own encoder gives omitempty
// another meaning and would send every empty text, which the service refuses.
func (p placement) MarshalJSON() ([]byte, error) {
	type plain placement
	return json.Marshal(plain(p))
}

// MarshalJSON is there for the same reason.
func (j jobSpec) MarshalJSON() ([]byte, error) {
	type plain jobSpec
	return json.Marshal(plain(j))
}

type placement struct {
	Zone                         string   `json:",omitempty"`
	ProjectId                    *int64   `json:",omitempty"`
	HostIds                      []string `json:",omitempty"`
	DedicatedResourcePackTenancy string   `json:",omitempty"`
	DedicatedResourcePackIds     []string `json:",omitempty"`
}

type jobSpec struct {
	Tasks                  []task         `json:",omitempty"`
	JobName                string         `json:",omitempty"`
	JobDescription         string         `json:",omitempty"`
	Priority               *int64         `json:",omitempty"`
	Dependences            []dependence   `json:",omitempty"`
	Notifications          []notification `json:",omitempty"`
	NotificationTarget     string         `json:",omitempty"`
	TaskExecutionDependOn  string         `json:",omitempty"`
	StateIfCreateCvmFailed string         `json:",omitempty"`
	Tags                   []tag          `json:",omitempty"`
}

type task struct {
	Application           *application          `json:",omitempty"`
	TaskName              string                `json:",omitempty"`
	TaskInstanceNum       *int64                `json:",omitempty"`
	ComputeEnv            *computeEnv           `json:",omitempty"`
	EnvId                 string                `json:",omitempty"`
	RedirectInfo          *redirectInfo         `json:",omitempty"`
	RedirectLocalInfo     *redirectLocalInfo    `json:",omitempty"`
	InputMappings         []inputMapping        `json:",omitempty"`
	OutputMappings        []outputMapping       `json:",omitempty"`
	OutputMappingConfigs  []outputMappingConfig `json:",omitempty"`
	EnvVars               []envVar              `json:",omitempty"`
	Authentications       []authentication      `json:",omitempty"`
	FailedAction          string                `json:",omitempty"`
	MaxRetryCount         *int64                `json:",omitempty"`
	Timeout               *int64                `json:",omitempty"`
	MaxConcurrentNum      *int64                `json:",omitempty"`
	RestartComputeNode    *bool                 `json:",omitempty"`
	ResourceMaxRetryCount *int64                `json:",omitempty"`
}

type application struct {
	DeliveryForm string    `json:",omitempty"`
	Command      string    `json:",omitempty"`
	Commands     []command `json:",omitempty"`
	PackagePath  string    `json:",omitempty"`
	Docker       *docker   `json:",omitempty"`
}

type command struct {
	Command string `json:",omitempty"`
}

type docker struct {
	Image           string `json:",omitempty"`
	User            string `json:",omitempty"`
	Password        string `json:",omitempty"`
	Server          string `json:",omitempty"`
	MaxRetryCount   *int64 `json:",omitempty"`
	DelayOnRetry    *int64 `json:",omitempty"`
	DockerRunOption string `json:",omitempty"`
}

type computeEnv struct {
	EnvType          string            `json:",omitempty"`
	EnvData          *envData          `json:",omitempty"`
	MountDataDisks   []mountDataDisk   `json:",omitempty"`
	AgentRunningMode *agentRunningMode `json:",omitempty"`
}

type mountDataDisk struct {
	LocalPath      string `json:",omitempty"`
	FileSystemType string `json:",omitempty"`
}

type agentRunningMode struct {
	Scene   string `json:",omitempty"`
	User    string `json:",omitempty"`
	Session string `json:",omitempty"`
}

type envData struct {
	InstanceType          string                 `json:",omitempty"`
	InstanceTypes         []string               `json:",omitempty"`
	InstanceTypeOptions   *instanceTypeOptions   `json:",omitempty"`
	ImageId               string                 `json:",omitempty"`
	SystemDisk            *systemDisk            `json:",omitempty"`
	DataDisks             []dataDisk             `json:",omitempty"`
	VirtualPrivateCloud   *virtualPrivateCloud   `json:",omitempty"`
	VirtualPrivateClouds  []virtualPrivateCloud  `json:",omitempty"`
	Zones                 []string               `json:",omitempty"`
	InternetAccessible    *internetAccessible    `json:",omitempty"`
	SecurityGroupIds      []string               `json:",omitempty"`
	InstanceName          string                 `json:",omitempty"`
	LoginSettings         *loginSettings         `json:",omitempty"`
	EnhancedService       *enhancedService       `json:",omitempty"`
	InstanceChargeType    string                 `json:",omitempty"`
	InstanceMarketOptions *instanceMarketOptions `json:",omitempty"`
}

type instanceTypeOptions struct {
	CPU                *int64   `json:",omitempty"`
	Memory             *int64   `json:",omitempty"`
	InstanceCategories []string `json:",omitempty"`
}

type systemDisk struct {
	DiskType string `json:",omitempty"`
	DiskId   string `json:",omitempty"`
	DiskSize *int64 `json:",omitempty"`
	CdcId    string `json:",omitempty"`
	DiskName string `json:",omitempty"`
}

type dataDisk struct {
	DiskSize              *int64 `json:",omitempty"`
	DiskType              string `json:",omitempty"`
	DiskId                string `json:",omitempty"`
	DeleteWithInstance    *bool  `json:",omitempty"`
	SnapshotId            string `json:",omitempty"`
	Encrypt               *bool  `json:",omitempty"`
	KmsKeyId              string `json:",omitempty"`
	ThroughputPerformance *int64 `json:",omitempty"`
	CdcId                 string `json:",omitempty"`
	BurstPerformance      *bool  `json:",omitempty"`
	DiskName              string `json:",omitempty"`
}

type virtualPrivateCloud struct {
	VpcId              string   `json:",omitempty"`
	SubnetId           string   `json:",omitempty"`
	AsVpcGateway       *bool    `json:",omitempty"`
	PrivateIpAddresses []string `json:",omitempty"`
	Ipv6AddressCount   *int64   `json:",omitempty"`
}

type internetAccessible struct {
	InternetChargeType      string `json:",omitempty"`
	InternetMaxBandwidthOut *int64 `json:",omitempty"`
	PublicIpAssigned        *bool  `json:",omitempty"`
	BandwidthPackageId      string `json:",omitempty"`
	InternetServiceProvider string `json:",omitempty"`
	IPv4AddressType         string `json:",omitempty"`
	IPv6AddressType         string `json:",omitempty"`
	AntiDDoSPackageId       string `json:",omitempty"`
}

type loginSettings struct {
	Password       string   `json:",omitempty"`
	KeyIds         []string `json:",omitempty"`
	KeepImageLogin string   `json:",omitempty"`
}

type enhancedService struct {
	SecurityService   *enabled `json:",omitempty"`
	MonitorService    *enabled `json:",omitempty"`
	AutomationService *enabled `json:",omitempty"`
}

type enabled struct {
	Enabled *bool `json:",omitempty"`
}

type instanceMarketOptions struct {
	SpotOptions *spotOptions `json:",omitempty"`
	MarketType  string       `json:",omitempty"`
}

type spotOptions struct {
	MaxPrice         string `json:",omitempty"`
	SpotInstanceType string `json:",omitempty"`
}

type redirectInfo struct {
	StdoutRedirectPath     string `json:",omitempty"`
	StderrRedirectPath     string `json:",omitempty"`
	StdoutRedirectFileName string `json:",omitempty"`
	StderrRedirectFileName string `json:",omitempty"`
}

type redirectLocalInfo struct {
	StdoutLocalPath     string `json:",omitempty"`
	StderrLocalPath     string `json:",omitempty"`
	StdoutLocalFileName string `json:",omitempty"`
	StderrLocalFileName string `json:",omitempty"`
}

type inputMapping struct {
	SourcePath           string `json:",omitempty"`
	DestinationPath      string `json:",omitempty"`
	MountOptionParameter string `json:",omitempty"`
	MountType            string `json:",omitempty"`
}

type outputMapping struct {
	SourcePath          string               `json:",omitempty"`
	DestinationPath     string               `json:",omitempty"`
	OutputMappingOption *outputMappingOption `json:",omitempty"`
}

type outputMappingOption struct {
	Workspace string `json:",omitempty"`
}

type outputMappingConfig struct {
	Scene          string `json:",omitempty"`
	WorkerNum      *int64 `json:",omitempty"`
	WorkerPartSize *int64 `json:",omitempty"`
}

// envVar always sends its value: an empty one is a value.
type envVar struct {
	Name  string
	Value string
}

type authentication struct {
	Scene     string `json:",omitempty"`
	SecretId  string `json:",omitempty"`
	SecretKey string `json:",omitempty"`
}

type dependence struct {
	StartTask string `json:",omitempty"`
	EndTask   string `json:",omitempty"`
}

type notification struct {
	TopicName    string        `json:",omitempty"`
	EventConfigs []eventConfig `json:",omitempty"`
}

type eventConfig struct {
	EventName string   `json:",omitempty"`
	EventVars []envVar `json:",omitempty"`
}

type tag struct {
	Key   string
	Value string
}

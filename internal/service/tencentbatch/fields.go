package tencentbatch

// This file declares what a user may write of a job, down to the last value of
// it, and complains of what cannot be.

import (
	"reflect"

	"cloudjob/internal/cloud"
	"cloudjob/internal/cloud/tencent"
	"cloudjob/internal/field"
)

// Spec is what a user asks of Batch: one job (document 002).
type Spec struct {
	target      tencent.Target
	placement   *placement
	job         *jobSpec
	clientToken string
	request     request // of a file that holds all of it
	mode        string
	jobID       string
}

// request is what the vendor's own examples and tools hold: all that SubmitJob
// is called with (document 002).
type request struct {
	placement   *placement
	clientToken string
}

// Example are inputs of a step, for its page.
const Example = `region: ap-guangzhou
placement: |
  Zone: ap-guangzhou-4
job: |
  JobName: nightly
  Tasks:
    - TaskName: pre
      Application: {DeliveryForm: LOCAL, Command: echo pre_task}
      EnvId: env-demo0001
    - TaskName: post
      Application: {DeliveryForm: LOCAL, Command: echo post_task}
      EnvId: env-demo0001
  Dependences:
    - {StartTask: pre, EndTask: post}
`

// New returns a spec with its defaults.
func New() *Spec { return &Spec{} }

// Fields declares what a user may write. Inside placement and job the names
// are the vendor's own, so that a job file of the vendor's works unchanged.
func (s *Spec) Fields() field.Set {
	whole := field.Object("job", &s.job, "The job (Job), with the vendor's own names. Exactly one of job and job_file.", jobFields, checkJob)
	return field.Set{
		s.target.RegionField("Region of the job, such as ap-guangzhou.").Require(),
		field.Object("placement", &s.placement, "Where the job runs (Placement). Needed, unless job_file holds it.", placementFields, checkPlacement),
		whole,
		field.File("job_file", whole, "File in the workspace that holds the job, or all that SubmitJob is called with (Placement, Job, ClientToken), YAML or JSON. Exactly one of job and job_file.").In(s.requestFields()),
		field.RuledText("client_token", &s.clientToken, tokenRule(),
			"Makes the request idempotent (ClientToken): the same token and job submit only once. At most 64 ASCII characters.").Apart(),
		cloud.ModeField(&s.mode),
		field.RuledText("job_id", &s.jobID, field.Rule{Max: 128, Pattern: `[0-9A-Za-z_-]+`, Says: "an id such as job-1a2b3c4d"},
			"Job that there is already (JobId), to follow or to stop instead of submitting one.").Apart(),
		s.target.EndpointField(),
		s.target.SiteField(tencent.Domestic), // the page of SubmitJob names the domestic host, others name the international one (facts tencent-batch §1); whether that has SubmitJob is UNVERIFIED
	}
}

func tokenRule() field.Rule { return field.Rule{Max: 64, ASCII: true} }

// requestFields declare the whole of a request, in the vendor's own names.
func (s *Spec) requestFields() field.Set {
	return field.Set{
		field.Object("Placement", &s.request.placement, "Where the job runs.", placementFields, checkPlacement),
		field.Object("Job", &s.job, "The job.", jobFields, checkJob).Require(),
		field.RuledText("ClientToken", &s.request.clientToken, tokenRule(), "Makes the request idempotent.").Apart(),
	}
}

// takeRequest takes what stands in the file and nowhere else. What stands in
// both has to be the same.
func (s *Spec) takeRequest(at *field.At) {
	if r := s.request.placement; r != nil {
		switch {
		case !at.Has("placement"):
			s.placement = r
		case !at.Bad("placement") && !reflect.DeepEqual(r, s.placement):
			at.ProblemAt("placement", "placement is not the Placement that job_file holds; give one of them")
		}
	}
	if token := s.request.clientToken; token != "" {
		switch {
		case !at.Has("client_token"):
			s.clientToken = token
		case !at.Bad("client_token") && token != s.clientToken:
			at.ProblemAt("client_token", "client_token is not the ClientToken that job_file holds; give one of them")
		}
	}
	if s.placement == nil && !at.Has("placement") && !at.Bad("job_file") {
		at.ProblemAt("placement", "placement is required: where the job runs, such as Zone: ap-guangzhou-4")
	}
}

// Check complains of what only several inputs together show.
func (s *Spec) Check(at *field.At) {
	if cloud.SettleMode(at, &s.mode, "job_id", "job", "job_file", "placement", "client_token") {
		return
	}
	at.ExactlyOne("job", "job_file")
	s.takeRequest(at)
	if s.placement == nil || at.Bad("placement") || at.Bad("region") || s.target.Region == "" {
		return
	}
	if !inRegion(s.placement.Zone, s.target.Region) {
		at.ProblemAt("placement", "Zone must be one of the region %s, such as %s-1, not %s", s.target.Region, s.target.Region, field.Quote(s.placement.Zone))
	}
}

// NoRivals says why what others run of the same cannot be told, if so.
func (s *Spec) NoRivals() string {
	if s.job != nil && s.job.JobName == "" {
		return "Batch makes a new job of each submission, and only its name tells what it is one of; give the job a JobName"
	}
	return ""
}

func inRegion(zone, region string) bool {
	if len(zone) <= len(region)+1 || zone[:len(region)+1] != region+"-" {
		return false
	}
	for _, c := range zone[len(region)+1:] {
		if c < '0' || c > '9' {
			return false
		}
	}
	return true
}

func placementFields(p *placement) field.Set {
	return field.Set{
		field.Text("Zone", &p.Zone, "Availability zone of the region, such as ap-guangzhou-4.").Require(),
		field.Int("ProjectId", &p.ProjectId, field.NotNegative(), "CVM project of the machines.").Or("0"),
		field.Texts("HostIds", &p.HostIds, field.Rule{}, "Dedicated hosts for the machines."),
		field.Choice("DedicatedResourcePackTenancy", &p.DedicatedResourcePackTenancy, "Kind of dedicated resource pack.", "ResourcePool"),
		field.Texts("DedicatedResourcePackIds", &p.DedicatedResourcePackIds, field.Rule{}, "Dedicated resource packs; needs DedicatedResourcePackTenancy."),
	}
}

func checkPlacement(p *placement, at *field.At) {
	if len(p.DedicatedResourcePackIds) > 0 && !at.Has("DedicatedResourcePackTenancy") {
		at.ProblemAt("DedicatedResourcePackIds", "DedicatedResourcePackIds needs DedicatedResourcePackTenancy: ResourcePool")
	}
}

func jobFields(j *jobSpec) field.Set {
	return field.Set{
		field.Objects("Tasks", &j.Tasks, "The tasks of the job.", taskFields, checkTask).Require(),
		field.RuledText("JobName", &j.JobName, field.Rule{Max: 60}, "Name of the job, at most 60 characters."),
		field.RuledText("JobDescription", &j.JobDescription, field.Rule{Max: 200}, "Description of the job, at most 200 characters."),
		field.Int("Priority", &j.Priority, field.Range{Min: 0, Max: 100}, "Priority from 0 to 100, higher first; the tasks inherit it."),
		field.Objects("Dependences", &j.Dependences, "Which task waits for which.", dependenceFields, nil),
		field.Objects("Notifications", &j.Notifications, "Messages sent on events, to topics of a message queue.", notificationFields, checkNotification),
		field.Choice("NotificationTarget", &j.NotificationTarget, "Kind of message queue.", "CMQ", "TDMQ_CMQ").Or("CMQ"),
		field.Choice("TaskExecutionDependOn", &j.TaskExecutionDependOn, "What a task requires of the tasks before it.",
			"PRE_TASK_SUCCEED", "PRE_TASK_AT_LEAST_PARTLY_SUCCEED", "PRE_TASK_FINISHED").Or("PRE_TASK_SUCCEED"),
		field.Choice("StateIfCreateCvmFailed", &j.StateIfCreateCvmFailed, "What an instance becomes if its machine cannot be created: FAILED counts as a failed try, RUNNABLE waits on.",
			"FAILED", "RUNNABLE").Or("FAILED"),
		field.Objects("Tags", &j.Tags, "Tags of the job, at most 10.", tagFields, nil).Most(10),
	}
}

func taskFields(t *task) field.Set {
	return field.Set{
		field.Object("Application", &t.Application, "What the task runs.", applicationFields, checkApplication).Require(),
		field.Text("TaskName", &t.TaskName, "Name of the task, unique in the job."),
		field.Int("TaskInstanceNum", &t.TaskInstanceNum, field.NotNegative(), "How many identical instances run.").Or("1"),
		field.Object("ComputeEnv", &t.ComputeEnv, "Machines made for the task. Exactly one of ComputeEnv and EnvId.", computeEnvFields, nil),
		field.Text("EnvId", &t.EnvId, "Existing compute environment. Exactly one of ComputeEnv and EnvId."),
		field.Object("RedirectInfo", &t.RedirectInfo, "Where standard output and error are stored.", redirectInfoFields, nil),
		field.Object("RedirectLocalInfo", &t.RedirectLocalInfo, "Where standard output and error are stored on the machine.", redirectLocalInfoFields, nil),
		field.Objects("InputMappings", &t.InputMappings, "Storage made visible as folders.", inputMappingFields, nil),
		field.Objects("OutputMappings", &t.OutputMappings, "Folders stored after the run.", outputMappingFields, nil),
		field.Objects("OutputMappingConfigs", &t.OutputMappingConfigs, "How outputs are uploaded.", outputMappingConfigFields, nil),
		field.Objects("EnvVars", &t.EnvVars, "Environment variables of the command.", envVarFields, nil),
		field.Objects("Authentications", &t.Authentications, "Keys for storage of another account; they are kept in the job's record, so avoid them.", authenticationFields, nil),
		field.Choice("FailedAction", &t.FailedAction, "What happens to the machine of a failed instance: TERMINATE destroys it, INTERRUPT and FAST_INTERRUPT keep it, and it keeps costing.",
			"TERMINATE", "INTERRUPT", "FAST_INTERRUPT").Or("TERMINATE"),
		field.Int("MaxRetryCount", &t.MaxRetryCount, field.Range{Min: 0, Max: 5}, "How often a failed instance is tried again, up to 5.").Or("0"),
		field.Int("Timeout", &t.Timeout, field.NotNegative(), "Seconds after which an instance is ended.").Or("86400"),
		field.Int("MaxConcurrentNum", &t.MaxConcurrentNum, field.Range{Min: 0, Max: 200000}, "How many instances may run at once, up to 200000.").Or("unlimited"),
		field.Bool("RestartComputeNode", &t.RestartComputeNode, "Reboot the machine afterwards; for EnvId only."),
		field.Int("ResourceMaxRetryCount", &t.ResourceMaxRetryCount, field.Range{Min: 0, Max: 100}, "How often the creation of a machine is tried again, up to 100.").Or("0"),
	}
}

// checkTask holds the rule of document 002's first error code.
func checkTask(_ *task, at *field.At) { at.ExactlyOne("ComputeEnv", "EnvId") }

func applicationFields(a *application) field.Set {
	return field.Set{
		field.Choice("DeliveryForm", &a.DeliveryForm, "LOCAL: the command is on the image; PACKAGE: it comes in an archive.", "LOCAL", "PACKAGE").Require(),
		field.Text("Command", &a.Command, "Command line to run. Exactly one of Command and Commands.").Hide(),
		field.Objects("Commands", &a.Commands, "Command lines of tightly coupled instances. Exactly one of Command and Commands.", commandFields, nil),
		field.Text("PackagePath", &a.PackagePath, "Address of the archive (.tgz), such as http://bucket-1250000000.cos.ap-guangzhou.myqcloud.com/job.tgz or cos://…/job.tgz; needed for PACKAGE.").Hide(),
		field.Object("Docker", &a.Docker, "Image to run the command in.", dockerFields, nil),
	}
}

func checkApplication(a *application, at *field.At) {
	at.ExactlyOne("Command", "Commands")
	if a.DeliveryForm == "PACKAGE" && !at.Has("PackagePath") {
		at.Problem("PackagePath is required with DeliveryForm: PACKAGE")
	}
}

func commandFields(c *command) field.Set {
	return field.Set{field.Text("Command", &c.Command, "Command line to run.").Require().Hide()}
}

func dockerFields(d *docker) field.Set {
	return field.Set{
		field.Text("Image", &d.Image, "Image, with its registry if it is not Docker Hub.").Require(),
		field.Text("User", &d.User, "User at the registry."),
		field.Text("Password", &d.Password, "Password at the registry.").Hide(),
		field.Text("Server", &d.Server, "Registry of a private image."),
		field.Int("MaxRetryCount", &d.MaxRetryCount, field.Range{Min: 0, Max: 10}, "How often the pull is tried again, up to 10.").Or("0"),
		field.Int("DelayOnRetry", &d.DelayOnRetry, field.Range{Min: 1, Max: 360}, "Seconds between tries, 1 to 360."),
		field.Text("DockerRunOption", &d.DockerRunOption, "Options for docker run.").Hide(),
	}
}

func computeEnvFields(c *computeEnv) field.Set {
	return field.Set{
		field.Text("EnvType", &c.EnvType, "MANAGED: Batch makes and removes the machines."),
		field.Object("EnvData", &c.EnvData, "What the machines are like.", envDataFields, checkEnvData),
		field.Objects("MountDataDisks", &c.MountDataDisks, "Where data disks are mounted.", mountDataDiskFields, nil),
		field.Object("AgentRunningMode", &c.AgentRunningMode, "How the agent runs on Windows.", agentRunningModeFields, nil),
	}
}

func mountDataDiskFields(m *mountDataDisk) field.Set {
	return field.Set{
		field.Text("LocalPath", &m.LocalPath, "Folder, or drive on Windows.").Require(),
		field.Choice("FileSystemType", &m.FileSystemType, "File system.", "EXT3", "EXT4", "NTFS").Or("EXT3"),
	}
}

func agentRunningModeFields(a *agentRunningMode) field.Set {
	return field.Set{
		field.Choice("Scene", &a.Scene, "Operating system.", "WINDOWS").Require(),
		field.Text("User", &a.User, "User of the agent.").Require(),
		field.Text("Session", &a.Session, "Session of the agent.").Require(),
	}
}

func envDataFields(e *envData) field.Set {
	return field.Set{
		field.Text("InstanceType", &e.InstanceType, "Machine type. At most one of InstanceType, InstanceTypes and InstanceTypeOptions."),
		field.FewTexts("InstanceTypes", &e.InstanceTypes, 10, "Machine types tried in this order, at most 10."),
		field.Object("InstanceTypeOptions", &e.InstanceTypeOptions, "Machine types by their size.", instanceTypeOptionsFields, nil),
		field.RuledText("ImageId", &e.ImageId, field.Rule{Pattern: `img-[0-9a-z]+`, Says: "an image id such as img-1a2b3c4d"}, "Image of the machine."),
		field.Object("SystemDisk", &e.SystemDisk, "System disk.", systemDiskFields, nil),
		field.Objects("DataDisks", &e.DataDisks, "Data disks.", dataDiskFields, nil),
		field.Object("VirtualPrivateCloud", &e.VirtualPrivateCloud, "Network. At most one of VirtualPrivateCloud, VirtualPrivateClouds and Zones.", virtualPrivateCloudFields, nil),
		field.Objects("VirtualPrivateClouds", &e.VirtualPrivateClouds, "Networks.", virtualPrivateCloudFields, nil),
		field.Texts("Zones", &e.Zones, field.Rule{}, "Zones."),
		field.Object("InternetAccessible", &e.InternetAccessible, "Public network.", internetAccessibleFields, nil),
		field.Texts("SecurityGroupIds", &e.SecurityGroupIds, field.Rule{}, "Security groups."),
		field.Text("InstanceName", &e.InstanceName, "Name of the machines."),
		field.Object("LoginSettings", &e.LoginSettings, "How to log in to the machines. Only one of its members.", loginSettingsFields, checkLoginSettings),
		field.Object("EnhancedService", &e.EnhancedService, "Agents on the machines.", enhancedServiceFields, nil),
		field.Choice("InstanceChargeType", &e.InstanceChargeType, "How the machines are paid.", "POSTPAID_BY_HOUR", "SPOTPAID").Or("POSTPAID_BY_HOUR"),
		field.Object("InstanceMarketOptions", &e.InstanceMarketOptions, "Price of spot machines; for SPOTPAID.", instanceMarketOptionsFields, nil),
	}
}

func checkEnvData(_ *envData, at *field.At) {
	atMostOne(at, "InstanceType", "InstanceTypes", "InstanceTypeOptions")
	atMostOne(at, "VirtualPrivateCloud", "VirtualPrivateClouds", "Zones")
}

func checkLoginSettings(_ *loginSettings, at *field.At) {
	atMostOne(at, "Password", "KeyIds", "KeepImageLogin")
}

func atMostOne(at *field.At, names ...string) {
	first := ""
	for _, name := range names {
		if !at.Has(name) {
			continue
		}
		if first != "" {
			at.ProblemAt(name, "%s and %s exclude each other; give one of them", first, name)
			return
		}
		first = name
	}
}

func instanceTypeOptionsFields(o *instanceTypeOptions) field.Set {
	return field.Set{
		field.Int("CPU", &o.CPU, field.NotNegative(), "CPU cores.").Require(),
		field.Int("Memory", &o.Memory, field.NotNegative(), "Memory in GB.").Require(),
		field.Choices("InstanceCategories", &o.InstanceCategories, "Families of machines.",
			"ALL", "GENERAL", "GENERAL_2", "GENERAL_3", "COMPUTE", "COMPUTE_2", "COMPUTE_3").Or("ALL"),
	}
}

func systemDiskFields(d *systemDisk) field.Set {
	return field.Set{
		field.Choice("DiskType", &d.DiskType, "Kind of disk.",
			"LOCAL_BASIC", "LOCAL_SSD", "CLOUD_BASIC", "CLOUD_SSD", "CLOUD_PREMIUM", "CLOUD_BSSD", "CLOUD_HSSD", "CLOUD_TSSD"),
		field.Text("DiskId", &d.DiskId, "Id of the disk."),
		field.Int("DiskSize", &d.DiskSize, field.NotNegative(), "Size in GiB.").Or("50"),
		field.Text("CdcId", &d.CdcId, "Dedicated cluster."),
		field.Text("DiskName", &d.DiskName, "Name of the disk."),
	}
}

func dataDiskFields(d *dataDisk) field.Set {
	return field.Set{
		field.Int("DiskSize", &d.DiskSize, field.NotNegative(), "Size in GiB, in steps of 10.").Require(),
		field.Text("DiskType", &d.DiskType, "Kind of disk.").Or("LOCAL_BASIC"),
		field.Text("DiskId", &d.DiskId, "Id of the disk."),
		field.Bool("DeleteWithInstance", &d.DeleteWithInstance, "Whether the disk goes with its machine.").Or("true"),
		field.Text("SnapshotId", &d.SnapshotId, "Snapshot to start from."),
		field.Bool("Encrypt", &d.Encrypt, "Whether the disk is encrypted."),
		field.Text("KmsKeyId", &d.KmsKeyId, "Key of the encryption."),
		field.Int("ThroughputPerformance", &d.ThroughputPerformance, field.NotNegative(), "Extra throughput in MiB/s."),
		field.Text("CdcId", &d.CdcId, "Dedicated cluster."),
		field.Bool("BurstPerformance", &d.BurstPerformance, "Whether bursts are allowed."),
		field.Text("DiskName", &d.DiskName, "Name of the disk."),
	}
}

func virtualPrivateCloudFields(v *virtualPrivateCloud) field.Set {
	return field.Set{
		field.Text("VpcId", &v.VpcId, "Network.").Require(),
		field.Text("SubnetId", &v.SubnetId, "Subnet.").Require(),
		field.Bool("AsVpcGateway", &v.AsVpcGateway, "Whether the machine is the network's gateway."),
		field.Texts("PrivateIpAddresses", &v.PrivateIpAddresses, field.Rule{}, "Addresses in the subnet."),
		field.Int("Ipv6AddressCount", &v.Ipv6AddressCount, field.NotNegative(), "How many IPv6 addresses."),
	}
}

func internetAccessibleFields(i *internetAccessible) field.Set {
	return field.Set{
		field.Choice("InternetChargeType", &i.InternetChargeType, "How traffic is paid.",
			"BANDWIDTH_PREPAID", "TRAFFIC_POSTPAID_BY_HOUR", "BANDWIDTH_POSTPAID_BY_HOUR", "BANDWIDTH_PACKAGE"),
		field.Int("InternetMaxBandwidthOut", &i.InternetMaxBandwidthOut, field.NotNegative(), "Outgoing bandwidth in Mbit/s.").Or("0"),
		field.Bool("PublicIpAssigned", &i.PublicIpAssigned, "Whether the machine gets a public address."),
		field.Text("BandwidthPackageId", &i.BandwidthPackageId, "Bandwidth package."),
		field.Text("InternetServiceProvider", &i.InternetServiceProvider, "Carrier of the address."),
		field.Text("IPv4AddressType", &i.IPv4AddressType, "Kind of IPv4 address."),
		field.Text("IPv6AddressType", &i.IPv6AddressType, "Kind of IPv6 address."),
		field.Text("AntiDDoSPackageId", &i.AntiDDoSPackageId, "Protection package."),
	}
}

func loginSettingsFields(l *loginSettings) field.Set {
	return field.Set{
		field.Text("Password", &l.Password, "Password.").Hide(),
		field.Texts("KeyIds", &l.KeyIds, field.Rule{}, "Key pairs."),
		field.Choice("KeepImageLogin", &l.KeepImageLogin, "Keep the image's own login.", "TRUE", "FALSE"),
	}
}

func enhancedServiceFields(e *enhancedService) field.Set {
	return field.Set{
		field.Object("SecurityService", &e.SecurityService, "Security agent.", enabledFields, nil),
		field.Object("MonitorService", &e.MonitorService, "Monitoring agent.", enabledFields, nil),
		field.Object("AutomationService", &e.AutomationService, "Automation agent.", enabledFields, nil),
	}
}

func enabledFields(e *enabled) field.Set {
	return field.Set{field.Bool("Enabled", &e.Enabled, "Whether it is on.")}
}

func instanceMarketOptionsFields(o *instanceMarketOptions) field.Set {
	return field.Set{
		field.Object("SpotOptions", &o.SpotOptions, "Conditions of the spot market.", spotOptionsFields, nil),
		field.Choice("MarketType", &o.MarketType, "Kind of market.", "spot"),
	}
}

func spotOptionsFields(o *spotOptions) field.Set {
	return field.Set{
		field.Text("MaxPrice", &o.MaxPrice, "Highest price, as text.").Require(),
		field.Choice("SpotInstanceType", &o.SpotInstanceType, "Kind of request.", "one-time"),
	}
}

func redirectInfoFields(r *redirectInfo) field.Set {
	return field.Set{
		field.RuledText("StdoutRedirectPath", &r.StdoutRedirectPath, storagePath(), "Folder in storage for standard output."),
		field.RuledText("StderrRedirectPath", &r.StderrRedirectPath, storagePath(), "Folder in storage for standard error."),
		field.Text("StdoutRedirectFileName", &r.StdoutRedirectFileName, "File name; may hold ${BATCH_JOB_ID}, ${BATCH_TASK_NAME} and ${BATCH_TASK_INSTANCE_INDEX}."),
		field.Text("StderrRedirectFileName", &r.StderrRedirectFileName, "File name, as for standard output."),
	}
}

func redirectLocalInfoFields(r *redirectLocalInfo) field.Set {
	return field.Set{
		field.Text("StdoutLocalPath", &r.StdoutLocalPath, "Folder for standard output."),
		field.Text("StderrLocalPath", &r.StderrLocalPath, "Folder for standard error."),
		field.Text("StdoutLocalFileName", &r.StdoutLocalFileName, "File name, with the same placeholders as in RedirectInfo."),
		field.Text("StderrLocalFileName", &r.StderrLocalFileName, "File name, as for standard output."),
	}
}

// storagePath is the form of an address in storage (facts tencent-batch §2.7).
func storagePath() field.Rule {
	return field.Rule{Pattern: `(cos|cfs|nfs)://.+/`, Says: "an address that starts with cos://, cfs:// or nfs:// and ends with /"}
}

func inputMappingFields(m *inputMapping) field.Set {
	return field.Set{
		field.RuledText("SourcePath", &m.SourcePath, storagePath(), "Folder in storage.").Require(),
		field.Text("DestinationPath", &m.DestinationPath, "Folder on the machine.").Require(),
		field.Text("MountOptionParameter", &m.MountOptionParameter, "Options of the mount."),
		field.Choice("MountType", &m.MountType, "How object storage is mounted.", "COSFS", "GooseFS-Lite"),
	}
}

func outputMappingFields(m *outputMapping) field.Set {
	return field.Set{
		field.Text("SourcePath", &m.SourcePath, "Folder on the machine.").Require(),
		field.RuledText("DestinationPath", &m.DestinationPath, storagePath(), "Folder in storage.").Require(),
		field.Object("OutputMappingOption", &m.OutputMappingOption, "Options.", outputMappingOptionFields, nil),
	}
}

func outputMappingOptionFields(o *outputMappingOption) field.Set {
	return field.Set{field.Choice("Workspace", &o.Workspace, "Where the source folder is looked for.", "BATCH_WORKSPACE", "GLOBAL_WORKSPACE").Or("BATCH_WORKSPACE")}
}

func outputMappingConfigFields(c *outputMappingConfig) field.Set {
	return field.Set{
		field.Choice("Scene", &c.Scene, "Kind of storage.", "COS").Require(),
		field.Int("WorkerNum", &c.WorkerNum, field.NotNegative(), "Uploads at once.").Require(),
		field.Int("WorkerPartSize", &c.WorkerPartSize, field.NotNegative(), "Size of a part in MB.").Require(),
	}
}

func envVarFields(e *envVar) field.Set {
	return field.Set{
		field.Text("Name", &e.Name, "Name of the variable.").Require(),
		field.RuledText("Value", &e.Value, field.Rule{Empty: true}, "Value of the variable.").Require().Hide(),
	}
}

func authenticationFields(a *authentication) field.Set {
	return field.Set{
		field.Text("Scene", &a.Scene, "Kind of storage, such as COS.").Require(),
		field.Text("SecretId", &a.SecretId, "Key id.").Require().Hide(),
		field.Text("SecretKey", &a.SecretKey, "Key.").Require().Hide(),
	}
}

func dependenceFields(d *dependence) field.Set {
	return field.Set{
		field.Text("StartTask", &d.StartTask, "Task that runs first.").Require(),
		field.Text("EndTask", &d.EndTask, "Task that waits for it.").Require(),
	}
}

func notificationFields(n *notification) field.Set {
	return field.Set{
		field.Text("TopicName", &n.TopicName, "Topic of the message queue.").Require(),
		field.Objects("EventConfigs", &n.EventConfigs, "Events that send a message.", eventConfigFields, nil).Require(),
	}
}

// events are those valid for SubmitJob (facts tencent-batch §2.6).
func events() []string {
	var names []string
	for _, of := range []string{"JOB_", "TASK_", "TASK_INSTANCE_"} {
		for _, state := range []string{"RUNNING", "SUCCEED", "FAILED", "FAILED_INTERRUPTED"} {
			names = append(names, of+state)
		}
	}
	return append(names, "COMPUTE_NODE_CREATED", "COMPUTE_NODE_CREATION_FAILED", "COMPUTE_NODE_RUNNING", "COMPUTE_NODE_ABNORMAL", "COMPUTE_NODE_DELETING")
}

func eventConfigFields(e *eventConfig) field.Set {
	return field.Set{
		field.Choice("EventName", &e.EventName, "Event.", events()...).Require(),
		field.Objects("EventVars", &e.EventVars, "Variables in the message.", envVarFields, nil).Require(),
	}
}

func tagFields(t *tag) field.Set {
	return field.Set{
		field.Text("Key", &t.Key, "Key of the tag.").Require(),
		field.RuledText("Value", &t.Value, field.Rule{Empty: true}, "Value of the tag.").Require(),
	}
}

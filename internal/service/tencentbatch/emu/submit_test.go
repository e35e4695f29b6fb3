package batchemu

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// with is a job with one good task in which old is replaced by new.
func with(old, new string) string {
	return strings.Replace(aJob(aTask("a", "true", ""), ""), old, new, 1)
}

// field is a job with one task that has one more field.
func field(f string) string { return aJob(aTask("a", "true", ","+f), "") }

// inJob is a job with one more field.
func inJob(f string) string { return aJob(aTask("a", "true", ""), ","+f) }

// inEnv is a job with one more field in EnvData.
func inEnv(f string) string {
	return with(`"InstanceType":"S5.SMALL2"`, `"InstanceType":"S5.SMALL2",`+f)
}

// machine is a job with another choice of instance type.
func machine(f string) string { return with(`"InstanceType":"S5.SMALL2"`, f) }

func TestSubmitValidation(t *testing.T) {
	const (
		application = `"Application":{"DeliveryForm":"LOCAL","Command":"true"}`
		bucket      = "cos://logs-1250000000.cos.ap-guangzhou.myqcloud.com/"
	)
	const logs = `"RedirectInfo":{"StdoutRedirectPath":"cos://batch-demo-1250000000.cosgz.myqcloud.com/logs/","StderrRedirectPath":"cos://batch-demo-1250000000.cosgz.myqcloud.com/logs/"}`
	event := func(topic, events string) string {
		return inJob(`"Notifications":[{"TopicName":"` + topic + `","EventConfigs":[` + events + `]}]`)
	}
	const running = `{"EventName":"JOB_RUNNING","EventVars":[{"Name":"n","Value":""}]}`
	long := strings.Repeat("ö", 60)
	for _, c := range []struct{ name, body, code string }{
		{"good", aJob(aTask("a", "true", ""), ""), ""},
		{"document 002's dependences", aJob(aTask("a", "true", "")+","+aTask("b", "true", ""), `,"Dependences":[{"StartTask":"a","EndTask":"b"}]`), ""},
		{"no name", with(`"TaskName":"a",`, ""), ""},
		{"null is absent", inJob(`"Priority":null`), ""},

		// types, unknown and missing fields
		{"unknown top level", with(`{"Placement"`, `{"DryRun":true,"Placement"`), "UnknownParameter"},
		{"unknown in Placement", with(`{"Zone"`, `{"Region":"x","Zone"`), "UnknownParameter"},
		{"unknown in Job", inJob(`"Dependencies":[]`), "UnknownParameter"},
		{"unknown in Task", field(`"taskName":"a"`), "UnknownParameter"},
		{"unknown in Application", with(`"Command"`, `"Shell":"sh","Command"`), "UnknownParameter"},
		{"unknown in EnvData", inEnv(`"Spot":true`), "UnknownParameter"},
		{"unknown in SystemDisk", inEnv(`"SystemDisk":{"Size":1}`), "UnknownParameter"},
		{"no Placement", with(`"Placement":{"Zone":"ap-guangzhou-4"},`, ""), "MissingParameter"},
		{"no Zone", with(`{"Zone":"ap-guangzhou-4"}`, "{}"), "MissingParameter"},
		{"no Job", `{"Placement":{"Zone":"ap-guangzhou-4"}}`, "MissingParameter"},
		{"no Tasks", aJob("", ""), "MissingParameter"},
		{"no Application", with(application+",", ""), "MissingParameter"},
		{"no DeliveryForm", with(`"DeliveryForm":"LOCAL",`, ""), "MissingParameter"},
		{"Job is a list", `{"Placement":{"Zone":"ap-guangzhou-4"},"Job":[]}`, "InvalidParameter"},
		{"Tasks is an object", aJob("", ""), "MissingParameter"},
		{"task is null", aJob("null", ""), "InvalidParameter"},
		{"JobName is a number", with(`"nightly"`, "7"), "InvalidParameter"},
		{"Priority with a fraction", inJob(`"Priority":1.5`), "InvalidParameter"},
		{"Priority in quotes", inJob(`"Priority":"1"`), ""},
		{"Priority is a word", inJob(`"Priority":"high"`), "InvalidParameter"},
		{"Priority is huge", inJob(`"Priority":99999999999999999999`), "InvalidParameter"},
		{"flag in quotes", field(`"RestartComputeNode":"true"`), "InvalidParameter"},

		// Placement
		{"zone of another region", with("ap-guangzhou-4", "ap-shanghai-2"), "InvalidParameterValue.InvalidZoneMismatchRegion"},
		{"no zone", with("ap-guangzhou-4", "ap-guangzhou"), "InvalidZone.MismatchRegion"},
		{"two digits", with("ap-guangzhou-4", "ap-guangzhou-44"), "InvalidZone.MismatchRegion"},
		{"negative project", with(`{"Zone"`, `{"ProjectId":-1,"Zone"`), "InvalidParameterValue.Negative"},
		{"packs without tenancy", with(`{"Zone"`, `{"DedicatedResourcePackIds":["p"],"Zone"`), badCombination},
		{"packs", with(`{"Zone"`, `{"DedicatedResourcePackIds":["p"],"DedicatedResourcePackTenancy":"ResourcePool","Zone"`), ""},

		// Job
		{"60 characters", with("nightly", long), ""},
		{"JobName too long", with("nightly", long+"x"), "InvalidParameter.JobNameTooLong"},
		{"200 characters", inJob(`"JobDescription":"` + strings.Repeat("ö", 200) + `"`), ""},
		{"JobDescription too long", inJob(`"JobDescription":"` + strings.Repeat("x", 201) + `"`), "InvalidParameter.JobDescriptionTooLong"},
		{"Priority 100", inJob(`"Priority":100`), ""},
		{"Priority 101", inJob(`"Priority":101`), "InvalidParameterValue"},
		{"Priority negative", inJob(`"Priority":-1`), "InvalidParameterValue.Negative"},
		{"unknown task", inJob(`"Dependences":[{"StartTask":"a","EndTask":"b"}]`), "InvalidParameterValue.DependenceNotFoundTaskName"},
		{"own loop", inJob(`"Dependences":[{"StartTask":"a","EndTask":"a"}]`), "InvalidParameterValue.DependenceUnfeasible"},
		{"loop", aJob(aTask("a", "true", "")+","+aTask("b", "true", ""), `,"Dependences":[{"StartTask":"a","EndTask":"b"},{"StartTask":"b","EndTask":"a"}]`), "InvalidParameterValue.DependenceUnfeasible"},
		{"half a dependence", inJob(`"Dependences":[{"StartTask":"a"}]`), "MissingParameter"},
		{"NotificationTarget", inJob(`"NotificationTarget":"SMS"`), "InvalidParameterValue"},
		{"TaskExecutionDependOn", inJob(`"TaskExecutionDependOn":"ANY"`), "InvalidParameterValue"},
		{"StateIfCreateCvmFailed", inJob(`"StateIfCreateCvmFailed":"PENDING"`), "InvalidParameterValue"},
		{"11 tags", inJob(`"Tags":[` + strings.Repeat(`{"Key":"k","Value":""},`, 10) + `{"Key":"k","Value":""}]`), "InvalidParameterValue.LimitExceeded"},
		{"tag without value", inJob(`"Tags":[{"Key":"k"}]`), "MissingParameter"},

		// Notifications
		{"events", event("topic-1", running+`,{"EventName":"TASK_INSTANCE_FAILED_INTERRUPTED","EventVars":[{"Name":"n","Value":"v"}]}`), ""},
		{"event twice", event("topic-1", running+","+running), "InvalidParameter.NotificationEventNameDuplicate"},
		{"event of environments", event("topic-1", strings.Replace(running, "JOB_RUNNING", "COMPUTE_ENV_CREATED", 1)), "InvalidParameterValue"},
		{"topic", event("no topic", running), "InvalidParameter.NotificationTopicName"},
		{"no topic", event("", running), "InvalidParameter.NotificationTopicName"},
		{"topic too long", event(strings.Repeat("t", 65), running), "InvalidParameter.NotificationTopicNameTooLong"},
		{"no EventVars", event("topic", `{"EventName":"JOB_RUNNING"}`), "MissingParameter"},

		// Task
		{"both environments", field(`"EnvId":"env-demo0001"`), "AllowedOneAttributeInEnvIdAndComputeEnv"},
		{"no environment", with(","+env, ""), "AllowedOneAttributeInEnvIdAndComputeEnv"},
		{"EnvId", with(env, `"EnvId":"env-demo0001"`), ""},
		{"EnvId malformed", with(env, `"EnvId":"demo"`), "InvalidParameter.EnvIdMalformed"},
		{"EnvId unknown", with(env, `"EnvId":"env-abcdefgh"`), "ResourceNotFound.ComputeEnv"},
		{"TaskName", with(`"TaskName":"a"`, `"TaskName":"a b"`), "InvalidParameter.TaskName"},
		{"TaskName twice", aJob(aTask("a", "true", "")+","+aTask("a", "true", ""), ""), "InvalidParameter.TaskName"},
		{"TaskName too long", with(`"TaskName":"a"`, `"TaskName":"`+strings.Repeat("a", 61)+`"`), "InvalidParameter.TaskNameTooLong"},
		{"no instance", field(`"TaskInstanceNum":0`), "InvalidParameterValue.TaskInstanceNum"},
		{"too many instances", field(`"TaskInstanceNum":10001`), "InvalidParameterValue.TaskInstanceNum"},
		{"too many in all", aJob(aTask("a", "true", `,"TaskInstanceNum":10000`)+","+aTask("b", "true", ""), ""), "InvalidParameterValue.TaskInstanceNum"},
		{"negative instances", field(`"TaskInstanceNum":-2`), "InvalidParameterValue.Negative"},
		{"FailedAction", field(`"FailedAction":"CONTINUE"`), "InvalidParameterValue"},
		{"MaxRetryCount 5", field(`"MaxRetryCount":5`), ""},
		{"MaxRetryCount 6", field(`"MaxRetryCount":6`), "InvalidParameterValue.MaxRetryCount"},
		{"MaxConcurrentNum", field(`"MaxConcurrentNum":200001`), "InvalidParameterValue"},
		{"ResourceMaxRetryCount", field(`"ResourceMaxRetryCount":101`), "InvalidParameterValue"},
		{"Timeout", field(`"Timeout":-1`), "InvalidParameterValue.Negative"},
		{"EnvVars", field(`"EnvVars":[{"Name":"A"}]`), "MissingParameter"},
		{"Authentications", field(`"Authentications":[{"Scene":"COS","SecretId":"x"}]`), "MissingParameter"},
		{"OutputMappingConfigs", field(`"OutputMappingConfigs":[{"Scene":"COS","WorkerNum":1}]`), "MissingParameter"},
		{"OutputMappingConfigs scene", field(`"OutputMappingConfigs":[{"Scene":"CFS","WorkerNum":1,"WorkerPartSize":1}]`), "InvalidParameterValue"},

		// Application
		{"DeliveryForm", with("LOCAL", "REMOTE"), "InvalidParameterValue"},
		{"no Command", with(`,"Command":"true"`, ""), "MissingParameter"},
		{"both Commands", with(`"Command":"true"`, `"Command":"true","Commands":[{"Command":"true"}]`), badCombination},
		{"Commands", with(`"Command":"true"`, `"Commands":[{"Command":"true"}]`), ""},
		{"package without path", with("LOCAL", "PACKAGE"), "MissingParameter"},
		{"package", with(`"LOCAL"`, `"PACKAGE","PackagePath":"`+bucket+`x.tgz"`), ""},
		{"package folder", with(`"LOCAL"`, `"PACKAGE","PackagePath":"`+bucket+`"`), "InvalidParameterValue.RemoteStoragePath"},
		{"package by HTTP, as the guide has it", with(`"LOCAL"`, `"PACKAGE","PackagePath":"http://batchdemo-1250000000.cosgz.myqcloud.com/codepkg/codepkg.tgz"`), ""},
		{"package by HTTPS", with(`"LOCAL"`, `"PACKAGE","PackagePath":"https://example.com/x.tgz"`), ""},
		{"package folder by HTTP", with(`"LOCAL"`, `"PACKAGE","PackagePath":"http://example.com/"`), "InvalidParameterValue.RemoteStoragePath"},
		{"package scheme", with(`"LOCAL"`, `"PACKAGE","PackagePath":"s3://x/x.tgz"`), "InvalidParameterValue"},
		{"Docker", with(`"LOCAL"`, `"LOCAL","Docker":{"Image":"x","MaxRetryCount":10,"DelayOnRetry":360}`), ""},
		{"Docker without image", with(`"LOCAL"`, `"LOCAL","Docker":{"User":"x"}`), "MissingParameter"},
		{"Docker retries", with(`"LOCAL"`, `"LOCAL","Docker":{"Image":"x","MaxRetryCount":11}`), "InvalidParameterValue"},
		{"Docker delay", with(`"LOCAL"`, `"LOCAL","Docker":{"Image":"x","DelayOnRetry":0}`), "InvalidParameterValue"},

		// ComputeEnv
		{"EnvType", with("MANAGED", "UNMANAGED"), badEnv},
		{"no EnvData", with(env, `"ComputeEnv":{}`), badEnv},
		{"no image", with(`,"ImageId":"img-bd78fy2t"`, ""), ""},
		{"the vendor's DAG", aJob(
			`{"TaskName":"pre_task","TaskInstanceNum":1,"Application":{"DeliveryForm":"LOCAL","Command":"echo pre_task"},"ComputeEnv":{"EnvData":{"InstanceType":"S2.SMALL1"}},`+logs+`},`+
				`{"TaskName":"post_task","TaskInstanceNum":1,"Application":{"DeliveryForm":"LOCAL","Command":"echo post_task"},"ComputeEnv":{"EnvData":{"InstanceType":"S2.SMALL1"}},`+logs+`}`,
			`,"JobDescription":"dag_demo","Dependences":[{"StartTask":"pre_task","EndTask":"post_task"}]`), ""},
		{"no instance type", with(`"InstanceType":"S5.SMALL2",`, ""), badEnv},
		{"image malformed", with("img-bd78fy2t", "ubuntu"), "InvalidParameter.ImageIdMalformed"},
		{"InstanceTypes", machine(`"InstanceTypes":["S5.SMALL2","S6.SMALL2"]`), ""},
		{"InstanceTypes twice", machine(`"InstanceTypes":["S5.SMALL2","S5.SMALL2"]`), "InvalidParameterValue.InstanceTypeDuplicate"},
		{"11 InstanceTypes", machine(`"InstanceTypes":["1","2","3","4","5","6","7","8","9","10","11"]`), "InvalidParameterValue.LimitExceeded"},
		{"InstanceTypeOptions", machine(`"InstanceTypeOptions":{"CPU":2,"Memory":4,"InstanceCategories":["ALL"]}`), ""},
		{"InstanceTypeOptions category", machine(`"InstanceTypeOptions":{"CPU":2,"Memory":4,"InstanceCategories":["GPU"]}`), "InvalidParameterValue"},
		{"type and types", inEnv(`"InstanceTypes":["S6.SMALL2"]`), badCombination},
		{"two networks", inEnv(`"VirtualPrivateCloud":{"VpcId":"v","SubnetId":"s"},"Zones":["ap-guangzhou-3"]`), badCombination},
		{"zones", inEnv(`"Zones":["ap-beijing-3"]`), "InvalidParameterValue.InvalidZoneMismatchRegion"},
		{"two logins", inEnv(`"LoginSettings":{"Password":"x","KeepImageLogin":"TRUE"}`), badCombination},
		{"login", inEnv(`"LoginSettings":{"KeyIds":["x"],"KeepImageLogin":"FALSE"}`), ""},
		{"disk type", inEnv(`"SystemDisk":{"DiskType":"TAPE"}`), badCvm},
		{"disk size", inEnv(`"DataDisks":[{"DiskSize":55}]`), badCvm},
		{"disk without size", inEnv(`"DataDisks":[{"DiskType":"CLOUD_SSD"}]`), "MissingParameter"},
		{"charge type", inEnv(`"InstanceChargeType":"PREPAID"`), "InvalidParameterValue.UnsupportedBatchInstanceChargeType"},
		{"internet", inEnv(`"InternetAccessible":{"InternetChargeType":"FREE"}`), badCvm},
		{"spot", inEnv(`"InstanceChargeType":"SPOTPAID","InstanceMarketOptions":{"MarketType":"spot","SpotOptions":{"MaxPrice":"0.5","SpotInstanceType":"one-time"}}`), ""},
		{"price", inEnv(`"InstanceMarketOptions":{"SpotOptions":{"MaxPrice":"cheap"}}`), "InvalidParameterValue.NotFloat"},
		{"negative price", inEnv(`"InstanceMarketOptions":{"SpotOptions":{"MaxPrice":"-1"}}`), "InvalidParameterValue.Negative"},
		{"mount", with(`"EnvType"`, `"MountDataDisks":[{"LocalPath":"data"}],"EnvType"`), "InvalidParameterValue.LocalPath"},
		{"agent", with(`"EnvType"`, `"AgentRunningMode":{"Scene":"LINUX","User":"u","Session":"s"},"EnvType"`), "InvalidParameterValue"},

		// paths
		{"redirect", field(`"RedirectInfo":{"StdoutRedirectPath":"` + bucket + `logs/"}`), ""},
		{"short host", field(`"RedirectInfo":{"StdoutRedirectPath":"cos://bucket-appid.cosgz.myqcloud.com/logs/"}`), ""},
		{"no slash", field(`"RedirectInfo":{"StdoutRedirectPath":"` + bucket + `logs"}`), "InvalidParameterValue.RemoteStoragePath"},
		{"other region", field(`"RedirectInfo":{"StderrRedirectPath":"` + strings.Replace(bucket, "guangzhou", "beijing", 1) + `"}`), "InvalidParameterValue.RemoteStoragePath"},
		{"scheme", field(`"RedirectInfo":{"StderrRedirectPath":"s3://bucket/"}`), "InvalidParameterValue.RemoteStorageSchemeType"},
		{"input", field(`"InputMappings":[{"SourcePath":"cfs://10.0.0.1/","DestinationPath":"/data/","MountType":"COSFS"}]`), ""},
		{"input file system", field(`"InputMappings":[{"SourcePath":"nfs://host/","DestinationPath":"/data/"}]`), "InvalidParameterValue.RemoteStoragePath"},
		{"input local", field(`"InputMappings":[{"SourcePath":"` + bucket + `","DestinationPath":"data/"}]`), "InvalidParameterValue.LocalPath"},
		{"empty local", field(`"InputMappings":[{"SourcePath":"` + bucket + `","DestinationPath":""}]`), "InvalidParameterValue.LocalPath"},
		{"empty remote", field(`"InputMappings":[{"SourcePath":"","DestinationPath":"/data/"}]`), "InvalidParameterValue.RemoteStorageSchemeType"},
		{"output", field(`"OutputMappings":[{"SourcePath":"C:\\render\\","DestinationPath":"` + bucket + `","OutputMappingOption":{"Workspace":"GLOBAL_WORKSPACE"}}]`), ""},
		{"output remote", field(`"OutputMappings":[{"SourcePath":"/out/","DestinationPath":"/out/"}]`), "InvalidParameterValue.RemoteStorageSchemeType"},
		{"local redirect", field(`"RedirectLocalInfo":{"StdoutLocalPath":"logs"}`), "InvalidParameterValue.LocalPath"},

		// ClientToken
		{"token", with(`{"Placement"`, `{"ClientToken":"`+strings.Repeat("x", 64)+`","Placement"`), ""},
		{"token too long", with(`{"Placement"`, `{"ClientToken":"`+strings.Repeat("x", 65)+`","Placement"`), "InvalidParameterValue"},
		{"token not ASCII", with(`{"Placement"`, `{"ClientToken":"ö","Placement"`), "InvalidParameterValue"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			w.wantCode("SubmitJob", c.body, c.code)
			if begun := len(w.Half().Begun()) == 1; begun != (c.code == "") {
				t.Errorf("begun: %v", begun)
			}
		})
	}
}

func TestSubmitSwitches(t *testing.T) {
	for _, c := range []struct {
		name, body, code string
		set              Switches
	}{
		{"strict numbers", inJob(`"Priority":"1"`), "InvalidParameter", Switches{StrictNumbers: true}},
		{"type code", inJob(`"Priority":true`), "InvalidParameterValue.InvalidDataTypeAny", Switches{WrongTypeCode: "InvalidParameterValue.InvalidDataTypeAny"}},
		{"incomplete", with(env, `"ComputeEnv":{}`), badCvm, Switches{IncompleteEnvCode: badCvm}},
		{"delivery form", with(`"DeliveryForm":"LOCAL",`, ""), "", Switches{DeliveryFormOptional: true}},
		{"any names", with(`"TaskName":"a"`, `"TaskName":"a b"`), "", Switches{AnyNames: true}},
		{"task limit", with(`"TaskName":"a"`, `"TaskName":"abc"`), "InvalidParameter.TaskNameTooLong", Switches{TaskNameLimit: 2}},
		{"instances", field(`"TaskInstanceNum":3`), "InvalidParameterValue.TaskInstanceNum", Switches{MaxTaskInstances: 2}},
		{"refusal", field(`"TaskInstanceNum":3`), "InternalError.CallCvm", Switches{SubmitRefusal: "InternalError.CallCvm"}},
	} {
		w := newWorld(t)
		w.Switches = c.set
		w.wantCode("SubmitJob", c.body, c.code)
	}
}

func TestClientToken(t *testing.T) {
	const one, other = `{"ClientToken":"t","Placement"`, `{"ClientToken":"u","Placement"`
	w := newWorld(t)
	first := w.submit(with(`{"Placement"`, one))
	want(t, "repeat", w.submit(with(`{"Placement"`, one)), first)
	want(t, "other body", w.submit(strings.Replace(inJob(`"Priority":3`), `{"Placement"`, one, 1)), first)
	if w.submit(with(`{"Placement"`, other)) == first {
		t.Error("another token, the same job")
	}
	w.submit(with(`{"Placement"`, `{"ClientToken":"","Placement"`))
	w.submit(with(`{"Placement"`, `{"ClientToken":"","Placement"`))
	want(t, "begun", len(w.Half().Begun()), 4)

	w.Switches.TokenConflictCode = "InvalidParameterValue"
	want(t, "repeat", w.submit(with(`{"Placement"`, one)), first)
	w.wantCode("SubmitJob", strings.Replace(inJob(`"Priority":3`), `{"Placement"`, one, 1), "InvalidParameterValue")

	w.Switches.TokenRetention = time.Minute
	w.pass(time.Minute)
	if w.submit(with(`{"Placement"`, one)) == first {
		t.Error("a token that was forgotten still works")
	}
}

func TestJobQuota(t *testing.T) {
	w := newWorld(t)
	w.Switches.JobQuota = 2
	id := w.submit(with("x", "x"))
	w.submit(with("x", "x"))
	w.wantCode("SubmitJob", with("x", "x"), "LimitExceeded.JobQuota")
	w.pass(time.Hour)
	w.wantCode("SubmitJob", with("x", "x"), "LimitExceeded.JobQuota")
	w.Switches.QuotaOfLiveJobs = true
	w.wantCode("SubmitJob", with("x", "x"), "")
	w.Switches.QuotaOfLiveJobs = false
	w.Switches.JobQuota = 3
	w.ok("DeleteJob", byID(id))
	w.wantCode("SubmitJob", with("x", "x"), "")
	w.wantCode("SubmitJob", with("x", "x"), "LimitExceeded.JobQuota")
}

func TestSubmitInfo(t *testing.T) {
	w := newWorld(t)
	id := w.submit(strings.Replace(aJob(aTask("", "test 1 < 2", `,"Timeout":"7"`), `,"Priority":"3","JobDescription":"d"`), `"TaskName":"",`, "", 1))
	info := w.ok("DescribeJobSubmitInfo", byID(id))
	task := info["Tasks"].([]any)[0].(map[string]any)
	got := fmt.Sprintln(info["JobId"] == id, info["JobName"], info["Priority"], info["JobDescription"], info["Tags"], info["Dependences"],
		task["TaskName"], task["Timeout"], task["FailedAction"], task["MaxRetryCount"], task["TaskInstanceNum"], task["Application"])
	want(t, "info", got, "true nightly 3 d <nil> [] task-0 7 TERMINATE 0 1 map[Command:test 1 < 2 DeliveryForm:LOCAL]\n")
	w.Switches.EscapedCommands = true
	app := w.ok("DescribeJobSubmitInfo", byID(id))["Tasks"].([]any)[0].(map[string]any)["Application"].(map[string]any)
	want(t, "escaped", app["Command"], "test 1 &lt; 2")
}

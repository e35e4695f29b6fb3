// Tencent Cloud through the vendor's two Node.js SDKs: the domestic one
// (promises and plain objects) and the international one (callbacks and models
// that deserialise).

import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { until } from "./check.mjs";

const require = createRequire(import.meta.url);
const domestic = "tencentcloud-sdk-nodejs/tencentcloud";
export const { v20210728: Pts } = require(`${domestic}/services/pts/v20210728`);
export const { v20170312: Batch } = require(`${domestic}/services/batch/v20170312`);
const { CommonClient } = require(`${domestic}/common/common_client`);
const international = "tencentcloud-sdk-nodejs-intl-en/tencentcloud";
export const { v20210728: PtsIntl } = require(`${international}/pts`);
const { v20170312: BatchIntl } = require(`${international}/batch`);
const Credential = require(`${international}/common/credential`);
const ClientProfile = require(`${international}/common/profile/client_profile`);
const HttpProfile = require(`${international}/common/profile/http_profile`);

const secretKey = "emulator-secret-key";
export const login = { secretId: "AKIDEMULATOR", secretKey };
export const temporary = { secretId: "AKIDEMULATORTMP", secretKey, token: "emulator-session-token" };

// A caller is (action, params) => promise of the reply. Both kinds take the
// same settings: credential, region, reqMethod, signMethod.

export function caller(Client, host, settings = {}) {
  const { credential = login, region, reqMethod, signMethod } = settings;
  const httpProfile = { protocol: "http://", endpoint: host, reqMethod: reqMethod ?? "POST", reqTimeout: 10 };
  const client = new Client({ credential, region, profile: { signMethod, httpProfile } });
  return (action, params) => client[action](params);
}

export function callerIntl({ Client, Models }, host, settings = {}) {
  const { credential = login, region = null, reqMethod, signMethod = "TC3-HMAC-SHA256" } = settings;
  const { secretId, secretKey, token } = credential;
  const http = new HttpProfile("http://", host, reqMethod, 10);
  const client = new Client(new Credential(secretId, secretKey, token), region, new ClientProfile(signMethod, http));
  return (action, params) => {
    const request = new Models[`${action}Request`]();
    request.from_json_string(JSON.stringify(params));
    return new Promise((resolve, reject) => {
      client[action](request, (error, reply) => (error ? reject(error) : resolve(reply)));
    });
  };
}

const told = (error) => error.code;

export async function tencent(checks, { host }) {
  const sdks = [
    ["pts", (s) => caller(Pts.Client, host, s)],
    ["pts-intl", (s) => callerIntl(PtsIntl, host, s)],
  ];
  for (const [label, open] of sdks) {
    await pts(checks, label, open());
    await ptsRefusals(checks, label, open);
    await waysToTalk(checks, label, open);
  }
  const submit = caller(Batch.Client, host, { region: "ap-guangzhou" });
  const readers = [
    ["batch", (s) => caller(Batch.Client, host, s)],
    ["batch-intl", (s) => callerIntl(BatchIntl, host, s)], // it has no SubmitJob
  ];
  for (const [label, open] of readers) {
    await batch(checks, label, submit, open({ region: "ap-guangzhou" }));
    await batchRefusals(checks, label, open);
  }
  await batchSubmitRefusals(checks, host);
  await unknownCalls(checks, host);
}

// PTS

export const scenario = { ProjectId: "project-demo", ScenarioId: "scenario-demo" };

async function pts(checks, label, call) {
  const is = (name, check) => checks.holds(`${label} ${name}`, check);
  await is("DescribeProjects and DescribeScenarios", async () => {
    const projects = await call("DescribeProjects", { ProjectIds: ["project-demo"] });
    assert.equal(projects.ProjectSet[0].ProjectId, "project-demo");
    const scenarios = await call("DescribeScenarios", { ProjectIds: ["project-demo"], Limit: 100 });
    assert.equal(scenarios.Total, scenarios.ScenarioSet.length);
    assert.ok(scenarios.ScenarioSet.some((s) => s.ScenarioId === "scenario-demo" && s.Load.LoadSpec));
  });
  const note = `notes with 中文, quotes " and <&>`;
  const started = await is("StartJob", async () => {
    const reply = await call("StartJob", { ...scenario, JobOwner: "octocat", Note: note, Debug: false });
    assert.match(reply.JobId, /^job-[0-9a-z]{8}$/);
    assert.match(reply.RequestId, /^[0-9a-f-]{36}$/);
    return reply;
  });
  if (!started) return;
  const job = { ...scenario, JobId: started.JobId };
  const read = async () => {
    const reply = await call("DescribeJobs", {
      ScenarioIds: [job.ScenarioId], ProjectIds: [job.ProjectId], JobIds: [job.JobId], Limit: 1,
    });
    assert.equal(reply.Total, 1);
    return reply.JobSet[0];
  };
  await is("DescribeJobs moves to JobRunning", async () => {
    const running = await until(read, (j) => j.Status === 11);
    assert.equal(running.Note, note);
    assert.equal(running.JobOwner, "octocat");
    assert.ok(running.StartTime && !running.EndTime);
  });
  await is("DescribeNormalLogs", async () => {
    const { NormalLogs } = await call("DescribeNormalLogs", { ...job, Limit: 10 });
    assert.ok(NormalLogs.length > 0 && NormalLogs[0].Body);
  });
  await is("UpdateJob; AdjustJobSpeed of a load that no rate drives", async () => {
    const adjust = call("AdjustJobSpeed", { JobId: job.JobId, TargetRequestsPerSecond: 100 });
    await assert.rejects(adjust, { code: "InvalidParameterValue" });
    await call("UpdateJob", { ...job, Note: "changed" });
    assert.equal((await read()).Note, "changed");
  });
  await is("DescribeJobs moves to JobFinished", async () => {
    const done = await until(read, (j) => j.Status === 12);
    assert.ok(done.RequestTotal > 0 && done.ResponseTimeP95 > 0 && done.ErrorRate < 100 && done.EndTime);
  });
  await ptsReports(is, call, job);
  await ptsStop(is, call);
}

async function ptsReports(is, call, job) {
  const sets = {
    DescribeRequestSummary: ["RequestSummarySet", {}],
    DescribeCheckSummary: ["CheckSummarySet", {}],
    DescribeErrorSummary: ["ErrorSummarySet", { Filters: [{ Operator: 0, LabelName: "method", LabelValue: "GET" }] }],
    DescribeMetricLabelWithValues: ["MetricLabelWithValuesSet", {}],
  };
  for (const [action, [set, more]] of Object.entries(sets)) {
    await is(action, async () => assert.ok(Array.isArray((await call(action, { ...job, ...more }))[set])));
  }
  const metric = { Metric: "pts_engine_req_duration_seconds", Aggregation: "P95" };
  await is("DescribeSampleQuery", async () => {
    const { MetricSample } = await call("DescribeSampleQuery", { ...job, ...metric });
    assert.ok(MetricSample.Value > 0);
    assert.equal(MetricSample.Unit, "s");
  });
  await is("DescribeSampleBatchQuery", async () => {
    const { MetricSampleSet } = await call("DescribeSampleBatchQuery", { ...job, Queries: [metric] });
    assert.equal(MetricSampleSet.length, 1);
  });
  await is("DescribeSampleMatrixQuery", async () => {
    const { MetricSampleMatrix } = await call("DescribeSampleMatrixQuery", { ...job, ...metric, GroupBy: ["service"] });
    assert.ok(MetricSampleMatrix.Streams[0].Values.length > 0);
  });
  await is("DescribeSampleMatrixBatchQuery", async () => {
    const { MetricSampleMatrixSet } = await call("DescribeSampleMatrixBatchQuery", { ...job, Queries: [metric] });
    assert.ok(MetricSampleMatrixSet[0].Streams.length > 0);
  });
  await is("DescribeAvailableMetrics and DescribeLabelValues", async () => {
    const { MetricSet } = await call("DescribeAvailableMetrics", {});
    assert.ok(MetricSet.length > 0);
    const { LabelValueSet } = await call("DescribeLabelValues", { ...job, Metric: "pts_engine_req_total", LabelName: "method" });
    assert.ok(LabelValueSet.length > 0);
  });
}

async function ptsStop(is, call) {
  await is("AbortJob ends in JobAborted, DeleteJobs removes it", async () => {
    const { JobId } = await call("StartJob", { ...scenario, JobOwner: "octocat" });
    const job = { ...scenario, JobId };
    const list = { ScenarioIds: [scenario.ScenarioId], ProjectIds: [scenario.ProjectId], JobIds: [JobId] };
    const read = async () => (await call("DescribeJobs", list)).JobSet;
    await until(read, ([j]) => j.Status === 11);
    await call("AbortJob", { ...job, AbortReason: 1 });
    const [aborted] = await until(read, ([j]) => j.Status === 16);
    assert.equal(aborted.AbortReason, 1);
    await assert.rejects(call("AbortJob", job), { code: "FailedOperation.JobStatusNotRunning" });
    await call("DeleteJobs", { JobIds: [JobId], ProjectId: scenario.ProjectId, ScenarioIds: [scenario.ScenarioId] });
    assert.deepEqual((await read()) ?? [], []);
  });
  await is("DescribeAlertRecords names the rule that stopped a job", async () => {
    const failing = { ...scenario, ScenarioId: "scenario-failing" };
    const { JobId } = await call("StartJob", { ...failing, JobOwner: "octocat" });
    const list = { ScenarioIds: [failing.ScenarioId], ProjectIds: [failing.ProjectId], JobIds: [JobId] };
    const [stopped] = await until(async () => (await call("DescribeJobs", list)).JobSet, ([j]) => j.Status === 16);
    assert.equal(stopped.AbortReason, 2);
    const { AlertRecordSet } = await call("DescribeAlertRecords", { ProjectIds: [failing.ProjectId], JobIds: [JobId] });
    assert.ok(AlertRecordSet[0].JobSLADescription);
  });
}

async function ptsRefusals(checks, label, open) {
  const start = { ...scenario, JobOwner: "octocat" };
  const is = (name, code, call) => checks.refused(`${label} ${name}`, code, call, told);
  await loginRefusals(is, (credential) => open({ credential })("StartJob", start));
  const call = open();
  await is("a missing parameter", "MissingParameter", () => call("StartJob", scenario));
  await is("an unknown scenario", "FailedOperation.ResourceNotFound", () => call("StartJob", { ...start, ScenarioId: "scenario-none0001" }));
  await is("an unknown job", "FailedOperation.ResourceNotFound", () => call("AbortJob", { ...scenario, JobId: "job-none0001" }));
  await is("no load", "FailedOperation.NoTasksInJob", () => call("StartJob", { ...start, ScenarioId: "scenario-no-load" }));
}

async function loginRefusals(is, call) {
  await is("a wrong key", "AuthFailure.SecretIdNotFound", () => call({ secretId: "AKIDNOBODY", secretKey }));
  await is("a wrong secret", "AuthFailure.SignatureFailure", () => call({ ...login, secretKey: "wrong" }));
  await is("a wrong token", "AuthFailure.TokenFailure", () => call({ ...temporary, token: "wrong" }));
  await is("a missing token", "AuthFailure.TokenFailure", () => call({ secretId: temporary.secretId, secretKey }));
}

// Reads and a start in every way the SDK can sign and send them.
async function waysToTalk(checks, label, open) {
  const ways = {
    "by GET": { reqMethod: "GET" },
    "with a temporary key": { credential: temporary },
    "with HmacSHA256": { signMethod: "HmacSHA256" },
    "with HmacSHA1 by GET": { signMethod: "HmacSHA1", reqMethod: "GET" },
    "with HmacSHA256 and a temporary key": { signMethod: "HmacSHA256", credential: temporary },
  };
  for (const [way, settings] of Object.entries(ways)) {
    await checks.holds(`${label} ${way}`, async () => {
      const call = open(settings);
      const { JobId } = await call("StartJob", { ...scenario, JobOwner: "octo cat & 中文", Debug: true });
      const { JobSet } = await call("DescribeJobs", {
        ScenarioIds: [scenario.ScenarioId], ProjectIds: [scenario.ProjectId], JobIds: [JobId], Limit: 5, Offset: 0,
      });
      assert.equal(JobSet[0].JobOwner, "octo cat & 中文");
      await call("AbortJob", { ...scenario, JobId, AbortReason: 1 });
    });
  }
  await checks.refused(`${label} a wrong secret with HmacSHA256`, "AuthFailure.SignatureFailure",
    () => open({ signMethod: "HmacSHA256", credential: { ...login, secretKey: "wrong" } })("DescribeProjects", {}), told);
}

// Batch

export function aJob(command, more = {}) {
  return {
    Placement: { Zone: "ap-guangzhou-4" },
    Job: {
      JobName: "nightly",
      Priority: 1,
      Tasks: [{
        TaskName: "only",
        TaskInstanceNum: 2,
        Application: { DeliveryForm: "LOCAL", Command: command },
        ComputeEnv: { EnvType: "MANAGED", EnvData: { InstanceType: "S5.SMALL2", ImageId: "img-eb30mz89" } },
        RedirectLocalInfo: null, // the SDK drops it
      }],
    },
    ...more,
  };
}

async function batch(checks, label, submit, call) {
  const is = (name, check) => checks.holds(`${label} ${name}`, check);
  const ClientToken = `token-${label}`;
  const JobId = await is("SubmitJob, twice with one token", async () => {
    const request = aJob("echo hello; sleep 30", { ClientToken });
    const first = await submit("SubmitJob", request);
    assert.match(first.JobId, /^job-[0-9a-z]{8}$/);
    assert.equal((await submit("SubmitJob", request)).JobId, first.JobId);
    return first.JobId;
  });
  if (!JobId) return;
  const read = () => call("DescribeJob", { JobId });
  await is("DescribeJob moves to RUNNING and SUCCEED", async () => {
    await until(read, (j) => j.JobState === "RUNNING");
    const done = await until(read, (j) => j.JobState === "SUCCEED");
    assert.equal(done.TaskInstanceMetrics.SucceedCount, 2);
    assert.equal(done.TaskSet[0].TaskState, "SUCCEED");
  });
  await is("DescribeTask and DescribeTaskLogs", async () => {
    const task = await call("DescribeTask", { JobId, TaskName: "only", Limit: 10 });
    assert.deepEqual(task.TaskInstanceSet.map((i) => i.ExitCode), [0, 0]);
    const logs = await call("DescribeTaskLogs", { JobId, TaskName: "only", TaskInstanceIndexes: [1] });
    assert.equal(logText(logs.TaskInstanceLogSet[0].StdoutLog), "hello\n");
  });
  await is("DescribeJobs and DescribeJobSubmitInfo", async () => {
    const { JobSet } = await call("DescribeJobs", { Filters: [{ Name: "job-name", Values: ["nightly"] }], Limit: 100 });
    assert.ok(JobSet.some((j) => j.JobId === JobId));
    const info = await call("DescribeJobSubmitInfo", { JobId });
    assert.equal(info.Tasks[0].Application.Command, "echo hello; sleep 30");
  });
  await is("TerminateJob ends in FAILED, DeleteJob removes it", async () => {
    const { JobId } = await submit("SubmitJob", aJob("sleep 3600"));
    const read = () => call("DescribeJob", { JobId });
    await until(read, (j) => j.JobState === "RUNNING");
    await call("TerminateJob", { JobId });
    await until(read, (j) => j.JobState === "FAILED");
    await call("DeleteJob", { JobId });
    await assert.rejects(read, { code: "ResourceNotFound.Job" });
  });
  await is("TerminateTaskInstance and RetryJobs", async () => {
    const { JobId } = await submit("SubmitJob", aJob("sleep 3600"));
    const read = () => call("DescribeJob", { JobId });
    await until(read, (j) => j.TaskInstanceMetrics.RunningCount === 2);
    await call("TerminateTaskInstance", { JobId, TaskName: "only", TaskInstanceIndex: 0 });
    await until(read, (j) => j.TaskInstanceMetrics.FailedCount === 1);
    await call("TerminateJob", { JobId });
    await until(read, (j) => j.JobState === "FAILED");
    await call("RetryJobs", { JobIds: [JobId] });
    await until(read, (j) => j.JobState !== "FAILED");
  });
}

// A log is base64 behind the head of a data URI, as in the vendor's sample.
function logText(log) {
  return Buffer.from(log.replace(/^data:[^,]*,/, ""), "base64").toString();
}

async function batchRefusals(checks, label, open) {
  const is = (name, code, call) => checks.refused(`${label} ${name}`, code, call, told);
  const region = "ap-guangzhou";
  const JobId = "job-none0001";
  await loginRefusals(is, (credential) => open({ credential, region })("DescribeJob", { JobId }));
  const call = open({ region });
  await is("a missing parameter", "MissingParameter", () => call("DescribeJob", {}));
  await is("an unknown job", "ResourceNotFound.Job", () => call("DescribeJob", { JobId }));
  await is("an unknown job to stop", "ResourceNotFound.Job", () => call("TerminateJob", { JobId }));
  await is("a malformed id", "InvalidParameter.JobIdMalformed", () => call("DescribeJob", { JobId: "7" }));
  await is("another region", "UnsupportedRegion", () => open({ region: "eu-nowhere" })("DescribeJob", { JobId }));
  // Without a region the international SDK sends the word null as one.
  const missing = label === "batch" ? "MissingParameter" : "UnsupportedRegion";
  await is("no region", missing, () => open()("DescribeJob", { JobId }));
}

async function batchSubmitRefusals(checks, host) {
  const is = (name, code, request) => {
    const submit = caller(Batch.Client, host, { region: "ap-guangzhou" });
    return checks.refused(`batch ${name}`, code, () => submit("SubmitJob", request), told);
  };
  await is("no Placement", "MissingParameter", { Job: aJob("true").Job });
  await is("a zone elsewhere", "InvalidParameterValue.InvalidZoneMismatchRegion", { ...aJob("true"), Placement: { Zone: "ap-shanghai-2" } });
  await is("an unknown parameter", "UnknownParameter", { ...aJob("true"), DryRun: true });
  for (const [way, settings] of Object.entries({ "by GET": { reqMethod: "GET" }, "with HmacSHA256": { signMethod: "HmacSHA256" } })) {
    await checks.holds(`batch SubmitJob ${way}`, async () => {
      const call = caller(Batch.Client, host, { region: "ap-guangzhou", ...settings });
      const { JobId } = await call("SubmitJob", aJob("true"));
      const info = await call("DescribeJobSubmitInfo", { JobId });
      assert.equal(info.Tasks[0].TaskInstanceNum, 2);
    });
  }
}

async function unknownCalls(checks, host) {
  const common = (version) => new CommonClient(host, version, {
    credential: login, region: "ap-guangzhou", profile: { httpProfile: { protocol: "http://", endpoint: host } },
  });
  await checks.holds("common client", async () => {
    const { Total } = await common("2021-07-28").request("DescribeScenarios", { ProjectIds: ["project-demo"] });
    assert.ok(Total > 0);
  });
  const is = (name, code, call) => checks.refused(`common client ${name}`, code, call, told);
  await is("an unknown action", "InvalidAction", () => common("2021-07-28").request("StartNothing", {}));
  await is("an unknown version", "NoSuchVersion", () => common("2000-01-01").request("StartJob", {}));
  await is("unsigned", "AuthFailure.InvalidAuthorization", () => common("2021-07-28").request("StartJob", {}, { skipSign: true }));
}

// Huawei Cloud through the core of the vendor's Node.js SDK. The packages of
// DRS, CodeArts PerfTest and DataArts are not on npm; the core is, and its
// sendRequest is what their generated code calls: method, path with
// {variables}, query, headers, body.

import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { until } from "./check.mjs";

const require = createRequire(import.meta.url);
const core = "@huaweicloud/huaweicloud-sdk-core";
const { ClientBuilder } = require(`${core}/ClientBuilder`);
const { BasicCredentials } = require(`${core}/auth/BasicCredentials`);
const { Region } = require(`${core}/region/region`);

const projectId = "0123456789abcdef0123456789abcdef";
export const login = { ak: "EMULATORAK", sk: "emulator-secret-key", projectId };
export const temporary = { ...login, ak: "EMULATORTMPAK", securityToken: "emulator-session-token" };

/** caller makes (method, path, {params, query, headers, body, type}) => promise of the reply. */
export function caller(url, credential = login) {
  return sender(builder(new BasicCredentials(credential)).withEndpoint(url.origin));
}

/** unsigned is a caller without credentials, which the core's builder does not make. */
export function unsigned(url) {
  return sender(builder(new BasicCredentials(login)).withEndpoint(url.origin), (client) => client.withCredential(undefined));
}

/** federated is a caller that logs in at IAM by an identity token in a file. */
export function federated(url, provider, file) {
  const credential = new BasicCredentials({ projectId, idpId: provider, idTokenFile: file, iamEndpoint: url.origin });
  return { call: sender(builder(credential).withEndpoint(url.origin)), credential };
}

// Without a user agent of its own the client keeps an id in the home folder.
function builder(credential) {
  return new ClientBuilder((client) => client).withCredential(credential).withOptions({ customUserAgent: "cloudjob" });
}

function sender(builder, change = () => {}) {
  const client = builder.build();
  change(client);
  client.httpClient._logger.level = "off"; // it prints every refusal
  return (method, path, { params = {}, query = {}, headers = {}, body, type = "application/json" } = {}) => {
    const request = { method, url: path, contentType: type, pathParams: params, queryParams: query, headers };
    if (body !== undefined) request.data = body;
    return client.sendRequest(request);
  };
}

// What the client tells of a refusal. PerfTest's {"code","message"} is not
// among what it reads, so only the status gets through.
export const told = (error) => [error.httpStatusCode, error.errorCode];

export async function huawei(checks, url) {
  const call = caller(url);
  await drs(checks, call);
  await cpts(checks, call);
  await dataarts(checks, call);
  await logins(checks, url);
  await projectLookup(checks, url);
}

// DRS

const drsJobs = "/v3/{project_id}/jobs";
const migration = "9a470239-2308-4bb5-a6bc-1040402fjb21";
const synchronisation = "dbb8127c-b093-4b94-b764-7161e151jb2s";

async function drs(checks, call) {
  const is = (name, check) => checks.holds(`drs ${name}`, check);
  const headers = () => ({ "X-Language": "en-us" });
  const post = (what, body) => call("POST", `${drsJobs}/${what}`, { headers: headers(), body });
  const status = async (id) => {
    const { results } = await post("batch-status", { jobs: [id], page_req: { cur_page: 1, per_page: 0 } });
    return results[0].status;
  };
  await is("BatchStartJobs with one that fails", async () => {
    const jobs = [{ job_id: migration }, { job_id: synchronisation, start_time: "" }, { job_id: "4c6ac8c0-2f51-426a-97b2-cb2c668jb201" }];
    const reply = await post("batch-starting", { jobs });
    assert.equal(reply.httpStatusCode, 202);
    assert.deepEqual(reply.results.map((r) => [r.status, r.error_code]),
      [["success", undefined], ["success", undefined], ["failed", "DRS.M01504"]]);
  });
  await is("BatchListJobStatus moves to FULL_TRANSFER_COMPLETE", async () => {
    await until(() => status(migration), (s) => s === "FULL_TRANSFER_STARTED");
    await until(() => status(migration), (s) => s === "FULL_TRANSFER_COMPLETE");
  });
  await is("BatchListJobDetails, BatchListProgresses, ShowJobList", async () => {
    const details = await post("batch-detail", { jobs: [migration] });
    assert.equal(details.results[0].task_type, "FULL_TRANS");
    const progress = await post("batch-progress", { jobs: [migration] });
    assert.equal(progress.httpStatusCode, 202);
    assert.equal(progress.results[0].progress, "100");
    const list = await call("POST", drsJobs, { headers: headers(), body: { cur_page: 1, per_page: 10, db_use_type: "migration" } });
    assert.ok(list.jobs.some((j) => j.id === migration));
  });
  await is("BatchCheckJobs and BatchCheckResults", async () => {
    const id = "a281f62f-4631-45d6-a2d3-679a9f4jb105";
    const begun = await post("batch-precheck", { jobs: [{ job_id: id, precheck_mode: "forStartJob" }] });
    assert.equal(begun.results[0].status, "success");
    await until(() => post("batch-precheck-result", { jobs: [id] }), ({ results }) => results[0].process === "100%");
  });
  await is("BatchStopJobs pauses, BatchRestoreTask goes on", async () => {
    await until(() => status(synchronisation), (s) => s === "INCRE_TRANSFER_STARTED");
    const paused = await post("batch-pause-task", { jobs: [{ job_id: synchronisation, pause_mode: "target" }] });
    assert.equal(paused.results[0].status, "success");
    await until(() => status(synchronisation), (s) => s === "PAUSING");
    await post("batch-retry-task", { jobs: [{ job_id: synchronisation, is_sync_re_edit: true }] });
    await until(() => status(synchronisation), (s) => s === "INCRE_TRANSFER_STARTED");
  });
  await is("BatchDeleteJobs ends for good, by DELETE with a body", async () => {
    const reply = await call("DELETE", `${drsJobs}/batch-jobs`, {
      headers: headers(), body: { jobs: [{ job_id: synchronisation, delete_type: "terminate" }] },
    });
    assert.equal(reply.httpStatusCode, 202);
    await until(() => status(synchronisation), (s) => s === "RELEASE_RESOURCE_COMPLETE");
  });
  const refused = (name, want, call) => checks.refused(`drs ${name}`, want, call, told);
  await refused("a missing parameter", [400, "DRS.M00201"], () => post("batch-starting", {}));
  await refused("one job twice", [400, "DRS.M00301"], () => post("batch-starting", { jobs: [{ job_id: migration }, { job_id: migration }] }));
  // The code of an unknown job stands in the list of results, where the client does not look.
  await refused("an unknown job", [400, undefined], () => post("batch-detail", { jobs: ["00000000-0000-0000-0000-000000000000"] }));
}

// CodeArts PerfTest

async function cpts(checks, call) {
  const is = (name, check) => checks.holds(`cpts ${name}`, check);
  const task = { name: "nightly 中文", parallel: false, enable_full_link: false, project_id: 393862, operate_mode: 2, case_id_list: [449269, 449270] };
  const create = async () => (await call("POST", "/v3/{project_id}/tasks", { body: task })).task_id;
  const order = (id, status) => call("POST", "/v1/{project_id}/test-suites/{test_suit_id}/tasks/batch-update-task-status", {
    params: { test_suit_id: 393862 },
    body: {
      type: 1, project_id: 393862, task_id_list: [id], cluster_id: status === 9 ? 0 : -1,
      cluster_type: "shared-cluster-internet", network_info: { network_type: "internet" }, status,
    },
  });
  const show = async (id) => (await call("GET", "/v1/{project_id}/tasks/{task_id}", { params: { task_id: id } })).taskInfo;

  const id = await is("CreateNewTask", async () => {
    const reply = await call("POST", "/v3/{project_id}/tasks", { body: task });
    assert.equal(reply.httpStatusCode, 201);
    return reply.task_id;
  });
  if (!id) return;
  const run = await is("BatchUpdateTaskStatus starts", async () => {
    const { result } = await order(id, 9);
    assert.equal(result[0].task_id, id);
    assert.ok(result[0].task_run_id > 0);
    return result[0].task_run_id;
  });
  if (!run) return;
  await is("ShowTask moves to ended", async () => {
    await until(() => show(id), (t) => t.run_status === 0);
    const info = await until(() => show(id), (t) => t.run_status === 2);
    assert.equal(info.related_temp_running_data[0].task_run_info_id, run);
    assert.equal(info.name, task.name);
  });
  await is("ShowHistoryRunInfo and ShowTaskSet", async () => {
    const history = await call("GET", "/v1/{project_id}/tasks/history-run-list/{task_id}", { params: { task_id: id } });
    assert.equal(history.log_list[0].run_id, run);
    const set = await call("GET", "/v1/{project_id}/all-tasks/{test_suite_id}", { params: { test_suite_id: 393862 }, query: { offset: 0, limit: 50 } });
    assert.ok(set.tasks.some((t) => t.id === id));
  });
  await cptsReports(is, call, run);
  await is("the old UpdateTaskStatus stops", async () => {
    const other = await create();
    const old = (status) => call("POST", "/v1/{project_id}/test-suites/{test_suite_id}/tasks/{task_id}", {
      params: { test_suite_id: 393862, task_id: other },
      body: { cluster_id: 0, cluster_type: "shared-cluster-internet", without_package: 0, network_info: {}, status },
    });
    const { result } = await old(9);
    assert.ok(result.task_run_id > run);
    await until(() => show(other), (t) => t.run_status === 0);
    await order(other, 2);
    await until(() => show(other), (t) => t.run_status === 4);
    await call("DELETE", "/v3/{project_id}/tasks/{task_id}", { params: { task_id: other } });
  });
  const refused = (name, want, call) => checks.refused(`cpts ${name}`, want, call, told);
  await refused("a missing parameter", [400, undefined], () => call("POST", "/v3/{project_id}/tasks", { body: { ...task, name: undefined } }));
  await refused("an unknown task", [403, undefined], () => show(1));
  await refused("an unknown task to start", [403, undefined], () => order(1, 9));
}

async function cptsReports(is, call, run) {
  const v2 = "/v2/{project_id}/task-run-infos/{task_run_id}";
  await is("ShowMergeTaskCase, ShowMergeCaseDetail, ShowTaskCaseAwChart, ShowReport", async () => {
    const params = { task_run_id: run };
    const { result } = await call("GET", `${v2}/cases`, { params });
    const [row] = result.case_aw_info_list;
    const at = { ...params, case_run_id: row.testcaseId };
    const detail = await call("GET", `${v2}/case-run-infos/{case_run_id}/detail`, { params: at });
    assert.ok(detail.result.detail.performance.tp95 > 0);
    const chart = await call("GET", `${v2}/case-run-infos/{case_run_id}/detail/{detail_id}/chart`, { params: { ...at, detail_id: row.id } });
    assert.ok(chart.result.broken_list);
    const report = await call("GET", "/v1/{project_id}/task-run-infos/{task_run_id}/case-run-infos/{case_run_id}/reports", {
      params: { ...params, case_run_id: row.case_uri_i }, query: { brokens_limit_count: 10 },
    });
    assert.ok(report.result.details.data[0].performance.requests > 0);
  });
  await is("ShowMergeReportLogsOutline", async () => {
    const { result } = await call("GET", `${v2}/reports/log-outline`, { params: { task_run_id: run } });
    assert.ok(result.outline.core_index.rps > 0);
  });
  await is("ListProjectSets, ListProjectTestCase", async () => {
    const { projects } = await call("GET", "/v1/{project_id}/test-suites");
    assert.ok(projects.some((p) => p.id === 393862));
    const { directory } = await call("GET", "/v1/{project_id}/test-suites/{test_suite_id}/directory", { params: { test_suite_id: 393862 } });
    assert.ok(directory.some((c) => c.id === 449269));
  });
}

// DataArts Factory

async function dataarts(checks, call) {
  const is = (name, check) => checks.holds(`dataarts ${name}`, check);
  const jobs = "/v1/{project_id}/jobs";
  const job = (method, name, what, more = {}) =>
    call(method, `${jobs}/{job_name}${what}`, { params: { job_name: name }, ...more });
  const listed = async (jobName) => {
    const { jobs: found } = await call("GET", jobs, { query: { jobType: "BATCH", jobName, limit: 100 } });
    return found.find((j) => j.name === jobName).status;
  };
  await is("StartJob, ListJobs, StopJob", async () => {
    const reply = await job("POST", "myJob", "/start", { body: { jobParams: [{ name: "aaa", value: "中文 <&>" }] } });
    assert.equal(reply.httpStatusCode, 204);
    await until(() => listed("myJob"), (s) => s === "SCHEDULING");
    assert.equal((await job("POST", "myJob", "/stop")).httpStatusCode, 204);
    await until(() => listed("myJob"), (s) => s === "STOPPED");
  });
  await is("a real-time job: StartJob, ShowJobStatus, StopJob", async () => {
    await job("POST", "myStream", "/start", { body: {} });
    const status = async () => (await job("GET", "myStream", "/status")).status;
    await until(status, (s) => s === "NORMAL");
    await job("POST", "myStream", "/stop");
    await until(status, (s) => s === "STOPPED");
  });
  await is("RunOnce, ShowJobInstance, ListJobInstances", async () => {
    const { instanceId } = await job("POST", "myJob", "/run-immediate", { body: {} });
    assert.ok(Number.isInteger(instanceId));
    const instance = () => job("GET", "myJob", `/instances/${instanceId}`);
    await until(instance, (i) => i.status === "success");
    const { instances } = await call("GET", `${jobs}/instances/detail`, {
      query: { jobName: "myJob", preciseQuery: true, minPlanTime: Date.now() - 86400000, maxPlanTime: Date.now() + 86400000, limit: 1000 },
    });
    assert.ok(instances.some((i) => i.instanceId === instanceId));
    assert.equal((await job("POST", "myJob", `/instances/${instanceId}/restart`)).httpStatusCode, 204);
    await until(instance, (i) => i.status === "running");
    await job("POST", "myJob", `/instances/${instanceId}/stop`);
    await until(instance, (i) => i.status === "manual-stop");
  });
  await is("a Chinese name in the path", async () => {
    const definition = await job("GET", "作业一", "");
    assert.equal(definition.name, "作业一");
  });
  await is("a job of a workspace", async () => {
    const headers = { workspace: "7f4c9e2b1d3a45c68e0b9a7d5f213c84" };
    assert.equal((await job("GET", "workspaceJob", "", { headers })).name, "workspaceJob");
  });
  const refused = (name, want, call) => checks.refused(`dataarts ${name}`, want, call, told);
  await refused("an unknown job", [400, "DLF.0100"], () => job("POST", "nobody", "/start", { body: {} }));
  await refused("a missing parameter", [400, "DLF.3051"], () => job("POST", "myJob", "/start", { body: { jobParams: [{ name: "a" }] } }));
  await refused("run-immediate of a real-time job", [400, "DLF.0136"], () => job("POST", "myStream", "/run-immediate", { body: {} }));
  await refused("a wrong workspace", [400, "DLF.0819"], () => job("GET", "myJob", "", { headers: { workspace: "nowhere" } }));
}

// Logins

async function logins(checks, url) {
  const read = (credential) => caller(url, credential)("GET", "/v1/{project_id}/jobs");
  const refused = (name, want, call) => checks.refused(`huawei ${name}`, want, call, told);
  await refused("a wrong key", [401, "APIGW.0301"], () => read({ ...login, ak: "NOBODY" }));
  await refused("a wrong secret", [401, "APIGW.0301"], () => read({ ...login, sk: "wrong" }));
  await refused("a wrong token", [401, "APIGW.0301"], () => read({ ...temporary, securityToken: "wrong" }));
  await refused("another project", [403, "APIGW.0310"], () => read({ ...login, projectId: "f".repeat(32) }));
  await refused("an unknown path", [404, "APIGW.0101"], () => caller(url)("GET", "/v9/{project_id}/nothing"));
  await checks.holds("huawei with a temporary key", async () => {
    assert.ok((await read(temporary)).total > 0);
  });
}

// The core asks IAM for the project's id when only the region is known.
async function projectLookup(checks, url) {
  await checks.holds("huawei looks up the project", async () => {
    const { call, credential } = byRegion(url);
    assert.ok((await call("GET", "/v1/{project_id}/jobs")).total > 0);
    assert.equal(credential.projectId, projectId);
  });
}

export function byRegion(url) {
  const credential = new BasicCredentials({ ...login, projectId: undefined }).withIamEndpoint(url.origin);
  const call = sender(builder(credential).withRegion(new Region("cn-north-4", url.origin)));
  return { call, credential };
}

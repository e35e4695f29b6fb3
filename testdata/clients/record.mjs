// Records what the vendors' clients put on the wire, one file for each call,
// as the emulator's Go tests replay it:
//
//   node record.mjs http://127.0.0.1:8787 ../../internal/emulator/testdata/clients
//
// It stands between client and emulator and passes every byte on.

import { writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { join } from "node:path";
import * as huawei from "./huawei.mjs";
import * as tencent from "./tencent.mjs";

const emulator = new URL(process.argv[2]);
const directory = process.argv[3];
let sent = [];

const tap = createServer((client) => {
  const server = connect(emulator.port, emulator.hostname);
  client.on("data", (bytes) => sent.push(bytes)).pipe(server).pipe(client);
});
await new Promise((ready) => tap.listen(0, "127.0.0.1", ready));
const url = new URL(`http://127.0.0.1:${tap.address().port}`);

for (const [name, call] of Object.entries(calls())) {
  sent = [];
  await call();
  writeFileSync(join(directory, `${name}.http`), Buffer.concat(sent).toString().replaceAll("\r\n", "\n"));
}
process.exit();

function calls() {
  const { caller, callerIntl, Pts, PtsIntl, Batch, scenario, temporary, aJob } = tencent;
  const pts = (settings) => caller(Pts.Client, url.host, settings);
  const intl = (settings) => callerIntl(PtsIntl, url.host, settings);
  const batch = (settings) => caller(Batch.Client, url.host, { region: "ap-guangzhou", ...settings });
  const start = { ...scenario, JobOwner: "octo cat & 中文", Debug: true };
  const list = { ScenarioIds: ["scenario-demo"], ProjectIds: ["project-demo"], Limit: 5 };
  const job = aJob("echo 中文; exit 0", { ClientToken: "a token" });
  const [hmac, sha1] = [{ signMethod: "HmacSHA256" }, { signMethod: "HmacSHA1" }];
  const get = { reqMethod: "GET" };

  const rest = huawei.caller(url);
  const task = { name: "nightly 中文", parallel: true, project_id: 393862, operate_mode: 2, case_id_list: [449269] };
  const start0 = { jobs: [{ job_id: "9a470239-2308-4bb5-a6bc-1040402fjb21" }] };
  return {
    "tencent-node-post": () => pts()("StartJob", start),
    "tencent-node-token": () => pts({ credential: temporary })("StartJob", start),
    "tencent-node-get": () => pts(get)("DescribeJobs", list),
    "tencent-node-get-nested": () => batch(get)("SubmitJob", job),
    "tencent-node-hmacsha256": () => batch(hmac)("SubmitJob", job),
    "tencent-node-hmacsha1-get": () => pts({ ...sha1, ...get })("DescribeJobs", list),
    "tencent-node-hmacsha256-token": () => pts({ ...hmac, credential: temporary })("StartJob", start),
    "tencent-intl-post": () => intl()("StartJob", start),
    "tencent-intl-get": () => intl(get)("DescribeJobs", list),
    "tencent-intl-hmacsha256": () => intl(hmac)("StartJob", start),
    "huawei-node-post": () => rest("POST", "/v3/{project_id}/tasks", { body: task }),
    "huawei-node-language": () => rest("POST", "/v3/{project_id}/jobs/batch-starting", { headers: { "X-Language": "en-us" }, body: start0 }),
    "huawei-node-delete-with-body": () => rest("DELETE", "/v3/{project_id}/jobs/batch-jobs", {
      body: { jobs: [{ job_id: "c7debc9c-8e09-4a5d-8dd6-cc44f78jb20r", delete_type: "terminate" }] },
    }),
    "huawei-node-get": () => rest("GET", "/v1/{project_id}/all-tasks/{id}", { params: { id: 393862 }, query: { offset: 0, limit: 50 } }),
    "huawei-node-no-type": () => rest("GET", "/v1/{project_id}/tasks/history-run-list/{id}", { params: { id: 184138 }, type: null }),
    "huawei-node-chinese-path": () => rest("GET", "/v1/{project_id}/jobs/{name}", { params: { name: "作业一" } }),
    "huawei-node-workspace": () => rest("POST", "/v1/{project_id}/jobs/{name}/start", {
      params: { name: "workspaceJob" }, headers: { workspace: "7f4c9e2b1d3a45c68e0b9a7d5f213c84" },
    }),
    "huawei-node-token": () => huawei.caller(url, huawei.temporary)("GET", "/v1/{project_id}/jobs/myStream/status"),
    "huawei-node-project-lookup": () => huawei.byRegion(url).call("GET", "/v1/{project_id}/jobs/myStream/status"),
  };
}

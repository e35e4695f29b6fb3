// Drives a running emulator with the vendors' own Node.js SDKs:
//
//   node run.mjs http://127.0.0.1:8787
//
// The emulator should run fast, but a state must last long enough to be seen on
// a busy machine: cloudjob emulate -speed 20.

import { Checks } from "./check.mjs";
import { tencent } from "./tencent.mjs";
import { huawei } from "./huawei.mjs";
import { logins } from "./login.mjs";

const url = new URL(process.argv[2] ?? "http://127.0.0.1:8787");
const checks = new Checks();
await tencent(checks, url);
await huawei(checks, url);
await logins(checks, url);
console.log(`${checks.passed} passed, ${checks.failed} failed`);
process.exit(checks.failed === 0 ? 0 : 1);

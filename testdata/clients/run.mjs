// Drives a running emulator with the vendors' own Node.js SDKs:
//
//   node run.mjs http://127.0.0.1:8787
//   node run.mjs http://127.0.0.1:8787 short   logins that end, with an emulator
//                                              of -key-life 5s -token-life 5s
//
// The emulator should run fast, but a state must last long enough to be seen on
// a busy machine: cloudjob emulate -speed 20.

import { Checks } from "./check.mjs";
import { tencent } from "./tencent.mjs";
import { huawei } from "./huawei.mjs";
import { logins, short } from "./login.mjs";

const url = new URL(process.argv[2] ?? "http://127.0.0.1:8787");
const checks = new Checks();
if (process.argv[3] === "short") {
  await short(checks, url);
} else {
  await tencent(checks, url);
  await huawei(checks, url);
  await logins(checks, url);
}
console.log(`${checks.passed} passed, ${checks.failed} failed`);
process.exit(checks.failed === 0 ? 0 : 1);

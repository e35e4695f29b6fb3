// What the checks share: a tally, and the three shapes of a check.

import assert from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";

/** Checks prints one line for each check and counts. */
export class Checks {
  passed = 0;
  failed = 0;

  /** holds runs a check; what it returns is handed on, undefined if it failed. */
  async holds(name, check) {
    try {
      const got = await check();
      this.passed++;
      console.log(`ok    ${name}`);
      return got;
    } catch (error) {
      this.failed++;
      console.log(`FAIL  ${name}: ${describe(error)}`);
    }
  }

  /**
   * refused passes if the call fails as it should. want is compared with what
   * the vendor's client says of the failure.
   */
  async refused(name, want, call, told) {
    await this.holds(name, async () => {
      let refusal;
      try {
        const answer = await call();
        refusal = { answered: answer };
      } catch (error) {
        refusal = told(error);
      }
      assert.deepEqual(refusal, want);
    });
  }
}

/** until reads again until the answer is good. */
export async function until(read, good, seconds = 60) {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const got = await read();
    if (good(got)) return got;
    assert.ok(Date.now() < end, `not within ${seconds} s, the last answer was ${JSON.stringify(got)}`);
    await pause(25);
  }
}

function describe(error) {
  return String(error?.message || error).split("\n").filter(Boolean).join(" | ").slice(0, 600);
}

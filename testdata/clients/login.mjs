// Logins without keys, through the vendors' own clients: an identity token of
// the emulator's GitHub is exchanged for temporary keys, and those are used.

import assert from "node:assert/strict";
import { createHmac, createPublicKey } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { caller as tencentCaller, callerIntl, login, Pts, scenario } from "./tencent.mjs";
import { caller as huaweiCaller, federated, told as huaweiTold, unsigned } from "./huawei.mjs";

const require = createRequire(import.meta.url);
const domestic = "tencentcloud-sdk-nodejs/tencentcloud";
const { v20180813: Sts } = require(`${domestic}/services/sts/v20180813`);
const { OIDCRoleArnCredential } = require(`${domestic}/common/credential`);
const { v20180813: StsIntl } = require("tencentcloud-sdk-nodejs-intl-en/tencentcloud/sts");

// The emulator's world, as `cloudjob emulate -h` names it.
const account = "100000000001";
const provider = "github-actions";
const role = `qcs::cam::uin/${account}:roleName/cloudjob`;
const tencentAudience = "sts.tencentcloudapi.com";
const domain = "fedcba9876543210fedcba9876543210";
const agency = `iam::${domain}:agency:cloudjob`;
const huaweiAudience = "sts.myhuaweicloud.com";

/** identity asks for an identity token as a job does. */
async function identity(url, audience) {
  const address = `${url.origin}/github/token?api-version=2.0&audience=${encodeURIComponent(audience)}`;
  const answer = await fetch(address, { headers: { authorization: "bearer emulator-request-token" } });
  assert.equal(answer.status, 200);
  return (await answer.json()).value;
}

/** forgeries are tokens that nobody may take. */
async function forgeries(url, audience) {
  const good = await identity(url, audience);
  const [header, payload, signature] = good.split(".");
  const part = (fields) => Buffer.from(JSON.stringify(fields)).toString("base64url");
  const of = JSON.parse(Buffer.from(header, "base64url"));
  const { keys } = await (await fetch(`${url.origin}/.well-known/jwks`)).json();
  const pem = createPublicKey({ key: keys[0], format: "jwk" }).export({ type: "spki", format: "pem" });
  const hs = `${part({ ...of, alg: "HS256" })}.${payload}`;
  return {
    "a bad signature": `${header}.${payload}.${signature.slice(0, -8)}AAAAAAAA`,
    "another payload": `${header}.${part({ ...JSON.parse(Buffer.from(payload, "base64url")), run_id: "2" })}.${signature}`,
    "alg none": `${part({ ...of, alg: "none" })}.${payload}.`,
    "HS256 with the public key": `${hs}.${createHmac("sha256", pem).update(hs).digest("base64url")}`,
  };
}

export async function logins(checks, url) {
  await tencentLogins(checks, url);
  await huaweiLogins(checks, url);
}

/** short needs an emulator whose identity tokens and keys live for seconds, and sees them end. */
export async function short(checks, url) {
  const exchange = sts(url);
  const told = (error) => error.code;
  const late = { tencent: await identity(url, tencentAudience), huawei: await identity(url, huaweiAudience) };
  const reply = await checks.holds("sts a key that lives for seconds", async () => exchange("AssumeRoleWithWebIdentity", parameters(await identity(url, tencentAudience))));
  const { credentials } = await checks.holds("huawei a key that lives for seconds", async () => assume(url, await identity(url, huaweiAudience)));
  const use = {
    tencent: () => whoAmI(url, tencentKeys(reply)),
    huawei: () => huaweiCaller(url, huaweiKeys(credentials))("GET", "/v5/caller-identity"),
  };
  await checks.holds("sts it is used", use.tencent);
  await checks.holds("huawei it is used", use.huawei);
  await pause(Math.max(0, new Date(credentials.expiration) - Date.now(), reply.ExpiredTime * 1000 - Date.now()) + 1000);
  await checks.refused("sts it has expired", "AuthFailure.TokenFailure", use.tencent, told);
  await checks.refused("huawei it has expired", [401, "APIGW.0301"], use.huawei, huaweiTold);
  await checks.refused("sts an expired identity token", "InvalidParameter.WebIdentityTokenError", () => exchange("AssumeRoleWithWebIdentity", parameters(late.tencent)), told);
  await checks.refused("huawei an expired identity token", [400, "STS5.2001"], () => assume(url, late.huawei), huaweiTold);
}

// Tencent

const tencentKeys = ({ Credentials: c }) => ({ secretId: c.TmpSecretId, secretKey: c.TmpSecretKey, token: c.Token });
const whoAmI = ({ host }, credential) => tencentCaller(Sts.Client, host, { credential, region: "ap-guangzhou" })("GetCallerIdentity", {});

const parameters = (token, more = {}) => ({
  ProviderId: provider, WebIdentityToken: token, RoleArn: role, RoleSessionName: "octo-org_octo-repo-1-1", DurationSeconds: 900, ...more,
});

/** sts is the vendor's client of STS, which signs nothing. */
function sts({ host }, httpProfile = {}) {
  const client = new Sts.Client({
    credential: { secretId: "", secretKey: "" }, region: "ap-guangzhou",
    profile: { httpProfile: { protocol: "http://", endpoint: host, reqTimeout: 10, ...httpProfile } },
  });
  return (action, params) => client.request(action, params, { skipSign: true });
}

async function tencentLogins(checks, url) {
  const exchange = sts(url);
  const told = (error) => error.code;
  for (const [way, profile] of Object.entries({ "": {}, " by GET": { reqMethod: "GET" } })) {
    await checks.holds(`sts AssumeRoleWithWebIdentity${way}`, async () => {
      const reply = await sts(url, profile)("AssumeRoleWithWebIdentity", parameters(await identity(url, tencentAudience)));
      assert.equal(new Date(reply.Expiration).getTime(), reply.ExpiredTime * 1000);
      assert.ok(Math.abs(reply.ExpiredTime - Date.now() / 1000 - 900) < 60);
      const who = await whoAmI(url, tencentKeys(reply));
      assert.equal(who.Type, "CAMRole");
      assert.equal(who.AccountId, account);
      assert.match(who.UserId, /:octo-org_octo-repo-1-1$/);
    });
  }
  await checks.holds("sts the vendor's OIDCRoleArnCredential starts a test", async () => {
    const profile = { httpProfile: { protocol: "http://", endpoint: url.host } };
    const credential = new OIDCRoleArnCredential(
      { credential: { secretId: "", secretKey: "" }, region: "ap-guangzhou", profile }, parameters(await identity(url, tencentAudience), { DurationSeconds: 7200 }));
    const call = tencentCaller(Pts.Client, url.host, { credential });
    const { JobId } = await call("StartJob", { ...scenario, JobOwner: "octocat" });
    await call("AbortJob", { ...scenario, JobId, AbortReason: 1 });
  });
  for (const signMethod of ["TC3-HMAC-SHA256", "HmacSHA256"]) {
    await checks.holds(`sts-intl signed with ${signMethod}`, async () => {
      const call = callerIntl(StsIntl, url.host, { credential: login, region: "ap-guangzhou", signMethod });
      const reply = await call("AssumeRoleWithWebIdentity", parameters(await identity(url, tencentAudience)));
      assert.equal((await whoAmI(url, tencentKeys(reply))).Type, "CAMRole");
    });
  }
  const refused = (name, want, params) => checks.refused(`sts ${name}`, want, async () => exchange("AssumeRoleWithWebIdentity", await params()), told);
  const fresh = () => identity(url, tencentAudience);
  const wrongToken = "InvalidParameter.WebIdentityTokenError";
  await refused("a wrong audience", wrongToken, async () => parameters(await identity(url, huaweiAudience)));
  await refused("a wrong subject", "UnauthorizedOperation", async () => parameters(await fresh(), { RoleArn: `${role}-production` }));
  await refused("an unknown role", "InternalError.GetRoleError", async () => parameters(await fresh(), { RoleArn: `${role}-of-nobody` }));
  await refused("an unknown provider", "InvalidParameter.ParamError", async () => parameters(await fresh(), { ProviderId: "gitlab" }));
  await refused("a session's name with a slash", "InvalidParameter.ParamError", async () => parameters(await fresh(), { RoleSessionName: "octo-org/octo-repo" }));
  await refused("a missing parameter", "MissingParameter", async () => parameters(await fresh(), { RoleArn: null }));
  for (const [what, token] of Object.entries(await forgeries(url, tencentAudience))) {
    await refused(what, wrongToken, () => parameters(token));
  }
  const once = await fresh();
  await checks.holds("sts a token is taken once", () => exchange("AssumeRoleWithWebIdentity", parameters(once)));
  await refused("the same token again", wrongToken, () => parameters(once));
  await checks.refused("sts another call unsigned", "AuthFailure.InvalidAuthorization", () => exchange("GetCallerIdentity", {}), told);
  await checks.refused("sts an expired key", "AuthFailure.TokenFailure", async () => {
    const credential = tencentKeys(await exchange("AssumeRoleWithWebIdentity", parameters(await fresh())));
    assert.equal((await whoAmI(url, credential)).Type, "CAMRole");
    assert.equal((await fetch(`${url.origin}/expire`, { method: "POST" })).status, 204);
    return whoAmI(url, credential);
  }, told);
}

// Huawei

const huaweiKeys = ({ access_key_id: ak, secret_access_key: sk, security_token: securityToken }) => ({ ak, sk, securityToken, projectId: "0123456789abcdef0123456789abcdef" });

const assume = async (url, token, more = {}) => unsigned(url)("POST", "/v5/agencies/assume-with-oidc", {
  body: { provider_urn: `iam::${domain}:oidcProvider:github-actions`, agency_urn: agency, agency_session_name: "octo-org_octo-repo-1-1", id_token: await token, ...more },
});

async function huaweiLogins(checks, url) {
  const fresh = () => identity(url, huaweiAudience);
  await checks.holds("huawei AssumeAgencyWithOIDC", async () => {
    const reply = await assume(url, fresh(), { duration_seconds: 900 });
    assert.equal(reply.assumed_agency.urn, `sts::${domain}:assumed-agency:cloudjob/octo-org_octo-repo-1-1`);
    const call = huaweiCaller(url, huaweiKeys(reply.credentials));
    const who = await call("GET", "/v5/caller-identity");
    assert.deepEqual([who.account_id, who.principal_urn, who.principal_id], [domain, reply.assumed_agency.urn, reply.assumed_agency.id]);
    assert.ok((await call("GET", "/v1/{project_id}/jobs")).total > 0);
  });
  const refused = (name, want, call) => checks.refused(`huawei ${name}`, want, call, huaweiTold);
  await refused("a wrong audience", [400, "STS5.2001"], () => assume(url, identity(url, tencentAudience)));
  await refused("a wrong subject", [403, "STS5.1001"], () => assume(url, fresh(), { agency_urn: `${agency}-production` }));
  await refused("an unknown agency", [404, "STS5.1106"], () => assume(url, fresh(), { agency_urn: `${agency}-of-nobody` }));
  await refused("an unknown provider", [404, "STS5.1106"], () => assume(url, fresh(), { provider_urn: `iam::${domain}:oidcProvider:gitlab` }));
  await refused("ten minutes of a session", [400, "APIGW.0602"], () => assume(url, fresh(), { duration_seconds: 600 }));
  for (const [what, token] of Object.entries(await forgeries(url, huaweiAudience))) {
    await refused(what, [400, "STS5.2001"], () => assume(url, token));
  }
  const once = await fresh();
  await checks.holds("huawei a token is taken once", () => assume(url, once));
  await refused("the same token again", [400, "STS5.2001"], () => assume(url, once));
  await federation(checks, url);
}

// The core logs in at IAM by itself, with a token from a file.
async function federation(checks, url) {
  const folder = mkdtempSync(join(tmpdir(), "cloudjob-clients-"));
  const file = join(folder, "token");
  try {
    await checks.holds("huawei the core's federation", async () => {
      writeFileSync(file, await identity(url, huaweiAudience));
      const { call, credential } = federated(url, provider, file);
      assert.ok((await call("GET", "/v1/{project_id}/jobs")).total > 0);
      assert.ok(credential.expiredAt > Date.now() + 5 * 3600 * 1000); // it asks for six hours
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

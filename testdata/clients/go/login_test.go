package clients

import (
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/auth/basic"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/config"
	dgc "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/dgc/v1"
	dgcmodel "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/dgc/v1/model"
	iam "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/iam/v3"
	iammodel "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/iam/v3/model"
	huaweists "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/sts/v1"
	huaweistsmodel "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/sts/v1/model"
	"github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common"
	"github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common/profile"
	pts "github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/pts/v20210728"
	sts "github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/sts/v20180813"
)

// What `cloudjob emulate -h` names for logins without keys.
const (
	provider        = "github-actions"
	tencentAccount  = "100000000001"
	role            = "qcs::cam::uin/" + tencentAccount + ":roleName/cloudjob"
	tencentAudience = "sts.tencentcloudapi.com"
	huaweiAccount   = "fedcba9876543210fedcba9876543210"
	agency          = "iam::" + huaweiAccount + ":agency:cloudjob"
	agencyProvider  = "iam::" + huaweiAccount + ":oidcProvider:github-actions"
	huaweiAudience  = "sts.myhuaweicloud.com"
)

// identity asks for an identity token as a job does.
func identity(t *testing.T, audience string) string {
	t.Helper()
	r, err := http.NewRequest("GET", emulator(t).String()+"/github/token?api-version=2.0&audience="+url.QueryEscape(audience), nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "bearer emulator-request-token")
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	var token struct{ Value string }
	if err := json.NewDecoder(answer.Body).Decode(&token); err != nil || token.Value == "" {
		t.Fatalf("no identity token: %s, %v", answer.Status, err)
	}
	return token.Value
}

func TestTencentLogin(t *testing.T) {
	p := profile.NewClientProfile()
	p.HttpProfile.Scheme, p.HttpProfile.Endpoint = "HTTP", emulator(t).Host
	open := func(credential common.CredentialIface) (*sts.Client, *tap) {
		c, err := sts.NewClient(credential, "ap-guangzhou", p)
		if err != nil {
			t.Fatal(err)
		}
		wire := &tap{}
		c.WithHttpTransport(wire)
		return c, wire
	}
	c, wire := open(nil)
	request := func(token, role string) *sts.AssumeRoleWithWebIdentityRequest {
		r := sts.NewAssumeRoleWithWebIdentityRequest()
		r.ProviderId, r.WebIdentityToken, r.RoleArn = new(provider), &token, &role
		r.RoleSessionName, r.DurationSeconds = new("octo-org_octo-repo-1-1"), new(int64(900))
		return r
	}
	token := identity(t, tencentAudience)
	keys := answered(t, wire, c.AssumeRoleWithWebIdentity, request(token, role)).Response
	if left := time.Until(time.Unix(int64(*keys.ExpiredTime), 0)); left > 15*time.Minute || left < 14*time.Minute {
		t.Errorf("the key lives %s", left)
	}
	credential := common.NewTokenCredential(*keys.Credentials.TmpSecretId, *keys.Credentials.TmpSecretKey, *keys.Credentials.Token)
	me, wire := open(credential)
	who := answered(t, wire, me.GetCallerIdentity, sts.NewGetCallerIdentityRequest()).Response
	if *who.Type != "CAMRole" || *who.AccountId != tencentAccount || !strings.HasSuffix(*who.UserId, ":octo-org_octo-repo-1-1") {
		t.Errorf("the caller is %s %s %s", *who.Type, *who.AccountId, *who.UserId)
	}
	loads, err := pts.NewClient(credential, "", p)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := loads.DescribeProjects(pts.NewDescribeProjectsRequest()); err != nil {
		t.Error(err)
	}

	for want, r := range map[string]*sts.AssumeRoleWithWebIdentityRequest{
		"InvalidParameter.WebIdentityTokenError": request(token, role), // used
		"UnauthorizedOperation":                  request(identity(t, tencentAudience), role+"-production"),
		"InternalError.GetRoleError":             request(identity(t, tencentAudience), role+"-of-nobody"),
	} {
		_, err := c.AssumeRoleWithWebIdentity(r)
		tencentRefused(t, err, want)
	}
	_, err = c.AssumeRoleWithWebIdentity(request(identity(t, huaweiAudience), role))
	tencentRefused(t, err, "InvalidParameter.WebIdentityTokenError")
}

// TestHuaweiFederation is the login that the SDK has of its own: by a token in
// a file, in two steps.
func TestHuaweiFederation(t *testing.T) {
	file := filepath.Join(t.TempDir(), "token")
	read := func(audience, provider string) error {
		if err := os.WriteFile(file, []byte(identity(t, audience)), 0o600); err != nil {
			t.Fatal(err)
		}
		credential, err := basic.NewCredentialsBuilder().WithIdpId(provider).WithIdTokenFile(file).
			WithProjectId(huaweiProject).WithIamEndpointOverride(emulator(t).String()).SafeBuild()
		if err != nil {
			t.Fatal(err)
		}
		client, err := core.NewHcHttpClientBuilder().WithEndpoints([]string{emulator(t).String()}).WithCredential(credential).
			WithHttpConfig(config.DefaultHttpConfig().WithUserAgent("clients")).SafeBuild()
		if err != nil {
			t.Fatal(err)
		}
		_, err = dgc.NewDgcClient(client).ListJobs(&dgcmodel.ListJobsRequest{})
		return err
	}
	if err := read(huaweiAudience, provider); err != nil {
		t.Error(err)
	}
	huaweiRefused(t, read(tencentAudience, provider), "401 IAM.0007")
	huaweiRefused(t, read(huaweiAudience, "gitlab"), "404 IAM.0004")
	huaweiRefused(t, read(huaweiAudience, "github-production"), "403 IAM.0003")
}

// TestHuaweiIAM holds the answers of both steps, and those about the account,
// against the vendor's types. The client signs what needs no signature.
func TestHuaweiIAM(t *testing.T) {
	client, wire := huawei(t, "EMULATORAK", secret)
	c := iam.NewIamClient(client)
	first := func(scope *iammodel.GetIdTokenIdScopeBody) string {
		got := answered(t, wire, c.CreateTokenWithIdToken, &iammodel.CreateTokenWithIdTokenRequest{
			XIdpId: provider, Body: &iammodel.GetIdTokenRequestBody{Auth: &iammodel.GetIdTokenAuthParams{
				IdToken: &iammodel.GetIdTokenIdTokenBody{Id: identity(t, huaweiAudience)}, Scope: scope,
			}},
		})
		if got.XSubjectToken == nil || *got.Token.User.Domain.Id != huaweiAccount {
			t.Fatalf("%v", got)
		}
		return *got.XSubjectToken
	}
	unscoped := first(nil)
	scoped := first(&iammodel.GetIdTokenIdScopeBody{Project: &iammodel.GetIdTokenScopeDomainOrProjectBody{Id: new(huaweiProject)}})
	older := answered(t, wire, c.CreateUnscopedTokenWithIdToken, &iammodel.CreateUnscopedTokenWithIdTokenRequest{
		IdpId: provider, ProtocolId: "oidc", Authorization: "Bearer " + identity(t, huaweiAudience),
	})
	for _, token := range []string{unscoped, scoped, *older.XSubjectToken} {
		second := answered(t, wire, c.CreateTemporaryAccessKeyByToken, &iammodel.CreateTemporaryAccessKeyByTokenRequest{
			Body: &iammodel.CreateTemporaryAccessKeyByTokenRequestBody{Auth: &iammodel.TokenAuth{Identity: &iammodel.TokenAuthIdentity{
				Methods: []iammodel.TokenAuthIdentityMethods{iammodel.GetTokenAuthIdentityMethodsEnum().TOKEN},
				Token:   &iammodel.IdentityToken{Id: &token, DurationSeconds: new(int32(900))},
			}}},
		})
		if second.Credential.Access == "" || second.Credential.Securitytoken == "" {
			t.Errorf("%v", second)
		}
		about := answered(t, wire, c.KeystoneValidateToken, &iammodel.KeystoneValidateTokenRequest{XSubjectToken: token})
		if *about.XSubjectToken != token || about.Token.User.Domain.Id != huaweiAccount || about.Token.Methods[0] != "mapped" {
			t.Errorf("%v", about)
		}
	}
	domains := answered(t, wire, c.KeystoneListAuthDomains, &iammodel.KeystoneListAuthDomainsRequest{})
	if list := *domains.Domains; len(list) != 1 || list[0].Id != huaweiAccount || !list[0].Enabled {
		t.Errorf("%v", domains)
	}
}

func TestHuaweiSTS(t *testing.T) {
	client, wire := huawei(t, "EMULATORAK", secret)
	c := huaweists.NewStsClient(client)
	request := func(audience, agency string) *huaweistsmodel.AssumeAgencyWithOidcRequest {
		return &huaweistsmodel.AssumeAgencyWithOidcRequest{Body: &huaweistsmodel.AssumeAgencyWithOidcReqBody{
			ProviderUrn: agencyProvider, AgencyUrn: agency, AgencySessionName: "octo-org_octo-repo-1-1", IdToken: identity(t, audience),
		}}
	}
	got := answered(t, wire, c.AssumeAgencyWithOIDC, request(huaweiAudience, agency))
	if left := time.Until(time.Time(*got.Credentials.Expiration)); left > time.Hour || left < 59*time.Minute {
		t.Errorf("the key lives %s", left)
	}
	credential, err := basic.NewCredentialsBuilder().WithAk(got.Credentials.AccessKeyId).WithSk(got.Credentials.SecretAccessKey).
		WithSecurityToken(got.Credentials.SecurityToken).WithProjectId(huaweiProject).SafeBuild()
	if err != nil {
		t.Fatal(err)
	}
	wire = &tap{}
	client, err = core.NewHcHttpClientBuilder().WithEndpoints([]string{emulator(t).String()}).WithCredential(credential).
		WithHttpConfig(config.DefaultHttpConfig().WithHttpRoundTripper(wire).WithUserAgent("clients")).SafeBuild()
	if err != nil {
		t.Fatal(err)
	}
	who := answered(t, wire, huaweists.NewStsClient(client).GetCallerIdentity, &huaweistsmodel.GetCallerIdentityRequest{})
	if *who.AccountId != huaweiAccount || *who.PrincipalUrn != got.AssumedAgency.Urn || *who.PrincipalId != got.AssumedAgency.Id {
		t.Errorf("%v", who)
	}
	_, err = c.AssumeAgencyWithOIDC(request(tencentAudience, agency))
	huaweiRefused(t, err, "400 STS5.2001")
	_, err = c.AssumeAgencyWithOIDC(request(huaweiAudience, agency+"-production"))
	huaweiRefused(t, err, "403 STS5.1001")
}

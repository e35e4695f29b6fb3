// Package huawei is what the Huawei Cloud services share: credentials, regions,
// the making of SDK clients and the gateway's error codes.
package huawei

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/config"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/sdkerr"

	"cloudjob/internal/cloud"
	"cloudjob/internal/field"
	"cloudjob/internal/job"
)

// Target is where a service is called.
type Target struct {
	ProjectID, Region, Endpoint string
	regions                     []string // where the service is known to be
}

// ReadTarget reads the target of jobs that another process started. The region
// becomes part of the address, and the project of the path.
func ReadTarget(env cloud.Env, text string) (t Target, err error) {
	if err := cloud.ReadTarget(text, &t); err != nil {
		return Target{}, err
	}
	if t.Endpoint == "" && !named(t.Region) || !named(t.ProjectID) {
		return Target{}, fmt.Errorf("the state has the region %q and the project %q, of which one cannot be", t.Region, t.ProjectID)
	}
	return t, cloud.CheckAddress(t.Endpoint, env.Endpoint, cloud.Huawei())
}

// named tells of a name with nothing but letters, digits, - and _ in it.
func named(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool {
		return r != '-' && r != '_' && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
	})
}

// Fields are the inputs of the target: project_id, region and endpoint.
// regions are those where the service is known to be.
func (t *Target) Fields(regions []string) field.Set {
	t.regions = regions
	return field.Set{
		field.RuledText("project_id", &t.ProjectID,
			field.Rule{Max: 64, Pattern: `[0-9A-Za-z_-]+`, Says: "a tenant's project id, usually 32 hexadecimal digits"},
			"Project id of the tenant in the region, as in the request's path. The console lists it under My Credentials.").Require(),
		field.Text("region", &t.Region,
			"Region of the service, such as cn-north-4. Needed unless endpoint is given."),
		cloud.Endpoint(&t.Endpoint, cloud.Huawei()),
	}
}

// Check complains of a target without a place to call, and of a region where
// the service is not known to be. With an endpoint the region's name decides
// nothing, so any is taken.
func (t *Target) Check(at *field.At) {
	switch {
	case at.Has("endpoint") || at.Bad("region") || slices.Contains(t.regions, t.Region):
	case t.Region == "":
		at.ProblemAt("region", "region is required: it tells which address to call")
	default:
		at.ProblemAt("region", "%s", t.elsewhere())
	}
}

func (t *Target) elsewhere() string {
	if near := field.Nearest(t.Region, t.regions); near != "" {
		return fmt.Sprintf("%s is no region of this service, did you mean %q? A region that is newer than this list needs endpoint as well", field.Quote(t.Region), near)
	}
	return fmt.Sprintf("%s is no region of this service; it can be %s, and a region that is newer than this list needs endpoint as well",
		field.Quote(t.Region), field.List(t.regions))
}

// Account makes calls to one service with one login.
type Account struct {
	target    Target
	service   string
	keys      cloud.Keyring
	transport *cloud.Transport
}

// Open logs in by an agency or identity provider if there is one, else by the
// keys of the environment. service is the first label of the host: drs, cpts,
// dayu-dlf.
func Open(env cloud.Env, target Target, service string) (*Account, error) {
	keys, err := keyring(env, target)
	if err != nil {
		return nil, err
	}
	a := &Account{target, service, keys, env.Transport}
	env.Logins.Know("Huawei Cloud at "+a.host(), a.owner)
	return a, env.CheckProxy(a.endpoint())
}

// In tells that the account is at the vendor's own address in a region whose name
// begins so.
func (a *Account) In(region string) bool {
	return a != nil && a.target.Endpoint == "" && strings.HasPrefix(a.target.Region, region)
}

// Where names what the account reaches; two that name the same can read each
// other's jobs.
func (a *Account) Where() string { return a.endpoint() + " " + a.target.ProjectID }

func (a *Account) endpoint() string {
	return cmp.Or(strings.TrimSuffix(a.target.Endpoint, "/"), address(a.service, a.target.Region))
}

// address is the vendor's own of a service in a region.
func address(service, region string) string {
	top := "com"
	if region == "eu-west-101" { // the one region under .eu (facts huawei-drs §1)
		top = "eu"
	}
	return fmt.Sprintf("https://%s.%s.myhuaweicloud.%s", service, region, top)
}

// Call makes one call through an SDK client of its own, because the SDK knows
// no context and only a client's transport can be bound to one. It returns the
// request's id. Whatever goes wrong comes back as a *job.Error.
func (a *Account) Call(ctx context.Context, call cloud.Call, codes []cloud.Code, do func(*core.HcHttpClient) error) (requestID string, err error) {
	err = cloud.Retry(ctx, call, func() error {
		road := a.transport.Bind(ctx, call)
		if err := road.Await(a.host()); err != nil {
			return err
		}
		return cloud.Attempt(ctx, a.keys, call, ended, func(keys cloud.Keys) error {
			requestID, err = a.once(road, call, codes, keys, do)
			return err
		})
	})
	return requestID, err
}

// host is how the rate limits name the endpoint.
func (a *Account) host() string {
	_, host, _ := strings.Cut(a.endpoint(), "://")
	return host
}

// ended tells of a refusal that keys get when they have ended; the gateway has
// no other for a login that is not good (facts huawei-auth §5).
func ended(e *job.Error) bool {
	return e.Status == 401 || e.Code == "APIGW.0301" || e.Code == "APIGW.0307"
}

func (a *Account) once(road *cloud.Bound, call cloud.Call, codes []cloud.Code, keys cloud.Keys, do func(*core.HcHttpClient) error) (requestID string, err error) {
	credential, err := credential(keys, a.target.ProjectID)
	if err != nil {
		return "", fmt.Errorf("make the credential of %s: %w", a.service, err)
	}
	client, err := core.NewHcHttpClientBuilder().
		WithCredentialsType("basic.Credentials,huawei.authToken").
		WithEndpoints([]string{a.endpoint()}).
		WithCredential(credential).
		WithHttpConfig(config.DefaultHttpConfig().
			WithHttpRoundTripper(road).WithTimeout(0). // the road has its own, which does not run while a call waits for its turn
			WithUserAgent("cloudjob")).                // without a name of our own the SDK writes a file into the home folder
		SafeBuild()
	if err != nil {
		return "", fmt.Errorf("build client of %s: %w", a.service, err)
	}
	if fault := job.Caught(func() { err = do(client) }); fault != nil { // the SDK reads answers by reflection
		return "", road.Crashed(fault)
	}
	err = explain(err, call, road, codes)
	if e, ok := errors.AsType[*job.Error](err); ok { // a code may ask for a rest where no header does
		road.Rest(cloud.Explain(e.Code, codes, gatewayCodes).After)
		e.After = road.After
	}
	return road.RequestID, err
}

func explain(err error, call cloud.Call, road *cloud.Bound, codes []cloud.Code) error {
	if err == nil {
		return nil
	}
	if known, ok := errors.AsType[*job.Error](err); ok {
		return known
	}
	if r, ok := errors.AsType[*Refusal](err); ok {
		return judged(&job.Error{
			Call: call.Name, Status: road.Status, Code: r.Code, Message: cloud.Shorten(r.Message),
			RequestID: road.RequestID, After: road.After, Err: err,
		}, r.As, codes)
	}
	sdk, ok := errors.AsType[*sdkerr.ServiceResponseError](err)
	if !ok {
		return road.Unread(err)
	}
	code, message := sdk.ErrorCode, sdk.ErrorMessage
	if code == "" {
		code, message = listed(message)
	}
	e := &job.Error{
		Call: call.Name, Status: sdk.StatusCode, Code: code, Message: cloud.Shorten(message),
		RequestID: cmp.Or(sdk.RequestId, road.RequestID), After: road.After, Err: err,
	}
	if sdk.StatusCode < 300 { // the SDK's model did not fit an answer of success (facts huawei-auth §7)
		e.Fault, e.Meaning, e.Cure = job.Ambiguous, "the SDK could not read an answer of success", call.Look()
		return e
	}
	return judged(e, sdk.StatusCode, codes)
}

// judged says what a refusal means: by its code, or else by its status.
func judged(e *job.Error, status int, codes []cloud.Code) *job.Error {
	c := cloud.Explain(e.Code, codes, gatewayCodes)
	if c.Meaning == "" {
		c = byStatus(status)
	}
	e.Fault, e.Meaning, e.Cure = c.Fault, c.Meaning, c.Cure
	return e
}

// Refusal is the error of an answer of success that says in its body that the
// call was refused. A call's function returns it.
type Refusal struct {
	Code, Message string
	As            int // the status that the refusal stands for, 0 if nothing tells
}

func (r *Refusal) Error() string { return r.Code + ": " + r.Message }

// listed finds the code in an answer that lists what is wrong with each task,
// which the SDK leaves as it came (facts huawei-drs §5).
func listed(body string) (code, message string) {
	var answer struct {
		Results []struct {
			ID        string `json:"id"`
			ErrorCode string `json:"error_code"`
			ErrorMsg  string `json:"error_msg"`
		} `json:"results"`
	}
	if json.Unmarshal([]byte(body), &answer) == nil {
		for _, r := range answer.Results {
			if r.ErrorCode != "" {
				return r.ErrorCode, strings.TrimPrefix(r.ID+": "+r.ErrorMsg, ": ")
			}
		}
	}
	return "", body
}

// byStatus judges a code that no table knows by the answer's status.
func byStatus(status int) cloud.Code {
	switch {
	case status == 401 || status == 403:
		return cloud.Code{Fault: job.Denied, Meaning: "the login or a permission was refused", Cure: "check the credentials and their permissions"}
	case status == 429:
		return cloud.Code{Fault: job.Throttled, Meaning: "too many requests", Cure: "wait a little and run the step again"}
	case status >= 500:
		return cloud.Code{Fault: job.Ambiguous, Meaning: "a fault of the cloud's, perhaps after the job began", Cure: "look for the job before starting it again"}
	}
	return cloud.Code{Fault: job.Refused, Meaning: "the call was refused", Cure: "see the message"}
}

// Package tencent is what the Tencent Cloud services share: credentials,
// sites, the making of SDK clients and the common error codes.
package tencent

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common"
	sdkerrors "github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common/errors"
	tchttp "github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common/http"
	"github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common/profile"

	"cloudjob/internal/cloud"
	"cloudjob/internal/field"
	"cloudjob/internal/job"
)

// The two sites of Tencent Cloud. An account, and so a key, belongs to one.
const (
	International = "intl"
	Domestic      = "domestic"
)

// Target is where a service is called.
type Target struct{ Region, Endpoint, Site string }

// ReadTarget reads the target of jobs that another process started.
func ReadTarget(env cloud.Env, text string) (t Target, err error) {
	if err := cloud.ReadTarget(text, &t); err != nil {
		return Target{}, err
	}
	return t, cloud.CheckAddress(t.Endpoint, env.Endpoint, cloud.Tencent())
}

// SiteField is the input site; def is the service's default.
func (t *Target) SiteField(def string) *field.Field {
	t.Site = def
	return field.Choice("site", &t.Site,
		"Which Tencent Cloud site the account belongs to: intl (tencentcloud.com) or domestic (cloud.tencent.com).",
		International, Domestic).Or(def)
}

// RegionField is the input region.
func (t *Target) RegionField(doc string) *field.Field {
	return field.RuledText("region", &t.Region,
		field.Rule{Max: 32, Pattern: `[a-z]{2,3}(-[a-z0-9]+)+`, Says: "a region such as ap-guangzhou"}, doc)
}

// EndpointField is the input endpoint.
func (t *Target) EndpointField() *field.Field { return cloud.Endpoint(&t.Endpoint, cloud.Tencent()) }

// Account makes calls to one service with one login.
type Account struct {
	Target    Target
	keys      cloud.Keyring
	transport *cloud.Transport
	service   string
}

// Open logs in by a role if there is one, else by the keys of the environment.
func Open(env cloud.Env, target Target, service string) (*Account, error) {
	keys, err := keyring(env, target)
	if err != nil {
		return nil, err
	}
	a := &Account{target, keys, env.Transport, service}
	env.Logins.Know("Tencent Cloud at "+a.host(), func(ctx context.Context) (string, error) {
		who, err := a.Whoami(ctx)
		return who.Account, err
	})
	return a, env.CheckProxy(a.Target.Endpoint)
}

// OnDomestic is a page of the domestic site's console, for accounts of that site.
func (a *Account) OnDomestic(page string) string {
	if a == nil || a.Target.Site != Domestic || a.Target.Endpoint != "" {
		return ""
	}
	return page
}

// Where names what the account reaches; two that name the same can read each
// other's jobs.
func (a *Account) Where() string { return a.host() + " " + a.Target.Region }

// Profile is a fresh client profile: TC3 signatures, English messages, no
// retries and no timeout of the SDK's own, and the endpoint of the site or of
// the user.
func (a *Account) Profile() *profile.ClientProfile {
	p := profile.NewClientProfile() // a literal one would switch the region breaker on (facts tencent-auth §5)
	p.Language = "en-US"
	p.HttpProfile.ReqTimeout = 0 // the road has its own, which does not run while a call waits for its turn
	if strings.HasPrefix(a.Target.Endpoint, "http:") {
		p.HttpProfile.Scheme = "http"
	}
	p.HttpProfile.Endpoint = a.host()
	return p
}

func (a *Account) host() string {
	if u, err := url.Parse(a.Target.Endpoint); err == nil && u.Host != "" {
		return u.Host
	}
	if a.Target.Site == International {
		return a.service + ".intl.tencentcloudapi.com"
	}
	return a.service + ".tencentcloudapi.com"
}

// Request is a request that the SDK's common client can send.
type Request interface {
	tchttp.Request
	Init() *tchttp.BaseRequest
}

// Send makes one call of a version of the service's API. The answer is read
// into a type of the caller's, because the SDK's models refuse a whole answer
// for one odd value. The client is new each time: a request keeps the first
// client's endpoint (facts tencent-auth §5).
func (a *Account) Send(ctx context.Context, call cloud.Call, codes []cloud.Code, version string, request Request, response tchttp.Response) error {
	return a.Call(ctx, call, codes, func(client *common.Client) error {
		request.Init().WithApiInfo(a.service, version, call.Name)
		request.SetContext(ctx)
		return client.Send(request, response)
	})
}

// Call makes one call with the SDK's client, and turns whatever goes wrong into
// a *job.Error.
func (a *Account) Call(ctx context.Context, call cloud.Call, codes []cloud.Code, do func(*common.Client) error) error {
	return cloud.Retry(ctx, call, func() error {
		road := a.transport.Bind(ctx, call)
		if err := road.Await(a.host()); err != nil {
			return err
		}
		return cloud.Attempt(ctx, a.keys, call, ended, func(keys cloud.Keys) error {
			client := common.NewCommonClient(common.NewTokenCredential(keys.ID, keys.Secret, keys.Token), a.Target.Region, a.Profile())
			client.WithHttpTransport(road)
			return a.once(call, road, codes, func() error { return do(client) })
		})
	})
}

// ended tells of a refusal that temporary keys get when they have ended.
func ended(e *job.Error) bool { return e.Code == "AuthFailure.TokenFailure" }

func (a *Account) once(call cloud.Call, road *cloud.Bound, codes []cloud.Code, do func() error) (err error) {
	if fault := job.Caught(func() { err = do() }); fault != nil { // the SDK dereferences nil on some answers (facts tencent-auth §5)
		return road.Crashed(fault)
	}
	return a.explain(err, call, road, codes)
}

func (a *Account) explain(err error, call cloud.Call, road *cloud.Bound, codes []cloud.Code) error {
	if err == nil {
		return nil
	}
	if known, ok := errors.AsType[*job.Error](err); ok {
		return known
	}
	sdk, ok := errors.AsType[*sdkerrors.TencentCloudSDKError](err)
	if !ok {
		return road.Unread(err)
	}
	e := &job.Error{Call: call.Name, Status: road.Status, Code: sdk.Code, Message: cloud.Shorten(sdk.Message), RequestID: sdk.RequestId, After: road.After, Err: err}
	if strings.HasPrefix(sdk.Code, "ClientError.") {
		e.Fault, e.Meaning, e.Cure = job.Ambiguous, "the SDK could not read the answer", call.Look()
		return e
	}
	c := cloud.Explain(sdk.Code, codes, commonCodes)
	if c.Meaning == "" {
		c = byStatus(road.Status)
	}
	e.Fault, e.Meaning, e.Cure = c.Fault, c.Meaning, c.Cure
	if sdk.Code == "AuthFailure.SecretIdNotFound" && a.Target.Endpoint == "" {
		e.Cure += fmt.Sprintf("; this call went to the %s site, and a key works on its own site only: try site: %s", a.Target.Site, other(a.Target.Site))
	}
	return e
}

// byStatus judges a code that no table knows by the answer's status, which is
// 200 whenever the request was processed (facts tencent-auth §1).
func byStatus(status int) cloud.Code {
	if status >= 500 {
		return cloud.Code{Fault: job.Ambiguous, Meaning: "a fault of the cloud's, perhaps after the job began", Cure: "look for the job before starting it again"}
	}
	return cloud.Code{Fault: job.Refused, Meaning: "the call was refused", Cure: "see the message"}
}

func other(site string) string {
	if site == International {
		return Domestic
	}
	return International
}

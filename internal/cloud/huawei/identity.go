package huawei

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/def"

	"cloudjob/internal/cloud"
	"cloudjob/internal/job"
)

// getCallerIdentity tells of a key (page api-iam5/GetCallerIdentity). No policy
// is needed, and no rate is published.
func getCallerIdentity() cloud.Call {
	return cloud.Call{Name: "GetCallerIdentity", Does: "tells whose the login is", Permission: "none", Reads: true}
}

// validateToken tells of an IAM token, which its owner may ask without any
// policy (page api-iam/iam_30_0004).
func validateToken() cloud.Call {
	return cloud.Call{Name: "KeystoneValidateToken", Does: "tells whose the login is", Permission: "none", Reads: true}
}

// Whoami asks whose the login is: STS of a key, IAM of a token, which STS does
// not take. It starts and changes nothing. Not every region has STS: where there
// is none, or it has no such call, the error is cloud.ErrUntold.
func (a *Account) Whoami(ctx context.Context) (cloud.Identity, error) {
	keys, err := a.keys.Keys(ctx, getCallerIdentity())
	switch {
	case err != nil:
		return cloud.Identity{}, err
	case keys.ID == "":
		return a.tokenOwner(ctx, keys.Token)
	}
	var answer struct {
		AccountID      cloud.Text `json:"account_id"`
		PrincipalURN   cloud.Text `json:"principal_urn"`
		HttpStatusCode int        `json:"-"` // the SDK sets it
	}
	call := getCallerIdentity()
	if err := a.ask(ctx, "sts", call, "/v5/caller-identity", &struct{}{}, nil, &answer); err != nil {
		return cloud.Identity{}, untold(err)
	}
	if answer.AccountID == "" {
		return cloud.Identity{}, cloud.Unknown(call, "the answer names no account", nil)
	}
	urn := string(answer.PrincipalURN)
	_, kind := parts(urn)
	return cloud.Identity{Account: string(answer.AccountID), Name: urn, Kind: kind}, nil
}

// owner is the account of the login, as the login itself told it, else as the
// cloud tells it; empty if neither does.
func (a *Account) owner(ctx context.Context) (account string, err error) {
	keys, err := a.keys.Keys(ctx, getCallerIdentity())
	if err != nil || keys.Account != "" {
		return keys.Account, err
	}
	who, err := a.Whoami(ctx)
	if errors.Is(err, cloud.ErrUntold) {
		return "", nil
	}
	return who.Account, err
}

// parts are the account and the type in a URN: service:region:account:type:path,
// as the page's iam::27680d67da6b47eb82d00a1a118be145:user:user-name. What is no
// URN has neither.
func parts(urn string) (account, kind string) {
	if p := strings.SplitN(urn, ":", 5); len(p) == 5 {
		return p[2], p[3]
	}
	return "", ""
}

type validateRequest struct {
	Token     string `json:"X-Subject-Token"`
	NoCatalog string `json:"nocatalog"`
}

// tokenOwner asks IAM about a token, for which it is shown twice: as the login,
// and as what is asked about.
func (a *Account) tokenOwner(ctx context.Context, token string) (cloud.Identity, error) {
	var answer struct {
		Token struct {
			ExpiresAt cloud.Text `json:"expires_at"`
			User      struct {
				Name   cloud.Text `json:"name"`
				Domain struct {
					ID cloud.Text `json:"id"`
				} `json:"domain"`
			} `json:"user"`
		} `json:"token"`
		HttpStatusCode int `json:"-"` // the SDK sets it
	}
	call := validateToken()
	fields := []*def.FieldDef{
		def.NewFieldDef().WithName("Token").WithJsonTag("X-Subject-Token").WithLocationType(def.Header),
		def.NewFieldDef().WithName("NoCatalog").WithJsonTag("nocatalog").WithLocationType(def.Query),
	}
	if err := a.ask(ctx, "iam", call, "/v3/auth/tokens", &validateRequest{token, "true"}, fields, &answer); err != nil {
		return cloud.Identity{}, untold(err)
	}
	user := answer.Token.User
	if user.Domain.ID == "" {
		return cloud.Identity{}, cloud.Unknown(call, "the answer names no account", nil)
	}
	until, _ := time.Parse(time.RFC3339, string(answer.Token.ExpiresAt)) // for people: without it the rest is as true
	return cloud.Identity{Account: string(user.Domain.ID), Name: string(user.Name), Kind: "user", Until: job.Believable(until)}, nil
}

// ask makes a call of one of the services that every region shares.
func (a *Account) ask(ctx context.Context, service string, call cloud.Call, path string, request any, fields []*def.FieldDef, into any) error {
	other := *a
	other.target.Endpoint = cloud.Beside(a.endpoint(), a.service, service)
	other.service = service
	definition := def.NewHttpRequestDefBuilder().WithMethod(http.MethodGet).WithPath(path).WithResponse(into).WithContentType("application/json")
	for _, f := range fields {
		definition.WithRequestField(f)
	}
	_, err := other.Call(ctx, call, nil, func(client *core.HcHttpClient) error {
		_, err := client.Sync(request, definition.Build())
		return err
	})
	return err
}

// untold tells a call that is not there from one that failed: the gateway has no
// such route, or the region no such host.
func untold(err error) error {
	e, ok := errors.AsType[*job.Error](err)
	if !ok {
		return err
	}
	lost, unresolved := errors.AsType[*net.DNSError](err)
	if e.Status == http.StatusNotFound || unresolved && lost.IsNotFound {
		return fmt.Errorf("%w: %w", cloud.ErrUntold, err)
	}
	return err
}

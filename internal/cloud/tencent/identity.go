package tencent

import (
	"cmp"
	"context"

	tchttp "github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common/http"

	"cloudjob/internal/cloud"
)

// getCallerIdentity is open to every key of an account (page 1150/49453); no
// page names a permission for it.
func getCallerIdentity() cloud.Call {
	return cloud.Call{Name: "GetCallerIdentity", Does: "tells whose the login is", Permission: "none that is documented", PerSecond: 20, Reads: true}
}

// anyRegion stands where a product has none: STS requires one (page
// 1150/49453) and answers alike in each. The vendor's SDK takes this one.
const anyRegion = "ap-guangzhou"

type identityRequest struct{ *tchttp.BaseRequest }

type identityResponse struct {
	*tchttp.BaseResponse
	Response *struct{ Type, AccountId, Arn cloud.Text }
}

// Whoami asks STS whose the login is. It starts and changes nothing.
func (a *Account) Whoami(ctx context.Context) (cloud.Identity, error) {
	sts := *a
	sts.Target.Endpoint = cloud.Beside(a.Target.Endpoint, a.service, "sts")
	sts.Target.Region = cmp.Or(a.Target.Region, anyRegion)
	sts.service = "sts"
	call, response := getCallerIdentity(), &identityResponse{BaseResponse: &tchttp.BaseResponse{}}
	if err := sts.Send(ctx, call, nil, "2018-08-13", &identityRequest{&tchttp.BaseRequest{}}, response); err != nil {
		return cloud.Identity{}, err
	}
	if response.Response == nil || response.Response.AccountId == "" {
		return cloud.Identity{}, cloud.Unknown(call, "the answer names no account", nil)
	}
	r := response.Response
	return cloud.Identity{Account: string(r.AccountId), Name: string(r.Arn), Kind: string(r.Type)}, nil
}

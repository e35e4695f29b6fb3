package tencent

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cloudjob/internal/cloud"
	"cloudjob/internal/job"
)

func TestWhoami(t *testing.T) {
	const example = `{"Response":{"Type":"CAMUser","AccountId":"100000000001","UserId":"100000000002","PrincipalId":"100000000002",` +
		`"Arn":"qcs::cam::uin/100000000001:uin/100000000002","RequestId":"r-1"}}`
	known := cloud.Identity{Account: "100000000001", Name: "qcs::cam::uin/100000000001:uin/100000000002", Kind: "CAMUser"}
	tests := []struct {
		name         string
		target       Target
		body         string
		host, region string
		want         cloud.Identity
		fault        job.Fault
	}{
		{"international", Target{Site: International}, example, "sts.intl.tencentcloudapi.com", "ap-guangzhou", known, 0},
		{"domestic", Target{Site: Domestic, Region: "ap-shanghai"}, example, "sts.tencentcloudapi.com", "ap-shanghai", known, 0},
		{"a regional address", Target{Endpoint: "https://pts.ap-beijing.tencentcloudapi.com"}, example, "sts.ap-beijing.tencentcloudapi.com", "ap-guangzhou", known, 0},
		{"an address that serves all", Target{Endpoint: "http://127.0.0.1:8787"}, example, "127.0.0.1:8787", "ap-guangzhou", known, 0},
		{"an account as a number", Target{Site: International}, `{"Response":{"AccountId":100000000001}}`, "sts.intl.tencentcloudapi.com", "ap-guangzhou", cloud.Identity{Account: "100000000001"}, 0},
		{"a bad key", Target{Site: International}, `{"Response":{"Error":{"Code":"AuthFailure.SignatureFailure","Message":"m"},"RequestId":"r"}}`, "sts.intl.tencentcloudapi.com", "ap-guangzhou", cloud.Identity{}, job.Denied},
		{"nobody", Target{Site: International}, `{"Response":{"Arn":"x"}}`, "sts.intl.tencentcloudapi.com", "ap-guangzhou", cloud.Identity{}, job.Ambiguous},
		{"nothing", Target{Site: International}, `{"Response":null}`, "sts.intl.tencentcloudapi.com", "ap-guangzhou", cloud.Identity{}, job.Ambiguous},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			n := &network{status: 200, body: test.body}
			a := account(t, n, test.target)
			got, err := a.Whoami(t.Context())
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
			if e, failed := errors.AsType[*job.Error](err); failed != (test.want.Account == "") || failed && e.Fault != test.fault {
				t.Errorf("got %v, want fault %d", err, test.fault)
			}
			if len(n.asked) != 1 {
				t.Fatalf("asked %d times", len(n.asked))
			}
			r := n.asked[0]
			if r.URL.Host != test.host || r.Header.Get("X-TC-Region") != test.region || r.Header.Get("X-TC-Action") != "GetCallerIdentity" || r.Header.Get("X-TC-Version") != "2018-08-13" {
				t.Errorf("asked %s with %v", r.URL, r.Header)
			}
			if a.service != "pts" || a.Target != test.target {
				t.Errorf("the account became that of %s at %+v", a.service, a.Target)
			}
		})
	}
}

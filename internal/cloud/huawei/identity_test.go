package huawei

import (
	"errors"
	"net"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"cloudjob/internal/cloud"
	"cloudjob/internal/job"
)

func TestWhoami(t *testing.T) {
	const (
		user     = `{"account_id":"27680d67da6b47eb82d00a1a118be145","principal_urn":"iam::27680d67da6b47eb82d00a1a118be145:user:user-name","principal_id":"user-id"}`
		token    = `{"token":{"expires_at":"2020-01-04T09:05:22.701000Z","methods":["password"],"user":{"domain":{"name":"IAMDomain","id":"d78cbac186b744899480f25bd022f468"},"name":"IAMUser"}}}`
		noSuch   = `{"error_code":"APIGW.0101","error_msg":"The API does not exist or has not been published in the environment","request_id":"r"}`
		badLogin = `{"error_code":"APIGW.0301","error_msg":"Incorrect IAM authentication information","request_id":"r"}`
	)
	keys, bearer := keysEnv(), map[string]string{"HW_AUTH_TOKEN": "bearer-token"}
	region, loopback := Target{ProjectID: project, Region: "cn-north-4"}, Target{ProjectID: project, Endpoint: "http://127.0.0.1:8787"}
	known := cloud.Identity{Account: "27680d67da6b47eb82d00a1a118be145", Name: "iam::27680d67da6b47eb82d00a1a118be145:user:user-name", Kind: "user"}
	owner := cloud.Identity{Account: "d78cbac186b744899480f25bd022f468", Name: "IAMUser", Kind: "user", Until: time.Date(2020, 1, 4, 9, 5, 22, 701000000, time.UTC)}
	tests := []struct {
		name   string
		env    map[string]string
		target Target
		status int
		body   string
		url    string
		want   cloud.Identity
		untold bool
		fault  job.Fault
	}{
		{"a key", keys, region, 200, user, "https://sts.cn-north-4.myhuaweicloud.com/v5/caller-identity", known, false, 0},
		{"a key where one address serves all", keys, loopback, 200, user, "http://127.0.0.1:8787/v5/caller-identity", known, false, 0},
		{"an agency", keys, region, 200, `{"account_id":"a1","principal_urn":"sts::a1:assumed-agency:ci/session:1"}`, "https://sts.cn-north-4.myhuaweicloud.com/v5/caller-identity",
			cloud.Identity{Account: "a1", Name: "sts::a1:assumed-agency:ci/session:1", Kind: "assumed-agency"}, false, 0},
		{"a token", bearer, region, 200, token, "https://iam.cn-north-4.myhuaweicloud.com/v3/auth/tokens?nocatalog=true", owner, false, 0},
		{"no STS here", keys, region, 404, noSuch, "https://sts.cn-north-4.myhuaweicloud.com/v5/caller-identity", cloud.Identity{}, true, job.Refused},
		{"no IAM here", bearer, loopback, 404, noSuch, "http://127.0.0.1:8787/v3/auth/tokens?nocatalog=true", cloud.Identity{}, true, job.Refused},
		{"a bad key", keys, region, 401, badLogin, "https://sts.cn-north-4.myhuaweicloud.com/v5/caller-identity", cloud.Identity{}, false, job.Denied},
		{"nobody", keys, region, 200, `{"principal_id":"user-id"}`, "https://sts.cn-north-4.myhuaweicloud.com/v5/caller-identity", cloud.Identity{}, false, job.Ambiguous},
		{"a token of nobody", bearer, region, 200, `{"token":{"user":null}}`, "https://iam.cn-north-4.myhuaweicloud.com/v3/auth/tokens?nocatalog=true", cloud.Identity{}, false, job.Ambiguous},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			n := &network{status: test.status, body: test.body}
			a, err := Open(cloud.Env{Getenv: getenv(test.env), Transport: &cloud.Transport{Base: n}}, test.target, "drs")
			if err != nil {
				t.Fatal(err)
			}
			got, err := a.Whoami(t.Context())
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
			if e, failed := errors.AsType[*job.Error](err); failed != (test.want.Account == "") || failed && e.Fault != test.fault || errors.Is(err, cloud.ErrUntold) != test.untold {
				t.Errorf("got %v, want fault %d, untold %t", err, test.fault, test.untold)
			}
			if len(n.asked) != 1 || n.asked[0].Method != http.MethodGet || n.asked[0].URL.String() != test.url {
				t.Fatalf("asked %v", n.asked)
			}
			want := ""
			if test.env["HW_AUTH_TOKEN"] != "" {
				want = "bearer-token"
			}
			if h := n.asked[0].Header; h.Get("X-Subject-Token") != want || h.Get("X-Auth-Token") != want {
				t.Errorf("asked with %v", h)
			}
		})
	}
}

// nowhere is a network without the host.
type nowhere struct{ asked int }

func (n *nowhere) RoundTrip(r *http.Request) (*http.Response, error) {
	n.asked++
	return nil, &net.OpError{Op: "dial", Net: "tcp", Err: &net.DNSError{Err: "no such host", Name: r.URL.Host, IsNotFound: true}}
}

// TestNoSTSHost: a region without STS has no host of it.
func TestNoSTSHost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, err := Open(cloud.Env{Getenv: getenv(keysEnv()), Transport: &cloud.Transport{Base: &nowhere{}}}, Target{ProjectID: project, Region: "eu-west-101"}, "drs")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := a.Whoami(t.Context()); !errors.Is(err, cloud.ErrUntold) {
			t.Errorf("got %v", err)
		}
	})
}

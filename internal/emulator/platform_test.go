package emulator

import (
	"encoding/json"
	"testing"
)

// TestPlatform are the calls that clients make beside those of a service.
func TestPlatform(t *testing.T) {
	for name, test := range map[string]struct {
		service, version, action, region, body string
		key, token                             string
		field, want                            string
	}{
		"user":       {"sts", "2018-08-13", "GetCallerIdentity", "ap-guangzhou", `{}`, TencentKeyID, "", "Type", "CAMUser"},
		"user's id":  {"sts", "2018-08-13", "GetCallerIdentity", "ap-guangzhou", `{}`, TencentKeyID, "", "UserId", userUIN},
		"role":       {"sts", "2018-08-13", "GetCallerIdentity", "ap-guangzhou", `{}`, TencentTemporaryKeyID, SessionToken, "Type", "CAMRole"},
		"no region":  {"sts", "2018-08-13", "GetCallerIdentity", "", `{}`, TencentKeyID, "", "", "MissingParameter"},
		"regions":    {"region", "2022-06-27", "DescribeRegions", "", `{"Product":"batch"}`, TencentKeyID, "", "TotalCount", "6"},
		"no product": {"region", "2022-06-27", "DescribeRegions", "", `{}`, TencentKeyID, "", "", "MissingParameter"},
	} {
		t.Run(name, func(t *testing.T) {
			r := tencentRequest(t, inProcess, test.action, test.body)
			r.Header.Set("X-TC-Version", test.version)
			if test.region != "" {
				r.Header.Set("X-TC-Region", test.region)
			}
			s := tencentKey()
			s.service, s.id, s.token = test.service, test.key, test.token
			s.sign(r, test.body)
			answer, body := do(t, client(world()), r)
			if test.field == "" {
				if code := tencentCode(t, body); code != test.want || answer.StatusCode != 200 {
					t.Errorf("got %d %s", answer.StatusCode, body)
				}
				return
			}
			var told struct{ Response map[string]json.RawMessage }
			if err := json.Unmarshal([]byte(body), &told); err != nil {
				t.Fatal(err)
			}
			if got := string(told.Response[test.field]); got != test.want && got != `"`+test.want+`"` {
				t.Errorf("got %s: %s", got, body)
			}
		})
	}
}

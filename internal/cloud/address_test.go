package cloud

import (
	"net"
	"net/http"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"

	"cloudjob/internal/field"
)

func TestEndpoint(t *testing.T) {
	for address, problem := range map[string]string{
		"https://pts.example.com":       "",
		"https://pts.example.com:8443/": "",
		"http://127.0.0.1:8787":         "",
		"http://localhost:8787":         "",
		"http://[::1]:8787":             "",
		"pts.example.com":               "an address like",
		"127.0.0.1:8787":                "an address like",
		"//pts.example.com":             "an address like",
		"ftp://pts.example.com":         "an address like",
		"https://":                      "an address like",
		"https:// pts":                  "an address like",
		"https://pts.example.com/v1":    "may hold only scheme, host and port",
		"https://pts.example.com?a=b":   "may hold only scheme, host and port",
		"https://pts.example.com#a":     "may hold only scheme, host and port",
		"https://me:pw@pts.example.com": "may hold only scheme, host and port",
		"http://pts.example.com":        "must be https",
		"http://10.0.0.1:8787":          "must be https",
		"http://localhost.evil":         "must be https",
		"http://localhost.":             "must be https",
		"http://LOCALHOST":              "must be https", // net/http would ask a proxy for it
		"http://127.1":                  "must be https", // a name, for net/http
		"http://2130706433":             "must be https",
		"http://0177.0.0.1":             "must be https",
		"http://0.0.0.0":                "must be https",
		"http://[::]":                   "must be https",
		"http://[::1%25lo]":             "must be https",
		"http://[::ffff:127.0.0.1]":     "",
		"http://[::ffff:10.0.0.1]":      "must be https",
		"http://[0:0:0:0:0:0:0:1]:80":   "",
		"http://127.0.0.1.evil":         "must be https",
		"http://127.0.0.1@evil.com":     "may hold only scheme, host and port",
		"http://localhost:80@evil.com":  "may hold only scheme, host and port",
		"http://evil.com#@localhost":    "may hold only scheme, host and port",
		"http://evil.com?@localhost":    "may hold only scheme, host and port",
		"http://evil.com\\@localhost":   "an address like",
		"http://localhost%2eevil":       "an address like",
		"http://localhost:port":         "an address like",
		"http:localhost":                "an address like",
		"http://127.0.0.1:0":            "port 0", // stands for the emulator, which a word is for
		"http://localhost:000":          "port 0",
		"Emulator":                      "is emulator",
		"http://emulator":               "must be https",
	} {
		var endpoint string
		set := field.Set{Endpoint(&endpoint, Tencent())}
		problems := set.DecodeInputs([]field.Input{{Name: "endpoint", Text: address}}, field.Options{}, nil)
		switch {
		case problem == "" && (len(problems) > 0 || endpoint != address):
			t.Errorf("%s: got %q, %v", address, endpoint, problems)
		case problem != "" && (len(problems) != 1 || !strings.Contains(problems.Error(), problem)):
			t.Errorf("%s: got %v, want one problem: %s", address, problems, problem)
		}
	}
}

// TestOwners: what a plan file may name. A label more or less makes it
// somebody else's.
func TestOwners(t *testing.T) {
	for address, owners := range map[string]string{
		"https://pts.tencentcloudapi.com":                          "Tencent",
		"https://pts.intl.tencentcloudapi.com":                     "Tencent",
		"https://batch.ap-guangzhou.tencentcloudapi.com:443/":      "Tencent",
		"https://PTS.TencentCloudAPI.com":                          "Tencent",
		"https://tencentcloudapi.com":                              "",
		"https://eviltencentcloudapi.com":                          "",
		"https://pts.eviltencentcloudapi.com":                      "",
		"https://pts.tencentcloudapi.com.evil.com":                 "",
		"https://pts.tencentcloudapi.com.":                         "",
		"https://pts.tencentcloudapi.co":                           "",
		"https://evil.com/.tencentcloudapi.com":                    "",
		"https://evil.com#.tencentcloudapi.com":                    "",
		"https://evil.com?.tencentcloudapi.com":                    "",
		"https://pts.tencentcloudapi.com@evil.com":                 "",
		"https://evil.com:443@pts.tencentcloudapi.com":             "Tencent", // but no address that is taken
		"https://pts.tencentcloudapi\u3002com":                     "",        // a full stop to IDNA
		"https://pts.tencentcl\u043eudapi.com":                     "",        // a Cyrillic o
		"https://xn--pts.tencentcloudapi.com":                      "Tencent",
		"https://pts..tencentcloudapi.com":                         "",
		"https://.tencentcloudapi.com":                             "",
		"https://evil.com\n.tencentcloudapi.com":                   "",
		"https://evil.com%0a.tencentcloudapi.com":                  "",
		"https://pts.tencentcloudapi.com:port":                     "",
		"pts.tencentcloudapi.com":                                  "",
		"https://drs.cn-north-4.myhuaweicloud.com":                 "Huawei",
		"https://drs.eu-west-101.myhuaweicloud.eu":                 "Huawei",
		"https://dayu-dlf.my-kualalumpur-1.myhuaweicloud.com:8443": "Huawei",
		"https://iam.myhuaweicloud.com":                            "Huawei",
		"https://myhuaweicloud.com":                                "",
		"https://evilmyhuaweicloud.com":                            "",
		"https://drs.cn-north-4.evilmyhuaweicloud.com":             "",
		"https://drs.cn-north-4.myhuaweicloud.com.evil.com":        "",
		"https://drs.cn-north-4.myhuaweicloud.com.":                "",
		"https://drs.cn-north-4.myhuaweicloud.cn":                  "",
		"https://drs.cn-north-4-myhuaweicloud.com":                 "",
		"https://bucket.obs.cn-north-4.myhuaweicloud.com":          "", // a customer's
		"https://bucket.obs-website.cn-north-4.myhuaweicloud.com":  "",
		"https://bucket.obs.myhuaweicloud.com":                     "",
		"https://drs.cn-north-4.huaweicloud.com":                   "",
		"https://id.apig.cn-north-4.huaweicloudapis.com":           "", // customers'
		"https://[::1]": "",
		"":              "",
	} {
		var got []string
		for name, vendor := range map[string]Vendor{"Tencent": Tencent(), "Huawei": Huawei()} {
			if vendor.Owns(address) {
				got = append(got, name)
			}
		}
		if strings.Join(got, " ") != owners {
			t.Errorf("%q is %q, want %q", address, got, owners)
		}
	}
}

// TestAddressInAPlan: a file that a pull request may bring sends no login to
// anybody but the vendor.
func TestAddressInAPlan(t *testing.T) {
	const refused = "any other host would get your login; give it as an input of a step"
	for _, test := range []struct {
		address string
		vendors []Vendor
		problem string
	}{
		{"https://drs.cn-north-4.myhuaweicloud.com", []Vendor{Huawei()}, ""},
		{"https://DRS.cn-north-4.MyHuaweiCloud.com:443/", []Vendor{Huawei()}, ""},
		{"https://drs.cn-north-4.myhuaweicloud.com", []Vendor{Tencent()}, "below tencentcloudapi.com, because"},
		{"https://sts.tencentcloudapi.com", []Vendor{Tencent(), Huawei()}, ""},
		{"https://iam.myhuaweicloud.com", []Vendor{Tencent(), Huawei()}, ""},
		{"https://evil.com", []Vendor{Tencent(), Huawei()}, "below tencentcloudapi.com, myhuaweicloud.com or myhuaweicloud.eu, because"},
		{"https://bucket.obs.cn-north-4.myhuaweicloud.com", []Vendor{Huawei()}, refused},
		{"https://127.0.0.1.evil.com", []Vendor{Huawei()}, refused},
		{"https://127.1", []Vendor{Huawei()}, refused},
		{"https://LOCALHOST", []Vendor{Huawei()}, refused},
		{"https://10.0.0.1", []Vendor{Huawei()}, refused},
		{"https://evil.com:443@drs.cn-north-4.myhuaweicloud.com", []Vendor{Huawei()}, "may hold only scheme, host and port"},
		{"http://drs.cn-north-4.myhuaweicloud.com", []Vendor{Huawei()}, "must be https"},
		{"https://127.0.0.1:8787", []Vendor{Huawei()}, ""},
		{"http://localhost:8787", []Vendor{Huawei()}, ""},
		{"http://[::1]:8787", []Vendor{Huawei()}, ""},
	} {
		var address string
		set := field.Set{Address("endpoint", &address, "Where.", test.vendors...)}
		root, complaint := field.Parse("plan.yml", []byte("endpoint: \""+test.address+"\"\n"))
		if complaint != nil {
			t.Fatal(complaint)
		}
		switch problems := set.DecodeYAML("plan.yml", root, field.Options{}, nil); {
		case test.problem == "" && (len(problems) > 0 || address != test.address):
			t.Errorf("%s: got %q, %v", test.address, address, problems)
		case test.problem != "" && (len(problems) != 1 || !strings.Contains(problems.Error(), test.problem) || !strings.HasPrefix(problems.Error(), "plan.yml:1:11: endpoint ")):
			t.Errorf("%s: got %v, want one problem: %s", test.address, problems, test.problem)
		}
		if test.problem == "" || strings.Contains(test.problem, "must be h") || strings.Contains(test.problem, "only") {
			continue
		}
		if problems := set.DecodeInputs([]field.Input{{Name: "endpoint", Text: test.address}}, field.Options{}, nil); len(problems) > 0 || address != test.address {
			t.Errorf("%s as an input: %v", test.address, problems)
		}
	}
}

// TestEmulatorWord: endpoint takes a word in place of an address, in a step and
// in a plan; login_endpoint does not, because logins follow endpoint.
func TestEmulatorWord(t *testing.T) {
	for _, vendor := range []Vendor{Tencent(), Huawei()} {
		var endpoint string
		set := field.Set{Endpoint(&endpoint, vendor)}
		problems := set.DecodeInputs([]field.Input{{Name: "endpoint", Text: "emulator"}}, field.Options{}, nil)
		if len(problems) > 0 || !Emulated(TargetText(struct{ Region, Endpoint string }{"x", endpoint})) {
			t.Errorf("endpoint is %q, %v", endpoint, problems)
		}
		if (Env{}).LoginAt(endpoint) != endpoint {
			t.Errorf("a login is at %q, not at the emulator", (Env{}).LoginAt(endpoint))
		}
		var planned string
		node := &yaml.Node{}
		if err := yaml.Unmarshal([]byte("endpoint: emulator"), node); err != nil {
			t.Fatal(err)
		}
		if problems := (field.Set{Endpoint(&planned, vendor)}).DecodeYAML("plan.yml", node.Content[0], field.Options{}, nil); len(problems) > 0 || planned != endpoint {
			t.Errorf("in a plan endpoint is %q, %v", planned, problems)
		}
	}
	var login Login
	problems := login.Fields().DecodeInputs([]field.Input{{Name: "login_endpoint", Text: "emulator"}}, field.Options{}, nil)
	if len(problems) != 1 || !strings.Contains(problems.Error(), "logins follow it there") {
		t.Errorf("login_endpoint: %v", problems)
	}
	for _, address := range []string{"", "https://pts.tencentcloudapi.com", "http://127.0.0.1:8787", "emulator"} {
		if Emulated(TargetText(struct{ Endpoint string }{address})) {
			t.Errorf("%q is taken for the emulator", address)
		}
	}
}

// TestEmulatorCannotBeDialled: what is not routed to the emulator leads to
// nowhere, and past every proxy.
func TestEmulatorCannotBeDialled(t *testing.T) {
	t.Setenv("HTTP_PROXY", "http://127.0.0.1:1")
	conn, err := (&net.Dialer{}).Dial("tcp", EmulatorHost)
	if err == nil {
		conn.Close()
		t.Error("somebody answers where the emulator stands for")
	}
	request, err := http.NewRequest(http.MethodPost, emulatorAddress, nil)
	if err != nil {
		t.Fatal(err)
	}
	if proxy, err := http.ProxyFromEnvironment(request); proxy != nil || err != nil {
		t.Errorf("it goes to the proxy %v, %v", proxy, err)
	}
}

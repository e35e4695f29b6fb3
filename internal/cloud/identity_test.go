package cloud

import "testing"

func TestBeside(t *testing.T) {
	for from, want := range map[string]string{
		"https://drs.cn-north-4.myhuaweicloud.com":     "https://sts.cn-north-4.myhuaweicloud.com",
		"https://drs.cn-north-4.myhuaweicloud.com:443": "https://sts.cn-north-4.myhuaweicloud.com:443",
		"https://drsx.cn-north-4.myhuaweicloud.com":    "https://drsx.cn-north-4.myhuaweicloud.com",
		"https://other.example.com":                    "https://other.example.com",
		"http://127.0.0.1:8787":                        "http://127.0.0.1:8787",
		"":                                             "",
	} {
		if got := Beside(from, "drs", "sts"); got != want {
			t.Errorf("%q: got %q, want %q", from, got, want)
		}
	}
}

package cloud

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
)

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

func TestText(t *testing.T) {
	type answer struct{ A, B, C, D, E, F Text }
	var got answer
	if err := json.Unmarshal([]byte(`{"A":" 100000000001 ","B":100000000001,"C":null,"D":{"x":1},"E":[1],"F":true}`), &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(answer{A: "100000000001", B: "100000000001"}, got); diff != "" {
		t.Error(diff)
	}
}

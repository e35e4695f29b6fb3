package huaweicpts

import (
	"math"
	"testing"
)

func FuzzAmount(f *testing.F) {
	for _, s := range []string{"1", "1.5", `"2"`, "null", "-1", `"NaN"`, "1e999", `{"a":1}`, `""`, "[]"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		var a amount
		if err := a.UnmarshalJSON([]byte(s)); err != nil || a.Value < 0 || math.IsNaN(a.Value) || math.IsInf(a.Value, 0) || !a.Given && a.Value != 0 {
			t.Errorf("%q: %+v, %v", s, a, err)
		}
	})
}

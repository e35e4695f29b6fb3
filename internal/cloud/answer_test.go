package cloud

import (
	"encoding/json"
	"testing"
)

func TestLegible(t *testing.T) {
	for in, want := range map[string]string{
		`{}`:                                            `{}`,
		` { "a" : [ ] , "b":{ } } `:                     ` { "a" : [ ] , "b":{ } } `, // as it came
		`{"a":[null]}`:                                  `{"a":[]}`,
		`{"a":[null,{"b":null}]}`:                       `{"a":[{"b":null}]}`,
		`{"a":[{"b":1}, null, {} ]}`:                    `{"a":[{"b":1},{}]}`,
		`{"a":[{},null,null]}`:                          `{"a":[{}]}`,
		`{"a":[null,{},null,[null]]}`:                   `{"a":[{},[]]}`,
		`{"a":[[null,{}],null,[]]}`:                     `{"a":[[{}],[]]}`,
		`{"a":[null,1,null]}`:                           `{"a":[null,1,null]}`, // values of a curve: the second is missing
		`{"a":["x",null]}`:                              `{"a":["x",null]}`,
		`{"a":[null,true]}`:                             `{"a":[null,true]}`,
		`{"a":12.0,"b":-0.50,"c":0.0}`:                  `{"a":12,"b":-0.50,"c":0}`,
		`{"a":1.5e3,"b":1E-3,"c":-7.000}`:               `{"a":1500,"b":1E-3,"c":-7}`,
		`{"a":9007199254740993,"b":9007199254740993.0}`: `{"a":9007199254740993,"b":9007199254740993}`, // in all digits, though a float64 does not hold it
		`{"a":1e400}`:                                   `{"a":1e400}`,
		`{"a,[null]":"[null,{}] 12.0 \" \\","b":"\\"}`:  `{"a,[null]":"[null,{}] 12.0 \" \\","b":"\\"}`,
		`{"a":true,"b":false}`:                          `{"a":true,"b":false}`,
	} {
		if got := string(legible([]byte(in), nil)); got != want {
			t.Errorf("legible(%s) = %s, want %s", in, got, want)
		}
	}
}

// FuzzLegible: whatever is valid JSON stays so, and is legible at once.
func FuzzLegible(f *testing.F) {
	for _, s := range []string{`{"a":[null,{"b":[1,null]},12.0]}`, `[null,[null]]`, `"\\\""`, ` 1e2 `, `{"":{"":[[],null]}}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		if !json.Valid(in) {
			return
		}
		once := legible(in, nil)
		if !json.Valid(once) {
			t.Fatalf("legible(%s) = %s", in, once)
		}
		if twice := legible(once, nil); string(twice) != string(once) {
			t.Errorf("legible(%s) = %s, and of that %s", in, once, twice)
		}
	})
}

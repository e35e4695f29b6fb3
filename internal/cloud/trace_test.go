package cloud

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestOutline(t *testing.T) {
	redact := func(text string) string { return strings.ReplaceAll(text, "private", "***") }
	for value, want := range map[string]string{
		`{}`: `{}`,
		`{"results":[{"id":"9a470239","status":"CONFIGURATION","error_code":null},null,{"id":1},2],"count":1.50}`:               `{results:[{id:‹8 characters›,status:"CONFIGURATION",error_code:null},null,… 2 more],count:1.50}`,
		`{"Response":{"RequestId":"4711","JobSet":[{"Note":"our secret plan","Value":"12.5","EndTime":"","Deep":{"a":true}}]}}`: `{Response:{RequestId:"4711",JobSet:[{Note:‹15 characters›,Value:‹digits›,EndTime:"",Deep:{a:true}}]}}`,
		`{"password":"123456","at":"2026-11-27T06:00:00+08:00","create_time":"2026-11-27 06:00:00"}`:                            `{password:‹digits›,at:‹a time›,create_time:"2026-11-27 06:00:00"}`,
		`{"a name of mine":{"status":"x"},"private":{"state":1}}`:                                                               `{‹14 characters›:{status:"x"},‹7 characters›:{state:1}}`,
		`{"error_msg":"private is no job"}`:               `{error_msg:"*** is no job"}`,
		`{"ErrorCodes":["a"],"Status":["a","b","c"]}`:     `{ErrorCodes:[‹1 characters›],Status:["a","b",… 1 more]}`,
		`{"AppId":125,"ids":[1],"run_id":2.5,"p":"100%"}`: `{AppId:‹digits›,ids:[‹digits›],run_id:‹digits›,p:‹digits›}`,
		`[1,2]`: `[1,2]`, `"text"`: `‹4 characters›`, `null`: `null`,
		`{"message":"` + strings.Repeat("x", 101) + `"}`: `{message:‹101 characters›}`,
	} {
		if got := outline([]byte(value), redact); got != want {
			t.Errorf("%s\ngot  %s\nwant %s", value, got, want)
		}
	}
	long := outline([]byte(`{"a":`+strings.Repeat(`{"state":"ü","b":`, 1000)+`1`+strings.Repeat("}", 1001)), nil)
	if len(long) > outlineLimit+len("…") || !strings.HasSuffix(long, "…") {
		t.Errorf("%d bytes, which end in %q", len(long), long[len(long)-10:])
	}
}

// FuzzOutline: a text that stands under no name of a word is never shown.
func FuzzOutline(f *testing.F) {
	f.Add("password", "hunter2", `{"status":"x"}`)
	f.Add("a b", "‹", `[[],{"a":[1]}]`)
	f.Fuzz(func(t *testing.T, name, text, other string) {
		if !json.Valid([]byte(other)) || len(text) < 8 || words().MatchString(name) || strings.Contains(other, text) || strings.Contains(name, text) {
			t.Skip()
		}
		value, err := json.Marshal(map[string]any{"list": []any{map[string]string{name: text}, json.RawMessage(other)}})
		if err != nil {
			t.Skip()
		}
		if got := outline(value, nil); strings.Contains(got, text) && !strings.Contains("‹digits›‹a time›characters", text) {
			t.Errorf("%s\nshows %q: %s", value, text, got)
		}
	})
}

package emulator

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"cloudjob/internal/emulator/emu"
)

func TestCallsAndBegun(t *testing.T) {
	e := world()
	c := client(e)
	do(t, c, startRequest(t, emu.Tencent, inProcess))
	do(t, c, startRequest(t, emu.Huawei, inProcess))
	do(t, c, startRequest(t, emu.Huawei, inProcess))
	unsigned := tencentRequest(t, inProcess, "StartJob", "{}")
	do(t, c, unsigned)
	do(t, c, huaweiRequest(t, "GET", inProcess+"/nowhere", ""))
	want := map[string]int{"StartJob": 2, "CreateTask": 2, Total: 5}
	if got := e.Calls(); !reflect.DeepEqual(got, want) {
		t.Errorf("calls %v, want %v", got, want)
	}
	begun := e.Begun()
	if len(begun) != 2 || len(begun["pts"]) != 1 || len(begun["cpts"]) != 2 {
		t.Errorf("begun %v", begun)
	}
}

func TestConcurrentCalls(t *testing.T) {
	e := world()
	base := serve(t, e)
	var all sync.WaitGroup
	for i := range 40 {
		all.Go(func() {
			c, v := client(e), emu.Vendor(i%2)
			if i%4 < 2 {
				c = http.DefaultClient
			}
			answer, err := c.Do(startRequest(t, v, base))
			if err != nil {
				t.Error(err)
				return
			}
			answer.Body.Close()
			e.Begun()
			e.Calls()
		})
	}
	all.Wait()
	if begun := e.Begun(); len(begun["pts"]) != 20 || len(begun["cpts"]) != 20 || e.Calls()[Total] != 40 {
		t.Errorf("%d and %d jobs, calls %v", len(begun["pts"]), len(begun["cpts"]), e.Calls())
	}
}

func TestLog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var lines []string
		e := New(Options{Speed: 60, Log: func(line string) { lines = append(lines, line) }}, halves()...)
		c := client(e)
		time.Sleep(time.Second)
		do(t, c, startRequest(t, emu.Tencent, inProcess))
		do(t, c, tencentRequest(t, inProcess, "Evil\tAction", "{}"))
		do(t, c, startRequest(t, emu.Huawei, inProcess))
		do(t, c, huaweiRequest(t, "GET", inProcess+"/evil%0Apath", ""))
		refuse := huaweiRequest(t, "DELETE", inProcess+echoPath+"x", "")
		s := huaweiKey()
		s.access, s.token = HuaweiTemporaryAccessKey, SessionToken
		s.sign(refuse, "")
		do(t, c, refuse)
		e.Inject(Fault{Kind: Drop, After: true})
		_, _ = c.Do(startRequest(t, emu.Huawei, inProcess))
		want := []string{
			"2000-01-01T00:01:00Z tencent pts StartJob 200 00000000-0000-4000-8000-000000000001",
			"2000-01-01T00:01:00Z tencent - - 200 AuthFailure.InvalidAuthorization 00000000-0000-4000-8000-000000000002",
			"2000-01-01T00:01:00Z huawei cpts CreateTask 201 00000000000000000000000000000003",
			"2000-01-01T00:01:00Z huawei - - 404 APIGW.0101 00000000000000000000000000000004",
			"2000-01-01T00:01:00Z huawei cpts Refuse 400 CPTS.1 00000000000000000000000000000005",
			"2000-01-01T00:01:00Z huawei cpts CreateTask no-answer 00000000000000000000000000000006 fault=Drop",
		}
		if !reflect.DeepEqual(lines, want) {
			t.Errorf("got\n%s", strings.Join(lines, "\n"))
		}
		for _, secret := range []string{Secret, SessionToken, AuthToken, "Signature="} {
			if strings.Contains(strings.Join(lines, "\n"), secret) {
				t.Errorf("the log has %q", secret)
			}
		}
	})
}

func TestClock(t *testing.T) {
	for _, speed := range []float64{0, 1, 60, 0.5} {
		synctest.Test(t, func(t *testing.T) {
			clock, began := NewClock(speed), time.Now()
			time.Sleep(time.Minute)
			factor := speed
			if factor == 0 {
				factor = 1
			}
			if got, want := clock().Sub(began), time.Duration(factor*float64(time.Minute)); got != want {
				t.Errorf("speed %v: %v passed, want %v", speed, got, want)
			}
		})
	}
}

func TestKindNames(t *testing.T) {
	seen := map[string]bool{}
	for k := Slow; k <= Forbidden; k++ {
		name := k.String()
		if name == "" || strings.Contains(name, "(") || seen[name] {
			t.Errorf("kind %d is called %q", k, name)
		}
		seen[name] = true
	}
	if got := Kind(99).String(); got != fmt.Sprintf("Kind(%d)", 99) {
		t.Error(got)
	}
}

// FuzzServe sends anything anywhere: nothing may panic but an aborted answer.
func FuzzServe(f *testing.F) {
	f.Add("POST", "/", "", "StartJob", "SKIP", "{}")
	f.Add("GET", "/v1/x/%2e%2e", "a=1;b", "", "SDK-HMAC-SHA256 Access=EMULATORAK, SignedHeaders=x-sdk-date, Signature=ab", "")
	f.Add("CONNECT", "", "", "", "", "")
	f.Add("OPTIONS", "*", "", "", "", "")
	f.Add("GET", "/v3/projects/", "", "", "", "")
	f.Add("GET", "/github/token", "api-version=2.0&audience=x", "", "bearer x", "")
	f.Add("POST", "/", "", "AssumeRoleWithWebIdentity", "SKIP", `{"ProviderId":"github-actions","WebIdentityToken":"a.b.c","DurationSeconds":"1e3"}`)
	f.Add("POST", "/v5/agencies/assume-with-oidc", "", "", "", `{"id_token":"a.b.c","duration_seconds":900.5}`)
	f.Add("POST", "/v3.0/OS-AUTH/id-token/tokens", "", "", "", `{"auth":{"id_token":{"id":"a.b.c"},"scope":{"project":null}}}`)
	f.Add("POST", "/v3.0/OS-CREDENTIAL/securitytokens", "", "", "", `{"auth":{"identity":{"methods":["token"],"token":7}}}`)
	f.Fuzz(func(t *testing.T, method, path, query, action, auth, body string) {
		r := httptest.NewRequest("GET", "/", strings.NewReader(body))
		r.Method, r.URL.Path, r.URL.RawQuery = method, path, query
		r.Header.Set("X-TC-Action", action)
		r.Header.Set("X-TC-Version", "2021-07-28")
		r.Header.Set("Authorization", auth)
		w := httptest.NewRecorder()
		e := world()
		e.ServeHTTP(w, r)
		if len(e.Begun()["pts"])+len(e.Begun()["cpts"])+e.Issued().Keys > 0 {
			t.Error("a job began, or a key was given, without a good signature")
		}
	})
}

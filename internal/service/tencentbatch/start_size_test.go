package tencentbatch

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"cloudjob/internal/service/servicetest"
)

// unplugged is a network that nobody may use.
type unplugged struct{ t *testing.T }

func (u unplugged) RoundTrip(r *http.Request) (*http.Response, error) {
	u.t.Errorf("%s was called", r.Header.Get("X-TC-Action"))
	return nil, errors.New("unplugged")
}

// TestSize: a job is as much as its tasks say, and nothing is called for that.
func TestSize(t *testing.T) {
	const by = " (by the timeouts of its tasks)"
	for name, test := range map[string]struct{ tasks, dependences, want string }{
		"one":                       {"{}", "", "1 instance, 24h" + by},
		"instances":                 {"{TaskInstanceNum: 1500, Timeout: 60}", "", "1,500 instances, 1m" + by},
		"side by side":              {"{TaskInstanceNum: 2, Timeout: 60}, {TaskName: b, TaskInstanceNum: 3, Timeout: 90}", "", "5 instances, 1m30s" + by},
		"one after the other":       {"{TaskName: a, Timeout: 60}, {TaskName: b, Timeout: 90}, {TaskName: c, Timeout: 5}", "{StartTask: a, EndTask: b}", "3 instances, 2m30s" + by},
		"the longest way":           {"{TaskName: a, Timeout: 60}, {TaskName: b, Timeout: 90}, {TaskName: c, Timeout: 5}, {TaskName: d, Timeout: 1}", "{StartTask: a, EndTask: d}, {StartTask: b, EndTask: c}, {StartTask: c, EndTask: d}", "4 instances, 1m36s" + by},
		"retries":                   {"{Timeout: 60, MaxRetryCount: 2}", "", "1 instance, 3m" + by},
		"in turns":                  {"{TaskInstanceNum: 5, Timeout: 60, MaxConcurrentNum: 2}", "", "5 instances, 3m" + by},
		"in turns, with retries":    {"{TaskInstanceNum: 4, Timeout: 60, MaxConcurrentNum: 2, MaxRetryCount: 1}", "", "4 instances, 4m" + by},
		"no instances":              {"{TaskInstanceNum: 0, Timeout: 60}", "", "0 instances, 1m" + by},
		"a timeout of 0":            {"{Timeout: 0}", "", "1 instance, duration not known (no document tells how long a task with Timeout 0 can run)"},
		"the most that can be said": {"{TaskInstanceNum: 2147483647, Timeout: 2147483647, MaxConcurrentNum: 1, MaxRetryCount: 5}", "", "2,147,483,647 instances, 9,223,372,036,854,775,807s" + by},
	} {
		t.Run(name, func(t *testing.T) {
			tasks := strings.ReplaceAll(test.tasks, "{", "{EnvId: env-demo0001, Application: {DeliveryForm: LOCAL, Command: x}, ")
			s := servicetest.Open(t, New(), unplugged{t}, "{region: ap-guangzhou, placement: {Zone: ap-guangzhou-4}, job: {JobName: j, Tasks: ["+tasks+"], Dependences: ["+test.dependences+"]}}")[0].(*service)
			if size, err := s.Size(t.Context()); err != nil || size.Text() != test.want {
				t.Errorf("%v: %s\nwant %s", err, size.Text(), test.want)
			}
		})
	}
}

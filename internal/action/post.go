package action

import (
	"context"
	"time"

	"cloudjob/internal/cloud"
	"cloudjob/internal/engine"
	"cloudjob/internal/job"
	"cloudjob/internal/report"
)

// postBudget is how long settling may take. After a cancel the runner gives
// all post steps of a job together less than five minutes.
const postBudget = 4 * time.Minute

// post settles what main left behind: it finds jobs of which only the mark was
// kept, stops those that nobody follows any more, and waits until the cloud
// confirms. It does nothing if main ended well or the user did not wait.
func (p *process) post(ctx context.Context) int {
	c := p.newConsole(p.secrets())
	env := cloud.Env{Getenv: p.getenv, Transport: &cloud.Transport{Base: p.network}}
	left, err := p.left(env)
	if err != nil {
		c.failure("cloudjob: post step", err.Error()+"; a job may still run: look for it in the console")
		return job.Internal.Exit()
	}
	if len(left) == 0 {
		c.line("nothing is left to settle")
		return 0
	}
	c.line("the step ended before its jobs did; settling them")
	ctx, cancel := context.WithTimeout(ctx, postBudget)
	defer cancel()
	s := progress{c: c, p: p}
	result := engine.Settle(ctx, left, 5*time.Second, s.show)
	result = c.redacted(result)
	p.addSummary(c, report.Settled(result))
	for _, item := range result.Items {
		switch item.Stop {
		case job.StopRequested, job.StopFailed:
			c.failure("cloudjob: it may still run", item.What+" "+item.Ref.ID+": "+string(item.Stop)+"; stop it in the console")
			err = context.DeadlineExceeded
		}
	}
	if err != nil {
		return job.Cancelled.Exit()
	}
	return 0
}

// Package engine owns the life of a job: what is started, in which order, and
// what the outcome of a whole step is.
package engine

import (
	"context"

	"golang.org/x/sync/errgroup"

	"cloudjob/internal/job"
)

// Service starts what one entry of a plan asked for: one job, or for DRS all
// tasks of one call.
type Service interface {
	// What names each job that Start will start, in the document's words:
	// "scenario scenario-demo". It is never empty.
	What() []string

	// Start asks the cloud to start them, once. It returns one item for each
	// name of What, in its order; the error of an item is a *job.Error, or a
	// fault of ours.
	Start(ctx context.Context) []job.Item
}

// Result is how a whole step ended.
type Result struct {
	Outcome job.Outcome
	Items   []job.Item
}

// together is how many starts may be under way at once. The published rates
// are kept by the transport; this bounds memory and connections only.
const together = 32

// Start starts all services, side by side, and tells notify of each service's
// items as they are known. A failure of one stops no other. The items are in
// the order of the services.
func Start(ctx context.Context, services []Service, notify func([]job.Item)) Result {
	items := make([][]job.Item, len(services))
	known := make(chan []job.Item)
	go func() {
		defer close(known)
		var g errgroup.Group
		g.SetLimit(together)
		for i, s := range services {
			g.Go(func() error {
				items[i] = s.Start(ctx)
				known <- items[i]
				return nil
			})
		}
		g.Wait()
	}()
	for list := range known {
		notify(list)
	}

	r := Result{Outcome: job.Started}
	for _, list := range items {
		for _, item := range list {
			r.Items = append(r.Items, item)
			r.Outcome = job.Worse(r.Outcome, job.OutcomeOf(item.Err))
		}
	}
	return r
}

// Failed is the result of services that could not be asked at all.
func Failed(services []Service, err error) []job.Item {
	var items []job.Item
	for _, s := range services {
		items = append(items, Each(s.What(), job.Item{Err: err})...)
	}
	return items
}

// Each gives every name the same item: what one call said of all of them.
func Each(what []string, item job.Item) []job.Item {
	items := make([]job.Item, len(what))
	for i, name := range what {
		items[i] = item
		items[i].What = name
	}
	return items
}

package engine

import (
	"sync"

	"cloudjob/internal/job"
)

// crew starts goroutines and waits for them. A panic in one ends only that one, and
// is passed as an error to a function that deals with it.
type crew struct{ all sync.WaitGroup }

func (c *crew) Go(do func(), failed func(error)) {
	c.all.Go(func() {
		if err := job.Caught(do); err != nil {
			failed(err)
		}
	})
}

func (c *crew) Wait() { c.all.Wait() }

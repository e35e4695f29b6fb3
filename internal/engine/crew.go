package engine

import (
	"sync"

	"cloudjob/internal/job"
)

// crew are goroutines that are waited for. A panic ends the one that it hits
// and no other, and is handed to the function that answers for it.
type crew struct{ all sync.WaitGroup }

func (c *crew) Go(do func(), failed func(error)) {
	c.all.Go(func() {
		if err := job.Caught(do); err != nil {
			failed(err)
		}
	})
}

func (c *crew) Wait() { c.all.Wait() }

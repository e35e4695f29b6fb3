package engine

import (
	"context"
	"slices"
	"time"

	"cloudjob/internal/job"
)

// Left is a service that an earlier process left behind.
type Left struct {
	Provider string
	Follower Follower
	Record   Record
}

// Settle does what the process that wrote the records could not: it finds jobs
// of which only the mark was kept, stops those that nobody follows any more,
// and waits until the cloud confirms. It may run beside that process, and more
// than once. Jobs that are left on purpose are named and not touched.
func Settle(ctx context.Context, left []Left, every time.Duration, notify func(Event)) Result {
	var result Result
	for _, l := range left {
		l.Follower = boundedFollower{l.Follower}
		if !l.Record.Done {
			result.Items = append(result.Items, settle(ctx, l, every, notify)...)
		}
	}
	result.Outcome = merge(result.Items)
	return result
}

func settle(ctx context.Context, l Left, every time.Duration, notify func(Event)) []job.Item {
	began := time.Now()
	items := Each(l.Record.What, job.Item{Provider: l.Provider})
	tell := func(kind Kind, item job.Item, text string) {
		if notify != nil {
			notify(Event{Kind: kind, Item: item, Text: text, Took: time.Since(began)})
		}
	}
	seen := make([]bool, len(items))
	settleOne := func(k Kept) {
		item := &items[k.Index]
		seen[k.Index] = true
		item.Ref, item.How, item.End = k.Ref, job.Adopted, job.Cancelled
		end(ctx, l, k, every, item)
		tell(Ends, *item, "")
	}
	for _, k := range l.Record.Jobs {
		settleOne(k)
	}
	for _, i := range l.Record.Intent.Skip {
		seen[i] = true
	}
	several := func(i int, of []Found) {
		seen[i], items[i].Err = true, unclear(of)
		tell(Ends, items[i], "")
	}
	find(ctx, l, seen, settleOne, several, func(text string) { tell(Trouble, items[0], text) })
	for i := range items {
		if !seen[i] {
			items[i].Note = "no job was found; probably none was started"
		}
	}
	return items
}

// find looks for jobs whose start was not answered to the earlier process, and
// hands over each as it is found, and those that could all be the same one.
func find(ctx context.Context, l Left, seen []bool, found func(Kept), several func(int, []Found), trouble func(string)) {
	if l.Record.Intent.Mark == "" || l.Record.Asked {
		return
	}
	for _, delay := range search {
		if !slices.Contains(seen, false) {
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(delay):
		}
		all, err := l.Follower.Find(ctx, l.Record.Intent)
		if err != nil {
			trouble("the job is looked for: " + err.Error())
		}
		for i, of := range byIndex(all, len(seen)) {
			switch {
			case len(of) == 0 || seen[i]:
			case len(of) == 1 && of[0].Unsure == "":
				found(Kept{Index: i, Ref: of[0].Ref})
			default:
				several(i, of)
			}
		}
	}
}

// end stops one job and waits for it, if it is ours to stop.
func end(ctx context.Context, l Left, k Kept, every time.Duration, item *job.Item) {
	read := func(_ int, s job.Status) {
		item.Last, item.Status = s, s.Word
		if s.State.Over() && !s.Costs {
			item.Stop = stopped(s.State)
		}
	}
	begun := k.Stop == job.StopRequested || k.Stop == job.StopFailed
	if k.Stop == job.StopLeft || !begun && !stops(l.Follower, k.Ref, l.Record.Policy, k.Theirs) {
		item.Stop = job.StopLeft
		if statuses, err := l.Follower.Status(ctx, []job.Ref{k.Ref}); err == nil && len(statuses) == 1 {
			read(0, statuses[0])
		}
		return
	}
	item.Stop = job.StopRequested
	if statuses, err := l.Follower.Status(ctx, []job.Ref{k.Ref}); err == nil && len(statuses) == 1 {
		if read(0, statuses[0]); statuses[0].State.Over() && !statuses[0].Costs {
			if k.Stop == "" {
				item.Stop = job.StopNotNeeded
			}
			return
		}
	}
	// A stop is sent again even if the earlier process sent one: it may not have arrived.
	if err := askToStop(ctx, l.Follower, k.Ref, l.Record.Policy == Terminate); err != nil {
		item.Stop, item.Err = job.StopFailed, err
	}
	confirm(ctx, l.Follower, []job.Ref{k.Ref}, every, read)
}

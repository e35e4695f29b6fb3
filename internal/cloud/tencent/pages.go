package tencent

import (
	"errors"
	"iter"
)

// ErrGoesOn ends the pages of a list that has more of them than are read.
var ErrGoesOn = errors.New("the list goes on")

// Pages reads a list page by page, as long as somebody takes them, and at most so
// many. list reads the page that begins at offset, and has limit entries if it is
// full; total is what the cloud says the list has, 0 if it does not.
func Pages[Entry any](most, limit int, list func(offset int) (page []Entry, total int, err error)) iter.Seq2[[]Entry, error] {
	return func(yield func([]Entry, error) bool) {
		for n := range most {
			page, total, err := list(n * limit)
			if err != nil {
				yield(nil, err)
				return
			}
			if !yield(page, nil) || !more(n+1, limit, len(page), total) {
				return
			}
		}
		yield(nil, ErrGoesOn)
	}
}

// more tells whether a list goes on after so many pages, of the last of which so
// many entries were legible: the cloud need not tell a total, nor need an entry be
// one (facts tencent-pts §1).
func more(pages, limit, legible, total int) bool {
	if total > 0 {
		return pages*limit < total && legible > 0
	}
	return legible >= limit
}

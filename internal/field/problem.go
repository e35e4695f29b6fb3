package field

import (
	"fmt"
	"slices"
	"strings"
)

// Place is where a user wrote something: a line of a file, or an input.
type Place struct {
	File string // the plan file's path, or the input's name
	Line int    // 0: the input as a whole
	Col  int
}

func (p Place) String() string {
	switch {
	case p.Line == 0:
		return p.File
	case p.Col == 0:
		return fmt.Sprintf("%s:%d", p.File, p.Line)
	}
	return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Col)
}

// Problem is one mistake of the user's: where, what is wrong and what is right.
type Problem struct {
	Place Place
	Text  string // one sentence, without a full stop
}

func (p Problem) String() string { return p.Place.String() + ": " + p.Text }

// Problems are all mistakes found, in the order of their places within a file.
type Problems []Problem

func (ps Problems) Error() string {
	lines := make([]string, len(ps))
	for i, p := range ps {
		lines[i] = p.String()
	}
	return strings.Join(lines, "\n")
}

// Sort orders the problems of each file by line and column and keeps the
// order of the files.
func (ps Problems) Sort() {
	order := map[string]int{}
	for _, p := range ps {
		if _, seen := order[p.Place.File]; !seen {
			order[p.Place.File] = len(order)
		}
	}
	slices.SortStableFunc(ps, func(a, b Problem) int {
		if c := order[a.Place.File] - order[b.Place.File]; c != 0 {
			return c
		}
		if c := a.Place.Line - b.Place.Line; c != 0 {
			return c
		}
		return a.Place.Col - b.Place.Col
	})
}

// Unique drops problems that say the same about the same place.
func (ps Problems) Unique() Problems {
	said := map[Problem]bool{}
	return slices.DeleteFunc(ps, func(p Problem) bool {
		again := said[p]
		said[p] = true
		return again
	})
}

// Nearest returns the name that was probably meant by word, or "".
func Nearest(word string, names []string) string {
	best, bestDistance := "", max(1, len(word)/3)+1
	for _, name := range names {
		if d := distance(strings.ToLower(word), strings.ToLower(name)); d < bestDistance {
			best, bestDistance = name, d
		}
	}
	return best
}

// NearestFirst are the names, those most like word first.
func NearestFirst(word string, names []string) []string {
	far := map[string]int{}
	for _, name := range names {
		far[name] = distance(strings.ToLower(word), strings.ToLower(name))
	}
	sorted := slices.Clone(names)
	slices.SortStableFunc(sorted, func(a, b string) int { return far[a] - far[b] })
	return sorted
}

// distance is the number of edits between a and b. Swapping two neighbours is one edit.
func distance(a, b string) int {
	if len(a) > 64 || len(b) > 64 {
		return max(len(a), len(b))
	}
	var two, one []int
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		two, one, row = one, row, make([]int, len(b)+1)
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(one[j]+1, row[j-1]+1, one[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], two[j-2]+1)
			}
		}
	}
	return row[len(b)]
}

// List writes names as a person would: a, b or c.
func List(names []string) string {
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	return strings.Join(names[:len(names)-1], ", ") + " or " + names[len(names)-1]
}

// Quote shows what the user wrote, in quotes and not all of it if it is long.
func Quote(s string) string { return fmt.Sprintf("%q", shortened(s, 40)) }

func shortened(s string, limit int) string {
	if r := []rune(s); len(r) > limit {
		return string(r[:limit]) + "…"
	}
	return s
}

// valueLimit is how many values one reading takes: aliases of YAML, and a file that is
// named again and again, could multiply them.
const valueLimit = 100_000

// problemLimit is how many mistakes one reading looks for. With more, the text is
// probably not a plan at all.
const problemLimit = 200

// Budget is how many values and problems one reading may still have. The jobs of a plan
// share one.
type Budget struct {
	values, problems int
	said             map[Problem]bool
}

// NewBudget is the budget of one reading.
func NewBudget() *Budget { return &Budget{valueLimit, problemLimit, map[Problem]bool{}} }

// Use spends n values. If that is too much, the next value that is read says so.
func (b *Budget) Use(n int) { b.values = max(min(b.values, 1), b.values-n) }

// Spent reports whether nothing more is to be read.
func (b *Budget) Spent() bool { return b.values <= 0 || b.problems <= 0 }

// Complain adds a problem, unless there are enough. A problem that is found again, such
// as in a default of several jobs, spends nothing.
func (b *Budget) Complain(ps *Problems, p Problem) {
	if b.Spent() {
		return
	}
	if b.said[p] {
		*ps = append(*ps, p)
		return
	}
	b.said[p] = true
	if b.problems--; b.problems == 0 {
		p.Text += fmt.Sprintf("; these are %d mistakes, no more are looked for", problemLimit)
	}
	*ps = append(*ps, p)
}

package report

import (
	"fmt"
	"strings"

	"cloudjob/internal/job"
	"cloudjob/internal/locale"
)

// This file says that jobs of the emulator were not real, before anything else is said
// about them.

// notReal is the sentence about this many emulated jobs of all; "" if there are none.
func notReal(emulated, all int) string {
	switch {
	case emulated == 0:
		return ""
	case emulated == all:
		return "Emulated: nothing real ran. The emulator inside of the step played the cloud (endpoint: emulator)."
	}
	return fmt.Sprintf("Emulated: %d of %d jobs were not real. The emulator inside of the step played their cloud (endpoint: emulator).", emulated, all)
}

// banner is the same, as the first line of a summary.
func banner(emulated, all int) string {
	text := notReal(emulated, all)
	if text == "" {
		return ""
	}
	first, rest, _ := strings.Cut(text, ". ")
	return "🧪 **" + first + ".** " + rest + "\n\n"
}

func emulatedItems(items []job.Item) (n int) {
	for _, item := range items {
		if item.Emulated {
			n++
		}
	}
	return n
}

func emulatedResults(results []Result) (n int) {
	for _, r := range results {
		if r.Emulated {
			n++
		}
	}
	return n
}

// LostEmulated is the job summary of a post step that cannot take over the emulated
// cloud of main.
func LostEmulated(text string) string {
	return "### 🧪 The emulated jobs ended with the step\n\n" + cell(text) + "\n"
}

// Gates are all gates of all jobs as plain text in the book's language, for a log or a
// terminal; "" if there are none. There is no line break at its end.
func Gates(results []Result, book *locale.Book) string {
	var table [][]string
	for _, r := range results {
		rows := gateRows(r)
		if len(rows) > 0 && len(results) > 1 {
			table = append(table, []string{book.Text(clean(r.title()))})
		}
		for _, g := range rows {
			name := g.Gate
			if g.Name != "" {
				name = g.Name + ": " + g.Gate
			}
			columns := []string{g.Mark + " " + g.Word, name, g.Actual, g.Headroom, g.Note}
			if g.Based {
				columns[4] = strings.TrimSuffix("limit "+g.Limit+"; "+g.Note, "; ")
			}
			for i := range columns {
				columns[i] = clean(columns[i])
			}
			table = append(table, worded(columns, book))
		}
	}
	return aligned(table)
}

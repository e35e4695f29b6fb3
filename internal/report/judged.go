package report

import (
	"cmp"
	"fmt"
	"html"
	"net/url"
	"slices"
	"strings"

	"cloudjob/internal/job"
)

// Where a reader finds what a summary leaves out: in the files of report_dir, if there
// are any.
const (
	inFiles = "`result.json` and `report.html` have all"
	nowhere = "files have all if report&#95;dir asks for them"
)

// inResult says where the whole of a result can be found.
func inResult(r Result) string {
	if r.Kept {
		return inFiles
	}
	return nowhere
}

// sheet is a summary that is being written. A part that does not fit is left out as a
// whole, and named at the end.
type sheet struct {
	strings.Builder
	limit int
	cut   []string
	where string // where the parts that were left out can be found
}

func (s *sheet) add(name, text string) {
	if text == "" {
		return
	}
	if s.Len()+len(text) > s.limit {
		s.cut = append(s.cut, name)
		return
	}
	s.WriteString(text)
}

// left says what was left out. Every sheet keeps room for this sentence.
func (s *sheet) left() string {
	if s.cut == nil {
		return ""
	}
	return fmt.Sprintf("Not shown here: %s; %s.\n\n", strings.Join(s.cut, ", "), s.where)
}

const leftRoom = 400

// Judged is the job summary of judged jobs: of one as it is, of several as a
// table and a folded section each.
func Judged(results []Result) string {
	return together(results, summaryLimit, section, func(left, jobs int) int { return max(left/jobs, min(left, 6<<10)) })
}

// together puts the texts about the jobs together, in at most limit bytes. The text
// about each job is written by one. A single job is shown as it is, several below a
// table. share is how many of the bytes that are left the next of so many jobs may
// take.
func together(results []Result, limit int, one func(level string, r Result, limit int) string, share func(left, jobs int) int) string {
	top := banner(emulatedResults(results), len(results))
	if len(results) == 1 {
		return top + one("###", results[0], limit-1-len(top))
	}
	results = worstFirst(results)
	where := nowhere
	if slices.ContainsFunc(results, func(r Result) bool { return r.Kept }) {
		where = inFiles
	}
	var b strings.Builder
	b.WriteString(top)
	mark, text := sayAll(results)
	fmt.Fprintf(&b, "### %s %s\n\n| | Job | What happened |\n| --- | --- | --- |\n", mark, cell(text))
	fill(&b, limit/2, len(results), "job", where, func(i int) string { return jobRow(results[i]) })
	b.WriteString("\n")
	for _, t := range beside(results) {
		if text := t.markdown(); b.Len()+len(text) <= limit/2 {
			b.WriteString(text)
		}
	}
	for i, r := range results {
		room := share(limit-b.Len()-leftRoom, len(results)-i)
		open, shut := fold(headingOf(r)), "</details>\n\n"
		if mark, _, _ := say(r); i == 0 && mark != Mark(job.Succeeded) { // readers look for what is wrong
			open = unfold(headingOf(r))
		}
		if room < max(2<<10, len(open)+len(shut)+leftRoom) {
			fmt.Fprintf(&b, "%s more without a section here: %s.\n", plural(len(results)-i, "job"), where)
			break
		}
		b.WriteString(open + one("", r, room-len(open)-len(shut)) + shut)
	}
	return b.String()
}

// worstFirst sorts results by how they ended, and keeps the order of equal ones.
func worstFirst(results []Result) []Result {
	order := []string{"❌", "❓", "⏱️", "🛑", "⚠️", "✅"}
	sorted := slices.Clone(results)
	rank := func(r Result) int { mark, _, _ := say(r); return slices.Index(order, mark) }
	slices.SortStableFunc(sorted, func(a, b Result) int { return rank(a) - rank(b) })
	return sorted
}

// sayAll is the first line about several results, of which the worst is the first.
func sayAll(results []Result) (mark, text string) {
	if len(results) == 0 {
		return "❓", "No job was judged"
	}
	good, ended := 0, 0
	for _, r := range results {
		switch r.Outcome {
		case job.Succeeded, job.Started:
			good++
		case job.Stopped:
			ended++
		}
	}
	mark, _, reason := say(results[0])
	switch {
	case good == len(results):
		return mark, plural(good, "job") + " passed"
	case ended == len(results):
		return mark, plural(ended, "job") + " stopped"
	case good+ended == len(results):
		return mark, fmt.Sprintf("%s passed, %d stopped", plural(good, "job"), ended)
	}
	return mark, fmt.Sprintf("%d of %d jobs passed; %s: %s", good, len(results), results[0].title(), reason)
}

func headingOf(r Result) string {
	mark, word, _ := say(r)
	return fmt.Sprintf("%s %s: %s", mark, cell(word), cell(r.title()))
}

// fold begins a part that is folded, and unfold one that is open. After the empty
// line GitHub reads Markdown again.
func fold(title string) string   { return "<details><summary>" + title + "</summary>\n\n" }
func unfold(title string) string { return "<details open><summary>" + title + "</summary>\n\n" }

func folded(title, text string) string {
	if text == "" {
		return ""
	}
	return fold(title) + text + "\n</details>\n\n"
}

// jobRow is a job's row in the table of several. It has three columns, so that a
// telephone shows all of it.
func jobRow(r Result) string {
	mark, word, reason := say(r)
	if r.StillCosts != "" && !strings.Contains(reason, r.StillCosts) {
		reason += "; " + r.StillCosts
	}
	return fmt.Sprintf("| %s | %s | %s |\n", mark, jobCell(r.Name, r.What, cell(r.Provider), refOf(r.What, r.Ref), link(r.Console, "console"), lasted(r)),
		strings.TrimSuffix("**"+cell(word)+"**: "+cell(reason), ": "))
}

// refOf is the short form of those ids of a job that its name does not contain.
func refOf(what string, ref job.Ref) string {
	run := id(brief(ref.Run))
	if run != "" {
		run = "run " + run
	}
	if strings.Contains(what, ref.ID) {
		return run
	}
	return strings.TrimSuffix(id(brief(ref.ID))+", "+run, ", ")
}

// joined puts the parts that are not empty into one line.
func joined(parts ...string) string {
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), " · ")
}

// section is the text about one job, in at most limit bytes: first what decides about
// a release, then what explains that, and then everything else, folded.
func section(level string, r Result, limit int) string {
	s := &sheet{limit: limit - leftRoom, where: inResult(r)}
	top(s, level, r)
	list := curves(r)
	if len(list) > 0 {
		s.add("the chart", chart(list[0])+"\n")
	}
	s.add("the ids", identity(r))
	if decided(r) {
		s.add("what the cloud says", bullets("What the cloud says", reasons(r), s.limit/8, s.where))
	}
	s.add("the notes", bullets("Notes", slices.Concat(r.Notes, r.Report.Notes), s.limit/10, s.where))
	s.add("the items", items(r, s.limit/4))
	if len(list) > 1 {
		s.add("the second chart", folded("Chart: "+cell(list[1].name), chart(list[1])))
	}
	s.add("the slowest requests", slowest(r, s.limit/6))
	s.add("the errors", table("Errors by kind", []string{"Error", "Count", "Share of errors"}, errorTable(r.Report), 20, s.limit/10, s.where))
	s.add("the other values", table("Checks and other values", []string{"Value", ""}, rowsOf(labelled(r.Report)), 20, s.limit/10, s.where))
	s.add("the totals", table("All totals", []string{"Metric", "Value"}, rowsOf(totals(r)), 60, s.limit/10, s.where))
	s.add("the timeline", table("Timeline", []string{"When (UTC)", "What"}, rowsOf(timeline(r)), 20, s.limit/10, s.where))
	s.add("the facts", table("Facts and ids", []string{"Fact", "Value"}, rowsOf(facts(r)), 40, s.limit/10, s.where))
	s.add("how to run it again", again(r))
	return s.String() + s.left()
}

// top is the first line about a job, unless its section has a heading, and then its
// gates, or the reason why they were not judged.
func top(s *sheet, level string, r Result) {
	if level != "" {
		s.add("the reason", fmt.Sprintf("%s %s\n\n", level, cell(firstLine(r))))
	}
	if !decided(r) {
		s.add("what the cloud says", bullets("What the cloud says", reasons(r), s.limit/8, s.where))
	}
	s.add("the gates", gateTable(r, s.limit/3))
}

// decided reports whether it was the gates that decided the outcome of a job.
func decided(r Result) bool {
	return r.Outcome == job.Succeeded || r.Outcome == job.GateFailed || r.Outcome == job.Unjudged
}

// reasons are those reasons that the first line does not already say.
func reasons(r Result) []string {
	_, _, said := say(r)
	return slices.DeleteFunc(slices.Clone(r.Why), func(line string) bool { return strings.HasPrefix(said, line) })
}

// identity is the line that says which job, commit and run a result is of, with links.
func identity(r Result) string {
	what := r.What
	if r.Name != "" {
		what = r.Name + ", " + what
	}
	return joined(paragraph(r.Provider), cell(what), refOf(r.What, r.Ref), link(r.Console, "console"), lasted(r), cell(stoppedAs(r.Stop, r.StillCosts)), commitOf(r), link(r.RunURL, "workflow run")) + "\n\n"
}

// lasted says how long a job ran, or nothing.
func lasted(r Result) string {
	if ran := ran(r); ran != "" {
		return "ran " + whole(ran)
	}
	return ""
}

// commitOf is the short form of a commit, with a link if there is one.
func commitOf(r Result) string {
	if r.Commit == "" {
		return ""
	}
	text := "commit " + brief(r.Commit)
	return cmp.Or(link(commitURL(r), text), cell(text))
}

// commitURL is the address of a commit, "" if the run does not tell where its
// repository is.
func commitURL(r Result) string {
	repository, _, ok := strings.Cut(r.RunURL, "/actions/runs/")
	if address := repository + "/commit/" + r.Commit; ok && r.Commit != "" && allHex([]rune(r.Commit)) && link(address, "") != "" {
		return address
	}
	return ""
}

// link is empty for an address that is not a plain https or http address.
func link(address, text string) string {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil || len(address) > 1000 || strings.ContainsAny(address, " \t\r\n\"'`|\\<>[]{}^*$") || clean(address) != address {
		return ""
	}
	return `<a href="` + html.EscapeString(address) + `">` + text + "</a>"
}

// gatesOpen is how many gates are shown without unfolding them, the worst first.
const gatesOpen = 12

func gateTable(r Result, limit int) string {
	rows := gateRows(r)
	if len(rows) == 0 {
		return ""
	}
	trend := slices.ContainsFunc(rows, func(g gateRow) bool { return g.Bars != "" })
	open := rows
	if len(rows) > gatesOpen+1 {
		open = rows[:gatesOpen]
	}
	text := gateGrid(r, open, trend, limit)
	if more := rows[len(open):]; len(more) > 0 {
		title := plural(len(more), "more gate")
		text += folded(title, gateGrid(r, more, trend, limit-len(text)-len(fold(title))))
	}
	return text
}

// gateGrid is a table of gates. It has three columns, or four with the last results,
// because a phone has no room for more.
func gateGrid(r Result, rows []gateRow, trend bool, limit int) string {
	head, rule := "", ""
	if trend {
		head, rule = " Last results |", " --- |"
	}
	var b strings.Builder
	b.WriteString("| | Gate | Actual |" + head + "\n| --- | --- | --- |" + rule + "\n")
	fill(&b, limit, len(rows), "gate", inResult(r), func(i int) string {
		g := rows[i]
		bars := ""
		if trend {
			bars = " " + g.Bars + " |"
		}
		return fmt.Sprintf("| %s | %s | %s |%s\n", g.Mark, title(g), actual(g), bars)
	})
	return b.String() + "\n"
}

// actual is the cell with a gate's value, its distance from the limit, and what a
// reader should know about it.
func actual(g gateRow) string {
	text, note := whole(g.Actual), breakable(g.Note)
	switch {
	case g.Headroom != noHeadroom:
		text += ", " + strings.ReplaceAll(cell(g.Headroom), " %", "\u00a0%")
	case !g.Known && note != "":
		return text + ": " + note
	}
	return strings.TrimSuffix(text+"<br>"+note, "<br>")
}

// whole keeps a short text on one line.
func whole(s string) string {
	if len(s) > 20 {
		return cell(s)
	}
	return escape(strings.ReplaceAll(clean(s), " ", "\u00a0"), apart)
}

// breakable is a text whose addresses and names of metrics may break.
func breakable(s string) string { return dividable(cell(s)) }

// title is the cell with a gate's line. That has the limit in it; a limit that comes
// from a baseline is added.
func title(g gateRow) string {
	text := strings.NewReplacer("(", "(<wbr>", "{", "{<wbr>").Replace(code(g.Gate)) // may break there on a phone
	if g.Name != "" {
		text = "**" + cell(g.Name) + "**<br>" + text
	}
	if g.Based {
		text += "<br>" + cell("limit "+g.Limit)
	}
	return text
}

// chart is a picture, and the same in words for readers without it.
func chart(c curve) string {
	text := code(c.name) + ": " + c.extent()
	if len(c.limits) > 0 {
		text += "; " + cell(legend(c))
	}
	return mermaid(c) + "\n" + text + ".\n"
}

// itemsOpen is how many items are shown without unfolding them.
const itemsOpen = 10

func items(r Result, limit int) string {
	rows := partTable(r.Report)
	if len(rows) == 0 {
		return ""
	}
	unwell := 0
	for _, row := range rows {
		if row[0] == markUnwell {
			unwell++
		}
	}
	title := plural(len(rows), "item")
	if unwell > 0 {
		title = fmt.Sprintf("%s, of which %d did not end well", title, unwell)
	}
	text := grid([]string{"", "Item", "Status", "Detail"}, rows, len(rows), 200, limit, inResult(r))
	if len(rows) > itemsOpen {
		return folded(title, text)
	}
	return unfold(title) + text + "\n</details>\n\n"
}

func slowest(r Result, limit int) string {
	head, rows, total := requestTable(r.Report, 10)
	if total == 0 {
		return ""
	}
	where := inResult(r)
	if n := gone(r.Report); n > 0 {
		where = fmt.Sprintf("`result.json` has %d of them, as the report was too large to keep", total-n)
	}
	return folded(fmt.Sprintf("Slowest requests (%d of %d)", len(rows), total), grid(head, rows, total, 10, limit, where))
}

func rowsOf(pairs []pair) [][]string {
	rows := make([][]string, len(pairs))
	for i, p := range pairs {
		rows[i] = []string{p.Name, p.Text}
	}
	return rows
}

// table is a folded table, or "" if it has no rows.
func table(title string, head []string, rows [][]string, most, limit int, where string) string {
	if len(rows) == 0 {
		return ""
	}
	return folded(title, grid(head, rows, len(rows), most, limit, where))
}

// grid is a table of at most so many rows and bytes. It says how many rows of the
// total it does not show, and where they can be found.
func grid(head []string, rows [][]string, total, most, limit int, where string) string {
	var b strings.Builder
	b.WriteString("| " + strings.Join(head, " | ") + " |\n|" + strings.Repeat(" --- |", len(head)) + "\n")
	shown := 0
	for _, row := range rows[:min(most, len(rows))] {
		text := "|"
		for _, value := range row {
			text += " " + cell(value) + " |"
		}
		if b.Len()+len(text) > limit-200 { // for the sentence about what is not shown
			break
		}
		b.WriteString(text + "\n")
		shown++
	}
	if shown < total {
		fmt.Fprintf(&b, "\n%d more, not shown here: %s.\n", total-shown, where)
	}
	return b.String()
}

func bullets(title string, lines []string, limit int, where string) string {
	if len(lines) == 0 {
		return ""
	}
	var b strings.Builder
	b.WriteString("#### " + title + "\n\n")
	fill(&b, limit, len(lines), "line", where, func(i int) string { return "- " + paragraph(lines[i]) + "\n" })
	return b.String() + "\n"
}

// rerunShown is how long a command may be to be shown. It is never cut, because a cut
// command would run something else.
const rerunShown = 8 << 10

func again(r Result) string {
	switch {
	case r.Rerun == "" || len(r.Rerun) > rerunShown && !r.Kept:
		return ""
	case len(r.Rerun) > rerunShown:
		return folded("Run it again locally", "The command is too long to show here; `result.json` has it as rerun.\n")
	}
	text := block(r.Rerun)
	if asked := variables(r.Rerun); asked != nil {
		text += "\n" + cell(fmt.Sprintf("Set %s first: what may hold a secret is not shown.", strings.Join(asked, ", "))) + "\n"
	}
	return folded("Run it again locally", text)
}

// variables are the environment variables that a command needs.
func variables(command string) (names []string) {
	for _, part := range strings.Split(command, `"${`)[1:] {
		if name, _, ok := strings.Cut(part, ":?"); ok {
			names = append(names, name)
		}
	}
	return names
}

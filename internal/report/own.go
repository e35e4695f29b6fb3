package report

import (
	"bytes"
	"strconv"
	"strings"
)

// madeBy is the mark that the files of report_dir bear.
const madeBy = "cloudjob"

// madeTrend is the same of a page of trends.
const madeTrend = madeBy + " trend"

// RerunMark is how rerun.yml begins, the plan file that runs a step again.
const RerunMark = "# " + madeBy + ": what ran, to be run again\n"

// Named tells of a name that a file of report_dir can have: of several jobs
// each has a result and a series with its number.
func Named(name string) bool {
	if name == "report.html" || name == "junit.xml" || name == "rerun.yml" || name == EvidenceName {
		return true
	}
	for _, of := range [][2]string{{"result", ".json"}, {"series", ".csv"}} {
		rest, begins := strings.CutPrefix(name, of[0])
		number, ends := strings.CutSuffix(rest, of[1])
		if !begins || !ends {
			continue
		}
		if number == "" {
			return true
		}
		n, err := strconv.Atoi(strings.TrimPrefix(number, "-"))
		return err == nil && n > 0 && number == "-"+strconv.Itoa(n)
	}
	return false
}

// Ours tells by how such a file, or a page of trends, begins that it was written
// here. A series has no room for a mark but its first column.
func Ours(name string, head []byte) bool {
	switch {
	case name == "report.html":
		return bytes.Contains(head, []byte(`<meta name="generator" content="`+madeBy+`">`))
	case name == TrendName:
		return bytes.Contains(head, []byte(`<meta name="generator" content="`+madeTrend+`">`))
	case name == "junit.xml":
		return bytes.Contains(head, []byte(`<testsuites name="`+madeBy+`">`))
	case name == "rerun.yml":
		return bytes.HasPrefix(head, []byte(RerunMark))
	case strings.HasPrefix(name, "series"):
		return bytes.HasPrefix(head, []byte("seconds\n")) || bytes.HasPrefix(head, []byte("seconds,"))
	}
	_, tool, ok := bytes.Cut(head, []byte(`"tool":`))
	return ok && bytes.HasPrefix(bytes.TrimLeft(tool, " \t\r\n"), []byte(`"`+madeBy+`"`))
}

package job

import (
	"fmt"
	"strings"
)

// Cut shortens a text from outside to so many bytes, and says so.
func Cut(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	says := fmt.Sprintf("… (cut: it has %d bytes)", len(text))
	return strings.ToValidUTF8(text[:max(0, limit-len(says))], "") + says
}

// CutLines does the same to lines of which there may be too many as well.
func CutLines(lines []string, most, limit int) []string {
	if len(lines) == 0 {
		return lines
	}
	var kept []string
	for _, line := range lines[:min(most, len(lines))] {
		kept = append(kept, Cut(line, limit))
	}
	if more := len(lines) - most; more > 0 {
		kept = append(kept, fmt.Sprintf("(cut: %d more lines)", more))
	}
	return kept
}

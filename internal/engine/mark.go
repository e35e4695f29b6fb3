package engine

import (
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"strings"
)

// Mark makes the text by which a job is found again. It is short, because
// names are, and holds no character that a service could refuse.
type Mark struct {
	Run     string // what is the same in all attempts of this step of a run, and different elsewhere
	Attempt string
	Once    string // tells executions apart that nothing else does
}

// Of is the mark of one service, by its place in the list.
func (m Mark) Of(service int) string {
	return fmt.Sprintf("%s%s-%s", m.base(service), m.Attempt, m.Once)
}

// base is what the marks of all attempts begin with.
func (m Mark) base(service int) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s\n%d", m.Run, service))
	return "cj-" + strings.ToLower(base32.StdEncoding.EncodeToString(sum[:]))[:10] + "-"
}

package job

import (
	"bytes"
	"encoding/json"
)

// JSON writes a value as JSON, with lines indented by indent if that is not
// empty. <, > and & stand for themselves: the runner knows no other form of a
// secret that has one.
func JSON(v any, indent string) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", indent)
	err := enc.Encode(v)
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), err
}

package cloud

import (
	"encoding/json"
	"fmt"
)

// TargetText writes where a service is called, so that another process can read
// it.
func TargetText(target any) string {
	b, err := json.Marshal(target)
	if err != nil { // a target is a struct of texts, which always marshal
		return ""
	}
	return string(b)
}

// ReadTarget reads what TargetText wrote.
func ReadTarget(text string, target any) error {
	if err := json.Unmarshal([]byte(text), target); err != nil {
		return fmt.Errorf("read the target: %w", err)
	}
	return nil
}

package cloud

import (
	"encoding/json"
	"fmt"

	"cloudjob/internal/field"
	"cloudjob/internal/job"
)

// TargetText writes where a service is called, so that another process can read
// it.
func TargetText(target any) string {
	b, err := job.JSON(target, "")
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

// CheckAddress complains of an address that another process left, where somebody
// may have put another: what logs in goes to loopback, to the vendors' hosts, and
// else only where the step's own input says.
func CheckAddress(address, input string, vendors ...Vendor) error {
	if address == "" || address == emulatorAddress || address == plainScheme(input) || addressProblem(address) == "" && strangerProblem(address, vendors) == "" {
		return nil
	}
	return fmt.Errorf("the state names the address %s, which is neither the vendor's nor what the step's own input says, so nothing is sent there", field.Quote(address))
}

// Emulated tells of a target's text whether it is the emulator inside of the
// process.
func Emulated(target string) bool {
	var read struct{ Endpoint string }
	return ReadTarget(target, &read) == nil && read.Endpoint == emulatorAddress
}

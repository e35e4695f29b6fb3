package job

import (
	"fmt"
	"runtime/debug"
)

// Crash is a panic as an error: a fault of ours. Its outcome is Internal.
type Crash struct {
	Value any
	Stack string // for who mends it
}

func (c *Crash) Error() string { return fmt.Sprintf("a fault of this action: %v", c.Value) }

// Caught does something and returns its panic as a *Crash. It is the one place
// that recovers: everything that must survive a fault of ours, and every
// goroutine that is begun, goes through it, because a panic that nobody catches
// ends the process with the runtime's status 2, which is invalid-input's.
func Caught(do func()) (err error) {
	defer func() {
		if value := recover(); value != nil {
			err = &Crash{value, string(debug.Stack())}
		}
	}()
	do()
	return nil
}

// Command cloudjob is a GitHub container action that starts jobs on cloud
// services. See README.md.
package main

import (
	"os"

	"cloudjob/internal/action"
)

func main() { os.Exit(action.Main(os.Args)) }

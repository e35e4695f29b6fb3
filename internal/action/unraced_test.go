//go:build !race

package action

const raced = false

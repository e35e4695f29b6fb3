//go:build race

package catalog_test

// raced: under the race detector, which takes ten times as long, a sample of
// what is played finds what it is there for. Without it all is played.
const raced = true

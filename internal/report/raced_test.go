//go:build race

package report

// raced: under the race detector, which takes ten times as long, a sample of
// what is played one after the other will do. Without it all is played.
const raced = true

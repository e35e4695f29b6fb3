package runnertest

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestEntries(t *testing.T) {
	tests := []struct {
		name, text string
		want       []Entry
		fails      bool
	}{
		{"nothing", "", nil, false},
		{"plain", "a=1\n\nb=x<<y\n", []Entry{{"a", "1"}, {"b", "x<<y"}}, false},
		{"no newline at the end", "a=1", []Entry{{"a", "1"}}, false},
		{"heredoc", "a<<E\none\n\ntwo\nE\nb=2\n", []Entry{{"a", "one\n\ntwo"}, {"b", "2"}}, false},
		{"an equals sign after the heredoc", "a<<E=F\nx\nE=F\n", []Entry{{"a", "x"}}, false},
		{"empty heredoc", "a<<E\nE\n", []Entry{{"a", ""}}, false},
		{"one empty line", "a<<E\n\nE\n", []Entry{{"a", ""}}, false},
		{"two empty lines", "a<<E\n\n\nE\n", []Entry{{"a", "\n"}}, false},
		{"carriage returns are part of the value", "a<<E\nx\r\nE\n", []Entry{{"a", "x\r"}}, false},
		{"the delimiter with a space is none", "a<<E\nE \nE\n", []Entry{{"a", "E "}}, false},
		{"a value with its own delimiter leaks", "a<<E\nx\nE\nb=injected\nE\n", []Entry{{"a", "x"}, {"b", "injected"}}, true},
		{"no delimiter", "a<<\nx\n", nil, true},
		{"no name", "<<E\nE\n", nil, true},
		{"never closed", "a<<E\nx\n", nil, true},
		{"closed without a newline", "a<<E\nx\nE", nil, true},
		{"neither form", "hello\n", nil, true},
		{"not UTF-8", "a=\xff\n", nil, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := Entries(test.text)
			if (err != nil) != test.fails {
				t.Errorf("error %v, should fail: %v", err, test.fails)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("entries (-want +got):\n%s", diff)
			}
		})
	}
}

func TestCommands(t *testing.T) {
	tests := []struct {
		log  string
		want []Command
	}{
		{"hello\na::b::c\n:: x\n::x\n##[x\n# #[x]", nil},
		{"::error::x", []Command{{"error", "::error::x"}}},
		{" \t::set-output name=a::b", []Command{{"set-output", " \t::set-output name=a::b"}}},
		{"\u00a0\u3000::debug::x", []Command{{"debug", "\u00a0\u3000::debug::x"}}},
		{"\u200b\ufeff::debug::x", []Command{{"debug", "\u200b\ufeff::debug::x"}}},
		{"x ##[warning line=1]y", []Command{{"warning", "x ##[warning line=1]y"}}},
		{"a\r::notice::b\r\n##[error]", []Command{{"notice", "::notice::b"}, {"error", "##[error]"}}},
	}
	for _, test := range tests {
		if diff := cmp.Diff(test.want, Commands(test.log)); diff != "" {
			t.Errorf("commands of %q (-want +got):\n%s", test.log, diff)
		}
	}
}

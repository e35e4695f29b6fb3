package huaweidataarts

import (
	"reflect"
	"testing"
	"time"
)

func TestSince(t *testing.T) {
	for _, want := range []since{
		{},
		{at: time.UnixMilli(1772409601000)},
		{at: time.UnixMilli(1772409601000), joined: true, single: true, known: []string{"132343", "132344"}},
	} {
		if got := readSince(want.text()); !reflect.DeepEqual(got, want) {
			t.Errorf("%q reads %+v, want %+v", want.text(), got, want)
		}
	}
	full := since{at: time.UnixMilli(1772409601000), joined: true, single: true, known: []string{"132343"}}
	if got, want := full.text(), "since:1772409601000 joined single not:132343"; got != want {
		t.Errorf("text %q, want %q", got, want)
	}
}

package sgsn_test

import (
	"net/netip"
	"slices"
	"testing"

	"github.com/ppgbox/ppgbox/contrib/sgsn"
)

// Of a GGSN that gives everybody a context, and believes everybody, the attacks that it falls for are told; what sdk/gtp does by itself
// is right.
func TestAttacksAreTold(t *testing.T) {
	victim := sgsn.Victim{IMSI: imsi, APN: apn, Attacker: netip.MustParseAddr("127.0.0.1"), Terminal: terminal}
	g := newGGSN(t)
	attacker := socket(t)
	to := netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), port(g.control))
	var told []string
	for i, a := range victim.ControlAttacks() {
		if err := a.Run(attacker, to, uint16(i)<<4); err != nil {
			told = append(told, a.Name)
		}
	}
	want := []string{
		"an unknown element with length", "an element three times", // it deletes what there is not
		"Delete of a tunnel that was never given out", "Update of one", "Reject of a notification that was never sent",
		"Create without a notification, for a dynamic address", "Create without a notification, for an address", "the same Create twice",
	}
	if !slices.Equal(told, want) {
		t.Errorf("told were\n%q\nwant\n%q", told, want)
	}
}

package sgsn

import (
	"net/netip"
	"time"

	"github.com/ppgbox/ppgbox/sdk/gtp"
	"github.com/ppgbox/ppgbox/sdk/push"
)

// A Terminal is what one mobile, and the SGSN for it, does when a GGSN asks for a context. The zero value takes the notification and
// activates what it names.
type Terminal struct {
	// MSISDN goes into Create PDP Context Request; empty for none.
	MSISDN push.MSISDN
	// Unanswered has the SGSN say nothing to the notification.
	Unanswered bool
	// Refuse is the SGSN's answer to the notification where it is not 0, and the terminal hears nothing.
	Refuse gtp.Cause
	// Times is how often that, Refuse, and what Does says hold; the terminal activates after that. 0 is for ever.
	Times int
	// Does is what the terminal does after a notification that was taken.
	Does Action
	// Reject is the cause with which a terminal rejects; 0 is CauseMSRefuses.
	Reject gtp.Cause
	// After is how long the terminal waits before it does anything.
	After time.Duration
	// Wants is the address that it activates with; Wanted for WantsOther.
	Wants  Wish
	Wanted netip.Addr
	// Port is the one that it listens at for pushes, 0 for 2948.
	Port uint16
	// Deaf terminals have no socket at any port: a datagram is answered with ICMP port unreachable.
	Deaf bool
	// Mute terminals answer such a datagram with nothing, as behind a firewall.
	Mute bool
}

// An Action is what a terminal does when it is asked to activate a context.
type Action uint8

const (
	// Activates has it activate a context.
	Activates Action = iota
	// Rejects has it reject, which the SGSN tells the GGSN with PDU Notification Reject Request.
	Rejects
	// DoesNothing is one that the network asks and hears nothing of.
	DoesNothing
)

// A Wish is the End User Address of a Create PDP Context Request.
type Wish uint8

const (
	// WantsNotified is the one of the notification: its address where it has one, and else a dynamic one.
	WantsNotified Wish = iota
	// WantsDynamic leaves the address blank, whatever the notification says.
	WantsDynamic
	// WantsOther is Terminal.Wanted.
	WantsOther
)

// at returns what the terminal does at its n-th notification, counted from 1.
func (t Terminal) at(n int) Terminal {
	if t.Times > 0 && n > t.Times {
		t.Unanswered, t.Refuse, t.Does = false, 0, Activates
	}
	return t
}

// wish returns the End User Address to activate with after a notification of this one.
func (t Terminal) wish(notified gtp.EndUserAddress) gtp.EndUserAddress {
	switch t.Wants {
	case WantsDynamic:
		return gtp.DynamicAddress(notified.Type)
	case WantsOther:
		return gtp.StaticAddress(t.Wanted)
	}
	return notified
}

package contexts

import (
	"net/netip"
	"time"

	"github.com/ppgbox/ppgbox/sdk/gtp"
	"github.com/ppgbox/ppgbox/sdk/push"
)

// A Context is a PDP context as it stands: a copy.
type Context struct {
	IMSI    push.IMSI
	MSISDN  push.MSISDN // "" if the SGSN did not say
	NSAPI   uint8
	APN     gtp.APN
	Address netip.Addr // of the terminal, IPv4
	// Control and Data are this node's ends of the tunnels. Add gives them out.
	Control, Data gtp.TEID
	SGSN          Ends
	ChargingID    uint32
	RATType       gtp.RATType
	// Notified: the node asked for it. False is one that the terminal began by itself.
	Notified bool
	// Created and Used are when it came about, and when a packet last went through it, by the node's clock, to the second.
	Created, Used time.Duration
	Traffic       Traffic
}

// Ends are the other ends of a context's tunnels.
type Ends struct {
	Signalling, User netip.Addr
	Control, Data    gtp.TEID
}

// Traffic is what went through a context. Octets are of IP packets.
type Traffic struct {
	UplinkOctets, DownlinkOctets   uint64
	UplinkPackets, DownlinkPackets uint32
}

// A Way is what a packet to a terminal needs.
type Way struct {
	Address netip.Addr // of the terminal
	User    netip.Addr // of the SGSN
	TEID    gtp.TEID   // its own
	Control gtp.TEID   // this node's, which names the context
	place   uint32     // in the table
}

package push

import (
	"net/netip"
	"time"
)

// A Subscriber is all that the gateway knows of one recipient when it asks for a route.
type Subscriber struct {
	// Address is the recipient as the push named it.
	Address  Address
	MSISDN   MSISDN
	IMSI     IMSI
	Sessions []Session
}

// A Session is an address that a terminal holds in a packet network. It is identified by GGSN, APN and Address together,
// because private address ranges overlap.
type Session struct {
	GGSN    string
	APN     string
	Address netip.Addr
	IMSI    IMSI
	// Generation changes whenever the address changes hands; a message goes out only under the generation it was routed for.
	Generation uint64
	// Expires is the zero time for a session that ends only when it is released.
	Expires time.Time
}

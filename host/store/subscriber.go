package store

import (
	"net/netip"
	"time"

	"github.com/ppgbox/ppgbox/sdk/push"
)

// A Subscriber is somebody whom the operator has entered: the user identifiers that push initiators may use, and the terminals.
type Subscriber struct {
	ID int64 // from Store.NextIDs
	// Users are the static user identifiers, "user@push-domain" in normal form (subscriber.Normal), at least one; each belongs
	// to one subscriber.
	Users []string
	// Terminals are the subscriptions that the subscriber's terminals have. A terminal that registers under another name is
	// known by that alone.
	Terminals []Terminal
	// Password is the bcrypt hash that a push client of the subscriber has to know the password of; empty if none may register.
	Password []byte
}

// A Terminal is a subscription of the network: one SIM. It has a number or an IMSI, or both; neither belongs to two terminals.
type Terminal struct {
	MSISDN push.MSISDN `json:"msisdn,omitempty"`
	IMSI   push.IMSI   `json:"imsi,omitempty"`
}

// A SessionKey identifies the place of a session. Private address ranges overlap, so the address alone does not.
type SessionKey struct {
	GGSN    string
	APN     string
	Address netip.Addr
}

// A Session is an address that a terminal holds in the packet network, as RADIUS accounting or a push client told.
type Session struct {
	SessionKey
	// Generation is another for every owner of every address, from Store.NextIDs.
	Generation uint64
	MSISDN     push.MSISDN // "" if not told
	IMSI       push.IMSI   // "" if not told
	// Accounting is the Acct-Session-Id (RFC 2866 §5.5), "" if the session is known by registration alone.
	Accounting string
	// Registration is the push client's, nil if none has registered from this address.
	Registration *Registration
	Started      time.Time // when the gateway was told of this owner
	Told         time.Time // when what was last told of it happened: what is older comes too late
	Expires      time.Time // when it counts as gone unless it is told of again; zero for never
}

// A Registration is that of a push client, for one terminal of a user.
type Registration struct {
	User    string    `json:"user"`             // the static identifier it was made with
	Device  string    `json:"device,omitempty"` // the name of the terminal among the user's, "" for the only one
	Dynamic string    `json:"dynamic"`          // the identifier allocated to it, "…@push-domain"
	Expires time.Time `json:"expires"`          // of the dynamic identifier
}

// SubscriberPut: a subscriber was entered or changed; what is here replaces what was there under the ID.
type SubscriberPut struct{ Subscriber *Subscriber }

// SubscriberRemoved: a subscriber was removed. One that is not there is not an error.
type SubscriberRemoved struct{ ID int64 }

// SessionPut: a session began, or what is known of it changed; what is here replaces what was there under the key.
type SessionPut struct{ Session *Session }

// SessionRemoved: a session is over. One that is not there is not an error.
type SessionRemoved struct{ Key SessionKey }

func (SubscriberPut) event()     {}
func (SubscriberRemoved) event() {}
func (SessionPut) event()        {}
func (SessionRemoved) event()    {}

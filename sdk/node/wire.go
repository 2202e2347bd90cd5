package node

import (
	"net/netip"
	"sync/atomic"
	"time"

	pb "github.com/ppgbox/ppgbox/sdk/pluginrpc/nodev1"
	"github.com/ppgbox/ppgbox/sdk/push"
)

// The converters come in pairs: xToWire and xFromWire. What comes from the wire is checked, and so is a push before it goes there,
// since the other side ends the stream for what it may not have.

// check says what of a push may not go over the wire.
func (p Push) check() error {
	var c check
	c.id(p.ID)
	c.short("a push id", p.PushID, maxPushID)
	c.terminal(string(p.IMSI), string(p.MSISDN), p.Address)
	c.require(!p.Address.Unmap().IsUnspecified(), "the address is that of nobody")
	c.short("an access point", p.APN, maxName)
	c.require(priorityOK(p.Priority), "%d is no priority", p.Priority)
	c.require(len(p.Payload) > 0 && len(p.Payload) <= MaxPayload, "the payload has %d octets", len(p.Payload))
	c.require(p.TerminalPort != 0, "no port to send to")
	return c.err
}

func pushToWire(p *Push, within time.Duration) *pb.Push {
	return &pb.Push{
		Id: p.ID, PushId: p.PushID, Imsi: string(p.IMSI), Msisdn: string(p.MSISDN), Address: addressOctets(p.Address), Apn: p.APN,
		Priority: int32(p.Priority), Payload: p.Payload, SourcePort: uint32(p.SourcePort), TerminalPort: uint32(p.TerminalPort),
		WithinNano: int64(within),
	}
}

func pushFromWire(w *pb.Push) (Push, error) {
	var c check
	p := Push{
		ID: w.GetId(), PushID: w.GetPushId(), IMSI: push.IMSI(w.GetImsi()), MSISDN: push.MSISDN(w.GetMsisdn()), Address: c.address(w.GetAddress()),
		APN: w.GetApn(), Priority: push.Priority(w.GetPriority()), Payload: w.GetPayload(),
		SourcePort: uint16(w.GetSourcePort()), TerminalPort: uint16(w.GetTerminalPort()), Within: min(time.Duration(w.GetWithinNano()), maxWithin),
	}
	c.require(w.GetSourcePort() <= 65535 && w.GetTerminalPort() <= 65535, "a port is over 65535")
	if c.err == nil {
		c.err = p.check()
	}
	return p, c.err
}

// resultToWire makes of a result one that the wire takes.
func resultToWire(id string, r Result, last *lastExchanges) *pb.Result {
	w := &pb.Result{
		Id: id, Sent: r.Sent, Text: clip(r.Text, maxText), GtpCause: uint32(r.GTPCause),
		RetryAfterNano: int64(max(0, min(r.RetryAfter, maxRetry))), Exchanges: last.toWire(r.Exchanges),
	}
	if !r.Sent {
		w.Cause = string(Failed)
		if isWord(string(r.Cause)) && !r.Cause.ofClient() {
			w.Cause = string(r.Cause)
		}
	}
	return w
}

func resultFromWire(w *pb.Result) (Result, error) {
	var c check
	c.id(w.GetId())
	c.require(w.GetSent() == (w.GetCause() == ""), "a result is both sent and has a cause, or neither")
	c.require(w.GetSent() || isWord(w.GetCause()), "a cause is no word")
	c.require(w.GetGtpCause() <= 255, "%d is no cause of GTP", w.GetGtpCause())
	c.require(w.GetRetryAfterNano() >= 0, "a pause is negative")
	c.short("a text", w.GetText(), maxText)
	r := Result{
		ID: w.GetId(), Sent: w.GetSent(), Cause: Cause(w.GetCause()), GTPCause: uint8(w.GetGtpCause()), Text: clip(w.GetText(), maxText),
		RetryAfter: min(time.Duration(w.GetRetryAfterNano()), maxRetry), Exchanges: exchangesFromWire(&c, w.GetExchanges()),
	}
	if r.Cause.ofClient() { // not a node's to say
		r.Cause = Failed
	}
	return r, c.err
}

// lastExchanges are those of the last result: many results have the same list.
type lastExchanges struct {
	pair atomic.Pointer[exchangesPair]
}

type exchangesPair struct {
	list []push.Exchange
	wire []*pb.Exchange
}

func (l *lastExchanges) toWire(list []push.Exchange) []*pb.Exchange {
	if p := l.pair.Load(); p != nil && len(list) == len(p.list) && len(list) > 0 && &list[0] == &p.list[0] {
		return p.wire
	}
	wire := exchangesToWire(list)
	l.pair.Store(&exchangesPair{list, wire})
	return wire
}

func exchangesToWire(list []push.Exchange) []*pb.Exchange {
	if len(list) == 0 {
		return nil
	}
	out := make([]*pb.Exchange, min(len(list), push.MaxExchanges))
	for i := range out {
		x := &list[i]
		out[i] = &pb.Exchange{
			AfterNano: int64(max(0, min(x.After, maxWithin))),
			From:      clip(x.From, maxExchange), To: clip(x.To, maxExchange), Text: clip(x.Text, maxExchange),
		}
	}
	return out
}

func exchangesFromWire(c *check, list []*pb.Exchange) []push.Exchange {
	if len(list) == 0 {
		return nil
	}
	c.require(len(list) <= push.MaxExchanges, "%d exchanges", len(list))
	out := make([]push.Exchange, min(len(list), push.MaxExchanges))
	for i := range out {
		x := list[i]
		c.require(x.GetAfterNano() >= 0 && time.Duration(x.GetAfterNano()) <= maxWithin, "the time of an exchange is %d ns", x.GetAfterNano())
		for _, s := range [...]string{x.GetFrom(), x.GetTo(), x.GetText()} {
			c.short("a text of an exchange", s, maxExchange)
		}
		out[i] = push.Exchange{
			After: time.Duration(x.GetAfterNano()),
			From:  clip(x.GetFrom(), maxExchange), To: clip(x.GetTo(), maxExchange), Text: clip(x.GetText(), maxExchange),
		}
	}
	return out
}

// isWord reports whether a cause has the form of one: lower case letters, digits and hyphens.
func isWord(s string) bool {
	for i := range len(s) {
		if b := s[i]; b != '-' && (b < 'a' || b > 'z') && (b < '0' || b > '9') {
			return false
		}
	}
	return s != "" && len(s) <= maxCause
}

// eventToWire makes of an event one that the wire takes, or says why there is none.
func eventToWire(e Event) (*pb.Event, error) {
	w := &pb.Event{
		Kind: pb.EventKind(e.Kind), Imsi: string(e.IMSI), Msisdn: string(e.MSISDN), Ggsn: e.GGSN, Apn: e.APN, Address: addressOctets(e.Address),
		Text: clip(e.Text, maxText),
	}
	var c check
	c.require(e.Kind >= ContextUp && e.Kind <= Unregistered, "%s", e.Kind)
	checkEvent(&c, w, e.Address)
	return w, c.err
}

func eventFromWire(w *pb.Event) (Event, error) {
	var c check
	e := Event{
		Kind: EventKind(w.GetKind()), IMSI: push.IMSI(w.GetImsi()), MSISDN: push.MSISDN(w.GetMsisdn()), GGSN: w.GetGgsn(), APN: w.GetApn(),
		Address: c.address(w.GetAddress()), Text: clip(w.GetText(), maxText),
	}
	c.short("a text", w.GetText(), maxText)
	checkEvent(&c, w, e.Address)
	return e, c.err
}

func checkEvent(c *check, w *pb.Event, address netip.Addr) {
	c.terminal(w.GetImsi(), w.GetMsisdn(), address)
	c.require(!address.Unmap().IsUnspecified(), "the address is that of nobody")
	c.short("the name of a GGSN", w.GetGgsn(), maxName)
	c.short("an access point", w.GetApn(), maxName)
}

func helloFromNode(w *pb.NodeHello) error {
	var c check
	c.require(w.GetVersion() == version, "version %d is not spoken here, %d is", w.GetVersion(), version)
	c.short("the name of the node", w.GetNode(), maxName)
	c.require(len(w.GetApns()) <= maxAPNs, "%d access points", len(w.GetApns()))
	for _, apn := range w.GetApns() {
		c.short("an access point", apn, maxName)
	}
	return c.err
}

func helloFromGateway(w *pb.GatewayHello) error {
	var c check
	c.require(w.GetVersion() >= version, "version %d is not spoken here, %d is", w.GetVersion(), version)
	c.short("the name of the gateway", w.GetGateway(), maxName)
	return c.err
}

func windowFromWire(w *pb.Window) (size int, why string, err error) {
	var c check
	c.require(w.GetSize() <= MaxWindow, "a window of %d", w.GetSize())
	c.short("a reason", w.GetReason(), maxText)
	return int(w.GetSize()), clip(w.GetReason(), maxText), c.err
}

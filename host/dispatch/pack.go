package dispatch

import (
	"encoding/binary"
	"net/netip"
	"strings"
	"time"

	"github.com/ppgbox/ppgbox/host/store"
	"github.com/ppgbox/ppgbox/sdk/push"
)

// A packer writes the papers of a job into octets that only this process reads, by an unpacker that has the same names and the
// same lane. Whatever field is added to what is packed has to be added to both, which TestPack holds them to.
type packer struct {
	to    []byte
	names *names
	lane  string    // of the job; its address is mostly the same
	last  time.Time // times are written as what they are after the one before
}

type unpacker struct {
	from  []byte
	names *names
	lane  string
	last  time.Time
}

func (p *packer) number(n int) { p.to = binary.AppendVarint(p.to, int64(n)) }

func (u *unpacker) number() int {
	n, size := binary.Varint(u.from)
	u.from = u.from[size:]
	return int(n)
}

func (p *packer) flag(f bool) {
	if f {
		p.to = append(p.to, 1)
	} else {
		p.to = append(p.to, 0)
	}
}

func (u *unpacker) flag() bool {
	f := u.from[0] == 1
	u.from = u.from[1:]
	return f
}

// text writes a string that may be anything: its length, from 0 up, and itself, or the number of the name that it is, from -1
// down.
func (p *packer) text(s string) {
	if s != "" {
		if n, ok := p.names.find(s); ok {
			p.number(-1 - n)
			return
		}
	}
	p.number(len(s))
	p.to = append(p.to, s...)
}

// name writes a string that many jobs have.
func (p *packer) name(s string) {
	if s != "" {
		p.names.give(s)
	}
	p.text(s)
}

func (u *unpacker) text() string {
	n := u.number()
	if n < 0 {
		return u.names.list[-1-n]
	}
	s := string(u.from[:n])
	u.from = u.from[n:]
	return s
}

// octets keeps nil apart from none.
func (p *packer) octets(b []byte) {
	p.flag(b != nil)
	if b != nil {
		p.number(len(b))
		p.to = append(p.to, b...)
	}
}

func (u *unpacker) octets() []byte {
	if !u.flag() {
		return nil
	}
	n := u.number()
	b := append(make([]byte, 0, n), u.from[:n]...)
	u.from = u.from[n:]
	return b
}

func (p *packer) time(t time.Time) {
	p.flag(!t.IsZero())
	if t.IsZero() {
		return
	}
	p.number(int(t.Unix() - p.last.Unix()))
	p.number(t.Nanosecond())
	p.last = t
}

func (u *unpacker) time() time.Time {
	if !u.flag() {
		return time.Time{}
	}
	sec := u.last.Unix() + int64(u.number())
	u.last = time.Unix(sec, int64(u.number())).UTC()
	return u.last
}

func (p *packer) push(s *store.Push, whole bool) {
	p.number(int(s.ID))
	p.name(s.Initiator)
	p.text(s.PushID)
	p.time(s.Received)
	p.time(s.DeliverAfter)
	p.time(s.DeliverBefore)
	p.number(int(s.Priority))
	p.number(int(s.Method))
	p.name(s.Network)
	p.name(s.Bearer)
	p.flag(s.NetworkNeeded)
	p.flag(s.BearerNeeded)
	p.text(s.NotifyURL)
	p.flag(s.ProgressNotes)
	p.text(s.SourceReference)
	p.name(s.PAPVersion)
	p.message(s.Message, whole)
	if whole {
		p.octets(s.Capabilities)
	} else {
		p.octets(nil)
	}
}

func (u *unpacker) push() *store.Push {
	return &store.Push{
		ID: int64(u.number()), Initiator: u.text(), PushID: u.text(),
		Received: u.time(), DeliverAfter: u.time(), DeliverBefore: u.time(),
		Priority: push.Priority(u.number()), Method: push.DeliveryMethod(u.number()),
		Network: u.text(), Bearer: u.text(), NetworkNeeded: u.flag(), BearerNeeded: u.flag(),
		NotifyURL: u.text(), ProgressNotes: u.flag(), SourceReference: u.text(), PAPVersion: u.text(),
		Message: u.message(), Capabilities: u.octets(),
	}
}

// message leaves the headers and the body out of one that is not needed whole.
func (p *packer) message(m push.Message, whole bool) {
	p.name(m.ContentType)
	if !whole {
		m.Headers, m.Body = nil, nil
	}
	p.number(len(m.Headers))
	for _, h := range m.Headers {
		p.name(h.Name)
		p.text(h.Value)
	}
	p.octets(m.Body)
}

func (u *unpacker) message() push.Message {
	m := push.Message{ContentType: u.text()}
	for range u.number() {
		m.Headers = append(m.Headers, push.Header{Name: u.text(), Value: u.text()})
	}
	m.Body = u.octets()
	return m
}

// address is that of the lane, or written.
func (p *packer) address(a push.Address) {
	typ, value, _ := strings.Cut(p.lane, ":")
	same := typ == string(a.Type) && value == a.Value
	p.flag(same)
	if !same {
		p.name(string(a.Type))
		p.text(a.Value)
	}
}

func (u *unpacker) address() push.Address {
	if u.flag() {
		typ, value, _ := strings.Cut(u.lane, ":")
		return push.Address{Type: push.AddressType(typ), Value: value}
	}
	return push.Address{Type: push.AddressType(u.text()), Value: u.text()}
}

func (p *packer) subscriber(s push.Subscriber) {
	p.address(s.Address)
	same := s.MSISDN == s.Address.MSISDN()
	p.flag(same)
	if !same {
		p.text(string(s.MSISDN))
	}
	p.text(string(s.IMSI))
	p.number(len(s.Sessions))
	for i := range s.Sessions {
		p.session(&s.Sessions[i])
	}
}

func (u *unpacker) subscriber() push.Subscriber {
	s := push.Subscriber{Address: u.address()}
	if u.flag() {
		s.MSISDN = s.Address.MSISDN()
	} else {
		s.MSISDN = push.MSISDN(u.text())
	}
	s.IMSI = push.IMSI(u.text())
	for range u.number() {
		s.Sessions = append(s.Sessions, u.session())
	}
	return s
}

func (p *packer) session(s *push.Session) {
	p.name(s.GGSN)
	p.name(s.APN)
	p.flag(s.Address.IsValid())
	if s.Address.IsValid() {
		p.text(s.Address.String())
	}
	p.text(string(s.IMSI))
	p.number(int(s.Generation))
	p.time(s.Expires)
}

func (u *unpacker) session() push.Session {
	s := push.Session{GGSN: u.text(), APN: u.text()}
	if u.flag() {
		s.Address = netip.MustParseAddr(u.text())
	}
	s.IMSI, s.Generation, s.Expires = push.IMSI(u.text()), uint64(u.number()), u.time()
	return s
}

func (p *packer) route(r push.Route) {
	p.name(r.Node)
	p.name(r.APN)
	p.text(string(r.IMSI))
	p.flag(r.Session != nil)
	if r.Session != nil {
		p.session(r.Session)
	}
}

func (u *unpacker) route() push.Route {
	r := push.Route{Node: u.text(), APN: u.text(), IMSI: push.IMSI(u.text())}
	if u.flag() {
		s := u.session()
		r.Session = &s
	}
	return r
}

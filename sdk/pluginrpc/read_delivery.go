package pluginrpc

import (
	"net/netip"
	"time"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/ppgbox/ppgbox/sdk/push"
)

// bearerFrame is a BearerCommands as a bearer's process reads it: without the generated messages between the octets and a delivery, which
// were a tenth of what a bearer costs.
type bearerFrame struct{ commands []bearerCommand }

// bearerCommand is a BearerCommand. What it has depends on its kind, which is the number of its field; 0 is none that is known.
type bearerCommand struct {
	kind     protowire.Number
	delivery push.Delivery
	id       string
	number   uint64
}

// The fields of BearerCommand.
const (
	commandDeliver = 1
	commandCancel  = 2
	commandStored  = 3
)

// UnmarshalVT is what the codec calls.
func (f *bearerFrame) UnmarshalVT(b []byte) error {
	clear(f.commands)
	f.commands = f.commands[:0]
	r := reader{b: b}
	for n := r.next(); n != 0; n = r.next() {
		if n != 1 {
			r.skip(n)
			continue
		}
		f.commands = append(f.commands, bearerCommand{})
		if err := f.commands[len(f.commands)-1].read(r.message()); err != nil {
			return err
		}
	}
	return r.err
}

func (c *bearerCommand) read(b []byte) error {
	r := reader{b: b}
	for n := r.next(); n != 0; n = r.next() {
		if n > commandStored {
			r.skip(n)
			continue
		}
		if c.kind != n { // of several the last counts
			*c = bearerCommand{kind: n}
		}
		inner := r.message()
		if r.err != nil {
			break
		}
		switch n {
		case commandDeliver:
			r.err = readDelivery(&c.delivery, inner)
		case commandCancel:
			r.err = c.readCancel(inner)
		case commandStored:
			r.err = c.readStored(inner)
		}
	}
	return r.err
}

func (c *bearerCommand) readCancel(b []byte) error {
	r := reader{b: b}
	for n := r.next(); n != 0; n = r.next() {
		switch n {
		case 1:
			c.id = r.text()
		default:
			r.skip(n)
		}
	}
	return r.err
}

func (c *bearerCommand) readStored(b []byte) error {
	r := reader{b: b}
	for n := r.next(); n != 0; n = r.next() {
		switch n {
		case 1:
			c.id = r.text()
		case 2:
			c.number = r.number()
		default:
			r.skip(n)
		}
	}
	return r.err
}

func readDelivery(d *push.Delivery, b []byte) error {
	r := reader{b: b}
	for n := r.next(); n != 0; n = r.next() {
		switch n {
		case 1:
			d.ID = r.text()
		case 2:
			d.PushID = r.text()
		case 3:
			d.Lane = r.text()
		case 4:
			d.Sequence = r.number()
		case 5:
			d.Priority = push.Priority(int32(protowire.DecodeZigZag(r.number() & (1<<32 - 1))))
		case 6:
			d.Method = push.DeliveryMethod(int32(r.number()))
		case 7:
			readInto(&r, &d.Terminal, readSubscriber)
		case 8:
			readInto(&r, &d.Message, readMessage)
		case 9:
			readInto(&r, &d.Route, readRoute)
		case 10:
			d.Timeout = time.Duration(r.number())
		case 11:
			d.Token = r.octets()
		case 12:
			d.OtherTokens = append(d.OtherTokens, r.octets())
		default:
			r.skip(n)
		}
	}
	return r.err
}

// readInto reads a message within a message.
func readInto[T any](r *reader, v *T, read func(*T, []byte) error) {
	inner := r.message()
	if r.err == nil {
		r.err = read(v, inner)
	}
}

func readSubscriber(s *push.Subscriber, b []byte) error {
	r := reader{b: b}
	for n := r.next(); n != 0; n = r.next() {
		switch n {
		case 1:
			readInto(&r, &s.Address, readAddress)
		case 2:
			s.MSISDN = push.MSISDN(r.text())
		case 3:
			s.IMSI = push.IMSI(r.text())
		case 4:
			s.Sessions = append(s.Sessions, push.Session{})
			readInto(&r, &s.Sessions[len(s.Sessions)-1], readSession)
		default:
			r.skip(n)
		}
	}
	return r.err
}

func readAddress(a *push.Address, b []byte) error {
	r := reader{b: b}
	for n := r.next(); n != 0; n = r.next() {
		switch n {
		case 1:
			a.Type = push.AddressType(r.text())
		case 2:
			a.Value = r.text()
		default:
			r.skip(n)
		}
	}
	return r.err
}

func readSession(s *push.Session, b []byte) error {
	r := reader{b: b}
	for n := r.next(); n != 0; n = r.next() {
		switch n {
		case 1:
			s.GGSN = r.text()
		case 2:
			s.APN = r.text()
		case 3:
			s.Address, _ = netip.AddrFromSlice(r.message())
		case 4:
			s.IMSI = push.IMSI(r.text())
		case 5:
			s.Generation = r.number()
		case 6:
			s.Expires = fromUnixNano(int64(r.number()))
		default:
			r.skip(n)
		}
	}
	return r.err
}

func readMessage(m *push.Message, b []byte) error {
	r := reader{b: b}
	for n := r.next(); n != 0; n = r.next() {
		switch n {
		case 1:
			m.ContentType = r.text()
		case 2:
			if m.Headers == nil {
				m.Headers = make([]push.Header, 0, 4)
			}
			m.Headers = append(m.Headers, push.Header{})
			readInto(&r, &m.Headers[len(m.Headers)-1], readHeader)
		case 3:
			m.Body = r.octets()
		default:
			r.skip(n)
		}
	}
	return r.err
}

func readHeader(h *push.Header, b []byte) error {
	r := reader{b: b}
	for n := r.next(); n != 0; n = r.next() {
		switch n {
		case 1:
			h.Name = r.text()
		case 2:
			h.Value = r.text()
		default:
			r.skip(n)
		}
	}
	return r.err
}

func readRoute(t *push.Route, b []byte) error {
	r := reader{b: b}
	for n := r.next(); n != 0; n = r.next() {
		switch n {
		case 1:
			t.Node = r.text()
		case 2:
			t.APN = r.text()
		case 3:
			t.IMSI = push.IMSI(r.text())
		case 4:
			if t.Session == nil {
				t.Session = new(push.Session)
			}
			readInto(&r, t.Session, readSession)
		default:
			r.skip(n)
		}
	}
	return r.err
}

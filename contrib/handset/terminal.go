package handset

import (
	"encoding/hex"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/ppgbox/ppgbox/sdk/smpp"
	"github.com/ppgbox/ppgbox/sdk/wdp"
)

// Terminals are the handsets of all numbers and addresses. They report what they show. Methods may be called from any goroutine.
type Terminals struct {
	report func(Event)

	mu       sync.Mutex
	segments *wdp.Reassembler
}

// NewTerminals returns handsets that report events, from several goroutines at a time.
func NewTerminals(report func(Event)) *Terminals {
	return &Terminals{report: report, segments: wdp.NewReassembler(wdp.Limits{Datagrams: 1000})}
}

// shortMessage is one SMS.
type shortMessage struct {
	source      string
	destination string
	header      bool // the user data begins with a header
	coding      smpp.DataCoding
	userData    []byte
}

// receive takes an SMS. It reports when a whole message is there.
func (t *Terminals) receive(m shortMessage) {
	if !m.header {
		t.report(shown(m.source, m.destination, plain(m)))
		return
	}
	t.mu.Lock()
	d, err := t.segments.Add(time.Now(), m.source, m.destination, m.userData)
	t.mu.Unlock()
	switch {
	case err != nil:
		t.report(unreadable(m.source, m.destination, err))
	case d == nil: // segments are missing, or this one was here before
	case d.Ports == nil:
		m.userData = d.Payload
		t.report(shown(m.source, m.destination, plain(m)))
	case d.Ports.Destination != wdp.PortPush:
		t.report(unreadable(m.source, m.destination, fmt.Errorf("nothing listens on port %d", d.Ports.Destination)))
	default:
		t.push(m.source, m.destination, d.Payload)
	}
}

// push takes a connectionless push PDU that came to the push port.
func (t *Terminals) push(from, to string, pdu []byte) {
	c, err := Decode(pdu)
	if err != nil {
		t.report(unreadable(from, to, err))
		return
	}
	t.report(shown(from, to, c))
}

func shown(from, to string, c *Content) Event {
	return Event{Time: time.Now(), What: Shown, From: from, To: to, Content: c}
}

func unreadable(from, to string, err error) Event {
	return Event{Time: time.Now(), What: Unreadable, From: from, To: to, Detail: err.Error()}
}

// plain shows an SMS that is no push: as text where its coding is one that reads as ASCII, else in hexadecimal.
func plain(m shortMessage) *Content {
	c := &Content{Kind: PlainText, Body: m.userData}
	switch m.coding {
	case smpp.DataCodingDefault, smpp.DataCodingASCII:
		c.Text = strings.ToValidUTF8(string(m.userData), "�")
	default:
		c.Text = hex.EncodeToString(m.userData)
	}
	return c
}

package handset

import (
	"encoding/hex"
	"fmt"
	"math"
	"strings"
	"sync"
	"time"

	"github.com/ppgbox/ppgbox/sdk/smpp"
	"github.com/ppgbox/ppgbox/sdk/wdp"
)

// Terminals are the handsets of all numbers and addresses. They report what they show. Methods may be called from any goroutine.
type Terminals struct {
	report   func(Event)
	memories []time.Duration
	now      func() time.Time

	mu      sync.Mutex
	numbers map[string][]*wdp.Reassembler // of each number one for each memory
}

// ForEver is the memory of a terminal that never gives an incomplete message up.
const ForEver time.Duration = math.MaxInt64

// NewTerminals returns handsets that report events, from several goroutines at a time. memories say how long they keep a message of
// which segments are missing, from the last segment on; without, it is ten minutes. With several memories each number has a handset
// for each, and all of them get the same segments; Event.Memory tells them apart.
func NewTerminals(report func(Event), memories ...time.Duration) *Terminals {
	if len(memories) == 0 {
		memories = []time.Duration{defaultMemory}
	}
	return &Terminals{report: report, memories: memories, now: time.Now, numbers: make(map[string][]*wdp.Reassembler)}
}

const defaultMemory = 10 * time.Minute

// handsets returns those of a number. t.mu is held.
func (t *Terminals) handsets(number string) []*wdp.Reassembler {
	all := t.numbers[number]
	if all != nil {
		return all
	}
	if len(t.numbers) >= maxNumbers {
		for forgotten := range t.numbers {
			delete(t.numbers, forgotten)
			break
		}
	}
	for _, memory := range t.memories {
		all = append(all, wdp.NewReassembler(wdp.Limits{Age: memory}))
	}
	t.numbers[number] = all
	return all
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
	now := t.now()
	t.mu.Lock()
	handsets := t.handsets(m.destination)
	events := make([]Event, 0, len(handsets))
	for i, h := range handsets {
		if e, ok := read(h, now, m); ok {
			e.Memory = t.memories[i]
			events = append(events, e)
		}
	}
	t.mu.Unlock()
	for _, e := range events {
		t.report(e)
	}
}

// read is what one handset makes of an SMS; false: nothing yet.
func read(segments *wdp.Reassembler, now time.Time, m shortMessage) (Event, bool) {
	if !m.header {
		return shown(m.source, m.destination, plain(m)), true
	}
	d, err := segments.Add(now, m.source, m.destination, m.userData)
	switch {
	case err != nil:
		return unreadable(m.source, m.destination, err), true
	case d == nil: // segments are missing, or this one was here before
		return Event{}, false
	case d.Ports == nil:
		m.userData = d.Payload
		return shown(m.source, m.destination, plain(m)), true
	case d.Ports.Destination != wdp.PortPush:
		return unreadable(m.source, m.destination, fmt.Errorf("nothing listens on port %d", d.Ports.Destination)), true
	}
	return pushed(m.source, m.destination, d.Payload), true
}

// pushed is what comes of a connectionless push PDU at the push port.
func pushed(from, to string, pdu []byte) Event {
	c, err := Decode(pdu)
	if err != nil {
		return unreadable(from, to, err)
	}
	return shown(from, to, c)
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

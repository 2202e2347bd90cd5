package sgsn

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/ppgbox/ppgbox/sdk/gtp"
	"github.com/ppgbox/ppgbox/sdk/push"
)

// An Event is something that happened at the SGSN.
type Event struct {
	Kind Kind
	// At is when it happened; of a datagram, when it arrived in GTP-U, also where that was before the answer to the Create.
	At   time.Time
	IMSI push.IMSI // empty where it is not known
	// Cause is what the GGSN answered or, with Notified, what the SGSN did; 0 where there is no answer.
	Cause gtp.Cause
	// Address is the terminal's, where it has one.
	Address netip.Addr
	// Notification is what the GGSN asked for, with Notified.
	Notification *gtp.PDUNotificationRequest
	// Datagram came for the terminal, with Delivered and Unwanted.
	Datagram Datagram
	// Err says why, with Failed and Garbled.
	Err error
}

// A Kind of event.
type Kind string

// The kinds of events.
const (
	Notified  Kind = "notified"   // the GGSN asked for a context; Cause is the SGSN's answer
	Activated Kind = "activated"  // a context is there
	Refused   Kind = "refused"    // the GGSN refused a context
	Rejected  Kind = "rejected"   // the GGSN was told that the terminal rejects, and answered
	Deleted   Kind = "deleted"    // the terminal gave its context up, and the GGSN answered
	Released  Kind = "released"   // the GGSN took the context away, by Delete PDP Context Request or Error Indication
	Delivered Kind = "delivered"  // a datagram is with the terminal
	Unwanted  Kind = "unwanted"   // a datagram came for a terminal without a socket for it
	Stray     Kind = "stray"      // a packet came in a tunnel that is none
	Garbled   Kind = "garbled"    // a packet came that no terminal can read
	Failed    Kind = "unanswered" // a request had no answer that can be read
)

// A Datagram is UDP for a terminal.
type Datagram struct {
	From, To netip.AddrPort
	Payload  []byte
}

// A Diary keeps events for a test to look up. Its Note is a Config.Observe.
type Diary struct {
	mu     sync.Mutex
	events []Event
	more   chan struct{} // closed and replaced with each event
}

// NewDiary returns an empty one.
func NewDiary() *Diary { return &Diary{more: make(chan struct{})} }

// Note keeps an event.
func (d *Diary) Note(e Event) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.events = append(d.events, e)
	close(d.more)
	d.more = make(chan struct{})
}

// Of returns the events of one kind about one terminal so far, in their order.
func (d *Diary) Of(kind Kind, imsi push.IMSI) []Event {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.of(kind, imsi)
}

func (d *Diary) of(kind Kind, imsi push.IMSI) []Event {
	return slices.DeleteFunc(slices.Clone(d.events), func(e Event) bool { return e.Kind != kind || e.IMSI != imsi })
}

// Await returns the n-th event of one kind about one terminal, counted from 1, when it is there. The error after the timeout tells
// what happened instead.
func (d *Diary) Await(kind Kind, imsi push.IMSI, n int, timeout time.Duration) (Event, error) {
	late := time.After(timeout)
	for {
		d.mu.Lock()
		found, more := d.of(kind, imsi), d.more
		d.mu.Unlock()
		if len(found) >= n {
			return found[n-1], nil
		}
		select {
		case <-more:
		case <-late:
			return Event{}, fmt.Errorf("sgsn: not within %v: %s number %d of %s; there were:\n%s", timeout, kind, n, imsi, d)
		}
	}
}

// String lists the events, one a line.
func (d *Diary) String() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	var b strings.Builder
	for _, e := range d.events {
		fmt.Fprintf(&b, "%s %s %s", e.At.Format("15:04:05.000"), e.IMSI, e.Kind)
		if e.Cause != 0 {
			fmt.Fprintf(&b, " (%v)", e.Cause)
		}
		if e.Address.IsValid() {
			fmt.Fprintf(&b, " %v", e.Address)
		}
		if e.Err != nil {
			fmt.Fprintf(&b, ": %v", e.Err)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

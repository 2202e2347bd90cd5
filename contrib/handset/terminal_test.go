package handset

import (
	"context"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/ppgbox/ppgbox/sdk/smpp"
)

func TestReceive(t *testing.T) {
	tests := []struct {
		name    string
		message shortMessage
		want    string
	}{
		{"text", shortMessage{userData: []byte("Hello\n")}, `terminal 2 shows, from 1: text "Hello\n"`},
		{"octets", shortMessage{coding: smpp.DataCodingOctets, userData: []byte{1, 2}}, `terminal 2 shows, from 1: text "0102"`},
		{"header without ports", shortMessage{header: true, userData: []byte("\x00Hi")}, `terminal 2 shows, from 1: text "Hi"`},
		{"push", shortMessage{header: true, userData: unhex(t, "06 05 04 0b84 23f0"+slPDU)}, "terminal 2 shows, from 1: service loading → http://www.xyz.com/"},
		{"another port", shortMessage{header: true, userData: unhex(t, "06 05 04 0b85 23f0"+slPDU)}, "terminal 2 dropped what came from 1: nothing listens on port 2949"},
		{"a bad header", shortMessage{header: true, userData: []byte{9}}, "terminal 2 dropped what came from 1: wdp: the header has"},
		{"a bad push", shortMessage{header: true, userData: unhex(t, "06 05 04 0b84 23f0 01")}, "terminal 2 dropped what came from 1: octet 1"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := newEvents()
			tt.message.source, tt.message.destination = "1", "2"
			NewTerminals(got.add).receive(tt.message)
			if e := <-got; !strings.HasPrefix(e.String(), tt.want) || e.Time.IsZero() {
				t.Errorf("got  %s\nwant %s", e, tt.want)
			}
		})
	}
}

func TestServeUDP(t *testing.T) {
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	got := newEvents()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- NewTerminals(got.add).ServeUDP(ctx, conn) }()
	ppg, err := net.Dial("udp4", conn.LocalAddr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer ppg.Close()
	for _, datagram := range []string{siPDU, "00"} {
		if _, err := ppg.Write(unhex(t, datagram)); err != nil {
			t.Fatal(err)
		}
	}
	shown := got.next(t, Shown)
	got.next(t, Unreadable)
	if shown.Content.Text != "You have 4 new emails" || shown.From != ppg.LocalAddr().String() || shown.To != conn.LocalAddr().String() {
		t.Errorf("shown: %+v", shown)
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestEventLines(t *testing.T) {
	tests := []struct {
		event Event
		want  string
	}{
		{Event{What: Lost, To: "2", Try: Try{Segment: 1, Of: 3, Number: 1}}, "radio to 2: segment 1 of 3 lost"},
		{Event{What: Arrived, To: "2", Try: Try{Segment: 1, Of: 3, Number: 2}}, "radio to 2: segment 1 of 3 arrived, try 2"},
		{Event{What: Bound, From: "ppgbox", Detail: "by bind_transceiver"}, "SMSC: ppgbox bound, by bind_transceiver"},
		{Event{What: Refused, From: "a\nb\x1b[2J", Detail: "no"}, "SMSC: a\uFFFDb\uFFFD[2J refused, no"},
		{Event{What: Unbound, From: "ppgbox"}, "SMSC: ppgbox unbound"},
	}
	for _, tt := range tests {
		if got := tt.event.String(); got != tt.want {
			t.Errorf("got %q, want %q", got, tt.want)
		}
	}
}

// Of two handsets with one number, the one that forgets does not show a message whose segments came too far apart.
func TestMemories(t *testing.T) {
	got := newEvents()
	const short = 5 * time.Minute
	terminals := NewTerminals(got.add, short, ForEver)
	now := time.Now()
	terminals.now = func() time.Time { return now }
	receive := func(segment []byte) {
		terminals.receive(shortMessage{source: "1234", destination: "358401234567", header: true, userData: segment})
	}
	list := segments(t)
	receive(list[0])
	now = now.Add(short + 1)
	receive(list[1])
	if e := got.next(t, Shown); e.Memory != ForEver {
		t.Errorf("the handset with a memory of %v shows the message", e.Memory)
	}
	receive(list[0])
	if e := got.next(t, Shown); e.Memory != short {
		t.Errorf("the handset with a memory of %v shows the message", e.Memory)
	}
	select {
	case e := <-got:
		t.Errorf("and then %+v", e)
	default:
	}
}

package diameter

import (
	"bytes"
	"encoding/hex"
	"errors"
	"net"
	"testing"
	"time"
)

// FuzzConversation is whatever a peer sends, as the answer to our capabilities and then on a connection with a question under way. What
// goes back can be read and answers something; the question gets one answer at most, and is not both answered and waiting.
func FuzzConversation(f *testing.F) {
	goodbye, err := Message{
		Header: Header{Request: true, Command: commandDisconnect, HopByHop: 9},
		AVPs:   AVPs{Octets(codeOriginHost, "hss"), Octets(codeOriginRealm, "home"), Unsigned32(codeDisconnectCause, 2)},
	}.Append(nil)
	if err != nil {
		f.Fatal(err)
	}
	uda := octets(f, goldenUDAHead+hex.EncodeToString([]byte(goldenDocument)))
	for _, seed := range [][]byte{
		octets(f, goldenCEA), octets(f, goldenDWR), goodbye, uda, octets(f, goldenUDAUnknown), octets(f, goldenUDARelay), octets(f, goldenUDR),
		append(octets(f, goldenDWR), uda...), append(bytes.Clone(uda), uda...), append(bytes.Clone(goodbye), uda...),
	} {
		f.Add(seed)
	}
	config, err := Config{
		Address: "127.0.0.1:1", Host: "push.operator.example", Realm: "operator.example", Application: Sh(),
		AfterFunc: func(time.Duration, func()) func() { return func() {} },
	}.withDefaults()
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		p := &Peer{config: config, ids: newIdentifiers(t0())}
		ours, theirs := net.Pipe()
		defer theirs.Close()
		c := newConn(p, ours)
		defer c.end(ErrClosed)
		c.begin, c.next = 4, 4 // as the seeds have it
		question, err := c.ask(Message{Header: Header{Proxiable: true, Command: commandUserData, Application: Sh().ID}})
		if err != nil {
			t.Fatal(err)
		}
		question.header.EndToEnd = 0x10000004
		<-c.out
		requests := 0
		for in := bytes.NewReader(b); ; {
			frame, err := readFrame(in, config.MaxMessage)
			if err != nil {
				break
			}
			m, err := Decode(frame)
			if err != nil && !errors.Is(err, ErrMalformed) {
				t.Fatalf("error %v", err)
			}
			if err == nil {
				_ = p.agree(m.AVPs)
			}
			if m.Request {
				requests++
			}
			c.receive(m, err)
		}
		for range len(c.out) {
			requests--
			if m, err := Decode(<-c.out); err != nil || m.Request {
				t.Fatalf("%+v, %v goes back", m, err)
			}
		}
		if requests < 0 {
			t.Fatal("more answers than requests")
		}
		select {
		case got := <-question.answer:
			if c.pending[question.header.HopByHop] != nil {
				t.Fatal("the question is answered and waits")
			}
			if got.err == nil && got.message.Failure() == nil {
				_, _ = ParseShData([]byte(got.message.AVPs.Text(codeUserData)))
			}
		default:
			if c.pending[question.header.HopByHop] == nil {
				t.Fatal("the question has no answer and does not wait")
			}
		}
	})
}

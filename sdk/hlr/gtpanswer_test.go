package hlr

import (
	"encoding/hex"
	"errors"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/ppgbox/ppgbox/sdk/gtp"
)

func TestGTPAnswers(t *testing.T) {
	const head = "322100"
	for _, tt := range []struct {
		name, answer, apn string
		want              Location
		kind              error
		again             bool
	}{
		{name: "attached", answer: answerSGSN, want: Location{Attached: true, SGSN: "192.0.2.20"}},
		{name: "not reachable, with a reason", answer: answerReason, want: Location{NotReachable: GPRSDetached}},
		{
			name: "an SGSN in IPv6", answer: head + "2200000000 SEQ0000 0180 0200010121436587f9 85001020010db8000000000000000000000014",
			want: Location{Attached: true, SGSN: "2001:db8::14"},
		},
		{
			name: "attached, and the last paging was not answered", answer: head + "1800000000 SEQ0000 0180 0200010121436587f9 1d05 850004c0000214",
			want: Location{Attached: true, SGSN: "192.0.2.20", NotReachable: NoPagingResponse},
		},
		{
			name: "an SGSN, and a reason against it", answer: head + "1800000000 SEQ0000 0180 0200010121436587f9 1d08 850004c0000214",
			want: Location{Attached: true, SGSN: "192.0.2.20", NotReachable: PurgedForGPRS},
		},
		{
			name: "neither SGSN nor reason", answer: head + "0f00000000 SEQ0000 0180 0200010121436587f9",
			want: Location{NotReachable: LocationUnknown},
		},
		{
			name: "MAP: absent subscriber", answer: head + "1100000000 SEQ0000 0180 0200010121436587f9 0b1b",
			want: Location{NotReachable: Absent},
		},
		{
			name: "MAP: absent subscriber, with a reason", answer: head + "1300000000 SEQ0000 01cc 0200010121436587f9 0b1b 1d06",
			want: Location{NotReachable: GPRSDetached},
		},
		{name: "MAP: unknown subscriber", answer: head + "1100000000 SEQ0000 0180 0200010121436587f9 0b01", kind: ErrUnknownSubscriber},
		{
			name: "a MAP error beside an SGSN", answer: head + "1800000000 SEQ0000 0180 0200010121436587f9 0b23 850004c0000214",
			kind: ErrRefused,
		},
		{name: "MAP: system failure", answer: head + "1100000000 SEQ0000 01cc 0200010121436587f9 0b22", kind: ErrRefused, again: true},
		{name: "IMSI not known", answer: head + "0f00000000 SEQ0000 01c2 0200010121436587f9", kind: ErrUnknownSubscriber},
		{
			name: "the GSN knows it as detached", answer: head + "0f00000000 SEQ0000 01c3 0200010121436587f9",
			want: Location{NotReachable: GPRSDetached},
		},
		{
			name: "the GSN knows it as not responding", answer: head + "0f00000000 SEQ0000 01c4 0200010121436587f9",
			want: Location{NotReachable: NoPagingResponse},
		},
		{name: "no resources", answer: head + "0f00000000 SEQ0000 01c7 0200010121436587f9", kind: ErrRefused, again: true},
		{name: "service not supported", answer: head + "0f00000000 SEQ0000 01c8 0200010121436587f9", kind: ErrRefused},
		{name: "a cause that is none of an answer", answer: head + "0f00000000 SEQ0000 0101 0200010121436587f9", kind: ErrRefused},
		{name: "another version", answer: "1203000400000000 SEQ0000", kind: nil}, // of version 0: not read at all
		{name: "version not supported", answer: "3203000400000000 SEQ0000", kind: ErrRefused},
		{name: "about another subscriber", answer: head + "1600000000 SEQ0000 0180 0200010121436587f8 850004c0000214", kind: ErrGarbage},
		{name: "without the IMSI", answer: head + "0d00000000 SEQ0000 0180 850004c0000214", kind: ErrGarbage},
		{name: "an address of five octets", answer: head + "1700000000 SEQ0000 0180 0200010121436587f9 850005c000021401", kind: ErrGarbage},
		{name: "an address that lies about its length", answer: head + "1600000000 SEQ0000 0180 0200010121436587f9 850008c0000214", kind: ErrGarbage},
		{name: "a message that lies about its length", answer: head + "1000000000 SEQ0000 0180 0200010121436587f9 850004c0000214", kind: ErrGarbage},
		{name: "the address of nobody", answer: head + "1600000000 SEQ0000 0180 0200010121436587f9 85000400000000", kind: ErrGarbage},
		{name: "the address of many", answer: head + "1600000000 SEQ0000 0180 0200010121436587f9 850004e0000001", kind: ErrGarbage},
		{
			name: "the access point's GGSN", apn: "Push.Example",
			answer: head + "3000000000 SEQ0000 0180 0200010121436587f9 850004c0000214 ff0017 7ed9 010d0470757368076578616d706c65 0204c0000232",
			want:   Location{Attached: true, SGSN: "192.0.2.20", GGSN: "192.0.2.50"},
		},
		{name: "a responder without the extension", apn: "push.example", answer: answerSGSN, want: Location{Attached: true, SGSN: "192.0.2.20"}},
		{
			name: "the extension without a GGSN", apn: "push.example",
			answer: head + "2a00000000 SEQ0000 0180 0200010121436587f9 850004c0000214 ff0011 7ed9 010d0470757368076578616d706c65",
			want:   Location{Attached: true, SGSN: "192.0.2.20"},
		},
		{
			name: "an extension that nobody asked for", answer: head + "1d00000000 SEQ0000 0180 0200010121436587f9 850004c0000214 ff0004 7ed9 ffff",
			want: Location{Attached: true, SGSN: "192.0.2.20"},
		},
		{
			name: "the GGSN of another access point", apn: "internet", kind: ErrGarbage,
			answer: head + "3000000000 SEQ0000 0180 0200010121436587f9 850004c0000214 ff0017 7ed9 010d0470757368076578616d706c65 0204c0000232",
		},
		{
			name: "an extension that lies about its length", apn: "push.example", kind: ErrGarbage,
			answer: head + "3000000000 SEQ0000 0180 0200010121436587f9 850004c0000214 ff0017 7ed9 010d0470757368076578616d706c65 0208c0000232",
		},
		{
			name: "the GGSN of nobody", apn: "push.example", kind: ErrGarbage,
			answer: head + "3000000000 SEQ0000 0180 0200010121436587f9 850004c0000214 ff0017 7ed9 010d0470757368076578616d706c65 020400000000",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			peer := newGSN(t, func(g *gsn, _ int, asked gtp.Packet, from netip.AddrPort) { g.say(from, asked, tt.answer) })
			config := GTPConfig{Address: peer.at(), T3Response: 10 * time.Second}
			if tt.name == "another version" {
				config.T3Response, config.N3Requests, tt.kind = 5*time.Millisecond, 2, ErrTimeout
			}
			g := newGTP(t, config)
			location, err := g.Query(t.Context(), Question{IMSI: gtpIMSI, APN: tt.apn})
			var failure *Error
			switch {
			case tt.kind == nil && (err != nil || location != tt.want):
				t.Errorf("got %+v, %v; want %+v", location, err, tt.want)
			case tt.kind != nil && (!errors.Is(err, tt.kind) || !errors.As(err, &failure) || failure.Again != tt.again):
				t.Errorf("got %+v, %v; want %v, again %v", location, err, tt.kind, tt.again)
			case tt.kind != nil && location != (Location{}):
				t.Errorf("a location beside an error: %+v", location)
			}
		})
	}
}

// FuzzGTPAnswer: whatever comes as an answer is a location or an error, never both, and nothing but an address becomes a node.
func FuzzGTPAnswer(f *testing.F) {
	for _, s := range []string{
		answerSGSN, answerReason, "3221001100000000 SEQ0000 0180 0200010121436587f9 0b1b",
		"3221003000000000 SEQ0000 0180 0200010121436587f9 850004c0000214 ff0017 7ed9 010d0470757368076578616d706c65 0204c0000232",
	} {
		b, err := hex.DecodeString(strings.NewReplacer("SEQ", "0001", " ", "").Replace(s))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	g, err := NewGTP(GTPConfig{Address: netip.MustParseAddrPort("192.0.2.1:2123")})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := gtp.Parse(b)
		if err != nil {
			return
		}
		l, err := g.located(Question{IMSI: gtpIMSI, APN: "push.example"}, p)
		var failure *Error
		switch {
		case err != nil && (l != (Location{}) || !errors.As(err, &failure)):
			t.Fatalf("%+v beside %v", l, err)
		case err == nil && l.Attached != (l.SGSN != ""), err == nil && !l.Attached && l.NotReachable == "":
			t.Fatalf("%+v", l)
		}
		for _, node := range []string{l.SGSN, l.GGSN} {
			if a, err := netip.ParseAddr(node); node != "" && (err != nil || !isNode(a)) {
				t.Fatalf("a node at %q", node)
			}
		}
	})
}

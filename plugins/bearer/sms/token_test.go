package sms

import (
	"bytes"
	"encoding/hex"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/ppgbox/ppgbox/sdk/push"
	"github.com/ppgbox/ppgbox/sdk/smpp"
	"github.com/ppgbox/ppgbox/sdk/smstx"
)

func through(segments ...int) (s smstx.Set) {
	for _, n := range segments {
		s.Add(n - 1)
	}
	return s
}

// Tokens are on the disks of gateways: their octets do not change within a version.
func TestTokenOctets(t *testing.T) {
	for _, tt := range []struct {
		name  string
		token token
		hex   string
	}{
		{"nothing through", token{reference: 0x2A, total: 2, tid: 7, sum: 0x01020304}, "0100002a0207010203040000000000000000" + "00"},
		{
			"wide, some through",
			token{wide: true, reference: 0xABCD, total: 9, tid: 255, sum: 0xFFFFFFFF, at: 0x65000000, through: through(1, 8, 9)},
			"0101abcd09ffffffffff0000000065000000" + "8101",
		},
		{
			"stored",
			token{reference: 0x2A, total: 3, tid: 7, sum: 0x01020304, at: 0x65000000, through: through(1), stored: &stored{
				until:    0x65000E10,
				segments: []storedSegment{{smpp.StateDelivered, "1a"}, {smpp.StateEnroute, ""}, {}},
			}},
			"0200002a0307010203040000000065000000" + "0000000065000e10" + "02023161" + "0100" + "0000",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := hex.EncodeToString(tt.token.octets()); got != tt.hex {
				t.Errorf("octets %s, want %s", got, tt.hex)
			}
			b, _ := hex.DecodeString(tt.hex)
			if got, ok := parseToken(b); !ok || !reflect.DeepEqual(got, tt.token) {
				t.Errorf("parsed %+v, %v", got, ok)
			}
		})
	}
}

func TestForeignTokens(t *testing.T) {
	good := token{reference: 0x2A, total: 3}.octets()
	change := func(at int, b byte) []byte {
		c := slices.Clone(good)
		c[at] = b
		return c
	}
	stored := func(total uint8) []byte {
		b := token{total: total, stored: &stored{segments: []storedSegment{}}}.octets()
		b[4] = max(total, 1)
		return b
	}
	for name, b := range map[string][]byte{
		"none":                            nil,
		"another version":                 change(0, 3),
		"too short for stored":            change(0, 2),
		"unknown flags":                   change(1, 2),
		"short":                           good[:len(good)-1],
		"long":                            append(slices.Clone(good), 0),
		"a wide reference":                change(2, 1),
		"one segment":                     change(4, 1),
		"a segment beyond all":            change(len(good)-1, 8),
		"more segments than fit":          change(4, 9),
		"stored, an id that does not end": append(stored(0), 1, 9),
		"stored, an id of what is not":    append(stored(0), 0, 1, 'a'),
		"stored, an id that is too long":  append(append(stored(0), 1, 65), make([]byte, 65)...),
		"stored, more than all":           append(stored(1), 0, 0, 0, 0),
		"stored, no segment":              stored(0)[:storedHeader:storedHeader],
	} {
		if got, ok := parseToken(b); ok {
			t.Errorf("%s: parsed %+v", name, got)
		}
	}
}

func FuzzToken(f *testing.F) {
	f.Add(token{reference: 0x2A, total: 2}.octets())
	f.Add(token{wide: true, reference: 0xABCD, total: 255, through: through(1, 255)}.octets())
	f.Add(token{total: 1, stored: &stored{until: 5, segments: []storedSegment{{smpp.StateEnroute, "abc"}}}}.octets())
	f.Fuzz(func(t *testing.T, b []byte) {
		if tok, ok := parseToken(b); ok && !bytes.Equal(tok.octets(), b) {
			t.Errorf("% x is read as %+v, which is % x", b, tok, tok.octets())
		}
	})
}

// A push is taken up under its reference only if the token is about the same octets; else it starts anew, and nothing fails.
func TestTokenOfAnotherPush(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(d *push.Delivery, tok *token)
		same   bool
		sent   int
	}{
		{"the same", func(*push.Delivery, *token) {}, true, 1},
		{"another body", func(d *push.Delivery, _ *token) { d.Message.Body[200]++ }, false, 3},
		{"another cut", func(_ *push.Delivery, tok *token) { tok.wide = true }, false, 3},
		{"another length", func(_ *push.Delivery, tok *token) { tok.total = 4 }, false, 3},
		{"rubbish", func(d *push.Delivery, _ *token) { d.Token = []byte("rubbish") }, false, 3},
		{"now a single segment", func(d *push.Delivery, _ *token) { d.Message.Body = d.Message.Body[:10] }, false, 1},
		{"too old for the terminal", func(_ *push.Delivery, tok *token) { tok.at -= int64(keepsPartial/time.Second) + 1 }, true, 3},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := startSMSC(t, nil)
			_, g := start(t, s, "")
			d := deliveryOf("d", number, 3)
			g.deliver(d)
			g.want("d", push.OutcomeDelivered)
			reference := s.next().header.Concatenation.Reference.Number
			s.next()
			s.next()
			tok, ok := parseToken(g.token["d"])
			if !ok {
				t.Fatal("no token")
			}
			tok.through, tok.at = through(1, 3), time.Now().Unix()
			d.Token = nil
			tt.change(&d, &tok)
			if d.Token == nil {
				d.Token = tok.octets()
			}
			d.ID = "again"
			g.deliver(d)
			g.want("again", push.OutcomeDelivered)
			for i := range tt.sent {
				sub := s.next()
				c := sub.header.Concatenation
				if c == nil {
					continue
				}
				if (c.Reference.Number == reference) != tt.same || tt.sent == 1 && c.Sequence != 2 {
					t.Errorf("segment %d has %+v, the first start had reference %d", i+1, c, reference)
				}
			}
			s.nothing()
		})
	}
}

// What took long is told in between, so that a crash costs less; what is quick is not.
func TestTokenOnTheWay(t *testing.T) {
	s := startSMSC(t, func(submission) {})
	p, g := start(t, s, "")
	now := time.Now()
	p.now = func() time.Time { return now }
	g.deliver(deliveryOf("d", number, 4))
	receive(t, g.tokens, "the first token")
	s.next().ok()
	second := s.next()
	if n := len(g.tokens); n != 0 {
		t.Errorf("%d tokens after a moment", n)
	}
	now = now.Add(reportEvery)
	second.ok()
	third := s.next()
	tok, ok := parseToken(receive(t, g.tokens, "a token on the way").token)
	if !ok || tok.through != through(1, 2) {
		t.Errorf("token %+v, %v", tok, ok)
	}
	third.ok()
	s.next().ok()
	g.want("d", push.OutcomeDelivered)
	if n := len(g.tokens); n != 0 {
		t.Errorf("%d tokens at the end", n)
	}
}

// What the SMSC has and may still deliver is not sent; what it can not deliver any more is.
func TestStaleTokens(t *testing.T) {
	now := time.Unix(1_000_000, 0)
	const delivered, enroute, failed = smpp.StateDelivered, smpp.StateEnroute, smpp.StateUndeliverable
	for _, tt := range []struct {
		name   string
		until  int64 // from now, in seconds
		at     int64
		states []smpp.MessageState
		taken  smstx.Set
	}{
		{"all wait", 10, 0, []smpp.MessageState{enroute, enroute}, through(1, 2)},
		{"all have waited long enough", 0, 0, []smpp.MessageState{enroute, enroute}, smstx.Set{}},
		{"one is delivered, one waits", 10, -1000, []smpp.MessageState{delivered, enroute}, through(1, 2)},
		{"one is delivered, one is not there", 10, -10, []smpp.MessageState{delivered, 0}, through(1)},
		{"one is delivered, one has failed", 10, -10, []smpp.MessageState{failed, delivered}, through(2)},
		{"one was delivered long ago, one has failed", 10, -301, []smpp.MessageState{delivered, failed}, smstx.Set{}},
		{"one was delivered long ago, one has failed, one waits", 10, -301, []smpp.MessageState{delivered, failed, enroute}, through(3)},
		{"all are delivered", -10, -1000, []smpp.MessageState{delivered, delivered}, through(1, 2)},
	} {
		tok := token{total: uint8(len(tt.states)), at: now.Unix() + tt.at, stored: &stored{until: now.Unix() + tt.until}}
		for i, s := range tt.states {
			tok.stored.segments = append(tok.stored.segments, storedSegment{state: s})
			if s == delivered {
				tok.through.Add(i)
			}
		}
		tok.stale(now)
		if got := tok.taken(); got != tt.taken {
			t.Errorf("%s: %+v are not sent, want %+v", tt.name, got, tt.taken)
		}
	}
}

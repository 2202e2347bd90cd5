package node

import (
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"google.golang.org/protobuf/proto"

	pb "github.com/ppgbox/ppgbox/sdk/pluginrpc/nodev1"
	"github.com/ppgbox/ppgbox/sdk/push"
)

// everyField fails when a field of a word of ours was forgotten here, and so in the converters.
func everyField(t *testing.T, v any, but ...string) {
	t.Helper()
	r := reflect.ValueOf(v)
	for i := range r.NumField() {
		if name := r.Type().Field(i).Name; r.Field(i).IsZero() && !strings.Contains(strings.Join(but, " "), name) {
			t.Errorf("%T has a field %s that nothing is in", v, name)
		}
	}
}

func fullEvent() Event {
	return Event{
		Kind: AddressReleased, IMSI: "001010123456789", MSISDN: "358401234567", GGSN: "north", APN: "push.operator",
		Address: netip.MustParseAddr("2001:db8::7"), Text: "released by the SGSN",
	}
}

func TestEveryFieldCrosses(t *testing.T) {
	p := somePush("a", "b")
	everyField(t, p)
	got, err := pushFromWire(there(t, pushToWire(&p, p.Within), &pb.Push{}))
	if err != nil || !reflect.DeepEqual(got, p) {
		t.Errorf("push: got\n%+v, %v, want\n%+v", got, err, p)
	}
	for _, r := range []Result{
		{ID: "a", Sent: true, Text: "sent", RetryAfter: 1, Exchanges: []push.Exchange{{After: 1, From: "GGSN", To: "HLR", Text: "query"}, {}}},
		{ID: "a", Cause: RefusedBySGSN, GTPCause: 255, Text: "no", RetryAfter: time.Second, Exchanges: make([]push.Exchange, push.MaxExchanges)},
	} {
		everyField(t, r, "Sent Cause GTPCause")
		if r.Sent {
			everyField(t, r.Exchanges[0])
		}
		if got, err := resultFromWire(there(t, resultToWire("a", r, new(lastExchanges)), &pb.Result{})); err != nil || !reflect.DeepEqual(got, r) {
			t.Errorf("result: got %+v, %v, want %+v", got, err, r)
		}
	}
	e := fullEvent()
	everyField(t, e)
	w, err := eventToWire(e)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := eventFromWire(there(t, w, &pb.Event{})); err != nil || got != e {
		t.Errorf("event: got %+v, %v, want %+v", got, err, e)
	}
}

// there brings a message over the wire, by the other implementation of the encoding.
func there[M proto.Message](t *testing.T, m frame, into M) M {
	t.Helper()
	octets := make([]byte, m.SizeVT())
	if _, err := m.MarshalToSizedBufferVT(octets); err != nil {
		t.Fatal(err)
	}
	if err := proto.Unmarshal(octets, into); err != nil {
		t.Fatal(err)
	}
	return into
}

// What a node writes wrong is not taken, and what it says too much is made to fit.
func TestWhatTheWireTakes(t *testing.T) {
	for name, w := range map[string]*pb.Result{
		"no id":            {Sent: true},
		"sent, and not":    {Id: "a", Sent: true, Cause: "failed"},
		"neither":          {Id: "a"},
		"no word":          {Id: "a", Cause: "Not attached"},
		"a long word":      {Id: "a", Cause: strings.Repeat("x", 65)},
		"a cause of GTP":   {Id: "a", Cause: "failed", GtpCause: 256},
		"a negative pause": {Id: "a", Cause: "failed", RetryAfterNano: -1},
		"a long text":      {Id: "a", Cause: "failed", Text: strings.Repeat("x", 1025)},
		"many exchanges":   {Id: "a", Sent: true, Exchanges: make([]*pb.Exchange, push.MaxExchanges+1)},
		"a long exchange":  {Id: "a", Sent: true, Exchanges: []*pb.Exchange{{Text: strings.Repeat("x", 257)}}},
		"an early one":     {Id: "a", Sent: true, Exchanges: []*pb.Exchange{{AfterNano: -1}}},
	} {
		if r, err := resultFromWire(w); err == nil {
			t.Errorf("%s: got %+v", name, r)
		}
	}
	for name, w := range map[string]*pb.Event{
		"nobody":    {Kind: 1},
		"an IMSI":   {Kind: 1, Imsi: "1"},
		"a GGSN":    {Kind: 1, Msisdn: "1", Ggsn: strings.Repeat("x", 101)},
		"an APN":    {Kind: 1, Msisdn: "1", Apn: "\xff"},
		"a text":    {Kind: 1, Msisdn: "1", Text: strings.Repeat("x", 1025)},
		"0.0.0.0":   {Kind: 1, Msisdn: "1", Address: make([]byte, 4)},
		"6 octets":  {Kind: 1, Msisdn: "1", Address: make([]byte, 6)},
		"17 octets": {Kind: 1, Msisdn: "1", Address: make([]byte, 17)},
	} {
		if e, err := eventFromWire(w); err == nil {
			t.Errorf("%s: got %+v", name, e)
		}
	}
	if _, _, err := windowFromWire(&pb.Window{Size: MaxWindow + 1}); err == nil {
		t.Error("a window that is too large was taken")
	}
	for name, h := range map[string]*pb.NodeHello{
		"version 0": {}, "version 2": {Version: 2}, "a name": {Version: 1, Node: strings.Repeat("x", 101)},
		"an APN": {Version: 1, Apns: []string{strings.Repeat("x", 101)}}, "APNs": {Version: 1, Apns: make([]string, 1001)},
	} {
		if helloFromNode(h) == nil {
			t.Errorf("hello with %s was taken", name)
		}
	}
	long := resultToWire("a", Result{
		Cause: "No Word", Text: strings.Repeat("\u20ac\n", 1000), RetryAfter: -1,
		Exchanges: slices.Repeat([]push.Exchange{{After: -1, Text: strings.Repeat("\u20ac\n", 1000)}}, push.MaxExchanges+1),
	}, new(lastExchanges))
	if r, err := resultFromWire(long); err != nil || r.Cause != Failed || r.RetryAfter != 0 || len(r.Exchanges) != push.MaxExchanges || strings.ContainsAny(r.Text, "\n") {
		t.Errorf("got %+v, %v", r, err)
	}
	if r, err := resultFromWire(resultToWire("a", Result{Cause: Failed, RetryAfter: 1000 * time.Hour}, new(lastExchanges))); err != nil || r.RetryAfter != maxRetry {
		t.Errorf("got %+v, %v", r, err)
	}
	if r, err := resultFromWire(&pb.Result{Id: "a", Cause: string(NodeLost)}); err != nil || r.Cause != Failed {
		t.Errorf("a node says what only a client can: %+v, %v", r, err)
	}
}

func TestClip(t *testing.T) {
	for _, s := range []string{"", "abc", "\u20ac\u20ac", "a\u20ac", "\xff\xff\xff", "a\r\n\u2028b", strings.Repeat("\xff", 10)} {
		for most := range 12 {
			if got := clip(s, most); len(got) > most || !utf8.ValidString(got) || strings.ContainsAny(got, "\r\n\u2028") {
				t.Errorf("clip(%q, %d) is %q", s, most, got)
			}
		}
	}
	if got := clip("two\nlines", 100); got != "two lines" {
		t.Errorf("got %q", got)
	}
}

// The causes are a part of the protocol.
func TestCauses(t *testing.T) {
	seen := map[Cause]bool{}
	for _, c := range Causes() {
		if !isWord(string(c)) || seen[c] {
			t.Errorf("%q is no word, or there twice", c)
		}
		seen[c] = true
	}
	for _, c := range wireCauses() {
		if c.ofClient() {
			t.Errorf("a node may not say %q", c)
		}
	}
	if priorityOK(push.PriorityHigh+1) || priorityOK(push.PriorityLow-1) {
		t.Error("a priority of no kind")
	}
}

// Results with the same list of exchanges share its form; others, of the same length too, have their own.
func TestLastExchanges(t *testing.T) {
	one, other := []push.Exchange{{From: "GGSN", To: "terminal", Text: "push"}}, []push.Exchange{{From: "HLR", To: "GGSN", Text: "answer"}}
	var last lastExchanges
	for _, list := range [][]push.Exchange{one, one, other, nil, one[:0], one} {
		w := last.toWire(list)
		if len(w) != len(list) || len(list) > 0 && (w[0].GetFrom() != list[0].From || w[0].GetText() != list[0].Text) {
			t.Errorf("%v became %v", list, w)
		}
	}
}

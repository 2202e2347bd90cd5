package pluginrpc

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	pb "github.com/ppgbox/ppgbox/sdk/pluginrpc/pluginv1"
	"github.com/ppgbox/ppgbox/sdk/push"
)

func TestEnumsCross(t *testing.T) {
	if n := len(pb.OutcomeKind_name); n != 6 {
		t.Fatalf("protobuf knows %d outcomes", n)
	}
	for n, name := range pb.OutcomeKind_name {
		k := outcomeKindFromProto(pb.OutcomeKind(n))
		if outcomeKindToProto(k) != pb.OutcomeKind(n) {
			t.Errorf("%s comes back as %s", name, outcomeKindToProto(k))
		}
		want := strings.ToLower(strings.ReplaceAll(strings.TrimPrefix(name, "OUTCOME_"), "_", " "))
		if k.String() != want {
			t.Errorf("%s is %q here", name, k)
		}
	}
	for k := push.OutcomeKind(0); !strings.HasPrefix(k.String(), "outcome "); k++ {
		if got := outcomeKindFromProto(outcomeKindToProto(k)); got != k {
			t.Errorf("outcome %q comes back as %q", k, got)
		}
	}
	if got := outcomeKindFromProto(99); got != push.OutcomeUnknown {
		t.Errorf("an outcome of a later version is %q, want unknown", got)
	}
	for n, name := range pb.EventKind_name {
		if k := eventKindFromProto(pb.EventKind(n)); eventKindToProto(k) != pb.EventKind(n) || int32(k) != n {
			t.Errorf("%s is event %d here", name, k)
		}
	}
	if got := eventKindFromProto(99); got != 0 {
		t.Errorf("an event of a later version is %d, want 0", got)
	}
	for _, p := range []push.Priority{push.PriorityLow, push.PriorityMedium, push.PriorityHigh} {
		if got := deliveryOf(deliveryToProto(push.Delivery{Priority: p})).Priority; got != p {
			t.Errorf("priority %d comes back as %d", p, got)
		}
	}
	for _, m := range []push.DeliveryMethod{push.NotSpecified, push.Unconfirmed, push.PreferConfirmed, push.Confirmed} {
		if got := deliveryOf(deliveryToProto(push.Delivery{Method: m})).Method; got != m {
			t.Errorf("delivery method %d comes back as %d", m, got)
		}
	}
}

func TestAddressesAndTimesCross(t *testing.T) {
	for _, a := range []string{"10.1.2.3", "2001:db8::1", "::ffff:10.1.2.3"} {
		s := push.Session{Address: netip.MustParseAddr(a), Expires: time.Date(2026, 2, 3, 4, 5, 6, 7, time.FixedZone("x", 3600))}
		got := sessionFromProto(sessionToProto(s))
		if got.Address != s.Address || !got.Expires.Equal(s.Expires) {
			t.Errorf("%s comes back as %v", a, got)
		}
	}
	if got := sessionFromProto(&pb.Session{Address: []byte{1, 2, 3}}); got.Address.IsValid() {
		t.Errorf("three octets became the address %s", got.Address)
	}
}

func TestStringsAreUTF8(t *testing.T) {
	m := messageToProto(push.Message{Headers: []push.Header{{Name: "X", Value: "caf\xe9"}}})
	if v := m.GetHeaders()[0].GetValue(); v != "caf\uFFFD" {
		t.Errorf("header crosses as %q", v)
	}
	long := strings.Repeat("é", MaxTextSize)
	e := errorToProto(&push.Error{Text: long, Cause: "x" + long})
	for _, s := range []string{e.GetText(), e.GetCause()} {
		if len(s) > MaxTextSize || len(s) < MaxTextSize-1 || !utf8.ValidString(s) || strings.ContainsRune(s, utf8.RuneError) {
			t.Errorf("a text of %d octets is cut to %d, ending %q", len(long), len(s), s[len(s)-4:])
		}
	}
}

func TestErrorsCross(t *testing.T) {
	whole := &push.Error{Code: 3006, Text: "line 4: no href", Cause: "si.go"}
	rows := []struct {
		name string
		err  error
		is   error
		want push.Error
	}{
		{"permanent", whole, nil, *whole},
		{"wrapped", fmt.Errorf("here: %w", whole), nil, *whole},
		{"temporary with all", &push.Error{Temporary: true, Code: 4000, Text: "t", Cause: "c"}, nil, push.Error{Temporary: true, Code: 4000, Text: "t", Cause: "c"}},
		{"plain", errors.New("disk on fire"), nil, push.Error{Temporary: true, Cause: "disk on fire"}},
		{"not here", push.ErrNotHere, push.ErrNotHere, push.Error{}},
		{"not here, wrapped", fmt.Errorf("hlr: %w", push.ErrNotHere), push.ErrNotHere, push.Error{}},
		{"not attached", push.ErrNotAttached, push.ErrNotAttached, push.Error{}},
		{"not attached, wrapped", fmt.Errorf("MAP error 27: %w", push.ErrNotAttached), push.ErrNotAttached, push.Error{}},
	}
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			_, err := routedFromProto(routedToProto(push.Route{}, r.err))
			if r.is != nil {
				if !errors.Is(err, r.is) {
					t.Fatalf("routing gets %v, want %v", err, r.is)
				}
				if err.Error() != r.err.Error() {
					t.Errorf("its cause is %q, want %q", err, r.err)
				}
				if bare := r.err == r.is; (err == r.is) != bare {
					t.Errorf("the bare answer: %t, want %t", err == r.is, bare)
				}
				return
			}
			_, err2 := encodedFromProto(encodedToProto(push.Message{}, r.err))
			for _, err := range []error{err, err2} {
				var e *push.Error
				if !errors.As(err, &e) || *e != r.want {
					t.Errorf("got %#v, want %#v", err, r.want)
				}
			}
		})
	}
	for name, f := range map[string]func() error{
		"encoded": func() error { _, err := encodedFromProto(&pb.EncodedItem{}); return err },
		"routed":  func() error { _, err := routedFromProto(&pb.RoutedItem{}); return err },
	} {
		var e *push.Error
		if err := f(); !errors.As(err, &e) || !e.Temporary {
			t.Errorf("%s: an empty answer is %v, want a temporary error", name, err)
		}
	}
}

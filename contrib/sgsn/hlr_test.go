package sgsn_test

import (
	"errors"
	"net/netip"
	"testing"
	"time"

	"github.com/ppgbox/ppgbox/contrib/sgsn"
	"github.com/ppgbox/ppgbox/sdk/gtp"
)

func newHLR(t *testing.T, g *ggsn, everybody *sgsn.Subscriber) *sgsn.HLR {
	t.Helper()
	h, err := sgsn.StartHLR(sgsn.HLRConfig{
		Address: netip.MustParseAddrPort(loopback), GGSNControl: port(g.control), T3Response: 100 * time.Millisecond, Everybody: everybody,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := h.Close(); err != nil {
			t.Error(err)
		}
	})
	return h
}

func TestRegister(t *testing.T) {
	at := netip.MustParseAddr("10.23.0.2")
	tests := []struct {
		name       string
		subscriber *sgsn.Subscriber // nil is unknown
		want       gtp.SendRouteingInfoResponse
		silent     bool
	}{
		{name: "attached", subscriber: &sgsn.Subscriber{SGSN: at}, want: gtp.SendRouteingInfoResponse{Cause: 128, GSNAddress: at}},
		{name: "nowhere", subscriber: &sgsn.Subscriber{}, want: gtp.SendRouteingInfoResponse{Cause: 128, MAPCause: new(gtp.MAPCause(27))}},
		{name: "detached", subscriber: &sgsn.Subscriber{Reason: new(gtp.MSNotReachableReason(6))}, want: gtp.SendRouteingInfoResponse{Cause: 128, MSNotReachableReason: new(gtp.MSNotReachableReason(6))}},
		{name: "did not answer paging", subscriber: &sgsn.Subscriber{SGSN: at, Reason: new(gtp.NoPagingResponseSGSN)}, want: gtp.SendRouteingInfoResponse{Cause: 128, MSNotReachableReason: new(gtp.NoPagingResponseSGSN), GSNAddress: at}},
		{name: "refused", subscriber: &sgsn.Subscriber{Cause: gtp.CauseSystemFailure, MAPCause: 34}, want: gtp.SendRouteingInfoResponse{Cause: 204, MAPCause: new(gtp.MAPCause(34))}},
		{name: "unknown", want: gtp.SendRouteingInfoResponse{Cause: 194, MAPCause: new(gtp.MAPCause(1))}},
		{name: "silent", subscriber: &sgsn.Subscriber{Unanswered: true}, silent: true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			g := newGGSN(t)
			h := newHLR(t, g, test.subscriber)
			p, err := g.path.Do(t.Context(), h.Address(), 0, &gtp.SendRouteingInfoRequest{IMSI: imsi})
			if h.Asked(imsi) != 1 {
				t.Errorf("asked %d times", h.Asked(imsi))
			}
			if test.silent {
				if !errors.Is(err, gtp.ErrNoResponse) {
					t.Errorf("%+v, %v, want no response", p, err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			test.want.IMSI = imsi
			got, want := p.Message, gtp.Message(&test.want)
			if a, b := octets(t, got), octets(t, want); a != b {
				t.Errorf("answered %x, want %x", a, b)
			}
		})
	}
}

func octets(t *testing.T, m gtp.Message) string {
	t.Helper()
	b, err := gtp.Append(nil, gtp.Header{}, m)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// Who reported a failure is told when the subscriber is there again.
func TestPresent(t *testing.T) {
	g := newGGSN(t)
	at := netip.MustParseAddr("10.23.0.2")
	h := newHLR(t, g, nil)
	h.Subscribe(imsi, sgsn.Subscriber{SGSN: at})
	reason := func() *gtp.MSNotReachableReason {
		p, err := g.path.Do(t.Context(), h.Address(), 0, &gtp.SendRouteingInfoRequest{IMSI: imsi})
		if err != nil {
			t.Fatal(err)
		}
		return p.Message.(*gtp.SendRouteingInfoResponse).MSNotReachableReason
	}
	if p, err := g.path.Do(t.Context(), h.Address(), 0, &gtp.FailureReportRequest{IMSI: imsi}); err != nil || p.Message.(*gtp.FailureReportResponse).Cause != gtp.CauseRequestAccepted {
		t.Fatalf("Failure Report: %+v, %v", p, err)
	}
	if r := reason(); r == nil || *r != gtp.NoPagingResponseSGSN || len(h.Reported(imsi)) != 1 {
		t.Errorf("after the report the reason is %v, and %v have reported", r, h.Reported(imsi))
	}
	if err := h.Present(imsi, at); err != nil {
		t.Fatal(err)
	}
	r := reason()
	g.mu.Lock()
	defer g.mu.Unlock()
	if r != nil || len(h.Reported(imsi)) != 0 || len(g.presents) != 1 || g.presents[0] != imsi {
		t.Errorf("present: reason %v, reported %v, told %v", r, h.Reported(imsi), g.presents)
	}
}

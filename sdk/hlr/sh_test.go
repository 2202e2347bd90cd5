package hlr

import (
	"context"
	"errors"
	"net"
	"testing"
	"time"

	"github.com/ppgbox/ppgbox/sdk/diameter"
)

// Codes of RFC 6733 §4.5 and 3GPP TS 29.329 §6.3 that the double of an HSS needs.
const (
	avpSession      diameter.Code = 263
	avpOriginHost   diameter.Code = 264
	avpVendor       diameter.Code = 266
	avpResult       diameter.Code = 268
	avpExperimental diameter.Code = 297
	avpExpCode      diameter.Code = 298
	avpApplication  diameter.Code = 258
	avpUserData                   = diameter.Code(diameter.Vendor3GPP)<<32 | 702
)

// newSh makes a backend on a double of an HSS that puts what answer returns into each answer; nil AVPs mean none is sent.
func newSh(t *testing.T, answer func() diameter.AVPs) *Sh {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	peer, err := diameter.New(diameter.Config{
		Address: l.Addr().String(), Host: "push.home", Realm: "home", Application: diameter.Sh(), LeastPause: time.Hour,
	})
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan struct{})
	t.Cleanup(func() {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		peer.Close(ctx)
		_ = l.Close()
		<-served
	})
	go func() {
		defer close(served)
		c, err := l.Accept()
		if err != nil {
			return
		}
		defer func() { _ = c.Close() }()
		for {
			m, err := diameter.Read(c, 1<<16)
			if err != nil {
				return
			}
			session, avps := m.AVPs, diameter.AVPs(nil)
			m.Request = false
			m.AVPs = diameter.AVPs{diameter.Octets(avpOriginHost, "hss.home")}
			if m.Application == 0 {
				avps = diameter.AVPs{
					diameter.Unsigned32(avpResult, diameter.ResultSuccess), diameter.Unsigned32(avpApplication, diameter.Sh().ID),
				}
			} else if avps = answer(); avps == nil {
				return
			} else if id, ok := session.Find(avpSession); ok {
				m.AVPs = append(m.AVPs, id)
			}
			m.AVPs = append(m.AVPs, avps...)
			frame, err := m.Append(nil)
			if err != nil {
				t.Error(err)
				return
			}
			if _, err := c.Write(frame); err != nil {
				return
			}
		}
	}()
	return NewSh(peer, ShConfig{Realm: "home", UserState: true})
}

func TestShLocations(t *testing.T) {
	const place = "<PSLocationInformation><SGSNNumber>46701000001</SGSNNumber></PSLocationInformation>"
	for _, row := range []struct {
		name, document string
		want           Location
	}{
		{"location alone", place, Location{Attached: true, SGSN: "46701000001"}},
		{"reachable", place + "<PSUserState>2</PSUserState>", Location{Attached: true, SGSN: "46701000001"}},
		{
			"not reachable", place + "<PSUserState>1</PSUserState>",
			Location{Attached: true, SGSN: "46701000001", NotReachable: NotReachablePaged},
		},
		{"detached", place + "<PSUserState>0</PSUserState>", Location{SGSN: "46701000001", NotReachable: GPRSDetached}},
		{"detached, no location", "<PSUserState>0</PSUserState>", Location{NotReachable: GPRSDetached}},
		{"empty", "", Location{NotReachable: LocationUnknown}},
		{"state alone", "<PSUserState>2</PSUserState>", Location{NotReachable: LocationUnknown}},
	} {
		t.Run(row.name, func(t *testing.T) {
			s := newSh(t, func() diameter.AVPs {
				return diameter.AVPs{
					diameter.Unsigned32(avpResult, diameter.ResultSuccess),
					diameter.Octets(avpUserData, "<Sh-Data>"+row.document+"</Sh-Data>"),
				}
			})
			if got, err := s.Query(t.Context(), Question{MSISDN: "46702123456"}); got != row.want || err != nil {
				t.Errorf("%+v, %v", got, err)
			}
		})
	}
}

func TestShFailures(t *testing.T) {
	said := func(vendor, code uint32) func() diameter.AVPs {
		return func() diameter.AVPs {
			if vendor == 0 {
				return diameter.AVPs{diameter.Unsigned32(avpResult, code)}
			}
			return diameter.AVPs{diameter.Grouped(
				avpExperimental, diameter.Unsigned32(avpVendor, vendor), diameter.Unsigned32(avpExpCode, code),
			)}
		}
	}
	for _, row := range []struct {
		name   string
		answer func() diameter.AVPs
		kind   error
		again  bool
	}{
		{"unknown user", said(diameter.Vendor3GPP, 5001), ErrUnknownSubscriber, false},
		{"unsupported AVP, the same number", said(0, 5001), ErrRefused, false},
		{"the same number of another vendor", said(1, 5001), ErrRefused, false},
		{"data not available", said(diameter.Vendor3GPP, 4100), ErrRefused, true},
		{"data not recognized", said(diameter.Vendor3GPP, 5100), ErrRefused, false},
		{"not delivered", said(0, 3002), ErrDown, true},
		{"too busy", said(0, 3004), ErrDown, true},
		{"unable to comply", said(0, 5012), ErrRefused, true},
		{"no result", func() diameter.AVPs { return diameter.AVPs{} }, ErrGarbage, false},
		{"document", func() diameter.AVPs {
			return diameter.AVPs{diameter.Unsigned32(avpResult, 2001), diameter.Octets(avpUserData, "<!DOCTYPE a>")}
		}, ErrGarbage, false},
		{"hangs up", func() diameter.AVPs { return nil }, ErrDown, true},
	} {
		t.Run(row.name, func(t *testing.T) {
			got, err := newSh(t, row.answer).Query(t.Context(), Question{PublicIdentity: "sip:user@home"})
			var failure *Error
			if !errors.Is(err, row.kind) || !errors.As(err, &failure) || failure.Again != row.again || got != (Location{}) {
				t.Errorf("%+v, %v", got, err)
			}
		})
	}
}

func TestShQuestions(t *testing.T) {
	s := newSh(t, func() diameter.AVPs { return diameter.AVPs{} })
	if _, err := s.Query(t.Context(), imsi(1)); !errors.Is(err, ErrQuestion) {
		t.Errorf("by IMSI: %v", err)
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(ErrTimeout)
	if _, err := s.Query(ctx, Question{MSISDN: "1"}); !errors.Is(err, ErrTimeout) {
		t.Errorf("too late: %v", err)
	}
}

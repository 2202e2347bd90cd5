package hlr

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"

	"github.com/ppgbox/ppgbox/sdk/gtp"
)

// located judges a Send Routeing Information for GPRS Response (3GPP TS 29.060 §7.4.2). A MAP cause is the HLR's own word and counts
// whatever the cause beside it is; without one the cause is that of the GSN in between.
func (g *GTP) located(q Question, p gtp.Packet) (Location, error) {
	garbage := func(err error) (Location, error) {
		return Location{}, &Error{Backend: g.Name(), Kind: ErrGarbage, Err: err}
	}
	m, ok := p.Message.(*gtp.SendRouteingInfoResponse)
	switch {
	case !ok:
		return garbage(fmt.Errorf("a %v", p.Header.Type))
	case m.IMSI != q.IMSI:
		return garbage(errors.New("the answer is about another subscriber"))
	case m.MAPCause != nil:
		if err := ofMAPCause(g.Name(), uint8(*m.MAPCause)); err != nil {
			return Location{}, err
		}
		return Location{NotReachable: reasonIn(m, Absent)}, nil
	}
	switch m.Cause {
	case gtp.CauseRequestAccepted:
	case gtp.CauseMSDetached:
		return Location{NotReachable: reasonIn(m, GPRSDetached)}, nil
	case gtp.CauseMSNotResponding:
		return Location{NotReachable: reasonIn(m, NoPagingResponse)}, nil
	default:
		return Location{}, g.refusal(m.Cause)
	}
	// An address that the codec passed over as incorrect is not the same as none (§11.1): the answer says nothing for sure.
	for _, passed := range p.Ignored {
		if passed.Element == gtp.ElementGSNAddress && !m.GSNAddress.IsValid() {
			return garbage(fmt.Errorf("the address of the SGSN: %s", passed.Reason))
		}
	}
	location := Location{NotReachable: reasonIn(m, "")}
	switch {
	case m.GSNAddress.IsValid() && !isNode(m.GSNAddress):
		return garbage(fmt.Errorf("%v for the address of the SGSN", m.GSNAddress))
	case m.GSNAddress.IsValid():
		location.Attached, location.SGSN = true, m.GSNAddress.String()
	case location.NotReachable == "":
		location.NotReachable = LocationUnknown
	}
	if q.APN == "" {
		return location, nil
	}
	ggsn, err := g.ggsn(q.APN, m.Private)
	if err != nil {
		return garbage(err)
	}
	location.GGSN = ggsn
	return location, nil
}

// refusal words a cause that grants nothing.
func (g *GTP) refusal(cause gtp.Cause) error {
	failure := &Error{Backend: g.Name(), Kind: ErrRefused, Code: fmt.Sprintf("cause %d, %v", uint8(cause), cause)}
	switch cause {
	case gtp.CauseIMSINotKnown:
		failure.Kind = ErrUnknownSubscriber
	case gtp.CauseNoResources, gtp.CauseSystemFailure, gtp.CauseNoMemory:
		failure.Again = true
	}
	return failure
}

// reasonIn is the MS Not Reachable Reason of an answer, or another word where it has none.
func reasonIn(m *gtp.SendRouteingInfoResponse, otherwise Reason) Reason {
	if m.MSNotReachableReason == nil {
		return otherwise
	}
	return reasonOf(uint8(*m.MSNotReachableReason))
}

// ggsn is the node that the extension names for the access point that was asked with, "" without one.
func (g *GTP) ggsn(apn string, private []gtp.PrivateExtension) (string, error) {
	e, found, err := gtp.FindAPNExtension(private, g.config.Extension)
	switch {
	case err != nil || !found:
		return "", err
	case !strings.EqualFold(string(e.APN), apn):
		return "", fmt.Errorf("the GGSN is that of %q, and asked was for that of %q", e.APN, apn)
	case !e.GGSN.IsValid():
		return "", nil
	case !isNode(e.GGSN):
		return "", fmt.Errorf("%v for the address of the GGSN", e.GGSN)
	}
	return e.GGSN.String(), nil
}

// isNode reports whether an address can be one node's.
func isNode(a netip.Addr) bool {
	return !a.IsUnspecified() && !a.IsMulticast() && a != netip.AddrFrom4([4]byte{255, 255, 255, 255})
}

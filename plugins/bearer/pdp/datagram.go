package pdp

import (
	"fmt"
	"net"
	"net/netip"
	"time"

	"github.com/ppgbox/ppgbox/sdk/push"
	"github.com/ppgbox/ppgbox/sdk/wsp"
)

// prepare makes the datagram of a delivery and says where it goes and leaves from, or why it can not.
func (p *Plugin) prepare(d push.Delivery) (*sending, origin, *push.Outcome) {
	to, unreachable := p.terminal(d)
	if unreachable != "" {
		return nil, origin{}, &push.Outcome{
			Kind: push.OutcomeUnreachable, Code: codeServiceFailure, Text: "the terminal is not online", Cause: unreachable,
		}
	}
	if !isTerminal(to.Addr()) {
		return nil, origin{}, &push.Outcome{
			Kind: push.OutcomeRefused, Code: codeAddressError, Text: "the address is not that of a terminal", Cause: to.Addr().String(),
		}
	}
	from, err := p.origin(d.Route.Node, to.Addr())
	if err != nil {
		return nil, origin{}, &push.Outcome{Kind: push.OutcomeRefused, Code: codeServiceFailure, Cause: err.Error()}
	}
	head, err := p.heads.of(d.Message)
	octets := len(head) + len(d.Message.Body)
	switch {
	case err != nil:
		return nil, origin{}, &push.Outcome{
			Kind: push.OutcomeRefused, Code: codeTransformation, Text: "the push can not be written as a WSP PDU: " + err.Error(),
		}
	case octets > p.config.maxOctets:
		return nil, origin{}, &push.Outcome{
			Kind: push.OutcomeRefused, Code: codeServiceFailure, Text: textTooLong,
			Cause: fmt.Sprintf("%d octets, max_octets is %d", octets, p.config.maxOctets),
		}
	}
	pdu := append(append(make([]byte, 0, octets), head...), d.Message.Body...)
	pdu[0] = byte(p.tid.Add(1))
	s := &sending{id: d.ID, to: to, datagram: pdu}
	s.addr = net.UDPAddr{IP: to.Addr().AsSlice(), Port: int(to.Port()), Zone: to.Addr().Zone()}
	s.to = netip.AddrPortFrom(to.Addr().WithZone(""), to.Port()) // as the kernel names it when it complains
	return s, from, nil
}

// isTerminal reports whether an address can be that of one terminal. What is broadcast in some network only the system knows, which
// refuses to send to it.
func isTerminal(a netip.Addr) bool {
	return a.IsValid() && !a.IsUnspecified() && !a.IsMulticast() && a != netip.AddrFrom4([4]byte{255, 255, 255, 255})
}

// terminal is where a push goes: to the session that was routed, or to the address that was pushed to; else it says why there is no
// such. A route has one session, since a leg is one terminal: which of several it is was the routing strategy's choice, and the
// others that the subscriber has are not tried on a guess.
func (p *Plugin) terminal(d push.Delivery) (to netip.AddrPort, unreachable string) {
	if s := d.Route.Session; s != nil {
		if !s.Expires.IsZero() && !time.Now().Before(s.Expires) {
			return to, "the session has expired"
		}
		return netip.AddrPortFrom(s.Address.Unmap(), p.config.terminalPort), ""
	}
	if t := d.Terminal.Address.Type; t != push.IPv4 && t != push.IPv6 {
		return to, "no session, and this bearer can not activate one"
	}
	addr, _ := netip.ParseAddr(d.Terminal.Address.Value) // the zero address is refused
	return netip.AddrPortFrom(addr.Unmap(), p.config.terminalPort), ""
}

// origin is where a node's pushes to an address leave from.
func (p *Plugin) origin(name string, to netip.Addr) (origin, error) {
	n, ok := p.config.nodes[name]
	if !ok && name != "" {
		return origin{}, fmt.Errorf("node %q is not in the configuration of this bearer", name)
	}
	source, unspecified := n.ipv6, netip.IPv6Unspecified()
	if to.Is4() {
		source, unspecified = n.ipv4, netip.IPv4Unspecified()
	}
	switch {
	case source.IsValid():
	case name == "" || n.device != "":
		source = unspecified
	default:
		return origin{}, fmt.Errorf("node %q has no source for %s", name, to)
	}
	return origin{netip.AddrPortFrom(source, p.config.sourcePort), n.device}, nil
}

// airHeaders are those headers of a push that may go over the air.
func airHeaders(headers []push.Header) []wsp.Header {
	list := make([]wsp.Header, len(headers))
	for i, h := range headers {
		list[i] = wsp.Header(h)
	}
	return wsp.AirHeaders(list)
}

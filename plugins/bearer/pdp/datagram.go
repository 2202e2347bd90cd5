package pdp

import (
	"fmt"
	"net/netip"

	"github.com/ppgbox/ppgbox/sdk/push"
	"github.com/ppgbox/ppgbox/sdk/wsp"
)

// prepare makes a sending of a delivery, with its datagram and where that goes, or says why it can not.
func (p *Plugin) prepare(d *push.Delivery) (*sending, *push.Outcome) {
	t, refusal := p.target(d)
	if refusal != nil {
		return nil, refusal
	}
	s := &sending{id: d.ID}
	if t.course == byPushNode {
		s.link = p.links[t.node.name]
		s.to = netip.AddrPortFrom(t.address, p.config.terminalPort)
	} else {
		from, err := p.origin(t.name, t.node, t.address)
		if err != nil {
			return nil, &push.Outcome{Kind: push.OutcomeRefused, Code: codeServiceFailure, Cause: err.Error()}
		}
		s.from = from
		s.aim(netip.AddrPortFrom(t.address, p.config.terminalPort))
	}
	if s.datagram, refusal = p.pdu(d.Message); refusal != nil {
		return nil, refusal
	}
	if t.course == byPacket {
		s.hold(p.config.wakePort, t.woken)
	}
	return s, nil
}

// pdu writes a push as WSP, with a transaction id of its own.
func (p *Plugin) pdu(m push.Message) ([]byte, *push.Outcome) {
	head, err := p.heads.of(m)
	octets := len(head) + len(m.Body)
	switch {
	case err != nil:
		return nil, &push.Outcome{
			Kind: push.OutcomeRefused, Code: codeTransformation, Text: "the push can not be written as a WSP PDU: " + err.Error(),
		}
	case octets > p.config.maxOctets:
		return nil, &push.Outcome{
			Kind: push.OutcomeRefused, Code: codeServiceFailure, Text: textTooLong,
			Cause: fmt.Sprintf("%d octets, max_octets is %d", octets, p.config.maxOctets),
		}
	}
	pdu := append(append(make([]byte, 0, octets), head...), m.Body...)
	pdu[0] = byte(p.tid.Add(1))
	return pdu, nil
}

// aim has a sending go to an address.
func (s *sending) aim(to netip.AddrPort) {
	s.to, s.zone = netip.AddrPortFrom(to.Addr().WithZone(""), to.Port()), to.Addr().Zone()
}

// isTerminal reports whether an address can be that of one terminal. What is broadcast in some network only the system knows, which
// refuses to send to it.
func isTerminal(a netip.Addr) bool {
	return a.IsValid() && !a.IsUnspecified() && !a.IsMulticast() && a != netip.AddrFrom4([4]byte{255, 255, 255, 255})
}

// origin is where a node's pushes to an address leave from; n is nil where none of the name is configured.
func (p *Plugin) origin(name string, n *pdpNode, to netip.Addr) (origin, error) {
	if n == nil {
		if name != "" {
			return origin{}, fmt.Errorf("the node %q is not one of this bearer's", name)
		}
		n = &pdpNode{}
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

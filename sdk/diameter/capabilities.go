package diameter

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"strings"
	"time"
)

// connect makes a connection and agrees on the application (Capabilities-Exchange, RFC 6733 §5.3).
func (p *Peer) connect(ctx context.Context) (*conn, error) {
	ctx, cancel := context.WithTimeout(ctx, p.config.Connect)
	defer cancel()
	var dialer net.Dialer
	socket, err := dialer.DialContext(ctx, "tcp", p.config.Address)
	if err != nil {
		return nil, err
	}
	stop := context.AfterFunc(ctx, func() { _ = socket.SetDeadline(time.Unix(1, 0)) })
	err = p.exchangeCapabilities(socket)
	if !stop() && err == nil {
		err = context.Cause(ctx)
	}
	if err != nil {
		_ = socket.Close()
		return nil, fmt.Errorf("capabilities exchange with %s: %w", p.config.Address, err)
	}
	return newConn(p, socket), nil
}

func (p *Peer) exchangeCapabilities(socket net.Conn) error {
	request := p.capabilities(socket.LocalAddr())
	request.HopByHop = rand.Uint32()
	request.EndToEnd = p.ids.nextEndToEnd()
	frame, err := request.Append(nil)
	if err != nil {
		return err
	}
	if _, err := socket.Write(frame); err != nil {
		return err
	}
	answer, err := Read(socket, p.config.MaxMessage)
	if err != nil {
		if errors.Is(err, ErrMalformed) {
			p.counting.malformed.Add(1)
		}
		return err
	}
	if answer.Request || answer.Command != commandCapabilities || answer.HopByHop != request.HopByHop ||
		answer.EndToEnd != request.EndToEnd {
		p.counting.foreign.Add(1)
		return errors.New("something else than the answer came first")
	}
	if err := answer.Failure(); err != nil {
		return err
	}
	if err := p.agree(answer.AVPs); err != nil {
		return err
	}
	p.learn(answer.AVPs)
	return nil
}

// capabilities makes the Capabilities-Exchange-Request (RFC 6733 §5.3.1). Sh's application is announced in a
// Vendor-Specific-Application-Id (3GPP TS 29.329 §5).
func (p *Peer) capabilities(local net.Addr) Message {
	ip := netip.IPv4Unspecified()
	if address, err := netip.ParseAddrPort(local.String()); err == nil {
		ip = address.Addr().WithZone("")
	}
	product := Octets(codeProductName, p.config.Product)
	product.Mandatory = false // RFC 6733 §5.3.7
	avps := p.origin()
	avps = append(avps[:2:2], Address(codeHostIPAddress, ip), Unsigned32(codeVendorID, 0), product, avps[2])
	if p.config.Application.Vendor != 0 {
		avps = append(avps, Unsigned32(codeSupportedVendorID, p.config.Application.Vendor))
	}
	return Message{
		Header: Header{Request: true, Command: commandCapabilities},
		AVPs:   append(avps, p.config.Application.avp()),
	}
}

func (a Application) avp() AVP {
	id := Unsigned32(codeAuthApplicationID, a.ID)
	if a.Vendor == 0 {
		return id
	}
	return Grouped(codeVendorSpecificApplicationID, Unsigned32(codeVendorID, a.Vendor), id)
}

// agree checks who answered, and that the application is common: only its number counts, and a relay forwards all
// (RFC 6733 §5.3, §2.4).
func (p *Peer) agree(avps AVPs) error {
	host := avps.Text(codeOriginHost)
	if host == "" {
		return fmt.Errorf("%w: an answer without Origin-Host", ErrMalformed)
	}
	if p.config.PeerHost != "" && !strings.EqualFold(host, p.config.PeerHost) {
		return fmt.Errorf("the peer calls itself %q and not %q", host, p.config.PeerHost)
	}
	for _, a := range avps {
		ids := AVPs{a}
		if a.Code == codeVendorSpecificApplicationID {
			var err error
			if ids, err = a.Group(); err != nil {
				return err
			}
		}
		for _, id := range ids {
			if id.Code != codeAuthApplicationID {
				continue
			}
			value, err := id.Unsigned32()
			if err != nil {
				return err
			}
			if value == p.config.Application.ID || value == applicationRelay {
				return nil
			}
		}
	}
	return fmt.Errorf("the peer %q does not serve application %d", host, p.config.Application.ID)
}

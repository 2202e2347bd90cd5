package ggsn

import (
	"errors"
	"fmt"
	"os"

	"github.com/ppgbox/ppgbox/host/ggsn/packet"
)

// A device is a TUN device.
type device interface {
	Read([]byte) (int, error)
	Write([]byte) (int, error)
	Close() error
}

// serveDevice reads what is routed to terminals until the device is closed.
func (g *GGSN) serveDevice() error {
	b := make([]byte, headerGPDU+1<<16)
	for {
		n, err := g.tun.Read(b[headerGPDU:])
		if err != nil {
			if errors.Is(err, os.ErrClosed) {
				return nil
			}
			return fmt.Errorf("TUN device: read: %w", err)
		}
		g.downlink(b[:headerGPDU+n])
	}
}

// downlink sends a packet that is routed to a terminal, which stands behind room for its header. One for a static address without context
// has the terminal asked to activate one (3GPP TS 23.060 §9.2.2.2).
func (g *GGSN) downlink(b []byte) {
	h, ok := packet.Parse(b[headerGPDU:])
	if !ok {
		g.metrics.downlink.of(downlinkForeign)
		return
	}
	if way, ok := g.table.WayTo("", "", h.Destination); ok {
		if err := g.user.send(way, b); err != nil {
			g.metrics.downlink.of(downlinkFailed)
			return
		}
		g.metrics.downlink.of(downlinkForwarded)
		return
	}
	if _, static := g.book.Owner(h.Destination); static && g.engine != nil {
		g.metrics.downlink.of(downlinkActivates)
		g.engine.Downlink(h.Destination, b[headerGPDU:])
		return
	}
	g.metrics.downlink.of(downlinkNoContext)
}

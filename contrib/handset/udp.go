package handset

import (
	"context"
	"fmt"
	"net"
)

// ServeUDP takes pushes that come to a terminal's push port over the packet network, until ctx ends, which closes the socket. It
// returns nil then.
func (t *Terminals) ServeUDP(ctx context.Context, conn *net.UDPConn) error {
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()
	buf := make([]byte, 1<<16)
	for {
		n, from, err := conn.ReadFromUDPAddrPort(buf)
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil:
			return fmt.Errorf("handset: %w", err)
		}
		// The content keeps its octets when the next datagram comes.
		t.report(pushed(from.String(), conn.LocalAddr().String(), append([]byte(nil), buf[:n]...)))
	}
}

package pluginhost

import (
	"context"
	"slices"
	"sync"

	"google.golang.org/grpc"
)

// connCatcher collects the connections that go-plugin makes: it forgets one whose process dies just after the handshake, with
// all its goroutines.
type connCatcher struct {
	mu    sync.Mutex
	conns []*grpc.ClientConn
}

func (c *connCatcher) catch(ctx context.Context, desc *grpc.StreamDesc, cc *grpc.ClientConn, method string,
	streamer grpc.Streamer, opts ...grpc.CallOption,
) (grpc.ClientStream, error) {
	c.mu.Lock()
	if !slices.Contains(c.conns, cc) {
		c.conns = append(c.conns, cc)
	}
	c.mu.Unlock()
	return streamer(ctx, desc, cc, method, opts...)
}

func (c *connCatcher) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, cc := range c.conns {
		_ = cc.Close() // a second time does no harm
	}
}

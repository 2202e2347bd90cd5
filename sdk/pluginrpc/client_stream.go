package pluginrpc

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"google.golang.org/grpc"
)

// StreamEvents is told about a stream. Its methods are called from one goroutine at a time and must not block.
type StreamEvents interface {
	// Window says how many items the plugin takes unanswered from now on, and why it is not more: "" when all is well. The
	// first one comes before Open returns.
	Window(n int, why string)
	// Closed comes exactly once, after every open item was answered. The error is nil after Close, else what broke the stream.
	Closed(err error)
}

// closeGrace is how long a plugin may take to end its side of a stream after the gateway's.
const closeGrace = time.Second

// duplex is a stream with its two goroutines: a writer of Send batches from an outbox and a reader of Recv messages.
type duplex[Item, Send, Recv any] struct {
	stream grpc.BidiStreamingClient[Send, Recv]
	cancel context.CancelFunc
	out    *outbox[Item]
}

// open starts a stream whose life ends with the plugin's, and waits for the plugin's first message, within ctx.
func open[Item, Send, Recv any](
	ctx context.Context, c *Client, start func(context.Context, ...grpc.CallOption) (grpc.BidiStreamingClient[Send, Recv], error),
) (*duplex[Item, Send, Recv], *Recv, error) {
	life, cancel := context.WithCancel(c.life)
	type opened struct {
		stream grpc.BidiStreamingClient[Send, Recv]
		first  *Recv
		err    error
	}
	done := make(chan opened, 1)
	go func() {
		var o opened
		if o.stream, o.err = start(life, c.opts...); o.err == nil {
			o.first, o.err = o.stream.Recv()
		}
		done <- o
	}()
	select {
	case o := <-done:
		if o.err != nil {
			cancel()
			return nil, nil, callError("open stream", o.err)
		}
		return &duplex[Item, Send, Recv]{stream: o.stream, cancel: cancel, out: newOutbox[Item]()}, o.first, nil
	case <-ctx.Done():
		cancel()
		<-done
		return nil, nil, fmt.Errorf("plugin call open stream: no answer: %w", ctx.Err())
	}
}

// write sends what is put into the outbox until it is closed, then the end of this direction.
func (d *duplex[Item, Send, Recv]) write(frame func([]Item) *Send) {
	err := d.out.run(func(batch []Item) error { return d.stream.Send(frame(batch)) })
	if err != nil {
		return // the reader learns the reason
	}
	_ = d.stream.CloseSend()
	// The plugin ends its side when it has written what is left. The timer has nothing to stop if it did.
	time.AfterFunc(closeGrace, d.cancel)
}

// read takes the messages after the first until the stream ends, and says why it ended.
func (d *duplex[Item, Send, Recv]) read(take func(*Recv)) error {
	defer d.cancel()
	for {
		m, err := d.stream.Recv()
		if err != nil {
			d.out.kill()
			if errors.Is(err, io.EOF) {
				return nil
			}
			return rpcError{err}
		}
		take(m)
	}
}

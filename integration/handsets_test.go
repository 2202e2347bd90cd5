package integration

import (
	"context"
	"net"
	"sync"
	"testing"

	"github.com/ppgbox/ppgbox/contrib/handset"
	"github.com/ppgbox/ppgbox/integration/process"
)

// handsets are our own terminals: with an SMSC for those that have a number, and at sockets for those that are online. They say what
// each of them shows.
type handsets struct {
	smsc string // its address

	mu    sync.Mutex
	shown []show
}

// A show is a text on the screen of a terminal.
type show struct{ who, text string }

func newHandsets(t *testing.T) *handsets {
	t.Helper()
	h := &handsets{smsc: process.FreeAddress(t)}
	listener, err := net.Listen("tcp", h.smsc)
	if err != nil {
		t.Fatal(err)
	}
	smsc := &handset.SMSC{Terminals: h.terminals(t, "")}
	serve(t, func(ctx context.Context) error { return smsc.Serve(ctx, listener) })
	return h
}

// terminals returns handsets that are known by one name, or each by its number if that is "".
func (h *handsets) terminals(t *testing.T, name string) *handset.Terminals {
	return handset.NewTerminals(func(e handset.Event) {
		switch e.What {
		case handset.Unreadable:
			t.Errorf("a handset can not read what came: %v", e)
		case handset.Shown:
			h.mu.Lock()
			defer h.mu.Unlock()
			who := name
			if who == "" {
				who = e.To
			}
			h.shown = append(h.shown, show{who, e.Content.Text})
		}
	})
}

// online has a terminal with a name take pushes at a socket of its own, until deaf is called or the test ends.
func (h *handsets) online(t *testing.T, name string, socket net.PacketConn) (deaf func()) {
	t.Helper()
	terminal := h.terminals(t, name)
	return serve(t, func(ctx context.Context) error { return terminal.ServeUDP(ctx, socket.(*net.UDPConn)) })
}

// serve runs something until it is stopped or the test ends.
func serve(t *testing.T, run func(context.Context) error) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(stop)
	return stop
}

// of returns which terminals have shown a text, by number or name, once for each time.
func (h *handsets) of(text string) []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	var who []string
	for _, s := range h.shown {
		if s.text == text {
			who = append(who, s.who)
		}
	}
	return who
}

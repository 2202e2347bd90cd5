package radius

import (
	"context"
	"net"
	"testing"

	"github.com/hashicorp/go-hclog"

	"github.com/ppgbox/ppgbox/host/clock"
)

// A GGSN drops an answer from an address that it did not ask.
func TestAnswersComeFromTheAddressThatWasAsked(t *testing.T) {
	for _, tt := range []struct{ name, listen, ask string }{
		{"IPv4", "0.0.0.0:0", "127.0.0.2"}, {"IPv4 at a socket for both", "[::]:0", "127.0.0.3"}, {"IPv6", "[::]:0", "::1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, err := New(Options{Clients: []Client{{Sources: everywhere(), Secret: secret}}, Directory: &directory{}, Clock: clock.System(), Log: hclog.NewNullLogger()})
			if err != nil {
				t.Fatal(err)
			}
			if err := s.Listen(tt.listen); err != nil {
				t.Skip("the machine has no such address: ", err)
			}
			served := make(chan error)
			go func() { served <- s.Serve() }()
			_, port, _ := net.SplitHostPort(s.Addr())
			c := newSender(t, net.JoinHostPort(tt.ask, port)) // which is connected: it gets answers from there only
			c.tell(isOn, nas)
			s.Close(context.Background())
			if err := <-served; err != nil {
				t.Error(err)
			}
		})
	}
}

func TestListenAtAnAddressThatIsTaken(t *testing.T) {
	s := startServer(t, nil)
	if err := (&Server{log: hclog.NewNullLogger()}).Listen(s.Addr()); err == nil {
		t.Error("no error")
	}
}

func TestCloseWithoutServe(t *testing.T) {
	s, err := New(Options{Clients: []Client{{Sources: local, Secret: secret}}, Clock: clock.System(), Log: hclog.NewNullLogger()})
	if err != nil {
		t.Fatal(err)
	}
	s.Close(context.Background())
	if err := s.Serve(); err != nil {
		t.Errorf("Serve after Close: %v", err)
	}
	if err := s.Reconfigure(nil, nil); err == nil {
		t.Error("Reconfigure after Close is no error")
	}
}

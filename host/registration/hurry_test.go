package registration

import (
	"context"
	"fmt"
	"net"
	"testing"
	"time"
)

// A push client that does not finish its request is waited for when the listener closes, but no longer than the gateway has time.
func TestHurry(t *testing.T) {
	h, err := New(Options{Directory: newFakeDirectory(t), GGSN: "ggsn-a"})
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- h.Serve(ctx, l, nil) }()
	c, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	// The listener asks for the body when the request runs.
	fmt.Fprint(c, "POST /v1/registration HTTP/1.1\r\nHost: x\r\nAuthorization: Basic "+
		"YWxpY2VAcHVzaC5leGFtcGxlLm5ldDp3b25kZXJsYW5k\r\nContent-Type: application/json\r\nExpect: 100-continue\r\nContent-Length: 9\r\n\r\n")
	answer := make([]byte, 64)
	n, err := c.Read(answer)
	if err != nil || string(answer[:12]) != "HTTP/1.1 100" {
		t.Fatalf("answered %q, %v", answer[:n], err)
	}
	stop()
	h.Hurry()
	select {
	case err := <-ended:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(shutdownTime - time.Second):
		t.Error("the request is waited for all the same")
	}
}

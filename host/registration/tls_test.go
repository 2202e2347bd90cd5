package registration

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
)

// With a certificate the listener speaks TLS, and nothing else.
func TestTLS(t *testing.T) {
	spare := httptest.NewTLSServer(nil) // its certificate is for 127.0.0.1
	defer spare.Close()
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
	go func() { ended <- h.Serve(ctx, l, &tls.Config{Certificates: spare.TLS.Certificates}) }()
	defer func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}()
	client := spare.Client()
	defer client.CloseIdleConnections()
	for url, want := range map[string]int{"https://": http.StatusOK, "http://": http.StatusBadRequest} {
		res, err := client.Get(url + l.Addr().String() + pathDocument)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != want {
			t.Errorf("%s: %s, want %d", url, res.Status, want)
		}
	}
}

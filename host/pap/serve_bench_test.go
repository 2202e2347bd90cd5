package pap

import (
	"bufio"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"testing"
	"time"
)

// BenchmarkServe is one push after the other over a connection of net/http, with an initiator that costs nothing itself:
// what a push costs before the gateway and after it, of reading HTTP up to writing it.
func BenchmarkServe(b *testing.B) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	s := &http.Server{Handler: newTestHandler(b, benchGateway{}, nil), ReadHeaderTimeout: 10 * time.Second, IdleTimeout: time.Minute}
	go func() { _ = s.Serve(l) }()
	defer s.Close()
	c, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		b.Fatal(err)
	}
	defer c.Close()

	_, body := typical()
	request := fmt.Appendf(nil, "POST /wappush HTTP/1.1\r\nHost: ppg.example\r\nContent-Type: %s\r\nAuthorization: Basic %s\r\nContent-Length: %d\r\n\r\n%s",
		related, base64.StdEncoding.EncodeToString([]byte("u:p")), len(body), body)
	if _, err := c.Write(request); err != nil {
		b.Fatal(err)
	}
	first, err := http.ReadResponse(bufio.NewReader(c), nil) // the first login hashes a password
	if err != nil {
		b.Fatal(err)
	}
	if text, err := io.ReadAll(first.Body); err != nil || first.StatusCode != http.StatusAccepted {
		b.Fatal(first.Status, err, string(text))
	}
	b.ReportAllocs()
	answer := make([]byte, 4<<10)
	for b.Loop() {
		if _, err := c.Write(request); err != nil {
			b.Fatal(err)
		}
		n, err := c.Read(answer)
		if err != nil || n < 400 || string(answer[:12]) != "HTTP/1.1 202" || string(answer[n-7:n]) != "</pap>\n" {
			b.Fatal(err, string(answer[:n]))
		}
	}
}

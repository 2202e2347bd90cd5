package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/hashicorp/go-hclog"
)

// serveLimited serves "served" on so many connections, and returns its address.
func serveLimited(t *testing.T, most, spare int) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	limited := limitConnections(l, most, spare)
	limited.patient = true
	s := &http.Server{ConnContext: withConnection, Handler: refuseExcess(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		body, err := io.ReadAll(req.Body)
		if err != nil {
			t.Error(err)
		}
		fmt.Fprint(w, "served ", len(body))
	}), hclog.NewNullLogger())}
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(limited) }()
	t.Cleanup(func() {
		_ = s.Close()
		if err := <-ended; err != http.ErrServerClosed {
			t.Error(err)
		}
	})
	return l.Addr().String()
}

// A caller is one connection of a client.
type caller struct {
	net.Conn
	answers *bufio.Reader
}

func call(t *testing.T, address string) *caller {
	t.Helper()
	c, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	_ = c.SetDeadline(time.Now().Add(10 * time.Second))
	return &caller{c, bufio.NewReader(c)}
}

func (c *caller) post(t *testing.T, body string) {
	t.Helper()
	if _, err := fmt.Fprintf(c, "POST / HTTP/1.1\r\nHost: ppg\r\nContent-Length: %d\r\n\r\n%s", len(body), body); err != nil {
		t.Fatal(err)
	}
}

func (c *caller) answer(t *testing.T) (*http.Response, string) {
	t.Helper()
	resp, err := http.ReadResponse(c.answers, nil)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, string(text)
}

func (c *caller) served(t *testing.T, body string) {
	t.Helper()
	c.post(t, body)
	if resp, text := c.answer(t); resp.StatusCode != http.StatusOK || text != fmt.Sprint("served ", len(body)) || resp.Close {
		t.Errorf("HTTP %d, closed %v: %s", resp.StatusCode, resp.Close, text)
	}
}

// Up to the limit a connection is served, past it the client is told, and past the spare ones it waits to be accepted.
func TestConnectionsPastTheLimit(t *testing.T) {
	address := serveLimited(t, 2, 1)
	first, second := call(t, address), call(t, address)
	first.served(t, "1")
	second.served(t, "2")

	past := call(t, address)
	past.post(t, strings.Repeat("x", 300<<10)) // more than net/http reads when nobody wants it
	resp, text := past.answer(t)
	if resp.StatusCode != http.StatusServiceUnavailable || resp.Header.Get("Retry-After") == "" || !resp.Close {
		t.Errorf("HTTP %d, Retry-After %q, closed %v: %s", resp.StatusCode, resp.Header.Get("Retry-After"), resp.Close, text)
	}
	if _, err := past.answers.ReadByte(); err == nil {
		t.Error("the refused connection goes on")
	}

	silent := call(t, address) // takes the spare one
	farther := call(t, address)
	farther.post(t, "waits")
	first.served(t, "1")
	_ = farther.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
	if _, err := farther.answers.Peek(1); err == nil {
		t.Error("a connection past the spare ones is answered")
	}
	_ = farther.SetReadDeadline(time.Now().Add(10 * time.Second))
	_ = silent.Close()
	if resp, _ := farther.answer(t); resp.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("after the spare one: HTTP %d", resp.StatusCode)
	}
}

// A connection that came when there was no place is served if there is one when its request comes.
func TestConnectionGetsAPlaceThatBecomesFree(t *testing.T) {
	address := serveLimited(t, 1, 4)
	first := call(t, address)
	first.served(t, "1")
	second := call(t, address)
	told := call(t, address)
	told.post(t, "")
	if resp, _ := told.answer(t); resp.StatusCode != http.StatusServiceUnavailable { // so the second is accepted, too
		t.Fatalf("HTTP %d", resp.StatusCode)
	}
	_ = first.Close()
	deadline := time.Now().Add(10 * time.Second)
	for {
		second.post(t, "2")
		resp, _ := second.answer(t)
		if resp.StatusCode == http.StatusOK {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("HTTP %d", resp.StatusCode)
		}
		second = call(t, address) // the end of the first was not seen yet
	}
	second.served(t, "again")
	third := call(t, address)
	third.post(t, "")
	if resp, _ := third.answer(t); resp.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("a third: HTTP %d", resp.StatusCode)
	}
}

// Requests that follow each other closely, of any length and in any pieces, are all read as they were written.
func TestConnectionReadsEverything(t *testing.T) {
	c := call(t, serveLimited(t, 1, 0))
	var sizes []int
	for n := range 40 {
		sizes = append(sizes, n, 4096-n, 1<<n%70000)
	}
	go func() {
		var all strings.Builder
		for _, n := range sizes {
			fmt.Fprintf(&all, "POST / HTTP/1.1\r\nHost: ppg\r\nContent-Length: %d\r\n\r\n%s", n, strings.Repeat("x", n))
		}
		pieces := iotest.HalfReader(strings.NewReader(all.String()))
		for piece := make([]byte, 7919); ; {
			n, err := pieces.Read(piece)
			if _, werr := c.Write(piece[:n]); err != nil || werr != nil {
				return
			}
		}
	}()
	for _, n := range sizes {
		if resp, text := c.answer(t); resp.StatusCode != http.StatusOK || text != fmt.Sprint("served ", n) {
			t.Fatalf("of %d octets: HTTP %d, %s", n, resp.StatusCode, text)
		}
	}
}

// The read that watches for the end of a connection ends at once, and takes nothing.
func TestConnectionIsNotWatched(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for _, test := range []struct {
		patient bool
		want    string
	}{{true, `["" "a" "bc" "" "d"]`}, {false, `["a" "b" "cd" "e" "f"]`}} {
		limited := limitConnections(l, 1, 0)
		limited.patient = test.patient
		client := call(t, l.Addr().String())
		if _, err := client.Write([]byte("abcdef")); err != nil {
			t.Fatal(err)
		}
		c, err := limited.Accept()
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		one, more := make([]byte, 1), make([]byte, 2)
		for _, b := range [][]byte{one, one, more, one, one} {
			n, err := c.Read(b)
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, string(b[:n]))
		}
		_ = c.Close()
		if s := fmt.Sprintf("%q", got); s != test.want {
			t.Errorf("patient %v: %s, want %s", test.patient, s, test.want)
		}
	}
}

package pap

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"
)

// Over a real connection: it stays open after every answer but a 413, and one that stalls is given up.
func TestHandlerOverTCP(t *testing.T) {
	h := newTestHandler(t, &fakeGateway{}, func(o *Options) {
		o.Body = 4000
		o.ReadTimeout = 100 * time.Millisecond
	})
	server := httptest.NewServer(h)
	defer server.Close()
	dial := func() (net.Conn, *bufio.Reader) {
		c, err := net.Dial("tcp", server.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		_ = c.SetDeadline(time.Now().Add(10 * time.Second))
		return c, bufio.NewReader(c)
	}
	head := "Host: x\r\nAuthorization: Basic dTpw\r\nContent-Type: " + related + "\r\n"
	status := func(r *bufio.Reader) int {
		t.Helper()
		resp, err := http.ReadResponse(r, nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, resp.Body); err != nil {
			t.Fatal(err)
		}
		return resp.StatusCode
	}
	body := multi(controlPart, contentPart)
	t.Run("keep-alive", func(t *testing.T) {
		c, r := dial()
		defer c.Close()
		for i, want := range []int{202, 404, 202, 401, 202} {
			path, auth := "/wappush", head
			if want == 404 {
				path = "/no"
			}
			if want == 401 {
				auth = strings.Replace(head, "dTpw", "dTpx", 1)
			}
			fmt.Fprintf(c, "POST %s HTTP/1.1\r\n%sContent-Length: %d\r\n\r\n%s", path, auth, len(body), body)
			if got := status(r); got != want {
				t.Errorf("request %d: %d, want %d", i, got, want)
			}
		}
	})
	t.Run("a body that never comes", func(t *testing.T) {
		c, r := dial()
		defer c.Close()
		fmt.Fprintf(c, "POST /wappush HTTP/1.1\r\n%sContent-Length: %d\r\n\r\n%s", head, len(body), body[:10])
		if got := status(r); got != 400 {
			t.Errorf("%d", got)
		}
	})
	t.Run("a body that never comes, from nobody", func(t *testing.T) {
		c, r := dial()
		defer c.Close()
		fmt.Fprintf(c, "POST /wappush HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s", len(body), body[:10])
		if got := status(r); got != 401 {
			t.Errorf("%d", got)
		}
	})
	t.Run("a gateway slower than the body may be", func(t *testing.T) {
		slow := newTestHandler(t, &fakeGateway{submit: func(ctx context.Context, _ *Initiator, _ *Submission) (*PushResponse, error) {
			select {
			case <-ctx.Done():
				return nil, ctx.Err()
			case <-time.After(200 * time.Millisecond): // past ReadTimeout
				return &PushResponse{Result: Result{Code: AcceptedForProcessing}}, nil
			}
		}}, func(o *Options) { o.ReadTimeout = 50 * time.Millisecond })
		s := httptest.NewServer(slow)
		defer s.Close()
		req, _ := http.NewRequest(http.MethodPost, s.URL+"/wappush", strings.NewReader(body))
		req.Header.Set("Content-Type", related)
		req.SetBasicAuth("u", "p")
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		answer, _ := io.ReadAll(resp.Body)
		if !strings.Contains(string(answer), `code="1001"`) {
			t.Errorf("%d %s", resp.StatusCode, answer)
		}
	})
}

func TestHandlerSources(t *testing.T) {
	h := newTestHandler(t, &fakeGateway{}, func(o *Options) {
		o.Initiators = initiators(
			t,
			Initiator{Name: "a", Username: "u", Hash: cheapHash(t, "p"), Sources: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/24")}},
			Initiator{Name: "b", Sources: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}},
			Initiator{Name: "c", Sources: []netip.Prefix{netip.MustParsePrefix("192.0.2.8/32"), netip.MustParsePrefix("2001:db8::/32")}},
		)
	})
	for _, c := range []struct {
		name, remote string
		auth         bool
		status       int
	}{
		{"right password and address", "10.0.0.1:1", true, 202},
		{"right password, mapped address", "[::ffff:10.0.0.1]:1", true, 202},
		{"right password, wrong address", "10.0.1.1:1", true, 403},
		{"address alone", "192.0.2.1:1", false, 202},
		{"IPv6 address alone", "[2001:db8::1]:1", false, 202},
		{"address of nobody", "198.51.100.1:1", false, 401},
		{"no address", "pipe", true, 403},
	} {
		t.Run(c.name, func(t *testing.T) {
			req := httptest.NewRequest(http.MethodPost, "/wappush", strings.NewReader(multi(controlPart, contentPart)))
			req.Header.Set("Content-Type", related)
			req.RemoteAddr = c.remote
			if c.auth {
				req.SetBasicAuth("u", "p")
			}
			w := httptest.NewRecorder()
			h.ServeHTTP(w, req)
			if w.Code != c.status {
				t.Errorf("%d %s", w.Code, w.Body)
			}
			if w.Code == http.StatusForbidden {
				wantForbidden(t, w.Body, "not allowed from this address")
			}
		})
	}
}

package limits

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/ppgbox/ppgbox/integration/box"
	"github.com/ppgbox/ppgbox/integration/initiator"
	"github.com/ppgbox/ppgbox/integration/process"
)

// padded returns a request body of exactly so many octets, the push with a content of octets that are left.
func padded(t *testing.T, p initiator.Push, size int) []byte {
	t.Helper()
	p.Type, p.Content = "application/octet-stream", ""
	room := size - len(initiator.Multipart(p.Control(), p.Type, ""))
	body := initiator.Multipart(p.Control(), p.Type, strings.Repeat("x", room))
	if len(body) != size {
		t.Fatalf("the body has %d octets, want %d", len(body), size)
	}
	return body
}

func TestBody(t *testing.T) {
	const limit = 64 << 10
	b, _ := start(t, setup{limits: `body = "64KiB"`})
	c := b.Client()
	a, err := c.Post(initiator.MultipartType, padded(t, indication(b, "to-the-limit", 1), limit))
	if err != nil {
		t.Fatal(err)
	}
	wasAccepted(t, b, "to-the-limit", a)

	a, err = c.Post(initiator.MultipartType, padded(t, indication(b, "past", 1), limit+1))
	if err != nil || a.HTTP != http.StatusRequestEntityTooLarge || !strings.Contains(a.Body, "65536") {
		t.Errorf("HTTP %d, %v, want 413 with the limit:\n%s", a.HTTP, err, a.Body)
	}
	noTrace(t, b, "past")

	// The same without saying the length.
	for _, test := range []struct {
		id   string
		size int
		want int
	}{{"chunked", limit, http.StatusAccepted}, {"chunked-past", limit + 1, http.StatusRequestEntityTooLarge}} {
		request, err := http.NewRequest(http.MethodPost, b.PAP, io.MultiReader(bytes.NewReader(padded(t, indication(b, test.id, 1), test.size))))
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Content-Type", initiator.MultipartType)
		request.SetBasicAuth(b.Credentials())
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if response.StatusCode != test.want {
			t.Errorf("%s: HTTP %d, want %d", test.id, response.StatusCode, test.want)
		}
	}
	noTrace(t, b, "chunked-past")
	accepted(t, b, c, indication(b, "after", 1))
}

func TestRecipients(t *testing.T) {
	const limit = 10
	b, _ := start(t, setup{limits: "recipients = 10"})
	c := b.Client()
	var numbers []int
	for n := range limit + 1 {
		numbers = append(numbers, n)
	}
	accepted(t, b, c, indication(b, "to-the-limit", numbers[:limit]...))
	a, err := c.Submit(indication(b, "past", numbers...))
	refused(t, b, "past", "2001", "10", a, err)
}

// The headers of one MIME part, by number and by size.
func TestMIMEHeaders(t *testing.T) {
	const most, octets = 64, 8 << 10
	b, _ := start(t, setup{})
	c := b.Client()
	post := func(id, headers string) (initiator.Answer, error) {
		p := indication(b, id, 1)
		return c.Post(initiator.MultipartType, initiator.Multipart(p.Control(), p.Type+headers, p.Content))
	}
	count := func(n int) string {
		var s strings.Builder
		for i := range n {
			fmt.Fprintf(&s, "\r\nX-H%d: v", i)
		}
		return s.String()
	}
	// size fills the part's header lines, without their line ends, up to n octets.
	size := func(n int) string {
		const name = "X-Long: "
		return "\r\n" + name + strings.Repeat("v", n-len("Content-Type: text/vnd.wap.si")-len(name))
	}
	for _, test := range []struct{ id, within, past, because string }{
		{"number", count(most - 1), count(most), "more than 64 headers"},
		{"size", size(octets), size(octets + 1), "longer than 8192 octets"},
	} {
		a, err := post(test.id, test.within)
		if err != nil {
			t.Fatal(err)
		}
		wasAccepted(t, b, test.id, a)
		a, err = post(test.id+"-past", test.past)
		refused(t, b, test.id+"-past", "2000", test.because, a, err)
	}
}

// raw returns a whole HTTP request with further header lines.
func raw(b *box.Box, p initiator.Push, headers string) []byte {
	username, password := b.Credentials()
	body := initiator.Multipart(p.Control(), p.Type, p.Content)
	return fmt.Appendf(nil, "POST /pap HTTP/1.1\r\nHost: ppg\r\nAuthorization: Basic %s\r\nContent-Type: %s\r\nContent-Length: %d\r\n%s\r\n%s",
		base64.StdEncoding.EncodeToString([]byte(username+":"+password)), initiator.MultipartType, len(body), headers, body)
}

// dial opens a connection to the PAP listener.
func dial(t *testing.T, b *box.Box) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", strings.TrimSuffix(strings.TrimPrefix(b.PAP, "http://"), "/pap"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// answer reads the status and the body of the next response on a connection.
func answer(c net.Conn, patience time.Duration) (int, string, error) {
	_ = c.SetReadDeadline(time.Now().Add(patience))
	response, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		return 0, "", err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	return response.StatusCode, string(text), err
}

// The header of an HTTP request. net/http reads one buffer of 4 KiB more than it is told, so the step is that wide. Of one that is
// longer no more is sent than the gateway reads, so that it has no reason to reset the connection.
func TestHTTPHeaders(t *testing.T) {
	const octets, slack = 32 << 10, 4 << 10
	b, _ := start(t, setup{})
	filled := func(size int) string {
		const name = "X-Filler: "
		bare := bytes.Index(raw(b, indication(b, "bare", 1), ""), []byte("\r\n\r\n")) + 4
		return name + strings.Repeat("v", size-bare-len(name)-2) + "\r\n"
	}
	many := func(size int) string { return strings.Repeat("X-H: v\r\n", size/8) }
	for _, test := range []struct {
		id      string
		headers string
		status  int
	}{
		{"one-long", filled(octets), http.StatusAccepted},
		{"one-long-past", filled(octets + slack + 1), http.StatusRequestHeaderFieldsTooLarge},
		{"many", many(octets - 1<<10), http.StatusAccepted},
		{"many-past", many(octets + slack), http.StatusRequestHeaderFieldsTooLarge},
	} {
		c := dial(t, b)
		request := raw(b, indication(b, test.id, 1), test.headers)
		if test.status != http.StatusAccepted {
			request = request[:octets+slack]
		}
		if _, err := c.Write(request); err != nil {
			t.Fatal(err)
		}
		status, text, err := answer(c, patience)
		if err != nil || status != test.status {
			t.Errorf("%s: HTTP %d, %v, want %d:\n%.300s", test.id, status, err, test.status, text)
		}
		if test.status != http.StatusAccepted {
			noTrace(t, b, test.id)
		}
	}
}

// On a connection beyond the limit the Push Initiator is told so at once, and one that comes when another has gone is served.
func TestConnections(t *testing.T) {
	const limit = 4
	b, _ := start(t, setup{limits: "connections = 4"})
	var open []net.Conn
	post := func(c net.Conn, id string) {
		t.Helper()
		if _, err := c.Write(raw(b, indication(b, id, 1), "")); err != nil {
			t.Fatal(err)
		}
	}
	for n := range limit {
		c := dial(t, b)
		id := fmt.Sprint("within-", n)
		post(c, id)
		if status, text, err := answer(c, patience); err != nil || status != http.StatusAccepted {
			t.Fatalf("%s: HTTP %d, %v:\n%s", id, status, err, text)
		}
		open = append(open, c)
	}
	past := dial(t, b)
	post(past, "past")
	_ = past.SetReadDeadline(time.Now().Add(patience))
	told, err := http.ReadResponse(bufio.NewReader(past), nil)
	if err != nil {
		t.Fatal(err)
	}
	told.Body.Close()
	if told.StatusCode != http.StatusServiceUnavailable || told.Header.Get("Retry-After") == "" || !told.Close {
		t.Errorf("connection %d of at most %d: HTTP %d, Retry-After %q, closed %v",
			limit+1, limit, told.StatusCode, told.Header.Get("Retry-After"), told.Close)
	}
	noTrace(t, b, "past")
	// Those that are open are served as before.
	post(open[0], "beside")
	if status, _, err := answer(open[0], patience); err != nil || status != http.StatusAccepted {
		t.Fatalf("an open connection: HTTP %d, %v", status, err)
	}
	open[1].Close()
	process.Eventually(t, patience, "a connection is served when another has gone", func() bool {
		c := dial(t, b)
		defer c.Close()
		post(c, "after")
		status, _, err := answer(c, patience)
		return err == nil && status == http.StatusAccepted
	})
	if _, err := b.Command("", "status", "after", "--admin", b.Admin); err != nil {
		t.Error(err)
	}
}

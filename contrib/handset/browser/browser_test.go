package browser

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// gateway is a WAP gateway of a test: it answers each datagram with those that answer makes of it.
func gateway(t *testing.T, answer func(n int, from net.Addr, question []byte) [][]byte) string {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		buffer := make([]byte, 1500)
		for n := 1; ; n++ {
			length, from, err := conn.ReadFrom(buffer)
			if err != nil {
				return
			}
			for _, pdu := range answer(n, from, buffer[:length]) {
				if _, err := conn.WriteTo(pdu, from); err != nil {
					return
				}
			}
		}
	}()
	t.Cleanup(func() {
		conn.Close()
		<-done
	})
	return conn.LocalAddr().String()
}

// withTID is a reply to the transaction of a question.
func withTID(tid byte, pdu []byte) []byte {
	pdu = append([]byte(nil), pdu...)
	pdu[0] = tid
	return pdu
}

func TestLoad(t *testing.T) {
	sources := make(chan net.Addr, 1)
	b := &Browser{Bind: netip.MustParseAddr("127.0.0.3"), Patience: 50 * time.Millisecond}
	b.Gateway = gateway(t, func(n int, source net.Addr, question []byte) [][]byte {
		switch n {
		case 1: // lost
			return nil
		case 2: // of another transaction, then late twice
			return [][]byte{withTID(question[0]+1, octets(t, kannelBadGateway)), withTID(question[0], octets(t, kannelDeck)), withTID(question[0], octets(t, kannelDeck))}
		}
		sources <- source
		return [][]byte{withTID(question[0], octets(t, kannelText))}
	})
	page, err := b.Load(t.Context(), "http://example.com/a")
	if err != nil || page.Status != 200 || page.Type != "application/vnd.wap.wmlc" || !strings.HasPrefix(page.Text, "Mail ä\n") {
		t.Fatalf("%+v, %v", page, err)
	}
	page, err = b.Load(t.Context(), "http://example.com/b")
	if err != nil || page.Text != "Größe" || page.Type != "text/plain" || page.URL != "http://example.com/b" {
		t.Errorf("%+v, %v", page, err)
	}
	from := <-sources
	if host, _, _ := strings.Cut(from.String(), ":"); host != "127.0.0.3" {
		t.Errorf("asked from %v", from)
	}
}

// redirect is a reply 302 with a Location.
func redirect(to string) []byte {
	headers := "\x83\x9c" + to + "\x00"
	return append([]byte{0, typeReply, 0x32, byte(len(headers))}, headers...)
}

func TestRedirection(t *testing.T) {
	b := &Browser{}
	b.Gateway = gateway(t, func(_ int, _ net.Addr, question []byte) [][]byte {
		pdu := octets(t, kannelText)
		switch uri := string(question[3 : 3+question[2]]); {
		case strings.HasSuffix(uri, "/first"):
			pdu = redirect("/second?a=b")
		case strings.HasSuffix(uri, "/loop"):
			pdu = redirect("http://example.com/loop")
		case strings.HasSuffix(uri, "/file"):
			pdu = redirect("file:///etc/passwd")
		}
		return [][]byte{withTID(question[0], pdu)}
	})
	if page, err := b.Load(t.Context(), "http://example.com/first"); err != nil || page.URL != "http://example.com/second?a=b" {
		t.Errorf("%+v, %v", page, err)
	}
	for _, path := range []string{"loop", "file"} {
		if page, err := b.Load(t.Context(), "http://example.com/"+path); err == nil {
			t.Errorf("%s shows %+v", path, page)
		}
	}
}

func TestLoadFails(t *testing.T) {
	silent := gateway(t, func(int, net.Addr, []byte) [][]byte { return nil })
	b := &Browser{Gateway: silent, Patience: time.Millisecond}
	for _, address := range []string{"", "example.com", "file:///etc/passwd", "ftp://example.com/", "tel:+358401234567", "http://"} {
		if _, err := b.Load(t.Context(), address); err == nil || errors.Is(err, errSilent) {
			t.Errorf("%q: %v", address, err)
		}
	}
	if _, err := b.Load(t.Context(), "http://example.com/"); !errors.Is(err, errSilent) {
		t.Errorf("of a gateway that is silent: %v", err)
	}
	b.Patience = time.Hour
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := b.Load(ctx, "http://example.com/"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("given up: %v", err)
	}
	nobody, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody.Close()
	b.Gateway = nobody.LocalAddr().String()
	if _, err := b.Load(t.Context(), "http://example.com/"); err == nil {
		t.Error("nobody listens, and it loads")
	}
}

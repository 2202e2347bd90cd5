package browser

import (
	"context"
	"errors"
	"fmt"
	"mime"
	"net"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"
	"time"
)

// A Browser loads addresses through a WAP gateway. It may be used from several goroutines.
type Browser struct {
	// Gateway is host and port of the WAP gateway's connectionless service; the port is 9200 unless the operator says otherwise.
	Gateway string
	// Bind is the address to ask from; the zero Addr leaves that to the system.
	Bind netip.Addr
	// Patience is how long to wait for an answer before asking again, by default 5 s. A question is asked three times.
	Patience time.Duration

	tid atomic.Uint32
}

// A Page is what was loaded.
type Page struct {
	URL    string // where it came from, after redirections
	Status int    // of HTTP
	Type   string // media type, without parameters
	Text   string // what the screen shows; lines end with "\n" but the last
}

const (
	defaultPatience = 5 * time.Second
	tries           = 3
	mostRedirects   = 5
)

// Load gets an address and follows redirections. A page that tells of an error is no error: Status says so.
func (b *Browser) Load(ctx context.Context, address string) (*Page, error) {
	for range mostRedirects + 1 {
		target, err := url.Parse(address)
		if err != nil || target.Host == "" || target.Scheme != "http" && target.Scheme != "https" {
			return nil, fmt.Errorf("%q is no address that can be loaded", address)
		}
		r, err := b.get(ctx, address)
		if err != nil {
			return nil, fmt.Errorf("loading %q: %w", address, err)
		}
		location := r.location()
		if location == "" {
			mediaType, _, err := mime.ParseMediaType(r.contentType)
			if err != nil {
				mediaType = strings.ToLower(r.contentType)
			}
			text, err := screen(mediaType, r.body)
			if err != nil {
				return nil, fmt.Errorf("showing %q: %w", address, err)
			}
			return &Page{URL: address, Status: r.status, Type: mediaType, Text: text}, nil
		}
		next, err := target.Parse(location)
		if err != nil {
			return nil, fmt.Errorf("loading %q: it is redirected to %q: %w", address, location, err)
		}
		address = next.String()
	}
	return nil, fmt.Errorf("more than %d redirections, the last to %q", mostRedirects, address)
}

// location is where a reply redirects to, "" if it does not.
func (r reply) location() string {
	switch r.status {
	case 301, 302, 303, 307:
		for _, h := range r.headers {
			if strings.EqualFold(h.Name, "Location") {
				return h.Value
			}
		}
	}
	return ""
}

// errSilent says that the gateway does not answer.
var errSilent = errors.New("the WAP gateway does not answer")

// get asks the gateway. Datagrams get lost, so it asks again with the same transaction id; a Get may be answered twice.
func (b *Browser) get(ctx context.Context, address string) (reply, error) {
	tid := byte(b.tid.Add(1))
	pdu, err := encodeGet(tid, address)
	if err != nil {
		return reply{}, err
	}
	var d net.Dialer
	if b.Bind.IsValid() {
		d.LocalAddr = net.UDPAddrFromAddrPort(netip.AddrPortFrom(b.Bind, 0))
	}
	conn, err := d.DialContext(ctx, "udp", b.Gateway)
	if err != nil {
		return reply{}, err
	}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Now()) })
	defer stop()
	patience := b.Patience
	if patience <= 0 {
		patience = defaultPatience
	}
	for range tries {
		if _, err := conn.Write(pdu); err != nil {
			return reply{}, err
		}
		r, err := await(ctx, conn, tid, time.Now().Add(patience))
		if !errors.Is(err, errSilent) {
			return r, err
		}
	}
	return reply{}, errSilent
}

// await reads until the answer comes.
func await(ctx context.Context, conn net.Conn, tid byte, until time.Time) (reply, error) {
	if err := conn.SetReadDeadline(until); err != nil {
		return reply{}, err
	}
	if ctx.Err() != nil { // the deadline that its end has set was moved
		return reply{}, ctx.Err()
	}
	buffer := make([]byte, 1<<16)
	for {
		n, err := conn.Read(buffer)
		var timeout net.Error
		switch {
		case ctx.Err() != nil:
			return reply{}, ctx.Err()
		case errors.As(err, &timeout) && timeout.Timeout():
			return reply{}, errSilent
		case err != nil:
			return reply{}, err
		}
		if r, err := decodeReply(tid, buffer[:n]); !errors.Is(err, errAnother) {
			return r, err
		}
	}
}

package registration

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"time"

	"github.com/ppgbox/ppgbox/sdk/push"
)

// ClientOptions say where a relay's gateway is and how the relay proves who it is. Gateway, Name and Password are needed.
type ClientOptions struct {
	Gateway        string // of its client listener, as https://gateway.example.net:8090
	Name, Password string
	TLS            *tls.Config   // default that of the system
	Timeout        time.Duration // for an answer, default 5 s
}

// A Client passes registrations on to a gateway, as a relay. Its errors are what a Handler answers a terminal with.
type Client struct {
	o    ClientOptions
	at   string
	http *http.Client
}

// Relayed is what a relay says of a terminal, and what the terminal says itself.
type Relayed struct {
	GGSN, APN string
	Address   netip.Addr
	IMSI      push.IMSI   // "" if it is not known
	MSISDN    push.MSISDN // the same
	// User and Device are the terminal's, and so is Authorization, the header's value. A release needs none.
	User, Device, Authorization string
}

// How much a client asks of a gateway.
const (
	defaultClientTimeout = 5 * time.Second
	clientConnections    = 64      // at once
	longestAnswer        = 1 << 16 // octets
	troubleRetry         = 30 * time.Second
)

// NewClient makes a client, which connects when there is something to ask.
func NewClient(o ClientOptions) *Client {
	if o.Timeout <= 0 {
		o.Timeout = defaultClientTimeout
	}
	return &Client{
		o: o, at: o.Gateway + pathRelay,
		http: &http.Client{
			Timeout: o.Timeout,
			Transport: &http.Transport{
				TLSClientConfig: o.TLS, MaxConnsPerHost: clientConnections, MaxIdleConnsPerHost: clientConnections,
				IdleConnTimeout: idleTime / 2, MaxResponseHeaderBytes: longestHead,
			},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
}

// Close closes connections that are idle.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// Uncertain tells that the gateway may have done what failed with err, or may do it when it is asked again.
func Uncertain(err error) bool {
	var p *problem
	return err != nil && (!errors.As(err, &p) || p.status >= http.StatusInternalServerError)
}

// Register registers a terminal, and returns what the gateway tells of the registration: JSON.
func (c *Client) Register(ctx context.Context, r Relayed) ([]byte, error) {
	said := fields{
		"ggsn": r.GGSN, "apn": r.APN, "address": r.Address.String(), "user": r.User, "device": r.Device, "authorization": r.Authorization,
	}
	if r.IMSI != "" {
		said["imsi"] = string(r.IMSI)
	}
	if r.MSISDN != "" {
		said["msisdn"] = string(r.MSISDN)
	}
	body, err := json.Marshal(said)
	if err != nil { // text always has a form
		panic(err)
	}
	status, answer, err := c.ask(ctx, http.MethodPost, c.at, body)
	switch {
	case err != nil:
		return nil, err
	case status != http.StatusOK || !json.Valid(answer):
		return nil, trouble(fmt.Errorf("it answers a registration with %d and %d octets", status, len(answer)))
	}
	return answer, nil
}

// Release ends the registration of a terminal.
func (c *Client) Release(ctx context.Context, r Relayed) error {
	q := url.Values{"ggsn": {r.GGSN}, "apn": {r.APN}, "address": {r.Address.String()}, "user": {r.User}, "device": {r.Device}}
	status, _, err := c.ask(ctx, http.MethodDelete, c.at+"?"+q.Encode(), nil)
	if err == nil && status != http.StatusNoContent {
		return trouble(fmt.Errorf("it answers a release with %d", status))
	}
	return err
}

// ask asks the gateway. A refusal is an error, in the words for a terminal.
func (c *Client) ask(ctx context.Context, method, at string, body []byte) (status int, answer []byte, err error) {
	req, err := http.NewRequestWithContext(ctx, method, at, bytes.NewReader(body))
	if err != nil {
		return 0, nil, trouble(errors.Unwrap(err))
	}
	req.SetBasicAuth(c.o.Name, c.o.Password)
	req.Header.Set("Content-Type", "application/json")
	resp, err := c.http.Do(req)
	if err != nil {
		var said *url.Error // which names the address that is asked for, and with it the user
		if errors.As(err, &said) {
			err = said.Err
		}
		return 0, nil, trouble(err)
	}
	defer func() { _ = resp.Body.Close() }()
	answer, err = io.ReadAll(io.LimitReader(resp.Body, longestAnswer))
	if err != nil {
		return 0, nil, trouble(err)
	}
	if resp.StatusCode >= http.StatusBadRequest {
		return 0, nil, refused(resp, answer)
	}
	return resp.StatusCode, answer, nil
}

// refused makes a refusal for the terminal of one for the relay. What is wrong with the relay and not with the terminal is no word for
// the terminal, which would give up: it tries again later, and the operator finds the cause in the log.
func refused(resp *http.Response, answer []byte) error {
	var said problemBody
	mediaType, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	if mediaType != problemType || json.Unmarshal(answer, &said) != nil {
		return trouble(fmt.Errorf("it answers %d, which is no client listener's", resp.StatusCode))
	}
	p := &problem{status: resp.StatusCode, detail: said.Detail, field: said.Field}
	if after, err := strconv.Atoi(resp.Header.Get("Retry-After")); err == nil && after > 0 {
		p.retry = time.Duration(after) * time.Second
	}
	own := said.Field == "user" || said.Field == "device" // which the terminal says
	switch s := resp.StatusCode; {
	case s == http.StatusForbidden && said.Field == "authorization":
		p.status, p.field = http.StatusUnauthorized, ""
		return p
	case s == http.StatusForbidden && (own || said.Field == "" && said.Detail != notFromHere),
		s == http.StatusBadRequest && (own || said.Field == "authorization"),
		s == http.StatusNotFound && said.Detail == notRegisteredHere,
		s == http.StatusTooManyRequests:
		return p
	case s == http.StatusServiceUnavailable:
		p.retry = max(p.retry, time.Second)
		return p
	}
	return trouble(fmt.Errorf("it answers %d: %s", resp.StatusCode, clip(said.Detail)))
}

// trouble makes the refusal of a request that the terminal is not to blame for.
func trouble(cause error) error {
	return &problem{status: http.StatusServiceUnavailable, detail: "the gateway can not be asked now", retry: troubleRetry, cause: cause}
}

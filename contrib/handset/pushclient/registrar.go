package pushclient

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"time"
)

// A Registrar speaks with a client listener for one terminal.
type Registrar struct {
	// URL is where the listener is, as http://10.20.0.1:8090.
	URL string
	// User is the static user identifier, and Password that of its subscriber.
	User, Password string
	// Device is the name of the terminal among those of the user, "" for the only one.
	Device string
	// Bind is the address to register, that is, to speak from; the zero Addr leaves that to the system.
	Bind netip.Addr
	// TLS is for an https URL; nil trusts whom the system trusts.
	TLS *tls.Config
}

// A Registration is what the listener answers.
type Registration struct {
	Dynamic         string `json:"dynamic"`          // the user identifier of this terminal alone
	ValiditySeconds *int64 `json:"validity_seconds"` // nil: until it is released
	Address         string `json:"address"`
}

// A refusal is an answer that is not the one hoped for.
type refusal struct {
	status int
	detail string
	retry  time.Duration // when the listener wants to be asked again; 0 if it does not say
}

func (r *refusal) Error() string {
	return fmt.Sprintf("%d %s: %s", r.status, http.StatusText(r.status), r.detail)
}

// final tells whether asking again would be answered alike.
func (r *refusal) final() bool {
	return r.status < 500 && r.status != http.StatusTooManyRequests && r.status != http.StatusRequestTimeout
}

const (
	requestTime   = 20 * time.Second
	longestAnswer = 64 << 10
)

// register registers the terminal's address, or renews its registration.
func (r *Registrar) register(ctx context.Context) (*Registration, error) {
	body, err := json.Marshal(map[string]string{"user": r.User, "device": r.Device})
	if err != nil {
		return nil, err
	}
	text, err := r.ask(ctx, http.MethodPost, nil, body)
	if err != nil {
		return nil, fmt.Errorf("registering: %w", err)
	}
	var made Registration
	if err := json.Unmarshal(text, &made); err != nil {
		return nil, fmt.Errorf("registering: the answer: %w", err)
	}
	if made.Address == "" || made.ValiditySeconds != nil && *made.ValiditySeconds < 0 {
		return nil, fmt.Errorf("registering: the answer %q is no registration", text)
	}
	return &made, nil
}

// release ends the registration. One that has ended already is no error.
func (r *Registrar) release(ctx context.Context) error {
	_, err := r.ask(ctx, http.MethodDelete, url.Values{"device": {r.Device}}, nil)
	var no *refusal
	if errors.As(err, &no) && no.status == http.StatusNotFound || err == nil {
		return nil
	}
	return fmt.Errorf("releasing: %w", err)
}

// ask sends a request over a connection of its own: the next one is minutes away. Proxies and redirections are not followed; an address
// other than the terminal's would be registered, or the password told to somebody else.
func (r *Registrar) ask(ctx context.Context, method string, query url.Values, body []byte) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, requestTime)
	defer cancel()
	target, err := url.JoinPath(r.URL, "v1", "registration")
	if err != nil {
		return nil, err
	}
	if len(query) > 0 {
		target += "?" + query.Encode()
	}
	req, err := http.NewRequestWithContext(ctx, method, target, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.SetBasicAuth(r.User, r.Password)
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	var d net.Dialer
	if r.Bind.IsValid() {
		d.LocalAddr = net.TCPAddrFromAddrPort(netip.AddrPortFrom(r.Bind, 0))
	}
	transport := &http.Transport{DialContext: d.DialContext, TLSClientConfig: r.TLS, DisableKeepAlives: true}
	defer transport.CloseIdleConnections()
	client := &http.Client{
		Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	res, err := client.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(io.LimitReader(res.Body, longestAnswer))
	if err != nil {
		return nil, fmt.Errorf("the answer %s: %w", res.Status, err)
	}
	if res.StatusCode >= 200 && res.StatusCode < 300 {
		return text, nil
	}
	return nil, refusalOf(res, text)
}

// refusalOf reads a problem (RFC 9457), or what came in its place.
func refusalOf(res *http.Response, body []byte) *refusal {
	var problem struct {
		Detail string `json:"detail"`
	}
	if json.Unmarshal(body, &problem) != nil || problem.Detail == "" {
		problem.Detail = "no reason was given"
	}
	r := &refusal{status: res.StatusCode, detail: problem.Detail}
	if seconds, err := strconv.Atoi(res.Header.Get("Retry-After")); err == nil && seconds > 0 {
		r.retry = min(time.Duration(seconds)*time.Second, time.Hour)
	}
	return r
}

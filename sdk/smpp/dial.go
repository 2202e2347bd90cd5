package smpp

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"time"
)

// ClientConfig is what an ESME can set.
type ClientConfig struct {
	Config
	// TLS, if set, is used on the connection. Its ServerName defaults to the host of the address.
	TLS *tls.Config
	// DialTimeout is how long the TCP connection may take. Default 10 s.
	DialTimeout time.Duration
}

// Dial connects to an SMSC at host:port and binds. An InterfaceVersion of 0 means Version34. A refused bind is a *BindError. ctx and
// the timeouts bound all of it; after it ctx has no say.
func Dial(ctx context.Context, address string, bind Bind, cfg ClientConfig) (*Session, error) {
	cfg.Config = cfg.withDefaults()
	setDefault(&cfg.DialTimeout, 10*time.Second)
	if bind.InterfaceVersion == 0 {
		bind.InterfaceVersion = Version34
	}
	dialer := net.Dialer{Timeout: cfg.DialTimeout}
	conn, err := dialer.DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("smpp: dial: %w", err)
	}
	if cfg.TLS != nil {
		tlsConfig := cfg.TLS.Clone()
		if tlsConfig.ServerName == "" {
			tlsConfig.ServerName, _, _ = net.SplitHostPort(address)
		}
		conn = tls.Client(conn, tlsConfig)
	}
	s, err := bindTo(ctx, conn, bind, cfg.Config)
	if err != nil {
		closeNow(conn)
		return nil, err
	}
	s.run()
	return s, nil
}

// bindSequence is the sequence_number of the bind, the first of a link.
const bindSequence = 1

// bindTo sends the bind and reads until its response.
func bindTo(ctx context.Context, conn net.Conn, bind Bind, cfg Config) (*Session, error) {
	pdu, err := Append(nil, StatusOK, bindSequence, &bind)
	if err != nil {
		return nil, err
	}
	stop, err := limitConn(ctx, conn, cfg.BindTimeout)
	if err != nil {
		return nil, err
	}
	if _, err := conn.Write(pdu); err != nil {
		return nil, bindFailed(ctx, stop, err)
	}
	frames := newFrameReader(conn, cfg.MaxPDU)
	for {
		frame, err := frames.next()
		if err != nil {
			return nil, bindFailed(ctx, stop, err)
		}
		h, p, err := Decode(frame)
		// Only one request is outstanding: a peer that answers with another sequence_number still means this one.
		if h.Command != bind.CommandID().Response() && h.Command != CommandGenericNack {
			if h.Command == CommandEnquireLink {
				if err := writePDU(conn, StatusOK, h.Sequence, &EnquireLinkResp{}); err != nil {
					return nil, bindFailed(ctx, stop, err)
				}
			}
			continue
		}
		if h.Status != StatusOK || h.Command == CommandGenericNack {
			stop()
			refusal := &BindError{Status: h.Status}
			if resp, ok := p.(*BindResp); ok {
				refusal.SystemID = resp.SystemID
			}
			return nil, refusal
		}
		if err != nil {
			stop()
			return nil, err
		}
		if !stop() {
			return nil, fmt.Errorf("smpp: bind: %w", ctx.Err())
		}
		if err := conn.SetDeadline(time.Time{}); err != nil {
			return nil, fmt.Errorf("smpp: bind: %w", err)
		}
		resp, _ := p.(*BindResp)
		s := newSession(conn, frames, true, bind, *resp, cfg)
		s.waiting.last = bindSequence
		return s, nil
	}
}

// limitConn gives the connection a deadline that the end of ctx brings forward. stop says false if it has.
func limitConn(ctx context.Context, conn net.Conn, timeout time.Duration) (stop func() bool, err error) {
	if err := conn.SetDeadline(time.Now().Add(timeout)); err != nil {
		return nil, fmt.Errorf("smpp: bind: %w", err)
	}
	return context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) }), nil
}

// bindFailed is the error of a bind that broke; the end of ctx comes before the deadline that it made.
func bindFailed(ctx context.Context, stop func() bool, err error) error {
	if !stop() && ctx.Err() != nil {
		return fmt.Errorf("smpp: bind: %w", ctx.Err())
	}
	var frame *FrameError
	if errors.As(err, &frame) {
		return err
	}
	return fmt.Errorf("smpp: bind: %w", err)
}

func writePDU(conn net.Conn, status Status, sequence uint32, p PDU) error {
	b, err := Append(nil, status, sequence, p)
	if err != nil {
		return err
	}
	_, err = conn.Write(b)
	return err
}

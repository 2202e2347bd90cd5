//go:build linux

package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"slices"
	"sync"
	"time"

	"layeh.com/radius"
	"layeh.com/radius/rfc2865"
	"layeh.com/radius/rfc2866"
)

// An accounting is a GGSN that tells by RADIUS which terminal has which address: session n is that of the recipient of push n.
type accounting struct {
	address string
	secret  []byte
}

// told is what became of the messages.
type told struct {
	Messages   int     `json:"messages"`
	Unanswered int     `json:"unanswered"`
	PerSecond  float64 `json:"per_s"`
	Answer     latency `json:"answer"`
}

const (
	accountingSecret = "bench"
	// accountingPorts is how many ports messages come from. Each has room for 256 that are not answered (RFC 2865 §3).
	accountingPorts = 32
	// accountingPatience is how long an answer may take. Nothing is repeated: a message without an answer is a loss.
	accountingPatience = 2 * time.Second
)

// start tells of the sessions first to first+count-1, at a rate or, if that is 0, as fast as the answers come.
func (a accounting) start(first, count int, rate float64) (told, error) {
	result := told{Messages: count}
	var ports []*accountingPort
	defer func() {
		for _, p := range ports {
			_ = p.conn.Close()
		}
	}()
	for range accountingPorts {
		conn, err := net.Dial("udp4", a.address)
		if err != nil {
			return result, fmt.Errorf("RADIUS accounting: %w", err)
		}
		ports = append(ports, newAccountingPort(conn, a.secret))
	}
	began := time.Now()
	var failed error
	for n := range count {
		if rate > 0 {
			time.Sleep(time.Until(began.Add(time.Duration(float64(n) / rate * float64(time.Second)))))
		}
		if failed = ports[n%len(ports)].send(first + n); failed != nil {
			break
		}
	}
	took := time.Since(began)
	var times []int64
	for _, p := range ports {
		missing, answered := p.finish()
		result.Unanswered += missing
		times = append(times, answered...)
	}
	result.PerSecond = float64(count) / took.Seconds()
	result.Answer = latencyOf(times)
	return result, failed
}

// An accountingPort sends from one port, so many messages that are not answered at most as there are identifiers.
type accountingPort struct {
	conn   net.Conn
	secret []byte

	mu       sync.Mutex
	free     *sync.Cond
	sent     [256]sentMessage
	waiting  int
	next     byte
	missing  int
	answered []int64
	ended    bool
	err      error
}

type sentMessage struct {
	octets []byte // nil if none waits
	at     time.Time
}

func newAccountingPort(conn net.Conn, secret []byte) *accountingPort {
	p := &accountingPort{conn: conn, secret: secret}
	p.free = sync.NewCond(&p.mu)
	go p.receive()
	return p
}

// send sends an Accounting-Request Start. It waits while every identifier is in use.
func (p *accountingPort) send(n int) error {
	packet := radius.New(radius.CodeAccountingRequest, p.secret)
	var address [4]byte
	binary.BigEndian.PutUint32(address[:], uint32(firstOnline+n))
	number := make([]byte, digits)
	putNumber(number, n)
	err := errors.Join(
		rfc2866.AcctStatusType_Set(packet, rfc2866.AcctStatusType_Value_Start),
		rfc2866.AcctSessionID_SetString(packet, "b"+string(number)),
		rfc2865.NASIPAddress_Set(packet, net.IPv4(127, 0, 0, 1)),
		rfc2865.CallingStationID_SetString(packet, numberPrefix+string(number)),
		rfc2865.CalledStationID_SetString(packet, "internet"),
		rfc2865.FramedIPAddress_Set(packet, address[:]),
	)
	if err != nil {
		return fmt.Errorf("RADIUS accounting: %w", err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for p.waiting == len(p.sent) && !p.giveUp() && p.err == nil {
		p.free.Wait()
	}
	if p.err != nil {
		return fmt.Errorf("RADIUS accounting: %w", p.err)
	}
	for p.sent[p.next].octets != nil {
		p.next++
	}
	packet.Identifier = p.next
	octets, err := packet.Encode()
	if err != nil {
		return fmt.Errorf("RADIUS accounting: %w", err)
	}
	p.sent[p.next] = sentMessage{octets, time.Now()}
	p.waiting++
	if _, err := p.conn.Write(octets); err != nil {
		return fmt.Errorf("RADIUS accounting: %w", err)
	}
	return nil
}

// giveUp counts messages that have waited for too long, and tells whether there were any. The caller holds p.mu.
func (p *accountingPort) giveUp() bool {
	before := p.missing
	for i := range p.sent {
		if s := &p.sent[i]; s.octets != nil && time.Since(s.at) > accountingPatience {
			s.octets = nil
			p.waiting--
			p.missing++
		}
	}
	return p.missing > before
}

func (p *accountingPort) receive() {
	b := make([]byte, 4096)
	for {
		_ = p.conn.SetReadDeadline(time.Now().Add(accountingPatience / 4))
		n, err := p.conn.Read(b)
		p.mu.Lock()
		var timeout net.Error
		switch {
		case errors.As(err, &timeout) && timeout.Timeout():
			p.giveUp()
		case err != nil:
			p.err = err
		case n >= 20 && p.sent[b[1]].octets != nil && radius.IsAuthenticResponse(b[:n], p.sent[b[1]].octets, p.secret):
			s := &p.sent[b[1]]
			p.answered = append(p.answered, int64(time.Since(s.at)))
			s.octets = nil
			p.waiting--
		}
		p.free.Broadcast()
		over := p.err != nil || p.ended && p.waiting == 0
		p.mu.Unlock()
		if over {
			return
		}
	}
}

// finish waits for the answers, and returns how many did not come, and how long the others took, in nanoseconds.
func (p *accountingPort) finish() (missing int, answered []int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ended = true
	for p.waiting > 0 && p.err == nil {
		p.free.Wait()
	}
	return p.missing + p.waiting, slices.Clone(p.answered)
}

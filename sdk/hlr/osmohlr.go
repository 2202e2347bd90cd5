package hlr

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/ppgbox/ppgbox/sdk/push"
)

// An OsmoHLRConfig says where an OsmoHLR is and how it is asked. A zero value means the default.
type OsmoHLRConfig struct {
	// Address is that of the control interface, host:port, usually port 4259.
	Address string
	// Connect limits connecting, 1 s by default.
	Connect time.Duration
	// LeastPause and MostPause bound the growing pause after an attempt to connect that failed: 100 ms and 5 s by default.
	LeastPause, MostPause time.Duration
	// Outstanding is how many questions may wait for their answers, 256 by default.
	Outstanding int
	// TrustPurged takes a subscriber that is marked as purged for not attached. OsmoHLR 1.5.0 sets the mark and never clears it,
	// not even when the subscriber attaches again: with it, whoever was purged once would never get a push again. So by default
	// the mark only becomes Location.Purged.
	TrustPurged bool
}

// An OsmoHLR asks an OsmoHLR over its control interface, on one connection that is made when it is needed and made again when it is
// lost. It asks for ".info" of a subscriber and not for ".info-all", which would carry the authentication keys as well. All methods
// may be called at the same time.
type OsmoHLR struct {
	config   OsmoHLRConfig
	counting controlCounting
	ctx      context.Context // ends when the backend is closed
	stop     context.CancelFunc

	mu     sync.Mutex
	conn   *controlConn
	dial   chan struct{} // closed when the attempt under way has ended, nil without one
	cause  error         // of the attempt that failed last
	pause  time.Duration // after the next failure
	resume time.Time     // no attempt before
}

// NewOsmoHLR makes a backend. It connects when the first question comes.
func NewOsmoHLR(config OsmoHLRConfig) (*OsmoHLR, error) {
	if _, _, err := net.SplitHostPort(config.Address); err != nil {
		return nil, fmt.Errorf("address of the control interface: %w", err)
	}
	for _, d := range [...]struct {
		value    *time.Duration
		standard time.Duration
	}{
		{&config.Connect, time.Second},
		{&config.LeastPause, 100 * time.Millisecond},
		{&config.MostPause, 5 * time.Second},
	} {
		if *d.value <= 0 {
			*d.value = d.standard
		}
	}
	if config.Outstanding <= 0 {
		config.Outstanding = 256
	}
	h := &OsmoHLR{config: config, pause: config.LeastPause}
	h.ctx, h.stop = context.WithCancel(context.Background())
	return h, nil
}

// Name is "osmohlr".
func (h *OsmoHLR) Name() string { return "osmohlr" }

// Counters returns the counts until now.
func (h *OsmoHLR) Counters() ControlCounters {
	return ControlCounters{
		Stale:       h.counting.stale.Load(),
		Foreign:     h.counting.foreign.Load(),
		Connections: h.counting.connections.Load(),
	}
}

// Close ends the connection and the questions that wait.
func (h *OsmoHLR) Close() {
	h.stop()
	h.mu.Lock()
	c := h.conn
	h.mu.Unlock()
	if c != nil {
		c.end(errors.New("closed"))
	}
}

// Query asks by IMSI, or by MSISDN if the question has no IMSI.
func (h *OsmoHLR) Query(ctx context.Context, q Question) (Location, error) {
	var name string
	switch {
	case q.IMSI != "":
		name = "subscriber.by-imsi-" + string(q.IMSI) + ".info"
	case q.MSISDN != "":
		name = "subscriber.by-msisdn-" + string(q.MSISDN) + ".info"
	default:
		return Location{}, h.failure(ErrQuestion, errors.New("OsmoHLR asks by IMSI or MSISDN"))
	}
	c, err := h.connection(ctx)
	if err != nil {
		if ctx.Err() != nil {
			return Location{}, stopped(ctx, h.Name())
		}
		return Location{}, h.failure(ErrDown, err)
	}
	reply, err := c.get(ctx, name)
	switch {
	case errors.Is(err, errLost), errors.Is(err, errBusy):
		return Location{}, h.failure(ErrDown, err)
	case err != nil:
		return Location{}, stopped(ctx, h.Name())
	case reply.refused:
		return Location{}, h.refusal(reply.value)
	}
	info, err := parseInfo(reply.value)
	if err != nil {
		return Location{}, h.failure(ErrGarbage, err)
	}
	if q.IMSI != "" && info.imsi != string(q.IMSI) || q.IMSI == "" && info.msisdn != string(q.MSISDN) {
		return Location{}, h.failure(ErrGarbage, errors.New("the answer is about another subscriber"))
	}
	return h.location(info), nil
}

func (h *OsmoHLR) failure(kind, err error) error {
	return &Error{Backend: h.Name(), Kind: kind, Again: kind == ErrDown, Err: err}
}

// refusal judges the text of an ERROR.
func (h *OsmoHLR) refusal(text string) error {
	failure := &Error{Backend: h.Name(), Kind: ErrRefused, Code: fmt.Sprintf("ERROR %.100q", text)}
	if strings.HasPrefix(text, "No such subscriber") {
		failure.Kind = ErrUnknownSubscriber
	}
	return failure
}

func (h *OsmoHLR) location(info subscriberInfo) Location {
	location := Location{Attached: true, IMSI: push.IMSI(info.imsi), SGSN: info.sgsn, Purged: info.purged}
	switch {
	case !info.provisioned:
		location.NotReachable = NotProvisioned
	case info.purged && h.config.TrustPurged:
		location.NotReachable = PurgedForGPRS
	case info.sgsn == "":
		location.NotReachable = LocationUnknown
	default:
		return location
	}
	location.Attached = false
	return location
}

// connection returns the connection, making it if there is none. All who need it wait for one attempt; in the pause after one that
// failed they are told at once.
func (h *OsmoHLR) connection(ctx context.Context) (*controlConn, error) {
	for first := true; ; first = false {
		h.mu.Lock()
		switch {
		case h.ctx.Err() != nil:
			h.mu.Unlock()
			return nil, errors.New("the backend is closed")
		case h.conn != nil && h.conn.alive():
			defer h.mu.Unlock()
			return h.conn, nil
		case h.dial == nil && (!first || time.Now().Before(h.resume)) && h.cause != nil:
			defer h.mu.Unlock()
			return nil, h.cause
		case h.dial == nil:
			h.dial = make(chan struct{})
			go h.connect(h.dial)
		}
		attempt := h.dial
		h.mu.Unlock()
		select {
		case <-attempt:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

func (h *OsmoHLR) connect(attempt chan struct{}) {
	ctx, cancel := context.WithTimeout(h.ctx, h.config.Connect)
	defer cancel()
	var dialer net.Dialer
	socket, err := dialer.DialContext(ctx, "tcp", h.config.Address)
	h.mu.Lock()
	defer h.mu.Unlock()
	defer close(attempt)
	h.dial, h.cause = nil, err
	if err != nil {
		h.resume = time.Now().Add(h.pause)
		h.pause = min(2*h.pause, h.config.MostPause)
		return
	}
	h.pause = h.config.LeastPause
	h.counting.connections.Add(1)
	h.conn = newControlConn(socket, h.config.Outstanding, &h.counting)
	if h.ctx.Err() != nil {
		h.conn.end(errors.New("closed"))
	}
}

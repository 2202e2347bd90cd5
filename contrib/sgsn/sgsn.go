package sgsn

import (
	"errors"
	"fmt"
	"net/netip"
	"sync"
	"time"

	"github.com/ppgbox/ppgbox/sdk/gtp"
	"github.com/ppgbox/ppgbox/sdk/push"
)

// The ports of GTP version 1 (3GPP TS 29.060 §10.1).
const (
	PortControl = 2123
	PortUser    = 2152
)

// A Config is what an SGSN is made of.
type Config struct {
	// Control and User are where the SGSN listens for GTP-C and GTP-U, with an address that the GGSN can send to. Port 0 is any that is
	// free.
	Control, User netip.AddrPort
	// GGSNControl and GGSNUser are the ports of every GGSN, PortControl and PortUser where they are 0.
	GGSNControl, GGSNUser uint16
	// ControlLink is the network between the SGSN and all others, for GTP-C, and UserLink the one for GTP-U.
	ControlLink, UserLink Link
	// T3Response and N3Requests are those of sdk/gtp, whose defaults count where they are 0.
	T3Response time.Duration
	N3Requests int
	// Everybody is how a terminal behaves that Behave was not called for.
	Everybody Terminal
	// Observe hears of everything, one event at a time or several at once. It must not block. Nil is for nobody.
	Observe func(Event)
}

// An SGSN is a running one. Its methods may be called from several goroutines.
type SGSN struct {
	cfg  Config
	user *socket

	mu        sync.Mutex
	path      *gtp.Path
	recovery  uint8
	life      int // counts restarts: what was begun before one ends with it
	terminals map[push.IMSI]Terminal
	tunnels   map[gtp.TEID]*Context // by what the GGSN puts into the header of a G-PDU
	contexts  map[push.IMSI]*Context
	early     map[gtp.TEID][]early // packets in tunnels whose Create is not answered yet: GTP-U may be faster than GTP-C
	notices   map[push.IMSI]int    // notifications so far
	lastTEID  gtp.TEID
	closed    bool

	running sync.WaitGroup
}

// Start starts an SGSN without contexts.
func Start(cfg Config) (*SGSN, error) {
	if cfg.GGSNControl == 0 {
		cfg.GGSNControl = PortControl
	}
	if cfg.GGSNUser == 0 {
		cfg.GGSNUser = PortUser
	}
	if cfg.Observe == nil {
		cfg.Observe = func(Event) {}
	}
	user, err := listen(cfg.User, cfg.UserLink)
	if err != nil {
		return nil, fmt.Errorf("sgsn: GTP-U: %w", err)
	}
	cfg.User = user.at()
	s := &SGSN{
		cfg: cfg, user: user, recovery: 1, terminals: make(map[push.IMSI]Terminal),
		tunnels: make(map[gtp.TEID]*Context), contexts: make(map[push.IMSI]*Context),
		early: make(map[gtp.TEID][]early), notices: make(map[push.IMSI]int),
	}
	if err := s.open(); err != nil {
		return nil, errors.Join(err, user.Close())
	}
	s.running.Go(s.serveUser)
	return s, nil
}

// open starts the path of GTP-C, with s.mu held or nobody else knowing of s.
func (s *SGSN) open() error {
	control, err := listen(s.cfg.Control, s.cfg.ControlLink)
	if err != nil {
		return fmt.Errorf("sgsn: GTP-C: %w", err)
	}
	if s.cfg.Control.Port() == 0 {
		s.cfg.Control = control.at() // where a restart is to be, too
	}
	s.path = gtp.NewPath(control, gtp.Config{
		T3Response: s.cfg.T3Response, N3Requests: s.cfg.N3Requests, RestartCounter: s.recovery,
		Handler: handler{s, s.life}, MaxOutstanding: 1 << 16, MaxAnswers: 1 << 17,
	})
	path := s.path
	s.running.Go(func() { _ = path.Serve() })
	return nil
}

// Control and User return where the SGSN listens.
func (s *SGSN) Control() netip.AddrPort { return s.cfg.Control }

// User returns where the SGSN listens for GTP-U.
func (s *SGSN) User() netip.AddrPort { return s.cfg.User }

// Behave says what a terminal does from now on.
func (s *SGSN) Behave(imsi push.IMSI, t Terminal) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.terminals[imsi] = t
}

// terminal returns how a terminal behaves, with s.mu held.
func (s *SGSN) terminal(imsi push.IMSI) Terminal {
	if t, ok := s.terminals[imsi]; ok {
		return t
	}
	return s.cfg.Everybody
}

// Restart ends the SGSN as a crash does, and starts it again: it has no contexts, and its restart counter is another one (3GPP TS 23.007
// §18.1). Nobody is told; the GGSN finds out by the next message of the SGSN with the counter.
func (s *SGSN) Restart() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return errors.New("sgsn: restart of one that is closed")
	}
	s.life++
	s.recovery++
	clear(s.tunnels)
	clear(s.contexts)
	clear(s.early)
	path := s.path
	s.mu.Unlock() // what waits for an answer is told
	_ = path.Close()
	s.mu.Lock()
	return s.open()
}

// Close ends the SGSN without a word to the GGSN.
func (s *SGSN) Close() error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return nil
	}
	s.closed = true
	s.life++
	path := s.path
	s.mu.Unlock()
	err := errors.Join(path.Close(), s.user.Close())
	s.running.Wait()
	return err
}

// after does something later, unless the SGSN has restarted by then.
func (s *SGSN) after(wait time.Duration, life int, do func()) {
	if wait <= 0 {
		do()
		return
	}
	time.AfterFunc(wait, func() {
		s.mu.Lock()
		same := s.life == life
		s.mu.Unlock()
		if same {
			do()
		}
	})
}

func (s *SGSN) observe(e Event) {
	if e.At.IsZero() {
		e.At = time.Now()
	}
	s.cfg.Observe(e)
}

// newTEID returns one that was not given out, with s.mu held. Data and control differ in the highest bit, so that none passes for the
// other.
func (s *SGSN) newTEID() (data, control gtp.TEID) {
	s.lastTEID++
	return s.lastTEID, s.lastTEID | 1<<31
}

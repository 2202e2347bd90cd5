package subscriber

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/ppgbox/ppgbox/host/clock"
	"github.com/ppgbox/ppgbox/host/store"
	"github.com/ppgbox/ppgbox/sdk/push"
)

// Options are what a Directory works with.
type Options struct {
	Store store.Store
	Clock clock.Clock
	Log   hclog.Logger
	// Domains are the push domains, in lower case; new dynamic identifiers are of the first. With none every USER address is
	// ErrForeign.
	Domains []string
	// DynamicValidity is how long a dynamic identifier is valid after each registration; 0: for ever.
	DynamicValidity time.Duration
	// SessionExpiry is how long a session counts without being told of again; 0: for ever.
	SessionExpiry time.Duration
	// Subscribers and Sessions are the most that are kept; 0: as many as come.
	Subscribers, Sessions int
	// Up is told of a terminal that has got an address, by what it is known by: what waits for it may be tried now. It is called after
	// each beginning of a session and each registration, in no order with others, and must not block; nil if nobody wants to know.
	Up func(push.Subscriber)
}

// A Directory keeps subscribers and sessions. All methods may be called from many goroutines.
type Directory struct {
	o            Options
	domains      []string
	foreignError error // ErrForeign, with the domains that there are

	// Who changes subscribers holds entering; who changes sessions holds order, from before the change until it is in the queue of
	// the store, so that the disk sees the order that memory saw. Memory itself is under mu, which nobody holds while the store
	// may block. They are taken in this order.
	entering sync.Mutex
	order    sync.Mutex
	mu       sync.RWMutex
	texts    arena
	people   people
	sessions sessions
	owed     map[store.SessionKey]bool // whose row is not known to be what memory says; true if that is because a commit failed

	marks int // GGSNs whose name is kept for their end

	stopped  tombs      // under order
	clearing sync.Mutex // held while a GGSN's sessions are cleared

	sweeper sweeper
	ending  sync.WaitGroup // what goes on in the background
	closed  chan struct{}
	closing sync.Once
}

// ErrFull: there are as many subscribers, sessions or devices of one user as there may be.
var ErrFull = errors.New("there are as many as there may be")

// errClosed is what ends work in the background.
var errClosed = errors.New("the directory is closed")

// Open loads everything. Rows that can not be used are logged and left out. The store stays open when the Directory is closed.
func Open(ctx context.Context, o Options) (*Directory, error) {
	d := &Directory{o: o, owed: map[store.SessionKey]bool{}, stopped: newTombs(), closed: make(chan struct{})}
	for _, domain := range o.Domains {
		domain = strings.ToLower(domain)
		if err := checkDomain(domain); err != nil {
			return nil, fmt.Errorf("push domain: %w", err)
		}
		d.domains = append(d.domains, domain)
	}
	domains := strings.Join(d.domains, ", ")
	if domains == "" {
		domains = "none: push_domains of [subscribers] is empty"
	}
	d.foreignError = fmt.Errorf("%w (%s)", ErrForeign, domains)
	d.people, d.sessions = newPeople(&d.texts), newSessions(&d.texts)
	if err := d.load(ctx); err != nil {
		return nil, fmt.Errorf("load subscribers and sessions: %w", err)
	}
	d.sweeper.start(d)
	return d, nil
}

// Close ends what goes on in the background and waits for it. Nothing else may be called after it.
func (d *Directory) Close() {
	d.closing.Do(func() {
		close(d.closed)
		d.sweeper.stop()
		d.ending.Wait()
	})
}

// Counts returns how many subscribers and sessions there are. A session that has expired counts until it is swept up.
func (d *Directory) Counts() (subscribers, sessions int) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	return d.people.count, len(d.sessions.byPlace)
}

// Password returns the bcrypt hash of the subscriber with a static identifier in normal form. Errors: ErrForeign, ErrUnknown,
// ErrNoPassword.
func (d *Directory) Password(user string) (hash []byte, err error) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	switch i := d.people.find(user); {
	case i != 0 && d.people.all.at(i).password != 0:
		return []byte(d.texts.text(d.people.all.at(i).password)), nil
	case i != 0:
		return nil, ErrNoPassword
	case d.foreign(user[strings.LastIndexByte(user, '@')+1:]):
		return nil, d.foreignError
	}
	return nil, ErrUnknown
}

// now is the time of day in nanoseconds since 1970.
func (d *Directory) now() int64 { return d.o.Clock.Wall().UnixNano() }

// live tells whether a session counts.
func (d *Directory) live(x *session, now int64) bool {
	return (x.expires == 0 || now < x.expires) && !d.sessions.names.list[x.place.ggsn].end.covers(x)
}

// covers tells that a session is over by what an Accounting-On or -Off said. Times of RADIUS are in seconds (RFC 2869 §5.3).
func (e *end) covers(x *session) bool {
	return e.generation != 0 && x.generation < e.generation && !later(x.told, e.at)
}

// later compares times by their seconds, as those of RADIUS have no more: what happened within one second happened in the order
// in which it was told.
func later(a, b int64) bool { return a/int64(time.Second) > b/int64(time.Second) }

// registered tells whether a session has a registration that counts.
func registered(x *session, now int64) bool {
	return x.registration != 0 && (x.until == 0 || now < x.until)
}

// foreign tells that a domain is none of the gateway's.
func (d *Directory) foreign(domain string) bool {
	for _, ours := range d.domains {
		if domain == ours {
			return false
		}
	}
	return true
}

// Live tells whether the session of a generation still counts.
func (d *Directory) Live(generation uint64) bool {
	now := d.now()
	d.mu.RLock()
	defer d.mu.RUnlock()
	i := d.sessions.byGeneration[generation]
	return i != 0 && d.live(d.sessions.all.at(i), now)
}

package registration

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/hashicorp/go-hclog"
	"golang.org/x/crypto/bcrypt"

	"github.com/ppgbox/ppgbox/host/clock"
	"github.com/ppgbox/ppgbox/host/store"
	"github.com/ppgbox/ppgbox/host/subscriber"
)

// A Directory keeps subscribers and their registrations, as *subscriber.Directory does. Users are in normal form (subscriber.Normal).
type Directory interface {
	// Password returns the bcrypt hash of a user's password. The error says why there is none, for the log.
	Password(user string) (hash []byte, err error)
	// Register stores a registration, a new one or a renewal, before it returns. subscriber.ErrBound refuses one at another subscriber's
	// terminal.
	Register(ctx context.Context, r subscriber.Registering) (store.Registration, error)
	// Release ends the registration of that user and device at that place; subscriber.ErrUnknown if there is none.
	Release(ctx context.Context, k store.SessionKey, user, device string) error
	// Registered returns the registration that stands at a place.
	Registered(k store.SessionKey) (store.Registration, bool)
}

// A Relay is a node that passes the registrations of its terminals on, a push GGSN.
type Relay struct {
	// Name and Hash, a bcrypt hash, are its credential for HTTP basic authentication.
	Name string
	Hash []byte
	// Sources are the addresses it may speak from, at least one.
	Sources []netip.Prefix
	// GGSN are the GGSNs it may speak for, by the operator's names of them, at least one.
	GGSN []string
}

// Options are what a listener is made of. A zero field means its default.
type Options struct {
	// GGSN and APN are where the terminals of this listener have their addresses. Without a GGSN only relays are served.
	GGSN, APN string
	// Directory is required, or else Forward: who passes on what terminals ask for. Then there is no GET, and there are no relays.
	Directory Directory
	Forward   Forwarder
	// Discreet leaves terminals' addresses and users out of the log above Debug.
	Discreet bool
	// Relays are those that may use this listener, default none.
	Relays []Relay
	// Requests is how many requests are handled at once, default 256. Beyond it the answer is 503.
	Requests int
	// Connections is how many there may be to Serve, default 4096, and ConnectionsPerSource how many of them from one address,
	// default 16. Beyond them connections are closed at once; those of relays' sources are not counted per address.
	Connections, ConnectionsPerSource int
	// Timeout is how long a body may take to come, and how long storing may take; default 10 s.
	Timeout time.Duration
	// Remembered is how many verified credentials are remembered, so that a renewal costs no slow hash; default 262,144 (some 12 MB).
	Remembered int
	// Metrics counts the answers, default nobody does.
	Metrics *Metrics
	Clock   clock.Clock  // default clock.System
	Log     hclog.Logger // refusals at Info, as many as loglimit lets through; default none
}

// How much a listener takes unless its Options say otherwise.
const (
	defaultRequests             = 256
	defaultConnections          = 4096
	defaultConnectionsPerSource = 16
	defaultTimeout              = 10 * time.Second
	defaultRemembered           = 1 << 18
)

func (o Options) withDefaults() Options {
	for _, d := range []struct {
		field *int
		value int
	}{
		{&o.Requests, defaultRequests},
		{&o.Connections, defaultConnections},
		{&o.ConnectionsPerSource, defaultConnectionsPerSource},
		{&o.Remembered, defaultRemembered},
	} {
		if *d.field <= 0 {
			*d.field = d.value
		}
	}
	if o.Timeout <= 0 {
		o.Timeout = defaultTimeout
	}
	if o.Metrics == nil {
		o.Metrics = NewMetrics()
	}
	if o.Clock == nil {
		o.Clock = clock.System()
	}
	if o.Log == nil {
		o.Log = hclog.NewNullLogger()
	}
	o.APN = strings.ToLower(o.APN)
	return o
}

// check returns all that is wrong.
func (o Options) check() error {
	var errs []error
	if o.Directory == nil && o.Forward == nil {
		errs = append(errs, errors.New("no directory"))
	}
	if o.Forward != nil && (o.Directory != nil || len(o.Relays) > 0) {
		errs = append(errs, errors.New("what is passed on has no directory and no relays here"))
	}
	if o.GGSN == "" && len(o.Relays) == 0 {
		errs = append(errs, errors.New("neither a GGSN nor a relay: nobody could register"))
	}
	if o.APN != "" && !isAPN(o.APN) {
		errs = append(errs, fmt.Errorf("%q is no APN", o.APN))
	}
	names := make(map[string]bool)
	for _, r := range o.Relays {
		if err := r.check(); err != nil {
			errs = append(errs, fmt.Errorf("relay %q: %w", r.Name, err))
		}
		if names[r.Name] {
			errs = append(errs, fmt.Errorf("relay %q: the name is taken", r.Name))
		}
		names[r.Name] = true
	}
	return errors.Join(errs...)
}

func (r Relay) check() error {
	switch {
	case r.Name == "" || strings.Contains(r.Name, ":"):
		return errors.New("a name for HTTP basic authentication is not empty and holds no colon")
	case len(r.Sources) == 0:
		return errors.New("no source addresses")
	case len(r.GGSN) == 0:
		return errors.New("no GGSN to speak for")
	}
	if _, err := bcrypt.Cost(r.Hash); err != nil {
		return fmt.Errorf("the password hash: %w", err)
	}
	return nil
}

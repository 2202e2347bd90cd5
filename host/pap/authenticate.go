package pap

import (
	"context"
	"errors"
	"net/http"
	"net/netip"
	"runtime"
	"sync/atomic"
	"time"
)

// Initiators knows who may push. Its set can be replaced while requests run.
type Initiators struct {
	roster   atomic.Pointer[roster]
	failures *failures
	now      func() time.Time // of certificates
	// hashing bounds how many passwords are hashed at once; the rest of the machine is for pushes.
	hashing chan struct{}
}

// NewInitiators checks the set and returns it. All that is wrong with it is in the error.
func NewInitiators(list []Initiator) (*Initiators, error) {
	i := &Initiators{
		failures: newFailures(time.Now),
		now:      time.Now,
		hashing:  make(chan struct{}, max(1, runtime.GOMAXPROCS(0)/2)),
	}
	if err := i.Replace(list); err != nil {
		return nil, err
	}
	return i, nil
}

// Replace puts another set in place of this one, and forgets which credentials were verified. After an error the old set
// stays. Requests that are already authenticated go on.
func (i *Initiators) Replace(list []Initiator) error {
	r, err := newRoster(list)
	if err != nil {
		return err
	}
	i.roster.Store(r)
	return nil
}

// Why a request may not push, beside what is forbidden.
var (
	errNoCredentials = errors.New("no credentials")
	errCredentials   = errors.New("wrong username or password")
	errHashingBusy   = errors.New("too many logins at once")
)

// slowedError refuses a login that comes too soon after failed ones from the same address.
type slowedError struct{ wait time.Duration }

func (e slowedError) Error() string { return "too many failed logins from this address" }

// hashingPatience is how long a login waits for its turn.
const hashingPatience = 5 * time.Second

// authenticate finds the initiator of a request by what stands before its body. The source and the certificate are checked after
// the password, so that a stranger does not learn which addresses and domains an initiator has. With a forbidden error comes the
// initiator that is meant, if its password says so.
func (i *Initiators) authenticate(req *http.Request) (*Initiator, error) {
	shown, err := evidenceOf(req, i.now())
	if err != nil {
		return nil, err
	}
	r := i.roster.Load()
	username, password, ok := req.BasicAuth()
	if !ok {
		pi, err := r.known(&shown)
		switch {
		case pi != nil || err != nil:
			return pi, err
		case len(r.byUsername) == 0:
			return nil, unproven{error: errStranger, why: r.stranger(&shown)}
		}
		return nil, unproven{error: errNoCredentials, why: r.stranger(&shown)}
	}
	pi := r.remembered(username, password)
	if pi == nil {
		if pi, err = i.login(req.Context(), r, shown.source, username, password); err != nil {
			return nil, unproven{error: err, username: r.loggable(username), why: r.refuted(username, err)}
		}
	}
	err = pi.allows(&shown)
	if errors.Is(err, errCertificate) || errors.Is(err, errNeither) {
		err = unproven{error: err, username: username, why: shown.lacks("is for none of the initiator's domains, or its issuer counts no more")}
	}
	return pi, err
}

// loggable returns a username that some initiator has, and "" in the place of others: people type passwords there.
func (r *roster) loggable(username string) string {
	if r.byUsername[username] == nil {
		return ""
	}
	return username
}

// refuted says which part of credentials is wrong. Whoever sent them is not told.
func (r *roster) refuted(username string, err error) string {
	switch {
	case !errors.Is(err, errCredentials):
		return ""
	case r.byUsername[username] == nil:
		return "no initiator has this username"
	}
	return "wrong password"
}

// login verifies credentials that are not remembered.
func (i *Initiators) login(ctx context.Context, r *roster, source netip.Addr, username, password string) (*Initiator, error) {
	if len(r.byUsername) == 0 {
		return nil, errCredentials
	}
	if wait := i.failures.wait(source); wait > 0 {
		return nil, slowedError{wait}
	}
	patience := time.NewTimer(hashingPatience)
	defer patience.Stop()
	select {
	case i.hashing <- struct{}{}:
		defer func() { <-i.hashing }()
	case <-patience.C:
		return nil, errHashingBusy
	case <-ctx.Done():
		return nil, errHashingBusy
	}
	// Another request may have verified the same credentials, or failed, while this one waited.
	if pi := r.remembered(username, password); pi != nil {
		return pi, nil
	}
	if wait := i.failures.wait(source); wait > 0 {
		return nil, slowedError{wait}
	}
	pi := r.verify(username, password)
	if pi == nil {
		i.failures.record(source)
		return nil, errCredentials
	}
	return pi, nil
}

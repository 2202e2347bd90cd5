package pap

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"crypto/x509"
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"sync/atomic"

	"golang.org/x/crypto/bcrypt"
)

// An Initiator is a Push Initiator that may push.
type Initiator struct {
	// Name is the gateway's own name for it: the key of its pushes, beside the push-id.
	Name string
	// Username and Hash, a bcrypt hash, are for HTTP basic authentication. Without a username the initiator is known by its
	// source address or its client certificate alone.
	Username string
	Hash     []byte
	// Sources are the addresses it may push from, none for any.
	Sources []netip.Prefix
	// Domains are DNS names of which its client certificate has to hold one as a subject alternative name, none for no
	// certificate. "*." in front stands for one label. The common name of a certificate proves nothing (RFC 9525 §2).
	Domains []string
	// Authorities are those whose certificates prove its domains.
	Authorities []*x509.Certificate
	// Either says that one of Sources and Domains is enough; otherwise both have to hold where both are given.
	Either bool
}

// matchLength returns the length of the longest source prefix that holds the address, -1 if none does.
func (pi *Initiator) matchLength(source netip.Addr) int {
	longest := -1
	for _, p := range pi.Sources {
		if p.Contains(source) {
			longest = max(longest, p.Bits())
		}
	}
	return longest
}

// HashPassword returns the bcrypt hash of a password of 1 to 72 octets.
func HashPassword(password string) ([]byte, error) {
	if !plausiblePassword(password) {
		return nil, errors.New("hashing a password: it must have 1 to 72 octets, and no NUL")
	}
	hash, err := bcrypt.GenerateFromPassword([]byte(password), bcrypt.DefaultCost)
	if err != nil {
		return nil, fmt.Errorf("hashing a password: %w", err)
	}
	return hash, nil
}

// plausiblePassword refuses what bcrypt would confuse with another password: it reads 72 octets, and repeats the key with a
// NUL between.
func plausiblePassword(p string) bool {
	return p != "" && len(p) <= 72 && strings.IndexByte(p, 0) < 0
}

// roster is one configuration of initiators. It never changes, but for what each account remembers.
type roster struct {
	byUsername map[string]*account
	anonymous  []*Initiator // those without a username
	// unknown is a hash that nobody has the password of, as dear as the dearest of the real ones.
	unknown []byte
	key     [32]byte // of the remembered credentials; random
}

// account is an initiator with a username, and the credentials that were right the last time.
type account struct {
	Initiator
	verified atomic.Pointer[[32]byte]
}

func newRoster(list []Initiator) (*roster, error) {
	r := &roster{byUsername: make(map[string]*account)}
	rand.Read(r.key[:])
	names := make(map[string]bool)
	cost := bcrypt.MinCost
	var errs []error
	for _, pi := range list {
		err := r.add(pi, names, &cost)
		if err != nil {
			errs = append(errs, fmt.Errorf("initiator %q: %w", pi.Name, err))
		}
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	if len(r.byUsername) > 0 {
		var err error
		if r.unknown, err = bcrypt.GenerateFromPassword(r.key[:], cost); err != nil {
			return nil, fmt.Errorf("making the hash of the unknown user: %w", err)
		}
	}
	return r, nil
}

func (r *roster) add(pi Initiator, names map[string]bool, cost *int) error {
	switch {
	case pi.Name == "":
		return errors.New("no name")
	case names[pi.Name]:
		return errors.New("the name is taken")
	case pi.Username == "" && len(pi.Sources) == 0 && len(pi.Domains) == 0:
		return errors.New("neither username nor source nor domain: anybody would be it")
	case len(pi.Domains) > 0 && len(pi.Authorities) == 0:
		return errors.New("a domain without authorities: nobody could prove it")
	case pi.Username == "" && len(pi.Hash) > 0:
		return errors.New("a password without a username")
	}
	names[pi.Name] = true
	if pi.Username == "" {
		r.anonymous = append(r.anonymous, &pi)
		return nil
	}
	if strings.Contains(pi.Username, ":") {
		return errors.New("a username for HTTP basic authentication holds no colon")
	}
	if r.byUsername[pi.Username] != nil {
		return errors.New("the username is taken")
	}
	c, err := bcrypt.Cost(pi.Hash)
	if err != nil {
		return fmt.Errorf("the password hash: %w", err)
	}
	*cost = max(*cost, c)
	r.byUsername[pi.Username] = &account{Initiator: pi}
	return nil
}

// seal is what is remembered of credentials.
func (r *roster) seal(username, password string) [32]byte {
	b := make([]byte, 0, 160)
	b = append(b, r.key[:]...)
	b = binary.AppendUvarint(b, uint64(len(username)))
	b = append(b, username...)
	b = append(b, password...)
	return sha256.Sum256(b)
}

// remembered returns the initiator whose credentials these are, if they were verified before.
func (r *roster) remembered(username, password string) *Initiator {
	a := r.byUsername[username]
	if a == nil {
		return nil
	}
	known := a.verified.Load()
	if known == nil {
		return nil
	}
	sum := r.seal(username, password)
	if subtle.ConstantTimeCompare(known[:], sum[:]) != 1 {
		return nil
	}
	return &a.Initiator
}

// verify checks credentials against their hash, and remembers them if they are right. An unknown user costs as much as a
// wrong password.
func (r *roster) verify(username, password string) *Initiator {
	a := r.byUsername[username]
	hash := r.unknown
	if a != nil {
		hash = a.Hash
	}
	right := bcrypt.CompareHashAndPassword(hash, []byte(password[:min(len(password), 72)])) == nil
	if a == nil || !right || !plausiblePassword(password) {
		return nil
	}
	sum := r.seal(username, password)
	a.verified.Store(&sum)
	return &a.Initiator
}

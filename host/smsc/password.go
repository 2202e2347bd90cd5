package smsc

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"sync/atomic"

	"golang.org/x/crypto/bcrypt"
)

// A password is what was right the last time, sealed: the hash in the configuration is slow on purpose, and a gateway that lost
// its links comes back with all of them at once.
type password struct {
	seal atomic.Pointer[sealed]
}

type sealed struct {
	salt [16]byte
	sum  [sha256.Size]byte
}

func (s *sealed) holds(given string) bool {
	sum := sha256.Sum256(append(s.salt[:], given...))
	return subtle.ConstantTimeCompare(sum[:], s.sum[:]) == 1
}

// known says whether the password is the one that was right the last time.
func (p *password) known(given string) bool {
	s := p.seal.Load()
	return s != nil && s.holds(given)
}

// right compares the password with its hash, and remembers it if it is right.
func (p *password) right(hash []byte, given string) bool {
	if bcrypt.CompareHashAndPassword(hash, []byte(given)) != nil {
		return false
	}
	s := &sealed{}
	_, _ = rand.Read(s.salt[:]) // it never fails
	s.sum = sha256.Sum256(append(s.salt[:], given...))
	p.seal.Store(s)
	return true
}

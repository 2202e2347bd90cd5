package registration

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/crypto/bcrypt"
)

// A credential is a name and its password, as HTTP basic authentication has them (RFC 7617).
type credential struct{ name, password string }

// credentialOf reads the value of an Authorization header.
func credentialOf(authorization string) (credential, bool) {
	name, password, ok := (&http.Request{Header: http.Header{"Authorization": {authorization}}}).BasicAuth()
	return credential{name, password}, ok
}

// Why a credential is not taken.
var (
	errCredential  = errors.New("wrong name or password")
	errHashingBusy = errors.New("too many logins at once")
)

// slowedError refuses a credential that comes too soon after wrong ones from the same place.
type slowedError struct{ wait time.Duration }

func (slowedError) Error() string { return "too many failed logins from this address" }

// hashingPatience is how long a login waits for its turn.
const hashingPatience = 5 * time.Second

// A verifier compares passwords with their bcrypt hashes. What was right once is remembered, sealed and together with the hash it was
// right for, so that it is forgotten when the hash changes; a renewal then costs no slow hash.
type verifier struct {
	failures *failures
	hashing  chan struct{} // bounds how many are hashed at once; the rest of the machine is for pushes
	key      [32]byte      // of the seals; random
	cost     atomic.Int64  // of the dearest hash that was seen

	mu       sync.Mutex
	verified map[[32]byte]struct{}
	most     int
}

func newVerifier(f *failures, most int) *verifier {
	v := &verifier{
		failures: f, hashing: make(chan struct{}, max(1, runtime.GOMAXPROCS(0)/2)), verified: make(map[[32]byte]struct{}), most: most,
	}
	rand.Read(v.key[:])
	v.cost.Store(int64(bcrypt.DefaultCost))
	return v
}

// verify tells whether a credential is right. known is false for a name that nobody has: that costs as much as a wrong password and is
// answered alike. Failures count for the place that they came from, and nobody else's.
func (v *verifier) verify(ctx context.Context, from place, c credential, hash []byte, known bool) error {
	seal := v.seal(c, hash)
	if known && v.remembers(seal) {
		return nil
	}
	if wait := v.failures.wait(from); wait > 0 {
		return slowedError{wait}
	}
	patience := time.NewTimer(hashingPatience)
	defer patience.Stop()
	select {
	case v.hashing <- struct{}{}:
		defer func() { <-v.hashing }()
	case <-patience.C:
		return errHashingBusy
	case <-ctx.Done():
		return errHashingBusy
	}
	// Another request may have verified the same credential, or failed, while this one waited.
	if known && v.remembers(seal) {
		return nil
	}
	if wait := v.failures.wait(from); wait > 0 {
		return slowedError{wait}
	}
	if cost, err := bcrypt.Cost(hash); err != nil {
		known = false
	} else if int64(cost) > v.cost.Load() {
		v.cost.Store(int64(cost))
	}
	if !known {
		hash = v.nobodys()
	}
	right := bcrypt.CompareHashAndPassword(hash, []byte(c.password[:min(len(c.password), longestPassword)])) == nil
	if !right || !known || !plausiblePassword(c.password) {
		v.failures.record(from)
		return errCredential
	}
	v.remember(seal)
	return nil
}

// longestPassword is how many octets bcrypt reads.
const longestPassword = 72

// plausiblePassword refuses what bcrypt would confuse with another password: it reads 72 octets, and repeats the key with a NUL
// between.
func plausiblePassword(p string) bool {
	return p != "" && len(p) <= longestPassword && strings.IndexByte(p, 0) < 0
}

// nobodys returns a hash that nobody has the password of, as dear as the dearest of the real ones. It is random octets in the form of a
// hash: 16 of salt and 23 of sum, in the alphabet of crypt.
func (v *verifier) nobodys() []byte {
	var octets [39]byte
	rand.Read(octets[:])
	alphabet := base64.NewEncoding("./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789").WithPadding(base64.NoPadding)
	return fmt.Appendf(nil, "$2a$%02d$%s%s", v.cost.Load(), alphabet.EncodeToString(octets[:16]), alphabet.EncodeToString(octets[16:]))
}

func (v *verifier) seal(c credential, hash []byte) [32]byte {
	b := append(make([]byte, 0, 256), v.key[:]...)
	b = append(binary.AppendUvarint(b, uint64(len(c.name))), c.name...)
	b = append(binary.AppendUvarint(b, uint64(len(c.password))), c.password...)
	return sha256.Sum256(append(b, hash...))
}

func (v *verifier) remembers(seal [32]byte) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	_, ok := v.verified[seal]
	return ok
}

func (v *verifier) remember(seal [32]byte) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if len(v.verified) >= v.most {
		for any := range v.verified {
			delete(v.verified, any)
			break
		}
	}
	v.verified[seal] = struct{}{}
}

package registration

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/ppgbox/ppgbox/host/subscriber"
)

// verifyUser returns whose credential it is, in normal form.
func (h *Handler) verifyUser(ctx context.Context, from place, c credential) (string, error) {
	user, err := subscriber.Normal(c.name)
	var hash []byte
	if err == nil {
		c.name = user
		hash, err = h.Directory.Password(user)
	}
	return user, h.verify(ctx, from, c, hash, err)
}

// errPassword is why a credential of somebody who is known is not taken.
var errPassword = errors.New("wrong password")

// verify is the verifier's, with refusals that can be answered. unknown is why there is no hash, nil if there is one: the operator learns
// it, and who asks does not.
func (h *Handler) verify(ctx context.Context, from place, c credential, hash []byte, unknown error) error {
	err := h.verifier.verify(ctx, from, c, hash, unknown == nil)
	who := clip(c.name)
	var slowed slowedError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &slowed):
		return &problem{status: http.StatusTooManyRequests, user: who, detail: err.Error(), retry: slowed.wait}
	case errors.Is(err, errHashingBusy):
		return &problem{status: http.StatusServiceUnavailable, user: who, detail: err.Error(), retry: time.Second}
	case unknown == nil:
		unknown = errPassword
	}
	return &problem{status: http.StatusUnauthorized, user: who, detail: errCredential.Error(), cause: unknown}
}

// clip makes what a stranger has sent fit for the log: one line, as long as a user identifier may be.
func clip(text string) string {
	printable := func(r rune) rune {
		if unicode.IsPrint(r) && r != utf8.RuneError {
			return r
		}
		return '?'
	}
	return strings.Map(printable, text[:min(len(text), longestUser)])
}

// unauthorized tells that an error is about the credential of the request.
func unauthorized(err error) bool {
	var p *problem
	return errors.As(err, &p) && p.status == http.StatusUnauthorized
}

// Realms of the two kinds of credentials (RFC 7617 §2).
const (
	userRealm  = "push registration"
	relayRealm = "push registration relay"
)

func challenge(w http.ResponseWriter, realm string) {
	w.Header().Set("WWW-Authenticate", `Basic realm="`+realm+`", charset="UTF-8"`)
}

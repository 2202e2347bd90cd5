package registration

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/ppgbox/ppgbox/host/subscriber"
)

// verifyUser returns whose credential it is, in normal form.
func (h *Handler) verifyUser(ctx context.Context, from place, c credential) (string, error) {
	user, err := subscriber.Normal(c.name)
	var hash []byte
	known := err == nil && len(c.name) <= longestUser
	if known {
		c.name = user
		hash, known = h.Directory.Password(user)
	}
	return user, h.verify(ctx, from, c, hash, known)
}

// verify is the verifier's, with refusals that can be answered.
func (h *Handler) verify(ctx context.Context, from place, c credential, hash []byte, known bool) error {
	err := h.verifier.verify(ctx, from, c, hash, known)
	var slowed slowedError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &slowed):
		return &problem{status: http.StatusTooManyRequests, detail: err.Error(), retry: slowed.wait}
	case errors.Is(err, errHashingBusy):
		return &problem{status: http.StatusServiceUnavailable, detail: err.Error(), retry: time.Second}
	}
	return &problem{status: http.StatusUnauthorized, detail: "wrong name or password", cause: err}
}

// Realms of the two kinds of credentials (RFC 7617 §2).
const (
	userRealm  = "push registration"
	relayRealm = "push registration relay"
)

func challenge(w http.ResponseWriter, realm string) {
	w.Header().Set("WWW-Authenticate", `Basic realm="`+realm+`", charset="UTF-8"`)
}

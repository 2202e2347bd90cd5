package registration

import (
	"context"
	"net/http"
	"net/netip"

	"github.com/ppgbox/ppgbox/host/subscriber"
)

// A Forwarder passes on what terminals ask for, as a push GGSN does. What it refuses with comes from a Client, or is NoContext.
type Forwarder interface {
	// Register returns what the gateway tells of the registration, JSON.
	Register(ctx context.Context, f Forwarded) ([]byte, error)
	// Release ends a registration of a terminal that has to prove whose it is.
	Release(ctx context.Context, f Forwarded) error
}

// Forwarded is what a terminal asks for. Nobody has verified its credential yet.
type Forwarded struct {
	Source        netip.Addr // of the connection
	User, Device  string     // the user in normal form
	Authorization string     // of HTTP basic authentication
}

// NoContext refuses an address that no terminal of the relay has.
func NoContext() error {
	return refuse(http.StatusForbidden, "the address that the request came from is that of no PDP context here")
}

// NotRegistered refuses the release of what is not there.
func NotRegistered() error { return notRegistered() }

// forwardRegister passes a registration on.
func (h *Handler) forwardRegister(w http.ResponseWriter, req *http.Request, source netip.Addr) error {
	if _, err := shown(w, req); err != nil {
		return err
	}
	if _, err := readQuery(req, nil); err != nil {
		return err
	}
	said, err := readBody(w, req, registrationFields[:])
	if err != nil {
		return err
	}
	f := Forwarded{Source: source, Authorization: req.Header.Get("Authorization")}
	if f.User, err = said.user(); err != nil {
		return err
	}
	if f.Device, err = said.device(); err != nil {
		return err
	}
	if err := said.ownAddress(source); err != nil {
		return err
	}
	answer, err := h.Forward.Register(req.Context(), f)
	if err != nil {
		if unauthorized(err) {
			challenge(w, userRealm)
		}
		return err
	}
	writeText(w, http.StatusOK, "application/json", answer)
	return nil
}

// forwardRelease passes a release on.
func (h *Handler) forwardRelease(w http.ResponseWriter, req *http.Request, source netip.Addr) error {
	c, err := shown(w, req)
	if err != nil {
		return err
	}
	said, err := readQuery(req, []string{"device"})
	if err != nil {
		return err
	}
	f := Forwarded{Source: source, Authorization: req.Header.Get("Authorization")}
	if f.Device, err = said.device(); err != nil {
		return err
	}
	if f.User, err = subscriber.Normal(c.name); err != nil {
		challenge(w, userRealm)
		return &problem{status: http.StatusUnauthorized, detail: errCredential.Error()}
	}
	if err := h.Forward.Release(req.Context(), f); err != nil {
		if unauthorized(err) {
			challenge(w, userRealm)
		}
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

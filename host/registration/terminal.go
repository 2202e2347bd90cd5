package registration

import (
	"errors"
	"net/http"
	"net/netip"

	"github.com/ppgbox/ppgbox/host/store"
	"github.com/ppgbox/ppgbox/host/subscriber"
)

// registrationFields are what a terminal may say. It has no need to say its address; if it does, that must be where it speaks from.
var registrationFields = [...]string{"user", "device", "address"}

// register stores the address that the request came from, or renews it.
func (h *Handler) register(w http.ResponseWriter, req *http.Request, source netip.Addr) error {
	user, err := h.terminal(w, req, source)
	if err != nil {
		return err
	}
	if _, err := readQuery(req, nil); err != nil {
		return err
	}
	said, err := readBody(w, req, registrationFields[:])
	if err != nil {
		return err
	}
	named, err := said.user()
	if err != nil {
		return err
	}
	if named != user {
		return &problem{status: http.StatusForbidden, field: "user", user: user, detail: "the credential is that of another user"}
	}
	device, err := said.device()
	if err != nil {
		return err
	}
	if err := said.ownAddress(source); err != nil {
		return err
	}
	r, err := h.Directory.Register(req.Context(), subscriber.Registering{User: user, Device: device, Key: h.key(source)})
	if err != nil {
		return err
	}
	h.Log.Debug("registered", "user", user, "device", device, "ggsn", h.GGSN, "apn", h.APN, "address", source)
	h.tell(w, r, source)
	return nil
}

// release ends the registration of the address that the request came from.
func (h *Handler) release(w http.ResponseWriter, req *http.Request, source netip.Addr) error {
	user, device, err := h.own(w, req, source)
	if err != nil {
		return err
	}
	err = h.Directory.Release(req.Context(), h.key(source), user, device)
	if errors.Is(err, subscriber.ErrUnknown) {
		return notRegistered()
	}
	if err != nil {
		return err
	}
	h.Log.Debug("released", "user", user, "device", device, "ggsn", h.GGSN, "apn", h.APN, "address", source)
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// show tells the registration of the address that the request came from.
func (h *Handler) show(w http.ResponseWriter, req *http.Request, source netip.Addr) error {
	user, device, err := h.own(w, req, source)
	if err != nil {
		return err
	}
	r, ok := h.Directory.Registered(h.key(source))
	if !ok || r.User != user || r.Device != device {
		return notRegistered()
	}
	h.tell(w, r, source)
	return nil
}

// own returns whose registration a request without a body is about.
func (h *Handler) own(w http.ResponseWriter, req *http.Request, source netip.Addr) (user, device string, err error) {
	if user, err = h.terminal(w, req, source); err != nil {
		return "", "", err
	}
	said, err := readQuery(req, []string{"device"})
	if err != nil {
		return "", "", err
	}
	device, err = said.device()
	return user, device, err
}

// notRegisteredHere is how a relay's client knows that answer from one of a listener without relays.
const notRegisteredHere = "the user has no registration of that device at this address"

func notRegistered() error { return refuse(http.StatusNotFound, notRegisteredHere) }

// ownAddress refuses an address that is not where the request came from. It may be left out.
func (f fields) ownAddress(source netip.Addr) error {
	if _, ok := f["address"]; !ok {
		return nil
	}
	a, err := f.address()
	if err == nil && a != source {
		return &problem{status: http.StatusForbidden, field: "address", detail: "only the address that the request came from can be registered"}
	}
	return err
}

func (h *Handler) key(source netip.Addr) store.SessionKey {
	return store.SessionKey{GGSN: h.GGSN, APN: h.APN, Address: source}
}

// terminal returns the user whom a request proves to come from.
func (h *Handler) terminal(w http.ResponseWriter, req *http.Request, source netip.Addr) (user string, err error) {
	c, err := shown(w, req)
	if err != nil {
		return "", err
	}
	user, err = h.verifyUser(req.Context(), placeOf(source), c)
	if unauthorized(err) {
		challenge(w, userRealm)
	}
	return user, err
}

// shown returns the credential that a terminal shows, which is not verified.
func shown(w http.ResponseWriter, req *http.Request) (credential, error) {
	// What a proxy passes on comes from the proxy's address, which is not the terminal's: registering it would send that user's
	// pushes to the proxy, and the next user's, too.
	for _, trace := range [...]string{"Forwarded", "X-Forwarded-For", "X-Real-Ip", "Via"} {
		if len(req.Header[trace]) > 0 { // an empty one, too: a proxy may hide whom it speaks for, or add its own behind the client's
			return credential{}, refuse(http.StatusForbidden, "the request came through a proxy (%s); register without one", trace)
		}
	}
	c, ok := credentialOf(req.Header.Get("Authorization"))
	if !ok {
		challenge(w, userRealm)
		return credential{}, refuse(http.StatusUnauthorized, "the user identifier and its password are needed, by HTTP basic authentication")
	}
	return c, nil
}

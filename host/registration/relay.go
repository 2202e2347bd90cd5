package registration

import (
	"errors"
	"net/http"
	"net/netip"
	"slices"

	"github.com/ppgbox/ppgbox/host/subscriber"
)

// What a relay may say, of a registration and of a release. The document has the same names.
var (
	relayFields        = [...]string{"ggsn", "apn", "address", "imsi", "msisdn", "user", "device", "authorization"}
	relayReleaseFields = [...]string{"ggsn", "apn", "address", "user", "device"}
)

// relays are those that may use a listener, by name.
type relays map[string]Relay

func newRelays(list []Relay) relays {
	all := make(relays)
	for _, r := range list {
		all[r.Name] = r
	}
	return all
}

// relayRegister stores what a relay passes on. The relay vouches for the place and the subscription; that the user wants it is proven by
// the user's own credential, which the relay passes on as well.
func (h *Handler) relayRegister(w http.ResponseWriter, req *http.Request, source netip.Addr) error {
	relay, err := h.relay(w, req, source)
	if err != nil {
		return err
	}
	if _, err := readQuery(req, nil); err != nil {
		return err
	}
	said, err := readBody(w, req, relayFields[:])
	if err != nil {
		return err
	}
	r, err := relay.vouch(said)
	if err != nil {
		return err
	}
	if r.IMSI, err = said.imsi(); err != nil {
		return err
	}
	if r.MSISDN, err = said.msisdn(); err != nil {
		return err
	}
	c, ok := credentialOf(said["authorization"])
	if !ok {
		return wrong("authorization", "it must be the Authorization header of the terminal, of HTTP basic authentication")
	}
	terminal := placeOf(r.Key.Address)
	terminal.ggsn, terminal.apn = r.Key.GGSN, r.Key.APN
	user, err := h.verifyUser(req.Context(), terminal, c)
	var refusal *problem
	switch {
	case errors.As(err, &refusal) && refusal.status == http.StatusUnauthorized: // which would be about the relay's own credential
		return &problem{status: http.StatusForbidden, field: "authorization", user: refusal.user, detail: "wrong user identifier or password", cause: refusal.cause}
	case err != nil:
		return err
	case user != r.User:
		return &problem{status: http.StatusForbidden, field: "user", user: user, detail: "the credential is that of another user"}
	}
	stored, err := h.Directory.Register(req.Context(), r)
	if err != nil {
		return err
	}
	h.Log.Debug("registered", "user", r.User, "device", r.Device, "ggsn", r.Key.GGSN, "apn", r.Key.APN, "address", r.Key.Address, "relay", relay.Name)
	h.tell(w, stored, r.Key.Address)
	return nil
}

// relayRelease ends a registration at a GGSN that the relay speaks for. It needs no credential of the user: a GGSN knows when an address
// is given up, and takes nothing for itself with that.
func (h *Handler) relayRelease(w http.ResponseWriter, req *http.Request, source netip.Addr) error {
	relay, err := h.relay(w, req, source)
	if err != nil {
		return err
	}
	said, err := readQuery(req, relayReleaseFields[:])
	if err != nil {
		return err
	}
	r, err := relay.vouch(said)
	if err != nil {
		return err
	}
	err = h.Directory.Release(req.Context(), r.Key, r.User, r.Device)
	if errors.Is(err, subscriber.ErrUnknown) {
		return notRegistered()
	}
	if err != nil {
		return err
	}
	h.Log.Debug("released", "user", r.User, "device", r.Device, "ggsn", r.Key.GGSN, "apn", r.Key.APN, "address", r.Key.Address, "relay", relay.Name)
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// vouch reads what a relay says about a terminal, if it may say it.
func (relay *Relay) vouch(said fields) (r subscriber.Registering, err error) {
	ggsn, ok := said["ggsn"]
	if !ok {
		return r, wrong("ggsn", "%q is missing", "ggsn")
	}
	if !slices.Contains(relay.GGSN, ggsn) {
		return r, &problem{status: http.StatusForbidden, field: "ggsn", detail: "the relay does not speak for this GGSN"}
	}
	r.Key.GGSN = ggsn
	if r.Key.APN, err = said.apn(); err != nil {
		return r, err
	}
	if r.Key.Address, err = said.address(); err != nil {
		return r, err
	}
	if r.User, err = said.user(); err != nil {
		return r, err
	}
	r.Device, err = said.device()
	return r, err
}

// notFromHere is how a relay's client knows that answer from one about the terminal.
const notFromHere = "not from this address"

// errNoRelay is why a relay's credential is not taken.
var errNoRelay = errors.New("no relay has this name")

// relay returns the relay that a request proves to come from. Its address is looked at after its password, so that a stranger does not
// learn which addresses it has.
func (h *Handler) relay(w http.ResponseWriter, req *http.Request, source netip.Addr) (*Relay, error) {
	c, ok := credentialOf(req.Header.Get("Authorization"))
	if !ok {
		challenge(w, relayRealm)
		return nil, refuse(http.StatusUnauthorized, "the relay's name and password are needed, by HTTP basic authentication")
	}
	r, known := h.relays[c.name]
	var unknown error
	if !known {
		unknown = errNoRelay
	}
	if err := h.verify(req.Context(), placeOf(source), c, r.Hash, unknown); err != nil {
		if unauthorized(err) {
			challenge(w, relayRealm)
		}
		return nil, err
	}
	if !r.speaksFrom(source) {
		return nil, &problem{status: http.StatusForbidden, user: r.Name, detail: notFromHere}
	}
	return &r, nil
}

func (relay *Relay) speaksFrom(source netip.Addr) bool {
	return slices.ContainsFunc(relay.Sources, func(p netip.Prefix) bool { return p.Contains(source) })
}

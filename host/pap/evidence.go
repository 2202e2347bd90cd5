package pap

import (
	"crypto/tls"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"time"
)

// evidence is what a request shows beside credentials: where it comes from, and a client certificate.
type evidence struct {
	source netip.Addr
	tls    *tls.ConnectionState // nil without TLS
	now    time.Time
}

// evidenceOf fails where a request comes from no IP address.
func evidenceOf(req *http.Request, now time.Time) (evidence, error) {
	ap, err := netip.ParseAddrPort(req.RemoteAddr)
	if err != nil {
		return evidence{}, errSource
	}
	return evidence{source: ap.Addr().Unmap().WithZone(""), tls: req.TLS, now: now}, nil
}

// from tells whether the request comes from one of the initiator's addresses.
func (e *evidence) from(pi *Initiator) bool { return pi.matchLength(e.source) >= 0 }

// certified tells whether a client certificate proves one of the initiator's domains. That TLS verified it when the connection
// began is not enough: a connection lives longer than a certificate may, and than a CA may be trusted.
func (e *evidence) certified(pi *Initiator) bool {
	if e.tls == nil || len(pi.Domains) == 0 {
		return false
	}
	for _, chain := range e.tls.VerifiedChains {
		root := chain[len(chain)-1]
		trusted := slices.ContainsFunc(pi.Authorities, root.Equal)
		for _, c := range chain {
			trusted = trusted && !e.now.After(c.NotAfter)
		}
		if trusted && slices.ContainsFunc(chain[0].DNSNames, pi.hasDomain) {
			return true
		}
	}
	return false
}

// hasDomain tells whether a name of a certificate is one of the initiator's domains. "*." of a domain stands for one label, as in
// certificates (RFC 9525 §6.3). A wildcard of the certificate stands for nothing but itself: whoever shares it is not one
// particular application server.
func (pi *Initiator) hasDomain(name string) bool {
	for _, d := range pi.Domains {
		if strings.EqualFold(name, d) {
			return true
		}
		parent, wildcard := strings.CutPrefix(d, "*.")
		label, rest, _ := strings.Cut(name, ".")
		if wildcard && label != "" && strings.EqualFold(rest, parent) {
			return true
		}
	}
	return false
}

// A forbidden is why a request may not push although a challenge would not help: where it comes from, or what it shows.
type forbidden string

func (f forbidden) Error() string { return string(f) }

const (
	errSource      forbidden = "not allowed from this address"
	errCertificate forbidden = "not allowed without a client certificate for the initiator's domain"
	errNeither     forbidden = "not allowed from this address without a client certificate for the initiator's domain"
	errStranger    forbidden = "no initiator is known by this address or client certificate"
	errSeveral     forbidden = "the client certificate is for the domains of several initiators"
)

// allows returns nil if the evidence is what the initiator has to show.
func (pi *Initiator) allows(e *evidence) error {
	source := len(pi.Sources) == 0 || e.from(pi)
	domain := len(pi.Domains) == 0 || e.certified(pi)
	switch {
	case source && domain:
		return nil
	case pi.either():
		if source || domain {
			return nil
		}
		return errNeither
	case !source:
		return errSource
	}
	return errCertificate
}

// either tells whether one of source and domain is enough.
func (pi *Initiator) either() bool { return pi.Either && len(pi.Sources) > 0 && len(pi.Domains) > 0 }

// known returns the initiator that is known by the evidence alone, without credentials; nil if there is none. A certificate,
// which is shown on purpose, counts more than an address; of addresses the longest prefix counts.
func (r *roster) known(e *evidence) (*Initiator, error) {
	var found *Initiator
	for _, pi := range r.anonymous {
		if !e.certified(pi) || pi.allows(e) != nil {
			continue
		}
		if found != nil {
			return nil, errSeveral
		}
		found = pi
	}
	if found != nil {
		return found, nil
	}
	longest := -1
	for _, pi := range r.anonymous {
		if n := pi.matchLength(e.source); n > longest && pi.allows(e) == nil {
			found, longest = pi, n
		}
	}
	return found, nil
}

package pap

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// An unproven is why a request may not push, with what the operator wants to know of it and whoever asks is not told.
type unproven struct {
	error
	username string // that was given, "" for none and for one that no initiator has
	why      string // "" if the error says all
}

// Unwrap returns what the request is told.
func (u unproven) Unwrap() error { return u.error }

// reason is for the log.
func (u unproven) reason() string {
	if u.why == "" {
		return u.Error()
	}
	return u.Error() + ": " + u.why
}

// lacks tells why the client certificate of a request proves none of an initiator's domains, where it was to prove one.
func (e *evidence) lacks(fits string) string {
	switch {
	case e.tls == nil:
		return "no TLS, so no client certificate"
	case len(e.tls.PeerCertificates) == 0:
		return "no client certificate was shown"
	}
	leaf := e.tls.PeerCertificates[0]
	switch {
	case e.now.After(leaf.NotAfter):
		return fmt.Sprintf("the client certificate of %s is not valid any more", nameIn(leaf.DNSNames, leaf.Subject.CommonName))
	case len(leaf.DNSNames) == 0:
		return fmt.Sprintf("the client certificate of %s has no DNS name among its subject alternative names", nameIn(nil, leaf.Subject.CommonName))
	}
	return fmt.Sprintf("the client certificate of %s %s", nameIn(leaf.DNSNames, ""), fits)
}

// nameIn names a certificate by its DNS names, or by the common name, which proves nothing.
func nameIn(names []string, common string) string {
	if len(names) == 0 {
		return fmt.Sprintf("%q", forLog(common))
	}
	const most = 5
	text := strings.Join(names[:min(len(names), most)], ", ")
	if len(names) > most {
		text += ", …"
	}
	return forLog(text)
}

// stranger tells why the roster knows nobody by the evidence, "" where nobody proves a domain and no certificate was shown.
func (r *roster) stranger(e *evidence) string {
	domains := false
	for _, pi := range r.anonymous {
		domains = domains || len(pi.Domains) > 0
		if e.certified(pi) { // and the source is not allowed
			return fmt.Sprintf("the client certificate is that of initiator %q, which may not push from this address", pi.Name)
		}
	}
	for _, a := range r.byUsername {
		domains = domains || len(a.Domains) > 0
		if e.certified(&a.Initiator) {
			return fmt.Sprintf("the client certificate is that of initiator %q, which has to give its username and password, too", a.Name)
		}
	}
	if !domains && (e.tls == nil || len(e.tls.PeerCertificates) == 0) {
		return ""
	}
	return e.lacks("fits no initiator, or its issuer counts no more")
}

// forLog makes what a stranger has sent fit for a line of the log.
func forLog(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) && r != utf8.RuneError {
			return r
		}
		return '?'
	}, clip(text, 200))
}

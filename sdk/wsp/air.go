package wsp

import (
	"slices"
	"strings"
)

// airAllowed are the headers that mean something to a terminal and belong to the push message (WAP-251 §6.2), in lower case.
var airAllowed = []string{
	"cache-control",
	"content-disposition",
	"content-encoding",
	"content-id",
	"content-language",
	"content-location",
	"date",
	"expires",
	"last-modified",
	"push-flag",
	"x-wap-application-id",
	"x-wap-content-uri",
	"x-wap-initiator-uri",
}

// airNever are the headers that no policy can let through, in lower case: what names or authenticates the initiator or its
// program, what belongs to one hop or to the form of the submission, and what the PDU says already. Handsets are known
// that drop a push for a Content-Length or an Encoding-Version.
var airNever = []string{
	// credentials and the initiator's program
	"authorization", "authentication-info", "proxy-authenticate", "proxy-authentication-info", "proxy-authorization",
	"www-authenticate", "cookie", "cookie2", "set-cookie", "set-cookie2",
	"user-agent", "server", "referer", "from", "origin", "forwarded", "via", "x-real-ip",
	// one hop: RFC 7230 §6.1
	"connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade", "host", "expect",
	"max-forwards", "http2-settings",
	// the form of the submission
	"content-length", "content-transfer-encoding", "mime-version", "encoding-version",
	// said by the PDU
	"content-type",
}

// airNeverPrefixes are families of such headers.
var airNeverPrefixes = []string{"accept", "if-", "sec-", "x-forwarded-", "x-kannel-"}

// HeaderNever reports whether a header may not go over the air, whatever a policy says.
func HeaderNever(name string) bool {
	name = strings.ToLower(strings.TrimSpace(name))
	return slices.Contains(airNever, name) ||
		slices.ContainsFunc(airNeverPrefixes, func(prefix string) bool { return strings.HasPrefix(name, prefix) })
}

// AirHeaders keeps of the headers given those that may go over the air: the ones that a push message consists of, and
// those whose names are in extra (in any case) as long as HeaderNever does not name them. The order stays; the headers given are not
// changed.
//
// Push-Flag passes, because the gateway sets it. One that came from an initiator claims the gateway's trust and has to be
// removed where the push comes in.
func AirHeaders(headers []Header, extra ...string) []Header {
	var kept []Header
	for _, h := range headers {
		allowed := slices.Contains(airAllowed, strings.ToLower(h.Name)) ||
			slices.ContainsFunc(extra, func(name string) bool { return strings.EqualFold(name, h.Name) })
		if allowed && !HeaderNever(h.Name) {
			kept = append(kept, h)
		}
	}
	return kept
}

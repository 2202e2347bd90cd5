package admin

import (
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// withoutBrowsers keeps the pages of others, open in a browser on the gateway's machine, from the service, which asks nobody who they
// are: they may neither change anything by a request across origins, nor read by a name of their own that they let stand for loopback
// (DNS rebinding). Programs send none of the headers that this goes by.
func withoutBrowsers(next http.Handler) http.Handler {
	next = http.NewCrossOriginProtection().Handler(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if overLoopback(r) && !ofThisMachine(r.Host) {
			http.Error(w, "on loopback the service is asked by an address or by localhost, not by "+r.Host, http.StatusMisdirectedRequest)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func overLoopback(r *http.Request) bool {
	a, ok := r.Context().Value(http.LocalAddrContextKey).(*net.TCPAddr)
	return ok && a.IP.IsLoopback()
}

// ofThisMachine tells whether the name in a Host header is an address, or a name without a domain, which nobody else can have.
func ofThisMachine(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	if _, err := netip.ParseAddr(strings.Trim(host, "[]")); err == nil {
		return true
	}
	return !strings.Contains(host, ".") || strings.EqualFold(host, "localhost.localdomain")
}

package main

import (
	"log"
	"strings"

	"github.com/hashicorp/go-hclog"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/ppgbox/ppgbox/host/loglimit"
)

// handshakes writes what net/http says of a listener, and counts TLS handshakes that failed: who fails there, with a certificate of
// another CA mostly, does not come as far as a request that could be refused.
type handshakes struct {
	log    hclog.Logger
	limit  *loglimit.Limit
	failed prometheus.Counter
}

func newHandshakes(log hclog.Logger) *handshakes {
	return &handshakes{log, loglimit.New(), prometheus.NewCounter(prometheus.CounterOpts{
		Name: "ppgbox_pap_tls_handshake_failures_total", Help: "TLS handshakes that failed at the PAP listener, those that were only hung up left out.",
	})}
}

// logger is for http.Server.ErrorLog.
func (h *handshakes) logger() *log.Logger { return log.New(h, "", 0) }

// Write takes a line of net/http. At Info, with a limit, come handshakes that failed, at Debug the rest: connections that break.
func (h *handshakes) Write(line []byte) (int, error) {
	text := strings.TrimSpace(string(line))
	rest, ok := strings.CutPrefix(text, "http: TLS handshake error from ")
	source, reason, _ := strings.Cut(rest, ": ")
	if !ok || reason == "EOF" || strings.HasSuffix(reason, "connection reset by peer") { // a probe of a load balancer, as often as not
		h.log.Debug(text)
		return len(line), nil
	}
	h.failed.Inc()
	if what, ok := strings.CutPrefix(reason, "tls: failed to verify certificate: "); ok {
		reason = "the client certificate is none that listen.pap_client_ca has issued, or is not valid: " + what
	}
	if fields, ok := h.limit.Allow("source", source, "reason", reason); ok {
		h.log.Info("a TLS handshake failed", fields...)
	}
	return len(line), nil
}

package main

import (
	"crypto/tls"
	"crypto/x509"
	"net"
	"sync/atomic"

	"github.com/ppgbox/ppgbox/host/config"
)

// papTLS is the TLS of the PAP listener. A reload replaces it for later connections; those that are open go on, and pap looks at
// their certificates anew with every request.
type papTLS struct{ current atomic.Pointer[tls.Config] }

// use takes the certificates of a configuration, if it has some: whether TLS is spoken at all is decided at the start.
func (p *papTLS) use(cfg *config.Config) {
	if cfg.TLS == nil {
		return
	}
	c := &tls.Config{
		MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"}, Certificates: []tls.Certificate{cfg.TLS.Certificate},
	}
	if len(cfg.TLS.ClientCAs) > 0 {
		// Who has to show a certificate is known with the request (pap.Initiators).
		c.ClientAuth, c.ClientCAs = tls.VerifyClientCertIfGiven, x509.NewCertPool()
		for _, ca := range cfg.TLS.ClientCAs {
			c.ClientCAs.AddCert(ca)
		}
	}
	p.current.Store(c)
}

// over returns the listener, with TLS if there is a certificate.
func (p *papTLS) over(l net.Listener) (_ net.Listener, scheme string) {
	if p.current.Load() == nil {
		return l, "http://"
	}
	return tls.NewListener(l, &tls.Config{
		MinVersion:         tls.VersionTLS12,
		GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) { return p.current.Load(), nil },
	}), "https://"
}

// startListen is what of [listen] only a start reads: that there is TLS, not with which files.
func startListen(l config.Listen) config.Listen {
	if l.PAPCertificate != "" {
		l.PAPCertificate = "some"
	}
	l.PAPKey, l.PAPClientCA = "", ""
	return l
}

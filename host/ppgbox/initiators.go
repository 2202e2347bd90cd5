package main

import (
	"crypto/x509"

	"golang.org/x/time/rate"

	"github.com/ppgbox/ppgbox/host/config"
	"github.com/ppgbox/ppgbox/host/gateway"
	"github.com/ppgbox/ppgbox/host/pap"
)

// initiators are those of the configuration, as PAP authenticates them.
func initiators(cfg *config.Config) []pap.Initiator {
	var authorities []*x509.Certificate
	if cfg.TLS != nil {
		authorities = cfg.TLS.ClientCAs
	}
	var list []pap.Initiator
	for _, in := range cfg.Initiators {
		list = append(list, pap.Initiator{
			Name: in.Name, Username: in.Username, Hash: in.PasswordHash, Sources: in.Source,
			Domains: in.Domain, Authorities: authorities, Either: in.ProveAny,
		})
	}
	return list
}

// permits are what they may do.
func permits(cfg *config.Config) gateway.Permits {
	permits := gateway.Permits{Initiators: map[string]gateway.Permit{}}
	for _, a := range cfg.Applications {
		permits.Applications = append(permits.Applications, a.ID)
	}
	for _, in := range cfg.Initiators {
		p := gateway.Permit{Applications: in.Applications, Pending: in.Pending}
		if in.Rate > 0 {
			p.Rate = rate.NewLimiter(rate.Limit(in.Rate), max(1, int(in.Rate)))
		}
		permits.Initiators[in.Name] = p
	}
	return permits
}

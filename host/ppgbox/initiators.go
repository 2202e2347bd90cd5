package main

import (
	"golang.org/x/time/rate"

	"github.com/ppgbox/ppgbox/host/config"
	"github.com/ppgbox/ppgbox/host/gateway"
	"github.com/ppgbox/ppgbox/host/pap"
)

// initiators are those of the configuration, as PAP authenticates them.
func initiators(cfg *config.Config) []pap.Initiator {
	var list []pap.Initiator
	for _, in := range cfg.Initiators {
		list = append(list, pap.Initiator{Name: in.Name, Username: in.Username, Hash: in.PasswordHash, Sources: in.Source})
	}
	return list
}

// permits are what they may do.
func permits(cfg *config.Config) map[string]gateway.Permit {
	m := map[string]gateway.Permit{}
	for _, in := range cfg.Initiators {
		p := gateway.Permit{Applications: in.Applications, Pending: in.Pending}
		if in.Rate > 0 {
			p.Rate = rate.NewLimiter(rate.Limit(in.Rate), max(1, int(in.Rate)))
		}
		m[in.Name] = p
	}
	return m
}

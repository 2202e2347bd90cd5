package ggsn

import (
	"context"
	"fmt"
	"time"

	"github.com/ppgbox/ppgbox/sdk/diameter"
	"github.com/ppgbox/ppgbox/sdk/hlr"
)

// A register is the HLR of the network, by one of the ways to ask it.
type register struct {
	finder *hlr.Finder
	close  func()
}

// disconnectTime is how long a Diameter peer may take to take leave.
const disconnectTime = time.Second

// openRegister makes the way to the HLR; nil where none is configured. A register that is down is no error here.
func openRegister(c hlrConfig, notice func(string)) (*register, error) {
	var (
		backend hlr.Backend
		end     func()
	)
	switch c.backend {
	case "":
		return nil, nil
	case backendOsmoHLR:
		b, err := hlr.NewOsmoHLR(c.osmohlr)
		if err != nil {
			return nil, fmt.Errorf("osmohlr: %w", err)
		}
		backend, end = b, b.Close
	case backendGTP:
		c.gtp.Notice = notice
		b, err := hlr.NewGTP(c.gtp)
		if err != nil {
			return nil, fmt.Errorf("gtp: %w", err)
		}
		backend, end = b, b.Close
	case backendSh:
		peer, err := diameter.New(c.peer)
		if err != nil {
			return nil, fmt.Errorf("sh: %w", err)
		}
		backend, end = hlr.NewSh(peer, c.sh), func() {
			ctx, cancel := context.WithTimeout(context.Background(), disconnectTime)
			defer cancel()
			peer.Close(ctx)
		}
	}
	return &register{finder: hlr.New(backend, c.finder), close: end}, nil
}

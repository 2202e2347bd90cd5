package hlr

import (
	"github.com/ppgbox/ppgbox/sdk/diameter"

	register "github.com/ppgbox/ppgbox/sdk/hlr"
)

// The backends, as the configuration names them.
const (
	backendOsmoHLR = "osmohlr"
	backendSh      = "sh"
	backendGTP     = "gtp"
)

// A backend is one of package hlr of the SDK.
type backend interface {
	register.Backend
	Drops() register.Drops
}

// open makes the backend of a configuration. Its connection lives as long as the process.
func open(c config, notice func(string)) (backend, error) {
	switch c.backend {
	case backendOsmoHLR:
		return register.NewOsmoHLR(c.osmohlr)
	case backendGTP:
		c.gtp.Notice = notice
		return register.NewGTP(c.gtp)
	}
	b, _, err := openSh(c)
	return b, err
}

// openSh returns the peer, too, which goes on connecting until it is closed.
func openSh(c config) (*register.Sh, *diameter.Peer, error) {
	peer, err := diameter.New(c.peer)
	if err != nil {
		return nil, nil, err
	}
	return register.NewSh(peer, c.sh), peer, nil
}

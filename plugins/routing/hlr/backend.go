package hlr

import (
	"github.com/ppgbox/ppgbox/sdk/diameter"

	register "github.com/ppgbox/ppgbox/sdk/hlr"
)

// The backends, as the configuration names them.
const (
	backendOsmoHLR = "osmohlr"
	backendSh      = "sh"
)

// open makes the backend of a configuration. Its connection lives as long as the process.
func open(c config) (register.Backend, error) {
	if c.backend == backendOsmoHLR {
		return register.NewOsmoHLR(c.osmohlr)
	}
	backend, _, err := openSh(c)
	return backend, err
}

// openSh returns the peer, too, which goes on connecting until it is closed.
func openSh(c config) (*register.Sh, *diameter.Peer, error) {
	peer, err := diameter.New(c.peer)
	if err != nil {
		return nil, nil, err
	}
	return register.NewSh(peer, c.sh), peer, nil
}

package subscriber

import (
	"errors"

	"github.com/ppgbox/ppgbox/sdk/push"
)

// A Terminal is one of those that an address stands for.
type Terminal struct {
	// Lane names the terminal for the order of its pushes, and does not change while it is the same terminal: "PLMN:+358401234567"
	// where the number is known, else "IMSI:…", else "USER:user@domain/device", without the slash where the device has no name, else the
	// address that was asked for.
	Lane string
	// Subscriber is what is known of it now; its live sessions with the newest first.
	Subscriber push.Subscriber
}

// Why an address stands for nobody.
var (
	// ErrForeign: the user identifier is not of a push domain of this gateway (PAP 2002).
	ErrForeign = errors.New("the user identifier is not of this gateway's push domains")
	// ErrUnknown: nobody has the user identifier, or the dynamic identifier is not valid any more (PAP 2003).
	ErrUnknown = errors.New("the user identifier is not known")
)

// ErrNoPassword: the subscriber is known, and may not register.
var ErrNoPassword = errors.New("the subscriber has no password, so no push client may register")

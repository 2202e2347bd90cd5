package hlr

import (
	"context"
	"errors"

	"github.com/ppgbox/ppgbox/sdk/diameter"
)

// An Sh asks an HSS by User-Data-Request. It needs an MSISDN or a public identity: Sh has no key for an IMSI (3GPP TS 29.328
// §6.1.1). The SGSN that it answers is an E.164 number.
type Sh struct {
	peer   *diameter.Peer
	config ShConfig
}

// A ShConfig says how an HSS is asked.
type ShConfig struct {
	// Realm is the HSS's, Host its name if one of several is meant.
	Realm, Host string
	// UserState asks for the state beside the location. An HSS of an early release may take only one of them.
	UserState bool
	// CurrentLocation has the HSS ask the SGSN for each question.
	CurrentLocation bool
}

// NewSh makes a backend of a peer, which stays the caller's to close.
func NewSh(peer *diameter.Peer, config ShConfig) *Sh { return &Sh{peer: peer, config: config} }

// Name is "sh".
func (s *Sh) Name() string { return "sh" }

// Query asks.
func (s *Sh) Query(ctx context.Context, q Question) (Location, error) {
	if q.PublicIdentity == "" && q.MSISDN == "" {
		return Location{}, &Error{Backend: s.Name(), Kind: ErrQuestion, Err: errors.New("Sh asks by MSISDN or public identity")}
	}
	data, err := s.peer.UserData(ctx, diameter.UserDataRequest{
		PublicIdentity:  q.PublicIdentity,
		MSISDN:          string(q.MSISDN),
		Realm:           s.config.Realm,
		Host:            s.config.Host,
		UserState:       s.config.UserState,
		CurrentLocation: s.config.CurrentLocation,
	})
	if err != nil {
		return Location{}, s.failure(ctx, err)
	}
	location := Location{Attached: data.SGSN != "", SGSN: data.SGSN}
	switch {
	case data.State == diameter.StateDetached:
		location.Attached, location.NotReachable = false, GPRSDetached
	case data.SGSN == "":
		location.NotReachable = LocationUnknown
	case data.State == diameter.StateAttachedNotReachable, data.State == diameter.StateConnectedNotReachable:
		location.NotReachable = NotReachablePaged
	}
	return location, nil
}

func (s *Sh) failure(ctx context.Context, err error) error {
	failure := &Error{Backend: s.Name(), Kind: ErrGarbage, Err: err}
	var said *diameter.ResultError
	switch {
	case errors.As(err, &said):
		failure.Code = said.Result.String()
		failure.Kind, failure.Again = judge(said.Result)
	case ctx.Err() != nil:
		return stopped(ctx, s.Name())
	case errors.Is(err, diameter.ErrMalformed), errors.Is(err, diameter.ErrUnsupported), errors.Is(err, diameter.ErrShData):
	case errors.Is(err, diameter.ErrTimeout):
		failure.Kind, failure.Again = ErrTimeout, true
	case errors.Is(err, diameter.ErrClosed):
		failure.Kind = ErrDown
	case errors.Is(err, diameter.ErrDown), errors.Is(err, diameter.ErrLost), errors.Is(err, diameter.ErrBusy):
		failure.Kind, failure.Again = ErrDown, true
	default:
		failure.Kind = ErrQuestion
	}
	return failure
}

// judge says what a result means to the one who asked. Numbers of 3GPP: TS 29.329 §6.2; of the base protocol: RFC 6733 §7.1.
func judge(r diameter.Result) (kind error, again bool) {
	const dataNotAvailable, userUnknown, unableToComply = 4100, 5001, 5012
	switch {
	case r.Experimental && r.Vendor == diameter.Vendor3GPP && r.Code == userUnknown:
		return ErrUnknownSubscriber, false
	case r.Experimental && r.Vendor == diameter.Vendor3GPP && r.Code == dataNotAvailable:
		return ErrRefused, true
	case !r.Experimental && (r.Code == diameter.ResultUnableToDeliver || r.Code == diameter.ResultTooBusy):
		return ErrDown, true
	case !r.Experimental && r.Code == unableToComply:
		return ErrRefused, true
	}
	return ErrRefused, false
}

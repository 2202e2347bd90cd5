package diameter

import (
	"context"
	"errors"
	"fmt"
)

// Sh is the application of 3GPP TS 29.329.
func Sh() Application { return Application{Vendor: Vendor3GPP, ID: 16777217} }

// commandUserData is User-Data-Request and -Answer (TS 29.329 §6.1.1, §6.1.2).
const commandUserData = 306

// The AVPs of the question and its answer (TS 29.329 §6.3), and Public-Identity of TS 29.229.
const (
	code3GPP = Code(Vendor3GPP) << 32

	codePublicIdentity    = code3GPP | 601
	codeSupportedFeatures = code3GPP | 628
	codeUserIdentity      = code3GPP | 700
	codeMSISDN            = code3GPP | 701
	codeUserData          = code3GPP | 702
	codeDataReference     = code3GPP | 703
	codeRequestedDomain   = code3GPP | 706
	codeCurrentLocation   = code3GPP | 707
)

// Values of the question: Data-Reference (TS 29.329 §6.3.4), Requested-Domain (§6.3.7), Current-Location (§6.3.8).
const (
	referenceLocation   = 14
	referenceUserState  = 15
	domainPS            = 1
	locationStored      = 0
	locationFromNode    = 1
	noStateMaintained   = 1 // Auth-Session-State, RFC 6733 §8.11
	mostIdentityOctets  = 255
	mostUserDataOctets  = 64 << 10
	mostIdentityNumbers = 15
)

// A UserDataRequest asks an HSS where a user is in the packet-switched network.
type UserDataRequest struct {
	// PublicIdentity is a SIP or tel URI. Without it MSISDN is the key: digits in international form.
	PublicIdentity, MSISDN string
	// Realm is the Destination-Realm, Host the Destination-Host if one server of it is meant.
	Realm, Host string
	// UserState asks for the state of the user, too (Data-Reference 15 beside 14). An old HSS may take one reference only.
	UserState bool
	// CurrentLocation has the HSS ask the SGSN instead of saying what it remembers.
	CurrentLocation bool
}

// UserData asks. Its errors are those of [Peer] ([ErrDown], [ErrLost], [ErrTimeout], [ErrBusy], [ErrClosed]), a [ResultError] if the
// HSS says no, and [ErrMalformed], [ErrUnsupported] or [ErrShData] for an answer that can not be used. An answer without a
// document is no error: nothing is known.
func (p *Peer) UserData(ctx context.Context, q UserDataRequest) (ShData, error) {
	avps, err := q.avps(p)
	if err != nil {
		return ShData{}, err
	}
	answer, err := p.ask(ctx, Message{
		Header: Header{Proxiable: true, Command: commandUserData, Application: p.config.Application.ID},
		AVPs:   avps,
	})
	if err != nil {
		return ShData{}, err
	}
	if err := answer.Failure(); err != nil {
		return ShData{}, err
	}
	// An agent may answer an error without a Session-Id; success has the one that was asked with (RFC 6733 §8.8).
	if got, want := answer.AVPs.Text(codeSessionID), avps.Text(codeSessionID); got != want {
		p.counting.foreign.Add(1)
		return ShData{}, fmt.Errorf("%w: the answer is of session %q", ErrMalformed, got[:min(len(got), mostIdentityOctets)])
	}
	document, ok := answer.AVPs.Find(codeUserData)
	if !ok {
		return ShData{}, nil
	}
	return ParseShData(document.Data)
}

func (q UserDataRequest) avps(p *Peer) (AVPs, error) {
	if !isIdentity(q.Realm) || q.Host != "" && !isIdentity(q.Host) {
		return nil, fmt.Errorf("realm %q or host %q is no diameter identity", q.Realm, q.Host)
	}
	identity, err := q.identity()
	if err != nil {
		return nil, err
	}
	location := uint32(locationStored)
	if q.CurrentLocation {
		location = locationFromNode
	}
	avps := AVPs{
		Octets(codeSessionID, p.ids.nextSession(p.config.Host)),
		p.config.Application.avp(),
		Unsigned32(codeAuthSessionState, noStateMaintained),
		Octets(codeOriginHost, p.config.Host),
		Octets(codeOriginRealm, p.config.Realm),
		Octets(codeDestinationRealm, q.Realm),
	}
	if q.Host != "" {
		avps = append(avps, Octets(codeDestinationHost, q.Host))
	}
	avps = append(avps, Grouped(codeUserIdentity, identity), Unsigned32(codeDataReference, referenceLocation))
	if q.UserState {
		avps = append(avps, Unsigned32(codeDataReference, referenceUserState))
	}
	return append(avps, Unsigned32(codeRequestedDomain, domainPS), Unsigned32(codeCurrentLocation, location)), nil
}

func (q UserDataRequest) identity() (AVP, error) {
	if q.PublicIdentity != "" {
		if len(q.PublicIdentity) > mostIdentityOctets {
			return AVP{}, fmt.Errorf("a public identity of %d octets", len(q.PublicIdentity))
		}
		return Octets(codePublicIdentity, q.PublicIdentity), nil
	}
	digits, err := packDigits(q.MSISDN)
	if err != nil {
		return AVP{}, fmt.Errorf("MSISDN: %w", err)
	}
	return Octets(codeMSISDN, digits), nil
}

// packDigits writes a number as TBCD: the first of two digits in the lower half, F in the upper half of an odd last one
// (TS 29.329 §6.3.2, TS 29.002 §17.7.8).
func packDigits(number string) ([]byte, error) {
	if number == "" || len(number) > mostIdentityNumbers {
		return nil, errors.New("a number has 1 to 15 digits (ITU-T E.164)")
	}
	packed := make([]byte, (len(number)+1)/2)
	for i := range packed {
		packed[i] = 0xf0
	}
	for i := range len(number) {
		d := number[i]
		if d < '0' || d > '9' {
			return nil, fmt.Errorf("%q is no number", number)
		}
		if i%2 == 0 {
			packed[i/2] = 0xf0 | d&15
		} else {
			packed[i/2] = packed[i/2]&15 | d<<4
		}
	}
	return packed, nil
}

// unpackDigits reads a number that packDigits wrote.
func unpackDigits(packed []byte) (string, error) {
	var digits []byte
	for i, b := range packed {
		low, high := b&15, b>>4
		last := i == len(packed)-1
		if low > 9 || high > 9 && (high != 15 || !last) {
			return "", fmt.Errorf("octets %x are no digits", packed)
		}
		digits = append(digits, '0'+low)
		if high <= 9 {
			digits = append(digits, '0'+high)
		}
	}
	if len(digits) == 0 || len(digits) > mostIdentityNumbers {
		return "", fmt.Errorf("a number of %d digits", len(digits))
	}
	return string(digits), nil
}

package diameter

import (
	"errors"
	"fmt"
)

// ErrUnsupported is the error of an answer that holds an AVP which must be understood and is not (RFC 6733 §4.1, M bit).
var ErrUnsupported = errors.New("answer holds an AVP that must be understood and is not")

// The Result-Codes that this package sends or tells apart (RFC 6733 §7.1).
const (
	ResultSuccess                = 2001
	ResultCommandUnsupported     = 3001
	ResultUnableToDeliver        = 3002
	ResultTooBusy                = 3004
	ResultApplicationUnsupported = 3007
	ResultInvalidAVPLength       = 5014
)

// A Result is what an answer says of its request: a Result-Code (RFC 6733 §7.1), or a code of the application's own (§7.6). The
// same number means different things in the two: 5001 is an unsupported AVP in one, for Sh an unknown user in the other.
type Result struct {
	// Experimental tells that Code is a number of Vendor.
	Experimental bool
	Vendor, Code uint32
}

// Success reports whether the request did what was asked. A code of an unknown class is a failure (RFC 6733 §7.1).
func (r Result) Success() bool { return r.Code/1000 == 2 }

func (r Result) String() string {
	if r.Experimental {
		return fmt.Sprintf("Experimental-Result %d/%d", r.Vendor, r.Code)
	}
	return fmt.Sprintf("Result-Code %d", r.Code)
}

// A ResultError is an answer that says no.
type ResultError struct {
	Result Result
	// Host is the Origin-Host of who says so: not always the node that was asked (RFC 6733 §7.2).
	Host string
	// Message is the Error-Message, for people (RFC 6733 §7.3), cut to 200 octets.
	Message string
}

func (e *ResultError) Error() string {
	text := fmt.Sprintf("%s of %q", e.Result, e.Host)
	if e.Message != "" {
		text += fmt.Sprintf(": %q", e.Message)
	}
	return text
}

// Result returns what an answer says of its request.
func (m Message) Result() (Result, error) {
	if a, ok := m.AVPs.Find(codeResultCode); ok {
		code, err := a.Unsigned32()
		return Result{Code: code}, err
	}
	a, ok := m.AVPs.Find(codeExperimentalResult)
	if !ok {
		return Result{}, fmt.Errorf("%w: an answer without a result", ErrMalformed)
	}
	members, err := a.Group()
	if err != nil {
		return Result{}, err
	}
	result := Result{Experimental: true}
	for _, part := range [...]struct {
		code  Code
		value *uint32
	}{{codeVendorID, &result.Vendor}, {codeExperimentalResultCode, &result.Code}} {
		member, ok := members.Find(part.code)
		if !ok {
			return Result{}, fmt.Errorf("%w: an Experimental-Result without %s", ErrMalformed, part.code)
		}
		if *part.value, err = member.Unsigned32(); err != nil {
			return Result{}, err
		}
	}
	return result, understood(members)
}

// Failure returns nil if an answer says that all went well, a [ResultError] if it says something else, and another error if it says
// nothing that can be understood.
func (m Message) Failure() error {
	result, err := m.Result()
	if err != nil {
		return err
	}
	if !result.Success() {
		text := m.AVPs.Text(codeErrorMessage)
		return &ResultError{Result: result, Host: m.AVPs.Text(codeOriginHost), Message: text[:min(len(text), 200)]}
	}
	if m.Error {
		return fmt.Errorf("%w: the E bit beside %s", ErrMalformed, result)
	}
	return understood(m.AVPs)
}

// understood refuses AVPs of which one must be understood and is not known (RFC 6733 §4.1). Other unknown ones are ignored.
func understood(avps AVPs) error {
	for _, a := range avps {
		if a.Mandatory && !known(a.Code) {
			return fmt.Errorf("%w: %s", ErrUnsupported, a.Code)
		}
	}
	return nil
}

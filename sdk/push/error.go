package push

import (
	"errors"
	"fmt"
)

// An Error is a failure that crosses the plugin boundary whole. An author returns one where the gateway should know more
// than that something failed; every other error counts as temporary, with its text as the cause.
type Error struct {
	// Temporary failures may be tried again.
	Temporary bool
	// Code is the PAP status code for the Push Initiator, 0 for the gateway's default (OMA-TS-PAP §9.14).
	Code int
	// Text is for the Push Initiator and holds no internals.
	Text string
	// Cause is for the log.
	Cause string
}

func (e *Error) Error() string {
	switch {
	case e.Cause != "" && e.Text != "":
		return fmt.Sprintf("%s: %s", e.Text, e.Cause)
	case e.Cause != "":
		return e.Cause
	case e.Text != "":
		return e.Text
	}
	return fmt.Sprintf("PAP code %d", e.Code)
}

// AsError returns err as an *Error, wrapping what is none as a temporary failure with its text as the cause. It returns
// nil for nil.
func AsError(err error) *Error {
	if err == nil {
		return nil
	}
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	return &Error{Temporary: true, Cause: err.Error()}
}

// Answers of a routing strategy that are no failures. Wrapped with what the strategy found out, as in
// fmt.Errorf("%w: the subscriber has no address", ErrNotHere), they tell operators why.
var (
	// ErrNotHere: this strategy does not know the subscriber; the next one is asked.
	ErrNotHere = errors.New("not here")
	// ErrNotAttached: the network says that the terminal is not attached; the attempt ends at once.
	ErrNotAttached = errors.New("not attached")
)

package hlr

import (
	"context"
	"errors"
	"fmt"
)

// The kinds of failure. Every error of this package matches one of them with errors.Is, except that of a context which the caller
// cancelled.
var (
	// ErrUnknownSubscriber: the register has no such subscriber.
	ErrUnknownSubscriber = errors.New("unknown subscriber")
	// ErrDown: the register can not be asked now.
	ErrDown = errors.New("register is down")
	// ErrTimeout: the register did not answer in time.
	ErrTimeout = errors.New("register did not answer in time")
	// ErrRefused: the register does not say.
	ErrRefused = errors.New("register refused the question")
	// ErrGarbage: the register's answer can not be used.
	ErrGarbage = errors.New("register answered garbage")
	// ErrQuestion: the question can not be put to this register.
	ErrQuestion = errors.New("question can not be asked")
)

// An Error is the failure of one question.
type Error struct {
	Backend string
	// Kind is one of the errors of this package.
	Kind error
	// Code is what the register said, in its own words: "Experimental-Result 10415/5001", "MAP error 34".
	Code string
	// Again tells that the same question may get an answer soon.
	Again bool
	// Err is what lies below, or nil.
	Err error
}

func (e *Error) Error() string {
	text := e.Backend + ": " + e.Kind.Error()
	switch {
	case e.Err != nil:
		text += ": " + e.Err.Error()
	case e.Code != "":
		text += ": " + e.Code
	}
	return text
}

// Unwrap gives both the kind and what lies below.
func (e *Error) Unwrap() []error {
	if e.Err == nil {
		return []error{e.Kind}
	}
	return []error{e.Kind, e.Err}
}

// stopped is the error of a question whose context ended.
func stopped(ctx context.Context, backend string) error {
	cause := context.Cause(ctx)
	switch {
	case errors.Is(cause, ErrTimeout):
		return &Error{Backend: backend, Kind: ErrTimeout, Again: true}
	case errors.Is(cause, context.DeadlineExceeded):
		return &Error{Backend: backend, Kind: ErrTimeout, Again: true, Err: cause}
	}
	return fmt.Errorf("%s: %w", backend, cause)
}

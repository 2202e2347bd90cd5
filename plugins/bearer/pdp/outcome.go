package pdp

import (
	"errors"
	"net"
	"syscall"

	"github.com/ppgbox/ppgbox/sdk/push"
)

// PAP codes of this bearer's outcomes (OMA-TS-PAP §9.13).
const (
	codeAddressError       = 2002
	codeAddressNotFound    = 2003
	codeTransformation     = 3006
	codeServiceFailure     = 4000
	codeServiceUnavailable = 4001
)

const textTooLong = "the push is too long for this bearer"

// A verdict is what an error of the kernel means for a push. README.md has the same table.
type verdict struct {
	errnos []error
	kind   push.OutcomeKind
	code   int
	text   string
}

// verdicts of errors that are not listed: nothing is wrong with the terminal or the push, and a retry may help.
func verdicts() []verdict {
	return []verdict{
		{
			[]error{syscall.ECONNREFUSED, syscall.ENOPROTOOPT}, // ICMP port and protocol unreachable
			push.OutcomeUnreachable, codeServiceFailure, "the terminal does not listen for pushes",
		},
		{
			[]error{syscall.EHOSTUNREACH, syscall.EHOSTDOWN, syscall.EACCES}, // and what was prohibited on the way
			push.OutcomeUnreachable, codeServiceFailure, "the terminal can not be reached",
		},
		{
			[]error{syscall.ENETUNREACH, errNoNet, syscall.EOPNOTSUPP},
			push.OutcomeUnreachable, codeServiceFailure, "the network of the terminal can not be reached",
		},
		{
			[]error{syscall.EMSGSIZE},
			push.OutcomeRefused, codeServiceFailure, textTooLong,
		},
	}
}

// outcomeOfError is the outcome of a push that was not sent.
func outcomeOfError(doing string, err error) push.Outcome { return judge(err, doing+": "+err.Error()) }

// outcomeOfComplaint is the outcome of a push that was sent and did not get there.
func outcomeOfComplaint(c complaint) push.Outcome { return judge(c.errno, c.cause) }

func judge(err error, cause string) push.Outcome {
	for _, v := range verdicts() {
		for _, errno := range v.errnos {
			if errors.Is(err, errno) {
				return push.Outcome{Kind: v.kind, Code: v.code, Text: v.text, Cause: cause}
			}
		}
	}
	return push.Outcome{
		Kind: push.OutcomeFailedForNow, Code: codeServiceUnavailable, Text: "the network of the terminal is not available", Cause: cause,
	}
}

// gone reports whether a socket is of no use any more: its source address or its device is not there now, and when they come back
// they are others to the kernel.
func gone(err error) bool {
	for _, errno := range []error{syscall.ENODEV, syscall.ENXIO, syscall.EINVAL, syscall.EADDRNOTAVAIL, net.ErrClosed} {
		if errors.Is(err, errno) {
			return true
		}
	}
	return false
}

package esme

import (
	"errors"
	"net"
	"os"
	"strings"

	"github.com/ppgbox/ppgbox/sdk/smpp"
)

// errNotYet is why a link is not bound that was just made.
var errNotYet = errors.New("not bound yet")

// downFor is why a link is not bound, in words for operators.
type downFor struct {
	text    string
	refused bool // the SMSC said no, or a file can not be used: somebody has to do something
}

// downAfter is why the bind is not there after an error, nil for a session whose end is not known yet.
func (k *keeper) downAfter(err error) downFor {
	at := k.address
	if k.mode == smpp.Receiver {
		at += " (receiver)"
	}
	var refusal *smpp.BindError
	if errors.As(err, &refusal) {
		return downFor{text: at + ": bind refused: " + refusal.Status.String(), refused: true}
	}
	var file *fileError
	return downFor{text: at + ": " + plainly(err), refused: errors.As(err, &file)}
}

// plainly leaves out of an error what its address says already: which call failed, and the address.
func plainly(err error) string {
	if err == nil {
		return "the link was lost"
	}
	var op *net.OpError
	if errors.As(err, &op) {
		err = op.Err
	}
	var call *os.SyscallError
	if errors.As(err, &call) {
		err = call.Err
	}
	return strings.TrimPrefix(err.Error(), "smpp: ")
}

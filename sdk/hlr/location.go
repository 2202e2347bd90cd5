package hlr

import (
	"fmt"
	"strings"
	"time"

	"github.com/ppgbox/ppgbox/sdk/push"
)

// A Question names one subscriber, in as many ways as are known. A backend takes what it can ask with.
type Question struct {
	IMSI   push.IMSI
	MSISDN push.MSISDN
	// PublicIdentity is a SIP or tel URI.
	PublicIdentity string
	// APN is the access point that a context will be needed on, for a backend that knows the GGSN by it; it may be empty.
	APN string
}

// A Location is what a register knows.
type Location struct {
	// Attached tells that an SGSN serves the subscriber.
	Attached bool
	// IMSI is the subscription, "" if the register does not say.
	IMSI push.IMSI
	// SGSN is that node as the register names it: an IP address, an E.164 number or a free name.
	SGSN string
	// GGSN is the address of the node that the register names beside it for the question's access point, "" from most.
	GGSN string
	// NotReachable says why the subscriber is not attached, or attached and not to be reached, if the register does.
	NotReachable Reason
	// Purged is the register's mark that the SGSN has deleted the subscriber. See [OsmoHLRConfig] before you trust it.
	Purged bool
	// Source is the name of the backend.
	Source string
	// At is when the answer came.
	At time.Time
}

// Reachable tells that an activation may be tried: the subscriber is attached, and nothing is known against it. That the last paging was
// not answered is nothing against it: the network asks the terminal again (3GPP TS 23.060 §9.2.2.2).
func (l Location) Reachable() bool {
	return l.Attached && (l.NotReachable == "" || l.NotReachable == NoPagingResponse || l.NotReachable == NoPagingViaMSC)
}

// check refuses what no register can be asked: nothing, or something that is not what it says it is. What passes is safe to put
// into a line of text.
func (q Question) check() error {
	switch {
	case q.IMSI == "" && q.MSISDN == "" && q.PublicIdentity == "":
		return fmt.Errorf("%w: it names nobody", ErrQuestion)
	case q.IMSI != "" && !digits(string(q.IMSI), 6, 15):
		return fmt.Errorf("%w: %q is no IMSI", ErrQuestion, q.IMSI)
	case q.MSISDN != "" && !digits(string(q.MSISDN), 1, 15):
		return fmt.Errorf("%w: %q is no MSISDN", ErrQuestion, q.MSISDN)
	case len(q.PublicIdentity) > 255 || !printable(q.PublicIdentity):
		return fmt.Errorf("%w: a public identity of %d octets", ErrQuestion, len(q.PublicIdentity))
	case len(q.APN) > 100 || !printable(q.APN): // TS 23.003 §9.1
		return fmt.Errorf("%w: an APN of %d octets", ErrQuestion, len(q.APN))
	}
	if p := q.PublicIdentity; p != "" && !strings.HasPrefix(p, "sip:") && !strings.HasPrefix(p, "sips:") &&
		!strings.HasPrefix(p, "tel:") {
		return fmt.Errorf("%w: %q is no SIP or tel URI", ErrQuestion, p)
	}
	return nil
}

func digits(s string, least, most int) bool {
	return len(s) >= least && len(s) <= most && strings.Trim(s, "0123456789") == ""
}

// printable reports whether a text has only printable ASCII characters and no space.
func printable(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' })
}

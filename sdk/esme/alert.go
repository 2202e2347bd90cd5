package esme

import (
	"strings"

	"github.com/ppgbox/ppgbox/sdk/smpp"
)

// msAvailable is the ms_availability_status of a terminal that is back, which is its default (SMPP 3.4 §5.3.2.30).
const msAvailable = 0

// Available is the number that an alert_notification announces to be reachable again, without "+"; false if it says that the
// terminal is not, or names it by something else.
func Available(p *smpp.AlertNotification) (number string, ok bool) {
	if status, there, err := p.TLVs.Uint(smpp.TagMSAvailabilityStatus); there && (err != nil || status != msAvailable) {
		return "", false
	}
	number = strings.TrimPrefix(p.Source.Addr, "+")
	if p.Source.NPI == smpp.NPILandMobile || number == "" || len(number) > maxDigits || strings.Trim(number, "0123456789") != "" {
		return "", false
	}
	return number, true
}

// maxDigits is the length of the longest number (ITU-T E.164 §6.2.1).
const maxDigits = 15

package sms

import (
	"context"
	"strings"

	"github.com/ppgbox/ppgbox/sdk/smpp"
)

// handle takes what the SMSC sends on its own. Receipts and messages from terminals are acknowledged, so that the SMSC does not
// keep them, and nothing is done with them: the answers to the segments are the results.
func (l *link) handle(_ context.Context, pdu smpp.PDU) smpp.Status {
	switch pdu := pdu.(type) {
	case *smpp.AlertNotification:
		if number, ok := announced(pdu); ok {
			l.links.reachable(number)
		}
		return smpp.StatusOK
	case *smpp.DeliverSM:
		l.log.Debug("deliver_sm left aside", "source", pdu.Source.Addr, "esm_class", pdu.ESMClass)
		return smpp.StatusOK
	case *smpp.DataSM:
		l.log.Debug("data_sm left aside", "source", pdu.Source.Addr, "esm_class", pdu.ESMClass)
		return smpp.StatusOK
	}
	return smpp.StatusInvCmdID
}

// msAvailable is the ms_availability_status of a terminal that is back, which is its default (SMPP 3.4 §5.3.2.30).
const msAvailable = 0

// announced is the number that is available again.
func announced(p *smpp.AlertNotification) (number string, ok bool) {
	if status, there, err := p.TLVs.Uint(smpp.TagMSAvailabilityStatus); there && (err != nil || status != msAvailable) {
		return "", false
	}
	number = strings.TrimPrefix(p.Source.Addr, "+")
	if p.Source.NPI == smpp.NPILandMobile || !isNumber(number) {
		return "", false
	}
	return number, true
}

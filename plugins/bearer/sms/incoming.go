package sms

import (
	"github.com/ppgbox/ppgbox/sdk/esme"
	"github.com/ppgbox/ppgbox/sdk/smpp"
)

// receive takes what an SMSC sends on its own. Receipts and messages from terminals are acknowledged, so that the SMSC does not
// keep them, and nothing is done with them: the answers to the segments are the results.
func (p *Plugin) receive(l *esme.Link, r *smpp.Request) {
	status := smpp.StatusOK
	switch pdu := r.PDU.(type) {
	case *smpp.AlertNotification:
		if number, ok := esme.Available(pdu); ok {
			p.reachable(number)
		}
	case *smpp.DeliverSM:
		p.log.Debug("deliver_sm left aside", "link", l.Address(), "source", pdu.Source.Addr, "esm_class", pdu.ESMClass)
	case *smpp.DataSM:
		p.log.Debug("data_sm left aside", "link", l.Address(), "source", pdu.Source.Addr, "esm_class", pdu.ESMClass)
	default:
		status = smpp.StatusInvCmdID
	}
	_ = r.Answer(status, nil) // one that finds the session gone is lost like one on the wire: the SMSC sends again
}

package sms

import (
	"github.com/ppgbox/ppgbox/sdk/esme"
	"github.com/ppgbox/ppgbox/sdk/push"
	"github.com/ppgbox/ppgbox/sdk/smpp"
)

// receive takes what an SMSC sends on its own. Messages from terminals are acknowledged, so that the SMSC does not keep them, and
// left aside.
func (p *Plugin) receive(l *esme.Link, r *smpp.Request) {
	status := smpp.StatusOK
	switch pdu := r.PDU.(type) {
	case *smpp.AlertNotification:
		if number, ok := esme.Available(pdu); ok {
			p.reachable(number)
		}
	case *smpp.DeliverSM, *smpp.DataSM:
		if receipt, ok := receiptOf(pdu); ok {
			p.book.receipt(receipt, r)
			return
		}
		p.log.Debug("a message is left aside", "link", l.Address(), "as", pdu.CommandID())
	default:
		status = smpp.StatusInvCmdID
	}
	_ = r.Answer(status, nil) // one that finds the session gone is lost like one on the wire: the SMSC sends again
}

// reachable is told of a number that the network announced.
func (p *Plugin) reachable(number string) {
	p.engine.Wake(number)
	p.mu.Lock()
	host := p.host
	p.mu.Unlock()
	if host == nil {
		return
	}
	host.Event(push.Event{
		Kind: push.EventReachable, Cause: "alert_notification",
		Terminal: push.Subscriber{Address: push.Address{Type: push.PLMN, Value: "+" + number}, MSISDN: push.MSISDN(number)},
	})
}

package pdp

import (
	"github.com/ppgbox/ppgbox/sdk/node"
	"github.com/ppgbox/ppgbox/sdk/push"
)

// hearEvent tells the gateway what a push node learned.
func (p *Plugin) hearEvent(e node.Event) {
	who := identity{e.IMSI, e.MSISDN}
	terminal := push.Subscriber{IMSI: e.IMSI, MSISDN: e.MSISDN}
	session := &push.Session{GGSN: e.GGSN, APN: e.APN, Address: e.Address, IMSI: e.IMSI}
	tell := func(kind push.EventKind, s *push.Session) {
		p.host.Event(push.Event{Kind: kind, Terminal: terminal, Session: s, Cause: e.Text})
	}
	switch e.Kind {
	case node.ContextUp:
		tell(push.EventSessionUp, session)
		p.reachable(who, e.Text, false)
	case node.ContextReleased:
		tell(push.EventSessionDown, session)
	case node.AddressReleased:
		tell(push.EventAddressReleased, session)
	case node.TerminalPresent, node.Registered:
		p.reachable(who, e.Text, true)
	}
}

// reachable has what failed for the terminal be tried again, under every address that pushes to it had. A terminal of which nothing is
// known to have failed here is told of if it is sure to be back: pushes may wait for it that another bearer could not deliver.
func (p *Plugin) reachable(who identity, why string, always bool) {
	list := p.absent.take(who)
	if len(list) == 0 && always {
		list = append(list, absentee{identity: who})
	}
	for _, a := range list {
		terminal := push.Subscriber{Address: a.address, IMSI: a.imsi, MSISDN: a.msisdn}
		if terminal.MSISDN == "" {
			terminal.MSISDN = who.msisdn
		}
		p.host.Event(push.Event{Kind: push.EventReachable, Terminal: terminal, Cause: why})
	}
}

package pdp

import (
	"time"

	"github.com/ppgbox/ppgbox/sdk/node"
	"github.com/ppgbox/ppgbox/sdk/push"
)

// exchangesOf is what went over the network for a push that a push node had: what the node tells of, between the push that it was given
// and its answer, so that the trace has the whole way. Where the node tells nothing there is nothing.
func exchangesOf(r node.Result, apn string, took time.Duration) []push.Exchange {
	if len(r.Exchanges) == 0 {
		return nil
	}
	its := r.Exchanges[:min(len(r.Exchanges), push.MaxExchanges-2)]
	party := its[0].From // what happens first for a push, the node does
	given := push.Exchange{To: party, Text: "push"}
	if apn != "" {
		given.Text += ", APN " + apn
	}
	answer := push.Exchange{After: max(took, its[len(its)-1].After), From: party, Text: "sent"}
	if !r.Sent {
		answer.Text = "not sent: " + string(r.Cause)
	}
	return append(append([]push.Exchange{given}, its...), answer)
}

// exchanges is what went over the network to wake the terminal of a sending, nil if there was no need.
func (s *sending) exchanges() []push.Exchange {
	if s.waking == nil {
		return nil
	}
	list := []push.Exchange{{To: "terminal", Text: "a packet to its static address, to wake it"}}
	if at := s.waking.awake; at > 0 {
		list = append(list,
			push.Exchange{After: at, From: "terminal", Text: "ICMP port unreachable: it is awake"},
			push.Exchange{After: at, To: "terminal", Text: "push"})
	}
	return list
}

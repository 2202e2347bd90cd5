package activation

import (
	"container/list"
	"time"

	"github.com/ppgbox/ppgbox/sdk/hlr"
	"github.com/ppgbox/ppgbox/sdk/node"
	"github.com/ppgbox/ppgbox/sdk/push"
)

// Present takes the HLR's word that a terminal can be reached again (Note MS GPRS Present, 3GPP TS 29.060 §7.4.5). Its MNRG flag is
// cleared, the HLR will be asked anew, and the gateway is told, since the pushes themselves were answered when they failed: it
// has those of them that may still be sent. The gateway is told whether or not a flag was set, for flags do not survive a restart of
// the node.
func (e *Engine) Present(imsi push.IMSI) {
	e.mu.Lock()
	known := e.absences.forget(imsi)
	e.mu.Unlock()
	e.o.HLR.Invalidate(hlr.Question{IMSI: imsi})
	e.o.Event(node.Event{Kind: node.TerminalPresent, IMSI: imsi, MSISDN: known.msisdn, APN: known.apn, Text: "Note MS GPRS Present"})
}

// An absence is what is kept of a terminal that could not be reached.
type absence struct {
	imsi   push.IMSI
	msisdn push.MSISDN // "" if no push had it
	apn    string
	// flagged is MNRG, Mobile station Not Reachable for GPRS (3GPP TS 23.060 §13.3): set until Note MS GPRS Present, a context or
	// the next push.
	flagged bool
	hold    time.Duration // until when a packet starts nothing
}

// absences are the last ones, the newest in front.
type absences struct {
	most    int
	byIMSI  map[push.IMSI]*list.Element
	order   *list.List // of absence
	flagged int
}

func newAbsences(most int) absences {
	return absences{most: most, byIMSI: make(map[push.IMSI]*list.Element), order: list.New()}
}

// note keeps an absence in the place of an earlier one of the same terminal.
func (a *absences) note(imsi push.IMSI, now absence) {
	a.forget(imsi)
	if a.order.Len() >= a.most {
		a.forget(a.order.Back().Value.(absence).imsi)
	}
	now.imsi = imsi
	a.byIMSI[imsi] = a.order.PushFront(now)
	if now.flagged {
		a.flagged++
	}
}

// forget returns what was kept of a terminal, and keeps it no longer.
func (a *absences) forget(imsi push.IMSI) absence {
	e := a.byIMSI[imsi]
	if e == nil {
		return absence{}
	}
	delete(a.byIMSI, imsi)
	known := a.order.Remove(e).(absence)
	if known.flagged {
		a.flagged--
	}
	return known
}

// holds reports whether a packet to the terminal starts nothing now.
func (a *absences) holds(imsi push.IMSI, now time.Duration) bool {
	e := a.byIMSI[imsi]
	if e == nil {
		return false
	}
	known := e.Value.(absence)
	return known.flagged || now < known.hold
}

package handset

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/ppgbox/ppgbox/sdk/smpp"
	"github.com/ppgbox/ppgbox/sdk/wdp"
)

// SMSC is an emulated SMSC. It takes submit_sm and data_sm of one SMS each and honours the message mode as OsmoMSC does: in
// transaction mode the answer is the end of one attempt, in all others it is given at once. A datagram is tried once then, what
// is stored until it arrives, at most ten times. There are no delivery receipts: StoreForward sends them.
type SMSC struct {
	// SystemID and Password are what an ESME has to bind with; an empty one stands for any.
	SystemID, Password string
	Radio              Radio
	// Terminals get what arrives, and report what the SMSC has to tell, too.
	Terminals *Terminals

	messageID atomic.Uint64
}

// How often an SMS is tried, by mode.
const (
	triesOnce   = 1
	triesStored = 10
)

// Serve takes binds until ctx ends, which closes the listener, unbinds all ESMEs and leaves what is on the radio unanswered. It
// returns when all that is over; nil, unless the listener failed.
func (s *SMSC) Serve(ctx context.Context, l net.Listener) error {
	a := newAir(ctx, s.Radio, s.Terminals)
	defer a.running.Wait()
	cfg := smpp.ServerConfig{SystemID: "handset", Authenticate: authenticate(s.SystemID, s.Password)}
	cfg.Receive = func(r *smpp.Request) { s.take(a, r) }
	return serve(ctx, l, cfg, s.tell, nil)
}

func (s *SMSC) tell(what What, from, detail string) {
	s.Terminals.report(Event{Time: time.Now(), What: what, From: from, Detail: detail})
}

// take accepts or refuses a request. It does not block.
func (s *SMSC) take(a *air, r *smpp.Request) {
	m, mode, err := readMessage(r.PDU)
	var no *refusal
	if errors.As(err, &no) {
		s.tell(Refused, m.source, no.Error())
		s.answer(r, no.status, false)
		return
	}
	f := flight{message: m, segment: 1, of: 1, most: triesStored}
	if m.header {
		if h, _, err := wdp.ParseHeader(m.userData); err == nil && h.Concatenation != nil {
			f.segment, f.of = int(h.Concatenation.Sequence), int(h.Concatenation.Total)
		}
	}
	switch mode {
	case smpp.ModeTransaction:
		f.most = triesOnce
		f.done = func(lost bool) {
			if lost {
				s.answer(r, smpp.StatusDeliveryFailure, true)
			} else {
				s.answer(r, smpp.StatusOK, false)
			}
		}
	case smpp.ModeDatagram:
		f.most = triesOnce
	}
	if !a.send(f) {
		s.answer(r, smpp.StatusMsgQFul, false)
	} else if f.done == nil {
		s.answer(r, smpp.StatusOK, false)
	}
}

// answer ends a request. After a try that was lost it says why: a temporary error of a GSM network.
func (s *SMSC) answer(r *smpp.Request, status smpp.Status, lost bool) {
	id := ""
	var tlvs smpp.TLVs
	if status == smpp.StatusOK {
		id = strconv.FormatUint(s.messageID.Add(1), 10)
	}
	if lost {
		tlvs = smpp.TLVs{{Tag: smpp.TagDeliveryFailureReason, Value: []byte{byte(smpp.FailureTemporaryNetworkError)}}}
		tlvs.AddNetworkError(smpp.NetworkError{Type: smpp.NetworkGSM, Code: mapSystemFailure})
	}
	var p smpp.PDU
	switch {
	case status != smpp.StatusOK && !lost: // a header only
	case r.Header.Command == smpp.CommandSubmitSM:
		p = &smpp.SubmitSMResp{MessageID: id, TLVs: tlvs}
	case r.Header.Command == smpp.CommandDataSM:
		p = &smpp.DataSMResp{MessageID: id, TLVs: tlvs}
	}
	_ = r.Answer(status, p) // an ESME that is gone will ask again
}

// mapSystemFailure is the MAP error number of what happens on a bad radio (3GPP TS 29.002 §17.6).
const mapSystemFailure = 34

// refusal is a message that the SMSC does not take.
type refusal struct {
	status smpp.Status
	reason string
}

func (e *refusal) Error() string { return fmt.Sprintf("%s (%v)", e.reason, e.status) }

// readMessage reads the one SMS of a submit_sm or data_sm. Errors are refusals.
func readMessage(p smpp.PDU) (m shortMessage, mode smpp.ESMClass, err error) {
	var class smpp.ESMClass
	switch p := p.(type) {
	case *smpp.SubmitSM:
		m = shortMessage{source: p.Source.Addr, destination: p.Destination.Addr, coding: p.DataCoding, userData: p.UserData()}
		class = p.ESMClass
	case *smpp.DataSM:
		payload, _ := p.TLVs.Get(smpp.TagMessagePayload)
		m = shortMessage{source: p.Source.Addr, destination: p.Destination.Addr, coding: p.DataCoding, userData: payload}
		class = p.ESMClass
	default:
		return m, 0, &refusal{smpp.StatusInvCmdID, fmt.Sprintf("%v is not emulated", p.CommandID())}
	}
	m.header = class.UDHI()
	most := wdp.MaxUserData
	if m.coding == smpp.DataCodingDefault && !m.header {
		most = 160 // of 7 bits each, an octet each here
	}
	switch {
	case m.destination == "":
		return m, 0, &refusal{smpp.StatusInvDstAdr, "the message has no destination"}
	case len(m.userData) > most:
		return m, 0, &refusal{smpp.StatusInvMsgLen, fmt.Sprintf("%d octets do not fit into one SMS, which has %d", len(m.userData), most)}
	}
	return m, class.Mode(), nil
}

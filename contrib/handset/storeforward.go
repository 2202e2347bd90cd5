package handset

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ppgbox/ppgbox/sdk/smpp"
)

// StoreForward is an emulated SMSC that stores and forwards. It takes submit_sm of one SMS each in any bind mode, answers at once with a
// message id, and forwards every SMS on its own to an MSC, over SMPP in transaction mode (an SMSC of this package, say). What fails for
// now is forwarded again after a pause until its validity is over; of its end a receipt goes to the ESME that asked for one. What it
// stores is in memory alone.
type StoreForward struct {
	// SystemID and Password are what an ESME has to bind with; an empty one stands for any.
	SystemID, Password string
	// MSC is host:port of the MSC.
	MSC string
	// Retry are the pauses after a failure, the last one again and again. They begin when the failure is known.
	Retry []time.Duration
	// Validity is how long an SMS is stored at most; the ESME may ask for less by validity_period.
	Validity time.Duration
	// Report is told of binds and refusals, from several goroutines at a time.
	Report func(Event)

	toMSC     *msc
	mailboxes *mailboxes
	messageID atomic.Uint64
	stored    atomic.Int64
}

// maxStored is how many SMS are stored at a time.
const maxStored = 500_000

// stored is an SMS that has not ended.
type stored struct {
	id        string
	esme      string // its system_id
	message   *smpp.SubmitSM
	submitted time.Time
	expires   time.Time
	failures  int
}

// Serve takes binds until ctx ends, as SMSC.Serve does.
func (s *StoreForward) Serve(ctx context.Context, l net.Listener) error {
	if len(s.Retry) == 0 || s.Validity <= 0 {
		return errors.New("handset: an SMSC that stores needs pauses and a validity")
	}
	ctx, cancel := context.WithCancel(ctx)
	var running sync.WaitGroup
	defer running.Wait()
	defer cancel()
	s.toMSC = newMSC(s.MSC, func(detail string) { s.tell(Unbound, s.MSC, detail) })
	s.mailboxes = newMailboxes()
	running.Go(func() { s.toMSC.run(ctx) })
	cfg := smpp.ServerConfig{SystemID: "storeforward", Authenticate: authenticate(s.SystemID, s.Password)}
	cfg.Window = receiptWindow
	cfg.Receive = func(r *smpp.Request) { s.take(ctx, r) }
	return serve(ctx, l, cfg, s.tell, func(while context.Context, session *smpp.Session) {
		if session.Bind().Mode != smpp.Transmitter {
			s.mailboxes.empty(while, session)
		}
	})
}

func (s *StoreForward) tell(what What, from, detail string) {
	s.Report(Event{Time: time.Now(), What: what, From: from, Detail: detail})
}

// take stores an SMS or refuses it. It does not block.
func (s *StoreForward) take(ctx context.Context, r *smpp.Request) {
	now := time.Now()
	m, status, err := s.read(r, now)
	if err != nil {
		s.tell(Refused, r.Session.Bind().SystemID, fmt.Sprintf("%v (%v)", err, status))
		_ = r.Answer(status, nil) // an ESME that is gone will ask again
		return
	}
	if s.stored.Add(1) > maxStored {
		s.stored.Add(-1)
		_ = r.Answer(smpp.StatusMsgQFul, nil)
		return
	}
	m.id = strconv.FormatUint(s.messageID.Add(1), 10)
	if r.Answer(smpp.StatusOK, &smpp.SubmitSMResp{MessageID: m.id}) != nil {
		s.stored.Add(-1) // it never heard of the id
		return
	}
	s.forward(ctx, m)
}

// read makes an SMS to be stored of a request.
func (s *StoreForward) read(r *smpp.Request, now time.Time) (*stored, smpp.Status, error) {
	p, ok := r.PDU.(*smpp.SubmitSM)
	if !ok {
		return nil, smpp.StatusInvCmdID, fmt.Errorf("%v is not emulated", r.PDU.CommandID())
	}
	if _, mode, err := readMessage(p); err != nil {
		var no *refusal
		if errors.As(err, &no) {
			return nil, no.status, err
		}
		return nil, smpp.StatusSysErr, err
	} else if mode != smpp.ModeDefault && mode != smpp.ModeStoreAndForward {
		return nil, smpp.StatusInvESMClass, errors.New("it only stores and forwards")
	}
	m := &stored{esme: r.Session.Bind().SystemID, message: p, submitted: now, expires: now.Add(s.Validity)}
	if p.ValidityPeriod != "" {
		at, err := parseTime(p.ValidityPeriod, now)
		if err != nil {
			return nil, smpp.StatusInvExpiry, fmt.Errorf("validity_period: %w", err)
		}
		if at.Before(m.expires) {
			m.expires = at
		}
	}
	return m, smpp.StatusOK, nil
}

// forward tries once to get an SMS to its terminal.
func (s *StoreForward) forward(ctx context.Context, m *stored) {
	p := *m.message
	p.ESMClass = p.ESMClass&^smpp.ModeMask | smpp.ModeTransaction
	p.RegisteredDelivery, p.ValidityPeriod, p.ScheduleDeliveryTime = smpp.ReceiptNone, "", ""
	s.toMSC.send(&p, func(r smpp.Result) {
		switch class := (smpp.Classifier{}).Class(r.Status, r.TLVs()); {
		case r.Outcome == smpp.Accepted:
			s.end(m, smpp.StateDelivered)
		case r.Outcome == smpp.Refused && class == smpp.ClassPermanent:
			s.end(m, smpp.StateUndeliverable)
		default:
			s.later(ctx, m)
		}
	})
}

// later forwards an SMS again after the pause that it is at, or ends it with its validity if that is before.
func (s *StoreForward) later(ctx context.Context, m *stored) {
	pause := s.Retry[min(m.failures, len(s.Retry)-1)]
	m.failures++
	left := time.Until(m.expires)
	then := func() { s.forward(ctx, m) }
	if left < pause {
		pause, then = left, func() { s.end(m, smpp.StateExpired) }
	}
	time.AfterFunc(pause, func() {
		if ctx.Err() == nil {
			then()
		}
	})
}

// end gives an SMS its final state.
func (s *StoreForward) end(m *stored, state smpp.MessageState) {
	s.stored.Add(-1)
	asked := m.message.RegisteredDelivery & receiptBits
	if asked == smpp.ReceiptAlways || asked == smpp.ReceiptOnFailure && state != smpp.StateDelivered {
		s.mailboxes.add(m.esme, receipt(m, state, time.Now()))
	}
}

// receiptBits are those of registered_delivery that ask for the SMSC's receipt. SMPP 3.4 §5.2.17.
const receiptBits = smpp.ReceiptAlways | smpp.ReceiptOnFailure

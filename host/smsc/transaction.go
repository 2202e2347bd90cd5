package smsc

import (
	"strconv"
	"time"

	"github.com/ppgbox/ppgbox/sdk/esme"
	"github.com/ppgbox/ppgbox/sdk/smpp"
	"github.com/ppgbox/ppgbox/sdk/smstx"
)

// A transaction is a message on its way to a terminal, with the requests that wait for its result.
type transaction struct {
	envelope
	message  smstx.Message
	whole    smstx.Datagram // message.Segments of what is cut here
	id       uint64
	smsc     *SMSC
	account  *account
	link     *esme.Link    // that took its last segment
	began    time.Duration // of SMSC.started
	udhi     bool
	datagram bool // one try, and nobody waits for the result

	referenced bool // reference is taken
	wide       bool
	reference  uint16

	known bool // to others than the engine and the account, also after its end; account.mu

	submission smstx.Submission  // of the segment on the way, of which there is one at a time
	onResult   func(smpp.Result) // of submission

	identity string // of the push, "" without
	sum      sum

	// account.mu:
	requests []*smpp.Request
	first    [1]*smpp.Request // where requests are, if there is one
	place    int              // in account.running
	group    *group           // that was adopted
}

// transaction is one without segments. a.mu is held.
func (s *SMSC) transaction(a *account, sub *submission, now time.Time) *transaction {
	t := a.used()
	t.envelope, t.id, t.smsc, t.account, t.began = sub.envelope, s.lastID.Add(1), s, a, now.Sub(s.started)
	m, c := &t.message, &s.config.transaction
	m.Terminal, m.Priority, m.Way = t.number(), a.rank(t.priorityFlag), s.way(t.number(), a.other)
	m.Window, m.Resends = c.window, c.resends
	m.Value, m.Done = t, transactionDone
	if t.onResult == nil {
		t.onResult = func(r smpp.Result) { t.submission.Answered(s.network.answer(r)) }
	}
	return t
}

// maxUsed is how many transactions of an ESME are kept to be used again: as many as are on the way with most of them.
const maxUsed = 1000

// used is a transaction that was used before, or a new one. a.mu is held.
func (a *account) used() *transaction {
	last := len(a.spare) - 1
	if last < 0 {
		return &transaction{}
	}
	t := a.spare[last]
	a.spare[last] = nil
	a.spare = a.spare[:last]
	return t
}

// reuse keeps a transaction for the next ones if nobody can know it any more. The engine and the links know nothing of one that is
// complete: each of its submissions was answered. a.mu is held.
func (a *account) reuse(t *transaction, end smstx.End) {
	if end != smstx.Complete || t.known || t.group != nil || len(a.spare) >= maxUsed {
		return
	}
	*t = transaction{onResult: t.onResult}
	a.spare = append(a.spare, t)
}

// rank is the priority of a message: by class, then by ESME, then by its own flag, which is 0 to 3.
func (a *account) rank(flag uint8) int8 {
	rank := 4*a.priority + int(flag)
	if !a.other {
		rank += 2 * 4 * (maxPriority + 1)
	}
	return int8(rank)
}

// messageID is unique, also after a restart.
func (s *SMSC) messageID(id uint64) string {
	b := make([]byte, 0, 24)
	b = append(b, s.idPrefix...)
	return string(strconv.AppendUint(b, id, 16))
}

// start counts a transaction in. account.mu is held.
func (s *SMSC) start(t *transaction, within, validity time.Duration) *refusal {
	if t.message.Way == 0 {
		return refuse(smpp.StatusInvDstAdr, "no delivery link takes the number "+t.number())
	}
	if s.suspended.Add(1) > int64(s.config.pending) {
		s.suspended.Add(-1)
		return refuse(smpp.StatusMsgQFul, "more transactions than smsc.pending")
	}
	if validity > 0 {
		within = min(within, validity)
	}
	t.message.Deadline = max(within, time.Millisecond)
	t.place = len(t.account.running)
	t.account.running = append(t.account.running, t)
	if t.identity != "" {
		t.account.pushes[t.identity] = t
	}
	return nil
}

// add gives a transaction to the engine of its way.
func (s *SMSC) add(t *transaction) {
	if err := s.engine.Add(&t.message); err != nil { // the number of its segments was checked
		s.log.Error("the engine takes no transaction", "error", err)
		t.done(smstx.Result{End: smstx.Refused, Last: smstx.Answer{Verdict: smstx.Permanent, Err: err}})
	}
}

func transactionDone(m *smstx.Message, r smstx.Result) { m.Value.(*transaction).done(r) }

// done is the end of a transaction: everybody who waits for it is told.
func (t *transaction) done(r smstx.Result) {
	s, a := t.smsc, t.account
	s.suspended.Add(-1)
	t.releaseReference()
	end := s.endOf(t, r)
	s.metrics.ended(t, end.status, time.Since(s.started)-t.began)
	s.logEnd(t, r, end)
	id, began := t.id, t.began
	a.mu.Lock()
	first, requests := t.first, t.requests
	if len(requests) == 1 {
		first[0] = requests[0]
		requests = first[:]
	}
	t.requests = nil
	a.ended(t)
	if t.identity != "" {
		if a.pushes[t.identity] == t {
			delete(a.pushes, t.identity)
		}
		a.recent.keep(t, r, time.Now())
	}
	if t.group != nil {
		a.forget(t.group)
	}
	for _, request := range requests {
		a.release(request)
	}
	a.reuse(t, r.End)
	a.mu.Unlock()
	var messageID string
	if end.status == smpp.StatusOK && len(requests) > 0 {
		messageID = s.messageID(id)
	}
	for _, request := range requests {
		s.count(a, end.status)
		if end.status == smpp.StatusOK {
			s.send(request, end.status, s.success(request, messageID))
			s.receipt(a, request, messageID, s.started.Add(began))
		} else {
			s.send(request, end.status, a.errorResponse(request, end))
		}
	}
}

// ended takes a transaction out of those that run. a.mu is held.
func (a *account) ended(t *transaction) {
	last := len(a.running) - 1
	if t.place > last || a.running[t.place] != t { // it never began
		return
	}
	moved := a.running[last]
	a.running[t.place], moved.place = moved, t.place
	a.running[last] = nil
	a.running = a.running[:last]
}

func (t *transaction) releaseReference() {
	if t.referenced {
		t.referenced = false
		t.smsc.references(t.wide).Release(referenceKey(&t.envelope), t.reference)
	}
}

// referenceKey is what concatenation references must differ for: the source and the terminal.
func referenceKey(e *envelope) string { return e.source.Addr + "\x00" + e.number() }

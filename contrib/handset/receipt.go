package handset

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/ppgbox/ppgbox/sdk/smpp"
)

// receipt is the SMSC's delivery receipt for an SMS, as text (SMPP 3.4 Appendix B) and as optional parameters.
func receipt(m *stored, state smpp.MessageState, now time.Time) *smpp.DeliverSM {
	word, arrived, code := "DELIVRD", 1, 0
	switch state {
	case smpp.StateDelivered:
	case smpp.StateExpired:
		word, arrived, code = "EXPIRED", 0, mapSystemFailure
	default:
		word, arrived, code = "UNDELIV", 0, mapSystemFailure
	}
	const date = "0601021504"
	p := &smpp.DeliverSM{
		Source: m.message.Destination, Destination: m.message.Source, ESMClass: smpp.TypeSMSCReceipt,
		ShortMessage: fmt.Appendf(nil, "id:%s sub:001 dlvrd:%03d submit date:%s done date:%s stat:%s err:%03d text:",
			m.id, arrived, m.submitted.Format(date), now.Format(date), word, code),
	}
	p.TLVs = smpp.TLVs{
		{Tag: smpp.TagReceiptedMessageID, Value: append([]byte(m.id), 0)},
		{Tag: smpp.TagMessageState, Value: []byte{byte(state)}},
	}
	return p
}

// mailboxes hold the receipts for each ESME until it takes them.
type mailboxes struct {
	mu  sync.Mutex
	all map[string]*mailbox // by system_id
}

type mailbox struct {
	wake     chan struct{}
	receipts []*smpp.DeliverSM
}

const (
	// receiptWindow is how many receipts may be unanswered by an ESME.
	receiptWindow = 100
	// receiptPause is how long an ESME is left alone that did not take a receipt.
	receiptPause = 200 * time.Millisecond
	// maxReceipts are kept for an ESME; older ones are given up.
	maxReceipts = maxStored
)

func newMailboxes() *mailboxes { return &mailboxes{all: map[string]*mailbox{}} }

// of returns the mailbox of an ESME. b.mu is held.
func (b *mailboxes) of(esme string) *mailbox {
	box := b.all[esme]
	if box == nil {
		box = &mailbox{wake: make(chan struct{}, 1)}
		b.all[esme] = box
	}
	return box
}

// add puts a receipt into the mailbox of its ESME.
func (b *mailboxes) add(esme string, p *smpp.DeliverSM) {
	b.mu.Lock()
	box := b.of(esme)
	if len(box.receipts) >= maxReceipts {
		box.receipts = box.receipts[1:]
	}
	box.receipts = append(box.receipts, p)
	b.mu.Unlock()
	select {
	case box.wake <- struct{}{}:
	default:
	}
}

// take takes the oldest receipt, nil if there is none.
func (b *mailboxes) take(box *mailbox) *smpp.DeliverSM {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(box.receipts) == 0 {
		return nil
	}
	p := box.receipts[0]
	box.receipts[0] = nil
	box.receipts = box.receipts[1:]
	return p
}

// empty sends an ESME its receipts until ctx ends. What it does not take it gets again later.
func (b *mailboxes) empty(ctx context.Context, session *smpp.Session) {
	esme := session.Bind().SystemID
	b.mu.Lock()
	box := b.of(esme)
	b.mu.Unlock()
	for {
		p := b.take(box)
		if p == nil {
			select {
			case <-box.wake:
				continue
			case <-ctx.Done():
				return
			}
		}
		err := session.Send(ctx, p, 0, func(r smpp.Result) {
			if r.Outcome != smpp.Accepted {
				time.AfterFunc(receiptPause, func() { b.add(esme, p) })
			}
		})
		if err != nil {
			b.add(esme, p)
			return // the session is over
		}
	}
}

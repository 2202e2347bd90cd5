package mobile

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/ppgbox/ppgbox/integration/process"
)

// A Reaction is what a mobile does with a short message, or with the paging before it.
type Reaction struct {
	Paging Paging
	// Delay passes before the short message is answered.
	Delay time.Duration
	// Cause is that of the RP-ERROR (3GPP TS 24.011 §8.2.5.4), 0 for an RP-ACK.
	Cause byte
}

// A Paging is what becomes of a paging.
type Paging int

// What a mobile and its MME can do when the MSC pages. A PAGING-REJECT is not among them: OsmoMSC 1.9.0 aborts on it.
const (
	Answered    Paging = iota // the mobile asks for service
	Unreachable               // the MME says UE-UNREACHABLE
	Silent                    // nothing
)

// A Receipt is a short message that came to a mobile.
type Receipt struct {
	TPDU     []byte    // SMS-DELIVER (3GPP TS 23.040 §9.2.2.1)
	Came     time.Time // when the RP-DATA was here
	Answered time.Time // right before the RP-ACK or RP-ERROR was sent; zero before that
	Accepted bool      // answered with RP-ACK
}

// A Mobile is one subscriber that is attached to the MSC.
type Mobile struct {
	imsi string
	mme  *MME

	attached chan error

	mu       sync.Mutex
	always   Reaction
	next     []Reaction // before always, one for each short message or unanswered paging
	receipts []Receipt
	pagings  int
}

// Attach attaches a mobile (3GPP TS 29.118 §5.2.2) and returns when the MSC has accepted it: it is in the VLR then. The HLR must know
// the subscriber and its number.
func (m *MME) Attach(t testing.TB, imsi string) *Mobile {
	t.Helper()
	p := &Mobile{imsi: imsi, mme: m, attached: make(chan error, 1)}
	m.mu.Lock()
	m.mobiles[imsi] = p
	m.mu.Unlock()
	m.send(locationUpdateRequest, imsi, element(ieMMEName, domainName(mmeName)...), element(ieLocationUpdate, imsiAttach), locationArea)
	select {
	case err := <-p.attached:
		if err != nil {
			t.Fatalf("attaching %s: %v", imsi, err)
		}
	case <-time.After(20 * time.Second):
		t.Fatalf("attaching %s: no answer", imsi)
	}
	return p
}

// Always has the mobile react so from now on.
func (p *Mobile) Always(r Reaction) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.always = r
}

// Next has the mobile react so to the next short messages, one each.
func (p *Mobile) Next(r ...Reaction) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.next = append(p.next, r...)
}

// Receipts returns the short messages that came so far.
func (p *Mobile) Receipts() []Receipt {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.receipts)
}

// Pagings returns how often the mobile was paged.
func (p *Mobile) Pagings() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.pagings
}

// AwaitPaging returns when the mobile was paged at least n times.
func (p *Mobile) AwaitPaging(t testing.TB, n int, timeout time.Duration) {
	t.Helper()
	process.Eventually(t, timeout, fmt.Sprintf("%s is paged %d times", p.imsi, n), func() bool { return p.Pagings() >= n })
}

// paged returns what to do with a paging. A reaction that answers it stays for the short message that follows.
func (p *Mobile) paged() Paging {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.pagings++
	if len(p.next) == 0 {
		return p.always.Paging
	}
	paging := p.next[0].Paging
	if paging != Answered {
		p.next = p.next[1:]
	}
	return paging
}

// reaction returns what to do with a short message that has come.
func (p *Mobile) reaction() Reaction {
	if len(p.next) == 0 {
		return p.always
	}
	r := p.next[0]
	p.next = p.next[1:]
	return r
}

// take takes a message from the MSC.
func (p *Mobile) take(m sgsMessage) error {
	switch m.kind {
	case locationUpdateAccept:
		if _, ok := m.elements[ieMobileIdentity]; ok {
			p.mme.send(tmsiReallocationComplete, p.imsi)
		}
		p.attached <- nil
	case locationUpdateReject:
		p.attached <- fmt.Errorf("rejected: %x", m.elements)
	case pagingRequest:
		switch p.paged() {
		case Answered:
			p.mme.send(serviceRequest, p.imsi, element(ieServiceIndicator, m.elements[ieServiceIndicator]...), element(ieUEEMMMode, emmIdle))
		case Unreachable:
			p.mme.send(ueUnreachable, p.imsi, element(ieSGsCause, causeUEUnreachable))
		case Silent:
		}
	case downlinkUnitdata:
		return p.takeNAS(m.elements[ieNASContainer])
	}
	return nil
}

// takeNAS takes a message of the short message service (3GPP TS 24.011 §7).
func (p *Mobile) takeNAS(nas []byte) error {
	if len(nas) < 2 {
		return fmt.Errorf("NAS message %x", nas)
	}
	if nas[1] != cpData {
		return nil // a CP-ACK for what the mobile sent, or a CP-ERROR
	}
	if len(nas) < 3 || len(nas) != 3+int(nas[2]) {
		return fmt.Errorf("CP-DATA with wrong length: %x", nas)
	}
	protocol := nas[0] ^ otherSide
	p.uplink([]byte{protocol, cpAck})
	reference, tpdu, err := rpData(nas[3:])
	if err != nil {
		return err
	}
	p.mu.Lock()
	r := p.reaction()
	n := len(p.receipts)
	p.receipts = append(p.receipts, Receipt{TPDU: tpdu, Came: time.Now()})
	p.mu.Unlock()
	answer := acknowledgement(protocol, reference)
	if r.Cause != 0 {
		answer = failure(protocol, reference, r.Cause)
	}
	time.AfterFunc(r.Delay, func() {
		p.mu.Lock()
		p.receipts[n].Answered = time.Now()
		p.receipts[n].Accepted = r.Cause == 0
		p.mu.Unlock()
		p.uplink(answer)
	})
	return nil
}

func (p *Mobile) uplink(nas []byte) {
	p.mme.send(uplinkUnitdata, p.imsi, element(ieNASContainer, nas...))
}

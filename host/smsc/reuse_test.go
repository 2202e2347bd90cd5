package smsc

import (
	"reflect"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/ppgbox/ppgbox/sdk/smpp"
	"github.com/ppgbox/ppgbox/sdk/smstx"
)

// Only a transaction that nobody can know any more is used again.
func TestWhichTransactionsAreUsedAgain(t *testing.T) {
	tests := []struct {
		name string
		t    transaction
		end  smstx.End
		want bool
	}{
		{"one that was delivered", transaction{}, smstx.Complete, true},
		{"one whose window is over, with a segment on the air", transaction{}, smstx.WindowOver, false},
		{"one that was cancelled", transaction{}, smstx.Cancelled, false},
		{"one that was adopted, which its group knows", transaction{group: &group{}}, smstx.Complete, false},
		{"one that is to be cancelled", transaction{known: true}, smstx.Complete, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a := newAccount(esmeConfig{}, nil)
			x := tt.t
			a.reuse(&x, tt.end)
			if got := a.used() == &x; got != tt.want {
				t.Errorf("used again: %v", got)
			}
		})
	}
	t.Run("no more than maxUsed", func(t *testing.T) {
		a := newAccount(esmeConfig{}, nil)
		for range maxUsed + 1 {
			a.reuse(&transaction{}, smstx.Complete)
		}
		if n := len(a.spare); n != maxUsed {
			t.Errorf("%d are kept", n)
		}
	})
}

// Nothing of the message before is in a transaction that is used again.
func TestUsedTransactionIsEmpty(t *testing.T) {
	m := newMSC(t, delivered)
	s := start(t, gatewayESME(""), m)
	session := bind(t, s, "ppg")
	a := s.account("ppg")
	if r := call(t, session, identified("first", number(1), text("x", 300))); r.Outcome != smpp.Accepted {
		t.Fatalf("%+v", r)
	}
	a.mu.Lock()
	spare := append([]*transaction(nil), a.spare...)
	a.mu.Unlock()
	if len(spare) != 1 {
		t.Fatalf("%d transactions are kept", len(spare))
	}
	kept := spare[0]
	left := *kept
	if left.onResult = nil; !reflect.ValueOf(left).IsZero() {
		t.Errorf("left is %+v", left)
	}
	p := &smpp.SubmitSM{
		Source: smpp.Address{Addr: "77"}, Destination: smpp.Address{Addr: number(2)}, ESMClass: smpp.ModeTransaction, ShortMessage: []byte("short"),
	}
	if r := call(t, session, p); r.Outcome != smpp.Accepted {
		t.Fatalf("%+v", r)
	}
	m.mu.Lock()
	got := m.segments[len(m.segments)-1]
	m.mu.Unlock()
	want := &smpp.SubmitSM{
		Source: p.Source, Destination: p.Destination, ESMClass: smpp.ModeTransaction, ShortMessage: []byte("short"),
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("the second message is %+v, want %+v", got, want)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.spare) != 1 || a.spare[0] != kept {
		t.Error("it was not used again")
	}
}

// What a lost link leaves behind is cancelled later, so it is not used again before.
func TestOrphansAreNotUsedAgain(t *testing.T) {
	m := newMSC(t, nil)
	var book logbook
	s := startLogging(t, hclog.New(&hclog.LoggerOptions{Output: &book}), gatewayESME(""), m)
	session := bind(t, s, "ppg")
	if err := session.Send(t.Context(), pushTo(number(1), text("x", 10)), time.Minute, func(smpp.Result) {}); err != nil {
		t.Fatal(err)
	}
	request := m.next()
	session.Close()
	until(t, "the log tells of it", func() bool { return book.says("they are finished without an answer") })
	m.reply(request, smpp.StatusOK, nil)
	until(t, "it has ended", func() bool { return s.Suspended() == 0 })
	a := s.account("ppg")
	until(t, "it runs no more", func() bool {
		a.mu.Lock()
		defer a.mu.Unlock()
		return len(a.running) == 0
	})
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.spare) != 0 {
		t.Error("it is used again")
	}
}

package smsc

import (
	"testing"
	"time"

	"github.com/ppgbox/ppgbox/sdk/esme"
	"github.com/ppgbox/ppgbox/sdk/smpp"
)

// Traffic that is no push gets what the reserve leaves of the link's window, push all of it, also while the other is turned away.
func TestReserveOfWindows(t *testing.T) {
	m := newMSC(t, nil)
	s := start(t, gatewayESME("")+"[[esme]]\nsystem_id = \"other\"\npassword_file = \"hash\"\nclass = \"other\"\n[reserve]\nwindows = 40\n"+
		"[[delivery]]\naddress = \"MSC\"\nsystem_id = \"x\"\nwindow = 10\n", m)
	push, other := bind(t, s, "ppg"), bind(t, s, "other")
	var results []<-chan smpp.Result
	for n := range 20 {
		results = append(results, submit(t, other, pushTo(number(n), text("o", 10))))
	}
	var onAir []*smpp.Request
	for range 6 {
		onAir = append(onAir, m.next())
	}
	m.quiet() // 6 of 10 places
	for n := range 6 {
		results = append(results, submit(t, push, pushTo(number(100+n), text("p", 10))))
	}
	for range 4 {
		r := m.next()
		if p := r.PDU.(*smpp.SubmitSM); p.Destination.Addr < number(100) {
			t.Errorf("%s goes over the reserve", p.Destination.Addr)
		}
		onAir = append(onAir, r)
	}
	m.quiet()
	// A place that the other traffic gives back is for push first.
	m.reply(onAir[0], smpp.StatusOK, nil)
	r := m.next()
	if p := r.PDU.(*smpp.SubmitSM); p.Destination.Addr < number(100) {
		t.Errorf("%s goes before push", p.Destination.Addr)
	}
	onAir = append(onAir[1:], r)
	for _, r := range onAir {
		m.reply(r, smpp.StatusOK, nil)
	}
	for range 26 - 11 {
		m.reply(m.next(), smpp.StatusOK, nil)
	}
	for i, c := range results {
		if r := receive(t, c, "an answer"); r.Outcome != smpp.Accepted {
			t.Errorf("%d: %+v", i, r)
		}
	}
	if n := s.reserve.links[0].taken.Load(); n != 0 {
		t.Errorf("%d places are not given back", n)
	}
}

// Of the rate, too, a part is kept; what was turned away for it goes when its time has come.
func TestReserveOfRates(t *testing.T) {
	c := &Config{delivery: make([]esme.Config, 2), windows: []int{10, 10}, rates: []float64{100, 0}, reserve: reserveConfig{rates: 80}}
	again := make(chan struct{}, 10)
	r := newReserve(c, func() { again <- struct{}{} })
	now := time.Now()
	if open := r.open(1, now); open != 1 {
		t.Fatalf("open %b", open)
	}
	l := &r.links[0]
	if got := float64(l.limiter.Limit()); got < 19.99 || got > 20.01 {
		t.Errorf("%v a second, want 20", got)
	}
	for r.open(1, now) != 0 {
		l.limiter.AllowN(now, 1)
	}
	if open := r.open(3, now); open != 2 {
		t.Errorf("open %b, want the link without a rate", open)
	}
	receive(t, again, "the end of the wait")
	if r.open(1, now.Add(time.Second)) != 1 {
		t.Error("still closed a second later")
	}
}

// Push goes before all else, then the ESME with the higher priority, then the message with the higher flag.
func TestRank(t *testing.T) {
	rank := func(other bool, priority int, flag uint8) int8 {
		return (&account{esmeConfig: esmeConfig{other: other, priority: priority}}).rank(flag)
	}
	order := []int8{
		rank(true, -maxPriority, 0), rank(true, 0, 0), rank(true, 0, 3), rank(true, 1, 0), rank(true, maxPriority, 3),
		rank(false, -maxPriority, 0), rank(false, 0, 0), rank(false, 0, 1), rank(false, 1, 0), rank(false, maxPriority, 3),
	}
	for i := 1; i < len(order); i++ {
		if order[i] <= order[i-1] {
			t.Errorf("%d is not above %d", order[i], order[i-1])
		}
	}
}

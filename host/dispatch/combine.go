package dispatch

import (
	"fmt"

	"github.com/ppgbox/ppgbox/host/store"
	"github.com/ppgbox/ppgbox/sdk/push"
)

// combined is the result of a delivery to several terminals, once it is over:
//
//	terminals  legs                                  state          code        text                                        method
//	all        all delivered, all of them confirmed  delivered      1000        delivered to 2 terminals                    confirmed
//	all        all delivered, not all confirmed      delivered      1000        sent to 2 terminals; 1 of them confirmed    unconfirmed
//	all        not all delivered                     the worst one  of that leg delivered to 1 of 2 terminals; that leg's   -
//	any        one delivered                         delivered      of that leg that leg's                                  that leg's
//	any        none delivered                        the worst one  of that leg delivered to none of 2 terminals; that leg's -
//
// The worst is timeout, since the push may have arrived, then expired, then undeliverable; of several the last one. Legs that were
// not tried because another one may have arrived are counted in the text.
func (f *fan) combined() store.Result {
	var worst, success *store.Result
	delivered, confirmed, untried := 0, 0, 0
	same := true
	for i := range f.legs {
		r := f.legs[i].result
		switch {
		case r == nil:
			untried++
		case r.State == store.Delivered:
			delivered++
			if r.Method == push.Confirmed {
				confirmed++
			}
			same = same && (success == nil || success.Bearer == r.Bearer && success.Network == r.Network)
			success = r
		case worst == nil || badness(r.State) >= badness(worst.State):
			worst = r
		}
	}
	n := len(f.legs)
	switch {
	case !f.all && success != nil:
		return *success
	case worst == nil:
		r := store.Result{State: store.Delivered, Code: 1000, Method: push.Confirmed, Text: fmt.Sprintf("delivered to %d terminals", n)}
		if confirmed < n {
			r.Method, r.Text = push.Unconfirmed, fmt.Sprintf("sent to %d terminals; %d of them confirmed", n, confirmed)
		}
		if same {
			r.Bearer, r.Network = success.Bearer, success.Network
		}
		return r
	}
	r := *worst
	some := "none"
	if delivered > 0 {
		some = fmt.Sprint(delivered)
	}
	r.Text = fmt.Sprintf("delivered to %s of %d terminals", some, n)
	if untried > 0 {
		r.Text += fmt.Sprintf(", %d not tried", untried)
	}
	r.Text += "; " + worst.Text
	return r
}

// badness orders the states of legs that were not delivered.
func badness(s store.State) int {
	switch s {
	case store.TimedOut:
		return 2
	case store.Expired:
		return 1
	}
	return 0
}

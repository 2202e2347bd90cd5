package smsc

import (
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/ppgbox/ppgbox/sdk/smpp"
)

// What was not delivered is told at info with all that finds it again; what was delivered is not told.
func TestFailuresAreLogged(t *testing.T) {
	m := newMSC(t, scripted(reply{}, reply{status: smpp.StatusDeliveryFailure, tlvs: failure(2, 13)}, reply{}))
	var book logbook
	s := startLogging(t, hclog.New(&hclog.LoggerOptions{Output: &book}), gatewayESME(""), m)
	session := bind(t, s, "ppg")
	if r := call(t, session, identified("p1", number(1), text("x", 200))); r.Status != smpp.StatusDeliveryFailure {
		t.Fatalf("answered %+v", r)
	}
	if !book.says(
		"[INFO]", "a message was not delivered", "message_id=", "system_id=ppg", "terminal="+number(1), "status=ESME_RDELIVERYFAILURE",
		"segments=2", "through=1", "push_identity=p1", "reference=", "link="+m.address(), "why=\"not delivered, through of 2 segments: 1: ",
	) {
		t.Error("the failure is not told")
	}
	if r := call(t, session, identified("p2", number(2), text("x", 100))); r.Status != smpp.StatusOK {
		t.Fatalf("answered %+v", r)
	}
	if book.says(number(2)) {
		t.Error("a success is told")
	}
}

func TestLegible(t *testing.T) {
	for given, want := range map[string]string{"p1@example.com": "p1@example.com", "a b": "0x612062", "\x00\xff": "0x00ff", "\n": "0x0a", "é": "0xc3a9"} {
		if got := legible(given); got != want {
			t.Errorf("%q is %q, want %q", given, got, want)
		}
	}
}

// An ESME that is throttled is told of once, with the key that throttles it.
func TestThrottledIsLogged(t *testing.T) {
	for _, tt := range []struct{ name, key, value string }{{"window", "window = 1", "window=1"}, {"rate", "rate = \"0.1/s\"", "rate=0.1/s"}} {
		t.Run(tt.name, func(t *testing.T) {
			m := newMSC(t, nil)
			var book logbook
			s := startLogging(t, hclog.New(&hclog.LoggerOptions{Output: &book}), gatewayESME(tt.key), m)
			session := bind(t, s, "ppg")
			first := submit(t, session, pushTo(number(1), text("x", 10)))
			if r := call(t, session, pushTo(number(2), text("x", 10))); r.Status != smpp.StatusThrottled {
				t.Fatalf("answered %+v", r)
			}
			if !book.says("[INFO]", "an ESME is throttled: "+tt.name+" of", "system_id=ppg", tt.value, "throttled=1") {
				t.Error("the log does not say so")
			}
			if r := call(t, session, pushTo(number(2), text("x", 10))); r.Status != smpp.StatusThrottled {
				t.Fatalf("answered %+v", r)
			}
			if n := book.count("an ESME is throttled"); n != 1 {
				t.Errorf("the log says it %d times", n)
			}
			m.reply(m.next(), smpp.StatusOK, nil)
			receive(t, first, "an answer")
		})
	}
}

func TestThrottleLog(t *testing.T) {
	l, now := newThrottleLog(), time.Unix(0, 0)
	for i, step := range []struct {
		after time.Duration
		want  int
	}{{0, 1}, {time.Second, 0}, {throttleLogPause - 2*time.Second, 0}, {time.Second, 3}, {time.Second, 0}} {
		now = now.Add(step.after)
		if n := l.count(now); n != step.want {
			t.Errorf("step %d: %d, want %d", i, n, step.want)
		}
	}
}

package smsc

import (
	"bytes"
	"strings"
	"sync"
	"testing"

	"github.com/hashicorp/go-hclog"

	"github.com/ppgbox/ppgbox/sdk/smpp"
)

// logbook is a log that a test can read while it is written.
type logbook struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logbook) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

// count is how often the words are there.
func (l *logbook) count(words string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Count(l.b.String(), words)
}

func (l *logbook) says(words ...string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for line := range strings.Lines(l.b.String()) {
		found := true
		for _, w := range words {
			found = found && strings.Contains(line, w)
		}
		if found {
			return true
		}
	}
	return false
}

func TestSubmittingLinkLost(t *testing.T) {
	tests := []struct {
		name, onLinkLoss string
		says             string
		goesOn           bool
	}{
		{"finished", "finish", "they are finished without an answer", true},
		{"abandoned", "abandon", "they are abandoned", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := newMSC(t, nil)
			var book logbook
			s := startLogging(t, hclog.New(&hclog.LoggerOptions{Output: &book}), gatewayESME("on_link_loss = \""+tt.onLinkLoss+"\""), m)
			session := bind(t, s, "ppg")
			staying := bind(t, s, "ppg")
			submit(t, session, pushTo(number(1), text("x", 200)))
			waiting := submit(t, session, pushTo(number(1), text("y", 200))) // behind the first
			both := submit(t, staying, identified("both", number(2), text("z", 100)))
			first := m.next()
			shared := m.next()
			if first.PDU.(*smpp.SubmitSM).Destination.Addr != number(1) {
				first, shared = shared, first
			}
			submit(t, session, identified("both", number(2), text("z", 100)))
			until(t, "the push joined", func() bool {
				a := s.account("ppg")
				a.mu.Lock()
				defer a.mu.Unlock()
				return a.unheard == 4
			})
			session.Close()
			receive(t, waiting, "the end of the link")
			until(t, "the log says so", func() bool { return book.says(tt.says, "transactions=2", "system_id=ppg") })
			m.reply(first, smpp.StatusOK, nil)
			if tt.goesOn {
				for range 3 {
					m.reply(m.next(), smpp.StatusOK, nil)
				}
			} else {
				m.quiet()
			}
			m.reply(shared, smpp.StatusOK, nil)
			if r := receive(t, both, "the push that another link waits for"); r.Outcome != smpp.Accepted {
				t.Errorf("%+v", r)
			}
			until(t, "nothing is left", func() bool { return s.Suspended() == 0 })
		})
	}
}

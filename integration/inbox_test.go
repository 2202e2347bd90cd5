package integration

import (
	"encoding/hex"
	"fmt"
	"testing"

	"github.com/ppgbox/ppgbox/integration/peers"
)

// An inbox is what a terminal has of the segments that came to an SMSC for it: whole messages, and what waits for more.
type inbox struct {
	whole      [][]byte // user data put together, in the order in which the messages became whole
	incomplete int      // messages with segments missing
}

// inboxOf puts the segments together that came to a terminal: those that the SMSC answered with success, and those whose answer was
// lost, which a terminal may have got as well. A segment that comes twice is kept once (3GPP TS 23.040 §9.2.3.24.1).
func inboxOf(t *testing.T, submits []peers.Submit, number string) inbox {
	t.Helper()
	type message struct {
		total byte
		parts map[byte][]byte
	}
	waiting := map[string]*message{}
	var in inbox
	for _, s := range submits {
		if s.Destination != number || s.Status != 0 {
			continue
		}
		text, err := hex.DecodeString(s.Text)
		if err != nil {
			t.Fatal(err)
		}
		reference, total, sequence := concatenationOf(t, s)
		if total == 1 {
			in.whole = append(in.whole, text)
			continue
		}
		m := waiting[reference]
		if m == nil {
			m = &message{total: total, parts: map[byte][]byte{}}
			waiting[reference] = m
		}
		if m.total != total {
			t.Errorf("%s: reference %s with %d segments and with %d", number, reference, m.total, total)
		}
		if before, ok := m.parts[sequence]; ok && string(before) != string(text) {
			t.Errorf("%s: reference %s has two segments %d: %x and %x", number, reference, sequence, before, text)
		}
		m.parts[sequence] = text
		if len(m.parts) == int(total) {
			var all []byte
			for i := range total {
				all = append(all, m.parts[i+1]...)
			}
			in.whole = append(in.whole, all)
			delete(waiting, reference)
		}
	}
	in.incomplete = len(waiting)
	return in
}

// concatenationOf reads the concatenation element of a submission's user data header (3GPP TS 23.040 §9.2.3.24); without one it is a
// message of one segment.
func concatenationOf(t *testing.T, s peers.Submit) (reference string, total, sequence byte) {
	t.Helper()
	udh, err := hex.DecodeString(s.UDH)
	if err != nil {
		t.Fatal(err)
	}
	for rest := udh; len(rest) >= 2 && len(rest) >= 2+int(rest[1]); rest = rest[2+int(rest[1]):] {
		value := rest[2 : 2+int(rest[1])]
		switch {
		case rest[0] == 0x00 && len(value) == 3, rest[0] == 0x08 && len(value) == 4:
			n := len(value) - 2
			return fmt.Sprintf("%x", value[:n]), value[n], value[n+1]
		}
	}
	return "", 1, 1
}

// checkBackToBack fails where the SMSC got a segment for a terminal while another one had no answer, or where it went on with a
// message after it had begun another one to the same terminal.
func checkBackToBack(t *testing.T, submits []peers.Submit) {
	t.Helper()
	current := map[string]string{} // by terminal, the message of its last segment
	left := map[string]bool{}      // the messages before that one
	for _, s := range submits {
		if s.Beside != 0 {
			t.Errorf("%s: a segment came while %d had no answer", s.Destination, s.Beside)
		}
		reference, _, sequence := concatenationOf(t, s)
		message := s.Destination + " " + reference
		if left[message] {
			t.Errorf("%s: segment %d of message %s came after another message had begun", s.Destination, sequence, reference)
		}
		if before := current[s.Destination]; before != message {
			left[before] = true
			current[s.Destination] = message
		}
	}
}

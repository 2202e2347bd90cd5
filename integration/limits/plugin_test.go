package limits

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/ppgbox/ppgbox/integration/initiator"
	"github.com/ppgbox/ppgbox/integration/process"
)

// The longest body that can be configured passes to a bearer as a whole; what the bearer says of it is the result.
func TestPluginMessage(t *testing.T) {
	const limit = 3 << 20
	b, center := start(t, setup{limits: `body = "3MiB"`, more: ownPolicy})
	c := b.Client()
	before := b.Processes(t)
	push := func(id, client string) int {
		t.Helper()
		p := initiator.Push{ID: id, To: []string{b.Address(client)}, Type: "application/octet-stream"}
		body := padded(t, p, limit)
		a, err := c.Post(initiator.MultipartType, body)
		if err != nil {
			t.Fatal(err)
		}
		wasAccepted(t, b, id, a)
		return limit - len(initiator.Multipart(p.Control(), p.Type, ""))
	}
	octets := push("to-own", "192.0.2.1")
	if r := eventuallyState(t, c, "to-own", "undeliverable"); !strings.Contains(r.Desc, fmt.Sprint(octets)) {
		t.Errorf("the bearer got %d octets, and the result is %+v", octets, r)
	}
	push("to-sms", "+46702000001")
	if r := eventuallyState(t, c, "to-sms", "undeliverable"); !strings.Contains(r.Desc, "short messages, at most 10 are sent") || r.Code == "1000" {
		t.Errorf("more than an SMSC takes: %+v, want a result that says so", r)
	}
	if n := center.submits.Load(); n != 0 {
		t.Errorf("%d segments of it were submitted", n)
	}
	if after := b.Processes(t); !slices.Equal(before, after) {
		t.Errorf("processes before %v, after %v", before, after)
	}
	accepted(t, b, c, indication(b, "after", 2))
	eventuallyState(t, c, "after", "delivered")
}

// A plugin that floods its log gets a few lines of it into the gateway's, which says how many it left out.
func TestLogRate(t *testing.T) {
	b, _ := start(t, setup{more: ownPolicy})
	c := b.Client()
	accepted(t, b, c, initiator.Push{ID: "flood", To: []string{b.Address("192.0.2.1")}, Type: "application/octet-stream", Content: "flood"})
	eventuallyState(t, c, "flood", "delivered")
	accepted(t, b, c, indication(b, "beside", 2))
	eventuallyState(t, c, "beside", "delivered")
	let, dropped := 0, 0
	process.Eventually(t, patience, "every line is there or said to be left out", func() bool {
		let, dropped = 0, 0
		for line := range strings.Lines(b.Log()) {
			if len(line) > 20<<10 {
				t.Fatalf("a line of %d octets", len(line))
			}
			if strings.Contains(line, "flood: line ") {
				let++
			}
			if _, after, ok := strings.Cut(line, "dropped="); ok {
				var n int
				_, _ = fmt.Sscan(after, &n)
				dropped += n
			}
		}
		return let+dropped >= flood
	})
	// A burst of 500 and 100 a second, and nobody floods for more than some seconds.
	if let < 100 || let > 3000 {
		t.Errorf("%d of %d lines were let through", let, flood)
	}
}

package limits

import (
	"bufio"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/ppgbox/ppgbox/integration/box"
	"github.com/ppgbox/ppgbox/integration/initiator"
	"github.com/ppgbox/ppgbox/integration/process"
)

const patience = 20 * time.Second

// accepted fails the test unless the push is answered 1001 and there is to be asked for.
func accepted(t *testing.T, b *box.Box, c *initiator.Client, p initiator.Push) {
	t.Helper()
	a, err := c.Submit(p)
	if err != nil {
		t.Fatal(err)
	}
	wasAccepted(t, b, p.ID, a)
}

func wasAccepted(t *testing.T, b *box.Box, id string, a initiator.Answer) {
	t.Helper()
	if a.HTTP != http.StatusAccepted || a.Code() != "1001" {
		t.Fatalf("%s: HTTP %d, want 202 with 1001:\n%.2000s", id, a.HTTP, a.Body)
	}
	if _, err := b.Command("", "status", id, "--admin", b.Admin); err != nil {
		t.Errorf("accepted, and then: %v", err)
	}
}

// noTrace fails the test if the gateway knows the push.
func noTrace(t *testing.T, b *box.Box, id string) {
	t.Helper()
	out, err := b.Command("", "status", id, "--admin", b.Admin)
	if err == nil || !strings.Contains(err.Error(), "no push has the push-id") {
		t.Errorf("%s was refused, and status prints %q, %v", id, out, err)
	}
}

// refused fails the test unless the push gets this code and leaves no trace.
func refused(t *testing.T, b *box.Box, id, code, because string, a initiator.Answer, err error) {
	t.Helper()
	switch {
	case err != nil:
		t.Fatal(err)
	case a.HTTP != http.StatusAccepted || a.Code() != code || !strings.Contains(a.Desc(), because):
		t.Fatalf("%s: HTTP %d, want 202 with %s because of %q:\n%.2000s", id, a.HTTP, code, because, a.Body)
	}
	noTrace(t, b, id)
}

// unavailable fails the test unless the push gets 503 with Retry-After and leaves no trace. It returns how long to wait.
func unavailable(t *testing.T, b *box.Box, c *initiator.Client, p initiator.Push) time.Duration {
	t.Helper()
	a, err := c.Submit(p)
	if err != nil {
		t.Fatal(err)
	}
	seconds, err := strconv.Atoi(a.Header.Get("Retry-After"))
	if a.HTTP != http.StatusServiceUnavailable || err != nil || seconds < 1 {
		t.Fatalf("%s: HTTP %d, Retry-After %q, want 503 with a number of seconds:\n%.2000s", p.ID, a.HTTP, a.Header.Get("Retry-After"), a.Body)
	}
	noTrace(t, b, p.ID)
	return time.Duration(seconds) * time.Second
}

// eventuallyState waits for the one recipient's state.
func eventuallyState(t *testing.T, c *initiator.Client, id, state string) initiator.StatusResult {
	t.Helper()
	var last initiator.StatusResult
	process.Eventually(t, patience, id+" is "+state, func() bool {
		results := c.Status(t, id)
		if len(results) != 1 {
			return false
		}
		last = results[0]
		return last.State == state
	})
	return last
}

// metric returns the value of a series in /metrics, -1 if it is not there.
func metric(t *testing.T, b *box.Box, series string) float64 {
	t.Helper()
	client := http.Client{Timeout: 5 * time.Second}
	response, err := client.Get(b.Admin + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	lines := bufio.NewScanner(io.LimitReader(response.Body, 10<<20))
	for lines.Scan() {
		if value, ok := strings.CutPrefix(lines.Text(), series+" "); ok {
			v, err := strconv.ParseFloat(value, 64)
			if err != nil {
				t.Fatalf("%s: %v", lines.Text(), err)
			}
			return v
		}
	}
	return -1
}

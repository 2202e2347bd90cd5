package integration

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/ppgbox/ppgbox/integration/peers"
	"github.com/ppgbox/ppgbox/integration/process"
)

// The operator changes the mode of the bearer by one line and a reload, there and back, with pushes on the air each time: all are
// delivered, each once.
func TestReloadSwitchesTheMode(t *testing.T) {
	t.Parallel()
	c := newChain(t, "integrated", unhurried)
	c.smsc = newSMSC(t, fmt.Sprintf(chainSMSC, c.network.Address, unhurried.answer, unhurried.window))
	c.smsc.Start(t)
	integrated := c.gateway.Configuration(t)
	link := fmt.Sprintf("link = [{ address = %q, system_id = \"ppgbox\", response_timeout = %q }]", c.network.Address, unhurried.answer)
	delegated := strings.Replace(integrated, fmt.Sprintf("window = %q\n", unhurried.window)+link, delegateTo(c.smsc, "30s"), 1)
	if delegated == integrated {
		t.Fatalf("the configuration has no bearer to change:\n%s", integrated)
	}
	c.gateway.Start(t)

	const each = 6
	submitted := 0
	// Some are on the air, their first segments answered, when the configuration changes.
	onTheAir := func() {
		t.Helper()
		for i := submitted; i < submitted+each; i++ {
			c.network.NextTo(t, chainNumber(i), peers.Answer{}, peers.Answer{Delay: 2000})
			c.submit(t, i)
		}
		submitted += each
		process.Eventually(t, 20*time.Second, "every push has two segments on the way", func() bool {
			for i := submitted - each; i < submitted; i++ {
				if c.segments(i) < 2 {
					return false
				}
			}
			return true
		})
	}
	reload := func(configuration string) {
		t.Helper()
		c.gateway.Write(t, "ppgbox.toml", configuration)
		if out, err := c.gateway.Command("", "reload", "--admin", c.gateway.Admin); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
	}
	onTheAir()
	reload(delegated)
	onTheAir()
	reload(integrated)
	onTheAir()
	for i := range submitted {
		if f := c.fate(t, i); f.State != "delivered" || len(f.whole) != 1 {
			t.Errorf("push %d: %s, %s %q; the terminal has %d messages and %d incomplete", i, f.State, f.Code, f.Desc, len(f.whole), f.incomplete)
		}
	}
	c.checkTexts(t)
	metrics := body(t, c.smsc.Admin+"/metrics")
	if want := fmt.Sprintf("status=\"ESME_ROK\",system_id=\"ppgbox\"} %d\n", each); !strings.Contains(metrics, want) {
		t.Errorf("the push SMSC did not answer %d pushes with success:\n%s", each, metrics)
	}
}

package integration

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ppgbox/ppgbox/integration/box"
	"github.com/ppgbox/ppgbox/integration/initiator"
	"github.com/ppgbox/ppgbox/integration/peers"
)

// hlrThenSMS takes the keys of routing/hlr and the address of an SMSC. A push goes to the node that the register leads to, or to that
// of a rule for everybody, if the register does not know the subscriber; what does not get there goes out as a short message. Nothing is
// remembered, so that every push asks.
const hlrThenSMS = `
[plugin.hlr]
use = "routing/hlr"
[plugin.hlr.config]
remember        = "0s"
remember_absent = "0s"
%s

[plugin.apn]
use = "routing/apn"
[plugin.apn.config]
rule = [{ apn = "internet", node = "ggsn9" }]

[plugin.pdp]
use = "bearer/pdp"
[plugin.pdp.config]
node = [{ name = "ggsn1", source = "127.0.0.1" }, { name = "ggsn9", source = "127.0.0.1" }]

[plugin.sms]
use = "bearer/sms"
[plugin.sms.config]
source = "46700000001"
window = "20s"
link   = [{ address = %q, system_id = "ppgbox" }]

[[policy]]
name  = "numbers"
match = { address_type = ["PLMN", "USER"] }
[[policy.attempt]]
bearer   = "pdp"
routing  = ["hlr", "apn"]
within   = "10s"
on_error = "fail"
[[policy.attempt]]
bearer = "sms"
within = "60s"
`

// An hlrCase is a number or a user identifier, and what becomes of a push to it.
type hlrCase struct {
	name, to string
	// routes are the answers of the strategies that are asked, in their order.
	routes []routed
	// bearers are those that the push is handed to, in their order, with their node.
	bearers []string
	// state is how it ends.
	state string
}

// routed is what a strategy answers: a node or none, with a text in which why is.
type routed struct{ strategy, node, why string }

// The ways of a push. No session is known to the gateway, so that the pdp bearer refuses what a strategy sends its way.
var (
	toTheSMSC   = []string{"sms"}
	overTheGGSN = []string{"pdp via ggsn1", "sms"}
	overTheRule = []string{"pdp via ggsn9", "sms"}
)

// An hlrGateway is a gateway that asks a register, with an SMSC behind it.
type hlrGateway struct {
	*box.Box
	notifications *initiator.Listener
	pushes        int
}

func newHLRGateway(t *testing.T, keys string) *hlrGateway {
	t.Helper()
	smsc := peers.StartNodeSMSC(t)
	return &hlrGateway{Box: newIsolatedBox(t, fmt.Sprintf(hlrThenSMS, keys, smsc.Address)), notifications: initiator.Listen(t)}
}

// explain compares what "explain" says of pushes to all of them with the cases. It asks the register itself, beside the gateway.
func (g *hlrGateway) explain(t *testing.T, cases []hlrCase) {
	t.Helper()
	arguments := []string{"explain", "-c", "ppgbox.toml", "--json", "--sl", "http://example.com/"}
	for _, c := range cases {
		arguments = append(arguments, "--to", c.client())
	}
	var explained []struct {
		Attempts []struct {
			Routing []struct{ Strategy, Answer string }
		}
	}
	g.ask(t, &explained, arguments...)
	if len(explained) != len(cases) {
		t.Fatalf("%d explanations of %d recipients", len(explained), len(cases))
	}
	for i, c := range cases {
		var answers []string
		if attempts := explained[i].Attempts; len(attempts) == 2 {
			for _, r := range attempts[0].Routing {
				answers = append(answers, r.Strategy+": "+r.Answer)
			}
		}
		c.compare(t, "explain", answers)
	}
}

// push pushes to all cases at once, and compares what the traces say with the cases.
func (g *hlrGateway) push(t *testing.T, cases []hlrCase) {
	t.Helper()
	ids := make([]string, len(cases))
	for i, c := range cases {
		g.pushes++
		push := indication(g.Box, fmt.Sprintf("p%d", g.pushes), g.notifications.URL, g.address(c), c.name)
		ids[i] = push.ID
		accept(t, g.Client(), push)
	}
	for i, c := range cases {
		if n := g.notifications.Await(t, ids[i], 30*time.Second); n.State != c.state {
			t.Errorf("%s: result notification %+v, want %s", c.name, n, c.state)
		}
		routes, bearers := g.trace(t, ids[i])
		c.compare(t, "trace", routes)
		if !slices.Equal(bearers, c.bearers) {
			t.Errorf("%s: the push was handed to %q, want %q", c.name, bearers, c.bearers)
		}
	}
}

// client is the recipient as an operator writes it.
func (c hlrCase) client() string {
	if strings.Contains(c.to, "@") {
		return c.to
	}
	return "+" + c.to
}

// address is the recipient as a Push Initiator writes it (WAP-249 §7.1).
func (g *hlrGateway) address(c hlrCase) string {
	if user, domain, ok := strings.Cut(c.to, "@"); ok {
		return "WAPPUSH=" + user + "%40" + domain + "/TYPE=USER@ppg.example.net"
	}
	return g.Address(c.client())
}

func (c hlrCase) compare(t *testing.T, who string, routes []string) {
	t.Helper()
	if !slices.EqualFunc(routes, c.routes, func(got string, want routed) bool { return want.in(got) }) {
		t.Errorf("%s: %s says %q, want %+v", c.name, who, routes, c.routes)
	}
}

// in reports whether a line of explain or of a trace says this.
func (r routed) in(line string) bool {
	rest, found := strings.CutPrefix(line, r.strategy+": ")
	if r.node != "" {
		return found && strings.HasPrefix(rest, fmt.Sprintf("node %q", r.node)) && strings.Contains(rest, r.why)
	}
	return found && !strings.HasPrefix(rest, "node ") && strings.Contains(rest, r.why)
}

// trace returns what strategies answered about a push, and whom it was handed to.
func (g *hlrGateway) trace(t *testing.T, id string) (routes, bearers []string) {
	t.Helper()
	var pushes []struct {
		Deliveries []struct {
			Attempts []struct {
				Steps []struct{ Name, Plugin, Node, Text string }
			}
		}
	}
	g.ask(t, &pushes, "trace", "--admin", g.Admin, "--json", id)
	for _, p := range pushes {
		for _, d := range p.Deliveries {
			for _, a := range d.Attempts {
				for _, s := range a.Steps {
					switch {
					case s.Name == "route" && s.Node != "":
						routes = append(routes, fmt.Sprintf("%s: node %q, %s", s.Plugin, s.Node, s.Text))
					case s.Name == "route":
						routes = append(routes, s.Plugin+": "+s.Text)
					case s.Name == "send" && s.Node != "":
						bearers = append(bearers, s.Plugin+" via "+s.Node)
					case s.Name == "send":
						bearers = append(bearers, s.Plugin)
					}
				}
			}
		}
	}
	return routes, bearers
}

// ask runs ppgbox and reads the JSON that it prints.
func (g *hlrGateway) ask(t *testing.T, into any, arguments ...string) {
	t.Helper()
	out, err := g.Command("", arguments...)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(out), into); err != nil {
		t.Fatalf("ppgbox %s printed %s: %v", strings.Join(arguments, " "), out, err)
	}
}

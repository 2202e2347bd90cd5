package integration

import (
	"bytes"
	"fmt"
	"net"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/ppgbox/ppgbox/integration/box"
	"github.com/ppgbox/ppgbox/integration/initiator"
	"github.com/ppgbox/ppgbox/integration/peers"
	"github.com/ppgbox/ppgbox/integration/process"
	"github.com/ppgbox/ppgbox/integration/wire"
)

// Who speaks RADIUS in these tests: all at its port, on addresses of their own.
const (
	radiusPort    = "1813" // RFC 2866 §3
	radiusGateway = "127.0.0.1:" + radiusPort
	radiusProxy   = "127.0.0.2:" + radiusPort // FreeRADIUS, in front of the gateway
	radiusNext    = "127.0.0.3:" + radiusPort // FreeRADIUS, which the gateway forwards to
	radiusTwice   = "127.0.0.4:" + radiusPort // what comes here goes to the gateway twice
	radiusSecret  = "known to the GGSN and us"
)

// accounted is a gateway that is told of sessions by RADIUS. It pushes to the session of a number, and without one by SMS.
const accounted = `
[radius]
[[radius.client]]
source      = "127.0.0.0/8"
secret_file = "radius.secret"

[radius.forward]
address     = %q
secret_file = "radius.secret"
wait_for_answer = true

[plugin.ipsegment]
use = "routing/ipsegment"
[plugin.ipsegment.config]
segment = [{ cidr = %q, apn = "internet", node = "ggsn1" }]

[plugin.pdp]
use = "bearer/pdp"
[plugin.pdp.config]
listen_for_errors = "50ms"
node = [{ name = "ggsn1", source = %q }]

[plugin.sms]
use = "bearer/sms"
[plugin.sms.config]
source = "46700000001"
window = "10s"
link   = [{ address = %q, system_id = "ppgbox" }]

[[policy]]
name  = "online, or else by SMS"
match = { address_type = "PLMN" }
[[policy.attempt]]
bearer  = "pdp"
routing = ["ipsegment"]
within  = "10s"
[[policy.attempt]]
bearer = "sms"
within = "20s"
`

// newAccountedBox returns a gateway that listens for RADIUS.
func newAccountedBox(t *testing.T, configuration string) *box.Box {
	t.Helper()
	gateway := newIsolatedBox(t, configuration)
	gateway.Write(t, "radius.secret", radiusSecret)
	listenAt(t, gateway, "radius", radiusGateway)
	return gateway
}

// listenAt adds a listener to a gateway's configuration.
func listenAt(t *testing.T, gateway *box.Box, key, address string) {
	t.Helper()
	before := gateway.Configuration(t)
	after := strings.Replace(before, "[listen]\n", fmt.Sprintf("[listen]\n%s = %q\n", key, address), 1)
	if after == before {
		t.Fatal("no [listen] in the configuration")
	}
	gateway.Write(t, "ppgbox.toml", after)
}

// An accounting conversation: a gateway, the handsets, and who has which number and may have which address.
type accounting struct {
	gateway       *box.Box
	handsets      *handsets
	notifications *initiator.Listener
	told          []peers.Accounting // what was answered
	pushes        int
	sessions      int
}

// The subscribers, and the addresses that two of them have in turn.
const (
	anna, bert, carl     = "46702123451", "46702123452", "46702123453"
	firstPDP, secondPDP  = "10.45.0.2", "10.45.0.3"
	northGGSN, southGGSN = "10.23.0.1", "10.24.0.1"
	gatewayPDP           = "10.45.0.1"
	overIP, bySMS        = "unconfirmed", "confirmed" // delivery-method of the result
	terminalPort         = ":2948"
)

// Who is where. Each session there has an identifier of its own (start).
var (
	annaFirst  = peers.Accounting{GGSN: northGGSN, MSISDN: anna, IMSI: "240010123456781", APN: "internet", Address: firstPDP}
	bertFirst  = peers.Accounting{GGSN: northGGSN, MSISDN: bert, IMSI: "240010123456782", APN: "internet", Address: firstPDP}
	bertSecond = peers.Accounting{GGSN: northGGSN, MSISDN: bert, IMSI: "240010123456782", APN: "internet", Address: secondPDP}
	carlSouth  = peers.Accounting{GGSN: southGGSN, MSISDN: carl, IMSI: "240010123456783", APN: "internet", Address: secondPDP}
)

// session returns a session that nobody was told of.
func (c *accounting) session(a peers.Accounting) peers.Accounting {
	c.sessions++
	a.Session = fmt.Sprintf("0A170001%08X", c.sessions)
	return a
}

// start tells of the start of a session and returns it.
func (c *accounting) start(t *testing.T, a peers.Accounting) peers.Accounting {
	t.Helper()
	a = c.session(a)
	c.tell(t, "Start", a)
	return a
}

// tell has a record answered.
func (c *accounting) tell(t *testing.T, status string, a peers.Accounting) {
	t.Helper()
	c.tellTo(t, radiusGateway, status, a)
}

func (c *accounting) tellTo(t *testing.T, server, status string, a peers.Accounting) {
	t.Helper()
	a.Status = status
	c.told = append(c.told, a)
	peers.Account(t, server, radiusSecret, a)
}

// submit has the gateway accept a push to a number, with attributes of its own, and returns its text, which no other push has, and its
// id.
func (c *accounting) submit(t *testing.T, number, attributes string) (text, id string) {
	t.Helper()
	c.pushes++
	text = fmt.Sprintf("push %d for %s", c.pushes, number)
	push := indication(c.gateway, fmt.Sprintf("accounted-%d", c.pushes), c.notifications.URL, c.gateway.Address("+"+number), text)
	push.Attributes = attributes
	accept(t, c.gateway.Client(), push)
	return text, push.ID
}

// push pushes to a number and fails unless it comes to the terminal that is online and to no other, or, if online is "", by SMS.
func (c *accounting) push(t *testing.T, when, number, online string) {
	t.Helper()
	text, id := c.submit(t, number, "")
	c.came(t, when, text, id, number, online)
}

func (c *accounting) came(t *testing.T, when, text, id, number, online string) {
	t.Helper()
	method, want := bySMS, number
	if online != "" {
		method, want = overIP, online
	}
	checkOutcome(t, c.notifications, id, "delivered", "1000", method)
	process.Eventually(t, 5*time.Second, when+": a terminal shows "+text, func() bool { return len(c.handsets.of(text)) > 0 })
	if got := c.handsets.of(text); !slices.Equal(got, []string{want}) {
		t.Errorf("%s: a push to %s is shown by %v, want %s", when, number, got, want)
	}
}

// The GGSN tells by RADIUS accounting who has which address: radclient's messages, straight and through a FreeRADIUS, and a FreeRADIUS
// that they are forwarded to. Whoever has a session gets pushes there, and nobody else gets them.
func TestRADIUS(t *testing.T) {
	t.Parallel()
	isolate(t, []peers.Part{peers.Namespaces, peers.Radclient, peers.FreeRADIUS, peers.Dumpcap, peers.Tshark}, func(t *testing.T) {
		c := &accounting{handsets: newHandsets(t), notifications: initiator.Listen(t)}
		for _, address := range []string{gatewayPDP, firstPDP, secondPDP} {
			peers.Own().IP(t, "addr", "add", address+"/32", "dev", "lo")
		}
		for _, address := range []string{firstPDP, secondPDP} {
			socket, err := net.ListenPacket("udp", address+terminalPort)
			if err != nil {
				t.Fatal(err)
			}
			c.handsets.online(t, address, socket)
		}
		next := peers.StartFreeRADIUSServer(t, radiusNext, radiusSecret)
		peers.StartFreeRADIUSProxy(t, radiusProxy, radiusGateway, radiusSecret)
		c.gateway = newAccountedBox(t, fmt.Sprintf(accounted, radiusNext, pool, gatewayPDP, c.handsets.smsc))
		capture := wire.Start(t, "udp port "+radiusPort)
		c.gateway.Start(t)

		c.push(t, "before anything was told", anna, "")
		annas := c.start(t, annaFirst)
		c.push(t, "after the Start", anna, firstPDP)
		c.tell(t, "Interim-Update", annas)
		c.push(t, "after an Interim-Update", anna, firstPDP)
		c.tell(t, "Stop", c.session(annaFirst))
		c.push(t, "after the Stop of another session", anna, firstPDP)
		c.refused(t, "Stop", annas)
		c.refused(t, "Start", c.session(bertSecond))
		c.push(t, "after a Stop with another secret", anna, firstPDP)
		c.push(t, "after a Start with another secret", bert, "")

		berts := c.start(t, bertFirst)
		c.push(t, "after the address was given to another", anna, "")
		c.push(t, "with the address that another had", bert, firstPDP)
		c.tell(t, "Stop", annas)
		c.push(t, "after the late Stop of the one who had the address", bert, firstPDP)

		c.gateway.Kill(t)
		c.gateway.Start(t)
		c.push(t, "after the gateway was killed", bert, firstPDP)
		c.tell(t, "Stop", berts)
		c.push(t, "after the Stop", bert, "")
		c.tell(t, "Start", berts)
		c.push(t, "after the Start of a session that was stopped", bert, "")
		c.gateway.Kill(t)
		c.gateway.Start(t)
		c.push(t, "after the Stop, and the gateway was killed", bert, "")

		t.Run("through a proxy", func(t *testing.T) { c.throughProxy(t) })
		t.Run("a GGSN begins anew", func(t *testing.T) { c.begunAnew(t) })
		t.Run("repeated while the gateway does not answer", func(t *testing.T) { c.repeated(t) })
		t.Run("the address changes hands under way", func(t *testing.T) { c.underWay(t) })
		c.gateway.Stop(t)
		capture.Stop(t)
		checkAccounting(t, capture)
		c.checkForwarded(t, next)
	})
}

// refused sends a record with another secret, and fails if it is answered.
func (c *accounting) refused(t *testing.T, status string, a peers.Accounting) {
	t.Helper()
	a.Status = status
	if out, err := peers.Own().RadclientCommand(t, radiusGateway, "known to nobody", "0.5", "1", a).CombinedOutput(); err == nil {
		t.Errorf("a record with another secret was answered:\n%s", out)
	}
}

func (c *accounting) throughProxy(t *testing.T) {
	annas := c.session(annaFirst)
	c.tellTo(t, radiusProxy, "Start", annas)
	c.push(t, "after a Start through the proxy", anna, firstPDP)
	c.tellTo(t, radiusProxy, "Stop", annas)
	c.push(t, "after a Stop through the proxy", anna, "")
}

func (c *accounting) begunAnew(t *testing.T) {
	carls := c.start(t, carlSouth)
	for _, status := range []string{"Accounting-On", "Accounting-Off"} {
		c.start(t, annaFirst)
		c.push(t, "before "+status, anna, firstPDP)
		c.tell(t, status, peers.Accounting{GGSN: northGGSN, Session: "00000000"})
		c.push(t, "after "+status, anna, "")
		c.push(t, "after "+status+" of another GGSN", carl, secondPDP)
	}
	c.tell(t, "Stop", carls)
}

// repeated has a record come again under its identifier, before its answer and after it: it tells of one session, and the answers
// are the same.
func (c *accounting) repeated(t *testing.T) {
	pid := c.gateway.PID(t)
	if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	start := c.session(bertSecond)
	start.Status = "Start"
	radclient := process.Start(t, "radclient", peers.Own().RadclientCommand(t, radiusGateway, radiusSecret, "1", "10", start), nil)
	process.Eventually(t, 20*time.Second, "radclient sends the record a second time", func() bool {
		return strings.Count(radclient.Log(), "Sent Accounting-Request") >= 2
	})
	if err := syscall.Kill(pid, syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	if err := radclient.Wait(t, 30*time.Second); err != nil {
		t.Errorf("radclient: %v", err)
	}
	c.told = append(c.told, start)
	c.push(t, "after a Start that came twice", bert, secondPDP)

	// radclient's message, again after it was answered.
	twice, err := net.ListenPacket("udp", radiusTwice)
	if err != nil {
		t.Fatal(err)
	}
	defer twice.Close()
	gateway, err := net.Dial("udp", radiusGateway)
	if err != nil {
		t.Fatal(err)
	}
	defer gateway.Close()
	relayed := make(chan error, 1)
	go func() {
		request, answers := make([]byte, 4096), [2][]byte{}
		n, from, err := twice.ReadFrom(request)
		for i := range answers {
			if err == nil {
				_, err = gateway.Write(request[:n])
			}
			if err == nil {
				answer := make([]byte, 4096)
				_ = gateway.SetReadDeadline(time.Now().Add(2 * time.Second))
				var length int
				length, err = gateway.Read(answer)
				answers[i] = answer[:length]
				if err != nil {
					err = fmt.Errorf("answer %d: %w", i+1, err)
				}
			}
		}
		if err == nil && !bytes.Equal(answers[0], answers[1]) {
			err = fmt.Errorf("the answers are %x and %x", answers[0], answers[1])
		}
		if err == nil {
			_, err = twice.WriteTo(answers[1], from)
		}
		relayed <- err
	}()
	c.tellTo(t, radiusTwice, "Stop", start)
	if err := <-relayed; err != nil {
		t.Errorf("a record that came again: %v", err)
	}
	c.push(t, "after a Stop that came twice", bert, "")
}

// underWay gives the address to another while a push to it waits for its time, and while one has been routed and not been sent.
func (c *accounting) underWay(t *testing.T) {
	annas := c.start(t, annaFirst)
	later := time.Now().Add(2 * time.Second).UTC().Format("2006-01-02T15:04:05Z")
	text, id := c.submit(t, anna, `deliver-after-timestamp="`+later+`"`)
	berts := c.start(t, bertFirst)
	c.came(t, "after the address was given to another before the time of the push", text, id, anna, "")
	c.tell(t, "Stop", annas)
	c.tell(t, "Stop", berts)

	c.start(t, annaFirst)
	routing := c.gateway.Plugin(t, "routing/ipsegment")
	if err := syscall.Kill(routing, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	text, id = c.submit(t, anna, "")
	process.Eventually(t, 10*time.Second, "the push waits for its route", func() bool {
		trace, err := c.gateway.Command("", "trace", "--admin", c.gateway.Admin, id)
		return err == nil && strings.Contains(trace, "encode")
	})
	berts = c.start(t, bertFirst)
	if err := syscall.Kill(routing, syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	c.came(t, "after the address was given to another under way", text, id, anna, "")
	c.push(t, "with the address that changed hands under way", bert, firstPDP)
	c.tell(t, "Stop", berts)
}

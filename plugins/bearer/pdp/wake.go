package pdp

import (
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/ppgbox/ppgbox/sdk/push"
)

// A GGSN that knows the static address of a terminal activates a context when a packet for it comes (3GPP TS 23.060 §9.2.2.2). What
// becomes of that packet is up to the GGSN: it may keep it until there is a context, or drop it. So the packet that wakes a terminal
// is not the push: a push that was sent and dropped would be lost, and one that was kept and sent again would arrive twice.
//
// The plugin contract has no way to tell a bearer of a session that RADIUS accounting knows of. But the gateway asks for the route
// again at each try: the first one wakes the terminal and fails for now, and the next one finds the session and sends the push there.
// A terminal whose system answers packets to a port that nobody listens on tells the same sooner: then the push is sent at once.

// waking is what a sending has whose terminal is woken first.
type waking struct {
	push  []byte // the PDU
	to    netip.AddrPort
	times int           // this one included
	early bool          // the terminal answered while the packet was being written
	awake time.Duration // when the push could be sent, after the beginning; 0 if it can not yet
}

// isAsleep reports whether a sending waits for its terminal to wake up.
func (s *sending) isAsleep() bool { return s.waking != nil && s.waking.awake == 0 }

// wakePacket is what wakes a terminal, sent to the discard port: one octet that says nothing (RFC 863).
var wakePacket = [...]byte{0}

// hold has a sending wake its terminal first.
func (s *sending) hold(port uint16, before int) {
	s.waking = &waking{push: s.datagram, to: s.to, times: before + 1}
	s.datagram = wakePacket[:]
	s.aim(netip.AddrPortFrom(s.to.Addr(), port))
}

// isAwake reports whether a complaint is the answer of the terminal itself to the packet that wakes it.
func (s *sending) isAwake(c complaint) bool {
	return s.isAsleep() && c.from == s.to.Addr() && errors.Is(c.errno, syscall.ECONNREFUSED)
}

// sendNow sends the push to a terminal that was woken. The packet has to be out of the writer's hands.
func (w *way) sendNow(s *sending) {
	w.forget(s)
	s.waking.awake = max(w.p.elapsed()-s.began, 1)
	s.datagram = s.waking.push
	s.aim(s.waking.to)
	s.state = queued
	w.p.await(s, s.deadline)
	w.put(s)
}

// asleep is the outcome of a push whose terminal did not say that it is awake.
func (s *sending) asleep(why string) push.Outcome {
	return push.Outcome{
		Kind: push.OutcomeFailedForNow, Code: codeServiceUnavailable, Text: "the terminal is being woken",
		Cause:     fmt.Sprintf("a packet was sent to %s to wake it, %s; %s", s.to, ordinal(s.waking.times), why),
		Exchanges: s.exchanges(),
	}
}

func ordinal(n int) string {
	if n == 1 {
		return "once"
	}
	return strconv.Itoa(n) + " times so far"
}

// stillAsleep is the outcome of a push whose terminal was woken often enough. A later try begins anew.
func (p *Plugin) stillAsleep(d *push.Delivery, t *target) *push.Outcome {
	p.host.Progress(d.ID, 1, nil)
	return &push.Outcome{
		Kind: push.OutcomeUnreachable, Code: codeServiceFailure, Text: "the terminal does not come online",
		Cause: fmt.Sprintf("no session after packets to %s, %s", t.address, ordinal(t.woken)),
	}
}

// The token of a delivery says how often its terminal was woken for it.
const wokenToken = "woken "

func woken(token []byte) int {
	text, ok := strings.CutPrefix(string(token), wokenToken)
	n, err := strconv.Atoi(text)
	if !ok || err != nil || n < 0 {
		return 0
	}
	return n
}

// tell has the gateway remember that the terminal is being woken.
func (s *sending) tell(p *Plugin) {
	p.host.Progress(s.id, 1, fmt.Appendf(nil, "%s%d", wokenToken, s.waking.times))
}

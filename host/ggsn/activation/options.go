package activation

import (
	"context"
	"errors"
	"net/netip"
	"time"

	"github.com/ppgbox/ppgbox/host/clock"
	"github.com/ppgbox/ppgbox/sdk/gtp"
	"github.com/ppgbox/ppgbox/sdk/hlr"
	"github.com/ppgbox/ppgbox/sdk/node"
	"github.com/ppgbox/ppgbox/sdk/push"
)

// Why a Context does not take a push or a packet. Any other error is that one's alone (node.Failed).
var (
	// ErrGone: the context has ended, nothing was sent.
	ErrGone = errors.New("the context is gone")
	// ErrTooLong: it is longer than the way to the terminal takes, nothing was sent.
	ErrTooLong = errors.New("longer than the way to the terminal takes")
)

// A Context is a PDP context of a terminal that is up. Its methods do not block.
type Context interface {
	// IMSI and APN say whose it is. The operator's part of an access point name may be there or not.
	IMSI() push.IMSI
	APN() string
	// MSISDN is what the SGSN said in the Create, "" for nothing.
	MSISDN() push.MSISDN
	// Push puts a push into the context's tunnel. nil is that it left the node.
	Push(p node.Push) error
	// Packet does the same for an IP packet to the terminal's address.
	Packet(packet []byte) error
}

// Contexts are those of the node, and its addresses. Its methods do not block.
type Contexts interface {
	// ByIMSI returns the context of a subscriber at an access point, which is named without the operator's part and in lower case, as in
	// every call of this package. It has to know a context before Engine.ContextUp is called.
	ByIMSI(imsi push.IMSI, apn string) (Context, bool)
	// Owner says whose an address is: of the context that has it, or of the subscriber to whom it belongs for good. apn may be "".
	Owner(address netip.Addr, apn string) (imsi push.IMSI, at string, ok bool)
	// Reserve keeps an address of the pool for a subscriber until a context takes it or Unreserve is called.
	Reserve(imsi push.IMSI, apn string) (netip.Addr, error)
	// Unreserve gives it back. It does nothing when a context has taken it.
	Unreserve(imsi push.IMSI, apn string)
}

// An HLR says where a subscriber is; [hlr.Finder] is one.
type HLR interface {
	Query(ctx context.Context, q hlr.Question) (hlr.Location, error)
	// Invalidate forgets what is remembered of a subscriber, so that the next question is put to the register.
	Invalidate(q hlr.Question)
}

// A Path sends GTP requests; [gtp.Path] is one. done is called once, unless Send fails.
type Path interface {
	Send(to netip.AddrPort, teid gtp.TEID, m gtp.Message, done func(gtp.Packet, error)) error
}

var (
	_ HLR  = (*hlr.Finder)(nil)
	_ Path = (*gtp.Path)(nil)
)

// A Plan is how a subscriber's context at an access point is activated.
type Plan struct {
	Variant Variant
	// Address is the subscriber's own, for Static. Without it the one that the push names is taken.
	Address netip.Addr
	// Type is what is asked for where the address is left blank, gtp.PDPIPv4 by default.
	Type gtp.PDPType
}

// Options are what an Engine works with. HLR, Path, Contexts, Plan and Address are needed.
type Options struct {
	HLR      HLR
	Path     Path
	Contexts Contexts
	// Plan says how a subscriber is served. False is an access point or a subscriber that is none of this node's.
	Plan func(imsi push.IMSI, apn string) (Plan, bool)
	// APN is that of a push which names none.
	APN string
	// Name is what the trace of a push calls this node, "GGSN" by default.
	Name string
	// Address is the node's own for signalling, as SGSNs see it.
	Address netip.Addr
	// SGSN finds the address of an SGSN that a register names in its own way: a number (E.164) or a free name. False is one that
	// this node may not talk with. Nil takes IP addresses, at port 2123.
	SGSN func(name string) (netip.AddrPort, bool)
	// Extension is the identifier of the private extension with an indication (README.md), gtp.APNExtensionID by default.
	Extension uint16
	// Report tells the HLR that a terminal did not answer, with a Failure Report Request (3GPP TS 29.060 §7.4.3). Nil where the
	// register has no such message.
	Report func(imsi push.IMSI)
	// Event is told that a terminal is present again. Nil is nobody.
	Event  func(node.Event)
	Limits Limits
	// Clock is the machine's by default.
	Clock clock.Clock
}

// Limits bound what waits. A zero value means the default.
type Limits struct {
	// Pushes wait in all, 200,000; PushesPerTerminal for one activation, 32. Beyond, a push ends with node.QueueFull.
	Pushes, PushesPerTerminal int
	// Packets wait for one activation, 8, and PacketOctets in all, 4 MiB. Beyond, a packet is dropped.
	Packets, PacketOctets int
	// ByPackets are activations that packets began and that are under way, 1000: who sends to every address there is does not wake
	// every terminal. Beyond, a packet is dropped.
	ByPackets int
	// Within is how long a push may wait at most, whatever time it has, 5 min; a packet waits as long as Activation.
	Within time.Duration
	// Activation is the time from the SGSN's answer to the context, 45 s: an SGSN asks the terminal five times in 40 s (T3385, 3GPP
	// TS 24.008 §11.2.2).
	Activation time.Duration
	// Queries are put to the HLR at the same time, 256. Each is a goroutine.
	Queries int
	// Pause is the time before a terminal is notified again after a refusal that may pass, 1 s; as many as Retrying may be in that
	// pause, 1000: where everything is refused for now, not everything is asked twice.
	Pause    time.Duration
	Retrying int
	// Hold is how long after a failure a downlink packet, which nobody sent on purpose, does not start the next activation, 30 s.
	Hold time.Duration
	// NotReachable are subscribers whose failure or MNRG flag is kept, 100,000; the oldest make way.
	NotReachable int
}

func (l Limits) complete() Limits {
	for _, n := range [...]struct {
		value    *int
		standard int
	}{
		{&l.Pushes, 200_000},
		{&l.PushesPerTerminal, 32},
		{&l.Packets, 8},
		{&l.PacketOctets, 4 << 20},
		{&l.ByPackets, 1000},
		{&l.Queries, 256},
		{&l.Retrying, 1000},
		{&l.NotReachable, 100_000},
	} {
		if *n.value <= 0 {
			*n.value = n.standard
		}
	}
	for _, d := range [...]struct {
		value    *time.Duration
		standard time.Duration
	}{
		{&l.Within, 5 * time.Minute},
		{&l.Activation, 45 * time.Second},
		{&l.Pause, time.Second},
		{&l.Hold, 30 * time.Second},
	} {
		if *d.value <= 0 {
			*d.value = d.standard
		}
	}
	return l
}

// controlPort is that of GTP-C (3GPP TS 29.060 §10.1.1).
const controlPort = 2123

func (o Options) complete() Options {
	o.Limits = o.Limits.complete()
	if o.SGSN == nil {
		o.SGSN = func(name string) (netip.AddrPort, bool) {
			a, err := netip.ParseAddr(name)
			return netip.AddrPortFrom(a.Unmap(), controlPort), err == nil && a.Zone() == ""
		}
	}
	if o.Name == "" {
		o.Name = "GGSN"
	}
	if o.Extension == 0 {
		o.Extension = gtp.APNExtensionID
	}
	if o.Report == nil {
		o.Report = func(push.IMSI) {}
	}
	if o.Event == nil {
		o.Event = func(node.Event) {}
	}
	if o.Clock == nil {
		o.Clock = clock.System()
	}
	return o
}

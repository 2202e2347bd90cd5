package smsc

import (
	"context"
	"fmt"
	"net"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/ppgbox/ppgbox/sdk/heap"
	"github.com/ppgbox/ppgbox/sdk/smpp"
)

// silent are the terminals that never answer: their segments stay on the air.
const silent = "35850"

// busyMSC answers at once, keeps nothing, and says nothing of silent terminals.
func busyMSC(b *testing.B) *msc {
	m := newMSC(b, nil)
	m.drop = func(p *smpp.SubmitSM) bool { return strings.HasPrefix(p.Destination.Addr, silent) }
	return m
}

// BenchmarkSegments sends pushes of so many segments, of which so many are on the way at a time, through the SMSC and, in turns of some milliseconds, through a relay in its place that
// does nothing but what the codec and its sessions have to: it reads the same submissions, sends the same segments, each when the one
// before is answered, and answers with as long a message_id. Both are in one process with their ESME and their MSC, whose collector is tuned
// as that of "ppgbox smsc" is, so that what else the machine does, and what the collector costs, meets both alike. "percent" is the
// segments a second of the SMSC by those of the relay, "percent-CPU" the CPU time of the relay by that of the SMSC, of all three parts.
func BenchmarkSegments(b *testing.B) {
	go heap.Tune(b.Context())
	for _, on := range []struct{ segments, pushes int }{{1, 1000}, {3, 1000}, {6, 1000}, {1, 100}, {3, 100}, {6, 100}} {
		segments := on.segments
		b.Run(fmt.Sprintf("segments=%d/pushes=%d", segments, on.pushes), func(b *testing.B) {
			payload := text("x", 128*segments-10)
			s := start(b, gatewayESME("window = 100000")+"[[delivery]]\naddress = \"MSC\"\nsystem_id = \"x\"\nwindow = 1000\n", busyMSC(b))
			through := newPump(bind(b, s, "ppg"), payload, on.pushes)
			codec := newPump(relay(b, busyMSC(b), relayed(b, payload)), payload, on.pushes)
			for b.Loop() {
				codec.run(b, benchTurn)
				through.run(b, benchTurn)
			}
			of := float64(segments * codec.pushes)
			b.ReportMetric(of/codec.took.Seconds(), "codec-segments/s")
			b.ReportMetric(of/through.took.Seconds(), "smsc-segments/s")
			b.ReportMetric(100*codec.took.Seconds()/through.took.Seconds(), "percent")
			b.ReportMetric(codec.cpu.Seconds()*1e6/of, "codec-CPU-µs/segment")
			b.ReportMetric(through.cpu.Seconds()*1e6/of, "smsc-CPU-µs/segment")
			b.ReportMetric(100*codec.cpu.Seconds()/through.cpu.Seconds(), "percent-CPU")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// relayed are the segments that the SMSC sends of a push, as its MSC gets them.
func relayed(b *testing.B, payload []byte) []*smpp.SubmitSM {
	m := newMSC(b, delivered)
	s := start(b, gatewayESME(""), m)
	if r := call(b, bind(b, s, "ppg"), pushTo(number(1), payload)); r.Outcome != smpp.Accepted {
		b.Fatalf("%+v", r)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.segments
}

// relay is bound to a server that sends so many segments for every submission, each when the one before is answered, and answers it
// after the last. They are those that the SMSC sends, with the destination and the payload of the submission.
func relay(b *testing.B, m *msc, segments []*smpp.SubmitSM) *smpp.Session {
	b.Helper()
	var batch smpp.Batch
	bound := func(address string, batch *smpp.Batch) *smpp.Session {
		session, err := smpp.Dial(b.Context(), address, smpp.Bind{Mode: smpp.Transceiver}, smpp.ClientConfig{Config: smpp.Config{Window: relayWindow, Batch: batch}})
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(session.Close)
		return session
	}
	out := bound(m.address(), &batch)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	var mu sync.Mutex // of segments
	cfg := smpp.ServerConfig{
		Config: smpp.Config{Batch: &batch, Receive: func(r *smpp.Request) {
			push := r.PDU.(*smpp.DataSM)
			r.PDU = nil
			payload, _ := push.TLVs.Get(smpp.TagMessagePayload)
			next := 0
			var send func(smpp.Result)
			send = func(smpp.Result) {
				if next == len(segments) {
					_ = r.Answer(smpp.StatusOK, &smpp.DataSMResp{MessageID: "6900e000-1e240"})
					return
				}
				mu.Lock()
				defer mu.Unlock()
				p := segments[next]
				next++
				p.Destination = push.Destination
				header := 1 + int(p.ShortMessage[0])
				payload = payload[copy(p.ShortMessage[header:], payload):]
				if err := out.TrySend(p, 0, send); err != nil {
					b.Error(err)
				}
			}
			send(smpp.Result{})
		}},
		Authenticate: func(context.Context, *smpp.Bind, net.Addr) smpp.Status { return smpp.StatusOK },
	}
	ctx, cancel := context.WithCancel(context.Background())
	b.Cleanup(cancel)
	go func() { _ = smpp.Serve(ctx, l, cfg, func(s *smpp.Session) { <-s.Done() }, nil) }()
	return bound(l.Addr().String(), nil)
}

// relayWindow is the window of the relay's sessions, which is never full.
const relayWindow = 10_000

// benchTurn is how many pushes are submitted before the other one has its turn.
const benchTurn = 5000

// A pump submits pushes, each when another one is answered, and adds up how long that takes.
type pump struct {
	session *smpp.Session
	onWay   int      // pushes on the way at a time
	numbers []string // the destinations

	mu     sync.Mutex
	push   *smpp.DataSM // whose destination changes
	pushes int          // that were submitted
	until  int          // as many are to be
	ended  sync.WaitGroup

	took time.Duration
	cpu  time.Duration
}

func newPump(session *smpp.Session, payload []byte, onWay int) *pump {
	p := &pump{session: session, onWay: onWay, push: pushTo("", payload), numbers: make([]string, 100_000)}
	for i := range p.numbers {
		p.numbers[i] = number(i)
	}
	return p
}

// run submits n pushes, onWay at a time, and waits for their answers.
func (p *pump) run(b *testing.B, n int) {
	p.ended.Add(n)
	var done func(r smpp.Result)
	submit := func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		if p.pushes == p.until {
			return
		}
		p.pushes++
		p.push.Destination.Addr = p.numbers[p.pushes%len(p.numbers)]
		if err := p.session.TrySend(p.push, time.Minute, done); err != nil {
			b.Error(err)
			p.ended.Done()
		}
	}
	done = func(r smpp.Result) {
		if r.Outcome != smpp.Accepted {
			b.Errorf("%+v", r)
		}
		submit()
		p.ended.Done()
	}
	p.until = p.pushes + n
	began, before := time.Now(), cpu(b)
	for range p.onWay {
		submit()
	}
	p.ended.Wait()
	p.took += time.Since(began)
	p.cpu += cpu(b) - before
}

// cpu is the CPU time that the process has used. Where others use the machine too, it is steadier than the rate.
func cpu(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkSuspended holds 100,000 transactions on the air and measures how long new pushes of three segments take beside them: half of
// them and 99 of 100 within. bytes/transaction is what the SMSC keeps of a suspended push of three segments, its memory for the two
// connections included; what the ESME and the MSC of the benchmark keep is measured without an SMSC and taken off.
func BenchmarkSuspended(b *testing.B) {
	const suspended = 100_000
	alone := heldBetween(b, suspended)
	m := busyMSC(b)
	s := start(b, gatewayESME("window = 200000\nanswer_within = \"1h\"")+"[transaction]\nwindow = \"1h\"\n"+
		"[[delivery]]\naddress = \"MSC\"\nsystem_id = \"x\"\nwindow = 100000\nresponse_timeout = \"1h\"\n"+
		"[[delivery]]\naddress = \"MSC\"\nsystem_id = \"x\"\nwindow = 1000\nresponse_timeout = \"1h\"\n", m, m)
	session, err := smpp.Dial(b.Context(), s.Address(), smpp.Bind{Mode: smpp.Transceiver, SystemID: "ppg", Password: "secret"},
		smpp.ClientConfig{Config: smpp.Config{Window: 200_000}})
	if err != nil {
		b.Fatal(err)
	}
	defer session.Close()
	before := allocated()
	suspend(b, session, suspended)
	until(b, "all are on the air", func() bool { return s.Suspended() == suspended && int(m.dropped.Load()) == suspended })
	perTransaction := (float64(allocated()-before) - alone) / suspended
	var took []time.Duration
	n := 0
	payload := text("x", 300)
	for b.Loop() {
		began := time.Now()
		if r := call(b, session, pushTo(number(n), payload)); r.Outcome != smpp.Accepted {
			b.Fatalf("%+v", r)
		}
		took = append(took, time.Since(began))
		n++
	}
	slices.Sort(took)
	b.ReportMetric(perTransaction, "bytes/transaction")
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
}

// suspend submits pushes of three segments to as many terminals that do not answer.
func suspend(b *testing.B, session *smpp.Session, n int) {
	payload := text("x", 300)
	for i := range n {
		if err := session.Send(b.Context(), pushTo(fmt.Sprintf("%s%07d", silent, i), payload), time.Hour, func(smpp.Result) {}); err != nil {
			b.Fatal(err)
		}
	}
}

// heldBetween is what an ESME and an MSC keep of requests that are not answered.
func heldBetween(b *testing.B, n int) float64 {
	m := busyMSC(b)
	session, err := smpp.Dial(b.Context(), m.address(), smpp.Bind{Mode: smpp.Transceiver}, smpp.ClientConfig{Config: smpp.Config{Window: n}})
	if err != nil {
		b.Fatal(err)
	}
	defer session.Close()
	before := allocated()
	for i := range n {
		p := segmentsOf(fmt.Sprintf("%s%07d", silent, i), 1, text("x", 300))[0]
		if err := session.Send(b.Context(), p, time.Hour, func(smpp.Result) {}); err != nil {
			b.Fatal(err)
		}
	}
	until(b, "all are there", func() bool { return int(m.dropped.Load()) == n })
	return float64(allocated() - before)
}

func allocated() int64 {
	runtime.GC()
	runtime.GC()
	var s runtime.MemStats
	runtime.ReadMemStats(&s)
	return int64(s.HeapAlloc)
}

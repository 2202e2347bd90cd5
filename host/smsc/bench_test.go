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

// BenchmarkSegments sends pushes of so many segments through the SMSC. Beside it stands what the codec and its sessions alone do on
// this machine: with the same PDUs in the same order over the same links and a relay between that does nothing else ("codec"), and with
// single segments from the same ESME to the same MSC ("direct"). All of it is one process, whose collector is tuned as that of "ppgbox smsc" is.
func BenchmarkSegments(b *testing.B) {
	go heap.Tune(b.Context())
	b.Run("direct", func(b *testing.B) {
		m := busyMSC(b)
		session, err := smpp.Dial(b.Context(), m.address(), smpp.Bind{Mode: smpp.Transceiver}, smpp.ClientConfig{Config: smpp.Config{Window: benchWindow}})
		if err != nil {
			b.Fatal(err)
		}
		defer session.Close()
		p := segmentsOf(number(1), 1, text("x", 300))[0]
		p.TLVs = smpp.TLVs{{Tag: smpp.TagMoreMessagesToSend, Value: []byte{1}}}
		pump(b, session, 1, benchWindow, func(int) smpp.PDU { return p })
	})
	for _, segments := range []int{1, 3, 6} {
		payload := text("x", 128*segments-10)
		push := func(n int) smpp.PDU { return pushTo(number(n%100_000), payload) }
		b.Run(fmt.Sprintf("codec/segments=%d", segments), func(b *testing.B) {
			pump(b, relay(b, busyMSC(b), segmentsOf(number(1), 1, payload)), segments, benchWindow, push)
		})
		b.Run(fmt.Sprintf("smsc/segments=%d", segments), func(b *testing.B) {
			s := start(b, gatewayESME("window = 100000")+"[[delivery]]\naddress = \"MSC\"\nsystem_id = \"x\"\nwindow = 1000\n", busyMSC(b))
			pump(b, bind(b, s, "ppg"), segments, benchWindow, push)
		})
	}
}

// relay is bound to a server that sends the same segments for every submission, each when the one before is answered, and answers it
// after the last.
func relay(b *testing.B, m *msc, segments []*smpp.SubmitSM) *smpp.Session {
	b.Helper()
	bound := func(address string) *smpp.Session {
		session, err := smpp.Dial(b.Context(), address, smpp.Bind{Mode: smpp.Transceiver}, smpp.ClientConfig{Config: smpp.Config{Window: 10 * benchWindow}})
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(session.Close)
		return session
	}
	out := bound(m.address())
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	cfg := smpp.ServerConfig{
		Config: smpp.Config{Receive: func(r *smpp.Request) {
			r.PDU = nil
			next := 0
			var send func(smpp.Result)
			send = func(smpp.Result) {
				if next == len(segments) {
					_ = r.Answer(smpp.StatusOK, &smpp.DataSMResp{MessageID: "m"})
					return
				}
				p := segments[next]
				next++
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
	return bound(l.Addr().String())
}

// benchWindow is how many segments are on the way to the MSC at a time.
const benchWindow = 1000

// pump submits b.N messages, so many at a time, and reports the segments a second.
func pump(b *testing.B, session *smpp.Session, segments, window int, pdu func(n int) smpp.PDU) {
	var answers sync.WaitGroup
	places := make(chan struct{}, window)
	done := func(r smpp.Result) {
		if r.Outcome != smpp.Accepted {
			b.Errorf("%+v", r)
		}
		<-places
		answers.Done()
	}
	n, before := 0, cpu(b)
	for b.Loop() {
		places <- struct{}{}
		answers.Add(1)
		if err := session.Send(b.Context(), pdu(n), time.Minute, done); err != nil {
			b.Fatal(err)
		}
		n++
	}
	answers.Wait()
	b.ReportMetric(float64(n*segments)/b.Elapsed().Seconds(), "segments/s")
	b.ReportMetric(float64((cpu(b)-before).Nanoseconds())/1000/float64(n*segments), "CPU-µs/segment")
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

package smpp

import (
	"context"
	"net"
	"sync"
	"testing"
)

func segment() *SubmitSM {
	return &SubmitSM{
		ServiceType: "WAP", Source: Address{TONAbbreviated, NPIUnknown, "560"}, Destination: Address{TONInternational, NPIISDN, "358401234567"},
		ESMClass: ModeTransaction | FeatureUDHI, DataCoding: DataCodingWAPClass, ShortMessage: make([]byte, 140),
		TLVs: TLVs{{TagMoreMessagesToSend, []byte{1}}},
	}
}

func BenchmarkAppendSubmitSM(b *testing.B) {
	p := segment()
	var buf []byte
	b.ReportAllocs()
	for b.Loop() {
		var err error
		if buf, err = Append(buf[:0], StatusOK, 1, p); err != nil {
			b.Fatal(err)
		}
	}
}

func benchmarkDecode(b *testing.B, p PDU) {
	frame, err := Append(nil, StatusOK, 1, p)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := Decode(frame); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDecodeSubmitSM(b *testing.B) { benchmarkDecode(b, segment()) }

func BenchmarkDecodeSubmitSMResp(b *testing.B) {
	benchmarkDecode(b, &SubmitSMResp{MessageID: "6d31303030303030"})
}

// BenchmarkSession is a client and a server in this process over loopback TCP: one submit_sm of 140 octets of user data each, answered at once.
func BenchmarkSession(b *testing.B) {
	for _, window := range []struct {
		name string
		n    int
	}{{"window=16", 16}, {"window=256", 256}, {"window=4096", 4096}} {
		b.Run(window.name, func(b *testing.B) {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				b.Fatal(err)
			}
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			server := ServerConfig{Config: Config{Receive: func(r *Request) {
				if err := r.Answer(StatusOK, &SubmitSMResp{MessageID: "6d31303030303030"}); err != nil {
					b.Error(err)
				}
			}}, Authenticate: func(context.Context, *Bind, net.Addr) Status { return StatusOK }}
			ended := make(chan struct{})
			go func() {
				_ = Serve(ctx, l, server, func(s *Session) { <-s.Done(); close(ended) }, nil)
			}()
			s, err := Dial(ctx, l.Addr().String(), Bind{Mode: Transceiver}, ClientConfig{Config: Config{Window: window.n}})
			if err != nil {
				b.Fatal(err)
			}
			p := segment()
			var wg sync.WaitGroup
			done := func(r Result) {
				if r.Outcome != Accepted {
					b.Error(r)
				}
				wg.Done()
			}
			b.ReportAllocs()
			for b.Loop() {
				wg.Add(1)
				if err := s.Send(ctx, p, 0, done); err != nil {
					b.Fatal(err)
				}
			}
			wg.Wait()
			if err := s.Unbind(ctx); err != nil {
				b.Fatal(err)
			}
			<-ended
		})
	}
}

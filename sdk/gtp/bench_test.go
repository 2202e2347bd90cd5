package gtp

import "testing"

func benchmark(b *testing.B, name string) {
	for _, v := range vectors() {
		if v.name != name {
			continue
		}
		octets := unhex(b, v.hex)
		b.Run("append", func(b *testing.B) {
			b.ReportAllocs()
			var buf []byte
			for b.Loop() {
				var err error
				if buf, err = Append(buf[:0], v.header, v.message); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run("parse", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Parse(octets); err != nil {
					b.Fatal(err)
				}
			}
		})
		return
	}
	b.Fatalf("no vector %q", name)
}

func BenchmarkSendRouteingInfoResponse(b *testing.B) {
	benchmark(b, "send routeing information response with SGSN")
}
func BenchmarkPDUNotificationRequest(b *testing.B)  { benchmark(b, "PDU notification request") }
func BenchmarkCreatePDPContextRequest(b *testing.B) { benchmark(b, "create PDP context request") }
func BenchmarkGPDU(b *testing.B)                    { benchmark(b, "G-PDU") }

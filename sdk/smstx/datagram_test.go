package smstx

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/ppgbox/ppgbox/sdk/wdp"
)

func TestDatagramIsCutAsTheTransportCuts(t *testing.T) {
	ports := wdp.Ports{Destination: wdp.PortPush, Source: wdp.PortWSP}
	for _, wide := range []bool{false, true} {
		for _, size := range []int{0, 1, 127, 128, 133, 134, 254, 255, 256, 257, 255 * 127, 255 * 128} {
			t.Run(fmt.Sprint(size, wide), func(t *testing.T) {
				payload := make([]byte, size)
				for i := range payload {
					payload[i] = byte(i * 7)
				}
				d := &Datagram{Payload: payload, Ports: ports, Reference: wdp.Reference{Number: 0xAB, Wide: wide}}
				want, err := wdp.Segment(payload, ports, d.Reference)
				if err != nil {
					if d.Len() <= MaxSegments {
						t.Errorf("%d segments, but %v", d.Len(), err)
					}
					return
				}
				if d.Len() != len(want) {
					t.Fatalf("%d segments, want %d", d.Len(), len(want))
				}
				for i, w := range want {
					if got := d.UserData(i); !bytes.Equal(got, w) {
						t.Errorf("segment %d: % x, want % x", i, got, w)
					}
				}
			})
		}
	}
}

package pdp

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/ppgbox/ppgbox/sdk/push"
	"github.com/ppgbox/ppgbox/sdk/wsp"
)

func appID(v string) []push.Header { return []push.Header{{Name: "X-Wap-Application-Id", Value: v}} }

// The head of a push is that of its own headers, however often it is asked for and whatever was asked for before.
func TestHeads(t *testing.T) {
	tests := []struct {
		name string
		m    push.Message
	}{
		{"no header", push.Message{ContentType: "text/vnd.wap.si"}},
		{"a header", push.Message{ContentType: "text/vnd.wap.si", Headers: appID("mms.ua")}},
		{"another value", push.Message{ContentType: "text/vnd.wap.si", Headers: appID("wml.ua")}},
		{"another type", push.Message{ContentType: "text/vnd.wap.sl", Headers: appID("wml.ua")}},
		{"two headers", push.Message{ContentType: "text/vnd.wap.si", Headers: append(appID("a"), push.Header{Name: "Content-Language", Value: "sv"})}},
		{"one that reads like two", push.Message{ContentType: "text/vnd.wap.si", Headers: appID("aContent-Languagesv")}},
		{"long", push.Message{ContentType: "text/vnd.wap.si", Headers: appID(strings.Repeat("x", maxHeadKey))}},
		{"long, and another", push.Message{ContentType: "text/vnd.wap.si", Headers: appID(strings.Repeat("y", maxHeadKey))}},
		{"what does not go over the air", push.Message{ContentType: "text/vnd.wap.si", Headers: []push.Header{{Name: "Authorization", Value: "x"}}}},
	}
	var h heads
	for range 2 {
		for _, tt := range tests {
			got, err := h.of(tt.m)
			want, wantErr := wsp.EncodePush(wsp.Push{ContentType: tt.m.ContentType, Headers: airHeaders(tt.m.Headers)}, 0)
			if !bytes.Equal(got, want) || fmt.Sprint(err) != fmt.Sprint(wantErr) {
				t.Errorf("%s: got %x, %v; want %x, %v", tt.name, got, err, want, wantErr)
			}
		}
	}
}

func TestHeadsAreBounded(t *testing.T) {
	var h heads
	for i := range 3 * maxHeads {
		if _, err := h.of(push.Message{ContentType: "text/plain", Headers: appID(fmt.Sprint("a", i))}); err != nil {
			t.Fatal(err)
		}
		if len(h.known) > maxHeads {
			t.Fatalf("%d heads are kept", len(h.known))
		}
	}
	if _, err := h.of(push.Message{ContentType: "text/plain", Headers: appID(strings.Repeat("x", maxHeadKey))}); err != nil || cap(h.key) > 0 {
		t.Errorf("a long key is kept, %v", err)
	}
}

// A datagram is its own: the transaction id and the data of one push are not in another of the same head.
func TestDatagramsDoNotShare(t *testing.T) {
	p := New()
	p.config.maxOctets = defaultMaxOctets
	one, two := delivery("1", "", "127.0.0.1"), delivery("2", "", "127.0.0.1")
	two.Message.Body = []byte("another")
	a, _ := p.prepare(&one)
	b, _ := p.prepare(&two)
	for i, s := range []*sending{a, b} {
		got, err := wsp.DecodePush(s.datagram)
		want := []push.Delivery{one, two}[i].Message.Body
		if err != nil || int(got.TID) != i+1 || !bytes.Equal(got.Data, want) {
			t.Errorf("push %d is %+v, %v", i+1, got, err)
		}
	}
}

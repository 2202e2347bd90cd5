package pushclient

import (
	"bytes"
	"net/netip"
	"slices"
	"testing"

	"github.com/ppgbox/ppgbox/contrib/handset"
	"github.com/ppgbox/ppgbox/sdk/wsp"
)

func contentOf(t *testing.T, p wsp.Push) *handset.Content {
	t.Helper()
	pdu, err := wsp.EncodePush(p, 0)
	if err != nil {
		t.Fatal(err)
	}
	c, err := handset.Decode(pdu)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// Names that come over the air become no other variables than those of pushes.
func TestEnvironment(t *testing.T) {
	got := environment(netip.MustParseAddrPort("10.0.0.1:9200"), &handset.Content{
		Type: "text/plain", Headers: []handset.Detail{{Name: "LD_PRELOAD", Value: "x"}, {Name: "a=b", Value: "c\x00d"}, {Name: "Ä", Value: ""}},
	})
	want := []string{
		"PUSH_FROM=10.0.0.1:9200", "PUSH_CONTENT_TYPE=text/plain", "PUSH_APPLICATION=x-wap-application:wml.ua",
		"PUSH_HEADER_LD_PRELOAD=x", "PUSH_HEADER_A_B=cd", "PUSH_HEADER__=",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestOutputIsBounded(t *testing.T) {
	var o output
	for range 3 {
		if n, err := o.Write(bytes.Repeat([]byte("x"), longestOutput/2+1)); n != longestOutput/2+1 || err != nil {
			t.Fatal(n, err)
		}
	}
	if len(o.kept) != longestOutput {
		t.Errorf("%d octets", len(o.kept))
	}
}

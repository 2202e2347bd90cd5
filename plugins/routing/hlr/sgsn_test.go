package hlr

import (
	"testing"

	"github.com/ppgbox/ppgbox/sdk/plugin"
)

func TestPlaces(t *testing.T) {
	const table = osmohlr + `
sgsn = [
  { sgsn = "46701000001", node = "exact" },
  { sgsn = ["467010*", "+358*"], node = "beginning", apn = "internet" },
  { sgsn = ["10.23.0.7", "2001:db8::1"], node = "address" },
  { sgsn = ["10.23.0.0/24", "2001:db8::/32"], node = "range" },
  { sgsn = ["SGSN-A", "sgsn.north*"], node = "name" },
]
`
	for _, tt := range []struct{ name, sgsn, node string }{
		{"a number", "46701000001", "exact"},
		{"a number with its plus", "+46701000001", "exact"},
		{"the beginning of a number, in a later row", "46701000002", "beginning"},
		{"a beginning that was written with a plus", "358401", "beginning"},
		{"what a beginning is itself", "467010", "beginning"},
		{"less than a beginning", "46701", ""},
		{"an exact number is no beginning", "467990", ""},
		{"an address before its range", "10.23.0.7", "address"},
		{"an address in another spelling", "::ffff:10.23.0.7", "address"},
		{"an IPv6 address in another spelling", "2001:DB8:0::1", "address"},
		{"a range", "10.23.0.8", "range"},
		{"a range of mapped addresses", "::ffff:10.23.0.8", "range"},
		{"an IPv6 range", "2001:db8::2", "range"},
		{"beside the range", "10.23.1.1", ""},
		{"a name", "SGSN-A", "name"},
		{"a name in other case", "sgsn-a", "name"},
		{"more than the name", "SGSN-AB", ""},
		{"the beginning of a name", "SGSN.NORTH.3", "name"},
		{"nothing", "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, err := parseConfig(plugin.Config{TOML: []byte(table)})
			if err != nil {
				t.Fatal(err)
			}
			if got, ok := c.places.of(tt.sgsn); got.node != tt.node || ok != (tt.node != "") {
				t.Errorf("got %+v, %v; want %q", got, ok, tt.node)
			}
			c.places.rest = place{node: "rest", apn: "a"}
			if got, ok := c.places.of(tt.sgsn); !ok || tt.node == "" && got != c.places.rest || tt.node != "" && got.node != tt.node {
				t.Errorf("with a default node: got %+v, %v; want %q", got, ok, tt.node)
			}
		})
	}
}

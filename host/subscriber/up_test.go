package subscriber

import (
	"fmt"
	"reflect"
	"testing"

	"github.com/ppgbox/ppgbox/sdk/push"
)

// Whoever wants to know hears of every terminal that gets an address, by the names that pushes to it may wait under, and of nothing
// that changes no address.
func TestUp(t *testing.T) {
	var heard []string
	w := newTown(t, func(o *Options) {
		o.Up = func(s push.Subscriber) {
			heard = append(heard, fmt.Sprintf("%s %s %s", s.Address.Value, s.MSISDN, s.IMSI))
		}
	})
	w.enter(somebody("al@push.example alias@push.example"))
	home, away := key("g", "10.0.0.1"), key("g", "10.0.0.2")
	for _, tt := range []struct {
		what string
		do   func()
		want []string
	}{
		{"a Start", func() { w.begin(home, "x "+alice+" 244910000000001") }, []string{" " + alice + " 244910000000001"}},
		{"an Interim-Update", func() { w.begin(home, "x "+alice) }, nil},
		{"a Start at the same address", func() { w.begin(home, "y "+alice) }, []string{" " + alice + " "}},
		{"a Stop", func() { w.end(home, "y") }, nil},
		{"a registration", func() { w.register("alias@push.example", "", away) }, []string{"al@push.example  "}},
		{"another device", func() { w.register("al@push.example", "phone", home) }, []string{"al@push.example  ", "al@push.example/phone  "}},
	} {
		heard = nil
		tt.do()
		if !reflect.DeepEqual(heard, tt.want) {
			t.Errorf("%s: heard %q, want %q", tt.what, heard, tt.want)
		}
	}
}

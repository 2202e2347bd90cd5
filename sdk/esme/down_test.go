package esme

import (
	"fmt"
	"net"
	"os"
	"syscall"
	"testing"

	"github.com/ppgbox/ppgbox/sdk/smpp"
)

func TestWhyTellsMost(t *testing.T) {
	ls := linksOf(t, File{Address: "a:1"}, File{Address: "b:1"}, File{Address: "c:1"})
	a, b, c := ls.all[0].keepers[0], ls.all[1].keepers[0], ls.all[2].keepers[0]
	refused := &net.OpError{Op: "dial", Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}
	for _, tt := range []struct {
		name  string
		a, b  error
		bound []*keeper
		want  string
	}{
		{"none bound yet", nil, nil, nil, "3 of 3 links are not bound: a:1: the link was lost"},
		{"one of three", fmt.Errorf("smpp: dial: %w", refused), nil, []*keeper{b, c}, "1 of 3 links are not bound: a:1: connection refused"},
		{"a refusal tells more", refused, &smpp.BindError{Status: smpp.StatusInvSysID}, []*keeper{c}, "2 of 3 links are not bound: b:1: bind refused: ESME_RINVSYSID"},
		{
			"a name", fmt.Errorf("smpp: dial: %w", &net.OpError{Op: "dial", Err: &net.DNSError{Err: "no such host", Name: "a"}}), nil,
			[]*keeper{b, c},
			"1 of 3 links are not bound: a:1: lookup a: no such host",
		},
		{"lost", smpp.ErrPeerClosed, nil, []*keeper{b, c}, "1 of 3 links are not bound: a:1: the peer closed the connection without unbind"},
		{"all bound", nil, nil, []*keeper{a, b, c}, ""},
	} {
		for _, k := range []*keeper{a, b, c} {
			k.session = nil
		}
		for _, k := range tt.bound {
			k.session = &smpp.Session{}
		}
		a.down, b.down = a.downAfter(tt.a), b.downAfter(tt.b)
		if got := ls.Why(); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
	only := linksOf(t, File{Address: "a:1"})
	only.all[0].keepers[0].down = a.downAfter(refused)
	if got := only.Why(); got != "a:1: connection refused" {
		t.Errorf("the only link: %q", got)
	}
	both := linksOf(t, File{Address: "a:1", Bind: bindBoth, ReceiverAddress: "a:2"})
	k := both.all[0].keepers
	k[0].session, k[1].down = &smpp.Session{}, k[1].downAfter(refused)
	if got, want := both.Why(), "1 of 2 links are not bound: a:2 (receiver): connection refused"; got != want {
		t.Errorf("a receiver: %q, want %q", got, want)
	}
}

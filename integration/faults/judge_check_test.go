package faults

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/ppgbox/ppgbox/sdk/wsp"
)

// The judge finds what it is there for: every row breaks one promise in a run that keeps the others.
func TestJudge(t *testing.T) {
	start := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	at := func(seconds float64) time.Time { return start.Add(time.Duration(seconds * float64(time.Second))) }
	tests := []struct {
		name   string
		change func(*run, *sent)
		says   string // of the only complaint, "" for none
	}{
		{"nothing", func(*run, *sent) {}, ""},
		{"no notification", func(r *run, s *sent) { delete(r.pi.of, s.id) }, "never with success"},
		{"none acknowledged", func(r *run, s *sent) { r.pi.of[s.id][0].acknowledged = false }, "never with success"},
		{"told another state", func(r *run, s *sent) { r.pi.of[s.id][0].state = "expired" }, "its state is delivered"},
		{"delivered and not shown", func(r *run, _ *sent) { r.network.shown = nil }, "has not shown it"},
		{"told again without a reason", func(r *run, s *sent) {
			r.pi.of[s.id] = append(r.pi.of[s.id], &told{body: "done", state: "delivered", at: at(9), acknowledged: true})
		}, "reported again after it was acknowledged"},
		{"told again after a kill", func(r *run, s *sent) {
			r.pi.of[s.id] = append(r.pi.of[s.id], &told{body: "done", state: "delivered", at: at(9), acknowledged: true})
			r.hostFaults = []window{{at(5), at(6)}}
		}, ""},
		{"told again with other words", func(r *run, s *sent) {
			r.pi.of[s.id] = append(r.pi.of[s.id], &told{body: "Done", state: "delivered", at: at(9)})
			r.hostFaults = []window{{at(5), at(6)}}
		}, "with different words"},
		{"another text is shown", func(r *run, _ *sent) {
			r.network.shown = append(r.network.shown, screen{to: "+46701", link: "http://p.example/p", text: "hullo"})
		}, "shows"},
		{"shown by another terminal", func(r *run, s *sent) {
			r.network.shown = append(r.network.shown, screen{to: "+46702", link: s.href(), text: s.text})
		}, "shows"},
		{"sent again without a reason", func(r *run, _ *sent) { again(r, at(2)) }, "no answer was lost"},
		{"sent again after the answer was lost", func(r *run, _ *sent) {
			a := r.link.air.all[0]
			a.answered, a.lost = time.Time{}, at(1.5)
			again(r, at(2))
		}, ""},
		{"sent again after a kill", func(r *run, _ *sent) { r.smsFaults = []window{{at(1.5), at(1.8)}}; again(r, at(2)) }, ""},
		{"sent again after it was refused for now", func(r *run, _ *sent) { r.link.air.all[0].status = 0x58; again(r, at(2)) }, ""},
		{"sent again after its result was told", func(r *run, _ *sent) { r.smsFaults = []window{{at(1.5), at(1.8)}}; again(r, at(4)) }, "after its result was reported"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := &sent{id: "p", to: "+46701", text: "hello", accepted: at(0)}
			r := &run{t: t, network: &network{}, link: &link{air: newAir()}, pi: &listener{of: map[string][]*told{}}, burst: &burst{pushes: []*sent{s}}}
			r.network.shown = []screen{{to: "46701", link: s.href(), text: s.text, at: at(1)}}
			r.pi.of[s.id] = []*told{{body: "done", state: "delivered", at: at(3), acknowledged: true}}
			r.link.air.all = []*submission{{to: "46701", data: indication(t, s), at: at(0.5), answered: at(1)}}
			test.change(r, s)
			v := &verdict{}
			r.weigh(v, map[string][]string{s.id: {"delivered"}})
			said := strings.Join(v.problems, "\n")
			if (test.says == "") != (said == "") || !strings.Contains(said, test.says) {
				t.Errorf("the judge says %q, want something with %q", said, test.says)
			}
		})
	}
}

// again submits the first SMS again, and it is answered.
func again(r *run, at time.Time) {
	first := r.link.air.all[0]
	r.link.air.all = append(r.link.air.all, &submission{to: first.to, data: first.data, at: at, answered: at.Add(time.Second / 10)})
}

// indication is the push as the user data of one SMS, with the ports of WAP push (WAP-259 §6.5).
func indication(t *testing.T, s *sent) string {
	t.Helper()
	// An SI in WBXML (WAP-192, WAP-167): si, indication href, text.
	wbxml := "\x02\x05\x6a\x00\x45\xc6\x0b\x03" + s.href() + "\x00\x01\x03" + s.text + "\x00\x01\x01"
	pdu, err := wsp.EncodePush(wsp.Push{TID: 7, ContentType: "application/vnd.wap.sic", Data: []byte(wbxml)}, 0)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("\x06\x05\x04\x0b\x84\x23\xf0%s", pdu)
}

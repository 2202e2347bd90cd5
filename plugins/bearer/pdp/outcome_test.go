package pdp

import (
	"errors"
	"fmt"
	"os"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/ppgbox/ppgbox/sdk/push"
)

const sources = `max_octets = 65507
node = [{ name = "ggsn1", source = "127.0.0.1" }, { name = "away", source = "192.0.2.1" }, { name = "six", source = "::1" },
        { name = "tunnel", interface = "nosuch0" }, { name = "foreign", source = "127.0.0.1", activation = "packet" }]`

func withBody(d push.Delivery, octets int) push.Delivery {
	d.Message.Body = make([]byte, octets)
	return d
}

func failing(err error) func(*testing.T, *Plugin, *radio) {
	return func(_ *testing.T, _ *Plugin, r *radio) { r.fail = func(*sending) error { return err } }
}

// expired is a session whose time is over.
func expired() push.Delivery {
	d := delivery("", "ggsn1", "127.0.0.1")
	d.Route.Session.Expires = time.Now().Add(-time.Second)
	return d
}

// fixed is a push to a terminal whose address is static, with the token of the try before.
func fixed(token string) push.Delivery {
	d := to(push.PLMN, "+46700000009")
	d.Route.Node, d.Token = "foreign", []byte(token)
	return d
}

func to(kind push.AddressType, value string) push.Delivery {
	return push.Delivery{Message: message, Timeout: time.Minute, Terminal: push.Subscriber{Address: push.Address{Type: kind, Value: value}}}
}

// Every row of the table in README.md, by its first column. Those with a radio happen to a link that fails as told, the others to
// the kernel.
func TestOutcomes(t *testing.T) {
	broken := delivery("", "ggsn1", "127.0.0.1")
	broken.Message.Headers = []push.Header{{Name: "X-Wap-Content-URI", Value: "a\x00b"}}
	several := to(push.PLMN, "+46700000001")
	several.Terminal.Sessions = []push.Session{*online("127.0.0.1"), *online("127.0.0.2")}
	tests := []struct {
		row      string
		delivery push.Delivery
		radio    func(*testing.T, *Plugin, *radio)
		code     int
		kind     push.OutcomeKind
	}{
		{"sent, and no error came in `listen_for_errors`", delivery("", "ggsn1", "127.0.0.1"), func(*testing.T, *Plugin, *radio) {}, 1000, push.OutcomeAccepted},
		{"no session in the route, and nobody to wake the terminal", to(push.PLMN, "+46700000001"), nil, 4000, push.OutcomeUnreachable},
		{"no session in the route, and nobody to wake the terminal", several, nil, 4000, push.OutcomeUnreachable},
		{"the session has expired", expired(), nil, 4000, push.OutcomeUnreachable},
		{"port unreachable: the terminal does not listen", delivery("", "ggsn1", "127.0.0.1"), nil, 4000, push.OutcomeUnreachable},
		{"port unreachable: the terminal does not listen", delivery("", "six", "::1"), nil, 4000, push.OutcomeUnreachable},
		{"host unreachable, or sending to it is prohibited", delivery("", "ggsn1", "127.0.0.1"), failing(syscall.EHOSTUNREACH), 4000, push.OutcomeUnreachable},
		// The broadcast of the loopback's network.
		{"host unreachable, or sending to it is prohibited", delivery("", "ggsn1", "127.255.255.255"), nil, 4000, push.OutcomeUnreachable},
		{"network unreachable, no route to it", delivery("", "ggsn1", "127.0.0.1"), failing(syscall.ENETUNREACH), 4000, push.OutcomeUnreachable},
		{"network down: the interface is down or gone", delivery("", "ggsn1", "127.0.0.1"), failing(syscall.ENETDOWN), 4001, push.OutcomeFailedForNow},
		{"network down: the interface is down or gone", delivery("", "ggsn1", "127.0.0.1"), failing(syscall.ENODEV), 4001, push.OutcomeFailedForNow},
		{"the source address is not on this machine, its port is taken, the interface is not there or takes root", delivery("", "away", "127.0.0.1"), nil, 4001, push.OutcomeFailedForNow},
		{"the source address is not on this machine, its port is taken, the interface is not there or takes root", delivery("", "tunnel", "127.0.0.1"), nil, 4001, push.OutcomeFailedForNow},
		{"longer than `max_octets`", withBody(delivery("", "ggsn1", "127.0.0.1"), 65507), nil, 4000, push.OutcomeRefused},
		// The loopback takes packets of 65536 octets, an IPv6 packet and UDP have 48 octets of headers.
		{"longer than the path to the terminal takes", withBody(delivery("", "six", "::1"), 65490), nil, 4000, push.OutcomeRefused},
		{"the node is not in the configuration, or has no source for IPv4 or IPv6", delivery("", "ggsn9", "127.0.0.1"), nil, 4000, push.OutcomeRefused},
		{"the node is not in the configuration, or has no source for IPv4 or IPv6", delivery("", "ggsn1", "::1"), nil, 4000, push.OutcomeRefused},
		{"the address is not that of a terminal", to(push.IPv4, "224.0.0.1"), nil, 2002, push.OutcomeRefused},
		{"the address is not that of a terminal", to(push.IPv6, "::"), nil, 2002, push.OutcomeRefused},
		{"the address is not that of a terminal", to(push.IPv4, "255.255.255.255"), nil, 2002, push.OutcomeRefused},
		{"the address is not that of a terminal", delivery("", "ggsn1", "::ffff:224.0.0.1"), nil, 2002, push.OutcomeRefused},
		{"headers or content type can not be written as WSP", broken, nil, 3006, push.OutcomeRefused},
		{"any other error of the kernel", delivery("", "ggsn1", "127.0.0.1"), failing(syscall.ENOBUFS), 4001, push.OutcomeFailedForNow},
		{"a packet was sent to wake the terminal, and it has not shown itself", fixed(""), func(*testing.T, *Plugin, *radio) {}, 4001, push.OutcomeFailedForNow},
		{"the same, `wakes` times", fixed("woken 2"), func(*testing.T, *Plugin, *radio) {}, 4000, push.OutcomeUnreachable},
		{
			"the time of the delivery was over, it was cancelled or the bearer stopped, before it was sent", delivery("", "ggsn1", "127.0.0.1"),
			func(t *testing.T, p *Plugin, r *radio) { r.held = make(chan struct{}); holdBefore(t, p, r) }, 4001, push.OutcomeFailedForNow,
		},
		{
			"the same, while it was being sent", delivery("", "ggsn1", "127.0.0.1"),
			func(_ *testing.T, p *Plugin, r *radio) { r.held = make(chan struct{}); cancelWhile(p) }, 4000, push.OutcomeUnknown,
		},
	}
	file := fmt.Sprintf("static_file = %q\nactivation_wait = \"10ms\"\n", written(t, "static.csv", "+46700000009,10.46.0.1,foreign"))
	said := table(t)
	walked := map[string]bool{}
	for i, tt := range tests {
		t.Run(fmt.Sprint(i, " ", tt.row), func(t *testing.T) {
			r := newRadio()
			p, g := configured(t, ports(deafFor(t), "listen_for_errors = \"200ms\"\n"+file+sources), nil)
			if tt.radio != nil {
				r.use(p)
				tt.radio(t, p, r)
			}
			tt.delivery.ID = "d"
			p.Start(tt.delivery)
			o := g.next(t)
			for o.id != "d" {
				o = g.next(t)
			}
			if r.held != nil {
				close(r.held)
			}
			got := o.outcome
			if code := defaultCode(got); got.Kind != tt.kind || code != tt.code || got.Cause == "" && got.Text == "" {
				t.Errorf("got %+v, code %d; want %v, %d", got, code, tt.kind, tt.code)
			}
			if want := fmt.Sprintf("%s | %d", tt.kind, tt.code); said[tt.row] != want {
				t.Errorf("README.md says %q; want %q", said[tt.row], want)
			}
		})
		walked[tt.row] = true
	}
	for row := range said {
		if !walked[row] {
			t.Errorf("no test walks through %q of README.md", row)
		}
	}
}

// holdBefore fills the way with a push that the link does not finish, so that the next stays in the queue, and cancels that.
func holdBefore(t *testing.T, p *Plugin, _ *radio) {
	p.Start(delivery("first", "ggsn1", "127.0.0.1"))
	until(t, p, func() bool { return p.sendings.find("first").state == writing })
	go func() {
		wait(p, func() bool { return p.sendings.find("d") != nil })
		p.Cancel("d")
	}()
}

// cancelWhile cancels the push when the link has it.
func cancelWhile(p *Plugin) {
	go func() {
		wait(p, func() bool { s := p.sendings.find("d"); return s != nil && s.state == writing })
		p.Cancel("d")
	}()
}

// wait polls for something to be true of a bearer, until patience ends.
func wait(p *Plugin, what func() bool) bool {
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(time.Millisecond) {
		p.mu.Lock()
		ok := what()
		p.mu.Unlock()
		if ok {
			return true
		}
	}
	return false
}

func until(t *testing.T, p *Plugin, what func() bool) {
	t.Helper()
	if !wait(p, what) {
		t.Fatal("it does not happen")
	}
}

// deafFor is a port that is free at both loopback addresses.
func deafFor(t *testing.T) int { return deaf(t, "::") }

// defaultCode is the PAP code of an outcome, as the gateway has it for one without.
func defaultCode(o push.Outcome) int {
	switch {
	case o.Code != 0:
		return o.Code
	case o.Kind == push.OutcomeAccepted:
		return 1000
	}
	return 4000
}

// tableRow is a row of what this bearer itself says; those of push nodes begin with a cause.
var tableRow = regexp.MustCompile(`(?m)^\| ([^` + "`" + `].*?) \| \*(.+?)\* \| (\d+) \|`)

// table is the table of outcomes in README.md.
func table(t *testing.T) map[string]string {
	t.Helper()
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := map[string]string{}
	for _, m := range tableRow.FindAllStringSubmatch(string(text), -1) {
		rows[m[1]] = m[2] + " | " + m[3]
	}
	if len(rows) == 0 {
		t.Fatal("README.md has no table of outcomes")
	}
	return rows
}

func TestErrorsSayWhatIsWrong(t *testing.T) {
	tests := []struct{ name, node, want string }{
		{"no such interface", "tunnel", "interface nosuch0 is not there"},
		{"no such address", "away", "192.0.2.1"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p, g := configured(t, ports(9, sources), nil)
			p.Start(delivery("d", tt.node, "127.0.0.1"))
			if o := g.next(t).outcome; !strings.Contains(o.Cause, tt.want) {
				t.Errorf("the cause is %q; want %q in it", o.Cause, tt.want)
			}
		})
	}
}

// A socket whose device or address is gone is closed, and the next push opens another.
func TestGoneSocketIsOpenedAnew(t *testing.T) {
	first, second := newRadio(), newRadio()
	first.fail = func(*sending) error { return fmt.Errorf("sendmmsg: %w", syscall.ENODEV) }
	links := []*radio{first, second}
	p, g := configured(t, `listen_for_errors = "0s"`, func(p *Plugin) {
		p.open = func(from origin, hear func(complaint)) (transmitter, error) {
			if len(links) == 0 {
				return nil, errors.New("a third link")
			}
			l := links[0]
			links = links[1:]
			return l.open(from, hear)
		}
	})
	for _, want := range []push.OutcomeKind{push.OutcomeFailedForNow, push.OutcomeAccepted, push.OutcomeAccepted} {
		p.Start(delivery("d", "", "127.0.0.1"))
		if o := g.next(t).outcome; o.Kind != want {
			t.Errorf("got %+v; want %v", o, want)
		}
	}
	<-first.shut
}

package faults

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/ppgbox/ppgbox/contrib/handset"
	"github.com/ppgbox/ppgbox/integration/box"
	"github.com/ppgbox/ppgbox/integration/process"
)

// How long things may take on a busy machine before they count as not happening.
const (
	patience = time.Minute     // one step
	enough   = 5 * time.Minute // a burst, with everything that follows from it
)

// A window is a time in which a process could lose what it was told, from when it was killed or stopped to when another ran.
type window struct{ from, to time.Time }

// A run is a gateway with everything around it, while a case happens to it.
type run struct {
	t       *testing.T
	full    bool
	binary  string
	box     *box.Box
	sockets string // folder of the plugins' sockets
	network *network
	link    *link
	pi      *listener
	burst   *burst
	under   []string // what the host is started under

	hostFaults, smsFaults, pdpFaults []window

	first   int // sockets of the host when it was new
	started time.Time
}

// configuration has patience for every fault and none between tries.
const configuration = `[notify]
timeout   = "1s"
retry_min = "200ms"
retry_max = "1s"

[plugin.wbxml]
use = "encoder/wbxml"

[plugin.ipsegment]
use = "routing/ipsegment"
[plugin.ipsegment.config]
segment = [{ cidr = "127.0.0.0/8", apn = "internet", node = "ggsn1" }]

[plugin.pdp]
use = "bearer/pdp"
[plugin.pdp.config]
listen_for_errors = "20ms" # a burst has several pushes for each terminal, one after the other
terminal_port = %d
node = [{ name = "ggsn1", source = %q }]

[plugin.sms]
use = "bearer/sms"
[plugin.sms.config]
source = "46700000001"
window = "60s"
link   = [{ address = %q, system_id = "ppgbox", window = 200, response_timeout = "3s" }]

[[policy]]
name  = "online terminals"
match = { address_type = "IPv4" }
[[policy.attempt]]
bearer  = "pdp"
routing = ["ipsegment"]
within  = "4m"
retry   = { times = 100, after = "500ms" }

[[policy]]
name  = "numbers"
match = { address_type = "PLMN" }
[[policy.attempt]]
bearer = "sms"
within = "4m"
retry  = { times = 100, after = "500ms" }
`

// plugins are those of the configuration.
var plugins = [...]string{"bearer/sms", "bearer/pdp", "encoder/wbxml", "routing/ipsegment"}

// nodes is how many runs there were in this process.
var nodes atomic.Uint32

// node returns an address of this machine that no other run sends pushes from, here or in another process.
func node() string {
	pid := os.Getpid()
	return fmt.Sprintf("127.%d.%d.%d", 100+nodes.Add(1), pid>>8&0xFF, pid&0xFF)
}

func newRun(t *testing.T, c *faultCase, pushes int, full bool) *run {
	t.Helper()
	built, err := build()
	if err != nil {
		t.Fatal(err)
	}
	// A box knows its processes by their binary.
	binary := filepath.Join(t.TempDir(), "ppgbox")
	if err := os.Link(built, binary); err != nil {
		t.Fatal(err)
	}
	r := &run{t: t, full: full, binary: binary, pi: listen(t)}
	var port int
	r.network, port = newNetwork(t, handset.Radio{Delay: 150 * time.Millisecond})
	r.network.startSMSC(t)
	r.link = newLink(t, r.network.smsc)
	r.box = box.New(t, binary, fmt.Sprintf(configuration, port, node(), r.link.address))
	// A path of a socket has room for 107 octets, which a test's own folder may exceed.
	if r.sockets, err = os.MkdirTemp("", "ppgbox-faults-"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(r.sockets) })
	r.under = []string{"env", "TMPDIR=" + r.sockets}
	if c.before != nil {
		c.before(r)
	}
	r.burst = newBurst(r.box, pushes)
	r.burst.rate = shortRate
	if full {
		r.burst.rate = fullRate
	}
	return r
}

// newBurst makes pushes: one of five to a terminal that is online, the others to numbers, five to each; one of six of these has
// three segments.
func newBurst(b *box.Box, pushes int) *burst {
	all := &burst{done: make(chan struct{})}
	for n := range pushes {
		s := &sent{n: n, id: fmt.Sprintf("%d@pi.example", n)}
		terminal := n % max(pushes/5, 1)
		s.worker = terminal % workers
		s.text = fmt.Sprintf("message %d", n)
		if n%5 == 4 {
			s.to = ipTerminal(n / 5)
			s.worker = n / 5 % ipTerminals
		} else {
			s.to = fmt.Sprintf("+4670%07d", terminal)
			if n%6 == 0 {
				s.text += strings.Repeat(fmt.Sprintf(", and %d more", n), 40)[:280]
			}
		}
		s.address = b.Address(s.to)
		all.pushes = append(all.pushes, s)
	}
	return all
}

// start starts the host.
func (r *run) start() { r.box.Start(r.t, r.under...) }

// begin starts the host and the burst, and returns when a third of it is accepted.
func (r *run) begin() {
	r.t.Helper()
	r.start()
	r.first = len(socketsOf(r.box.PID(r.t)))
	r.started = time.Now()
	go r.burst.run(r.box.Client, r.pi.url, r.started.Add(enough))
	r.await(len(r.burst.pushes) / 3)
}

// await returns when so many pushes are accepted, or the burst is over.
func (r *run) await(accepted int) {
	r.t.Helper()
	process.Eventually(r.t, enough, fmt.Sprintf("%d pushes are accepted", accepted), func() bool {
		n, _ := r.burst.counts()
		select {
		case <-r.burst.done:
			return true
		default:
			return n >= accepted
		}
	})
}

// further returns when a part of the burst more is accepted than now, or the burst is over.
func (r *run) further(part int) {
	r.t.Helper()
	n, _ := r.burst.counts()
	r.await(n + len(r.burst.pushes)/part)
}

// shown returns when the terminals have shown so many pushes.
func (r *run) shown(n int) {
	r.t.Helper()
	process.Eventually(r.t, enough, fmt.Sprintf("the terminals have shown %d pushes", n), func() bool {
		shown, _ := r.network.screens()
		return len(shown) >= n
	})
}

// finish returns when the burst is over and nothing is pending or owed, or patience is. What is missing then is for the judge.
func (r *run) finish() {
	r.t.Helper()
	<-r.burst.done
	end := time.Now().Add(enough)
	for time.Now().Before(end) {
		h, err := r.health()
		accepted, _ := r.burst.counts()
		if acked, _ := r.pi.known(); err == nil && h.Pending == 0 && h.Owed == 0 && acked >= accepted {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	h, err := r.health()
	r.t.Errorf("not at rest after %v: %+v, %v", enough, h, err)
}

// health is what the gateway says of itself.
func (r *run) health() (h struct {
	OK            bool
	Pending, Owed int
	Down          []string
}, err error,
) {
	return h, r.get("/healthz", &h)
}

// get asks the admin listener.
func (r *run) get(path string, into any) error {
	client := http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	response, err := client.Get(r.box.Admin + path)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	return json.NewDecoder(response.Body).Decode(into)
}

// killHost ends the host as kill -9 does and starts it again.
func (r *run) killHost() {
	r.t.Helper()
	from := time.Now()
	r.box.Kill(r.t)
	process.Eventually(r.t, patience, "no plugin is left of a host that was killed", func() bool { return len(r.box.Processes(r.t)) == 0 })
	r.start()
	r.hostFaults = append(r.hostFaults, window{from, time.Now()})
}

// killPlugin ends a plugin with a signal, and returns when the host has started it again.
func (r *run) killPlugin(name string, signal syscall.Signal) {
	r.t.Helper()
	pid := r.box.Plugin(r.t, name)
	from := time.Now()
	if err := syscall.Kill(pid, signal); err != nil {
		r.t.Fatalf("%v to %s: %v", signal, name, err)
	}
	process.Eventually(r.t, patience, name+" runs again", func() bool {
		h, err := r.health()
		return err == nil && h.OK && r.box.Plugin(r.t, name) != pid
	})
	w := window{from, time.Now()}
	switch name {
	case "bearer/sms":
		r.smsFaults = append(r.smsFaults, w)
	case "bearer/pdp":
		r.pdpFaults = append(r.pdpFaults, w)
	}
}

// checkLeaks fails the test if a process, a socket or a folder of a socket is left of what was killed, while the host runs and
// after it has ended.
func (r *run) checkLeaks() (problems []string) {
	r.t.Helper()
	r.pi.down()                               // all it should be told it was told: its connections are not the host's to keep
	http.DefaultClient.CloseIdleConnections() // those of the initiators
	within := func(what string, ok func() bool) {
		for end := time.Now().Add(patience / 2); !ok(); time.Sleep(20 * time.Millisecond) {
			if time.Now().After(end) {
				problems = append(problems, what)
				return
			}
		}
	}
	pid := r.box.PID(r.t)
	within(fmt.Sprintf("the host has more sockets than the %d at its start", r.first), func() bool { return len(socketsOf(pid)) <= r.first })
	if len(problems) > 0 {
		problems = append(problems, fmt.Sprintf("the sockets of the host: %v", socketsOf(pid)))
	}
	within("not one process for each plugin and the host", func() bool { return len(r.box.Processes(r.t)) == 1+len(plugins) })
	within("not one connection to the SMSC", func() bool { return r.link.connections() == 1 })
	within("not one folder for the socket of each plugin", func() bool {
		folders, _ := filepath.Glob(filepath.Join(r.sockets, "ppgbox-*", "*"))
		return len(folders) == len(plugins)
	})
	r.box.Stop(r.t)
	within("a connection to the SMSC is left", func() bool { return r.link.connections() == 0 })
	if left, _ := os.ReadDir(r.sockets); len(left) > 0 {
		problems = append(problems, fmt.Sprintf("left of the plugins' sockets: %v", left))
	}
	return problems
}

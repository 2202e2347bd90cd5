//go:build linux

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"text/template"
)

// wakingConfiguration is of a gateway that wakes terminals by a push GGSN, and has no other way to them. What is not here is at its
// default.
var wakingConfiguration = template.Must(template.New("ppgbox.toml").Parse(`[gateway]
name  = "{{.Name}}"
store = "sqlite:data/ppgbox.db"

[listen]
pap   = "{{.PAP}}"
admin = "{{.Admin}}"

[subscribers]
push_domains = ["{{.PushDomain}}"]

[[initiator]]
name          = "bench"
username      = "{{.Username}}"
password_file = "bench.password"
source        = "127.0.0.1"

[plugin.wbxml]
use = "encoder/wbxml"

[plugin.apn]
use = "routing/apn"
[plugin.apn.config]
rule = [{ apn = "push.example", node = "push" }]

[plugin.pdp]
use = "bearer/pdp"
[plugin.pdp.config]
node = [{ name = "push", push_node = "{{.PushNode}}", token_file = "node.token" }]

[[policy]]
name  = "service indications"
match = { content_type = "text/vnd.wap.si" }
[[policy.attempt]]
bearer  = "pdp"
routing = ["apn"]
within  = "30s"
`))

// wakingSettings is what the template takes.
type wakingSettings struct {
	ppgboxSettings
	PushNode string
}

// A gatewaySource is the gateway with its generator.
type gatewaySource struct {
	*site
	box      *ppgbox
	plan     activationPlan
	accepted int
	refused  map[string]int
}

// newGatewaySource starts a gateway before the push GGSN, with a subscriber for each push.
func (b *bench) newGatewaySource(plan activationPlan, n *packetNetwork, seen *arrivals) (_ *gatewaySource, err error) {
	s := &gatewaySource{site: &site{}, plan: plan, refused: map[string]int{}}
	defer func() {
		if err != nil {
			s.site.close()
		}
	}()
	if s.loop, err = newLoop(); err != nil {
		return nil, err
	}
	seen.began = s.loop.start // nothing has arrived yet
	if s.sink, err = newSink(s.loop); err != nil {
		return nil, err
	}
	if s.initiator, err = newInitiator(s.loop); err != nil {
		return nil, err
	}
	if s.box, err = startWaking(b.binary, n.node); err != nil {
		return nil, err
	}
	s.gateway = s.box
	if err := (&directoryRun{Subscribers: plan.warm + plan.pushes}).enter(s.box); err != nil {
		return nil, err
	}
	document := newDocument(1, "") // the generator has another one: they are written over
	var reading sync.Mutex         // of two goroutines of the SGSN
	carried := carrier(func(payload []byte) (int, bool) {
		reading.Lock()
		defer reading.Unlock()
		return document.carried(payload)
	})
	seen.carried.Store(&carried)
	s.generator = &generator{loop: s.loop}
	const connections = 64
	return s, s.generator.connect(s.box.pap(), connections)
}

// startWaking starts a gateway.
func startWaking(binary, pushNode string) (_ *ppgbox, err error) {
	b := &ppgbox{binary: binary}
	if b.folder, err = os.MkdirTemp("", "bench-ppgbox-"); err != nil {
		return nil, fmt.Errorf("starting ppgbox: %w", err)
	}
	defer func() {
		if err != nil {
			b.stop()
		}
	}()
	pap, err := freePort()
	if err != nil {
		return nil, err
	}
	admin, err := freePort()
	if err != nil {
		return nil, err
	}
	b.settings = ppgboxSettings{PAP: loopback(pap), Admin: loopback(admin), Name: gatewayName, Username: username, PushDomain: pushDomain}
	if err := b.writePassword(); err != nil {
		return nil, err
	}
	if err := os.WriteFile(filepath.Join(b.folder, "node.token"), []byte(nodeToken+"\n"), 0o600); err != nil {
		return nil, fmt.Errorf("starting ppgbox: %w", err)
	}
	if err := writeTemplate(filepath.Join(b.folder, "ppgbox.toml"), wakingConfiguration, wakingSettings{b.settings, pushNode}); err != nil {
		return nil, err
	}
	if b.host, err = launch(b.folder, "host", binary, "serve", "-c", "ppgbox.toml"); err != nil {
		return nil, err
	}
	return b, b.waitHealthy(admin)
}

func (s *gatewaySource) offer(first, count int, rate float64) ([]int64, error) {
	s.next = first
	book, err := s.load(row{Gateway: "ppgbox", Segments: 1, Offered: rate, Pushes: count}, count, false)
	if err != nil {
		return nil, err
	}
	s.accepted += book.accepted
	if book.refused+book.broken > 0 {
		s.refused["not accepted: "+book.firstRefusal] += book.refused
		s.refused["no answer"] += book.broken
	}
	if book.accepted+book.refused+book.broken < count {
		return nil, errUnanswered
	}
	due := make([]int64, count)
	for i := range due {
		due[i] = book.pushes[i].due
	}
	return due, nil
}

func (s *gatewaySource) taken() (int, map[string]int) { return s.accepted, s.refused }

func (s *gatewaySource) usage() []usage { return s.box.usage() }

func (s *gatewaySource) close() {
	if p := s.box.host.lastWords(); len(p) > 0 && len(s.refused) > 0 {
		fmt.Fprintln(os.Stderr, p)
	}
	s.site.close()
}

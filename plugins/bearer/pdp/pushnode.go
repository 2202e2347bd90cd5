package pdp

import (
	"cmp"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/ppgbox/ppgbox/sdk/node"
	"github.com/ppgbox/ppgbox/sdk/plugin"
	"github.com/ppgbox/ppgbox/sdk/push"
)

// A link is the connection to a push node, of one node or of several that are configured alike.
type link struct {
	nodes  []string // in order
	client node.Node
	close  func()
	state  node.Link // under windows.mu
	warned bool      // of it being down; of the goroutine that tells of the link
}

// windows tells the gateway how the links are.
type windows struct {
	mu    sync.Mutex
	links []*link
	said  *string // nil before the first
}

// dialer connects to a push node, or stands for that in a test.
type dialer func(address string, o node.DialOptions) (node.Node, func(), error)

func dialNode(address string, o node.DialOptions) (node.Node, func(), error) {
	c, err := node.Dial(address, o)
	if err != nil {
		return nil, nil, err
	}
	return c, c.Close, nil
}

// connect makes the links to all push nodes, which come up by themselves.
func (p *Plugin) connect() {
	same := make(map[peer]*link)
	for _, n := range p.config.order {
		if n.push.address == "" {
			continue
		}
		l := same[n.push]
		if l == nil {
			l = &link{state: node.Link{Why: "not connected yet"}}
			same[n.push] = l
			p.windows.links = append(p.windows.links, l)
		}
		l.nodes = append(l.nodes, n.name)
		p.links[n.name] = l
	}
	p.sayWindow() // before one comes up
	for to, l := range same {
		client, end, err := p.dial(to.address, node.DialOptions{
			Gateway: "bearer/pdp " + p.instance, Credentials: to.credentials, Plaintext: to.plaintext, Queue: p.config.inFlight,
			OnEvent: p.hearEvent, OnLink: func(now node.Link) { p.linkIs(l, now) }, Log: plugin.Logger().With("push_node", to.address),
		})
		if err != nil { // parsePeer has checked all that it looks at
			panic(err)
		}
		l.client, l.close = client, end
	}
}

func (p *Plugin) linkIs(l *link, now node.Link) {
	p.windows.mu.Lock()
	was := l.state
	l.state = now
	p.windows.mu.Unlock()
	p.sayWindow()
	p.logLink(l, was, now)
}

// logLink gives the operator a line when a push node goes down, when another thing is why it stays down, and when it is back.
func (p *Plugin) logLink(l *link, was, now node.Link) {
	switch nodes := strings.Join(l.nodes, ", "); {
	case now.Up && !was.Up:
		if l.warned {
			p.log.Info("push node is back", "nodes", nodes)
		}
		l.warned = false
	case !now.Up && (was.Up || was.Why != now.Why) && !p.isDraining():
		l.warned = true
		p.log.Warn("push node is down", "nodes", nodes, "why", now.Why)
	}
}

func (p *Plugin) isDraining() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.draining
}

// sayWindow tells the gateway of push nodes that are down or take fewer pushes than they could. The window does not shrink for
// them: their pushes fail for now and may go another way, and those of other nodes are not held up.
func (p *Plugin) sayWindow() {
	w := &p.windows
	w.mu.Lock()
	defer w.mu.Unlock()
	var reasons []string
	for _, l := range w.links {
		if !l.state.Up || l.state.Why != "" {
			reasons = append(reasons, "push node of "+strings.Join(l.nodes, ", ")+": "+cmp.Or(l.state.Why, "down"))
		}
	}
	if why := strings.Join(reasons, "; "); w.said == nil || *w.said != why {
		w.said = &why
		p.host.Window(p.config.inFlight, why)
	}
}

// give hands a push to a push node, which answers in time.
func (p *Plugin) give(s *sending, d *push.Delivery) *push.Outcome {
	who, apn, address := identify(d), d.Route.APN, d.Terminal.Address
	if session := d.Route.Session; apn == "" && session != nil {
		apn = session.APN
	}
	p.mu.Lock()
	if p.draining {
		p.mu.Unlock()
		o := push.Returned()
		return &o
	}
	s.state, s.began = given, p.elapsed()
	p.sendings.add(s)
	p.mu.Unlock()
	pdu := s.datagram
	s.datagram = nil // it is the push node's now
	s.link.client.Push(node.Push{
		ID: s.id, PushID: cut(d.PushID, maxPushID), IMSI: who.imsi, MSISDN: who.msisdn, Address: s.to.Addr(), APN: apn, Priority: d.Priority,
		Payload: pdu, SourcePort: p.config.sourcePort, TerminalPort: p.config.terminalPort,
		Within: d.Timeout * 15 / 16, // the result has to be there when the time ends, on its way it takes some
	}, func(r node.Result) {
		r.Exchanges = exchangesOf(r, apn, p.elapsed()-s.began)
		p.nodeSaid(s, r, absentee{who, address})
	})
	return nil
}

// maxPushID is how many octets of a push id a push node gets to know.
const maxPushID = 1024

func cut(s string, most int) string { return strings.ToValidUTF8(s[:min(len(s), most)], "?") }

// nodeSaid ends a sending that a push node has answered.
func (p *Plugin) nodeSaid(s *sending, r node.Result, a absentee) {
	p.mu.Lock()
	answered, draining := s.state == over, p.draining
	if !answered {
		p.end(s)
	}
	p.mu.Unlock()
	if answered {
		return
	}
	o := outcomeOfResult(r)
	switch {
	case draining && r.Cause == node.Cancelled:
		o = push.Returned()
	case o.Kind == push.OutcomeUnreachable:
		p.absent.add(a)
	}
	p.host.Result(s.id, o)
}

// credentials reads what to show the push node, so that a token or a certificate that was changed serves the next connection.
func (c peer) credentials() (node.Credentials, error) {
	content, path, err := readFile(c.tokenFile)
	if err != nil {
		return node.Credentials{}, err
	}
	token, _, _ := strings.Cut(string(content), "\n")
	shown := node.Credentials{Token: strings.TrimSpace(token)}
	if err := node.CheckToken(shown.Token); err != nil {
		return shown, fmt.Errorf("%s: %w", path, err)
	}
	if !c.tls {
		return shown, nil
	}
	shown.TLS = &tls.Config{MinVersion: tls.VersionTLS12, ServerName: c.serverName}
	if c.caFile != "" {
		content, path, err := readFile(c.caFile)
		if err != nil {
			return shown, err
		}
		shown.TLS.RootCAs = x509.NewCertPool()
		if !shown.TLS.RootCAs.AppendCertsFromPEM(content) {
			return shown, fmt.Errorf("%s has no certificate", path)
		}
	}
	if c.certFile != "" {
		cert, err := tls.LoadX509KeyPair(c.certFile, c.keyFile)
		if err != nil {
			return shown, fmt.Errorf("%s and %s: %w", c.certFile, c.keyFile, err)
		}
		shown.TLS.Certificates = []tls.Certificate{cert}
	}
	return shown, nil
}

// readFile reads a file. Its path, in errors too, is absolute, since nobody sees where the gateway starts its plugins.
func readFile(name string) (content []byte, path string, err error) {
	if path, err = filepath.Abs(name); err != nil {
		return nil, name, err
	}
	content, err = os.ReadFile(path)
	return content, path, err
}

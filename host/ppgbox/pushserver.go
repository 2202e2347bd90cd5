package main

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/ppgbox/ppgbox/host/config"
	"github.com/ppgbox/ppgbox/host/radius"
	"github.com/ppgbox/ppgbox/host/registration"
	"github.com/ppgbox/ppgbox/host/subscriber"
	"github.com/ppgbox/ppgbox/sdk/push"
)

// A pushServer is what knows the terminals: the directory, and the listeners that tell it of them.
type pushServer struct {
	directory *subscriber.Directory
	radius    *radius.Server // nil without listen.radius
	clients   []*clientListener

	stopClients context.CancelFunc
	served      chan struct{} // one element for each listener that has ended
}

// A clientListener takes registrations at one address.
type clientListener struct {
	net.Listener
	handler *registration.Handler
	tls     *tls.Config // nil for none
}

// openPushServer opens the directory and takes the addresses of its listeners, which serve answers.
func (g *gatewayProcess) openPushServer(ctx context.Context, cfg *config.Config) (err error) {
	p := &g.pushServer
	s := cfg.Subscribers
	p.directory, err = subscriber.Open(ctx, subscriber.Options{
		Store: g.store, Clock: g.clock, Log: g.log.Named("subscriber"), Domains: s.PushDomains,
		DynamicValidity: s.DynamicValidity, SessionExpiry: s.SessionExpiry, Subscribers: s.Most, Sessions: s.MostSessions,
		Up: g.terminalUp,
	})
	if err != nil {
		return fmt.Errorf("loading the subscribers: %w", err)
	}
	g.metrics.Register(directoryMetrics(p.directory))
	if cfg.Listen.RADIUS != "" {
		clients, forward := radiusPeers(cfg)
		p.radius, err = radius.New(radius.Options{
			Clients: clients, Forward: forward, Directory: p.directory, Clock: g.clock, Log: g.log.Named("radius"),
		})
		if err == nil {
			err = p.radius.Listen(cfg.Listen.RADIUS)
		}
		if err != nil {
			return fmt.Errorf("listen.radius: %w", err)
		}
		g.metrics.Register(p.radius)
	}
	answers := registration.NewMetrics()
	g.metrics.Register(answers)
	for _, c := range cfg.Clients {
		l, err := g.clientListener(cfg, c, answers)
		if err != nil {
			return fmt.Errorf("client listener %s: %w", c.Address, err)
		}
		p.clients = append(p.clients, l)
	}
	return nil
}

func (g *gatewayProcess) clientListener(cfg *config.Config, c config.Client, answers *registration.Metrics) (*clientListener, error) {
	o := registration.Options{
		GGSN: c.GGSN, APN: c.APN, Directory: g.pushServer.directory, Metrics: answers, Clock: g.clock, Log: g.log.Named("registration"),
	}
	for _, r := range cfg.Relays {
		o.Relays = append(o.Relays, registration.Relay{Name: r.Name, Hash: r.PasswordHash, Sources: r.Source, GGSN: r.GGSN})
	}
	l := &clientListener{}
	var err error
	if c.Certificate != "" {
		pair, err := tls.LoadX509KeyPair(c.Certificate, c.Key)
		if err != nil {
			return nil, err
		}
		l.tls = &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}
	}
	if l.handler, err = registration.New(o); err != nil {
		return nil, err
	}
	l.Listener, err = net.Listen("tcp", c.Address)
	return l, err
}

// terminalUp lets the pushes that wait for a terminal be tried, now that it has an address.
func (g *gatewayProcess) terminalUp(t push.Subscriber) {
	if g.dispatcher != nil { // the listeners serve after it is there
		g.dispatcher.Event("", push.Event{Kind: push.EventReachable, Terminal: t})
	}
}

// radiusPeers are who sends accounting, and who gets it next.
func radiusPeers(cfg *config.Config) (clients []radius.Client, next *radius.Forward) {
	for _, c := range cfg.RADIUS.Clients {
		clients = append(clients, radius.Client{Sources: c.Source, Secret: c.Secret, GGSN: c.GGSN})
	}
	if f := cfg.RADIUS.Forward; f != nil {
		next = &radius.Forward{Address: f.Address, Secret: f.Secret, Timeout: f.Timeout, Tries: f.Tries, WaitForAnswer: f.WaitForAnswer}
	}
	return clients, next
}

// servePushServer answers what comes to the listeners. What ends one of them ends the gateway.
func (g *gatewayProcess) servePushServer() {
	p := &g.pushServer
	if p.radius != nil {
		g.log.Info("RADIUS accounting is taken", "address", p.radius.Addr())
		go func() {
			if err := p.radius.Serve(); err != nil {
				g.fail(err)
			}
		}()
	}
	ctx, cancel := context.WithCancel(context.Background())
	p.stopClients, p.served = cancel, make(chan struct{}, len(p.clients))
	for _, l := range p.clients {
		g.log.Info("push clients may register", "address", l.Addr(), "ggsn", l.handler.GGSN, "apn", l.handler.APN, "tls", l.tls != nil)
		go func() {
			defer func() { p.served <- struct{}{} }()
			if err := l.handler.Serve(ctx, l.Listener, l.tls); err != nil {
				g.fail(err)
			}
		}()
	}
}

// fail ends the process, unless it is ending.
func (g *gatewayProcess) fail(err error) {
	select {
	case g.failed <- err:
	default: // one reason is enough
	}
}

// hangUpPushServer takes no registration and no accounting any more. Whoever gets no answer tells again.
func (g *gatewayProcess) hangUpPushServer(ctx context.Context) {
	p := &g.pushServer
	if p.stopClients != nil {
		p.stopClients()
		defer context.AfterFunc(ctx, func() { // a push client that is slow gets no more than that
			for _, l := range p.clients {
				l.handler.Hurry()
			}
		})()
	}
	if p.radius != nil {
		p.radius.Close(ctx)
	}
	if p.stopClients != nil {
		for range p.clients {
			<-p.served
		}
		return
	}
	for _, l := range p.clients { // the start failed
		_ = l.Close()
	}
}

// directoryMetrics are how much there is in the directory.
func directoryMetrics(d *subscriber.Directory) prometheus.Collector {
	return countsCollector{
		count:       d.Counts,
		subscribers: prometheus.NewDesc("ppgbox_subscribers", "Subscribers that the operator has entered.", nil, nil),
		sessions:    prometheus.NewDesc("ppgbox_sessions", "Addresses that terminals hold in the packet network, as RADIUS or push clients told.", nil, nil),
	}
}

type countsCollector struct {
	count                 func() (subscribers, sessions int)
	subscribers, sessions *prometheus.Desc
}

// Describe implements prometheus.Collector.
func (c countsCollector) Describe(ch chan<- *prometheus.Desc) {
	ch <- c.subscribers
	ch <- c.sessions
}

// Collect implements prometheus.Collector.
func (c countsCollector) Collect(ch chan<- prometheus.Metric) {
	subscribers, sessions := c.count()
	ch <- prometheus.MustNewConstMetric(c.subscribers, prometheus.GaugeValue, float64(subscribers))
	ch <- prometheus.MustNewConstMetric(c.sessions, prometheus.GaugeValue, float64(sessions))
}

package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/ppgbox/ppgbox/configs"
	"github.com/ppgbox/ppgbox/contrib/handset"
	"github.com/ppgbox/ppgbox/host/config"
)

// demoParts are what runs in the demo.
type demoParts struct {
	gateway   *gatewayProcess
	smsc      net.Addr
	terminal  net.Addr // its UDP port
	initiator *demoInitiator
	packet    *demoNetwork
	events    chan handset.Event

	stopNetwork context.CancelFunc
	network     sync.WaitGroup // SMSC and terminal
}

// demoDelay is how long a text message takes over the radio.
const demoDelay = 150 * time.Millisecond

// loseSecond is a radio that loses every second segment the first time.
func loseSecond(t handset.Try) bool { return t.Segment%2 == 0 && t.Number == 1 }

// openDemo starts the parts, on ports that are free, or none of them.
func openDemo(ctx context.Context, dir string, log hclog.Logger) (_ *demoParts, err error) {
	d := &demoParts{events: make(chan handset.Event, 1024)}
	network, cancel := context.WithCancel(context.Background())
	d.stopNetwork = cancel
	defer func() {
		if err != nil {
			d.close()
		}
	}()
	tell := func(e handset.Event) {
		select {
		case d.events <- e:
		case <-network.Done():
		}
	}
	terminals := handset.NewTerminals(tell)
	if err := d.openNetwork(network, terminals); err != nil {
		return nil, err
	}
	if d.initiator, err = listenInitiator(); err != nil {
		return nil, err
	}
	port := uint16(d.terminal.(*net.UDPAddr).Port)
	if d.packet, err = openDemoNetwork(dir, port, tell, log); err != nil {
		return nil, err
	}
	text, err := configs.Demo(configs.DemoAddresses{
		PAP: "127.0.0.1:0", Admin: "127.0.0.1:0", Client: "127.0.0.1:0", SMSC: d.smsc.String(), Node: d.packet.ggsn.NodeAddress(),
		TerminalPort: port,
	})
	if err != nil {
		return nil, err
	}
	cfg, err := config.Parse(filepath.Join(dir, "demo.toml"), text)
	if err != nil {
		return nil, wrong(err)
	}
	g, err := openConfig(ctx, cfg, log)
	if err != nil {
		return nil, err
	}
	d.gateway = g
	return d, d.enterSubscribers(ctx)
}

func (d *demoParts) openNetwork(ctx context.Context, terminals *handset.Terminals) error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	smsc := &handset.SMSC{Terminals: terminals, Radio: handset.Radio{Delay: demoDelay, Loss: loseSecond}}
	d.smsc = l.Addr()
	d.network.Go(func() { _ = smsc.Serve(ctx, l) }) // what misses it is seen: nothing arrives
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		return err
	}
	d.terminal = conn.LocalAddr()
	d.network.Go(func() { _ = terminals.ServeUDP(ctx, conn) })
	return nil
}

// introduce waits for the bind and tells what runs where.
func (d *demoParts) introduce(ctx context.Context, s *story) error {
	for bound := false; !bound; {
		select {
		case e := <-d.events:
			bound = e.What == handset.Bound
		case <-ctx.Done():
			return fmt.Errorf("the gateway has not bound to the SMSC: %w", context.Cause(ctx))
		}
	}
	var plugins []string
	for _, p := range d.gateway.plugins.List() {
		plugins = append(plugins, fmt.Sprintf("%s (%d)", p.Use, p.PID))
	}
	s.say("")
	s.line("gateway", "takes pushes at %s/wappush", d.gateway.papURL)
	s.line("plugins", "%s, each a process of its own", strings.Join(plugins, ", "))
	s.line("SMSC", "%s, the gateway has bound to it; its radio loses every second segment the first time", d.smsc)
	s.line("terminal", "%s for SMS, %s for UDP", demoNumber, d.terminal)
	s.line("subscriber", "%s, who has that number; push clients register at %s", demoUser, d.gateway.pushServer.clients[0].Addr())
	s.line("GGSN", "%s for GTP, the first node of the packet network for pushes, with an SGSN and a register on this machine", d.packet.ggsn.ControlAddress())
	s.line("subscriber", "%s, whose terminal is attached there and has no address", demoSleeper)
	return nil
}

// keep shows what happens until ctx ends.
func (d *demoParts) keep(ctx context.Context, s *story) {
	me := os.Args[0]
	s.say("")
	s.say("Everything is left running until Ctrl-C. Try in another window:")
	s.say("  %s push --url %s/wappush --to %s --si http://example.com/mail --text '4 new emails' --wait 30s", me, d.gateway.papURL, demoNumber)
	s.say("  %s push --url %s/wappush --to 127.0.0.1 --sl http://example.com/news", me, d.gateway.papURL)
	s.say("  %s subscriber show --admin %s %s", me, d.gateway.adminURL, demoUser)
	s.say("  %s trace --admin %s demo-si", me, d.gateway.adminURL)
	s.say("  %s plugin list --admin %s", me, d.gateway.adminURL)
	s.say("")
	for s.err == nil {
		select {
		case e := <-d.events:
			s.say("%s %s", e.Time.Format("15:04:05.000"), e)
		case <-d.initiator.results: // nobody asked for it
		case err := <-d.gateway.failed:
			s.say("the gateway stops: %v", err)
			return
		case <-ctx.Done():
			return
		}
	}
}

// close ends everything, the gateway first.
func (d *demoParts) close() {
	if d.gateway != nil {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		d.gateway.stop(ctx)
	}
	if d.initiator != nil {
		d.initiator.close()
	}
	d.stopNetwork()
	d.packet.close()
	d.network.Wait()
}

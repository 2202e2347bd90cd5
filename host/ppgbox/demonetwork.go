package main

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/ppgbox/ppgbox/configs"
	"github.com/ppgbox/ppgbox/contrib/handset"
	"github.com/ppgbox/ppgbox/contrib/sgsn"
	"github.com/ppgbox/ppgbox/host/ggsn"
	"github.com/ppgbox/ppgbox/sdk/gtp"
	"github.com/ppgbox/ppgbox/sdk/push"
)

// The subscriber of the demo whose terminal is attached to the packet network and has no address.
const (
	demoSleeper     = "eero@push.demo"
	demoSleeperIMSI = push.IMSI("240010000000001")
)

// inNetwork is what happens between GGSN, SGSN and terminal.
const inNetwork handset.What = "network"

// demoNetwork is the packet network of the demo: a push GGSN, and an SGSN with a terminal and a register to try it with.
type demoNetwork struct {
	ggsn *ggsn.GGSN
	sgsn *sgsn.SGSN
	hlr  *sgsn.HLR
	port uint16 // of the terminal
}

// openDemoNetwork starts it on loopback, on ports that are free, or nothing of it.
func openDemoNetwork(dir string, terminalPort uint16, tell func(handset.Event), log hclog.Logger) (_ *demoNetwork, err error) {
	n := &demoNetwork{port: terminalPort}
	defer func() {
		if err != nil {
			n.close()
		}
	}()
	control, user, err := freeUDPPorts()
	if err != nil {
		return nil, err
	}
	here := netip.MustParseAddrPort("127.0.0.1:0")
	n.sgsn, err = sgsn.Start(sgsn.Config{
		Control: here, User: here, GGSNControl: control, GGSNUser: user, Everybody: sgsn.Terminal{Port: terminalPort},
		Observe: func(e sgsn.Event) { observe(e, tell) },
	})
	if err != nil {
		return nil, err
	}
	if n.hlr, err = sgsn.StartHLR(sgsn.HLRConfig{Address: here, GGSNControl: control}); err != nil {
		return nil, err
	}
	n.hlr.Subscribe(demoSleeperIMSI, sgsn.Subscriber{SGSN: n.sgsn.Control().Addr()})
	text, err := configs.DemoGGSN(configs.DemoNetwork{
		GGSNControl: netip.AddrPortFrom(here.Addr(), control).String(), GGSNUser: netip.AddrPortFrom(here.Addr(), user).String(),
		SGSNControlPort: n.sgsn.Control().Port(), SGSNUserPort: n.sgsn.User().Port(), HLR: n.hlr.Address().String(), Node: here.String(),
	})
	if err != nil {
		return nil, err
	}
	file := filepath.Join(dir, "ggsn.toml")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		return nil, err
	}
	if err := os.WriteFile(filepath.Join(dir, "node.token"), []byte("for-this-demo-alone\n"), 0o600); err != nil {
		return nil, err
	}
	cfg, err := ggsn.Load(file)
	if err != nil {
		return nil, wrong(err)
	}
	n.ggsn, err = ggsn.Start(cfg, log.Named("ggsn"))
	return n, err
}

// freeUDPPorts finds two ports that nobody has. Somebody could take them before the GGSN does, which then says so.
func freeUDPPorts() (control, user uint16, err error) {
	var ports [2]uint16
	for i := range ports {
		c, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
		if err != nil {
			return 0, 0, err
		}
		defer c.Close()
		ports[i] = c.LocalAddr().(*net.UDPAddr).AddrPort().Port()
	}
	return ports[0], ports[1], nil
}

// observe tells what the SGSN and its terminal see.
func observe(e sgsn.Event, tell func(handset.Event)) {
	out := handset.Event{Time: e.At, What: inNetwork, To: string(e.IMSI)}
	switch e.Kind {
	case sgsn.Notified:
		address := "no address"
		if a := e.Notification.EndUserAddress; !a.Dynamic() {
			address = fmt.Sprint(a.IPv4)
		}
		out.Detail = fmt.Sprintf("the SGSN is asked for a context: PDU Notification Request, APN %s, %s", e.Notification.APN, address)
	case sgsn.Activated:
		out.Detail = fmt.Sprintf("the terminal activates it and gets %s", e.Address)
	case sgsn.Rejected:
		out.Detail = "the terminal rejects it: PDU Notification Reject Request"
	case sgsn.Delivered:
		c, err := handset.Decode(e.Datagram.Payload)
		if err != nil {
			out.What, out.Detail = handset.Unreadable, err.Error()
			break
		}
		out.Detail = fmt.Sprintf("a datagram comes in GTP-U, from %s", e.Datagram.From)
		tell(out)
		out = handset.Event{Time: e.At, What: handset.Shown, From: e.Datagram.From.String(), To: e.Datagram.To.String(), Content: c}
	case sgsn.Deleted:
		out.Detail = "the terminal gives its context up"
	default:
		out.What, out.Detail = handset.Unreadable, string(e.Kind)
	}
	tell(out)
}

// refuse has the terminal give up its context, and reject from now on.
func (d *demoParts) refuse(_ context.Context, s *story) error {
	d.packet.sgsn.Behave(demoSleeperIMSI, sgsn.Terminal{Port: d.packet.port, Does: sgsn.Rejects, Reject: gtp.CauseMSRefuses})
	if _, err := d.packet.sgsn.Detach(demoSleeperIMSI); err != nil {
		return fmt.Errorf("detaching the terminal: %w", err)
	}
	s.event(time.Now(), "detached", "%s has no context any more, and its terminal wants none", demoSleeper)
	return nil
}

func (n *demoNetwork) close() {
	if n == nil {
		return
	}
	if n.ggsn != nil {
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
		defer cancel()
		n.ggsn.Stop(ctx)
	}
	if n.sgsn != nil {
		_ = n.sgsn.Close()
	}
	if n.hlr != nil {
		_ = n.hlr.Close()
	}
}

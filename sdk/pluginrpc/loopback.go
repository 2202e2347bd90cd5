package pluginrpc

import (
	"context"
	"fmt"

	"github.com/hashicorp/go-hclog"
	goplugin "github.com/hashicorp/go-plugin"
	"github.com/hashicorp/go-plugin/runner"

	"github.com/ppgbox/ppgbox/sdk/plugin"
)

// Loopback serves a plugin in this process and connects to it as the gateway does, over the same path but for the process: for
// tests and the conformance suite. p is an EncoderHandler, a RoutingHandler or a BearerHandler. stop ends both sides and waits.
func Loopback(p plugin.Plugin) (c *Client, stop func(), err error) {
	var s service
	switch h := p.(type) {
	case EncoderHandler:
		s = newEncoderService(h)
	case RoutingHandler:
		s = newRoutingService(h)
	case BearerHandler:
		s = newBearerService(h)
	default:
		return nil, nil, fmt.Errorf("pluginrpc: %T is no encoder, routing strategy or bearer", p)
	}
	return s.loopback()
}

func (s service) loopback() (c *Client, stop func(), err error) {
	ctx, cancel := context.WithCancel(context.Background())
	reattach, served := make(chan *goplugin.ReattachConfig, 1), make(chan struct{})
	s.control.log = hclog.NewNullLogger()
	cfg := s.config()
	cfg.Logger = hclog.NewNullLogger()
	cfg.Test = &goplugin.ServeTestConfig{Context: ctx, ReattachConfigCh: reattach, CloseCh: served}
	go goplugin.Serve(cfg)
	at := <-reattach
	at.ReattachFunc = func() (runner.AttachedRunner, error) { return inProcess{gone: served}, nil }
	gc := goplugin.NewClient(&goplugin.ClientConfig{
		HandshakeConfig:  Handshake(),
		VersionedPlugins: ClientPlugins(),
		Plugins:          ClientPlugins()[protocolVersion], // a reattached plugin negotiates no version
		AllowedProtocols: []goplugin.Protocol{goplugin.ProtocolGRPC},
		Reattach:         at,
		Logger:           hclog.NewNullLogger(),
		GRPCDialOptions:  DialOptions(),
	})
	conn, err := gc.Client()
	stop = func() {
		// Either asks the server to stop; go-plugin's own state does not stand both at once.
		if conn != nil {
			_ = conn.Close()
		} else {
			cancel()
		}
		<-served
		cancel()
	}
	if err != nil {
		stop()
		return nil, nil, fmt.Errorf("pluginrpc: loopback: %w", err)
	}
	raw, err := conn.Dispense(Name)
	if err != nil {
		stop()
		return nil, nil, fmt.Errorf("pluginrpc: loopback: %w", err)
	}
	return raw.(*Client), stop, nil
}

// inProcess stands for a plugin's process where there is none: it lives as long as its server.
type inProcess struct{ gone <-chan struct{} }

func (p inProcess) Wait(context.Context) error { <-p.gone; return nil }
func (inProcess) Kill(context.Context) error   { return nil }
func (inProcess) ID() string                   { return "this process" }

func (inProcess) PluginToHost(network, addr string) (string, string, error) {
	return network, addr, nil
}

func (inProcess) HostToPlugin(network, addr string) (string, string, error) {
	return network, addr, nil
}

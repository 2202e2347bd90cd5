package pluginrpc

import (
	"context"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"

	goplugin "github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"

	"github.com/ppgbox/ppgbox/sdk/heap"
	"github.com/ppgbox/ppgbox/sdk/plugin"
	pb "github.com/ppgbox/ppgbox/sdk/pluginrpc/pluginv1"
)

// ServeEncoder serves an encoder until the gateway goes away. Started by hand, the process says what it is and exits.
func ServeEncoder(h EncoderHandler) { serve(newEncoderService(h)) }

// ServeRouting is ServeEncoder for a routing strategy.
func ServeRouting(h RoutingHandler) { serve(newRoutingService(h)) }

// ServeBearer is ServeEncoder for a bearer.
func ServeBearer(h BearerHandler) { serve(newBearerService(h)) }

// service is a plugin as the RPC server sees it.
type service struct {
	control  *controlServer
	register func(grpc.ServiceRegistrar) // of the kind's own service
}

func newEncoderService(h EncoderHandler) service {
	c := newControlServer(h)
	s := &encoderServer{control: c, handler: h}
	c.drain = s.idle.wait
	return service{c, func(r grpc.ServiceRegistrar) { pb.RegisterEncoderServer(r, s) }}
}

func newRoutingService(h RoutingHandler) service {
	c := newControlServer(h)
	s := &routingServer{control: c, handler: h}
	c.drain = s.idle.wait
	return service{c, func(r grpc.ServiceRegistrar) { pb.RegisterRoutingServer(r, s) }}
}

func newBearerService(h BearerHandler) service {
	c := newControlServer(h)
	s := &bearerServer{control: c, handler: h}
	c.drain = s.drain
	return service{c, func(r grpc.ServiceRegistrar) { pb.RegisterBearerServer(r, s) }}
}

func serve(s service) {
	if os.Getenv(EnvCookie) != cookie {
		fmt.Fprint(os.Stderr, usage(s.control.handler.Info()))
		os.Exit(2)
	}
	watchHost()
	s.control.called = keepOutput()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go heap.Tune(ctx)
	goplugin.Serve(s.config())
}

func (s service) config() *goplugin.ServeConfig {
	return &goplugin.ServeConfig{
		HandshakeConfig:  Handshake(),
		VersionedPlugins: map[int]goplugin.PluginSet{protocolVersion: {Name: serverPlugin{service: s}}},
		Logger:           plugin.Logger(),
		GRPCServer: func(opts []grpc.ServerOption) *grpc.Server {
			return grpc.NewServer(append(opts,
				grpc.MaxRecvMsgSize(MaxMessageSize), grpc.ForceServerCodecV2(newCodec()),
				grpc.StaticStreamWindowSize(streamFlowWindow), grpc.StaticConnWindowSize(connFlowWindow))...)
		},
	}
}

type serverPlugin struct {
	goplugin.NetRPCUnsupportedPlugin
	service service
}

func (p serverPlugin) GRPCServer(_ *goplugin.GRPCBroker, s *grpc.Server) error {
	pb.RegisterPluginServer(s, p.service.control)
	p.service.register(s)
	return nil
}

func (serverPlugin) GRPCClient(context.Context, *goplugin.GRPCBroker, *grpc.ClientConn) (any, error) {
	return nil, fmt.Errorf("pluginrpc: a plugin's side has no client")
}

// keepOutput returns what gives the process its own standard output and error back. go-plugin replaces them, before any call,
// by pipes that it empties over RPC; what a plugin writes right before it exits would be lost in them. The gateway reads the
// ones of the process to their end.
func keepOutput() func() {
	out, err := os.Stdout, os.Stderr
	return sync.OnceFunc(func() { os.Stdout, os.Stderr = out, err })
}

// watchHost ends the process when the gateway's end of the inherited pipe closes, however the gateway died.
func watchHost() {
	fd, err := strconv.Atoi(os.Getenv(EnvHostPipe))
	if err != nil || fd < 3 {
		return
	}
	syscall.CloseOnExec(fd) // a child of the plugin must not hold it
	pipe := os.NewFile(uintptr(fd), "host pipe")
	go func() {
		_, _ = io.Copy(io.Discard, pipe)
		os.Exit(3)
	}()
}

// usage is what a plugin says to a person who started it.
func usage(i plugin.Info) string {
	var b strings.Builder
	use := fmt.Sprintf("%s/%s", i.Kind, i.Name)
	fmt.Fprintf(&b, "This program is %s %s, a plugin of the Push Proxy Gateway ppgbox.\n", use, i.Version)
	fmt.Fprintf(&b, "The gateway starts it; it does nothing when it is started by hand. To use it:\n\n")
	fmt.Fprintf(&b, "  1. put it into the gateway's plugin directory as ppgbox-%s-%s\n", i.Kind, i.Name)
	fmt.Fprintf(&b, "  2. add an instance to the gateway's configuration:\n\n")
	fmt.Fprintf(&b, "       [plugin.%s]\n       use = %q\n       [plugin.%s.config]\n", i.Name, use, i.Name)
	for _, k := range i.Keys {
		need := "default " + k.Default
		switch {
		case k.Required:
			need = "required"
		case k.Default == "":
			need = "optional"
		}
		fmt.Fprintf(&b, "       # %s (%s, %s): %s\n", k.Name, k.Type, need, k.Doc)
	}
	fmt.Fprintf(&b, "\n  3. run: ppgbox check\n")
	return b.String()
}

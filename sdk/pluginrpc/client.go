package pluginrpc

import (
	"context"
	"errors"
	"fmt"

	"github.com/hashicorp/go-hclog"
	goplugin "github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"
	"google.golang.org/grpc/status"

	"github.com/ppgbox/ppgbox/sdk/plugin"
	pb "github.com/ppgbox/ppgbox/sdk/pluginrpc/pluginv1"
)

// ClientPlugins is what the gateway gives to go-plugin; the plugin is dispensed under Name as a *Client.
func ClientPlugins() map[int]goplugin.PluginSet {
	return map[int]goplugin.PluginSet{protocolVersion: {Name: clientPlugin{}}}
}

// DialOptions are what the gateway's connections to plugins need beside ClientPlugins, for goplugin.ClientConfig.
func DialOptions() []grpc.DialOption {
	return []grpc.DialOption{grpc.WithStaticStreamWindowSize(streamFlowWindow), grpc.WithStaticConnWindowSize(connFlowWindow)}
}

type clientPlugin struct {
	goplugin.NetRPCUnsupportedPlugin
}

func (clientPlugin) GRPCServer(*goplugin.GRPCBroker, *grpc.Server) error {
	return errors.New("pluginrpc: the gateway's side of a plugin does not serve")
}

func (clientPlugin) GRPCClient(ctx context.Context, _ *goplugin.GRPCBroker, conn *grpc.ClientConn) (any, error) {
	return newClient(ctx, conn), nil
}

// Client is the gateway's side of one plugin process.
type Client struct {
	// Log gets what the plugin does against the contract, nil for nowhere. It is set before a stream is opened.
	Log hclog.Logger

	life context.Context // ends with the plugin's process
	conn *grpc.ClientConn
	ctl  pb.PluginClient
	opts []grpc.CallOption
}

func newClient(life context.Context, conn *grpc.ClientConn) *Client {
	return &Client{
		life: life, conn: conn, ctl: pb.NewPluginClient(conn),
		opts: []grpc.CallOption{grpc.ForceCodecV2(newCodec()), grpc.MaxCallRecvMsgSize(MaxMessageSize)},
	}
}

func (c *Client) log() hclog.Logger {
	if c.Log == nil {
		return hclog.NewNullLogger()
	}
	return c.Log
}

// Describe asks the plugin what it is.
func (c *Client) Describe(ctx context.Context) (plugin.Info, error) {
	r, err := c.ctl.Describe(ctx, &pb.DescribeRequest{}, c.opts...)
	if err != nil {
		return plugin.Info{}, callError("describe", err)
	}
	return infoFromProto(r), nil
}

// Validate has the plugin check a configuration. What is wrong with it comes back as plugin.Problems, any other error says
// that the plugin could not be asked.
func (c *Client) Validate(ctx context.Context, cfg plugin.Config) error {
	r, err := c.ctl.Validate(ctx, configToProto(cfg), c.opts...)
	if err != nil {
		return callError("validate", err)
	}
	return plugin.Problems(each(r.GetProblems(), problemFromProto)).Err()
}

// Configure puts a configuration to use, once. The error is plugin.Problems, a *push.Error of the plugin's, or says that the
// plugin could not be asked.
func (c *Client) Configure(ctx context.Context, cfg plugin.Config) error {
	r, err := c.ctl.Configure(ctx, configToProto(cfg), c.opts...)
	switch {
	case err != nil:
		return callError("configure", err)
	case r.GetError() != nil:
		return errorFromProto(r.GetError())
	}
	return plugin.Problems(each(r.GetProblems(), problemFromProto)).Err()
}

// Health returns nil if the plugin answers before the context ends.
func (c *Client) Health(ctx context.Context) error {
	_, err := c.ctl.Health(ctx, &pb.HealthRequest{}, c.opts...)
	return callError("health", err)
}

// Drain has the plugin bring everything to an end within the context. What it answered by then is on the stream before the
// call returns from the plugin, but the stream may be read later: Close it and wait for Closed.
func (c *Client) Drain(ctx context.Context) error {
	_, err := c.ctl.Drain(ctx, &pb.DrainRequest{}, c.opts...)
	return callError("drain", err)
}

// callError names a failed call in the words of its gRPC status.
func callError(call string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("plugin call %s: %w", call, rpcError{err})
}

// rpcError says what a gRPC status says, without gRPC's own frame around it.
type rpcError struct{ err error }

func (e rpcError) Error() string {
	s := status.Convert(e.err)
	return fmt.Sprintf("%s (%s)", s.Message(), s.Code())
}

func (e rpcError) Unwrap() error { return e.err }

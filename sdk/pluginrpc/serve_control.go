package pluginrpc

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"

	"github.com/hashicorp/go-hclog"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/ppgbox/ppgbox/sdk/plugin"
	pb "github.com/ppgbox/ppgbox/sdk/pluginrpc/pluginv1"
	"github.com/ppgbox/ppgbox/sdk/push"
)

// controlServer answers what every kind of plugin answers, and holds the order of calls: configured once, then one stream.
type controlServer struct {
	pb.UnimplementedPluginServer
	handler plugin.Plugin
	drain   func(context.Context)
	log     hclog.Logger
	called  func() // before a call is answered

	mu         sync.Mutex
	configured bool
	streaming  bool
}

func newControlServer(h plugin.Plugin) *controlServer {
	return &controlServer{handler: h, log: plugin.Logger(), called: func() {}}
}

func (s *controlServer) Describe(context.Context, *pb.DescribeRequest) (r *pb.DescribeResponse, err error) {
	defer s.caught("Info", &err)
	s.called()
	return infoToProto(s.handler.Info()), nil
}

func (s *controlServer) Validate(_ context.Context, req *pb.ConfigRequest) (r *pb.ValidateResponse, err error) {
	defer s.caught("Validate", &err)
	s.called()
	problems, other := splitProblems(s.handler.Validate(configFromProto(req)))
	if other != nil {
		problems = append(problems, plugin.Problem{Text: other.Error()})
	}
	return &pb.ValidateResponse{Problems: each(problems, problemToProto)}, nil
}

func (s *controlServer) Configure(ctx context.Context, req *pb.ConfigRequest) (r *pb.ConfigureResponse, err error) {
	defer s.caught("Configure", &err)
	s.called()
	s.mu.Lock()
	again := s.configured
	s.configured = true
	s.mu.Unlock()
	if again {
		return nil, status.Error(codes.FailedPrecondition, "the plugin is configured already")
	}
	problems, other := splitProblems(s.handler.Configure(ctx, configFromProto(req)))
	resp := &pb.ConfigureResponse{Problems: each(problems, problemToProto)}
	if other != nil {
		resp.Error = errorToProto(push.AsError(other))
	}
	return resp, nil
}

// splitProblems tells problems of a configuration from other errors.
func splitProblems(err error) (plugin.Problems, error) {
	var ps plugin.Problems
	if errors.As(err, &ps) {
		return ps, nil
	}
	return nil, err
}

func (s *controlServer) Health(context.Context, *pb.HealthRequest) (*pb.HealthResponse, error) {
	return &pb.HealthResponse{}, nil
}

func (s *controlServer) Drain(ctx context.Context, _ *pb.DrainRequest) (r *pb.DrainResponse, err error) {
	defer s.caught("Drain", &err)
	s.drain(ctx)
	return &pb.DrainResponse{}, nil
}

// openStream admits the one stream that follows Configure.
func (s *controlServer) openStream() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case !s.configured:
		return status.Error(codes.FailedPrecondition, "the plugin is not configured yet")
	case s.streaming:
		return status.Error(codes.FailedPrecondition, "the plugin has its stream already")
	}
	s.streaming = true
	return nil
}

// caught turns a panic of the plugin in a call into the call's error.
func (s *controlServer) caught(call string, err *error) {
	if p := recover(); p != nil {
		s.panicked(call, p)
		*err = status.Errorf(codes.Internal, "panic in %s: %v", call, p)
	}
}

// panicked logs a panic with its stack. It is called from the deferred function that recovered it.
func (s *controlServer) panicked(call string, p any) {
	s.log.Error("panic in the plugin", "call", call, "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
}

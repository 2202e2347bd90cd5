package node

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	pb "github.com/ppgbox/ppgbox/sdk/pluginrpc/nodev1"
)

func invalidPushes() map[string]func(*Push) {
	return map[string]func(*Push){
		"no id":                 func(p *Push) { p.ID = "" },
		"a long id":             func(p *Push) { p.ID = strings.Repeat("x", maxID+1) },
		"an id that is no text": func(p *Push) { p.ID = "\xff" },
		"a long push id":        func(p *Push) { p.PushID = strings.Repeat("x", maxPushID+1) },
		"a short IMSI":          func(p *Push) { p.IMSI = "12345" },
		"a long IMSI":           func(p *Push) { p.IMSI = "1234567890123456" },
		"an IMSI of letters":    func(p *Push) { p.IMSI = "00101012345678x" },
		"an MSISDN with a plus": func(p *Push) { p.MSISDN = "+358401234567" },
		"a long MSISDN":         func(p *Push) { p.MSISDN = "1234567890123456" },
		"nobody":                func(p *Push) { p.IMSI, p.MSISDN, p.Address = "", "", netip.Addr{} },
		"unspecified":           func(p *Push) { p.Address = netip.MustParseAddr("::ffff:0.0.0.0") },
		"a long access point":   func(p *Push) { p.APN = strings.Repeat("x", maxName+1) },
		"a priority":            func(p *Push) { p.Priority = 2 },
		"no payload":            func(p *Push) { p.Payload = nil },
		"a long payload":        func(p *Push) { p.Payload = make([]byte, MaxPayload+1) },
		"no port":               func(p *Push) { p.TerminalPort = 0 },
	}
}

// raw is a gateway that writes what it likes.
type raw struct {
	grpc.BidiStreamingClient[pb.GatewayFrame, pb.NodeFrame]
	t testing.TB
}

func rawGateway(t testing.TB, address string, values ...string) raw {
	t.Helper()
	conn, err := grpc.NewClient("passthrough:///"+address, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	for _, v := range values {
		ctx = metadata.AppendToOutgoingContext(ctx, "authorization", v)
	}
	stream, err := pb.NewPushNodeClient(conn).Connect(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return raw{stream, t}
}

func (r raw) send(f *pb.GatewayFrame) { _ = r.Send(f) }

// end reads until the stream ends, and returns how it did.
func (r raw) end() *status.Status {
	r.t.Helper()
	for {
		if _, err := r.Recv(); err != nil {
			return status.Convert(err)
		}
	}
}

func helloFrame() *pb.GatewayFrame {
	return &pb.GatewayFrame{Hello: &pb.GatewayHello{Version: 1, Gateway: "raw"}}
}

func TestToken(t *testing.T) {
	_, address := serve(t, newDouble(), func(o *ServerOptions) { o.Tokens = []string{"another-token-1234", token} })
	for name, shown := range map[string][]string{
		"none": nil, "empty": {""}, "another scheme": {"Basic " + token}, "no scheme": {token}, "a part": {"Bearer " + token[:len(token)-1]},
		"with a space": {"Bearer " + token + " "}, "two": {"Bearer " + token, "Bearer " + token},
	} {
		r := rawGateway(t, address, shown...)
		r.send(helloFrame())
		if end := r.end(); end.Code() != codes.Unauthenticated {
			t.Errorf("%s: %v", name, end)
		}
	}
	for _, shown := range []string{"Bearer " + token, "bearer another-token-1234"} {
		r := rawGateway(t, address, shown)
		r.send(helloFrame())
		if f, err := r.Recv(); err != nil || f.GetHello().GetVersion() != 1 || f.GetWindow().GetSize() != defaultWindow {
			t.Errorf("%s: %v, %v", shown, f, err)
		}
	}
}

// What is malformed ends the stream with a reason, and nothing of the frame behind it is done.
func TestMalformedFrames(t *testing.T) {
	d := newDouble()
	s, address := serve(t, d, func(o *ServerOptions) { o.Window = 2 })
	good := func(id, do string) *pb.Push { p := somePush(id, do); return pushToWire(&p, time.Minute) }
	type row struct {
		name   string
		code   codes.Code
		says   string
		frames []*pb.GatewayFrame
	}
	rows := []row{
		{"no hello", codes.InvalidArgument, "no hello", []*pb.GatewayFrame{{Pushes: []*pb.Push{good("a", "")}}}},
		{"two hellos", codes.InvalidArgument, "second hello", []*pb.GatewayFrame{helloFrame(), helloFrame()}},
		{"version 0", codes.InvalidArgument, "version 0", []*pb.GatewayFrame{{Hello: &pb.GatewayHello{}}}},
		{"a long name", codes.InvalidArgument, "name", []*pb.GatewayFrame{{Hello: &pb.GatewayHello{Version: 1, Gateway: strings.Repeat("x", 101)}}}},
		{"too many", codes.ResourceExhausted, "more than 2", []*pb.GatewayFrame{
			helloFrame(), {Pushes: []*pb.Push{good("a", "hold"), good("b", "hold"), good("c", "hold")}},
		}},
		{"a large frame", codes.ResourceExhausted, "larger than max", []*pb.GatewayFrame{{
			Hello: helloFrame().GetHello(), Cancels: []*pb.Cancel{{Id: strings.Repeat("x", maxFrame)}},
		}}},
		{"a port over 65535", codes.InvalidArgument, "port", nil},
		{"an address of 5 octets", codes.InvalidArgument, "address has 5", nil},
	}
	rows[6].frames = []*pb.GatewayFrame{helloFrame(), {Pushes: []*pb.Push{good("a", "")}}}
	rows[6].frames[1].Pushes[0].SourcePort = 65536
	rows[7].frames = []*pb.GatewayFrame{helloFrame(), {Pushes: []*pb.Push{good("a", "")}}}
	rows[7].frames[1].Pushes[0].Address = make([]byte, 5)
	for name, break_ := range invalidPushes() {
		if name == "an id that is no text" { // protobuf refuses that here, too; the client's test has it
			continue
		}
		p := somePush("a", "")
		break_(&p)
		rows = append(rows, row{name, codes.InvalidArgument, "push", []*pb.GatewayFrame{helloFrame(), {Pushes: []*pb.Push{pushToWire(&p, time.Minute), good("z", "")}}}})
	}
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			stream := rawGateway(t, address, "Bearer "+token)
			for _, f := range r.frames {
				stream.send(f)
			}
			if end := stream.end(); end.Code() != r.code || !strings.Contains(end.Message(), r.says) {
				t.Errorf("got %v, want %v with %q", end, r.code, r.says)
			}
		})
	}
	wait(t, "all are gone", func() bool { return len(s.Gateways()) == 0 && s.open.Load() == 0 })
	close(d.pushes)
	for p := range d.pushes {
		if !strings.HasSuffix(p.ID, "/a") && !strings.HasSuffix(p.ID, "/b") {
			t.Errorf("the node got %s", p.ID)
		}
	}
}

func TestHelloMustCome(t *testing.T) {
	s, address := serve(t, newDouble(), nil)
	s.meeting = 20 * time.Millisecond
	if end := rawGateway(t, address, "Bearer "+token).end(); end.Code() != codes.DeadlineExceeded {
		t.Errorf("got %v", end)
	}
}

// A push whose id is open is the same one; one whose time is over is not begun.
func TestSamePushAndOldPush(t *testing.T) {
	d := newDouble()
	_, address := serve(t, d, nil)
	r := rawGateway(t, address, "Bearer "+token)
	a, old := somePush("a", "hold"), somePush("old", "")
	r.send(helloFrame())
	r.send(&pb.GatewayFrame{Pushes: []*pb.Push{pushToWire(&a, time.Minute), pushToWire(&a, time.Minute), pushToWire(&old, 0)}})
	next(t, "push", d.pushes)
	results := r.results(1)
	if results[0].GetId() != "old" || results[0].GetCause() != string(Expired) {
		t.Errorf("got %v", results)
	}
	r.send(&pb.GatewayFrame{Cancels: []*pb.Cancel{{Id: "nobody"}, {Id: "a"}}})
	if results = r.results(1); results[0].GetId() != "a" || results[0].GetCause() != string(Cancelled) {
		t.Errorf("got %v", results)
	}
	silent(t, "second push of the id", d.pushes)
}

// results reads so many.
func (r raw) results(n int) (list []*pb.Result) {
	r.t.Helper()
	for len(list) < n {
		f, err := r.Recv()
		if err != nil {
			r.t.Fatal(err)
		}
		list = append(list, f.GetResults()...)
	}
	return list
}

// Gateways do not see each other's pushes, though their ids may be the same, and all of them hear of events.
func TestTwoGateways(t *testing.T) {
	d := newDouble()
	s, address := serve(t, d, func(o *ServerOptions) { o.Gateways = 2 })
	named := func(name string) func(*DialOptions) { return func(o *DialOptions) { o.Gateway = name } }
	east, toEast := dial(t, address, named("east"))
	west, toWest := dial(t, address, named("west"))
	toEast.until(t, "up", isUp)
	toWest.until(t, "up", isUp)
	ge, gw := newGiven(), newGiven()
	ge.to(east, somePush("1", "hold"))
	first := next(t, "push", d.pushes)
	gw.to(west, somePush("1", "hold"))
	if second := next(t, "push", d.pushes); second.ID == first.ID {
		t.Errorf("both pushes are %s", first.ID)
	}
	list := s.Gateways()
	if len(list) != 2 || list[0].Name != "east" || list[1].Name != "west" || list[0].Open != 1 || list[1].Pushes != 1 {
		t.Errorf("connected are %+v", list)
	}
	_, toThird := dial(t, address, nil)
	toThird.until(t, "turned away", func(l Link) bool { return strings.Contains(l.Why, "connected already") })
	east.Cancel("1")
	if r := next(t, "result", ge.results); r.Cause != Cancelled {
		t.Errorf("got %+v", r)
	}
	silent(t, "result of the other's push", gw.results)
	e := Event{
		Kind: ContextUp, IMSI: "001010123456789", MSISDN: "358401234567", GGSN: "north", APN: "push.operator",
		Address: netip.MustParseAddr("2001:db8::7"), Text: "SGSN 192.0.2.20",
	}
	s.Event(Event{Kind: TerminalPresent}) // of nobody
	s.Event(Event{Kind: 99, IMSI: e.IMSI})
	s.Event(e)
	for _, to := range []*told{toEast, toWest} {
		if got := next(t, "event", to.events); got != e {
			t.Errorf("got %+v", got)
		}
	}
	west.Close()
	wait(t, "the other is gone", func() bool { return len(s.Gateways()) == 1 })
}

func TestServerOptions(t *testing.T) {
	ok := ServerOptions{Name: "north", Tokens: []string{token}}
	for name, change := range map[string]func(*ServerOptions){
		"no token":             func(o *ServerOptions) { o.Tokens = nil },
		"a short token":        func(o *ServerOptions) { o.Tokens = []string{"123456789012345"} },
		"a token with a space": func(o *ServerOptions) { o.Tokens = []string{token, "1234567 890123456"} },
		"a large window":       func(o *ServerOptions) { o.Window = MaxWindow + 1 },
		"a negative window":    func(o *ServerOptions) { o.Window = -1 },
		"negative gateways":    func(o *ServerOptions) { o.Gateways = -1 },
		"a long name":          func(o *ServerOptions) { o.Name = strings.Repeat("x", 101) },
		"a long access point":  func(o *ServerOptions) { o.APNs = []string{strings.Repeat("x", 101)} },
	} {
		o := ok
		change(&o)
		if _, err := NewServer(newDouble(), o); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	s, err := NewServer(newDouble(), ok)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "0.0.0.0:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Serve(l); err == nil || !strings.Contains(err.Error(), "without TLS") {
		t.Errorf("every address without TLS: %v", err)
	}
}

// Events that a gateway does not read are thrown away beyond a limit and counted; results never are.
func TestSlowGateway(t *testing.T) {
	f := newFrames()
	f.event(&pb.Event{}) // before the hello there is nobody to tell
	f.hello(&pb.NodeHello{}, &pb.Window{Size: 1})
	f.window(&pb.Window{Size: 2})
	for range maxEvents + 7 {
		f.event(&pb.Event{})
	}
	for i := range 100 {
		f.result(&pb.Result{Id: fmt.Sprint(i)})
	}
	if f.results() != 100 || f.lost() != 7 {
		t.Errorf("%d results wait, %d events are lost", f.results(), f.lost())
	}
	f.close()
	results, events, told, frames := 0, 0, uint64(0), 0
	f.run(func(out *pb.NodeFrame) error {
		if first := frames == 0; first != (out.GetHello() != nil) || first && out.GetWindow().GetSize() != 2 {
			t.Errorf("frame %d is %v", frames, out)
		}
		if len(out.GetResults()) > maxItems || len(out.GetEvents()) > maxItems {
			t.Errorf("a frame with %d results and %d events", len(out.GetResults()), len(out.GetEvents()))
		}
		results += len(out.GetResults())
		events += len(out.GetEvents())
		told = max(told, out.GetEventsLost())
		frames++
		return nil
	})
	if results != 100 || events != maxEvents || told != 7 || f.results() != 0 {
		t.Errorf("written were %d results, %d events, %d lost", results, events, told)
	}
}

package pluginrpc

import (
	"net/netip"
	"reflect"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	pb "github.com/ppgbox/ppgbox/sdk/pluginrpc/pluginv1"
	"github.com/ppgbox/ppgbox/sdk/push"
)

// deliveryOf is a delivery that went over the wire.
func deliveryOf(d *pb.Deliver) push.Delivery {
	b, err := proto.Marshal(&pb.BearerCommands{Items: []*pb.BearerCommand{{Command: &pb.BearerCommand_Deliver{Deliver: d}}}})
	if err != nil {
		panic(err)
	}
	var f bearerFrame
	if err := f.UnmarshalVT(b); err != nil || len(f.commands) != 1 || f.commands[0].kind != commandDeliver {
		panic(err)
	}
	return f.commands[0].delivery
}

// generated is what the generated messages make of a frame.
func generated(t testing.TB, b []byte) ([]bearerCommand, error) {
	t.Helper()
	var m pb.BearerCommands
	if err := m.UnmarshalVT(b); err != nil {
		return nil, err
	}
	var list []bearerCommand
	for _, c := range m.GetItems() {
		switch c := c.GetCommand().(type) {
		case *pb.BearerCommand_Deliver:
			d := c.Deliver
			list = append(list, bearerCommand{kind: commandDeliver, delivery: push.Delivery{
				ID: d.GetId(), PushID: d.GetPushId(), Lane: d.GetLane(), Sequence: d.GetSequence(), Priority: push.Priority(d.GetPriority()),
				Method: push.DeliveryMethod(d.GetMethod()), Terminal: subscriberFromProto(d.GetTerminal()), Message: messageFromProto(d.GetMessage()),
				Route: routeFromProto(d.GetRoute()), Timeout: time.Duration(d.GetTimeoutNano()), Token: octets(d.GetToken()),
				OtherTokens: each(d.GetOtherTokens(), octets),
			}})
		case *pb.BearerCommand_Cancel:
			list = append(list, bearerCommand{kind: commandCancel, id: c.Cancel.GetId()})
		case *pb.BearerCommand_Stored:
			list = append(list, bearerCommand{kind: commandStored, id: c.Stored.GetId(), number: c.Stored.GetNumber()})
		default:
			list = append(list, bearerCommand{})
		}
	}
	return list, nil
}

// A frame is read as the generated code reads it, whatever is in it.
func FuzzBearerFrame(f *testing.F) {
	session := &pb.Session{Ggsn: "g", Apn: "internet", Address: netip.MustParseAddr("10.0.0.1").AsSlice(), Imsi: "001", Generation: 1 << 63, ExpiresUnixNano: -5}
	whole := &pb.BearerCommands{Items: []*pb.BearerCommand{
		{Command: &pb.BearerCommand_Deliver{Deliver: &pb.Deliver{
			Id: "1.1", PushId: "p", Lane: "+358", Sequence: 1 << 40, Priority: -1, Method: 3,
			Terminal:    &pb.Subscriber{Address: &pb.Address{Type: "PLMN", Value: "+358"}, Msisdn: "358", Imsi: "001", Sessions: []*pb.Session{session, {}}},
			Message:     &pb.Message{ContentType: "text/plain", Headers: []*pb.Header{{Name: "A", Value: "b"}, {}}, Body: []byte{0, 1}},
			Route:       &pb.Route{Node: "n", Apn: "a", Imsi: "001", Session: session},
			TimeoutNano: -1, Token: []byte{2}, OtherTokens: [][]byte{{3}, nil},
		}}},
		{Command: &pb.BearerCommand_Deliver{}},
		{Command: &pb.BearerCommand_Cancel{Cancel: &pb.Cancel{Id: "1.2"}}},
		{Command: &pb.BearerCommand_Stored{Stored: &pb.TokenStored{Id: "1.3", Number: 1<<64 - 1}}},
		{},
	}}
	b, err := proto.Marshal(whole)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Add(append([]byte{0x10, 1, 0x1a, 1, 0}, b...))                             // fields that nobody knows
	f.Add([]byte{0x0a, 10, 0x0a, 3, 0x0a, 1, 'a', 0x12, 3, 0x0a, 1, 'b'})        // two commands in one
	f.Add([]byte{0x0a, 12, 0x0a, 3, 0x0a, 1, 'a', 0x0a, 5, 0x3a, 3, 0x0a, 1, 1}) // a delivery in two parts
	f.Add([]byte{0x0a, 4, 0x0a, 2, 0x28, 0xff})
	f.Fuzz(func(t *testing.T, b []byte) {
		want, wantErr := generated(t, b)
		frame := bearerFrame{commands: []bearerCommand{{kind: commandStored, id: "old"}}}
		err := frame.UnmarshalVT(b)
		strict := proto.Unmarshal(b, new(pb.BearerCommands)) // of groups, which nobody sends, and of UTF-8
		if err == nil && wantErr != nil || err != nil && wantErr == nil && strict == nil {
			t.Fatalf("the error is %v, that of the generated code %v, and %v", err, wantErr, strict)
		}
		if err == nil && (len(frame.commands) != len(want) || len(want) > 0 && !reflect.DeepEqual(frame.commands, want)) {
			t.Errorf("got\n%+v, want\n%+v", frame.commands, want)
		}
	})
}

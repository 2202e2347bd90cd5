package pluginrpc

import (
	"fmt"
	"net/netip"
	"reflect"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/ppgbox/ppgbox/sdk/plugin"
	pb "github.com/ppgbox/ppgbox/sdk/pluginrpc/pluginv1"
	"github.com/ppgbox/ppgbox/sdk/push"
)

// TestEveryFieldCrosses fails when a field of a domain type or of a protobuf message is not mapped: it fills every field, also
// those that nobody has thought of yet, and converts there and back from both sides.
func TestEveryFieldCrosses(t *testing.T) {
	t.Run("Info", fields(infoToProto, infoFromProto))
	t.Run("Key", fields(keyToProto, keyFromProto))
	t.Run("Config", fields(configToProto, configFromProto))
	t.Run("Problem", fields(problemToProto, problemFromProto))
	t.Run("Message", fields(messageToProto, messageFromProto))
	t.Run("Header", fields(headerToProto, headerFromProto))
	t.Run("InputValue", fields(inputToProto, inputFromProto))
	// The stream itself sets id and timeout.
	t.Run("EncodeRequest", fields(encodeRequestToProto, encodeRequestFromProto, "id", "timeout_nano"))
	t.Run("RouteRequest", fields(routeRequestToProto, routeRequestFromProto, "id", "timeout_nano"))
	t.Run("Address", fields(addressToProto, addressFromProto))
	t.Run("Subscriber", fields(subscriberToProto, subscriberFromProto))
	t.Run("Session", fields(sessionToProto, sessionFromProto))
	t.Run("Route", fields(routeToProto, routeFromProto))
	t.Run("Error", fields(errorToProto, errorFromProto))
	t.Run("Outcome", fields(outcomeToProto, outcomeFromProto))
	t.Run("Delivery", fields(deliveryToProto, deliveryOf))
	t.Run("Event", fields(eventToProto, eventFromProto))
}

func fields[D any, P proto.Message](to func(D) P, from func(P) D, except ...protoreflect.Name) func(*testing.T) {
	return func(t *testing.T) {
		var d D
		n := 0
		fill(t, reflect.ValueOf(&d).Elem(), &n)
		if back := from(to(d)); !reflect.DeepEqual(back, d) {
			t.Errorf("domain type there and back:\n got %+v\nwant %+v", back, d)
		}
		var none P
		p := none.ProtoReflect().New()
		fillMessage(t, p, except, &n)
		want := p.Interface().(P)
		if back := to(from(want)); !proto.Equal(back, want) {
			t.Errorf("protobuf message there and back:\n got %v\nwant %v", back, want)
		}
		// The zero value and nil are one.
		var zero D
		if v := reflect.ValueOf(&zero).Elem(); v.Kind() == reflect.Pointer {
			v.Set(reflect.New(v.Type().Elem()))
		}
		if back := from(none); !reflect.DeepEqual(back, zero) {
			t.Errorf("from nil: got %+v, want the zero value", back)
		}
		if back := from(to(zero)); !reflect.DeepEqual(back, zero) {
			t.Errorf("zero value there and back: got %+v", back)
		}
	}
}

// fill gives every field below v a value of its own that is not zero.
func fill(t *testing.T, v reflect.Value, n *int) {
	t.Helper()
	*n++
	switch v.Interface().(type) {
	case time.Time:
		v.Set(reflect.ValueOf(time.Unix(1_700_000_000, int64(*n)).UTC()))
		return
	case netip.Addr:
		v.Set(reflect.ValueOf(netip.AddrFrom4([4]byte{10, 0, 0, byte(*n)})))
		return
	case push.OutcomeKind:
		v.SetInt(int64(push.OutcomeRefused))
		return
	case push.EventKind:
		v.SetInt(int64(push.EventSessionDown))
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(fmt.Sprintf("value %d", *n))
	case reflect.Int, reflect.Int32, reflect.Int64:
		v.SetInt(int64(*n))
	case reflect.Uint64:
		v.SetUint(uint64(*n))
	case reflect.Uint8:
		v.SetUint(uint64(*n%255 + 1))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(t, v.Elem(), n)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		for i := range v.Len() {
			fill(t, v.Index(i), n)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			fill(t, v.Field(i), n)
		}
	default:
		t.Fatalf("this test can not fill a %s; teach it", v.Type())
	}
}

func fillMessage(t *testing.T, m protoreflect.Message, except []protoreflect.Name, n *int) {
	t.Helper()
	fds := m.Descriptor().Fields()
next:
	for i := range fds.Len() {
		fd := fds.Get(i)
		for _, e := range except {
			if fd.Name() == e {
				continue next
			}
		}
		if fd.IsList() {
			l := m.Mutable(fd).List()
			for range 2 {
				if fd.Kind() == protoreflect.MessageKind {
					fillMessage(t, l.AppendMutable().Message(), nil, n)
				} else {
					l.Append(scalar(t, fd, n))
				}
			}
			continue
		}
		if fd.Kind() == protoreflect.MessageKind {
			fillMessage(t, m.Mutable(fd).Message(), nil, n)
			continue
		}
		m.Set(fd, scalar(t, fd, n))
	}
}

func scalar(t *testing.T, fd protoreflect.FieldDescriptor, n *int) protoreflect.Value {
	t.Helper()
	*n++
	switch fd.Kind() {
	case protoreflect.StringKind:
		return protoreflect.ValueOfString(fmt.Sprintf("value %d", *n))
	case protoreflect.BytesKind:
		return protoreflect.ValueOfBytes([]byte{10, 0, 0, byte(*n)}) // long enough for an address
	case protoreflect.BoolKind:
		return protoreflect.ValueOfBool(true)
	case protoreflect.Int32Kind, protoreflect.Sint32Kind:
		return protoreflect.ValueOfInt32(int32(*n))
	case protoreflect.Int64Kind:
		return protoreflect.ValueOfInt64(int64(*n))
	case protoreflect.Uint64Kind:
		return protoreflect.ValueOfUint64(uint64(*n))
	case protoreflect.EnumKind:
		return protoreflect.ValueOfEnum(2)
	}
	t.Fatalf("this test can not fill %s; teach it", fd.FullName())
	return protoreflect.Value{}
}

// TestFillFillsEverything holds the test above to its word.
func TestFillFillsEverything(t *testing.T) {
	for _, v := range []any{&plugin.Info{}, &push.Delivery{}, &push.EncodeRequest{}, &push.Event{}} {
		n := 0
		fill(t, reflect.ValueOf(v).Elem(), &n)
		if path := zeroField(reflect.ValueOf(v).Elem(), ""); path != "" {
			t.Errorf("%T%s is still zero", v, path)
		}
	}
}

func zeroField(v reflect.Value, path string) string {
	if v.IsZero() {
		return path
	}
	switch v.Kind() {
	case reflect.Struct:
		if v.Type().PkgPath() == "time" || v.Type().PkgPath() == "net/netip" {
			return ""
		}
		for i := range v.NumField() {
			if p := zeroField(v.Field(i), path+"."+v.Type().Field(i).Name); p != "" {
				return p
			}
		}
	case reflect.Slice:
		for i := range v.Len() {
			if p := zeroField(v.Index(i), fmt.Sprintf("%s[%d]", path, i)); p != "" {
				return p
			}
		}
	case reflect.Pointer:
		return zeroField(v.Elem(), path)
	}
	return ""
}

// Messages that carry others are no domain types; a field added to one of them has to be taken up in this list, and in its
// server and client.
func TestFramesAreKnown(t *testing.T) {
	known := map[protoreflect.Name]string{
		"DescribeRequest": "", "ValidateResponse": "problems", "ConfigureResponse": "problems error",
		"HealthRequest": "", "HealthResponse": "", "DrainRequest": "", "DrainResponse": "",
		"EncodeBatch": "items", "EncodedBatch": "items credit", "EncodedItem": "id message error",
		"RouteBatch": "items", "RoutedBatch": "items credit", "RoutedItem": "id route not_here not_attached error",
		"NotHere": "cause", "NotAttached": "cause",
		"BearerCommands": "items", "BearerCommand": "deliver cancel stored", "Cancel": "id", "TokenStored": "id number",
		"BearerReports": "items", "BearerReport": "result progress event credit",
		"Result": "id outcome", "Progress": "id token number", "Credit": "window reason",
	}
	mapped := map[protoreflect.Name]bool{
		"DescribeResponse": true, "ConfigKey": true, "ConfigRequest": true, "Problem": true, "Header": true, "Message": true,
		"Address": true, "Session": true, "Subscriber": true, "Route": true, "Error": true, "Outcome": true, "Exchange": true,
		"EncodeItem": true, "InputValue": true, "RouteItem": true, "Deliver": true, "Event": true,
	}
	ms := pb.File_sdk_pluginrpc_plugin_proto.Messages()
	for i := range ms.Len() {
		m := ms.Get(i)
		if mapped[m.Name()] {
			continue
		}
		want, ok := known[m.Name()]
		got := ""
		for j := range m.Fields().Len() {
			if j > 0 {
				got += " "
			}
			got += string(m.Fields().Get(j).Name())
		}
		if !ok || got != want {
			t.Errorf("message %s has the fields %q, this test knows %q", m.Name(), got, want)
		}
	}
}

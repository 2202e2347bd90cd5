package pluginrpc

import (
	pb "github.com/ppgbox/ppgbox/sdk/pluginrpc/pluginv1"
	"github.com/ppgbox/ppgbox/sdk/push"
)

func messageToProto(m push.Message) *pb.Message {
	return &pb.Message{ContentType: text(m.ContentType), Headers: each(m.Headers, headerToProto), Body: octets(m.Body)}
}

func messageFromProto(m *pb.Message) push.Message {
	return push.Message{ContentType: m.GetContentType(), Headers: each(m.GetHeaders(), headerFromProto), Body: octets(m.GetBody())}
}

func headerToProto(h push.Header) *pb.Header {
	return &pb.Header{Name: text(h.Name), Value: text(h.Value)}
}

func headerFromProto(h *pb.Header) push.Header {
	return push.Header{Name: h.GetName(), Value: h.GetValue()}
}

func encodeRequestToProto(r push.EncodeRequest) *pb.EncodeItem {
	return &pb.EncodeItem{Message: messageToProto(r.Message), Inputs: each(r.Inputs, inputToProto)}
}

func encodeRequestFromProto(i *pb.EncodeItem) push.EncodeRequest {
	return push.EncodeRequest{Message: messageFromProto(i.GetMessage()), Inputs: each(i.GetInputs(), inputFromProto)}
}

func inputToProto(v push.InputValue) *pb.InputValue {
	return &pb.InputValue{Name: text(string(v.Name)), Value: octets(v.Value)}
}

func inputFromProto(v *pb.InputValue) push.InputValue {
	return push.InputValue{Name: push.Input(v.GetName()), Value: octets(v.GetValue())}
}

// encodedToProto is an encoder's answer: a message, or an error.
func encodedToProto(m push.Message, err error) *pb.EncodedItem {
	if err != nil {
		return &pb.EncodedItem{Error: errorToProto(push.AsError(err))}
	}
	return &pb.EncodedItem{Message: messageToProto(m)}
}

func encodedFromProto(i *pb.EncodedItem) (push.Message, error) {
	switch {
	case i.GetError() != nil:
		return push.Message{}, errorFromProto(i.GetError())
	case i.GetMessage() == nil:
		return push.Message{}, &push.Error{Temporary: true, Cause: "the plugin answered neither a message nor an error"}
	}
	return messageFromProto(i.GetMessage()), nil
}

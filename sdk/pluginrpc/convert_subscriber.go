package pluginrpc

import (
	"net/netip"

	pb "github.com/ppgbox/ppgbox/sdk/pluginrpc/pluginv1"
	"github.com/ppgbox/ppgbox/sdk/push"
)

func addressToProto(a push.Address) *pb.Address {
	return &pb.Address{Type: text(string(a.Type)), Value: text(a.Value)}
}

func addressFromProto(a *pb.Address) push.Address {
	return push.Address{Type: push.AddressType(a.GetType()), Value: a.GetValue()}
}

func subscriberToProto(s push.Subscriber) *pb.Subscriber {
	return &pb.Subscriber{
		Address:  addressToProto(s.Address),
		Msisdn:   text(string(s.MSISDN)),
		Imsi:     text(string(s.IMSI)),
		Sessions: each(s.Sessions, sessionToProto),
	}
}

func subscriberFromProto(s *pb.Subscriber) push.Subscriber {
	return push.Subscriber{
		Address:  addressFromProto(s.GetAddress()),
		MSISDN:   push.MSISDN(s.GetMsisdn()),
		IMSI:     push.IMSI(s.GetImsi()),
		Sessions: each(s.GetSessions(), sessionFromProto),
	}
}

// sessionToProto drops the zone of an address: it means nothing on another machine.
func sessionToProto(s push.Session) *pb.Session {
	return &pb.Session{
		Ggsn:            text(s.GGSN),
		Apn:             text(s.APN),
		Address:         octets(s.Address.AsSlice()),
		Imsi:            text(string(s.IMSI)),
		Generation:      s.Generation,
		ExpiresUnixNano: unixNano(s.Expires),
	}
}

func sessionFromProto(s *pb.Session) push.Session {
	addr, _ := netip.AddrFromSlice(s.GetAddress())
	return push.Session{
		GGSN:       s.GetGgsn(),
		APN:        s.GetApn(),
		Address:    addr,
		IMSI:       push.IMSI(s.GetImsi()),
		Generation: s.GetGeneration(),
		Expires:    fromUnixNano(s.GetExpiresUnixNano()),
	}
}

func optionalSessionToProto(s *push.Session) *pb.Session {
	if s == nil {
		return nil
	}
	return sessionToProto(*s)
}

func optionalSessionFromProto(s *pb.Session) *push.Session {
	if s == nil {
		return nil
	}
	d := sessionFromProto(s)
	return &d
}

package pluginrpc

import (
	"github.com/ppgbox/ppgbox/sdk/plugin"
	pb "github.com/ppgbox/ppgbox/sdk/pluginrpc/pluginv1"
	"github.com/ppgbox/ppgbox/sdk/push"
)

func infoToProto(i plugin.Info) *pb.DescribeResponse {
	return &pb.DescribeResponse{
		Kind:         text(string(i.Kind)),
		Name:         text(i.Name),
		Version:      text(i.Version),
		Keys:         each(i.Keys, keyToProto),
		Takes:        words[string](i.Takes),
		Makes:        words[string](i.Makes),
		Inputs:       words[string](i.Inputs),
		Confirms:     i.Confirms,
		AddressTypes: words[string](i.AddressTypes),
		Network:      text(i.Network),
		Bearer:       text(i.Bearer),
	}
}

func infoFromProto(r *pb.DescribeResponse) plugin.Info {
	return plugin.Info{
		Kind:         plugin.Kind(r.GetKind()),
		Name:         r.GetName(),
		Version:      r.GetVersion(),
		Keys:         each(r.GetKeys(), keyFromProto),
		Takes:        words[string](r.GetTakes()),
		Makes:        words[string](r.GetMakes()),
		Inputs:       words[push.Input](r.GetInputs()),
		Confirms:     r.GetConfirms(),
		AddressTypes: words[push.AddressType](r.GetAddressTypes()),
		Network:      r.GetNetwork(),
		Bearer:       r.GetBearer(),
	}
}

func keyToProto(k plugin.Key) *pb.ConfigKey {
	return &pb.ConfigKey{Name: text(k.Name), Type: text(k.Type), Default: text(k.Default), Required: k.Required, Doc: text(k.Doc)}
}

func keyFromProto(k *pb.ConfigKey) plugin.Key {
	return plugin.Key{Name: k.GetName(), Type: k.GetType(), Default: k.GetDefault(), Required: k.GetRequired(), Doc: k.GetDoc()}
}

func configToProto(c plugin.Config) *pb.ConfigRequest {
	return &pb.ConfigRequest{Instance: text(c.Instance), Toml: octets(c.TOML)}
}

func configFromProto(r *pb.ConfigRequest) plugin.Config {
	return plugin.Config{Instance: r.GetInstance(), TOML: octets(r.GetToml())}
}

func problemToProto(p plugin.Problem) *pb.Problem {
	return &pb.Problem{Key: text(p.Key), Text: clip(p.Text)}
}

func problemFromProto(p *pb.Problem) plugin.Problem {
	return plugin.Problem{Key: p.GetKey(), Text: p.GetText()}
}

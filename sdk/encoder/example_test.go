package encoder_test

import (
	"bytes"
	"context"
	"unicode/utf8"

	"github.com/ppgbox/ppgbox/sdk/encoder"
	"github.com/ppgbox/ppgbox/sdk/plugin"
	"github.com/ppgbox/ppgbox/sdk/push"
)

// upper is an encoder for terminals that know capital letters only.
type upper struct{}

func (upper) Info() plugin.Info {
	return plugin.Info{
		Kind: plugin.KindEncoder, Name: "upper", Version: "1.0",
		Takes: []string{"text/plain"}, Makes: []string{"text/plain"},
	}
}

func (upper) Validate(c plugin.Config) error                 { return c.Decode(&struct{}{}).Err() }
func (upper) Configure(context.Context, plugin.Config) error { return nil }

func (upper) Encode(_ context.Context, r push.EncodeRequest) (push.Message, error) {
	if !utf8.Valid(r.Message.Body) {
		return push.Message{}, &push.Error{Code: 3006, Text: "the text is not UTF-8"}
	}
	m := r.Message
	m.Body = bytes.ToUpper(m.Body)
	return m, nil
}

// The whole main.go of a plugin.
func ExampleServe() {
	main := func() { encoder.Serve(upper{}) }
	_ = main
}

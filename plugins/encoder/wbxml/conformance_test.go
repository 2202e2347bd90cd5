package wbxml

import (
	"testing"

	"github.com/ppgbox/ppgbox/sdk/conformance"
	"github.com/ppgbox/ppgbox/sdk/encoder"
	"github.com/ppgbox/ppgbox/sdk/push"
)

func TestConformance(t *testing.T) {
	request := func(contentType string, body []byte) push.EncodeRequest {
		return push.EncodeRequest{Message: push.Message{ContentType: contentType, Body: body}}
	}
	conformance.Encoder(t, conformance.EncoderSuite{
		Plugin: conformance.Plugin{
			Dir: ".", Wrong: []conformance.WrongConfig{{TOML: `wbxml_version = "9"`, Keys: []string{"wbxml_version"}}},
		},
		New: func() encoder.Encoder { return New() },
		Good: []push.EncodeRequest{
			request("text/vnd.wap.si", testdata(t, "si.xml")), request("application/vnd.wap.sic", testdata(t, "si.hex")),
			request("text/vnd.wap.sl", testdata(t, "sl.xml")), request("application/vnd.wap.slc", testdata(t, "sl.hex")),
		},
		Garbage: []push.EncodeRequest{request("text/vnd.wap.si", []byte("<si><indication>")), request("text/vnd.wap.sl", nil)},
	})
}

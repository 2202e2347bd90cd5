// Package conformance is the suite that every plugin runs, bundled or not: the rules of sdk/plugin, sdk/encoder, sdk/routing
// and sdk/bearer as named test cases, over the RPC path that the gateway uses. The test of a plugin calls one function:
//
//	func TestConformance(t *testing.T) {
//		conformance.Encoder(t, conformance.EncoderSuite{
//			Plugin:  conformance.Plugin{Dir: ".", Wrong: []conformance.WrongConfig{{TOML: "depth = -1", Keys: []string{"depth"}}}},
//			New:     func() encoder.Encoder { return mine.New() },
//			Good:    []push.EncodeRequest{si, sl},
//			Garbage: []push.EncodeRequest{notXML},
//		})
//	}
//
// No other test of the package should run in parallel to it.
package conformance

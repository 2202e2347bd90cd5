package conformance

import (
	"context"
	"errors"
	"net"
	"os"
	"testing"

	"github.com/ppgbox/ppgbox/sdk/encoder"
	"github.com/ppgbox/ppgbox/sdk/plugin"
	"github.com/ppgbox/ppgbox/sdk/push"
)

// Faults that every kind may have, shown on an encoder.
func TestCommonFaults(t *testing.T) {
	const k = plugin.KindEncoder
	count := 0
	edit := func(f func(*plugin.Info)) sound {
		return sound{info: func() plugin.Info { i := soundInfo(k); f(&i); return i }}
	}
	rows := []struct {
		name  string
		fault sound
		about Plugin
		want  []string
	}{
		{"none", sound{}, about(k), nil},
		{"Info changes", edit(func(i *plugin.Info) { count++; i.Version = string(rune('a' + count%26)) }), about(k), []string{"describe/stable"}},
		{"wrong kind", edit(func(i *plugin.Info) { i.Kind = plugin.KindBearer }), about(k), []string{"describe/complete"}},
		{"undocumented key", edit(func(i *plugin.Info) { i.Keys[0].Doc = "" }), about(k), []string{"describe/complete"}},
		{"media type with a parameter", edit(func(i *plugin.Info) { i.Makes = append(i.Makes, "text/x; charset=utf-8") }), about(k), []string{"describe/complete"}},
		{"unknown keys pass", sound{validate: func(c plugin.Config) error {
			var ps plugin.Problems
			if errors.As(soundValidate(c), &ps) {
				for i, p := range ps {
					if p.Text == "unknown key" {
						ps = append(ps[:i], ps[i+1:]...)
						break
					}
				}
			}
			return ps.Err()
		}}, about(k), []string{"validate/all-problems", "validate/unknown-key"}},
		{"only the first problem", sound{validate: func(c plugin.Config) error {
			var ps plugin.Problems
			if errors.As(soundValidate(c), &ps) {
				return ps[:1]
			}
			return nil
		}}, about(k), []string{"validate/all-problems"}},
		{"Validate opens a socket", sound{validate: func(c plugin.Config) error {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				return err
			}
			_ = l.Close()
			return soundValidate(c)
		}}, about(k), []string{"validate/opens-nothing"}},
		{"Validate leaves a file open", sound{validate: func(c plugin.Config) error {
			f, _ := os.Open(os.DevNull)
			if f != nil {
				leaked = append(leaked, f)
			}
			return soundValidate(c)
		}}, about(k), []string{"validate/opens-nothing"}},
		{"sample is wrong", sound{}, changed(t, k, "sample.toml", "depth = 3", "depth = -3"), []string{"validate/sample"}},
		{"sample lacks a key", sound{}, changed(t, k, "sample.toml", "# place", "# places are many"), []string{"documents/sample-keys"}},
		{"sample has an undeclared key", edit(func(i *plugin.Info) { i.Keys = i.Keys[1:] }), about(k), []string{"documents/sample-keys"}},
		{"README lacks a section", sound{}, changed(t, k, "README.md", "## Failures", "## Successes"), []string{"documents/readme-sections"}},
		{"README has an empty section", sound{}, changed(t, k, "README.md", "## Failures\nNone.", "## Failures\n"), []string{"documents/readme-sections"}},
		{"README block does not load", sound{}, changed(t, k, "README.md", "depth = 4", "deep = 4"), []string{"documents/readme-toml"}},
		{"README instance does not load", sound{}, changed(t, k, "README.md", "depth = 1", "depth = -1"), []string{"documents/readme-toml"}},
	}
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			rec := newRecorder(t, "")
			Encoder(rec, EncoderSuite{Plugin: r.about, Good: goodWords, New: func() encoder.Encoder {
				s := r.fault
				return &soundEncoder{sound: s.of(k), encode: upper}
			}})
			rec.mustFail(t, r.want...)
		})
	}
}

// leaked holds what a faulty plugin opened, so that no collection closes it.
var leaked []*os.File

func TestValidateThatRemembers(t *testing.T) {
	rec := newRecorder(t, "")
	Encoder(rec, EncoderSuite{Plugin: about(plugin.KindEncoder), Good: goodWords, New: func() encoder.Encoder {
		return &remembering{soundEncoder{sound: (&sound{}).of(plugin.KindEncoder), encode: upper}, false}
	}})
	rec.mustFail(t, "validate/changes-nothing")
}

// remembering refuses every configuration once it has one.
type remembering struct {
	soundEncoder
	configured bool
}

func (r *remembering) Configure(context.Context, plugin.Config) error {
	r.configured = true
	return nil
}

func (r *remembering) Validate(c plugin.Config) error {
	if r.configured {
		return plugin.Problems{{Text: "I have one already"}}
	}
	return soundValidate(c)
}

var goodWords = []push.EncodeRequest{
	{Message: push.Message{ContentType: "text/x-words; charset=utf-8", Body: []byte("some words"), Headers: []push.Header{{Name: "A", Value: "b"}}}},
	{Message: push.Message{ContentType: "Text/X-Words", Body: []byte("more")}, Inputs: []push.InputValue{{Name: push.InputIMSI, Value: []byte("24405")}}},
}

package conformance

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"testing"

	"github.com/ppgbox/ppgbox/sdk/encoder"
	"github.com/ppgbox/ppgbox/sdk/plugin"
	"github.com/ppgbox/ppgbox/sdk/push"
)

// EncoderSuite is what the suite has to know of an encoder.
type EncoderSuite struct {
	Plugin
	New func() encoder.Encoder
	// Good are requests that can be encoded, Garbage those that can not be. One good one for every type in Info.Takes is wanted.
	Good, Garbage []push.EncodeRequest
}

// Encoder runs the suite on an encoder.
func Encoder(t testing.TB, s EncoderSuite) {
	t.Helper()
	e := encoderCases{s}
	suite(t, s.Plugin, plugin.KindEncoder, func() (author, served plugin.Plugin) { p := s.New(); return p, p },
		describeCases, validateCases, documentCases, []testCase{
			{"encode/encodes", "Good content of every type in Info.Takes is encoded into a type in Info.Makes.", e.encodes},
			{"encode/pure", "The same request gives the same octets, in any process, in any order and from many goroutines.", e.pure},
			{"encode/leaves-request", "The request's message is not modified.", e.leavesRequest},
			{"encode/garbage", "Content that can not be encoded is a permanent error with code 3006 and a text for the Push Initiator.", e.garbage},
			{"encode/survives", "Broken content is encoded or refused for good; it is no panic and no temporary failure.", e.survives},
		})
}

type encoderCases struct{ EncoderSuite }

type encoded struct {
	push.Message
	err error
}

// quiet is told about a stream that a case has no questions about.
type quiet struct{}

func (quiet) Window(int, string) {}
func (quiet) Closed(error)       {}

func openEncoder(t testing.TB, s *subject) func(push.EncodeRequest) encoded {
	t.Helper()
	stream, err := s.serveConfigured(t).OpenEncoder(t.Context(), quiet{})
	if err != nil {
		t.Fatal(err)
	}
	return func(r push.EncodeRequest) encoded {
		ch := make(chan encoded, 1)
		stream.Encode(r, s.patience(), func(m push.Message, err error) { ch <- encoded{m, err} })
		return <-ch
	}
}

func (e encoderCases) encodes(t testing.TB, s *subject) {
	info := s.new().Info()
	encode := openEncoder(t, s)
	missing := slices.Clone(info.Takes)
	for i, r := range e.Good {
		in := r.Message.MediaType()
		if !slices.Contains(info.Takes, in) {
			t.Errorf("good request %d is of the type %q, which Info.Takes lacks", i, in)
			continue
		}
		missing = slices.DeleteFunc(missing, func(m string) bool { return m == in })
		got := encode(r)
		if got.err != nil {
			t.Errorf("good request %d: %v", i, got.err)
		} else if out := got.MediaType(); !slices.Contains(info.Makes, out) {
			t.Errorf("good request %d: made %q, which Info.Makes lacks", i, out)
		}
	}
	if len(missing) > 0 {
		t.Errorf("the suite has no good request of the types %q", missing)
	}
}

func (e encoderCases) pure(t testing.TB, s *subject) {
	one, other := openEncoder(t, s), openEncoder(t, s)
	want := make([]encoded, len(e.Good))
	for i, r := range e.Good {
		want[i] = one(r)
	}
	errs := make(chan error, 1000)
	const rounds = 4
	for range rounds {
		for i, r := range slices.Backward(e.Good) {
			go func() {
				var err error
				if got := other(r); !reflect.DeepEqual(got, want[i]) {
					err = fmt.Errorf("good request %d: first %q %q, then %q %q", i, want[i].ContentType, want[i].Body, got.ContentType, got.Body)
				}
				errs <- err
			}()
		}
	}
	for range rounds * len(e.Good) {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
}

func (e encoderCases) leavesRequest(t testing.TB, s *subject) {
	p := s.new().(encoder.Encoder)
	if err := p.Configure(t.Context(), s.config(t)); err != nil {
		t.Fatalf("Configure: %v", err)
	}
	for i, r := range slices.Concat(e.Good, e.Garbage) {
		given := cloneRequest(r)
		_, _ = p.Encode(t.Context(), given)
		if !reflect.DeepEqual(given, cloneRequest(r)) {
			t.Errorf("request %d is changed from %+v to %+v", i, r, given)
		}
	}
}

// cloneRequest copies everything that an encoder could write to, without room to append to.
func cloneRequest(r push.EncodeRequest) push.EncodeRequest {
	r.Message.Headers = slices.Clone(r.Message.Headers)
	r.Message.Body = bytes.Clone(r.Message.Body)
	r.Inputs = slices.Clone(r.Inputs)
	for i := range r.Inputs {
		r.Inputs[i].Value = bytes.Clone(r.Inputs[i].Value)
	}
	return r
}

func (e encoderCases) garbage(t testing.TB, s *subject) {
	encode := openEncoder(t, s)
	for i, r := range e.Garbage {
		var pe *push.Error
		switch got := encode(r); {
		case got.err == nil:
			t.Errorf("garbage %d was encoded as %q", i, got.Body)
		case !errors.As(got.err, &pe) || pe.Temporary:
			t.Errorf("garbage %d: the error is temporary: %v", i, got.err)
		case pe.Code != 3006 || pe.Text == "":
			t.Errorf("garbage %d: code %d, text %q; want 3006 and what is wrong", i, pe.Code, pe.Text)
		}
	}
}

func (e encoderCases) survives(t testing.TB, s *subject) {
	encode := openEncoder(t, s)
	for i, r := range e.Good {
		for _, b := range broken(r.Message.Body) {
			broken := r
			broken.Message.Body = b
			got := encode(broken)
			var pe *push.Error
			if errors.As(got.err, &pe) && pe.Temporary {
				t.Errorf("good request %d with the body %q: temporary error: %v", i, b, got.err)
			}
		}
	}
}

// broken returns what a body may come to: cut off, with octets lost, changed and inserted.
func broken(b []byte) [][]byte {
	all := [][]byte{nil, {0}, bytes.Repeat([]byte{0xff}, 64), bytes.Repeat([]byte("<a>"), 2000)}
	step := max(len(b)/16, 1)
	for i := 0; i < len(b); i += step {
		flipped := bytes.Clone(b)
		flipped[i] ^= 0x81
		all = append(all, b[:i:i], flipped, slices.Concat(b[:i], b[i+1:]), slices.Concat(b[:i], []byte{0, '<', '&'}, b[i:]))
	}
	return all
}

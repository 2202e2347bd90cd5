package conformance

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/ppgbox/ppgbox/sdk/encoder"
	"github.com/ppgbox/ppgbox/sdk/plugin"
	"github.com/ppgbox/ppgbox/sdk/push"
)

type soundEncoder struct {
	*sound
	encode func(push.EncodeRequest) (push.Message, error)
}

func (e *soundEncoder) Encode(_ context.Context, r push.EncodeRequest) (push.Message, error) {
	return e.encode(r)
}

// upper makes words upper case; digits are no words.
func upper(r push.EncodeRequest) (push.Message, error) {
	if i := bytes.IndexAny(r.Message.Body, "0123456789"); i >= 0 {
		return push.Message{}, &push.Error{Code: 3006, Text: fmt.Sprintf("digit at octet %d", i)}
	}
	return push.Message{ContentType: "application/x-upper", Body: bytes.ToUpper(r.Message.Body)}, nil
}

var digits = []push.EncodeRequest{{Message: push.Message{ContentType: "text/x-words", Body: []byte("4711")}}}

func TestSoundEncoder(t *testing.T) {
	Encoder(t, EncoderSuite{Plugin: about(plugin.KindEncoder), Good: goodWords, Garbage: digits, New: func() encoder.Encoder {
		return &soundEncoder{(&sound{}).of(plugin.KindEncoder), upper}
	}})
}

func TestEncoderFaults(t *testing.T) {
	var calls atomic.Int64
	type row struct {
		name   string
		encode func(push.EncodeRequest) (push.Message, error)
		want   []string
	}
	rows := []row{
		{"fails on good content", func(r push.EncodeRequest) (push.Message, error) {
			return push.Message{}, &push.Error{Code: 3006, Text: "no"}
		}, []string{"encode/encodes"}},
		{"makes an undeclared type", func(r push.EncodeRequest) (push.Message, error) {
			m, err := upper(r)
			if err == nil {
				m.ContentType = "application/x-lower"
			}
			return m, err
		}, []string{"encode/encodes"}},
		{"counts", func(r push.EncodeRequest) (push.Message, error) {
			m, err := upper(r)
			m.Body = fmt.Appendf(m.Body, "%d", calls.Add(1))
			return m, err
		}, []string{"encode/pure"}},
		{"writes into the request", func(r push.EncodeRequest) (push.Message, error) {
			m, err := upper(r)
			copy(r.Message.Body, m.Body)
			return m, err
		}, []string{"encode/leaves-request"}},
		{"garbage passes", func(r push.EncodeRequest) (push.Message, error) {
			return push.Message{ContentType: "application/x-upper", Body: bytes.ToUpper(r.Message.Body)}, nil
		}, []string{"encode/garbage"}},
		{"garbage without a text", func(r push.EncodeRequest) (push.Message, error) {
			m, err := upper(r)
			if err != nil {
				err = &push.Error{Code: 3006}
			}
			return m, err
		}, []string{"encode/garbage"}},
		{"garbage is temporary", func(r push.EncodeRequest) (push.Message, error) {
			m, err := upper(r)
			if err != nil {
				err = errors.New("digit")
			}
			return m, err
		}, []string{"encode/garbage"}},
		{"panics on nothing", func(r push.EncodeRequest) (push.Message, error) {
			if len(r.Message.Body) < 2 {
				panic("short")
			}
			return upper(r)
		}, []string{"encode/survives"}},
	}
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			rec := newRecorder(t, "")
			Encoder(rec, EncoderSuite{Plugin: about(plugin.KindEncoder), Good: goodWords, Garbage: digits, New: func() encoder.Encoder {
				return &soundEncoder{(&sound{}).of(plugin.KindEncoder), r.encode}
			}})
			rec.mustFail(t, r.want...)
		})
	}
}

func TestEncoderSuiteWantsEveryType(t *testing.T) {
	s := &sound{info: func() plugin.Info {
		i := soundInfo(plugin.KindEncoder)
		i.Takes = append(i.Takes, "text/x-unheard-of")
		return i
	}}
	rec := newRecorder(t, "")
	Encoder(rec, EncoderSuite{Plugin: about(plugin.KindEncoder), Good: goodWords, New: func() encoder.Encoder {
		return &soundEncoder{s.of(plugin.KindEncoder), upper}
	}})
	rec.mustFail(t, "encode/encodes")
}

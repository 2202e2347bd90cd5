package sqlite

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/netip"
	"strconv"
	"time"
	"unicode/utf8"
	"unsafe"

	"github.com/ppgbox/ppgbox/sdk/push"
)

// What is not searched for is kept as JSON, so that an operator can read it in the database, and so that a row has few columns:
// each costs as much as all the JSON. It is written by hand, because it is on the way of every push, and read with
// encoding/json. Names in it are independent of those of the Go fields.

// text is a string that may hold any octets: what is no UTF-8 becomes {"hex": "..."}.
type text string

// written is the text of what was appended to b, which is not changed any more.
func written(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

func appendText(b []byte, s string) []byte {
	plain := true
	for i := 0; i < len(s); i++ {
		if c := s[i]; c < 0x20 || c >= 0x7f || c == '"' || c == '\\' {
			plain = false
			break
		}
	}
	switch {
	case plain:
		b = append(append(b, '"'), s...)
		return append(b, '"')
	case utf8.ValidString(s):
		quoted, _ := json.Marshal(s) // a string that is UTF-8 can not fail
		return append(b, quoted...)
	}
	b = hex.AppendEncode(append(b, `{"hex":"`...), []byte(s))
	return append(b, `"}`...)
}

func (t *text) UnmarshalJSON(b []byte) error {
	if len(b) > 0 && b[0] == '"' {
		return json.Unmarshal(b, (*string)(t))
	}
	var x struct {
		Hex *string `json:"hex"`
	}
	if err := json.Unmarshal(b, &x); err != nil {
		return err
	}
	if x.Hex == nil {
		return fmt.Errorf("%s is no text", b)
	}
	s, err := hex.DecodeString(*x.Hex)
	*t = text(s)
	return err
}

func appendTime(b []byte, t time.Time) []byte {
	b = bounded(t).AppendFormat(append(b, '"'), time.RFC3339Nano)
	return append(b, '"')
}

// appendField appends `"name":value` for a text that is not empty, after a comma unless it is the object's first.
func appendField(b []byte, name, value string) []byte {
	if value == "" {
		return b
	}
	return appendText(appendName(b, name), value)
}

func appendName(b []byte, name string) []byte {
	if b[len(b)-1] != '{' {
		b = append(b, ',')
	}
	return append(append(append(b, '"'), name...), '"', ':')
}

// appendNumber appends `"name":value` for a number that is not 0.
func appendNumber(b []byte, name string, value int64) []byte {
	if value == 0 {
		return b
	}
	return strconv.AppendInt(appendName(b, name), value, 10)
}

// appendFlag appends `"name":true` if it is.
func appendFlag(b []byte, name string, value bool) []byte {
	if !value {
		return b
	}
	return append(appendName(b, name), "true"...)
}

// appendNanos appends `"name":nanoseconds` for a time that is not zero.
func appendNanos(b []byte, name string, t time.Time) []byte {
	if t.IsZero() {
		return b
	}
	return strconv.AppendInt(appendName(b, name), bounded(t).UnixNano(), 10)
}

// moment is the time that appendNanos wrote.
func moment(ns *int64) time.Time {
	if ns == nil {
		return time.Time{}
	}
	return time.Unix(0, *ns).UTC()
}

// appendList appends a JSON list of n elements.
func appendList(b []byte, n int, element func(b []byte, i int) []byte) []byte {
	b = append(b, '[')
	for i := range n {
		if i > 0 {
			b = append(b, ',')
		}
		b = element(b, i)
	}
	return append(b, ']')
}

type terminalJSON struct {
	Type     text           `json:"type"`
	Address  text           `json:"address"`
	MSISDN   text           `json:"msisdn"`
	IMSI     text           `json:"imsi"`
	Sessions *[]sessionJSON `json:"sessions"`
}

type sessionJSON struct {
	GGSN       text       `json:"ggsn"`
	APN        text       `json:"apn"`
	Address    text       `json:"address"`
	IMSI       text       `json:"imsi"`
	Generation uint64     `json:"generation"`
	Expires    *time.Time `json:"expires"`
}

func appendTerminal(b []byte, t *push.Subscriber) []byte {
	b = append(b, '{')
	b = appendField(b, "type", string(t.Address.Type))
	b = appendField(b, "address", t.Address.Value)
	b = appendField(b, "msisdn", string(t.MSISDN))
	b = appendField(b, "imsi", string(t.IMSI))
	if t.Sessions != nil {
		b = appendList(appendName(b, "sessions"), len(t.Sessions), func(b []byte, i int) []byte {
			s := &t.Sessions[i]
			b = strconv.AppendUint(append(b, `{"generation":`...), s.Generation, 10)
			b = appendField(b, "ggsn", s.GGSN)
			b = appendField(b, "apn", s.APN)
			if s.Address.IsValid() {
				b = appendField(b, "address", s.Address.String())
			}
			b = appendField(b, "imsi", string(s.IMSI))
			if !s.Expires.IsZero() {
				b = appendTime(appendName(b, "expires"), s.Expires)
			}
			return append(b, '}')
		})
	}
	return append(b, '}')
}

func (x *terminalJSON) subscriber() (push.Subscriber, error) {
	t := push.Subscriber{
		Address: push.Address{Type: push.AddressType(x.Type), Value: string(x.Address)},
		MSISDN:  push.MSISDN(x.MSISDN),
		IMSI:    push.IMSI(x.IMSI),
	}
	if x.Sessions == nil {
		return t, nil
	}
	t.Sessions = make([]push.Session, len(*x.Sessions))
	for i, y := range *x.Sessions {
		t.Sessions[i] = push.Session{GGSN: string(y.GGSN), APN: string(y.APN), IMSI: push.IMSI(y.IMSI), Generation: y.Generation}
		if y.Expires != nil {
			t.Sessions[i].Expires = *y.Expires
		}
		if y.Address == "" {
			continue
		}
		address, err := netip.ParseAddr(string(y.Address))
		if err != nil {
			return push.Subscriber{}, fmt.Errorf("terminal: %w", err)
		}
		t.Sessions[i].Address = address
	}
	return t, nil
}

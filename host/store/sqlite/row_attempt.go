package sqlite

import (
	"cmp"
	"database/sql/driver"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/ppgbox/ppgbox/host/store"
	"github.com/ppgbox/ppgbox/sdk/push"
)

const attemptColumns = "delivery, leg, number, late, sum, detail"

// attemptRow is a row of attempts.
type attemptRow struct {
	delivery, leg, number int64
	detail                string
	digest                digest // of all but late, which is added last
}

func newAttemptRow(delivery int64, a *store.Attempt) attemptRow {
	r := attemptRow{
		delivery: delivery, leg: int64(a.Leg), number: int64(a.Number), detail: written(appendAttempt(make([]byte, 0, 640), a, nil)),
	}
	r.digest = newDigest("attempts").int(delivery).int(r.leg).int(r.number).text(r.detail)
	return r
}

func parseAttemptRow(row []driver.Value) (delivery int64, a store.Attempt, late, ok bool, err error) {
	if newDigest("attempts").add(row[0], row[1], row[2], row[5], row[3]).value() != row[4] {
		return 0, a, false, false, nil
	}
	c := &cursor{values: row}
	delivery = c.int()
	leg, number, late, _, detail := c.int(), c.int(), c.flag(), c.int(), c.text()
	if c.err != nil {
		return delivery, a, late, true, c.err
	}
	var x attemptJSON
	if err := json.Unmarshal([]byte(detail), &x); err != nil {
		return delivery, a, late, true, fmt.Errorf("detail: %w", err)
	}
	a, err = x.attempt(nil)
	if err == nil && (int64(a.Leg) != leg || int64(a.Number) != number) {
		err = fmt.Errorf("it is attempt %d of leg %d", a.Number, a.Leg)
	}
	return delivery, a, late, true, err
}

// appendAttempt writes an attempt. Its lane is left out if it is named after the terminal's address, its terminal if it is
// that of the attempt before in a list, and times of steps are counted from its start.
func appendAttempt(b []byte, a, before *store.Attempt) []byte {
	b = strconv.AppendInt(append(b, `{"n":`...), int64(a.Number), 10)
	b = appendNumber(b, "leg", int64(a.Leg))
	b = appendNumber(b, "planned", int64(a.Planned))
	if !isLane(a.Lane, a.Terminal.Address) {
		b = appendText(appendName(b, "lane"), a.Lane)
	}
	b = appendField(b, "bearer", a.Bearer)
	b = appendField(b, "node", a.Node)
	b = appendNanos(b, "start", a.Started)
	b = appendNanos(b, "end", a.Ended)
	o := &a.Outcome
	b = appendNumber(b, "kind", int64(o.Kind))
	b = appendNumber(b, "code", int64(o.Code))
	b = appendField(b, "text", o.Text)
	b = appendField(b, "cause", o.Cause)
	b = appendNumber(b, "retry", int64(o.RetryAfter))
	if a.Token != nil {
		b = hex.AppendEncode(append(appendName(b, "token"), '"'), a.Token)
		b = append(b, '"')
	}
	if before == nil || !sameTerminal(&a.Terminal, &before.Terminal) {
		b = appendTerminal(appendName(b, "terminal"), &a.Terminal)
	}
	if a.Steps != nil {
		start := nanosOf(a.Started)
		b = appendList(appendName(b, "steps"), len(a.Steps), func(b []byte, i int) []byte { return appendStep(b, &a.Steps[i], start) })
	}
	return append(b, '}')
}

// nanosOf is 0 for the zero time.
func nanosOf(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return bounded(t).UnixNano()
}

func sameTerminal(a, b *push.Subscriber) bool {
	return a.Address == b.Address && a.MSISDN == b.MSISDN && a.IMSI == b.IMSI && (a.Sessions == nil) == (b.Sessions == nil) &&
		slices.Equal(a.Sessions, b.Sessions)
}

// appendStep writes [at, took, name, plugin, node, text, from, to], without the empty ones at the end. at may wrap around, and does so
// again when it is read.
func appendStep(b []byte, s *store.Step, start int64) []byte {
	if s.At.IsZero() {
		b = append(b, "[null,"...)
	} else {
		b = append(strconv.AppendInt(append(b, '['), bounded(s.At).UnixNano()-start, 10), ',')
	}
	b = strconv.AppendInt(b, int64(s.Took), 10)
	texts := [...]string{s.Name, s.Plugin, s.Node, s.Text, s.From, s.To}
	n := len(texts)
	for n > 0 && texts[n-1] == "" {
		n--
	}
	for _, t := range texts[:n] {
		b = appendText(append(b, ','), clipped(t))
	}
	return append(b, ']')
}

// clipped is a text of a step, as much as is kept of it.
func clipped(s string) string {
	if len(s) <= store.MaxStepText {
		return s
	}
	n := store.MaxStepText
	for n > store.MaxStepText-utf8.UTFMax && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

type stepJSON struct {
	at    *int64
	took  int64
	texts [6]text
}

func (s *stepJSON) UnmarshalJSON(b []byte) error {
	var list []json.RawMessage
	if err := json.Unmarshal(b, &list); err != nil {
		return err
	}
	if len(list) < 2 || len(list) > 2+len(s.texts) {
		return errors.New("a step of another length")
	}
	if err := errors.Join(json.Unmarshal(list[0], &s.at), json.Unmarshal(list[1], &s.took)); err != nil {
		return err
	}
	for i, t := range list[2:] {
		if err := s.texts[i].UnmarshalJSON(t); err != nil {
			return err
		}
	}
	return nil
}

type attemptJSON struct {
	Number   int           `json:"n"`
	Leg      int           `json:"leg"`
	Planned  int           `json:"planned"`
	Lane     *text         `json:"lane"`
	Bearer   text          `json:"bearer"`
	Node     text          `json:"node"`
	Start    *int64        `json:"start"`
	End      *int64        `json:"end"`
	Kind     int           `json:"kind"`
	Code     int           `json:"code"`
	Text     text          `json:"text"`
	Cause    text          `json:"cause"`
	Retry    int64         `json:"retry"`
	Token    *string       `json:"token"`
	Terminal *terminalJSON `json:"terminal"`
	Steps    *[]stepJSON   `json:"steps"`
}

// attempt needs the one before in a list for the terminal.
func (x *attemptJSON) attempt(before *store.Attempt) (a store.Attempt, err error) {
	a = store.Attempt{
		Leg: x.Leg, Number: x.Number, Planned: x.Planned, Bearer: string(x.Bearer), Node: string(x.Node),
		Started: moment(x.Start), Ended: moment(x.End), Outcome: push.Outcome{
			Kind: push.OutcomeKind(x.Kind), Code: x.Code, Text: string(x.Text), Cause: string(x.Cause), RetryAfter: time.Duration(x.Retry),
		},
	}
	switch {
	case x.Terminal != nil:
		if a.Terminal, err = x.Terminal.subscriber(); err != nil {
			return a, err
		}
	case before != nil:
		a.Terminal = before.Terminal
		a.Terminal.Sessions = slices.Clone(before.Terminal.Sessions)
	default:
		return a, errors.New("an attempt for no terminal")
	}
	if a.Lane = a.Terminal.Address.String(); x.Lane != nil {
		a.Lane = string(*x.Lane)
	}
	if x.Token != nil {
		if a.Token, err = hex.DecodeString(*x.Token); err != nil {
			return a, fmt.Errorf("token: %w", err)
		}
	}
	if x.Steps == nil {
		return a, nil
	}
	a.Steps = make([]store.Step, len(*x.Steps))
	for i, s := range *x.Steps {
		a.Steps[i] = store.Step{
			Took: time.Duration(s.took), Name: string(s.texts[0]), Plugin: string(s.texts[1]), Node: string(s.texts[2]), Text: string(s.texts[3]),
			From: string(s.texts[4]), To: string(s.texts[5]),
		}
		if s.at != nil {
			a.Steps[i].At = time.Unix(0, *s.at+nanosOf(a.Started)).UTC()
		}
	}
	return a, nil
}

// putAttempt puts an attempt into a list that is in the order of leg and number, in the place of the one it replaces.
func putAttempt(list []store.Attempt, a store.Attempt) []store.Attempt {
	i, there := slices.BinarySearchFunc(list, a, func(x, y store.Attempt) int {
		return cmp.Or(cmp.Compare(x.Leg, y.Leg), cmp.Compare(x.Number, y.Number))
	})
	if there {
		list[i] = a
		return list
	}
	return slices.Insert(list, i, a)
}

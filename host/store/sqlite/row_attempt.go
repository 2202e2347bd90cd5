package sqlite

import (
	"database/sql/driver"
	"errors"
	"time"

	"github.com/ppgbox/ppgbox/host/store"
	"github.com/ppgbox/ppgbox/sdk/push"
)

const (
	legColumns     = "delivery, leg, lane, partition, terminal, sum"
	attemptColumns = "delivery, leg, number, planned, lane, bearer, node, started, ended, outcome, code, text, cause, " +
		"retry_after, token, steps, terminal, sum"
)

// legKey names a leg.
type legKey struct {
	delivery int64
	leg      int
}

// leg is what is kept of a leg beside its attempts. It is that of attempt 1; later attempts keep their own.
type leg struct {
	lane     string
	terminal push.Subscriber
}

func legValues(delivery int64, a *store.Attempt) []driver.Value {
	values := append(make([]driver.Value, 0, 6),
		delivery, int64(a.Leg), a.Lane, int64(store.PartitionOf(a.Lane)), terminalText(&a.Terminal))
	return append(values, newDigest("legs").add(values...).value())
}

func attemptValues(delivery int64, a *store.Attempt) []driver.Value {
	var lane, terminal driver.Value
	if a.Number != 1 {
		lane, terminal = a.Lane, terminalText(&a.Terminal)
	}
	o := &a.Outcome
	values := append(make([]driver.Value, 0, 18),
		delivery, int64(a.Leg), int64(a.Number), int64(a.Planned), lane, a.Bearer, a.Node, nanos(a.Started), nanos(a.Ended),
		int64(o.Kind), int64(o.Code), o.Text, o.Cause, int64(o.RetryAfter), octets(a.Token), stepsJSON(a.Steps), terminal)
	return append(values, newDigest("attempts").add(values...).value())
}

// held tells whether the checksum in the last value is that of the others.
func held(table string, row []driver.Value) bool {
	last := len(row) - 1
	return newDigest(table).add(row[:last]...).value() == row[last]
}

// parseLeg returns ok false if the checksum does not hold.
func parseLeg(row []driver.Value) (key legKey, l leg, ok bool, err error) {
	if !held("legs", row) {
		return key, l, false, nil
	}
	c := &cursor{values: row}
	key = legKey{c.int(), int(c.int())}
	l.lane = c.text()
	c.int() // partition
	terminal := c.text()
	if c.err != nil {
		return key, l, true, c.err
	}
	l.terminal, err = parseTerminal(terminal)
	return key, l, true, err
}

// errNoLeg is reported for an attempt whose leg is not there, or damaged.
var errNoLeg = errors.New("its leg is missing")

// parseAttempt returns ok false if the checksum does not hold.
func parseAttempt(row []driver.Value, legs map[legKey]leg) (delivery int64, a store.Attempt, ok bool, err error) {
	if !held("attempts", row) {
		return 0, a, false, nil
	}
	c := &cursor{values: row}
	delivery = c.int()
	a.Leg, a.Number, a.Planned = int(c.int()), int(c.int()), int(c.int())
	lane, own := c.optional()
	a.Bearer, a.Node, a.Started, a.Ended = c.text(), c.text(), c.time(), c.time()
	a.Outcome = push.Outcome{
		Kind: push.OutcomeKind(c.int()), Code: int(c.int()), Text: c.text(), Cause: c.text(), RetryAfter: time.Duration(c.int()),
	}
	a.Token = c.octets()
	steps, some := c.optional()
	terminal, _ := c.optional()
	if c.err != nil {
		return delivery, a, true, c.err
	}
	if some {
		if a.Steps, err = parseSteps(steps); err != nil {
			return delivery, a, true, err
		}
	}
	if own {
		a.Lane = lane
		a.Terminal, err = parseTerminal(terminal)
		return delivery, a, true, err
	}
	l, there := legs[legKey{delivery, a.Leg}]
	if !there {
		return delivery, a, true, errNoLeg
	}
	a.Lane, a.Terminal = l.lane, l.terminal
	return delivery, a, true, nil
}

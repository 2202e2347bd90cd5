package sqlite

import (
	"database/sql/driver"
	"encoding/json"
	"fmt"

	"github.com/ppgbox/ppgbox/host/store"
	"github.com/ppgbox/ppgbox/sdk/push"
)

const resultColumns = "delivery, state, code, finished, notification, sum, detail"

// resultRow is a row of results.
type resultRow struct {
	delivery     int64
	result       *store.Result
	notification driver.Value // number or nil
	detail       string
	digest       digest
}

func newResultRow(delivery int64, r *store.Result, attempts []store.Attempt, n *store.Notification) resultRow {
	row := resultRow{delivery: delivery, result: r, detail: written(appendResult(make([]byte, 0, 128+640*len(attempts)), r, attempts, n))}
	d := newDigest("results").int(delivery).text(string(r.State)).int(int64(r.Code)).time(r.At)
	if n != nil {
		row.notification = n.ID
		d = d.int(n.ID)
	} else {
		d = d.null()
	}
	row.digest = d.text(row.detail)
	return row
}

func (r *resultRow) insert(w *writer) error {
	_, err := w.insertResult.exec(r.delivery, string(r.result.State), int64(r.result.Code), nanos(r.result.At), r.notification,
		r.digest.value(), r.detail)
	return err
}

func appendResult(b []byte, r *store.Result, attempts []store.Attempt, n *store.Notification) []byte {
	b = append(b, '{')
	b = appendField(b, "text", r.Text)
	b = appendNumber(b, "method", int64(r.Method))
	b = appendField(b, "bearer", r.Bearer)
	b = appendField(b, "network", r.Network)
	if n != nil {
		b = appendField(b, "notify", n.URL)
		b = appendNanos(b, "until", n.Until)
	}
	if len(attempts) > 0 {
		b = appendList(appendName(b, "attempts"), len(attempts), func(b []byte, i int) []byte {
			if i == 0 {
				return appendAttempt(b, &attempts[0], nil)
			}
			return appendAttempt(b, &attempts[i], &attempts[i-1])
		})
	}
	return append(b, '}')
}

type resultJSON struct {
	Text     text          `json:"text"`
	Method   int           `json:"method"`
	Bearer   text          `json:"bearer"`
	Network  text          `json:"network"`
	Notify   text          `json:"notify"`
	Until    *int64        `json:"until"`
	Attempts []attemptJSON `json:"attempts"`
}

// result is what a row of results says. The notification is as if none of its tries had been made.
type result struct {
	delivery     int64
	result       store.Result
	attempts     []store.Attempt
	notification *store.Notification
}

// parseResult returns ok false if the checksum does not hold.
func parseResult(row []driver.Value) (r result, ok bool, err error) {
	if newDigest("results").add(row[:5]...).add(row[6]).value() != row[5] {
		return r, false, nil
	}
	c := &cursor{values: row}
	r.delivery = c.int()
	r.result = store.Result{State: store.State(c.text()), Code: int(c.int()), At: c.time()}
	notification, owed := take[int64](c, true)
	c.int() // sum
	detail := c.text()
	if c.err != nil {
		return r, true, c.err
	}
	var x resultJSON
	if err := json.Unmarshal([]byte(detail), &x); err != nil {
		return r, true, fmt.Errorf("detail: %w", err)
	}
	r.result.Text, r.result.Method = string(x.Text), push.DeliveryMethod(x.Method)
	r.result.Bearer, r.result.Network = string(x.Bearer), string(x.Network)
	if owed {
		r.notification = &store.Notification{ID: notification, Delivery: r.delivery, URL: string(x.Notify), Until: moment(x.Until)}
	}
	var before *store.Attempt
	for i := range x.Attempts {
		a, err := x.Attempts[i].attempt(before)
		if err != nil {
			return r, true, fmt.Errorf("attempt %d: %w", x.Attempts[i].Number, err)
		}
		r.attempts = append(r.attempts, a)
		before = &a
	}
	return r, true, nil
}

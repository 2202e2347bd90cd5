package sqlite

import (
	"database/sql/driver"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/ppgbox/ppgbox/host/store"
	"github.com/ppgbox/ppgbox/sdk/push"
)

// pushColumns in the order of parsePush.
const pushColumns = "id, initiator, push_id, accepted, received, recipients, sum, detail, capabilities, body"

// pushRow is a row of pushes, as far as it is known before the transaction: accepted and sum come then.
type pushRow struct {
	push   *store.Push
	detail string
	count  int64
	digest digest // of all but accepted, which is added last
}

func newPushRow(p *store.Push, deliveries []*store.Delivery) pushRow {
	r := pushRow{push: p, detail: written(appendPush(make([]byte, 0, 384+128*len(deliveries)), p, deliveries)), count: int64(len(deliveries))}
	r.digest = newDigest("pushes").int(p.ID).text(p.Initiator).text(p.PushID).time(p.Received).int(r.count).text(r.detail).
		octets(p.Capabilities).octets(p.Message.Body)
	return r
}

func (r *pushRow) insert(w *writer, accepted int64) (int64, error) {
	p := r.push
	return w.insertPush.exec(p.ID, p.Initiator, p.PushID, accepted, nanos(p.Received), r.count, r.digest.int(accepted).value(), r.detail,
		octets(p.Capabilities), octets(p.Message.Body))
}

func appendPush(b []byte, p *store.Push, deliveries []*store.Delivery) []byte {
	b = append(b, '{')
	b = appendNanos(b, "after", p.DeliverAfter)
	b = appendNanos(b, "before", p.DeliverBefore)
	b = appendNumber(b, "priority", int64(p.Priority))
	b = appendNumber(b, "method", int64(p.Method))
	b = appendField(b, "network", p.Network)
	b = appendField(b, "bearer", p.Bearer)
	b = appendFlag(b, "network_needed", p.NetworkNeeded)
	b = appendFlag(b, "bearer_needed", p.BearerNeeded)
	b = appendField(b, "notify", p.NotifyURL)
	b = appendFlag(b, "progress", p.ProgressNotes)
	b = appendField(b, "source", p.SourceReference)
	b = appendField(b, "pap", p.PAPVersion)
	b = appendField(b, "type", p.Message.ContentType)
	if headers := p.Message.Headers; headers != nil {
		b = appendList(appendName(b, "headers"), len(headers), func(b []byte, i int) []byte {
			b = appendText(append(b, '['), headers[i].Name)
			b = appendText(append(b, ','), headers[i].Value)
			return append(b, ']')
		})
	}
	if len(deliveries) > 0 {
		b = appendList(appendName(b, "to"), len(deliveries), func(b []byte, i int) []byte {
			d := deliveries[i]
			b = appendText(append(b, '['), string(d.Address.Type))
			b = appendText(append(b, ','), d.Address.Value)
			b = appendText(append(b, ','), d.AddressText)
			if !isLane(d.Lane, d.Address) {
				b = appendText(append(b, ','), d.Lane)
			}
			return append(b, ']')
		})
	}
	return append(b, '}')
}

// isLane tells whether a lane is the one named after an address, as most are; it is not written then.
func isLane(lane string, a push.Address) bool {
	n := len(a.Type)
	return len(lane) == n+1+len(a.Value) && lane[:n] == string(a.Type) && lane[n] == ':' && lane[n+1:] == a.Value
}

type pushJSON struct {
	After         *int64     `json:"after"`
	Before        *int64     `json:"before"`
	Priority      int        `json:"priority"`
	Method        int        `json:"method"`
	Network       text       `json:"network"`
	Bearer        text       `json:"bearer"`
	NetworkNeeded bool       `json:"network_needed"`
	BearerNeeded  bool       `json:"bearer_needed"`
	Notify        text       `json:"notify"`
	Progress      bool       `json:"progress"`
	Source        text       `json:"source"`
	PAP           text       `json:"pap"`
	Type          text       `json:"type"`
	Headers       *[][2]text `json:"headers"`
	To            [][]text   `json:"to"`
}

// parsePush returns ok false if the checksum does not hold. The deliveries are pending.
func parsePush(row []driver.Value) (p *store.Push, deliveries []*store.Delivery, accepted int64, ok bool, err error) {
	d := newDigest("pushes").add(row[0], row[1], row[2], row[4], row[5], row[7], row[8], row[9], row[3])
	if d.value() != row[6] {
		return nil, nil, 0, false, nil
	}
	c := &cursor{values: row}
	p = &store.Push{ID: c.int(), Initiator: c.text(), PushID: c.text()}
	accepted, p.Received = c.int(), c.time()
	count, _, detail := c.int(), c.int(), c.text()
	p.Capabilities, p.Message.Body = c.octets(), c.octets()
	if c.err != nil {
		return nil, nil, 0, true, c.err
	}
	var x pushJSON
	if err := json.Unmarshal([]byte(detail), &x); err != nil {
		return nil, nil, 0, true, fmt.Errorf("detail: %w", err)
	}
	p.DeliverAfter, p.DeliverBefore = moment(x.After), moment(x.Before)
	p.Priority, p.Method = push.Priority(x.Priority), push.DeliveryMethod(x.Method)
	p.Network, p.Bearer, p.NetworkNeeded, p.BearerNeeded = string(x.Network), string(x.Bearer), x.NetworkNeeded, x.BearerNeeded
	p.NotifyURL, p.ProgressNotes, p.SourceReference, p.PAPVersion = string(x.Notify), x.Progress, string(x.Source), string(x.PAP)
	p.Message.ContentType = string(x.Type)
	if x.Headers != nil {
		p.Message.Headers = make([]push.Header, len(*x.Headers))
		for i, h := range *x.Headers {
			p.Message.Headers[i] = push.Header{Name: string(h[0]), Value: string(h[1])}
		}
	}
	if int64(len(x.To)) != count {
		return nil, nil, 0, true, fmt.Errorf("detail: %d recipients, and there are %d", len(x.To), count)
	}
	for i, to := range x.To {
		if len(to) < 3 {
			return nil, nil, 0, true, errors.New("detail: a recipient of less than three texts")
		}
		d := &store.Delivery{
			ID: p.ID + 1 + int64(i), Push: p.ID, Address: push.Address{Type: push.AddressType(to[0]), Value: string(to[1])},
			AddressText: string(to[2]), Result: store.Result{State: store.Pending},
		}
		if d.Lane = d.Address.String(); len(to) > 3 {
			d.Lane = string(to[3])
		}
		deliveries = append(deliveries, d)
	}
	return p, deliveries, accepted, true, nil
}

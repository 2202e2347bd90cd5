package sqlite

import (
	"database/sql/driver"

	"github.com/ppgbox/ppgbox/host/store"
	"github.com/ppgbox/ppgbox/sdk/push"
)

// A row of deliveries has two checksums, so that a result is written without reading what was accepted.
const (
	deliveryOwn     = "id, push, address_type, address, address_text, lane, partition"
	deliveryResult  = "state, code, text, finished, method, bearer, network, notification, result_sum"
	deliveryColumns = deliveryOwn + ", " + deliveryResult + ", accepted, sum"

	deliveryOwnCount    = 7
	deliveryResultCount = 9
)

func deliveryValues(d *store.Delivery) []driver.Value {
	values := append(make([]driver.Value, 0, deliveryOwnCount+deliveryResultCount+2),
		d.ID, d.Push, string(d.Address.Type), d.Address.Value, d.AddressText, d.Lane, int64(store.PartitionOf(d.Lane)))
	return appendResult(values, d.ID, &d.Result, nil)
}

// appendResult appends the columns of deliveryResult.
func appendResult(values []driver.Value, id int64, r *store.Result, notification driver.Value) []driver.Value {
	n := len(values)
	values = append(values, string(r.State), int64(r.Code), r.Text, nanos(r.At), int64(r.Method), r.Bearer, r.Network, notification)
	return append(values, resultDigest(id, values[n:]).value())
}

func deliveryDigest(own []driver.Value) digest { return newDigest("deliveries").add(own...) }

func resultDigest(id driver.Value, result []driver.Value) digest {
	return newDigest("deliveries.state").add(id).add(result...)
}

// parseDelivery returns ok false if a checksum does not hold.
func parseDelivery(row []driver.Value) (d *store.Delivery, ok bool, err error) {
	own, result, rest := row[:deliveryOwnCount], row[deliveryOwnCount:][:deliveryResultCount], row[deliveryOwnCount+deliveryResultCount:]
	last := deliveryResultCount - 1
	if deliveryDigest(own).add(rest[0]).value() != rest[1] || resultDigest(own[0], result[:last]).value() != result[last] {
		return nil, false, nil
	}
	c := &cursor{values: row}
	d = &store.Delivery{
		ID: c.int(), Push: c.int(),
		Address:     push.Address{Type: push.AddressType(c.text()), Value: c.text()},
		AddressText: c.text(), Lane: c.text(),
	}
	c.int() // partition
	d.Result = store.Result{
		State: store.State(c.text()), Code: int(c.int()), Text: c.text(), At: c.time(),
		Method: push.DeliveryMethod(c.int()), Bearer: c.text(), Network: c.text(),
	}
	return d, true, c.err
}

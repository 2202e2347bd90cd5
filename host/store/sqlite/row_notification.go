package sqlite

import (
	"database/sql/driver"

	"github.com/ppgbox/ppgbox/host/store"
)

// A row of notifications has two checksums, so that a try is written without reading the rest.
const (
	notificationOwn     = "id, delivery, url, until"
	notificationState   = "tries, next, ended, acked, last_error, state_sum"
	notificationColumns = notificationOwn + ", " + notificationState + ", push, partition, accepted, sum"

	notificationOwnCount   = 4
	notificationStateCount = 6
)

func notificationValues(n *store.Notification) []driver.Value {
	values := append(make([]driver.Value, 0, notificationOwnCount+notificationStateCount+4), n.ID, n.Delivery, n.URL, nanos(n.Until))
	return appendNotificationState(values, n)
}

// appendNotificationState appends the columns of notificationState.
func appendNotificationState(values []driver.Value, n *store.Notification) []driver.Value {
	from := len(values)
	values = append(values, int64(n.Tries), nanos(n.Next), nanos(n.Ended), flag(n.Acked), n.LastError)
	return append(values, stateDigest(n.ID, values[from:]).value())
}

func notificationDigest(own []driver.Value) digest { return newDigest("notifications").add(own...) }

func stateDigest(id driver.Value, state []driver.Value) digest {
	return newDigest("notifications.state").add(id).add(state...)
}

// parseNotification returns ok false if a checksum does not hold.
func parseNotification(row []driver.Value) (n *store.Notification, ok bool, err error) {
	own, state := row[:notificationOwnCount], row[notificationOwnCount:][:notificationStateCount]
	rest := row[notificationOwnCount+notificationStateCount:]
	last := notificationStateCount - 1
	if notificationDigest(own).add(rest[:3]...).value() != rest[3] || stateDigest(own[0], state[:last]).value() != state[last] {
		return nil, false, nil
	}
	c := &cursor{values: row}
	n = &store.Notification{
		ID: c.int(), Delivery: c.int(), URL: c.text(), Until: c.time(),
		Tries: int(c.int()), Next: c.time(), Ended: c.time(), Acked: c.flag(), LastError: c.text(),
	}
	return n, true, c.err
}

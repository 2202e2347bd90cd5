package sqlite

import (
	"database/sql/driver"

	"github.com/ppgbox/ppgbox/host/store"
)

const (
	owedColumns     = "id, delivery, push, accepted, partition, tries, next, sum, last_error"
	notifiedColumns = "id, tries, ended, acked, sum, last_error"
)

func owedDigest(n *store.Notification) digest {
	return newDigest("owed").int(n.ID).int(int64(n.Tries)).time(n.Next).text(n.LastError)
}

func notifiedDigest(n *store.Notification) digest {
	return newDigest("notified").int(n.ID).int(int64(n.Tries)).time(n.Ended).int(number(n.Acked)).text(n.LastError)
}

// parseOwed sets what a row of owed says. It returns ok false if the checksum does not hold.
func parseOwed(row []driver.Value, n *store.Notification) (at place, ok bool, err error) {
	if newDigest("owed").add(row[0], row[5], row[6], row[8]).value() != row[7] {
		return at, false, nil
	}
	c := &cursor{values: row}
	c.int() // id
	at = place{delivery: c.int(), push: c.int(), accepted: c.int(), partition: c.int()}
	n.Tries, n.Next = int(c.int()), c.time()
	c.int() // sum
	n.LastError = c.text()
	return at, true, c.err
}

// parseNotified sets what a row of notified says. It returns ok false if the checksum does not hold.
func parseNotified(row []driver.Value, n *store.Notification) (ok bool, err error) {
	if newDigest("notified").add(row[0], row[1], row[2], row[3], row[5]).value() != row[4] {
		return false, nil
	}
	c := &cursor{values: row}
	c.int() // id
	n.Tries, n.Ended, n.Acked = int(c.int()), c.time(), c.flag()
	c.int() // sum
	n.LastError = c.text()
	return true, c.err
}

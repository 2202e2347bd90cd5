package sqlite

import "strings"

// statements are those of the connection that writes.
type statements struct {
	begin, commit, rollback, savepoint, undo, release, dataVersion *stmt
	insertPush, insertPending, insertResult, upsertAttempt         *stmt
	deletePending, findPending, findResult, findPush               *stmt
	insertOwed, updateOwed, deleteOwed, findOwed                   *stmt
	insertNotified, findNotified                                   *stmt
	removeNotified, removeAttempts, removeResults, removePush      *stmt
	putSubscriber, removeSubscriber, putSession, removeSession     *stmt
	readPartitions, takePartitions, freePartitions, reserve        *stmt
}

func (w *statements) prepare(c *conn) error {
	return c.prepareAll(map[**stmt]string{
		&w.begin:       "BEGIN IMMEDIATE",
		&w.commit:      "COMMIT",
		&w.rollback:    "ROLLBACK",
		&w.savepoint:   "SAVEPOINT call",
		&w.undo:        "ROLLBACK TO call",
		&w.release:     "RELEASE call",
		&w.dataVersion: "PRAGMA data_version",

		&w.insertPush:    insertSQL("pushes", pushColumns) + " ON CONFLICT (push_id, initiator) DO NOTHING",
		&w.insertPending: insertSQL("pending", pendingColumns),
		&w.insertResult:  insertSQL("results", resultColumns),
		&w.upsertAttempt: insertSQL("attempts", attemptColumns) + " ON CONFLICT (delivery, leg, number) DO UPDATE SET " +
			"late = excluded.late, sum = excluded.sum, detail = excluded.detail",
		&w.deletePending: "DELETE FROM pending WHERE delivery = ?",
		&w.findPending:   "SELECT partition FROM pending WHERE delivery = ?",
		&w.findResult:    "SELECT 1 FROM results WHERE delivery = ?",
		&w.findPush:      "SELECT " + pushColumns + " FROM pushes WHERE id < ? ORDER BY id DESC LIMIT 1",

		&w.insertOwed: "INSERT INTO owed (" + owedColumns + ") SELECT ?2, delivery, push, accepted, partition, ?3, ?4, ?5, ?6 " +
			"FROM pending WHERE delivery = ?1",
		&w.updateOwed:     "UPDATE owed SET tries = ?2, next = ?3, sum = ?4, last_error = ?5 WHERE id = ?1",
		&w.deleteOwed:     "DELETE FROM owed WHERE id = ?",
		&w.findOwed:       "SELECT partition FROM owed WHERE id = ?",
		&w.insertNotified: insertSQL("notified", notifiedColumns),
		&w.findNotified:   "SELECT 1 FROM notified WHERE id = ?",

		&w.removeNotified: "DELETE FROM notified WHERE id IN (SELECT notification FROM results WHERE delivery > ?1 AND delivery <= ?2)",
		&w.removeAttempts: "DELETE FROM attempts WHERE delivery > ?1 AND delivery <= ?2",
		&w.removeResults:  "DELETE FROM results WHERE delivery > ?1 AND delivery <= ?2",
		&w.removePush:     "DELETE FROM pushes WHERE id = ?1",

		&w.putSubscriber:    insertSQL("subscribers", subscriberColumns) + " ON CONFLICT (id) DO UPDATE SET sum = excluded.sum, detail = excluded.detail",
		&w.removeSubscriber: "DELETE FROM subscribers WHERE id = ?",
		&w.putSession: insertSQL("sessions", sessionColumns) + " ON CONFLICT (ggsn, apn, address) DO UPDATE SET " +
			"generation = excluded.generation, sum = excluded.sum, detail = excluded.detail",
		&w.removeSession: "DELETE FROM sessions WHERE ggsn = ? AND apn = ? AND address = ?",

		&w.readPartitions: "SELECT number, owner, fence, expires FROM partitions ORDER BY number",
		&w.takePartitions: "UPDATE partitions SET owner = ?1, fence = ?2, expires = ?3 WHERE fence = ?4 OR owner = '' OR expires <= ?5",
		&w.freePartitions: "UPDATE partitions SET owner = '', expires = NULL WHERE fence = ?",
		&w.reserve:        "UPDATE sequence SET value = max(value, ?) WHERE name = 'id'",
	})
}

func insertSQL(table, columns string) string {
	return "INSERT INTO " + table + " (" + columns + ") VALUES (?" + strings.Repeat(", ?", strings.Count(columns, ",")) + ")"
}

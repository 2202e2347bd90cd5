// Package sqlite is the store of a single host: one SQLite database, in a file.
//
// # How it writes
//
// Commit encodes its events and queues them; one goroutine takes everything that is queued, up to a bound, into one transaction
// (there is no lingering: while one transaction is synced, the next batch gathers). A call that is refused leaves nothing of
// itself in the transaction and nothing of the others out of it. When a transaction fails, all its calls get the error, with
// the file's name, and the next batch tries again.
//
// One thing can not be promised: after a failed sync a commit may yet be in the write-ahead log, and be found there if the
// machine stops before anything else is committed. A push that was answered with an error can thus turn up after a restart,
// whole. The opposite, a push answered 1001 that is gone, can not.
//
// # PRAGMAs
//
//   - journal_mode = WAL: a commit is one sequential write and one sync, and readers do not wait for it.
//   - synchronous = FULL: the log is synced before COMMIT returns. NORMAL would sync at checkpoints only and lose answered
//     pushes in a power cut.
//   - wal_autocheckpoint = 4000 pages (16 MB): pages that many transactions touch are copied back once and not a hundred times;
//     larger values make the pauses longer. journal_size_limit cuts a log that had to grow back to 128 MB.
//   - cache_size = 32 MB for the writer, so that the ends of tables and indices that it works on stay in memory.
//   - busy_timeout = 5 s: an operator's sqlite3 may hold a lock that long.
//   - query_only for readers, trusted_schema = OFF, and the connection mode "defensive": nobody but the writer changes anything.
//   - cell_size_check = ON: a damaged page is noticed when it is read and not later.
//
// # Who may open it
//
// A lock (flock) on FILE.lock keeps a second host out; it goes with the process, whatever ends that. Because of it every lease
// that is found when the file is opened belongs to a dead process, and is free at once. Leases and fencing are real all the
// same: each transaction looks whether another connection changed the file, and if so reads the partitions again.
//
// # Checksums
//
// Every row of pushes, deliveries, legs, attempts and notifications has a CRC-32C of its table's name and all its columns,
// with their types and lengths; the columns that change after the insert have one of their own, with the row's key. It is
// verified whenever a row is loaded or found. It detects a bit that flipped on disk, in the file system or in a backup, and
// columns and rows that were mixed up. It does not detect
//
//   - a row that is gone, or an older state of a row, because a write was lost or a page or file is that of yesterday;
//   - damage in an index, because of which a good row is not found (PRAGMA integrity_check does), or in the tables partitions
//     and sequence, which have none (the numbers start above every one in use);
//   - what was wrong before it was computed, in memory or in the program;
//   - one change in four thousand million; and nobody who wants to deceive: it is no signature.
package sqlite

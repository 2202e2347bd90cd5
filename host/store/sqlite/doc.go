// Package sqlite is the store of a single host: one SQLite database, in a file.
//
// # How it writes
//
// Commit encodes its events and queues them; one goroutine takes everything that is queued, up to a bound, into one transaction.
// While one transaction is synced, the next batch gathers. A call that is refused leaves nothing of itself in the transaction
// and nothing of the others out of it. When a transaction fails, all its calls get the error, with the file's name, and the next
// batch tries again.
//
// The writer is woken for what somebody waits for: a push that is accepted, a token, the end of an attempt that another
// follows. The end of a delivery or of a notification, and what accounting tells of a session, lie in the queue until such a call
// comes, or 64 calls or 256 KB are there, for 2 ms at most (linger). The order of the queue stays. At 1000 pushes a second that makes one transaction of two, each
// of which costs 100 to 150 µs of CPU time with a sync and the waking of a processor (BenchmarkRate, BenchmarkPairs).
//
// A push costs four statements, whatever its number of columns would be in a book: accepted is a row of pushes and one of
// pending, finished removes the latter and appends to results. No row is changed, no index but the one for push-ids is kept,
// and what nobody searches for is JSON in one column. Deliveries have the numbers after their push's and are found by them.
// (BenchmarkLife, 1 KB bodies, five steps, medians of four interleaved runs on two cores that others kept busy, CPU time with
// the test's own share of about 4 µs: 53 µs a push with 64 writers and 37 with 256, where one table for each thing with a column
// for everything took 91 and 77; 73 and 48 with a notification, where it took 126 and 108. A third of it are system calls.)
//
// A transaction of 32 pushes and 32 ends writes 0.84 pages a push, one of a push and an end alone 5.5. That is so while push-ids
// rise, as with a counter or a time in front; with random ones each push has a page of their index to itself, and costs 2.1
// pages and half as much CPU time again (BenchmarkPairs).
//
// # What a crash leaves
//
// Killed at any moment, the process leaves all of a call or nothing of it. TestKilledAt does it for each kind of event:
//
//	killed                            what reappears       what was answered
//	while an end waits for company    nothing of the end   nothing
//	before anything is written        nothing              nothing
//	all written, before COMMIT        nothing              nothing
//	after COMMIT, before the answer   all of it            nothing
//	after the answer                  all of it            all of it
//
// So nothing that was answered is lost; a Push Initiator that got no answer and tries again is told that the push-id is used
// (the push is there), or it is accepted. A power cut can end the log anywhere: what opens is every transaction whose last
// frame is whole, up to the first one that is not (TestLogCut).
//
// One thing can not be promised: after a failed sync a commit may yet be in the write-ahead log, and be found there if the
// machine stops before anything else is committed. A push that was answered with an error can thus turn up after a restart,
// whole. The opposite, a push answered 1001 that is gone, can not.
//
// # When the disk fails
//
// A transaction that fails, because the disk is full, fails, or can only be read any more, is taken back, and all its calls get
// the error: the Push Initiator is told to try again later, and what happened on the air is written again by the dispatcher. The
// next transaction tries anew, on a new connection if the old one may hold what it read from a disk that failed. The renewal of
// the lease is a transaction, too, and tells every few seconds whether the store is well. So it goes on by itself when the disk
// does (TestDiskFails, TestFullDisk).
//
// # Versions of the schema
//
// PRAGMA user_version has the number of the last migration that was done. Each is one transaction: after a crash the database
// has the version before it or the one after it, and the next start goes on. A database of a newer version is refused, and not
// a byte of it changed.
//
// # Size, and copies
//
// Prune removes finished pushes in transactions of a few hundred rows; the room is used again, and the file does not shrink.
// Backup writes a copy while the store is in use, as small as it can be. Who wants a smaller file puts that in its place.
//
// # Subscribers and sessions
//
// A subscriber is one row by ID and a session one row by key, replaced as a whole; what they are looked up by is in memory
// (host/subscriber), and only the row is on disk. They are read once, at the start, in pages.
//
// # Asking in SQL
//
// The views deliveries, tries, legs, notifications, users, terminals and addresses show the rows under the names of the things they
// are, for sqlite3 on a copy or, read-only, beside the gateway:
//
//	SELECT push_id, address, state, code, text FROM deliveries WHERE address = '+358401234567';
//
// # PRAGMAs
//
//   - journal_mode = WAL: a commit is one sequential write and one sync, and readers do not wait for it.
//   - synchronous = FULL: the log is synced before COMMIT returns. NORMAL would sync at checkpoints only and lose answered
//     pushes in a power cut.
//   - wal_autocheckpoint = 4000 pages (16 MB): pages that many transactions touch are copied back once and not a hundred times;
//     larger values make the pauses longer. journal_size_limit cuts a log that had to grow back to 128 MB.
//   - no locking_mode = EXCLUSIVE, which would spare five fcntl a transaction: backups and other readers have to get in.
//   - cache_size = 8 MB for the writer: the ends of tables and indices that it works on stay in memory. More is slower, as each
//     transaction passes over what is cached (32 MB: by about a twentieth). Pages of 8 or 16 KB, checkpoints after 1000 or
//     16000 pages, mmap_size and temp_store made no difference beyond the noise of the machine (BenchmarkSettings, BenchmarkPairs).
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
// Every row of pushes, results, attempts, owed, notified, subscribers and sessions has a CRC-32C of its table's name and its
// columns, with their types and lengths. It is verified whenever a row is loaded or found. A row of pending has none, nor have the columns of owed that
// are copied from it: all that they say has to agree with the push's row. It detects a bit that flipped on disk, in the file
// system or in a backup, columns and rows that were mixed up, and a delivery of a push that was found which is neither pending
// nor has a result. It does not detect
//
//   - a push that is gone with all its rows, or an older state, because a write was lost or a page or file is that of yesterday;
//   - when everything is loaded at the start, a row of pending or owed that is gone: its push is not looked at then (it is when
//     it is asked for);
//   - damage in an index, because of which a good row is not found (PRAGMA integrity_check does), or in the tables partitions
//     and sequence, which have none (the numbers start above every one in use);
//   - what was wrong before it was computed, in memory or in the program;
//   - one change in four thousand million; and nobody who wants to deceive: it is no signature.
package sqlite

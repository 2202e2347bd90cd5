-- Schema 1. Times are nanoseconds since 1970-01-01 UTC, NULL for none. Every sum is a CRC-32C; doc.go says of what.
-- accepted is a number that rises in the order in which pushes were committed; it is copied to what Load looks for.

CREATE TABLE sequence (
  name  TEXT PRIMARY KEY,
  value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO sequence VALUES ('id', 0); -- no number above it was ever handed out

CREATE TABLE partitions (
  number  INTEGER PRIMARY KEY,
  owner   TEXT NOT NULL,    -- '' while it is free
  fence   INTEGER NOT NULL, -- rises whenever the owner changes
  expires INTEGER
) STRICT;
WITH RECURSIVE n(number) AS (SELECT 0 UNION ALL SELECT number + 1 FROM n WHERE number < 1023)
INSERT INTO partitions SELECT number, '', 0, NULL FROM n;

CREATE TABLE pushes (
  id               INTEGER PRIMARY KEY,
  initiator        TEXT NOT NULL,
  push_id          TEXT NOT NULL,
  received         INTEGER,
  deliver_after    INTEGER,
  deliver_before   INTEGER,
  priority         INTEGER NOT NULL,
  method           INTEGER NOT NULL,
  network          TEXT NOT NULL,
  bearer           TEXT NOT NULL,
  network_needed   INTEGER NOT NULL,
  bearer_needed    INTEGER NOT NULL,
  notify_url       TEXT NOT NULL,
  progress_notes   INTEGER NOT NULL,
  source_reference TEXT NOT NULL,
  pap_version      TEXT NOT NULL,
  accepted         INTEGER NOT NULL,
  sum              INTEGER NOT NULL,
  content_type     TEXT NOT NULL,
  headers          TEXT, -- JSON: [["name", "value"], ...]
  capabilities     BLOB,
  body             BLOB
) STRICT;
-- The push-id comes first, so that the one index answers for an operator who knows no initiator too.
CREATE UNIQUE INDEX pushes_push_id ON pushes (push_id, initiator);

CREATE TABLE deliveries (
  id           INTEGER PRIMARY KEY,
  push         INTEGER NOT NULL,
  address_type TEXT NOT NULL,
  address      TEXT NOT NULL,
  address_text TEXT NOT NULL,
  lane         TEXT NOT NULL,
  partition    INTEGER NOT NULL, -- of lane
  accepted     INTEGER NOT NULL,
  sum          INTEGER NOT NULL, -- of all above
  state        TEXT NOT NULL,
  code         INTEGER NOT NULL,
  text         TEXT NOT NULL,
  finished     INTEGER,
  method       INTEGER NOT NULL,
  bearer       TEXT NOT NULL,
  network      TEXT NOT NULL,
  notification INTEGER,          -- the one that is owed for it
  result_sum   INTEGER NOT NULL  -- of id and all from state on
) STRICT;
CREATE INDEX deliveries_push ON deliveries (push);
CREATE INDEX deliveries_pending ON deliveries (accepted, partition, push) WHERE state = 'pending';

CREATE TABLE legs (
  delivery  INTEGER NOT NULL,
  leg       INTEGER NOT NULL,
  lane      TEXT NOT NULL,
  partition INTEGER NOT NULL, -- of lane
  terminal  TEXT NOT NULL,    -- JSON
  sum       INTEGER NOT NULL,
  PRIMARY KEY (delivery, leg)
) STRICT, WITHOUT ROWID;

CREATE TABLE attempts (
  delivery    INTEGER NOT NULL,
  leg         INTEGER NOT NULL,
  number      INTEGER NOT NULL,
  planned     INTEGER NOT NULL,
  lane        TEXT, -- NULL in attempt 1: the leg's
  bearer      TEXT NOT NULL,
  node        TEXT NOT NULL,
  started     INTEGER,
  ended       INTEGER, -- NULL while it is open
  outcome     INTEGER NOT NULL,
  code        INTEGER NOT NULL,
  text        TEXT NOT NULL,
  cause       TEXT NOT NULL,
  retry_after INTEGER NOT NULL, -- nanoseconds
  token       BLOB,
  steps       TEXT, -- JSON
  terminal    TEXT, -- JSON; NULL in attempt 1: the leg's
  sum         INTEGER NOT NULL,
  PRIMARY KEY (delivery, leg, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE notifications (
  id         INTEGER PRIMARY KEY,
  delivery   INTEGER NOT NULL,
  url        TEXT NOT NULL,
  until      INTEGER,
  push       INTEGER NOT NULL, -- of the delivery, as are partition and accepted
  partition  INTEGER NOT NULL,
  accepted   INTEGER NOT NULL,
  sum        INTEGER NOT NULL, -- of all above
  tries      INTEGER NOT NULL,
  next       INTEGER,
  ended      INTEGER,          -- NULL while it is owed
  acked      INTEGER NOT NULL,
  last_error TEXT NOT NULL,
  state_sum  INTEGER NOT NULL  -- of id and all from tries on
) STRICT;
CREATE INDEX notifications_owed ON notifications (accepted, partition, push) WHERE ended IS NULL;

-- Schema 1. Times are nanoseconds since 1970-01-01 UTC, NULL for none. Every sum is a CRC-32C; doc.go says of what.
-- JSON leaves out what is empty. Rows that stand for what is still to be done (pending, owed) are removed when it is done, and
-- what came of it is appended to another table: no row on the way of an ordinary push is ever changed.

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

-- The deliveries of a push have the numbers after its own: id + 1 to id + recipients.
CREATE TABLE pushes (
  id           INTEGER PRIMARY KEY,
  initiator    TEXT NOT NULL,
  push_id      TEXT NOT NULL,
  accepted     INTEGER NOT NULL, -- rises in the order in which pushes were committed
  received     INTEGER,
  recipients   INTEGER NOT NULL,
  sum          INTEGER NOT NULL,
  detail       TEXT NOT NULL,    -- JSON; "to" lists the recipients: [type, address, as it was written, lane if it is another]
  capabilities BLOB,
  body         BLOB
) STRICT;
-- The push-id comes first, so that the one index answers for an operator who knows no initiator too.
CREATE UNIQUE INDEX pushes_push_id ON pushes (push_id, initiator);

-- Deliveries without a result.
CREATE TABLE pending (
  delivery  INTEGER PRIMARY KEY,
  push      INTEGER NOT NULL,
  accepted  INTEGER NOT NULL, -- of the push
  partition INTEGER NOT NULL  -- of the lane
) STRICT;

-- Deliveries with a result.
CREATE TABLE results (
  delivery     INTEGER PRIMARY KEY,
  state        TEXT NOT NULL,
  code         INTEGER NOT NULL,
  finished     INTEGER,
  notification INTEGER,       -- its number if one is owed, or was
  sum          INTEGER NOT NULL,
  detail       TEXT NOT NULL  -- JSON; with the attempts that ended with it
) STRICT;

-- Attempts that were written before the result, or after it (late). Of those with the same leg and number a late one counts,
-- then one in the result.
CREATE TABLE attempts (
  delivery INTEGER NOT NULL,
  leg      INTEGER NOT NULL,
  number   INTEGER NOT NULL,
  late     INTEGER NOT NULL,
  sum      INTEGER NOT NULL,
  detail   TEXT NOT NULL, -- JSON
  PRIMARY KEY (delivery, leg, number)
) STRICT, WITHOUT ROWID;

-- Notifications that are owed, and those that have ended. What they say, and where to, is in the result.
CREATE TABLE owed (
  id         INTEGER PRIMARY KEY,
  delivery   INTEGER NOT NULL,
  push       INTEGER NOT NULL, -- of the delivery, as are the two that follow
  accepted   INTEGER NOT NULL,
  partition  INTEGER NOT NULL,
  tries      INTEGER NOT NULL,
  next       INTEGER,
  sum        INTEGER NOT NULL, -- of id, tries, next and last_error
  last_error TEXT NOT NULL
) STRICT;
CREATE TABLE notified (
  id         INTEGER PRIMARY KEY,
  tries      INTEGER NOT NULL,
  ended      INTEGER NOT NULL,
  acked      INTEGER NOT NULL,
  sum        INTEGER NOT NULL,
  last_error TEXT NOT NULL
) STRICT;

-- What follows is for people with an SQL shell: the same rows under the names of the things they are. The gateway does not use it.
-- A migration that replaces a table drops its views first.

CREATE VIEW deliveries AS
SELECT p.id + 1 + a.key                       AS id,
       p.id                                   AS push,
       p.initiator, p.push_id,
       json_extract(a.value, '$[0]')          AS address_type,
       json_extract(a.value, '$[1]')          AS address,
       coalesce(json_extract(a.value, '$[3]'),
         json_extract(a.value, '$[0]') || ':' || json_extract(a.value, '$[1]')) AS lane,
       o.partition,                           -- while it is pending
       coalesce(r.state, 'pending')           AS state,
       r.code, json_extract(r.detail, '$.text') AS text,
       r.finished
FROM pushes p
JOIN json_each(p.detail, '$.to') a
LEFT JOIN results r ON r.delivery = p.id + 1 + a.key
LEFT JOIN pending o ON o.delivery = p.id + 1 + a.key;

-- Every attempt, wherever it was written. A token that is here in two rows is the same attempt while it was open and when it ended.
CREATE VIEW tries AS
SELECT delivery, leg, number, detail FROM attempts
UNION ALL
SELECT r.delivery, coalesce(json_extract(a.value, '$.leg'), 0), json_extract(a.value, '$.n'), a.value
FROM results r JOIN json_each(r.detail, '$.attempts') a;

CREATE VIEW legs AS
SELECT delivery, leg, max(number) AS attempts, json_extract(detail, '$.terminal.type') AS address_type,
       json_extract(detail, '$.terminal.address') AS address, json_extract(detail, '$.terminal.imsi') AS imsi
FROM tries GROUP BY delivery, leg;

CREATE VIEW notifications AS
SELECT o.id, o.delivery, json_extract(r.detail, '$.notify') AS url, o.tries, o.next, NULL AS ended, 0 AS acked, o.last_error
FROM owed o JOIN results r ON r.delivery = o.delivery
UNION ALL
SELECT n.id, r.delivery, json_extract(r.detail, '$.notify'), n.tries, NULL, n.ended, n.acked, n.last_error
FROM notified n JOIN results r ON r.notification = n.id;

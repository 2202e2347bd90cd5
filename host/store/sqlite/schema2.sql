-- Schema 2: whom a push can be for. Sums and JSON are as in schema 1.

CREATE TABLE subscribers (
  id     INTEGER PRIMARY KEY,
  sum    INTEGER NOT NULL,
  detail TEXT NOT NULL -- JSON: users, terminals, password
) STRICT;

-- The address is in its canonical text.
CREATE TABLE sessions (
  ggsn       TEXT NOT NULL,
  apn        TEXT NOT NULL,
  address    TEXT NOT NULL,
  generation INTEGER NOT NULL,
  sum        INTEGER NOT NULL,
  detail     TEXT NOT NULL, -- JSON; times in nanoseconds
  PRIMARY KEY (ggsn, apn, address)
) STRICT, WITHOUT ROWID;

-- For people with an SQL shell.

CREATE VIEW users AS
SELECT u.value AS user, s.id AS subscriber
FROM subscribers s JOIN json_each(s.detail, '$.users') u;

CREATE VIEW terminals AS
SELECT s.id AS subscriber, json_extract(s.detail, '$.users[0]') AS user,
       json_extract(t.value, '$.msisdn') AS msisdn, json_extract(t.value, '$.imsi') AS imsi
FROM subscribers s JOIN json_each(s.detail, '$.terminals') t;

CREATE VIEW addresses AS
SELECT ggsn, apn, address, generation,
       json_extract(detail, '$.msisdn') AS msisdn, json_extract(detail, '$.imsi') AS imsi,
       json_extract(detail, '$.accounting') AS accounting,
       json_extract(detail, '$.registration.user') AS user, json_extract(detail, '$.registration.dynamic') AS dynamic,
       json_extract(detail, '$.told') AS told, json_extract(detail, '$.expires') AS expires
FROM sessions;

package sqlite

import (
	"database/sql/driver"
	"encoding/json"
	"fmt"
	"net/netip"

	"github.com/ppgbox/ppgbox/host/store"
	"github.com/ppgbox/ppgbox/sdk/push"
)

const (
	sessionColumns = "ggsn, apn, address, generation, sum, detail"
	sessionsSQL    = "SELECT " + sessionColumns + " FROM sessions WHERE (ggsn, apn, address) > (?, ?, ?) ORDER BY ggsn, apn, address LIMIT ?"
)

// sessionPut is a session as it is written.
type sessionPut struct {
	key        store.SessionKey
	address    string
	generation int64
	sum        driver.Value
	detail     string
}

func newSessionPut(s *store.Session) (change, int, error) {
	if s == nil || !s.Address.IsValid() || s.Generation == 0 {
		return nil, 0, fmt.Errorf("a session without an address or a generation")
	}
	c := &sessionPut{
		key: s.SessionKey, address: s.Address.String(), generation: int64(s.Generation),
		detail: written(appendSession(make([]byte, 0, 256), s)),
	}
	c.sum = newDigest("sessions").text(c.key.GGSN).text(c.key.APN).text(c.address).int(c.generation).text(c.detail).value()
	return c, len(c.detail) + 200, nil
}

func (c *sessionPut) apply(w *writer) error {
	_, err := w.putSession.exec(c.key.GGSN, c.key.APN, c.address, c.generation, c.sum, c.detail)
	return err
}

// sessionRemoved is the key of one that is over.
type sessionRemoved store.SessionKey

func (c sessionRemoved) apply(w *writer) error {
	_, err := w.removeSession.exec(c.GGSN, c.APN, c.Address.String())
	return err
}

type placeJSON struct {
	MSISDN       text              `json:"msisdn"`
	IMSI         text              `json:"imsi"`
	Accounting   text              `json:"accounting"`
	Registration *registrationJSON `json:"registration"`
	Started      *int64            `json:"started"`
	Told         *int64            `json:"told"`
	Expires      *int64            `json:"expires"`
}

type registrationJSON struct {
	User    text   `json:"user"`
	Device  text   `json:"device"`
	Dynamic text   `json:"dynamic"`
	Expires *int64 `json:"expires"`
}

func appendSession(b []byte, s *store.Session) []byte {
	b = appendField(append(b, '{'), "msisdn", string(s.MSISDN))
	b = appendField(b, "imsi", string(s.IMSI))
	b = appendField(b, "accounting", s.Accounting)
	if r := s.Registration; r != nil {
		b = appendField(append(appendName(b, "registration"), '{'), "user", r.User)
		b = appendField(b, "device", r.Device)
		b = appendField(b, "dynamic", r.Dynamic)
		b = append(appendNanos(b, "expires", r.Expires), '}')
	}
	b = appendNanos(b, "started", s.Started)
	b = appendNanos(b, "told", s.Told)
	return append(appendNanos(b, "expires", s.Expires), '}')
}

// parseSession returns ok false if the checksum does not hold.
func parseSession(row []driver.Value) (s *store.Session, ok bool, err error) {
	if newDigest("sessions").add(row[0], row[1], row[2], row[3], row[5]).value() != row[4] {
		return nil, false, nil
	}
	c := &cursor{values: row}
	s = &store.Session{SessionKey: store.SessionKey{GGSN: c.text(), APN: c.text()}}
	address := c.text()
	s.Generation = uint64(c.int())
	c.int() // sum
	detail := c.text()
	if c.err != nil {
		return nil, true, c.err
	}
	if s.Address, err = netip.ParseAddr(address); err != nil {
		return nil, true, err
	}
	var x placeJSON
	if err := json.Unmarshal([]byte(detail), &x); err != nil {
		return nil, true, fmt.Errorf("detail: %w", err)
	}
	s.MSISDN, s.IMSI, s.Accounting = push.MSISDN(x.MSISDN), push.IMSI(x.IMSI), string(x.Accounting)
	if r := x.Registration; r != nil {
		s.Registration = &store.Registration{
			User: string(r.User), Device: string(r.Device), Dynamic: string(r.Dynamic), Expires: moment(r.Expires),
		}
	}
	s.Started, s.Told, s.Expires = moment(x.Started), moment(x.Told), moment(x.Expires)
	return s, true, nil
}

package sqlite

import (
	"database/sql/driver"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/ppgbox/ppgbox/host/store"
	"github.com/ppgbox/ppgbox/sdk/push"
)

const (
	subscriberColumns = "id, sum, detail"
	subscribersSQL    = "SELECT " + subscriberColumns + " FROM subscribers WHERE id > ? ORDER BY id LIMIT ?"
)

func subscriberDigest(id int64, detail string) digest {
	return newDigest("subscribers").int(id).text(detail)
}

// subscriberPut is a subscriber as it is written.
type subscriberPut struct {
	id     int64
	sum    driver.Value
	detail string
}

func newSubscriberPut(s *store.Subscriber) (change, int, error) {
	if s == nil || s.ID <= 0 {
		return nil, 0, errors.New("a subscriber without an ID")
	}
	c := &subscriberPut{id: s.ID, detail: written(appendSubscriber(make([]byte, 0, 256), s))}
	c.sum = subscriberDigest(c.id, c.detail).value()
	return c, len(c.detail) + 100, nil
}

func (c *subscriberPut) apply(w *writer) error {
	_, err := w.putSubscriber.exec(c.id, c.sum, c.detail)
	return err
}

// subscriberRemoved is the ID of one who goes.
type subscriberRemoved int64

func (c subscriberRemoved) apply(w *writer) error {
	_, err := w.removeSubscriber.exec(int64(c))
	return err
}

type subscriberJSON struct {
	Users     []text             `json:"users"`
	Terminals []subscriptionJSON `json:"terminals"`
	Password  *text              `json:"password"`
}

type subscriptionJSON struct {
	MSISDN text `json:"msisdn"`
	IMSI   text `json:"imsi"`
}

func appendSubscriber(b []byte, s *store.Subscriber) []byte {
	b = appendList(append(b, `{"users":`...), len(s.Users), func(b []byte, i int) []byte { return appendText(b, s.Users[i]) })
	if len(s.Terminals) > 0 {
		b = appendList(appendName(b, "terminals"), len(s.Terminals), func(b []byte, i int) []byte {
			t := &s.Terminals[i]
			b = appendField(append(b, '{'), "msisdn", string(t.MSISDN))
			return append(appendField(b, "imsi", string(t.IMSI)), '}')
		})
	}
	return append(appendField(b, "password", string(s.Password)), '}')
}

// parseSubscriber returns ok false if the checksum does not hold.
func parseSubscriber(row []driver.Value) (s *store.Subscriber, ok bool, err error) {
	if newDigest("subscribers").add(row[0], row[2]).value() != row[1] {
		return nil, false, nil
	}
	c := &cursor{values: row}
	s = &store.Subscriber{ID: c.int()}
	c.int() // sum
	detail := c.text()
	if c.err != nil {
		return nil, true, c.err
	}
	var x subscriberJSON
	if err := json.Unmarshal([]byte(detail), &x); err != nil {
		return nil, true, fmt.Errorf("detail: %w", err)
	}
	s.Users = make([]string, len(x.Users))
	for i, u := range x.Users {
		s.Users[i] = string(u)
	}
	for _, t := range x.Terminals {
		s.Terminals = append(s.Terminals, store.Terminal{MSISDN: push.MSISDN(t.MSISDN), IMSI: push.IMSI(t.IMSI)})
	}
	if x.Password != nil {
		s.Password = []byte(*x.Password)
	}
	return s, true, nil
}

package sqlite

import (
	"testing"
	"time"

	"github.com/ppgbox/ppgbox/host/store"
	"github.com/ppgbox/ppgbox/sdk/push"
)

// TestViews asks for what people with an SQL shell look for, by the names of the things.
func TestViews(t *testing.T) {
	s := openIn(t, t.TempDir())
	defer mustClose(t, s)
	claim(t, s)
	first := s.NextIDs(3)
	number := func(n string) push.Address { return push.Address{Type: push.PLMN, Value: n} }
	delivery := func(i int64, n string) *store.Delivery {
		return &store.Delivery{ID: first + i, Push: first, Address: number(n), Lane: number(n).String(), Result: store.Result{State: store.Pending}}
	}
	attempt := store.Attempt{
		Number: 1, Bearer: "sms", Token: []byte("ref"), Lane: number("+1").String(),
		Terminal: push.Subscriber{Address: number("+1"), IMSI: "240010123456789"},
	}
	mustCommit(t, s, store.PushAccepted{
		Push: &store.Push{ID: first, Initiator: "mmsc", PushID: "p1"}, Deliveries: []*store.Delivery{delivery(1, "+1"), delivery(2, "+2")},
	})
	mustCommit(t, s, store.TokenReported{Delivery: first + 1, Attempt: attempt})
	attempt.Ended = time.Now()
	n := &store.Notification{ID: s.NextIDs(1), Delivery: first + 1, URL: "http://pi.example/"}
	mustCommit(t, s, store.DeliveryFinished{
		Delivery: first + 1, Result: store.Result{State: store.Delivered, Code: 1000, Text: "delivered"},
		Attempts: []store.Attempt{attempt}, Notification: n,
	})
	c := second(t, s.path)
	for _, q := range []struct {
		sql  string
		want any
	}{
		{"SELECT group_concat(address || ' ' || state, ', ') FROM (SELECT * FROM deliveries WHERE push_id = 'p1' ORDER BY id)", "+1 delivered, +2 pending"},
		{"SELECT lane FROM deliveries WHERE state = 'pending'", "PLMN:+2"},
		{"SELECT partition FROM deliveries WHERE state = 'pending'", int64(store.PartitionOf("PLMN:+2"))},
		{"SELECT code || ' ' || text FROM deliveries WHERE address = '+1'", "1000 delivered"},
		{"SELECT count(*) FROM tries", int64(2)},
		{"SELECT address || ' ' || imsi || ' ' || attempts FROM legs", "+1 240010123456789 1"},
		{"SELECT url || ' ' || acked FROM notifications", "http://pi.example/ 0"},
	} {
		if got, err := c.value(q.sql); err != nil || got != q.want {
			t.Errorf("%s is %v, want %v (%v)", q.sql, got, q.want, err)
		}
	}
	mustCommit(t, s, store.NotificationEnded{Notification: n.ID, Tries: 1, At: time.Now(), Acked: true})
	if got, err := c.value("SELECT acked FROM notifications"); err != nil || got != int64(1) {
		t.Errorf("after the acknowledgement acked is %v (%v)", got, err)
	}
}

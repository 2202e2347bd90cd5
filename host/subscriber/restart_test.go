package subscriber

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/ppgbox/ppgbox/host/clock"
	"github.com/ppgbox/ppgbox/host/store"
	"github.com/ppgbox/ppgbox/host/store/sqlite"
)

// city is a directory on the embedded store.
type city struct {
	testing.TB
	*Directory
	store *sqlite.Store
	path  string
	o     Options
}

func newCity(t testing.TB, c clock.Clock) *city {
	t.Helper()
	w := &city{TB: t, path: filepath.Join(t.TempDir(), "ppgbox.db")}
	w.o = Options{
		Clock: c, Log: hclog.New(&hclog.LoggerOptions{Output: logTo{t}}), Domains: []string{"push.example"}, DynamicValidity: time.Hour, SessionExpiry: time.Hour,
	}
	w.open()
	t.Cleanup(w.close)
	return w
}

type logTo struct{ testing.TB }

func (l logTo) Write(b []byte) (int, error) { l.Log(strings.TrimSpace(string(b))); return len(b), nil }

func (w *city) open() {
	w.Helper()
	var err error
	if w.store, err = sqlite.Open(sqlite.Options{Path: w.path, Host: "test", Clock: w.o.Clock}); err != nil {
		w.Fatal(err)
	}
	w.o.Store = w.store
	if w.Directory, err = Open(context.Background(), w.o); err != nil {
		w.Fatal(err)
	}
}

func (w *city) close() {
	w.Directory.Close()
	if err := w.store.Close(); err != nil {
		w.Error(err)
	}
}

// What was answered is there after a restart, with the generations that it had, and no generation comes twice.
func TestRestart(t *testing.T) {
	c := clock.NewFake(start)
	w := newCity(t, c)
	ctx := t.Context()
	list := "user,msisdn\nalice@push.example a@push.example," + alice + "\nbob@push.example,\neve@push.example,\n"
	if r, err := w.Import(ctx, strings.NewReader(list)); err != nil || r.Added != 3 {
		t.Fatal(r, err)
	}
	if err := w.Remove(ctx, "eve@push.example"); err != nil {
		t.Fatal(err)
	}
	answers := make(chan error, 3)
	done := func(err error) { answers <- err }
	w.SessionStart(told(key("g", "10.0.0.1"), "x "+alice), c.Wall(), done)
	w.SessionStart(told(key("g", "10.0.0.2"), "y "+bob), c.Wall(), done)
	w.SessionStop(key("g", "10.0.0.2"), "y", c.Wall(), done)
	for range 3 {
		if err := <-answers; err != nil {
			t.Fatal(err)
		}
	}
	r, err := w.Register(ctx, Registering{User: "bob@push.example", Device: "phone", Key: key("h", "2001:db8::1")})
	if err != nil {
		t.Fatal(err)
	}
	seen := map[uint64]bool{}
	for i := range 3 {
		a, err := w.Resolve(user("a@push.example"))
		b, errB := w.Resolve(user(r.Dynamic))
		if err := errors.Join(err, errB); err != nil {
			t.Fatal(err)
		}
		if len(a[0].Subscriber.Sessions) != 1 || a[0].Subscriber.Sessions[0].Address.String() != "10.0.0.1" || b[0].Lane != "USER:bob@push.example/phone" {
			t.Fatalf("got %+v and %+v", a, b)
		}
		g := a[0].Subscriber.Sessions[0].Generation
		if !w.Live(g) || i == 0 == seen[g] {
			t.Errorf("generation %d: live %v, known %v", g, w.Live(g), seen[g])
		}
		seen[g] = true
		if _, err := w.Resolve(user("eve@push.example")); !errors.Is(err, ErrUnknown) {
			t.Errorf("eve: %v", err)
		}
		if x, y := w.Counts(); x != 2 || y != 2 {
			t.Errorf("%d subscribers, %d sessions", x, y)
		}
		w.close()
		w.open()
		n := uint64(w.store.NextIDs(1))
		if n <= g || seen[n] {
			t.Errorf("number %d was a generation before", n)
		}
	}
	// What expired while nobody was there goes at the start, and from the disk.
	w.Directory.Close()
	c.Step(2 * time.Hour)
	if w.Directory, err = Open(ctx, w.o); err != nil {
		t.Fatal(err)
	}
	if _, n := w.Counts(); n != 0 {
		t.Errorf("%d sessions after they expired", n)
	}
	c.Advance(time.Second)
	for wait := time.Now().Add(30 * time.Second); ; time.Sleep(time.Millisecond) {
		n := 0
		if err := w.store.LoadSessions(ctx, func(*store.Session) error { n++; return nil }, func(err error) { t.Error(err) }); err != nil {
			t.Fatal(err)
		}
		if n == 0 {
			break
		}
		if time.Now().After(wait) {
			t.Fatalf("%d sessions are stored after they expired", n)
		}
	}
}

// Many goroutines begin, stop, clear, register, enter and look up, for the race detector; in the end memory and disk agree.
func TestConcurrently(t *testing.T) {
	w := newCity(t, clock.System())
	ctx := t.Context()
	const keys, users, rounds = 12, 6, 120
	for i := range users {
		if err := w.Put(ctx, []store.Subscriber{somebody(fmt.Sprintf("u%d@push.example", i), fmt.Sprintf("35840000000%d/", i))}); err != nil {
			t.Fatal(err)
		}
	}
	var writers, readers, answers sync.WaitGroup
	done := func(error) { answers.Done() }
	for g := range 4 {
		writers.Go(func() {
			for i := range rounds {
				k := key("g", fmt.Sprint("10.0.0.", (i*7+g)%keys))
				id := fmt.Sprint(i % 3)
				u := fmt.Sprintf("u%d@push.example", i%users)
				switch (i + g) % 7 {
				case 0, 1, 2:
					answers.Add(1)
					w.SessionStart(told(k, id+fmt.Sprintf(" 35840000000%d", i%users)), time.Now(), done)
				case 3:
					answers.Add(1)
					w.SessionStop(k, id, time.Now(), done)
				case 4:
					_, _ = w.Register(ctx, Registering{User: u, Device: id, Key: k})
				case 5:
					_ = w.Release(ctx, k, u, id)
				case 6:
					if i%5 == 0 {
						answers.Add(1)
						w.SessionsEnd("g", time.Now(), func(int, error) { answers.Done() })
					} else if i%5 == 1 {
						_ = w.Put(ctx, []store.Subscriber{somebody(u, fmt.Sprintf("35840000000%d/", i%users))})
					} else if i%5 == 2 {
						_ = w.Remove(ctx, u)
					}
				}
			}
		})
	}
	stop := make(chan struct{})
	for range 2 {
		readers.Go(func() {
			for i := 0; ; i++ {
				select {
				case <-stop:
					return
				default:
				}
				list, _ := w.Resolve(user(fmt.Sprintf("u%d@push.example", i%users)))
				for _, t := range list {
					for _, s := range t.Subscriber.Sessions {
						w.Live(s.Generation)
					}
				}
				_, _ = w.Resolve(ip(fmt.Sprint("10.0.0.", i%keys)))
				w.Show(fmt.Sprintf("35840000000%d", i%users))
				w.Since(key("g", "10.0.0.1").Address)
				w.Counts()
			}
		})
	}
	writers.Wait()
	close(stop)
	readers.Wait()
	answers.Wait()
	w.agrees()
	w.close()
	w.open()
	w.agrees()
}

// agrees compares the disk with memory.
func (w *city) agrees() {
	w.Helper()
	n := 0
	err := w.store.LoadSessions(context.Background(), func(s *store.Session) error {
		n++
		w.mu.RLock()
		defer w.mu.RUnlock()
		i := w.sessions.find(s.SessionKey)
		if i == 0 {
			w.Errorf("%v is on disk alone", s.SessionKey)
			return nil
		}
		x := w.sessions.record(w.sessions.all.at(i))
		x.Told, x.Expires, s.Told, s.Expires = s.Told, s.Expires, x.Told, x.Expires // refreshments are not all written
		if x.Generation != s.Generation || x.Accounting != s.Accounting || x.MSISDN != s.MSISDN || fmt.Sprint(x.Registration) != fmt.Sprint(s.Registration) {
			w.Errorf("memory has %+v, the disk %+v", x, s)
		}
		return nil
	}, func(err error) { w.Error(err) })
	if err != nil {
		w.Fatal(err)
	}
	if _, m := w.Counts(); m != n {
		w.Errorf("%d sessions in memory, %d on disk", m, n)
	}
}

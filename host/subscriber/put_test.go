package subscriber

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"golang.org/x/crypto/bcrypt"

	"github.com/ppgbox/ppgbox/host/store"
)

func TestPut(t *testing.T) {
	hash, err := bcrypt.GenerateFromPassword([]byte("secret"), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		put  []store.Subscriber
		want string // "" for taken, else part of the error
	}{
		{"new", []store.Subscriber{somebody("carol@push.example c@m2m.example", "358400000003/244050000000003")}, ""},
		{"password", []store.Subscriber{{Users: []string{"carol@push.example"}, Password: hash}}, ""},
		{"password in clear", []store.Subscriber{{Users: []string{"carol@push.example"}, Password: []byte("secret")}}, "bcrypt"},
		{"nobody", []store.Subscriber{{}}, "user identifiers"},
		{"foreign", []store.Subscriber{somebody("carol@elsewhere.example")}, ErrForeign.Error() + " (push.example, m2m.example)"},
		{"no domain", []store.Subscriber{somebody("carol")}, "no domain"},
		{"terminal without a number", []store.Subscriber{somebody("carol@push.example", "/")}, "neither a number nor an IMSI"},
		{"letters", []store.Subscriber{somebody("carol@push.example", "x/")}, `number "x" is not of 3 to 15 digits`},
		{"national", []store.Subscriber{somebody("carol@push.example", "0401234567/"+imsiB)}, "no country code begins with 0"},
		{"with the prefix of international calls", []store.Subscriber{somebody("carol@push.example", "00358401234567/")}, "no country code begins with 0"},
		{"short", []store.Subscriber{somebody("carol@push.example", "35/")}, "3 to 15 digits"},
		{"long", []store.Subscriber{somebody("carol@push.example", "3584012345678901/")}, "3 to 15 digits"},
		{"as short and as long as may be", []store.Subscriber{somebody("carol@push.example", "358/", "358401234567890/")}, ""},
		{"alice's number", []store.Subscriber{somebody("carol@push.example", alice+"/")}, "number " + alice + " is that of alice@push.example"},
		{"alice's IMSI", []store.Subscriber{somebody("carol@push.example", "/"+imsiA)}, "IMSI " + imsiA + " is that of alice@push.example"},
		{"alice's second name", []store.Subscriber{somebody("carol@push.example a@push.example")}, "a@push.example is that of alice@push.example"},
		{"alice's second name as the first", []store.Subscriber{somebody("a@push.example")}, "a@push.example is that of alice@push.example"},
		{"twice in itself", []store.Subscriber{somebody("carol@push.example", "111/", "111/")}, "is there twice"},
		{"twice", []store.Subscriber{somebody("carol@push.example"), somebody("carol@push.example")}, "two subscribers"},
		{"number twice", []store.Subscriber{somebody("carol@push.example", "111/"), somebody("dave@push.example", "111/")}, "number 111 is that of carol@push.example"},
		{"third too many", []store.Subscriber{somebody("carol@push.example"), somebody("dave@push.example")}, ErrFull.Error()},
		{"replaced", []store.Subscriber{somebody("alice@push.example", "358400000009/")}, ""},
		{"numbers exchanged", []store.Subscriber{somebody("alice@push.example", bob+"/"), somebody("bob@push.example", alice+"/"+imsiA)}, ""},
		{"what another gives up", []store.Subscriber{somebody("alice@push.example"), somebody("carol@push.example a@push.example", alice+"/")}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newTown(t, func(o *Options) { o.Subscribers = 3 })
			w.enter(somebody("alice@push.example a@push.example", alice+"/"+imsiA), somebody("bob@push.example", bob+"/"))
			before := len(w.store.subscribers)
			err := w.Put(t.Context(), c.put)
			if c.want != "" {
				if err == nil || !strings.Contains(err.Error(), c.want) {
					t.Errorf("got %v, want %q", err, c.want)
				}
				if n, _ := w.Counts(); n != before || len(w.store.subscribers) != before {
					t.Errorf("%d subscribers, %d in the store", n, len(w.store.subscribers))
				}
				w.is(user("a@push.example"), "PLMN:+"+alice+" "+alice+" "+imsiA)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			for range 2 {
				for _, s := range c.put {
					got, ok := w.Show(s.Users[0])
					if !ok || fmt.Sprint(got.Subscriber.Users, got.Subscriber.Terminals) != fmt.Sprint(s.Users, s.Terminals) {
						t.Errorf("got %+v, want %+v", got.Subscriber, s)
					}
					hash, err := w.Password(s.Users[0])
					if errors.Is(err, ErrNoPassword) != (len(s.Password) == 0) || string(hash) != string(s.Password) || got.Password != (err == nil) {
						t.Errorf("password %q, %v", hash, err)
					}
					for _, terminal := range s.Terminals {
						if of, ok := w.Show("+" + string(terminal.MSISDN)); !ok || of.Subscriber.ID != got.Subscriber.ID {
							t.Errorf("%s is that of %+v", terminal.MSISDN, of.Subscriber)
						}
					}
				}
				w.restart()
			}
		})
	}
}

// Whose password is asked for is in the error.
func TestPassword(t *testing.T) {
	w := newTown(t)
	w.enter(somebody("alice@push.example"))
	for _, c := range []struct {
		user string
		want error
	}{{"alice@push.example", ErrNoPassword}, {"bob@push.example", ErrUnknown}, {"alice@elsewhere.example", ErrForeign}} {
		if hash, err := w.Password(c.user); hash != nil || !errors.Is(err, c.want) {
			t.Errorf("%s: %q, %v; want %v", c.user, hash, err, c.want)
		}
	}
}

// A registration under an identifier that is not the subscriber's any more ends.
func TestPutEndsRegistrations(t *testing.T) {
	w := newTown(t)
	w.enter(somebody("alice@push.example a@push.example"))
	w.register("alice@push.example", "one", key("g", "10.0.0.1"))
	w.register("a@push.example", "two", key("g", "10.0.0.2"))
	w.begin(key("g", "10.0.0.3"), "x")
	w.register("a@push.example", "three", key("g", "10.0.0.3"))
	g := w.generation(key("g", "10.0.0.3"))
	w.enter(somebody("alice@push.example"))
	w.is(user("alice@push.example"), "USER:alice@push.example/one - - g/10.0.0.1")
	if w.generation(key("g", "10.0.0.2")) != 0 || w.generation(key("g", "10.0.0.3")) == 0 || w.Live(g) {
		t.Error("not those, or not only those, that were made with it are over")
	}
	if err := w.Remove(t.Context(), "alice@push.example"); err != nil {
		t.Fatal(err)
	}
	w.is(user("alice@push.example"), ErrUnknown.Error())
	if len(w.store.sessions) != 1 || len(w.store.subscribers) != 0 {
		t.Errorf("%d sessions and %d subscribers are stored", len(w.store.sessions), len(w.store.subscribers))
	}
	if err := w.Remove(t.Context(), "alice@push.example"); !errors.Is(err, ErrUnknown) {
		t.Errorf("removed again: %v", err)
	}
	w.enter(somebody("alice@push.example"))
	w.is(user("alice@push.example"), "USER:alice@push.example - -")
}

// Identifiers whose hashes are the same are kept apart.
func TestAlikeHashes(t *testing.T) {
	w := newTown(t)
	w.enter(somebody("a@push.example"), somebody("b@push.example"), somebody("c@push.example"))
	p := &w.people
	// One chain of all three, as if their hashes were that of b.
	ids := map[string]uint32{}
	for u := uint32(1); u <= 3; u++ {
		ids[p.texts.text(p.users.at(u).text)[:1]] = u
	}
	a, b, c := ids["a"], ids["b"], ids["c"]
	for h, u := range p.byUser {
		if u == b {
			p.byUser[h] = a
			p.users.at(a).alike, p.users.at(b).alike, p.users.at(c).alike = b, c, 0
			if got := p.find("b@push.example"); got != p.users.at(b).subscriber {
				t.Errorf("found %d", got)
			}
			p.forget(b, h)
			if p.find("b@push.example") != 0 || p.users.at(a).alike != c {
				t.Error("not forgotten, or more than that")
			}
			p.forget(a, h)
			if p.byUser[h] != c {
				t.Error("the rest is forgotten")
			}
			p.forget(c, h)
			if _, there := p.byUser[h]; there {
				t.Error("the last is there")
			}
			return
		}
	}
}

func TestShow(t *testing.T) {
	w := newTown(t)
	w.enter(somebody("alice@push.example", alice+"/"+imsiA))
	w.begin(key("g", "10.0.0.1"), "x "+alice)
	w.begin(key("h", "10.0.0.2"), "y "+bob)
	w.begin(key("h", "10.0.0.3"), "z - "+imsiB)
	r := w.register("alice@push.example", "two", key("g", "10.0.0.4"))
	for _, c := range []struct{ of, subscriber, sessions string }{
		{"alice@push.example", "alice@push.example", "10.0.0.4 10.0.0.1"},
		{"alice@Push.Example", "alice@push.example", "10.0.0.4 10.0.0.1"},
		{r.Dynamic, "alice@push.example", "10.0.0.4 10.0.0.1"},
		{alice, "alice@push.example", "10.0.0.4 10.0.0.1"},
		{"+" + alice, "alice@push.example", "10.0.0.4 10.0.0.1"},
		{imsiA, "alice@push.example", "10.0.0.4 10.0.0.1"},
		{bob, "", "10.0.0.2"},
		{imsiB, "", "10.0.0.3"},
		{"10.0.0.1", "", "10.0.0.1"},
		{"::ffff:10.0.0.2", "", "10.0.0.2"},
		{"2001:db8::1", "", ""},
		{"358400000007", "", ""},
		{"bob@push.example", "", ""},
		{"", "", ""},
		{"+", "", ""},
		{"12ab", "", ""},
	} {
		s, ok := w.Show(c.of)
		who, sessions := "", ""
		if s.Subscriber != nil {
			who = s.Subscriber.Users[0]
		}
		for _, x := range s.Sessions {
			sessions += " " + x.Address.String()
		}
		if sessions = strings.TrimSpace(sessions); who != c.subscriber || sessions != c.sessions || ok != (who != "" || sessions != "") {
			t.Errorf("%q: %q, sessions %q, %v", c.of, who, sessions, ok)
		}
	}
}

// Who has an address is shown with nothing but that, in all networks.
func TestShowAddress(t *testing.T) {
	w := newTown(t)
	w.enter(somebody("alice@push.example a@push.example", alice+"/"+imsiA), somebody("bob@push.example"))
	k, other := key("g", "10.0.0.1"), key("g", "10.0.0.1")
	other.APN = "web"
	w.begin(k, "x "+alice)
	w.begin(other, "y - "+imsiA)
	w.begin(key("g", "10.0.0.2"), "z "+alice)
	w.register("bob@push.example", "", key("h", "10.0.0.1"))
	w.begin(key("i", "10.0.0.1"), "x")
	w.begin(key("j", "10.0.0.1"), "x")
	w.begin(key("k", "10.0.0.1"), "x "+bob)
	s, ok := w.Show("10.0.0.1")
	got := ""
	for i, t := range s.Terminals {
		got += "| " + t.Lane + " of " + s.Holders[i]
		for _, x := range t.Subscriber.Sessions {
			got += " " + x.GGSN + "/" + x.APN + "/" + x.Address.String()
		}
		got += " "
	}
	const want = "| PLMN:+" + bob + " of  k/wap/10.0.0.1 | IPv4:10.0.0.1 of  j/wap/10.0.0.1 i/wap/10.0.0.1 " +
		"| USER:bob@push.example of bob@push.example h/wap/10.0.0.1 | PLMN:+" + alice + " of alice@push.example g/web/10.0.0.1 g/wap/10.0.0.1 "
	if !ok || s.Subscriber != nil || got != want || len(s.Sessions) != 6 {
		t.Errorf("%v: got %q, want %q, with sessions %+v", ok, got, want, s.Sessions)
	}
}

package registration

import (
	"context"
	"net/http"
	"path/filepath"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/ppgbox/ppgbox/host/clock"
	"github.com/ppgbox/ppgbox/host/store"
	"github.com/ppgbox/ppgbox/host/store/sqlite"
	"github.com/ppgbox/ppgbox/host/subscriber"
	"github.com/ppgbox/ppgbox/sdk/push"
)

// The gateway's own directory behind a listener: what is registered is what a push to the user finds, under the generation that it
// was registered with.
func TestWithTheGatewaysDirectory(t *testing.T) {
	ctx := context.Background()
	s, err := sqlite.Open(sqlite.Options{Path: filepath.Join(t.TempDir(), "ppgbox.db"), Clock: clock.System()})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	d, err := subscriber.Open(ctx, subscriber.Options{
		Store: s, Clock: clock.System(), Log: hclog.NewNullLogger(), Domains: []string{"push.example.net"}, DynamicValidity: time.Hour,
	})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	var people []store.Subscriber
	for user, password := range map[string]string{alice: "wonderland", bob: "builder"} {
		people = append(people, store.Subscriber{Users: []string{user}, Password: hashOf(t, password)})
	}
	if err := d.Put(ctx, people); err != nil {
		t.Fatal(err)
	}
	l := listen(t, Options{Directory: d, GGSN: "ggsn-a", APN: "internet"})
	ask := func(method, path string, login [2]string, body string) reply {
		return l.ask(t, question{method: method, path: path, login: login, body: body})
	}
	// session returns the one that a push to an identifier finds.
	session := func(user string) (push.Session, bool) {
		terminals, err := d.Resolve(push.Address{Type: push.USER, Value: user})
		if err != nil || len(terminals) != 1 || len(terminals[0].Subscriber.Sessions) != 1 {
			return push.Session{}, false
		}
		return terminals[0].Subscriber.Sessions[0], true
	}
	asAlice, asBob := [2]string{alice, "wonderland"}, [2]string{bob, "builder"}

	first := ask(http.MethodPost, pathOwn, asAlice, `{"user":"`+alice+`"}`)
	dynamic, _ := first.body["dynamic"].(string)
	if first.status != http.StatusOK || dynamic == "" {
		t.Fatalf("%d %v", first.status, first.body)
	}
	if validity, _ := first.body["validity_seconds"].(float64); validity < 3590 || validity > 3600 {
		t.Errorf("valid for %v s", validity)
	}
	hers, ok := session(alice)
	if !ok || hers.Address.String() != "127.0.0.2" || hers.GGSN != "ggsn-a" || hers.APN != "internet" {
		t.Errorf("a push to her finds %+v", hers)
	}
	if same, ok := session(dynamic); !ok || same.Generation != hers.Generation {
		t.Errorf("a push to %s finds %+v", dynamic, same)
	}
	renewed := ask(http.MethodPost, pathOwn, asAlice, `{"user":"`+alice+`"}`)
	if again, ok := session(alice); renewed.body["dynamic"] != dynamic || !ok || again.Generation != hers.Generation || !d.Live(hers.Generation) {
		t.Errorf("renewed: %v, %+v", renewed.body, again)
	}
	if r := ask(http.MethodGet, pathOwn, asAlice, ""); r.status != http.StatusOK || r.body["dynamic"] != dynamic {
		t.Errorf("%d %v", r.status, r.body)
	}

	// The same address for him: hers is over, and what was routed to her does not go out.
	if r := ask(http.MethodPost, pathOwn, asBob, `{"user":"`+bob+`"}`); r.status != http.StatusOK {
		t.Fatalf("%d %v", r.status, r.body)
	}
	if d.Live(hers.Generation) {
		t.Error("her generation lives")
	}
	if r := ask(http.MethodDelete, pathOwn, asAlice, ""); r.status != http.StatusNotFound {
		t.Errorf("she releases what is his: %d", r.status)
	}
	his, ok := session(bob)
	if !ok || !d.Live(his.Generation) {
		t.Errorf("a push to him finds %+v", his)
	}
	if r := ask(http.MethodDelete, pathOwn, asBob, ""); r.status != http.StatusNoContent || d.Live(his.Generation) {
		t.Errorf("released: %d, live %v", r.status, d.Live(his.Generation))
	}
	for user, login := range map[string][2]string{alice: asAlice, bob: asBob} {
		if r := ask(http.MethodGet, pathOwn, login, ""); r.status != http.StatusNotFound {
			t.Errorf("%s: %d", user, r.status)
		}
		if s, ok := session(user); ok {
			t.Errorf("a push to %s finds %+v", user, s)
		}
	}
}

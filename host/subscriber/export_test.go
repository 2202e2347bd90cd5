package subscriber

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"golang.org/x/crypto/bcrypt"

	"github.com/ppgbox/ppgbox/host/store"
)

// What is exported is what is imported: in another directory it makes the same subscribers, and in this one it changes nothing.
func TestExport(t *testing.T) {
	hash, err := bcrypt.GenerateFromPassword([]byte("secret"), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	w := newTown(t)
	w.enter(
		store.Subscriber{Users: []string{"alice@push.example", "a@m2m.example"}, Password: hash, Terminals: []store.Terminal{
			{MSISDN: alice, IMSI: imsiA}, {IMSI: imsiB}, {MSISDN: bob},
		}},
		somebody("gone@push.example"), somebody(`x,"y@push.example`, "358400000003/"), somebody("carol@push.example"),
	)
	if err := w.Remove(t.Context(), "gone@push.example"); err != nil {
		t.Fatal(err)
	}
	for i := range 2 * exportPortion {
		w.enter(somebody(fmt.Sprintf("u%d@push.example", i)))
	}
	for _, passwords := range []bool{false, true} {
		var list strings.Builder
		if err := w.Export(&list, passwords); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(list.String(), string(hash)) != passwords || strings.Contains(list.String(), "gone@") {
			t.Errorf("with passwords: %v; the list is %.500s", passwords, &list)
		}
		rows := strings.Count(list.String(), "\n") - 1
		if r, err := w.Import(t.Context(), strings.NewReader(list.String())); err != nil || r.Rows != rows || r.Same != rows {
			t.Errorf("imported again: %+v, %v", r, err)
		}
		other := newTown(t)
		other.imported(list.String())
		if a, _ := w.Counts(); a != 2*exportPortion+3 {
			t.Errorf("%d subscribers", a)
		}
		for _, u := range []string{"a@m2m.example", `x,"y@push.example`, "carol@push.example", "u0@push.example", fmt.Sprintf("u%d@push.example", 2*exportPortion-1)} {
			want, _ := w.Show(u)
			got, ok := other.Show(u)
			if !ok || fmt.Sprint(got.Subscriber.Users, got.Subscriber.Terminals) != fmt.Sprint(want.Subscriber.Users, want.Subscriber.Terminals) ||
				got.Password != (want.Password && passwords) {
				t.Errorf("%s: got %+v, want %+v", u, got.Subscriber, want.Subscriber)
			}
		}
	}
	if err := w.Export(full{}, false); !errors.Is(err, errDisk) {
		t.Errorf("to a full disk: %v", err)
	}
	empty := newTown(t)
	var list strings.Builder
	if err := empty.Export(&list, true); err != nil || list.String() != "user,msisdn,imsi,password\n" {
		t.Errorf("nobody: %q, %v", &list, err)
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errDisk }

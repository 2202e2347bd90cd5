package subscriber

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"golang.org/x/crypto/bcrypt"
)

func TestImport(t *testing.T) {
	hash, err := bcrypt.GenerateFromPassword([]byte("secret"), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	long := strings.Repeat("x", 2*importLine)
	for _, c := range []struct {
		name, list string
		rows       int
		added      int
		changed    int
		same       int
		bad        []string          // "line: part of the reason", "line+more-last: …" for several
		want       map[string]string // users, to all users, terminals and whether there is a password
		err        string
	}{
		{name: "columns in any order", list: "imsi,USER, password,msisdn\n" + imsiB + ",bob@push.example,,+" + bob + "\n", rows: 1, added: 1, want: map[string]string{
			"bob@push.example": "[bob@push.example] [{" + bob + " " + imsiB + "}] false",
		}},
		{name: "only users", list: "user\nbob@push.example b@push.example\n\ncarol@push.example", rows: 2, added: 2, want: map[string]string{
			"b@push.example": "[bob@push.example b@push.example] [] false", "carol@push.example": "[carol@push.example] [] false",
		}},
		{name: "rows of one user", list: "user,msisdn,password\nbob@push.example,111,\nbob@push.example b@push.example,222," + string(hash) + "\nbob@push.example,111,\n", rows: 3, added: 1, same: 1, want: map[string]string{
			"bob@push.example": "[bob@push.example b@push.example] [{111 } {222 }] true",
		}},
		{name: "what is there gets more", list: "user,msisdn,imsi\nalice@push.example,,\nalice@push.example al@push.example,111,\n", rows: 2, changed: 1, same: 1, want: map[string]string{
			"al@push.example": "[alice@push.example a@push.example al@push.example] [{" + alice + " } {111 }] false",
		}},
		{name: "what is there already changes nothing", list: "user,msisdn\nalice@push.example," + alice + "\n", rows: 1, same: 1},
		{name: "IMSI of a number that is there", list: "user,msisdn,imsi\nalice@push.example," + alice + "," + imsiA + "\n", rows: 1, changed: 1, want: map[string]string{
			"alice@push.example": "[alice@push.example a@push.example] [{" + alice + " " + imsiA + "}] false",
		}},
		{
			name: "numbers that nobody has", rows: 4, added: 1, want: map[string]string{"bob@push.example": "[bob@push.example] [{358401234567 }] false"},
			list: "user,msisdn\nbob@push.example,0401234567\nbob@push.example,+00358401234567\nbob@push.example,12\nbob@push.example,358401234567\n",
			bad:  []string{"2+1-3: no country code begins with 0", "4: 3 to 15 digits"},
		},
		{
			name: "bad rows", rows: 16, added: 2,
			list: "user,msisdn,imsi,password\n" +
				"bob@push.example," + alice + ",,\n" + // 2
				"bob@push.example,111,,\n" +
				"carol@push.example,111,,\n" + // 4
				"bob@push.example,111,123456,\n" +
				"bob@push.example,111,654321,\n" + // 6
				"a@push.example,222,,\n" +
				"dave@push.example a@push.example,222,,\n" + // 8
				"dave@elsewhere.example,222,,\n" +
				"dave,222,,\n" + // 10
				",222,,\n" +
				"dave@push.example,222,\n" + // 12
				"dave@push.example,x,,\n" +
				"dave@push.example,222,,secret\n" + // 14
				"\"dave@push.example,222,,\n" +
				"\"dave@push.example\",222,\"\",\n" + // 16
				"dave@push.example," + long + ",,\n",
			bad: []string{
				"2: number " + alice + " is that of alice@push.example", "4: number 111 is that of bob@push.example", "6: is there with 111 123456",
				"7+1-8: a@push.example is that of alice", "9: " + ErrForeign.Error(), "10: no domain",
				"11: no user identifier", "12: 3 fields, and the header has 4", "13: number \"x\" is not of", "14: bcrypt", "15: column", "17: more than",
			},
			want: map[string]string{
				"bob@push.example": "[bob@push.example] [{111 123456}] false", "dave@push.example": "[dave@push.example] [{222 }] false",
				"alice@push.example": "[alice@push.example a@push.example] [{" + alice + " }] false",
			},
		},
		{name: "fifth too many", list: "user\nb@push.example\nc@push.example\nd@push.example\ne@push.example\nf@push.example\nalice@push.example b@push.example\n", rows: 6, added: 3, bad: []string{
			"5+1-6: " + ErrFull.Error(), "7: b@push.example is that of b@push.example",
		}},
		{
			name: "number of one who gets more in the same list", rows: 2, changed: 1, bad: []string{"3: number " + alice + " is that of alice@push.example"},
			list: "user,msisdn\nalice@push.example,111\nbob@push.example," + alice + "\n",
		},
		{name: "as a spreadsheet writes", list: "\ufeffuser,msisdn\r\nbob@push.example,111\r\n", rows: 1, added: 1},
		{name: "empty", err: "first line"},
		{name: "no header", list: "bob@push.example,111\n", err: "line 1: column"},
		{name: "column twice", list: "user,user\n", err: "there twice"},
		{name: "no column user", list: "msisdn\n", err: "no column user"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newTown(t, func(o *Options) { o.Subscribers = 4 })
			w.enter(somebody("alice@push.example a@push.example", alice+"/"))
			got, err := w.Import(t.Context(), strings.NewReader(c.list))
			if (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
				t.Fatalf("got %v, want %q", err, c.err)
			}
			if got.Rows != c.rows || got.Added != c.added || got.Changed != c.changed || got.Same != c.same || len(got.BadRows) != len(c.bad) {
				t.Fatalf("got %+v", got)
			}
			for i, bad := range got.BadRows {
				line, reason, _ := strings.Cut(c.bad[i], ": ")
				lines := fmt.Sprint(bad.Line)
				if bad.More > 0 {
					lines = fmt.Sprintf("%d+%d-%d", bad.Line, bad.More, bad.Last)
				}
				if lines != line || !strings.Contains(bad.Reason, reason) {
					t.Errorf("got %+v, want %q", bad, c.bad[i])
				}
			}
			if n := named(got); got.Bad != n {
				t.Errorf("%d rows are bad, and %d named", got.Bad, n)
			}
			for range 2 {
				for u, want := range c.want {
					s, ok := w.Show(u)
					if !ok || fmt.Sprint(s.Subscriber.Users, s.Subscriber.Terminals, s.Password) != want {
						t.Errorf("%s: got %+v, want %q", u, s.Subscriber, want)
					}
				}
				w.restart()
			}
		})
	}
}

// named is how many bad rows a result gives a reason for.
func named(r ImportResult) (n int) {
	for _, bad := range r.BadRows {
		n += 1 + bad.More
	}
	return n
}

// A long list is entered in a few commits; only the first reasons are named.
func TestImportMany(t *testing.T) {
	w := newTown(t)
	const many = 3*importRows + 5
	var b strings.Builder
	b.WriteString("user,msisdn\n")
	for i := range many {
		fmt.Fprintf(&b, "u%d@push.example,%d\nb%d@-,\n", i%(many-1), 358400000000+i, i)
	}
	got, err := w.Import(t.Context(), strings.NewReader(b.String()))
	if err != nil || got.Rows != 2*many || got.Added != many-1 || got.Changed != 1 || got.Bad != many || len(got.BadRows) != mostReasons {
		t.Errorf("%d rows, %d added, %d changed, %d bad, %d named, %v", got.Rows, got.Added, got.Changed, got.Bad, len(got.BadRows), err)
	}
	if w.store.commits != 7 {
		t.Errorf("%d commits", w.store.commits)
	}
	s, _ := w.Show("u0@push.example") // of the first batch and of the last
	if len(s.Terminals) != 2 {
		t.Errorf("it has %+v", s.Subscriber)
	}
	w.restart()
	if n, _ := w.Counts(); n != many-1 {
		t.Errorf("%d subscribers", n)
	}
}

// What the result counts is entered, whatever fails.
func TestImportFails(t *testing.T) {
	w := newTown(t)
	broken := errors.New("the line was cut")
	got, err := w.Import(t.Context(), io.MultiReader(strings.NewReader("user\nbob@push.example\n"), iotest.ErrReader(broken)))
	if n, _ := w.Counts(); !errors.Is(err, broken) || got.Added != 1 || n != 1 {
		t.Errorf("%+v, %v, and %d are entered", got, err, n)
	}
	w.store.breaks(errDisk)
	got, err = w.Import(t.Context(), strings.NewReader("user\ncarol@push.example\n"))
	if n, _ := w.Counts(); !errors.Is(err, errDisk) || got.Added != 0 || n != 1 {
		t.Errorf("%+v, %v, and %d are entered", got, err, n)
	}
}

func FuzzImport(f *testing.F) {
	f.Add("user,msisdn,imsi,password\na@push.example b@push.example,111,123456,\n")
	f.Add("user\n\"a@push.example\"\n\"\n")
	f.Fuzz(func(t *testing.T, list string) {
		w := newTown(t)
		got, err := w.Import(t.Context(), strings.NewReader(list))
		n, _ := w.Counts()
		if got.Added != n || got.Rows < got.Bad || err == nil && len(got.BadRows) < mostReasons && named(got) != got.Bad {
			t.Fatalf("%+v, %v, and %d are entered", got, err, n)
		}
		w.restart()
		if again, _ := w.Counts(); again != n {
			t.Fatalf("%d are there after a restart, were %d", again, n)
		}
	})
}

package dispatch

import (
	"fmt"
	"net/netip"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/ppgbox/ppgbox/host/store"
	"github.com/ppgbox/ppgbox/sdk/push"
)

// fill sets every field below v to a value that no other has, so that a field that is forgotten or mixed up with another shows.
func fill(v reflect.Value, seed *int) {
	*seed++
	n := *seed
	switch v.Interface().(type) {
	case time.Time:
		v.Set(reflect.ValueOf(start.Add(time.Duration(n) * (time.Hour + time.Nanosecond))))
		return
	case []push.Exchange: // they are steps before an outcome is packed
		return
	case netip.Addr:
		v.Set(reflect.ValueOf(netip.AddrFrom4([4]byte{10, 0, byte(n >> 8), byte(n)})))
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(fmt.Sprint("text ", n))
	case reflect.Int, reflect.Int64:
		v.SetInt(int64(n))
	case reflect.Uint64:
		v.SetUint(1<<63 + uint64(n))
	case reflect.Uint8:
		v.SetUint(uint64(n % 256))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), seed)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		for i := range v.Len() {
			fill(v.Index(i), seed)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			fill(v.Field(i), seed)
		}
	default:
		panic("fill does not know " + v.Type().String())
	}
}

func filled[T any](seed int) (v T) {
	fill(reflect.ValueOf(&v).Elem(), &seed)
	return v
}

// TestPack packs values in which every field has a value, and the zero ones.
func TestPack(t *testing.T) {
	far := filled[store.Push](900)
	far.DeliverBefore = time.Date(9999, 12, 31, 23, 59, 59, 999, time.UTC)
	tests := []struct {
		name   string
		pack   func(*packer, any)
		unpack func(*unpacker) any
		values []any
	}{
		{
			"push",
			func(p *packer, v any) { s := v.(store.Push); p.push(&s, true) },
			func(u *unpacker) any { return *u.push() },
			[]any{filled[store.Push](0), store.Push{}, far},
		},
		{
			"attempt",
			func(p *packer, v any) { a := v.(store.Attempt); p.attempt(&a) },
			func(u *unpacker) any { a := *u.attempt(); a.Steps = slices.Clip(a.Steps); return a },
			[]any{filled[store.Attempt](100), store.Attempt{}, store.Attempt{Lane: testLane}},
		},
		{
			"subscriber",
			func(p *packer, v any) { p.subscriber(v.(push.Subscriber)) },
			func(u *unpacker) any { return u.subscriber() },
			[]any{
				filled[push.Subscriber](200),
				push.Subscriber{},
				push.Subscriber{Address: push.Address{Type: push.PLMN, Value: "+1000"}, MSISDN: "1000"},
				push.Subscriber{Address: push.Address{Type: push.PLMN, Value: "+1000"}, MSISDN: "2000"},
			},
		},
		{
			"route",
			func(p *packer, v any) { p.route(v.(push.Route)) },
			func(u *unpacker) any { return u.route() },
			[]any{filled[push.Route](300), push.Route{}, push.Route{Session: &push.Session{}}},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			n := newNames()
			for range 2 { // the second time with names that are known
				p := packer{names: &n, lane: testLane}
				for _, v := range tt.values {
					tt.pack(&p, v)
				}
				u := unpacker{from: p.to, names: &n, lane: testLane}
				for _, v := range tt.values {
					if got := tt.unpack(&u); !reflect.DeepEqual(got, v) {
						t.Errorf("packed\n%+v\nand unpacked\n%+v", v, got)
					}
				}
				if len(u.from) > 0 {
					t.Errorf("%d octets are left over", len(u.from))
				}
			}
		})
	}
}

const testLane = "PLMN:+1000"

// TestPapersArePacked holds fold and unfold to every field of a job's papers.
func TestPapersArePacked(t *testing.T) {
	seed := 400
	whole := &papers{
		content: &content{application: "app", size: 7}, delivery: &store.Delivery{ID: 11, Push: 10, Lane: testLane},
		stay: true, returns: 2, steps: 3, strategy: 4, asked: 5,
	}
	whole.content.push = &store.Push{}
	for _, v := range []any{
		whole.content.push, &whole.delivery.Address, &whole.delivery.AddressText, &whole.terminal, &whole.attempt, &whole.unwritten, &whole.route,
	} {
		fill(reflect.ValueOf(v).Elem(), &seed)
	}
	whole.content.push.ID, whole.delivery.Result.State = 10, store.Pending
	whole.encoding = &encodingOf{encoder: "wbxml", done: true, message: filled[push.Message](700), says: "says"}
	fill(reflect.ValueOf(&whole.encoding.inputs).Elem(), &seed)
	whole.content.encodings = []*encodingOf{whole.encoding}
	for i, f := range reflect.VisibleFields(reflect.TypeFor[papers]()) {
		if f.Name != "young" && f.Name != "question" && reflect.ValueOf(*whole).Field(i).IsZero() {
			t.Errorf("%s has no value in this test", f.Name)
		}
	}

	d := New(Options{})
	j := &job{papers: whole, id: 11, lane: &lane{name: testLane}}
	d.fold(j)
	if j.papers != nil || len(j.folded) == 0 {
		t.Fatal("the job was not folded")
	}
	d.unfold(j)
	want := *whole
	wantContent := *whole.content
	wantPush := *whole.content.push
	// What the message was made from is not kept.
	wantPush.Message.Body, wantPush.Message.Headers, wantPush.Capabilities = nil, nil, nil
	wantContent.push = &wantPush
	want.content = &wantContent
	j.attempt.Steps = slices.Clip(j.attempt.Steps)
	for i := range j.unwritten {
		j.unwritten[i].Steps = slices.Clip(j.unwritten[i].Steps)
	}
	if !reflect.DeepEqual(j.papers, &want) {
		t.Errorf("folded\n%+v\nand unfolded\n%+v", want, *j.papers)
	}
	if j.encoding != j.content.encodings[0] {
		t.Error("the job's encoding is not the one of its content")
	}
}

// TestNamesAreBounded gives numbers to no more names than can be kept for ever.
func TestNamesAreBounded(t *testing.T) {
	n := newNames()
	for i := range 2 * mostNames {
		n.give(fmt.Sprint("name ", i))
	}
	if len(n.list) != mostNames || len(n.number) != mostNames {
		t.Errorf("%d names and %d numbers are kept, want %d", len(n.list), len(n.number), mostNames)
	}
	p := packer{names: &n}
	p.name("one more")
	u := unpacker{from: p.to, names: &n}
	if got := u.text(); got != "one more" {
		t.Errorf("what has no number was unpacked as %q", got)
	}
	other := newNames()
	if _, ok := other.give(string(make([]byte, longestName+1))); ok {
		t.Error("a name that is too long got a number")
	}
}

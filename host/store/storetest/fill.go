package storetest

import (
	"fmt"
	"net/netip"
	"reflect"
	"time"

	"github.com/ppgbox/ppgbox/host/store"
	"github.com/ppgbox/ppgbox/sdk/push"
)

var (
	timeType = reflect.TypeFor[time.Time]()
	addrType = reflect.TypeFor[netip.Addr]()
	// exchangesType is of what no store keeps: the dispatcher makes steps of it.
	exchangesType = reflect.TypeFor[[]push.Exchange]()
)

// fill sets every field below v to a value that no other field has, so that a field that is forgotten or mixed up with
// another shows. A field of a kind that it does not know panics: it has to be taught.
func fill(v reflect.Value, seed *int) {
	*seed++
	n := *seed
	switch v.Type() {
	case timeType:
		v.Set(reflect.ValueOf(time.Date(2031, 5, 1, 12, 0, 0, 123456789+n, time.UTC).Add(time.Duration(n) * time.Hour)))
		return
	case addrType:
		v.Set(reflect.ValueOf(netip.AddrFrom4([4]byte{10, byte(n >> 16), byte(n >> 8), byte(n)})))
		return
	case exchangesType:
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(fmt.Sprintf("text %d; \"ä\" <\\>\n", n))
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
		panic(fmt.Sprintf("storetest: fill does not know %s", v.Type()))
	}
}

// newPush returns a push with all fields filled, and numbers for n deliveries.
func (h *harness) newPush(n int) *store.Push {
	p := &store.Push{}
	fill(reflect.ValueOf(p).Elem(), &h.seed)
	p.ID = h.store.NextIDs(1 + n)
	p.PushID = fmt.Sprintf("%d@example.net", p.ID)
	return p
}

// newDelivery returns the pending delivery number i of p, from 0, to a lane, with all fields of its address filled.
func (h *harness) newDelivery(p *store.Push, i int, lane string) *store.Delivery {
	d := &store.Delivery{ID: p.ID + 1 + int64(i), Push: p.ID, Lane: lane, Result: store.Result{State: store.Pending}}
	fill(reflect.ValueOf(&d.Address).Elem(), &h.seed)
	fill(reflect.ValueOf(&d.AddressText).Elem(), &h.seed)
	return d
}

// newRecord returns a push with n pending deliveries.
func (h *harness) newRecord(n int) *store.Record {
	r := &store.Record{Push: h.newPush(n)}
	for i := range n {
		r.Deliveries = append(r.Deliveries, h.newDelivery(r.Push, i, fmt.Sprintf("lane %d", h.seed)))
	}
	return r
}

// accept commits a new push with n pending deliveries. What is in the record belongs to the test: the store got copies.
func (h *harness) accept(n int) *store.Record {
	h.Helper()
	r := h.newRecord(n)
	h.must(accepted(r))
	return r
}

// accepted is the event of a record, with copies of what is in it.
func accepted(r *store.Record) store.PushAccepted {
	p := *r.Push
	e := store.PushAccepted{Push: &p}
	for _, d := range r.Deliveries {
		c := *d
		e.Deliveries = append(e.Deliveries, &c)
	}
	return e
}

func (h *harness) newAttempt(leg, number int) store.Attempt {
	var a store.Attempt
	fill(reflect.ValueOf(&a).Elem(), &h.seed)
	a.Leg, a.Number = leg, number
	return a
}

func (h *harness) newResult(state store.State) store.Result {
	var r store.Result
	fill(reflect.ValueOf(&r).Elem(), &h.seed)
	r.State = state
	return r
}

// newNotification returns one that is owed.
func (h *harness) newNotification(delivery int64) *store.Notification {
	n := &store.Notification{}
	fill(reflect.ValueOf(n).Elem(), &h.seed)
	n.ID, n.Delivery, n.Ended, n.Acked = h.store.NextIDs(1), delivery, time.Time{}, false
	return n
}

// diff returns "" if got and want are the same but for nil and empty slices, and otherwise where they differ first.
func diff(got, want any) string { return diffValue("", reflect.ValueOf(got), reflect.ValueOf(want)) }

func diffValue(path string, got, want reflect.Value) string {
	if !got.IsValid() || !want.IsValid() {
		if got.IsValid() == want.IsValid() {
			return ""
		}
		return fmt.Sprintf("%s: got %v, want %v", path, got, want)
	}
	switch want.Kind() {
	case reflect.Pointer:
		if got.IsNil() || want.IsNil() {
			if got.IsNil() == want.IsNil() {
				return ""
			}
			return fmt.Sprintf("%s: got %v, want %v", path, got, want)
		}
		return diffValue(path, got.Elem(), want.Elem())
	case reflect.Slice:
		if got.Len() != want.Len() {
			return fmt.Sprintf("%s: got %d elements %v, want %d %v", path, got.Len(), got, want.Len(), want)
		}
		for i := range want.Len() {
			if d := diffValue(fmt.Sprintf("%s[%d]", path, i), got.Index(i), want.Index(i)); d != "" {
				return d
			}
		}
		return ""
	case reflect.Struct:
		if want.Type() == timeType || want.Type() == addrType {
			break
		}
		for i := range want.NumField() {
			if d := diffValue(path+"."+want.Type().Field(i).Name, got.Field(i), want.Field(i)); d != "" {
				return d
			}
		}
		return ""
	}
	if !equal(got.Interface(), want.Interface()) {
		return fmt.Sprintf("%s: got %#v, want %#v", path, got.Interface(), want.Interface())
	}
	return ""
}

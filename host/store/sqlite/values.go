package sqlite

import (
	"database/sql/driver"
	"fmt"
	"math"
	"time"
)

// bounded returns t in UTC, moved into what 64 bits of nanoseconds can say: from 1678 to April 2262. A deliver-before of the
// year 9999 must not come back as one of long ago. The zero time stays as it is.
func bounded(t time.Time) time.Time {
	first, last := time.Unix(0, math.MinInt64), time.Unix(0, math.MaxInt64)
	switch {
	case t.IsZero():
	case t.Before(first):
		t = first
	case t.After(last):
		t = last
	}
	return t.UTC()
}

// nanos is a time as it is stored.
func nanos(t time.Time) driver.Value {
	if t.IsZero() {
		return nil
	}
	return bounded(t).UnixNano()
}

// number is a flag as it is stored.
func number(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// octets keeps nil and empty apart, which the driver reads back as NULL and as an empty blob.
func octets(b []byte) driver.Value {
	if b == nil {
		return nil
	}
	return b
}

// A cursor reads the values of a row one after the other. After a value of a wrong type every other is zero and err is set.
type cursor struct {
	values []driver.Value
	next   int
	err    error
}

// take returns the next value; ok is false if it is NULL, or no T.
func take[T any](c *cursor, null bool) (v T, ok bool) {
	if c.err != nil {
		return v, false
	}
	x := c.values[c.next]
	c.next++
	if x == nil && null {
		return v, false
	}
	if v, ok = x.(T); !ok {
		c.err = fmt.Errorf("column %d holds %T", c.next, x)
	}
	return v, ok
}

func (c *cursor) int() int64 {
	v, _ := take[int64](c, false)
	return v
}

func (c *cursor) flag() bool { return c.int() != 0 }

func (c *cursor) text() string {
	v, _ := take[string](c, false)
	return v
}

func (c *cursor) octets() []byte {
	v, ok := take[[]byte](c, true)
	if ok && v == nil {
		v = []byte{}
	}
	return v
}

func (c *cursor) time() time.Time {
	v, ok := take[int64](c, true)
	if !ok {
		return time.Time{}
	}
	return time.Unix(0, v).UTC()
}

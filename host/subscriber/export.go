package subscriber

import (
	"bytes"
	"encoding/csv"
	"io"
	"strings"
)

// exportPortion is how many subscribers are written under one lock.
const exportPortion = 500

// Export writes all subscribers as CSV that Import reads: a row for each terminal, one for a subscriber without any, with all user
// identifiers, and the password if there is to be that column, in the first of them. The bcrypt hash of a password is worth guessing at:
// whoever has it can try passwords as fast as a machine can. Look-ups go on meanwhile; a subscriber that is entered or removed meanwhile
// may be in it or not.
//
// The error is the writer's.
func (d *Directory) Export(to io.Writer, passwords bool) error {
	var portion bytes.Buffer
	w := csv.NewWriter(&portion)
	header := []string{"user", "msisdn", "imsi"}
	if passwords {
		header = append(header, "password")
	}
	_ = w.Write(header) // to memory
	for next, more := uint32(1), true; more; {
		next, more = d.exportFrom(w, next, passwords)
		w.Flush()
		if _, err := portion.WriteTo(to); err != nil {
			return err
		}
	}
	return nil
}

// exportFrom writes the subscribers from a number on, and returns the next number; false if there is none.
func (d *Directory) exportFrom(w *csv.Writer, next uint32, passwords bool) (uint32, bool) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	for range exportPortion {
		if next > d.people.all.last {
			return next, false
		}
		if d.people.all.at(next).users != 0 {
			d.exportOne(w, next, passwords)
		}
		next++
	}
	return next, true
}

func (d *Directory) exportOne(w *csv.Writer, i uint32, passwords bool) {
	s := d.people.record(i)
	row := [...]string{strings.Join(s.Users, " "), "", "", string(s.Password)}
	columns := 3
	if passwords {
		columns = 4
	}
	if len(s.Terminals) == 0 {
		_ = w.Write(row[:columns])
	}
	for n, t := range s.Terminals {
		if n == 1 { // what belongs to the subscriber is in the first
			row[0], row[3] = s.Users[0], ""
		}
		row[1], row[2] = "", string(t.IMSI)
		if t.MSISDN != "" {
			row[1] = "+" + string(t.MSISDN)
		}
		_ = w.Write(row[:columns])
	}
}

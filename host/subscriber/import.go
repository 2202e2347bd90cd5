package subscriber

import (
	"bufio"
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/ppgbox/ppgbox/host/store"
	"github.com/ppgbox/ppgbox/sdk/push"
)

const (
	importRows  = 2000     // of one commit
	importLine  = 16 << 10 // octets of a line, at most
	mostReasons = 100      // that are named
)

// ImportResult says what became of a list.
type ImportResult struct {
	Rows    int // without the header and empty lines
	Added   int // subscribers that are new
	Changed int // subscribers that were there and got something new; one whose rows lie far apart may count more than once
	Same    int // rows of which everything was there before
	Bad     int // rows that were left out
	// BadRows are why, the first 100 different reasons.
	BadRows []BadRow
}

// BadRow is why a row was left out, and others for the same reason.
type BadRow struct {
	Line   int // of the first, from 1
	Reason string
	More   int // rows after it
	Last   int // the line of the last of them

	kind string
}

func (r *ImportResult) bad(line int, err error) {
	r.Bad++
	kind := kindOf(err)
	for i := range r.BadRows {
		if x := &r.BadRows[i]; x.kind == kind {
			x.More++
			x.Last = line
			return
		}
	}
	if len(r.BadRows) < mostReasons {
		r.BadRows = append(r.BadRows, BadRow{Line: line, Reason: err.Error(), kind: kind})
	}
}

// kindOf is the same for errors that differ in the row alone: a whole list may have one.
func kindOf(err error) string {
	for _, kind := range [...]error{ErrForeign, ErrFull, errNational, errHash, errNoDomain} {
		if errors.Is(err, kind) {
			return kind.Error()
		}
	}
	return err.Error()
}

// Import enters subscribers from CSV (RFC 4180): a header line that names the columns user, msisdn, imsi and password, in any order,
// user at least, and a row for each terminal. A row may have several user identifiers, with spaces between them; it adds what it has
// to the subscriber whose first identifier is its first, or enters a new one. A password is a bcrypt hash, or empty to leave it
// as it is.
//
// A row that can not be used is left out and named in the result, with others of the same reason, and the others are entered, some thousands in one commit. The
// error is one of reading or of the store: what the result counts has been entered.
func (d *Directory) Import(ctx context.Context, r io.Reader) (result ImportResult, err error) {
	in := &lines{r: bufio.NewReaderSize(r, importLine)}
	columns, err := in.header()
	if err != nil {
		return result, err
	}
	rows := make([]row, 0, importRows)
	for {
		fields, err := in.next()
		switch {
		case errors.Is(err, io.EOF):
			return result, d.enterRows(ctx, rows, &result)
		case err != nil && !errors.Is(err, errLine):
			return result, errors.Join(fmt.Errorf("line %d: %w", in.number, err), d.enterRows(ctx, rows, &result))
		}
		r := row{line: in.number, err: err}
		if r.err == nil {
			r.subscriber, r.err = columns.subscriber(fields)
		}
		if r.err == nil {
			r.subscriber, r.err = d.normal(r.subscriber)
		}
		if rows = append(rows, r); len(rows) == importRows {
			if err := d.enterRows(ctx, rows, &result); err != nil {
				return result, err
			}
			rows = rows[:0]
		}
	}
}

type row struct {
	line       int
	subscriber *store.Subscriber
	err        error // why it can not be used
}

// enterRows enters rows in one commit.
func (d *Directory) enterRows(ctx context.Context, rows []row, result *ImportResult) error {
	d.entering.Lock()
	defer d.entering.Unlock()
	b := newBatch()
	same := 0
	d.mu.RLock()
	for _, r := range rows {
		changed, err := false, r.err
		if err == nil {
			changed, err = d.merge(b, r.subscriber)
		}
		switch {
		case err != nil:
			result.bad(r.line, err)
		case !changed:
			same++
		}
	}
	result.Rows += len(rows)
	d.mu.RUnlock()
	b.entries = slices.DeleteFunc(b.entries, func(e *entry) bool { return !e.changed })
	if err := d.enter(ctx, b); err != nil {
		return err
	}
	result.Same += same
	for _, e := range b.entries {
		if e.replaces == 0 {
			result.Added++
		} else {
			result.Changed++
		}
	}
	return nil
}

// merge adds a row to a batch, all of it or nothing, and tells whether there was something in it.
func (d *Directory) merge(b *batch, s *store.Subscriber) (changed bool, err error) {
	e := b.byFirst[s.Users[0]]
	if e == nil {
		e = &entry{replaces: d.withFirst(s.Users[0])}
		if e.replaces != 0 {
			e.subscriber = d.people.record(e.replaces)
		} else {
			e.subscriber = &store.Subscriber{Users: s.Users[:1:1]}
			if limit := d.o.Subscribers; limit > 0 && d.people.count+len(b.entries)-len(b.replaced) >= limit {
				return false, fmt.Errorf("%d subscribers: %w", limit, ErrFull)
			}
			changed = true
		}
	}
	users, terminals := e.subscriber.Users, e.subscriber.Terminals
	for _, u := range s.Users {
		if !slices.Contains(users, u) {
			users, changed = append(users[:len(users):len(users)], u), true
		}
	}
	for _, t := range s.Terminals {
		more, err := addTerminal(terminals, t)
		if err != nil {
			return false, err
		}
		changed = changed || !slices.Equal(more, terminals)
		terminals = more
	}
	if len(users) > mostUsers || len(terminals) > mostTerminals {
		return false, fmt.Errorf("a subscriber has at most %d user identifiers and %d terminals", mostUsers, mostTerminals)
	}
	if err := d.claim(b, e, users, terminals); err != nil {
		return false, err
	}
	if len(s.Password) > 0 && !bytes.Equal(s.Password, e.subscriber.Password) {
		e.subscriber.Password, changed = s.Password, true
	}
	e.subscriber.Users, e.subscriber.Terminals = users, terminals
	e.changed = e.changed || changed
	if b.byFirst[s.Users[0]] == nil {
		b.add(e)
	}
	return changed, nil
}

// addTerminal returns a list with one more, or with more known of one that is there.
func addTerminal(list []store.Terminal, t store.Terminal) ([]store.Terminal, error) {
	for i, old := range list {
		if (t.MSISDN == "" || t.MSISDN != old.MSISDN) && (t.IMSI == "" || t.IMSI != old.IMSI) {
			continue
		}
		if t.MSISDN != "" && old.MSISDN != "" && t.MSISDN != old.MSISDN || t.IMSI != "" && old.IMSI != "" && t.IMSI != old.IMSI {
			return nil, fmt.Errorf("terminal %s %s is there with %s %s", t.MSISDN, t.IMSI, old.MSISDN, old.IMSI)
		}
		list = slices.Clone(list)
		if t.MSISDN != "" {
			list[i].MSISDN = t.MSISDN
		}
		if t.IMSI != "" {
			list[i].IMSI = t.IMSI
		}
		return list, nil
	}
	return append(list[:len(list):len(list)], t), nil
}

// columns are the numbers of the columns of each name, from 0, -1 for none, and how many there are.
type columns struct{ user, msisdn, imsi, password, count int }

func (c *columns) subscriber(fields []string) (*store.Subscriber, error) {
	if len(fields) != c.count {
		return nil, fmt.Errorf("%d fields, and the header has %d", len(fields), c.count)
	}
	field := func(i int) string {
		if i < 0 {
			return ""
		}
		return strings.TrimSpace(fields[i])
	}
	s := &store.Subscriber{Users: strings.Fields(fields[c.user]), Password: []byte(field(c.password))}
	if len(s.Users) == 0 {
		return nil, errors.New("no user identifier")
	}
	t := store.Terminal{MSISDN: push.MSISDN(strings.TrimPrefix(field(c.msisdn), "+")), IMSI: push.IMSI(field(c.imsi))}
	if t != (store.Terminal{}) {
		s.Terminals = []store.Terminal{t}
	}
	return s, nil
}

// lines are those of a CSV file, in which no field has a line break.
type lines struct {
	r      *bufio.Reader
	number int
}

// errLine tells that a line can not be read, and the next one can.
var errLine = errors.New("the line can not be read")

func (l *lines) header() (c columns, err error) {
	fields, err := l.next()
	if errors.Is(err, io.EOF) {
		return c, errors.New("the list is empty: its first line names the columns user, msisdn, imsi and password")
	}
	if err != nil {
		return c, fmt.Errorf("line %d: %w", l.number, err)
	}
	c = columns{-1, -1, -1, -1, len(fields)}
	known := map[string]*int{"user": &c.user, "msisdn": &c.msisdn, "imsi": &c.imsi, "password": &c.password}
	for i, name := range fields {
		name = strings.ToLower(strings.TrimSpace(name))
		at := known[name]
		if at == nil || *at >= 0 {
			return c, fmt.Errorf("line %d: column %q is unknown or there twice: the columns are user, msisdn, imsi and password", l.number, name)
		}
		*at = i
	}
	if c.user < 0 {
		return c, fmt.Errorf("line %d: there is no column user", l.number)
	}
	return c, nil
}

// next returns the fields of the next line that is not empty.
func (l *lines) next() ([]string, error) {
	for {
		line, err := l.r.ReadSlice('\n')
		if len(line) == 0 && err != nil {
			return nil, err
		}
		l.number++
		if errors.Is(err, bufio.ErrBufferFull) {
			for errors.Is(err, bufio.ErrBufferFull) {
				_, err = l.r.ReadSlice('\n')
			}
			return nil, fmt.Errorf("%w: it has more than %d octets", errLine, importLine)
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, err
		}
		text := strings.TrimRight(string(line), "\r\n")
		if l.number == 1 {
			text = strings.TrimPrefix(text, "\ufeff") // as spreadsheets write
		}
		if text == "" {
			continue
		}
		if !strings.Contains(text, `"`) {
			return strings.Split(text, ","), nil
		}
		fields, err := csv.NewReader(strings.NewReader(text)).Read()
		if err != nil {
			var at *csv.ParseError
			if errors.As(err, &at) {
				err = fmt.Errorf("column %d: %w", at.Column, at.Err)
			}
			return nil, fmt.Errorf("%w: %w", errLine, err)
		}
		return fields, nil
	}
}

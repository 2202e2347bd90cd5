package sqlite

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net/url"

	"modernc.org/sqlite"
)

// A conn is one connection to the database, used by one goroutine at a time. It goes straight to the driver: with one writer
// that keeps its statements and a few readers that keep theirs, the pool of database/sql would only add to every statement.
type conn struct {
	raw   driver.Conn
	args  []driver.NamedValue // reused by every statement
	stmts []*stmt             // prepared to stay
}

// dial opens a connection. Errors name no file; whoever calls does.
func dial(ctx context.Context, path string, pragmas ...string) (*conn, error) {
	dsn := url.URL{Scheme: "file", Path: path, RawQuery: "mode=rw"} // never creates: createFile does, with the right mode
	connector, err := sqlite.NewConnector(dsn.String() + "&_error_rc=1&_dqs=0&_defensive=1")
	if err != nil {
		return nil, err
	}
	raw, err := connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	c := &conn{raw: raw}
	for _, p := range pragmas {
		if err := c.exec("PRAGMA " + p); err != nil {
			return nil, errors.Join(fmt.Errorf("PRAGMA %s: %w", p, err), c.close())
		}
	}
	return c, nil
}

// close finalizes the statements first: SQLite keeps a connection, with its locks, until the last one is.
func (c *conn) close() error {
	var errs []error
	for _, s := range c.stmts {
		errs = append(errs, s.st.Close())
	}
	return errors.Join(append(errs, c.raw.Close())...)
}

// exec runs SQL that is needed once.
func (c *conn) exec(sql string) error {
	_, err := c.raw.(driver.ExecerContext).ExecContext(context.Background(), sql, nil)
	return err
}

// value runs SQL that is needed once and answers one value.
func (c *conn) value(sql string) (driver.Value, error) {
	s, err := c.prepare(sql)
	if err != nil {
		return nil, err
	}
	var v driver.Value
	err = s.query(context.Background(), func(row []driver.Value) error {
		v = row[0]
		return nil
	})
	return v, errors.Join(err, s.st.Close())
}

// number is value for an integer.
func (c *conn) number(sql string) (int64, error) {
	v, err := c.value(sql)
	if err != nil {
		return 0, err
	}
	n, ok := v.(int64)
	if !ok {
		return 0, fmt.Errorf("%s: %v is no integer", sql, v)
	}
	return n, nil
}

// A stmt is a prepared statement.
type stmt struct {
	c   *conn
	st  driver.Stmt
	row []driver.Value
}

func (c *conn) prepare(sql string) (*stmt, error) {
	st, err := c.raw.(driver.ConnPrepareContext).PrepareContext(context.Background(), sql)
	if err != nil {
		return nil, err
	}
	return &stmt{c: c, st: st}, nil
}

// prepareAll prepares the statements of a connection that lives as long as the store.
func (c *conn) prepareAll(list map[**stmt]string) error {
	for s, sql := range list {
		var err error
		if *s, err = c.prepare(sql); err != nil {
			return fmt.Errorf("%s: %w", sql, err)
		}
		c.stmts = append(c.stmts, *s)
	}
	return nil
}

func (c *conn) bind(values []driver.Value) []driver.NamedValue {
	c.args = c.args[:0]
	for i, v := range values {
		c.args = append(c.args, driver.NamedValue{Ordinal: i + 1, Value: v})
	}
	return c.args
}

// exec returns the number of rows that changed.
func (s *stmt) exec(values ...driver.Value) (int64, error) {
	r, err := s.st.(driver.StmtExecContext).ExecContext(context.Background(), s.c.bind(values))
	if err != nil {
		return 0, err
	}
	return r.RowsAffected()
}

// errStop ends a query early.
var errStop = errors.New("stop")

// query calls f with every row. The row is overwritten by the next one; its values are not.
func (s *stmt) query(ctx context.Context, f func(row []driver.Value) error, values ...driver.Value) (err error) {
	rows, err := s.st.(driver.StmtQueryContext).QueryContext(ctx, s.c.bind(values))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	if s.row == nil {
		s.row = make([]driver.Value, len(rows.Columns()))
	}
	for {
		switch err := rows.Next(s.row); {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
		if err := f(s.row); err != nil {
			if errors.Is(err, errStop) {
				return nil
			}
			return err
		}
	}
}

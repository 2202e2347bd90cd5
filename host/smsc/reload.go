package smsc

import (
	"context"
	"reflect"

	"github.com/ppgbox/ppgbox/sdk/smpp"
)

// account is an ESME by its system_id, nil if the configuration does not have it.
func (s *SMSC) account(systemID string) *account { return (*s.accounts.Load())[systemID] }

// configure takes what may change while the SMSC runs: the ESMEs and the certificate. It returns the names that nobody has any more.
func (s *SMSC) configure(c *Config) (gone []string) {
	before, now := *s.accounts.Load(), make(map[string]*account)
	for _, e := range c.esmes {
		a := newAccount(e, before[e.systemID])
		a.delivered = s.metrics.answers.WithLabelValues(e.systemID, smpp.StatusOK.String())
		now[e.systemID] = a
	}
	for name := range before {
		if now[name] == nil {
			gone = append(gone, name)
		}
	}
	s.accounts.Store(&now)
	s.tls.Store(c.tls)
	return gone
}

// Reload takes a configuration that Load has read again. No link is lost but those of ESMEs that are not in it, which are unbound. It must
// not be called by two at once.
//
// restart names the tables that differ and are left as they were at the start.
func (s *SMSC) Reload(c *Config) (restart []string) {
	restart = s.config.needRestart(c)
	if (c.tls == nil) != (s.config.tls == nil) {
		c.tls = s.tls.Load() // the listener is one with TLS, or none
	}
	gone := make(map[string]bool)
	for _, name := range s.configure(c) {
		gone[name] = true
	}
	s.sessions.Range(func(key, _ any) bool {
		if session := key.(*smpp.Session); gone[session.Bind().SystemID] {
			go func() {
				ctx, cancel := context.WithTimeout(context.Background(), unbindTime)
				defer cancel()
				if err := session.Unbind(ctx); err != nil {
					s.log.Debug("an ESME that is not in the configuration any more did not unbind", "error", err)
				}
			}()
		}
		return true
	})
	return restart
}

// needRestart names the tables of another configuration that can not be taken while the SMSC runs.
func (c *Config) needRestart(other *Config) (tables []string) {
	a, b := c.written, other.written
	if (a.SMSC.TLSCert == "") == (b.SMSC.TLSCert == "") { // another certificate is taken
		a.SMSC.TLSCert, a.SMSC.TLSKey = b.SMSC.TLSCert, b.SMSC.TLSKey
	}
	for _, table := range []struct {
		name string
		a, b any
	}{
		{"smsc", a.SMSC, b.SMSC}, {"delivery", a.Delivery, b.Delivery}, {"transaction", a.Transaction, b.Transaction}, {"reserve", a.Reserve, b.Reserve},
	} {
		if !reflect.DeepEqual(table.a, table.b) {
			tables = append(tables, table.name)
		}
	}
	return tables
}

package admin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"time"

	"github.com/ppgbox/ppgbox/host/store"
	"github.com/ppgbox/ppgbox/host/subscriber"
	"github.com/ppgbox/ppgbox/sdk/push"
)

// Subscribers are kept by the gateway (subscriber.Directory).
type Subscribers interface {
	Put(ctx context.Context, list []store.Subscriber) error
	Remove(ctx context.Context, user string) error
	Show(of string) (subscriber.Shown, bool)
	Import(ctx context.Context, r io.Reader) (subscriber.ImportResult, error)
	Export(to io.Writer, passwords bool) error
	Resolve(a push.Address) ([]subscriber.Terminal, error)
}

// Subscriber is one as an operator enters it.
type Subscriber struct {
	Users     []string         `json:"users"` // the first one names the subscriber
	Terminals []store.Terminal `json:"terminals,omitempty"`
	// PasswordHash is a bcrypt hash; nobody is told it again.
	PasswordHash string `json:"password_hash,omitempty"`
}

// ShownSubscriber is what is known of somebody.
type ShownSubscriber struct {
	Users       []string        `json:"users,omitempty"`
	MayRegister bool            `json:"may_register"` // there is a password
	Terminals   []ShownTerminal `json:"terminals"`
}

// ShownTerminal is one terminal, with the sessions that it has now, the newest first.
type ShownTerminal struct {
	Lane     string         `json:"lane"`                 // its name in the order of pushes
	Of       string         `json:"subscriber,omitempty"` // whose it is, where an address was asked for
	MSISDN   string         `json:"msisdn,omitempty"`
	IMSI     string         `json:"imsi,omitempty"`
	Sessions []ShownSession `json:"sessions,omitempty"`
}

// ShownSession is an address that a terminal holds.
type ShownSession struct {
	GGSN       string     `json:"ggsn"`
	APN        string     `json:"apn"`
	Address    netip.Addr `json:"address"`
	Generation uint64     `json:"generation"`
	Accounting string     `json:"acct_session_id,omitempty"` // told by RADIUS
	User       string     `json:"registered_user,omitempty"` // by a push client
	Device     string     `json:"device,omitempty"`
	Dynamic    string     `json:"dynamic,omitempty"` // the identifier allocated to it
	Valid      *time.Time `json:"dynamic_until,omitempty"`
	Started    *time.Time `json:"started,omitempty"`
	Expires    *time.Time `json:"expires,omitempty"`
}

// Failure is why something was not done.
type Failure struct {
	Error string `json:"error"`
}

// Resolved is the answer of /v1/resolve.
type Resolved struct {
	Terminals []subscriber.Terminal `json:"terminals,omitempty"`
	Error     string                `json:"error,omitempty"`
}

// longestSubscriber bounds what is read of one subscriber, in octets.
const longestSubscriber = 1 << 20

func (s Source) subscriberRoutes(mux *http.ServeMux) {
	mux.HandleFunc("POST /v1/subscribers", s.putSubscriber)
	mux.HandleFunc("GET /v1/subscribers", s.showSubscriber)
	mux.HandleFunc("DELETE /v1/subscribers", s.removeSubscriber)
	mux.HandleFunc("POST /v1/subscribers/import", s.importSubscribers)
	mux.HandleFunc("GET /v1/subscribers/export", s.exportSubscribers)
	mux.HandleFunc("GET /v1/resolve", s.resolve)
}

func (s Source) putSubscriber(w http.ResponseWriter, r *http.Request) {
	var in Subscriber
	d := json.NewDecoder(http.MaxBytesReader(w, r.Body, longestSubscriber))
	d.DisallowUnknownFields()
	if err := d.Decode(&in); err != nil {
		answer(w, http.StatusBadRequest, Failure{err.Error()})
		return
	}
	sub := store.Subscriber{Users: in.Users, Terminals: in.Terminals, Password: []byte(in.PasswordHash)}
	if err := s.Subscribers.Put(r.Context(), []store.Subscriber{sub}); err != nil {
		answer(w, http.StatusUnprocessableEntity, Failure{err.Error()})
		return
	}
	s.show(w, in.Users[0])
}

func (s Source) showSubscriber(w http.ResponseWriter, r *http.Request) {
	s.show(w, r.URL.Query().Get("of"))
}

func (s Source) show(w http.ResponseWriter, of string) {
	found, ok := s.Subscribers.Show(of)
	if !ok {
		answer(w, http.StatusNotFound, Failure{fmt.Sprintf("nothing is known of %q", of)})
		return
	}
	answer(w, http.StatusOK, shown(found))
}

func (s Source) removeSubscriber(w http.ResponseWriter, r *http.Request) {
	user := r.URL.Query().Get("user")
	switch err := s.Subscribers.Remove(r.Context(), user); {
	case errors.Is(err, subscriber.ErrUnknown):
		answer(w, http.StatusNotFound, Failure{fmt.Sprintf("there is no subscriber %q", user)})
	case err != nil:
		answer(w, http.StatusUnprocessableEntity, Failure{err.Error()})
	default:
		answer(w, http.StatusOK, Failure{})
	}
}

// importSubscribers reads CSV for as long as it comes.
func (s Source) importSubscribers(w http.ResponseWriter, r *http.Request) {
	result, err := s.Subscribers.Import(r.Context(), r.Body)
	out := Imported{ImportResult: result}
	if err != nil {
		out.Error = err.Error()
		answer(w, http.StatusUnprocessableEntity, out)
		return
	}
	answer(w, http.StatusOK, out)
}

// exportSubscribers answers CSV as it is made; an answer without its end was cut off.
func (s Source) exportSubscribers(w http.ResponseWriter, r *http.Request) {
	passwords := r.URL.Query().Get("passwords")
	if passwords != "" && passwords != "true" && passwords != "false" {
		answer(w, http.StatusBadRequest, Failure{fmt.Sprintf("passwords=%s: it is true or false", passwords)})
		return
	}
	w.Header().Set("Content-Type", "text/csv; charset=utf-8; header=present")
	if err := s.Subscribers.Export(w, passwords == "true"); err != nil {
		panic(http.ErrAbortHandler) // whoever reads is gone
	}
}

// Imported is the answer of /v1/subscribers/import.
type Imported struct {
	subscriber.ImportResult
	Error string `json:"error,omitempty"` // it ended before the end of the file; what is counted was done
}

func (s Source) resolve(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	list, err := s.Subscribers.Resolve(push.Address{Type: push.AddressType(q.Get("type")), Value: q.Get("value")})
	out := Resolved{Terminals: list}
	if err != nil {
		out.Error = err.Error()
	}
	answer(w, http.StatusOK, out)
}

func shown(s subscriber.Shown) ShownSubscriber {
	out := ShownSubscriber{MayRegister: s.Password, Terminals: []ShownTerminal{}}
	if s.Subscriber != nil {
		out.Users = s.Subscriber.Users
	}
	for i, t := range s.Terminals {
		st := ShownTerminal{Lane: t.Lane, MSISDN: string(t.Subscriber.MSISDN), IMSI: string(t.Subscriber.IMSI)}
		if s.Holders != nil {
			st.Of = s.Holders[i]
		}
		for _, live := range t.Subscriber.Sessions {
			for i := range s.Sessions {
				if s.Sessions[i].Generation == live.Generation {
					st.Sessions = append(st.Sessions, shownSession(&s.Sessions[i]))
				}
			}
		}
		out.Terminals = append(out.Terminals, st)
	}
	return out
}

func shownSession(x *store.Session) ShownSession {
	out := ShownSession{
		GGSN: x.GGSN, APN: x.APN, Address: x.Address, Generation: x.Generation, Accounting: x.Accounting,
		Started: given(x.Started), Expires: given(x.Expires),
	}
	if r := x.Registration; r != nil {
		out.User, out.Device, out.Dynamic, out.Valid = r.User, r.Device, r.Dynamic, given(r.Expires)
	}
	return out
}

package admin

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/pprof"
	"strconv"
	"time"

	"github.com/ppgbox/ppgbox/host/dispatch"
	"github.com/ppgbox/ppgbox/host/pluginhost"
	"github.com/ppgbox/ppgbox/host/store"
)

// Source is what the service tells about.
type Source struct {
	// Find returns the pushes with a push-id, of all initiators (store.Store).
	Find func(ctx context.Context, pushID string) ([]*store.Record, error)
	// Waiting tells about a delivery that is not final, and Oldest about those that have waited longest (dispatch.Dispatcher).
	Waiting func(ctx context.Context, delivery int64) (dispatch.Waiting, bool)
	Oldest  func(ctx context.Context, n int) []dispatch.Waiting
	// Plugins returns the state of every plugin instance (pluginhost.Host).
	Plugins func() []pluginhost.Status
	// Subscribers are those that the operator enters, and their terminals.
	Subscribers Subscribers
	// Counts are the deliveries that are not final and the notifications that are owed.
	Counts func() (pending, owed int)
	// Bearers tells of the bearers, and is an error if the dispatcher does not answer in time (dispatch.Dispatcher).
	Bearers func(context.Context) ([]dispatch.Bearer, error)
	// StoreError is why the store did not take what was last written, nil if it did (metrics.Metrics).
	StoreError func() error
	// Stopping reports whether the gateway takes nothing more because it is being stopped.
	Stopping func() bool
	// Metrics serves /metrics (metrics.Metrics).
	Metrics http.Handler
	// Profile serves profiles of the host's process under /debug/pprof/, for developers.
	Profile bool
	// Backup writes a copy of the store into a new file.
	Backup func(ctx context.Context, path string) error
	// Configuration is what the gateway runs with.
	Configuration func() Configuration
	// Reload reads the configuration again and puts it to use; an error means that nothing was changed.
	Reload func(context.Context) (Reloaded, error)
}

// Configuration is the answer of /v1/configuration.
type Configuration struct {
	File   string `json:"file"`
	SHA256 string `json:"sha256"` // of the file as it was read
}

// Reloaded is the answer of /v1/reload.
type Reloaded struct {
	Notes []string `json:"notes,omitempty"`  // what needs a restart
	NotUp string   `json:"not_up,omitempty"` // the new configuration is in use, but a plugin does not run
	Error string   `json:"error,omitempty"`  // nothing was changed
}

// NewHandler returns the service:
//
//	GET  /healthz               Health: 200 while the host's process works
//	GET  /readyz                Ready: 200 while pushes can be taken and sent
//	GET  /metrics               for Prometheus
//	GET  /v1/plugins            list of pluginhost.Status
//	GET  /v1/pushes?push-id=ID  list of Push, empty if there is none
//	GET  /v1/pending?limit=N    list of dispatch.Waiting, oldest first; N is 100 if it is left out, and 10,000 at most
//	POST /v1/backup?path=FILE   Backedup; a consistent copy of the store in a new file on the gateway's machine
//	POST /v1/subscribers        Subscriber; ShownSubscriber, or Failure with 422. One with the same first user is replaced
//	GET  /v1/subscribers?of=X   ShownSubscriber of a user identifier, an MSISDN, an IMSI or an IP address; 404 if nothing is known
//	DELETE /v1/subscribers?user=U   404 if there is none
//	POST /v1/subscribers/import CSV; Imported
//	GET  /v1/subscribers/export[?passwords=true]   CSV of all subscribers, as import reads it
//	GET  /v1/resolve?type=T&value=V   Resolved: the terminals that an address stands for now
//	GET  /v1/configuration      Configuration
//	POST /v1/reload             Reloaded; 422 if the new configuration is wrong
//	GET  /debug/pprof/          profiles, if Source.Profile is set
func NewHandler(s Source) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", s.health)
	mux.HandleFunc("GET /readyz", s.ready)
	mux.Handle("GET /metrics", s.Metrics)
	mux.HandleFunc("GET /v1/plugins", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusOK, s.Plugins())
	})
	mux.HandleFunc("GET /v1/pushes", s.pushes)
	mux.HandleFunc("GET /v1/pending", s.pending)
	mux.HandleFunc("POST /v1/backup", s.backup)
	mux.HandleFunc("GET /v1/configuration", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusOK, s.Configuration())
	})
	mux.HandleFunc("POST /v1/reload", func(w http.ResponseWriter, r *http.Request) {
		done, err := s.Reload(r.Context())
		if err != nil {
			answer(w, http.StatusUnprocessableEntity, Reloaded{Error: err.Error()})
			return
		}
		answer(w, http.StatusOK, done)
	})
	s.subscriberRoutes(mux)
	if s.Profile {
		mux.HandleFunc("GET /debug/pprof/", pprof.Index)
		mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
		mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
		mux.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
	}
	return withoutBrowsers(mux)
}

func (s Source) pushes(w http.ResponseWriter, r *http.Request) {
	id := r.URL.Query().Get("push-id")
	if id == "" {
		http.Error(w, "push-id is missing", http.StatusBadRequest)
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), 10*time.Second)
	defer cancel()
	records, err := s.Find(ctx, id)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	list := []Push{}
	for _, rec := range records {
		list = append(list, s.describe(ctx, rec))
	}
	answer(w, http.StatusOK, list)
}

func (s Source) pending(w http.ResponseWriter, r *http.Request) {
	limit := 100
	if text := r.URL.Query().Get("limit"); text != "" {
		var err error
		if limit, err = strconv.Atoi(text); err != nil || limit < 1 || limit > 10_000 {
			http.Error(w, "limit must be from 1 to 10000", http.StatusBadRequest)
			return
		}
	}
	ctx, cancel := context.WithTimeout(r.Context(), 10*time.Second)
	defer cancel()
	answer(w, http.StatusOK, s.Oldest(ctx, limit))
}

func answer(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	_ = e.Encode(v) // a client that is gone does not read it anyway
}

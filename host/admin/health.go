package admin

import (
	"context"
	"net/http"
	"time"

	"github.com/ppgbox/ppgbox/host/pluginhost"
)

// Health is the answer of /healthz. Its status is 200 while the host's process works, 503 otherwise; what else is wrong is in the
// body, and does not change the status: nobody gets a plugin or an SMSC back by starting the host again.
type Health struct {
	OK      bool     `json:"ok"` // the process works, and every plugin instance runs
	Pending int      `json:"pending"`
	Owed    int      `json:"owed"`
	Down    []string `json:"down,omitempty"`  // plugin instances that do not run
	Error   string   `json:"error,omitempty"` // why the status is 503
}

// Ready is the answer of /readyz: 200 if pushes can be taken and sent, 503 otherwise.
type Ready struct {
	OK      bool      `json:"ok"`
	Missing []Missing `json:"missing,omitempty"`
}

// Missing is one thing that keeps the gateway from being ready.
type Missing struct {
	What   string `json:"what"`           // "gateway", "dispatcher", "store", "plugin" or "bearer"
	Name   string `json:"name,omitempty"` // the instance, of a plugin or a bearer
	Reason string `json:"reason"`
}

// healthTime is how long the dispatcher may take to answer. It is idle most of the time, and a second behind only if it hangs.
const healthTime = time.Second

func (s Source) health(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), healthTime)
	defer cancel()
	h := Health{OK: true}
	h.Pending, h.Owed = s.Counts()
	for _, p := range s.Plugins() {
		if p.State != pluginhost.StateRunning {
			h.OK = false
			h.Down = append(h.Down, p.Name)
		}
	}
	status := http.StatusOK
	if _, err := s.Bearers(ctx); err != nil {
		h.OK, h.Error, status = false, err.Error(), http.StatusServiceUnavailable
	}
	answer(w, status, h)
}

func (s Source) ready(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), healthTime)
	defer cancel()
	missing := s.missing(ctx)
	status := http.StatusOK
	if len(missing) > 0 {
		status = http.StatusServiceUnavailable
	}
	answer(w, status, Ready{OK: len(missing) == 0, Missing: missing})
}

// missing names what keeps pushes from being taken and sent.
func (s Source) missing(ctx context.Context) (list []Missing) {
	if s.Stopping() {
		list = append(list, Missing{What: "gateway", Reason: "it is stopping"})
	}
	if err := s.StoreError(); err != nil {
		list = append(list, Missing{What: "store", Reason: err.Error()})
	}
	down := map[string]bool{}
	reasons := map[string]string{}
	for _, p := range s.Plugins() {
		reasons[p.Name] = p.Reason
		if p.State != pluginhost.StateRunning {
			down[p.Name] = true
			list = append(list, Missing{What: "plugin", Name: p.Name, Reason: because(string(p.State), p.Reason, p.LastError)})
		}
	}
	bearers, err := s.Bearers(ctx)
	if err != nil {
		return append(list, Missing{What: "dispatcher", Reason: err.Error()})
	}
	for _, b := range bearers {
		if b.Used && b.Window == 0 && !down[b.Instance] {
			list = append(list, Missing{What: "bearer", Name: b.Instance, Reason: because("it takes nothing", b.Why, reasons[b.Instance])})
		}
	}
	return list
}

// because adds the first reason that is given.
func because(what string, reasons ...string) string {
	for _, r := range reasons {
		if r != "" {
			return what + ": " + r
		}
	}
	return what
}

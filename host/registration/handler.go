package registration

import (
	"context"
	_ "embed" // the document
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"runtime/debug"
	"strings"
	"time"

	"github.com/ppgbox/ppgbox/host/loglimit"
	"github.com/ppgbox/ppgbox/host/store"
	"github.com/ppgbox/ppgbox/host/subscriber"
)

// document describes what is served, in OpenAPI 3.1.
//
//go:embed openapi.json
var document []byte

// Where what is served.
const (
	pathOwn      = "/v1/registration"
	pathRelay    = "/v1/relay/registration"
	pathDocument = "/openapi.json"
)

// A Handler answers the requests that come to one client listener.
type Handler struct {
	Options
	relays     relays
	verifier   *verifier
	operations map[string]map[string]operation // by path and method
	slots      chan struct{}
	refusals   *loglimit.Limit
	patience   context.Context // of Serve, when it closes
	hurry      context.CancelFunc
}

// An operation is one thing that can be asked for.
type operation struct {
	name string // for metrics and log
	do   func(http.ResponseWriter, *http.Request, netip.Addr) error
}

// New makes the handler of a listener. All that is wrong with the options is in the error.
func New(options Options) (*Handler, error) {
	o := options.withDefaults()
	if err := o.check(); err != nil {
		return nil, fmt.Errorf("registration: %w", err)
	}
	h := &Handler{
		Options: o, relays: newRelays(o.Relays), slots: make(chan struct{}, o.Requests), refusals: loglimit.New(),
		verifier: newVerifier(newFailures(time.Now), o.Remembered),
	}
	h.patience, h.hurry = context.WithCancel(context.Background())
	h.operations = map[string]map[string]operation{pathDocument: {http.MethodGet: {"document", h.describe}}}
	switch {
	case o.Forward != nil:
		h.operations[pathOwn] = map[string]operation{http.MethodPost: {"register", h.forwardRegister}, http.MethodDelete: {"release", h.forwardRelease}}
	case o.GGSN != "":
		h.operations[pathOwn] = map[string]operation{
			http.MethodPost: {"register", h.register}, http.MethodDelete: {"release", h.release}, http.MethodGet: {"show", h.show},
		}
	}
	if len(o.Relays) > 0 {
		h.operations[pathRelay] = map[string]operation{
			http.MethodPost: {"relay_register", h.relayRegister}, http.MethodDelete: {"relay_release", h.relayRelease},
		}
	}
	return h, nil
}

// ServeHTTP answers a request. The address that can be registered is the one that its connection comes from, so nothing may stand
// between terminal and listener that speaks from an address of its own.
func (h *Handler) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	a := &answer{ResponseWriter: w, status: http.StatusOK}
	o, err := h.operation(a, req)
	if err == nil {
		err = h.serve(a, req, o)
	}
	if err != nil {
		h.refuse(a, req, o.name, err)
	}
	h.Metrics.answered(h.GGSN, h.APN, o.name, a.status)
}

// operation finds what is asked for. It has a name in any case.
func (h *Handler) operation(w http.ResponseWriter, req *http.Request) (operation, error) {
	methods := h.operations[req.URL.Path]
	if methods == nil {
		return operation{name: "none"}, refuse(http.StatusNotFound, "there is nothing at this path")
	}
	o, ok := methods[req.Method]
	if !ok {
		var allowed []string
		for _, m := range []string{http.MethodDelete, http.MethodGet, http.MethodPost} {
			if _, ok := methods[m]; ok {
				allowed = append(allowed, m)
			}
		}
		w.Header().Set("Allow", strings.Join(allowed, ", "))
		return operation{name: "none"}, refuse(http.StatusMethodNotAllowed, "this path takes %s", strings.Join(allowed, ", "))
	}
	return o, nil
}

// serve runs an operation with its limits. It serves in one process with others, so a panic ends its own request only.
func (h *Handler) serve(w http.ResponseWriter, req *http.Request, o operation) (err error) {
	defer func() {
		if v := recover(); v != nil {
			fields := h.about(req, "operation", o.name, "panic", fmt.Sprint(v), "stack", string(debug.Stack()))
			h.Log.Error("a request panicked", fields...)
			err = refuse(http.StatusInternalServerError, "an error of the gateway; its log says more")
		}
	}()
	select {
	case h.slots <- struct{}{}:
		defer func() { <-h.slots }()
	default:
		return &problem{status: http.StatusServiceUnavailable, detail: "too many requests at once", retry: time.Second}
	}
	peer, err := netip.ParseAddrPort(req.RemoteAddr)
	if err != nil {
		return &problem{status: http.StatusInternalServerError, detail: "the connection has no address", cause: err}
	}
	ctx, cancel := context.WithTimeout(req.Context(), h.Timeout)
	defer cancel()
	// A writer without a connection has no deadline to set.
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(h.Timeout))
	w.Header().Set("Cache-Control", "no-store")
	return o.do(w, req.WithContext(ctx), peer.Addr().Unmap().WithZone(""))
}

// refuse writes the refusal and logs it.
func (h *Handler) refuse(w http.ResponseWriter, req *http.Request, operation string, err error) {
	var p *problem
	if !errors.As(err, &p) {
		p = h.failed(err)
	}
	fields := h.about(req, "operation", operation, "status", p.status, "reason", p.Error())
	if p.user != "" && !h.Discreet {
		fields = append(fields, "user", p.user)
	}
	if fields, ok := h.refusals.Allow(fields...); ok {
		if p.status >= http.StatusInternalServerError {
			h.Log.Error("a registration failed", fields...)
		} else {
			h.Log.Info("a registration was refused", fields...)
		}
	}
	p.write(w)
}

// about adds to the fields of a line where a request came from, unless the log is not to know.
func (h *Handler) about(req *http.Request, fields ...any) []any {
	if h.Discreet {
		return fields
	}
	return append([]any{"source", req.RemoteAddr}, fields...)
}

// An answer remembers its status.
type answer struct {
	http.ResponseWriter
	status int
}

// WriteHeader implements http.ResponseWriter.
func (a *answer) WriteHeader(status int) {
	a.status = status
	a.ResponseWriter.WriteHeader(status)
}

// Unwrap is for http.ResponseController.
func (a *answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }

// failed makes a refusal of an error of the directory.
func (h *Handler) failed(err error) *problem {
	if errors.Is(err, subscriber.ErrUnknown) || errors.Is(err, subscriber.ErrForeign) {
		return &problem{status: http.StatusForbidden, detail: "the user may not register", cause: err}
	}
	if errors.Is(err, subscriber.ErrBound) {
		return &problem{status: http.StatusForbidden, detail: subscriber.ErrBound.Error(), cause: err}
	}
	if errors.Is(err, subscriber.ErrFull) {
		return &problem{status: http.StatusServiceUnavailable, detail: "there is no room for one more registration", retry: time.Minute, cause: err}
	}
	return &problem{status: http.StatusServiceUnavailable, detail: "it could not be stored", retry: 5 * time.Second, cause: err}
}

// describe serves the document.
func (h *Handler) describe(w http.ResponseWriter, _ *http.Request, _ netip.Addr) error {
	w.Header().Set("Content-Type", "application/openapi+json; version=3.1")
	_, _ = w.Write(document) // who hung up does not want it
	return nil
}

// registered is the answer to a registration. The document describes it as Registration. Where identifiers are valid until they are
// released, it says nothing of that.
type registered struct {
	User            string    `json:"user"`
	Device          string    `json:"device"`
	Dynamic         string    `json:"dynamic"`
	ValiditySeconds *int64    `json:"validity_seconds,omitempty"`
	Expires         time.Time `json:"expires,omitzero"`
	Address         string    `json:"address"`
}

func (h *Handler) tell(w http.ResponseWriter, r store.Registration, a netip.Addr) {
	answer := registered{User: r.User, Device: r.Device, Dynamic: r.Dynamic, Address: a.String()}
	if !r.Expires.IsZero() {
		answer.Expires = r.Expires.UTC().Truncate(time.Second)
		answer.ValiditySeconds = new(max(0, int64(r.Expires.Sub(h.Clock.Wall())/time.Second)))
	}
	writeJSON(w, http.StatusOK, "application/json", answer)
}

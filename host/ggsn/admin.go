package ggsn

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"strconv"
	"time"

	"golang.org/x/net/netutil"

	"github.com/ppgbox/ppgbox/host/ggsn/contexts"
	"github.com/ppgbox/ppgbox/sdk/push"
)

// Health is the answer of /healthz and /readyz.
type Health struct {
	OK             bool     `json:"ok"`              // pushes and new contexts are taken
	RestartCounter uint8    `json:"restart_counter"` // of this start
	Contexts       int      `json:"contexts"`
	Activations    int      `json:"activations"` // terminals that are being woken
	Waiting        int      `json:"waiting"`     // pushes that wait for a context
	Gateways       int      `json:"gateways"`    // that are connected
	Missing        []string `json:"missing,omitempty"`
}

// ShownContext is a PDP context in the answer of /v1/contexts.
type ShownContext struct {
	IMSI     string     `json:"imsi"`
	MSISDN   string     `json:"msisdn,omitempty"`
	APN      string     `json:"apn"`
	NSAPI    uint8      `json:"nsapi"`
	Address  netip.Addr `json:"address"`
	SGSN     netip.Addr `json:"sgsn"`
	SGSNUser netip.Addr `json:"sgsn_user"`
	Charging uint32     `json:"charging_id"`
	Notified bool       `json:"notified"` // this node asked for it
	Age      string     `json:"age"`
	Idle     string     `json:"idle"`
	Uplink   uint64     `json:"uplink_octets"`
	Downlink uint64     `json:"downlink_octets"`
}

// health is how things stand.
func (g *GGSN) health() Health {
	h := Health{RestartCounter: g.restart, Contexts: g.table.Len()}
	if g.engine != nil {
		s := g.engine.Stats()
		h.Activations, h.Waiting = s.Activations, s.Pushes
	} else {
		h.Missing = append(h.Missing, "hlr: none is configured, terminals without a context are not woken")
	}
	for _, s := range [...]*peerState{&g.hlrState, &g.radiusState} {
		if missing := s.missing(); missing != "" {
			h.Missing = append(h.Missing, missing)
		}
	}
	if g.server != nil {
		h.Gateways = len(g.server.Gateways())
	}
	if g.stopping.Load() {
		h.Missing = append(h.Missing, "it is stopping")
	}
	h.OK = !g.stopping.Load()
	return h
}

// adminHandler serves:
//
//	GET /healthz      Health: 200 while the process works
//	GET /readyz       Health: 200 while pushes and contexts are taken, 503 otherwise
//	GET /metrics      for Prometheus
//	GET /v1/contexts  list of ShownContext: ?imsi=N or ?address=A of one terminal, else ?limit=N of them, 100 if it is left out
func (g *GGSN) adminHandler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", g.metrics.handler())
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { tell(w, http.StatusOK, g.health()) })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		h, status := g.health(), http.StatusOK
		if !h.OK {
			status = http.StatusServiceUnavailable
		}
		tell(w, status, h)
	})
	mux.HandleFunc("GET /v1/contexts", g.showContexts)
	return mux
}

// mostShown is how many contexts are shown at once.
const mostShown = 10_000

func (g *GGSN) showContexts(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	var list []contexts.Context
	one := func(c contexts.Context, ok bool) {
		if ok {
			list = append(list, c)
		}
	}
	switch {
	case q.Has("imsi"):
		one(g.table.ByIMSI(push.IMSI(q.Get("imsi"))))
	case q.Has("address"):
		a, _ := netip.ParseAddr(q.Get("address"))
		one(g.table.ByAddress(a))
	default:
		n, err := strconv.Atoi(q.Get("limit"))
		if err != nil || n < 1 {
			n = 100
		}
		list = g.table.First(min(n, mostShown))
	}
	now := g.clock.Elapsed()
	shown := make([]ShownContext, 0, len(list))
	for _, c := range list {
		shown = append(shown, ShownContext{
			IMSI: string(c.IMSI), MSISDN: string(c.MSISDN), APN: string(c.APN), NSAPI: c.NSAPI, Address: c.Address, SGSN: c.SGSN.Signalling,
			SGSNUser: c.SGSN.User, Charging: c.ChargingID, Notified: c.Notified,
			Age: (now - c.Created).Truncate(time.Second).String(), Idle: (now - c.Used).Truncate(time.Second).String(),
			Uplink: c.Traffic.UplinkOctets, Downlink: c.Traffic.DownlinkOctets,
		})
	}
	tell(w, http.StatusOK, shown)
}

func tell(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // a client that hung up
}

// serveAdmin answers at the admin listener.
func (g *GGSN) serveAdmin() {
	g.admin = &http.Server{Handler: g.adminHandler(), ReadHeaderTimeout: 10 * time.Second, IdleTimeout: time.Minute, MaxHeaderBytes: 32 << 10}
	g.run(func() error {
		if err := g.admin.Serve(netutil.LimitListener(g.adminListener, 64)); !errors.Is(err, http.ErrServerClosed) {
			return fmt.Errorf("admin listener: %w", err)
		}
		return nil
	})
}

func (g *GGSN) stopAdmin() {
	if g.admin == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if err := g.admin.Shutdown(ctx); err != nil {
		_ = g.admin.Close()
	}
}

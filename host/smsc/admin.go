package smsc

import (
	"encoding/json"
	"net/http"
)

// Health is the answer of /healthz and /readyz.
type Health struct {
	OK        bool           `json:"ok"`        // new submissions are taken, and a delivery link is bound
	Suspended int            `json:"suspended"` // transactions without a result
	Held      int            `json:"held"`      // segments that wait for others of their message
	Binds     int            `json:"binds"`     // of ESMEs
	ESMEs     map[string]int `json:"esmes"`     // binds by system_id
	Places    int            `json:"places"`    // segments that the bound delivery links take at once
	Missing   []string       `json:"missing,omitempty"`
}

// standing is how things are.
func (s *SMSC) standing() Health {
	h := Health{Suspended: s.Suspended(), Places: s.links.Places(), ESMEs: make(map[string]int)}
	for name, a := range *s.accounts.Load() {
		a.mu.Lock()
		h.ESMEs[name] = a.binds
		h.Binds += a.binds
		h.Held += a.heldParts
		a.mu.Unlock()
	}
	if why := s.links.Why(); why != "" {
		h.Missing = append(h.Missing, "delivery: "+why)
	}
	if s.stopping.Load() {
		h.Missing = append(h.Missing, "it is stopping")
	}
	h.OK = h.Places > 0 && !s.stopping.Load()
	return h
}

// adminHandler serves:
//
//	GET /healthz  Health: 200 while the process works
//	GET /readyz   Health: 200 while submissions can be taken and sent, 503 otherwise
//	GET /metrics  for Prometheus
func (s *SMSC) adminHandler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", s.metrics.handler())
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { tell(w, http.StatusOK, s.standing()) })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		h := s.standing()
		status := http.StatusOK
		if !h.OK {
			status = http.StatusServiceUnavailable
		}
		tell(w, status, h)
	})
	return mux
}

func tell(w http.ResponseWriter, status int, h Health) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(h) // a client that hung up
}

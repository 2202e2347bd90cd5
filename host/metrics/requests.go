package metrics

import (
	"net/http"
	"time"
)

// Requests watches the HTTP requests of Push Initiators: those of the PAP service h that get a PAP document for an answer (202)
// and those that HTTP refuses (401, 403, 413, 503 …).
func (m *Metrics) Requests(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		began := time.Now()
		m.requestsNow.Inc()
		watched := watchedWriter{ResponseWriter: w}
		defer func() {
			m.requestsNow.Dec()
			m.requestTime.Observe(time.Since(began).Seconds())
			m.requests.WithLabelValues(watched.answered()).Inc()
		}()
		h.ServeHTTP(&watched, req)
		watched.served = true
	})
}

// A watchedWriter remembers the status of an answer.
type watchedWriter struct {
	http.ResponseWriter
	status int
	served bool // the handler has returned, and did not give up the connection
}

// WriteHeader implements http.ResponseWriter.
func (w *watchedWriter) WriteHeader(status int) {
	if w.status == 0 && status >= 200 {
		w.status = status
		if status == http.StatusRequestEntityTooLarge {
			// What net/http does by itself where its own writer reaches http.MaxBytesReader: the rest of the body is not read.
			w.Header().Set("Connection", "close")
		}
	}
	w.ResponseWriter.WriteHeader(status)
}

// Unwrap is for http.ResponseController.
func (w *watchedWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// answered is the status; net/http writes 200 where the handler wrote none. A connection that was given up has no answer.
func (w *watchedWriter) answered() string {
	switch {
	case w.status != 0:
		return number(w.status)
	case w.served:
		return number(http.StatusOK)
	}
	return "none"
}

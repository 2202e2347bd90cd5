//go:build linux

package main

import (
	"bufio"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

const pendingMetric = "ppgbox_deliveries_pending"

// metrics returns what the gateway says of itself, "" if it does not answer.
func (s *site) metrics() string {
	p, ok := s.gateway.(*ppgbox)
	if !ok {
		return ""
	}
	client := http.Client{Timeout: 5 * time.Second}
	response, err := client.Get("http://" + p.settings.Admin + "/metrics")
	if err != nil {
		return ""
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return ""
	}
	return string(text)
}

// metric returns the value of a series in a scrape.
func metric(text, series string) (float64, bool) {
	for lines := bufio.NewScanner(strings.NewReader(text)); lines.Scan(); {
		if value, ok := strings.CutPrefix(lines.Text(), series+" "); ok {
			v, err := strconv.ParseFloat(value, 64)
			return v, err == nil
		}
	}
	return 0, false
}

// watching takes a point every second.
type watching struct {
	site    *site
	ticker  *ticker
	book    *book // nil while nothing is to be taken
	points  []overloadPoint
	pending atomic.Int64 // the last that the gateway said
	done    chan struct{}

	started, before           int64
	posted, accepted, refused int // at the point before
}

// watch asks the gateway beside the loop, which must not wait for an answer.
func watch(s *site) (*watching, error) {
	w := &watching{site: s, done: make(chan struct{})}
	var err error
	if w.ticker, err = s.loop.every(time.Second, w.take); err != nil {
		return nil, err
	}
	go func() {
		every := time.NewTicker(time.Second)
		defer every.Stop()
		for {
			select {
			case <-w.done:
				return
			case <-every.C:
			}
			if n, ok := metric(s.metrics(), pendingMetric); ok {
				w.pending.Store(int64(n))
			}
		}
	}()
	return w, nil
}

func (w *watching) begin(b *book) {
	w.book, w.started = b, w.site.loop.now()
	w.before = w.started
}

func (w *watching) end() { w.book = nil }

func (w *watching) stop() {
	w.ticker.stop()
	close(w.done)
}

func (w *watching) take() {
	b, now := w.book, w.site.loop.now()
	if b == nil || now == w.before {
		return
	}
	seconds := time.Duration(now - w.before).Seconds()
	since := func(last *int, now int) float64 {
		n := now - *last
		*last = now
		return float64(n) / seconds
	}
	p := overloadPoint{At: time.Duration(now - w.started).Seconds(), RSS: map[string]float64{}, Pending: int(w.pending.Load())}
	p.Posted, p.Accepted, p.Refused = since(&w.posted, b.posted), since(&w.accepted, b.accepted), since(&w.refused, b.refused)
	for _, u := range w.site.gateway.usage() {
		p.RSS[u.Process] = u.RSS
	}
	w.before = now
	w.points = append(w.points, p)
}

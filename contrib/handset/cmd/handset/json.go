package main

import (
	"bufio"
	"encoding/json"
	"io"
	"sync"
	"time"

	"github.com/ppgbox/ppgbox/contrib/handset"
)

// eventLine is an event as JSON.
type eventLine struct {
	Time    time.Time    `json:"time"`
	What    handset.What `json:"what"`
	From    string       `json:"from,omitempty"`
	To      string       `json:"to,omitempty"`
	Segment int          `json:"segment,omitempty"` // from 1
	Of      int          `json:"of,omitempty"`
	Try     int          `json:"try,omitempty"`
	Memory  string       `json:"memory,omitempty"` // of the handset; "forever" or as in 5m0s
	Kind    handset.Kind `json:"kind,omitempty"`
	Text    string       `json:"text,omitempty"`
	Link    string       `json:"link,omitempty"`
	Detail  string       `json:"detail,omitempty"`
}

// eventWriter writes events from several goroutines, so many at a time as come within flushEvery.
type eventWriter struct {
	mu      sync.Mutex
	out     *bufio.Writer
	waiting bool // for a flush
}

const flushEvery = 20 * time.Millisecond

func newEventWriter(out io.Writer) *eventWriter {
	return &eventWriter{out: bufio.NewWriterSize(out, 1<<16)}
}

func (w *eventWriter) write(e handset.Event) {
	l := eventLine{
		Time: e.Time, What: e.What, From: e.From, To: e.To, Segment: e.Try.Segment, Of: e.Try.Of, Try: e.Try.Number, Detail: e.Detail,
	}
	switch e.Memory {
	case 0:
	case handset.ForEver:
		l.Memory = "forever"
	default:
		l.Memory = e.Memory.String()
	}
	if e.Content != nil {
		l.Kind, l.Text, l.Link = e.Content.Kind, e.Content.Text, e.Content.Link
	}
	text, err := json.Marshal(l)
	if err != nil { // a string and a number always have a form
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	_, _ = w.out.Write(append(text, '\n')) // who does not read any more has no use for it
	if !w.waiting {
		w.waiting = true
		time.AfterFunc(flushEvery, w.flush)
	}
}

func (w *eventWriter) flush() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.waiting = false
	_ = w.out.Flush()
}

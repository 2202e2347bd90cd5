package pluginhost

import (
	"bytes"
	"fmt"
	"sync"
)

// lineWriter cuts a stream into lines of maxLogLine octets at most, without their ends. It never fails.
type lineWriter struct {
	emit func(line []byte) // must not keep it

	mu  sync.Mutex
	buf []byte
	cut int // octets of the current line that did not fit
}

func (w *lineWriter) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := len(p)
	for len(p) > 0 {
		line, rest, full := bytes.Cut(p, []byte{'\n'})
		fits := min(len(line), maxLogLine-len(w.buf))
		w.buf = append(w.buf, line[:fits]...)
		w.cut += len(line) - fits
		if full {
			w.flush()
		}
		p = rest
	}
	return n, nil
}

// end hands on a last line that has no end.
func (w *lineWriter) end() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.buf) > 0 {
		w.flush()
	}
}

func (w *lineWriter) flush() {
	line := bytes.TrimSuffix(w.buf, []byte{'\r'})
	if w.cut > 0 {
		line = fmt.Appendf(line, "… (%d octets cut)", w.cut)
	}
	w.emit(line)
	w.buf, w.cut = w.buf[:0], 0
}

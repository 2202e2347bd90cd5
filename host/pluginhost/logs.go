package pluginhost

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"
	"golang.org/x/time/rate"

	"github.com/ppgbox/ppgbox/sdk/plugin"
)

// Limits of what one plugin process may say.
const (
	maxLogLine   = 16 << 10 // octets of a line; the rest is cut
	maxLogFields = 32
	maxLogValue  = 2 << 10 // octets of one field
	tailLines    = 8       // lines of standard error that are kept for the report of a death
	tailLine     = 240     // octets of each
)

// pluginLog puts what one process says into the host's log, at a limited rate.
type pluginLog struct {
	stderr, stdout io.Writer

	log   hclog.Logger // carries the instance's name
	limit *rate.Limiter

	mu      sync.Mutex
	dropped int
	report  *time.Timer
	tail    []string
	panic   string // the first line of a panic; its stack trace is too long for the tail
}

// newPluginLog makes the log of one process; perSecond lines are let through, five times that in a burst.
func newPluginLog(log hclog.Logger, perSecond int) *pluginLog {
	l := &pluginLog{log: log, limit: rate.NewLimiter(rate.Limit(perSecond), 5*perSecond)}
	l.stderr = &lineWriter{emit: func(line []byte) {
		l.remember(line)
		l.put(line, "stderr")
	}}
	l.stdout = &lineWriter{emit: func(line []byte) { l.put(line, "stdout") }}
	return l
}

// put logs a line, if there is room for it.
func (l *pluginLog) put(line []byte, source string) {
	if len(bytes.TrimSpace(line)) == 0 {
		return
	}
	if l.limit.Tokens() < 1 { // before it is parsed: a flood must not cost more than its reading
		l.drop()
		return
	}
	level, text, fields := parseLogLine(line)
	switch {
	case level == hclog.NoLevel && l.panicked():
		level, fields = hclog.Error, []any{"from", source}
	case level == hclog.NoLevel:
		level, fields = hclog.Info, []any{"from", source}
	}
	if level < l.log.GetLevel() {
		return
	}
	if !l.limit.Allow() {
		l.drop()
		return
	}
	l.log.Log(level, text, fields...)
}

func (l *pluginLog) drop() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.dropped++; l.dropped == 1 {
		l.report = time.AfterFunc(time.Second, l.sayDropped)
	}
}

func (l *pluginLog) sayDropped() {
	l.mu.Lock()
	n := l.dropped
	l.dropped = 0
	l.mu.Unlock()
	if n > 0 {
		l.log.Warn("the plugin logs too much: lines were dropped", "dropped", n)
	}
}

// close says what is left to be said after the end of the process.
func (l *pluginLog) close() {
	l.mu.Lock()
	if l.report != nil {
		l.report.Stop()
	}
	l.mu.Unlock()
	l.stderr.(*lineWriter).end()
	l.stdout.(*lineWriter).end()
	l.sayDropped()
}

// remember keeps what may explain a death: whatever is no log line, and warnings and errors.
func (l *pluginLog) remember(line []byte) {
	if len(line) > 0 && line[0] == '{' &&
		!bytes.Contains(line, []byte(`"@level":"warn"`)) && !bytes.Contains(line, []byte(`"@level":"error"`)) {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if bytes.HasPrefix(line, []byte("panic: ")) || bytes.HasPrefix(line, []byte("fatal error: ")) {
		if l.panic == "" {
			l.panic = cutText(string(line), tailLine)
		}
	}
	if l.panic != "" {
		return
	}
	if len(l.tail) == tailLines {
		l.tail = slices.Delete(l.tail, 0, 1)
	}
	l.tail = append(l.tail, string(line[:min(len(line), maxLogValue)]))
}

func (l *pluginLog) panicked() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.panic != ""
}

// last returns the last lines of standard error, or the panic that ended the process.
func (l *pluginLog) last() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.panic != "" {
		return l.panic
	}
	var lines []string
	for _, line := range l.tail {
		_, text, _ := parseLogLine([]byte(line))
		if text = strings.TrimSpace(text); text != "" {
			lines = append(lines, cutText(text, tailLine))
		}
	}
	return strings.Join(lines, " | ")
}

// parseLogLine reads a line of hclog's JSON form: its level, message and other fields, these sorted by name so that equal
// lines look equal. Any other line comes back as its text with hclog.NoLevel.
func parseLogLine(line []byte) (hclog.Level, string, []any) {
	var kv map[string]any
	if len(line) > 0 && line[0] == '{' {
		d := json.NewDecoder(bytes.NewReader(line))
		d.UseNumber()
		if d.Decode(&kv) != nil {
			kv = nil
		}
	}
	name, _ := kv["@level"].(string)
	level := hclog.LevelFromString(name)
	message, ok := kv["@message"].(string)
	if level == hclog.NoLevel || level == hclog.Off || !ok {
		return hclog.NoLevel, printable(string(line), maxLogLine), nil
	}
	var keys []string
	for k := range kv {
		if !strings.HasPrefix(k, "@") {
			keys = append(keys, k)
		}
	}
	slices.Sort(keys)
	var fields []any
	if module, _ := kv["@module"].(string); module != "" {
		fields = append(fields, "module", printable(module, maxLogValue))
	}
	for i, k := range keys {
		if i == maxLogFields {
			fields = append(fields, "fields_cut", len(keys)-i)
			break
		}
		v := fmt.Sprint(kv[k])
		if k == plugin.LogInstance {
			k = "its_" + k // the instance's name is the host's to say
		}
		fields = append(fields, printable(k, 64), printable(v, maxLogValue))
	}
	return level, printable(message, maxLogLine), fields
}

// printable returns s in valid UTF-8, with blanks in place of control characters, which could forge lines or drive a terminal.
func printable(s string, limit int) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
	return cutText(s, limit)
}

// cutText cuts s to limit octets and says so.
func cutText(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	return fmt.Sprintf("%s… (%d octets cut)", strings.ToValidUTF8(s[:limit], ""), len(s)-limit)
}

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

// handshakeLine is the form of go-plugin's line: versions, and the address to connect to.
var handshakeLine = regexp.MustCompile(`^\d+\|\d+\|[a-z]+\|`)

// stdoutFilter hands the handshake line on to go-plugin and everything else to the log. go-plugin takes the first line for
// the handshake, whatever it is, and stops reading at a line that is too long, which stops the plugin.
type stdoutFilter struct {
	handshake *io.PipeWriter
	rest      io.Writer
	buf       []byte
	done      bool
}

func (f *stdoutFilter) Write(p []byte) (int, error) {
	if f.done {
		return f.rest.Write(p)
	}
	f.buf = append(f.buf, p...)
	for !f.done {
		i := bytes.IndexByte(f.buf, '\n')
		if i < 0 {
			if len(f.buf) > maxLogLine { // no handshake is that long
				f.pass(f.buf)
				f.buf = nil
			}
			return len(p), nil
		}
		line := f.buf[:i+1]
		f.buf = f.buf[i+1:]
		if handshakeLine.Match(line) {
			_, _ = f.handshake.Write(line)
			_ = f.handshake.Close()
			f.done = true
			break
		}
		f.pass(line)
	}
	f.pass(f.buf)
	f.buf = nil
	return len(p), nil
}

func (f *stdoutFilter) pass(p []byte) {
	if len(p) > 0 {
		_, _ = f.rest.Write(p)
	}
}

// end tells that nothing more comes.
func (f *stdoutFilter) end() {
	f.pass(f.buf)
	f.buf = nil
	_ = f.handshake.Close()
}

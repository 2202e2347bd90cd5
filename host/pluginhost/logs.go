package pluginhost

import (
	"bytes"
	"encoding/json"
	"fmt"
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
	tailLines    = 8       // lines that are kept for the report of a death
	tailLine     = 240     // octets of each
)

// pluginLog puts what one process says into the host's log, at a limited rate.
type pluginLog struct {
	log   hclog.Logger // carries the instance's name
	limit *rate.Limiter

	mu      sync.Mutex
	streams []*lineWriter
	dropped int
	report  *time.Timer
	tail    []string
	panic   string // the first line of a panic; its stack trace is too long for the tail
}

// newPluginLog makes the log of one process; perSecond lines are let through, five times that in a burst.
func newPluginLog(log hclog.Logger, perSecond int) *pluginLog {
	return &pluginLog{log: log, limit: rate.NewLimiter(rate.Limit(perSecond), 5*perSecond)}
}

// stream returns a writer for one source of text, "stdout" or "stderr". There may be several of each; lines do not mix.
func (l *pluginLog) stream(source string) *lineWriter {
	w := &lineWriter{emit: func(line []byte) {
		l.remember(line)
		l.put(line, source)
	}}
	l.mu.Lock()
	l.streams = append(l.streams, w)
	l.mu.Unlock()
	return w
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
	streams := l.streams
	l.mu.Unlock()
	for _, w := range streams {
		w.end()
	}
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

// last returns the last lines of standard output and error, or the panic that ended the process.
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

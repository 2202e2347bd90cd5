package pluginhost

import (
	"bytes"
	"io"
	"regexp"
)

// handshakeLine is the form of go-plugin's line: versions, and the address to connect to.
var handshakeLine = regexp.MustCompile(`^\d+\|\d+\|[a-z]+\|`)

// stdoutFilter hands the handshake line on to go-plugin and everything else to the log. go-plugin takes the first line for
// the handshake, whatever it is, and stops reading at a line that is too long, which stops the plugin.
type stdoutFilter struct {
	handshake *io.PipeWriter
	rest      *lineWriter
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
	f.rest.end()
	_ = f.handshake.Close()
}

package pluginhost

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/go-hclog"
)

func TestPluginLogsAppearInTheHostsLog(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	b.start(Instance{Name: "sms", Use: "bearer/echo"})
	b.ask("sms", "1", "log")
	eventually(t, "a warning with its fields", func() bool {
		return b.book.has("[WARN]", "a warning", "instance=sms", "push_id=push-1", "node=n1", "its_instance=forged")
	})
	eventually(t, "its standard output", func() bool { return b.book.has("to standard output", "instance=sms", "from=stdout") })
}

func TestFloodedLogIsCut(t *testing.T) {
	t.Parallel()
	b := newBench(t, func(o *Options) { o.LogRate = 10 })
	b.start(Instance{Name: "sms", Use: "bearer/echo"})
	b.ask("sms", "1", "flood")
	eventually(t, "the number of dropped lines", func() bool { return b.book.has("lines were dropped", "instance=sms", "dropped=") })
	b.Stop(t.Context())
	let := strings.Count(b.book.String(), "flood: ")
	dropped := 0
	for line := range strings.Lines(b.book.String()) {
		var n int
		if _, after, ok := strings.Cut(line, "dropped="); ok {
			_, _ = fmt.Sscan(after, &n)
		}
		dropped += n
	}
	if let < 10 || let > 1000 || let+dropped < 20_000 {
		t.Errorf("%d lines of 20000 were let through, %d are said to be dropped", let, dropped)
	}
}

func TestParseLogLine(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, line string
		level      hclog.Level
		text       string
		fields     string
	}{
		{"hclog", `{"@level":"warn","@message":"m","@timestamp":"x","b":2,"a":"x"}`, hclog.Warn, "m", "[a x b 2]"},
		{"a long number", `{"@level":"info","@message":"m","n":12345678901234567890}`, hclog.Info, "m", "[n 12345678901234567890]"},
		{"a module", `{"@level":"info","@message":"m","@module":"smpp"}`, hclog.Info, "m", "[module smpp]"},
		{"the instance is not the plugin's to say", `{"@level":"info","@message":"m","instance":"x"}`, hclog.Info, "m", "[its_instance x]"},
		{"text", "words", hclog.NoLevel, "words", "[]"},
		{"JSON of something else", `{"level":"info"}`, hclog.NoLevel, `{"level":"info"}`, "[]"},
		{"half a line", `{"@level":"info","@mess`, hclog.NoLevel, `{"@level":"info","@mess`, "[]"},
		{"off is no level", `{"@level":"off","@message":"m"}`, hclog.NoLevel, `{"@level":"off","@message":"m"}`, "[]"},
		{"control characters", "a\x1b[31mb\x00c\xffd", hclog.NoLevel, "a [31mb c\uFFFDd", "[]"},
	} {
		t.Run(c.name, func(t *testing.T) {
			level, text, fields := parseLogLine([]byte(c.line))
			if level != c.level || text != c.text || fmt.Sprint(fields) != c.fields {
				t.Errorf("%v, %q, %v", level, text, fields)
			}
		})
	}
	var many []string
	for i := range 100 {
		many = append(many, fmt.Sprintf(`"k%02d":1`, i))
	}
	_, _, fields := parseLogLine([]byte(`{"@level":"info","@message":"m",` + strings.Join(many, ",") + "}"))
	if len(fields) != 2*maxLogFields+2 || fields[len(fields)-1] != 100-maxLogFields {
		t.Errorf("of 100 fields there are %v", fields)
	}
}

func FuzzParseLogLine(f *testing.F) {
	f.Add([]byte(`{"@level":"warn","@message":"m","a":{"b":[1,null]}}`))
	f.Add([]byte("panic: \x1b\xff"))
	f.Fuzz(func(t *testing.T, line []byte) {
		_, text, fields := parseLogLine(line)
		all := text
		for _, x := range fields {
			all += fmt.Sprint(x)
		}
		for _, r := range all {
			if r < ' ' || r == 0x7f {
				t.Errorf("%q has a control character", all)
			}
		}
		if len(fields) > 2*maxLogFields+4 || len(text) > maxLogLine+100 {
			t.Errorf("%d fields, %d octets", len(fields), len(text))
		}
	})
}

func TestLineWriter(t *testing.T) {
	t.Parallel()
	var got []string
	w := &lineWriter{emit: func(line []byte) { got = append(got, string(line)) }}
	for _, p := range []string{"a", "b\nc\r\n\nd", strings.Repeat("x", maxLogLine), "y\n", "last"} {
		if n, err := io.WriteString(w, p); n != len(p) || err != nil {
			t.Errorf("%d, %v", n, err)
		}
	}
	w.end()
	want := []string{"ab", "c", "", "d" + strings.Repeat("x", maxLogLine-1) + "… (2 octets cut)", "last"}
	if !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
}

func TestStdoutFilter(t *testing.T) {
	t.Parallel()
	const hello = "1|1|unix|/run/x|grpc|\n"
	for _, c := range []struct {
		name              string
		writes            []string
		handshake, logged string
	}{
		{"alone", []string{hello}, hello, ""},
		{"in pieces", []string{"1|1|un", "ix|/run/x|grpc|", "\n"}, hello, ""},
		{"after noise", []string{"noise\n" + hello + "more\n", "and more"}, hello, "noise\nmore\nand more\n"},
		{"twice", []string{hello, hello}, hello, hello},
		{"never", []string{"noise", "\nmore"}, "", "noise\nmore\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, w := io.Pipe()
			var rest strings.Builder
			f := &stdoutFilter{handshake: w, rest: &lineWriter{emit: func(line []byte) { rest.Write(line); rest.WriteByte('\n') }}}
			got := make(chan string)
			go func() {
				b, _ := io.ReadAll(r)
				got <- string(b)
			}()
			for _, p := range c.writes {
				_, _ = io.WriteString(f, p)
			}
			f.end()
			if h := <-got; h != c.handshake || rest.String() != c.logged {
				t.Errorf("handshake %q, logged %q", h, rest.String())
			}
		})
	}
}

func TestLastWords(t *testing.T) {
	t.Parallel()
	l := newPluginLog(hclog.NewNullLogger(), 1)
	stderr := l.stream("stderr")
	fmt.Fprintln(l.stream("stdout"), "line of standard output")
	for i := range 20 {
		fmt.Fprintf(stderr, "line %d\n", i)
	}
	fmt.Fprintln(stderr, `{"@level":"info","@message":"nothing new"}`)
	fmt.Fprintln(stderr, `{"@level":"error","@message":"the end is near"}`)
	if got := l.last(); !strings.HasPrefix(got, "line 13 | ") || !strings.HasSuffix(got, "line 19 | the end is near") {
		t.Errorf("%q", got)
	}
	fmt.Fprintln(l.stream("stdout"), "usage: plugin [flags]")
	if got := l.last(); !strings.HasSuffix(got, "the end is near | usage: plugin [flags]") {
		t.Errorf("%q", got)
	}
	fmt.Fprintf(stderr, "panic: no way\n\ngoroutine 1 [running]:\n")
	if got := l.last(); got != "panic: no way" {
		t.Errorf("%q", got)
	}
}

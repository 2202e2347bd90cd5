package integration

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
)

// straceCommand traces what a commit and an answer consist of. -y names the files behind descriptors; -s is long enough for a
// page of the database.
func straceCommand(out string) []string {
	return []string{"strace", "-f", "-y", "-s", "8192", "-e", "trace=fsync,fdatasync,write,writev,pwrite64,sendto,sendmsg", "-o", out}
}

// A call is one system call of a trace. It spans two lines where other threads came between.
type call struct {
	name, file string
	arguments  string
	begin, end int // lines; end is the last line of the trace for a call that never returned
	result     string
}

var (
	callLine    = regexp.MustCompile(`^(\d+) +(\w+)\(\d+(?:<(.*?)>)?(.*)$`)
	resumedLine = regexp.MustCompile(`^(\d+) +<\.\.\. (\w+) resumed>.*\) += (.*)$`)
	result      = regexp.MustCompile(`\) += (.*)$`)
)

// calls reads the output of strace -f -y.
func calls(trace string) []*call {
	lines := strings.Split(trace, "\n")
	var all []*call
	open := map[string]*call{} // by thread
	for i, line := range lines {
		if m := resumedLine.FindStringSubmatch(line); m != nil {
			if c := open[m[1]]; c != nil && c.name == m[2] {
				c.end, c.result = i, m[3]
			}
			continue
		}
		m := callLine.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		c := &call{name: m[2], file: m[3], arguments: m[4], begin: i, end: len(lines)}
		if r := result.FindStringSubmatch(line); r != nil && !strings.HasSuffix(line, "<unfinished ...>") {
			c.end, c.result = i, r[1]
		}
		open[m[1]] = c
		all = append(all, c)
	}
	return all
}

// syncedBeforeAnswer returns nil if the trace shows, in this order: the push-id written to a file, that file synced with
// success, and the answer 202 with the push-id written to a socket.
func syncedBeforeAnswer(all []*call, pushID string) error {
	var answer *call
	for _, c := range all {
		if strings.HasPrefix(c.file, "socket:") || strings.HasPrefix(c.file, "TCP") {
			if strings.Contains(c.arguments, "HTTP/1.1 202") && strings.Contains(c.arguments, pushID) {
				answer = c
				break
			}
		}
	}
	if answer == nil {
		return fmt.Errorf("no 202 for %s was written", pushID)
	}
	written := false
	for _, w := range all {
		if !strings.HasPrefix(w.file, "/") || !strings.Contains(w.arguments, pushID) || w.begin > answer.begin {
			continue
		}
		written = true
		for _, s := range all {
			if (s.name == "fsync" || s.name == "fdatasync") && s.file == w.file && s.begin > w.begin && s.end < answer.begin && s.result == "0" {
				return nil
			}
		}
	}
	if !written {
		return fmt.Errorf("%s was not written to any file before its 202", pushID)
	}
	return fmt.Errorf("%s was written to a file, but the file was not synced before the 202", pushID)
}

func TestSyncedBeforeAnswer(t *testing.T) {
	const (
		commit   = `571   pwrite64(5</data/ppgbox.db-wal>, "\0\0push 17@pi.example \303\245", 28, 0) = 28` + "\n"
		sync     = `571   fsync(5</data/ppgbox.db-wal>)       = 0` + "\n"
		accepted = `572   write(9<socket:[52016]>, "HTTP/1.1 202 Accepted\r\n\r\n<push-response push-id=\"17@pi.example\">", 124) = 124` + "\n"
	)
	tests := []struct {
		name, trace, wrong string
	}{
		{"written, synced, answered", commit + sync + accepted, ""},
		{"fdatasync counts", commit + strings.Replace(sync, "fsync", "fdatasync", 1) + accepted, ""},
		{
			"the sync returns between others' calls",
			commit + "571   fsync(5</data/ppgbox.db-wal> <unfinished ...>\n573   write(2<pipe:[1]>, \"x\", 1) = 1\n571   <... fsync resumed>)              = 0\n" + accepted, "",
		},
		{"never synced", commit + accepted, "not synced"},
		{"synced before it was written", sync + commit + accepted, "not synced"},
		{"synced after the answer", commit + accepted + sync, "not synced"},
		{"another file synced", commit + strings.Replace(sync, "db-wal", "db", 1) + accepted, "not synced"},
		{"the sync failed", commit + strings.Replace(sync, "= 0", "= -1 EIO (Input/output error)", 1) + accepted, "not synced"},
		{
			"the sync returns after the answer",
			commit + "571   fsync(5</data/ppgbox.db-wal> <unfinished ...>\n" + accepted + "571   <... fsync resumed>)              = 0\n", "not synced",
		},
		{"another push written", strings.Replace(commit, "17@", "18@", 1) + sync + accepted, "not written"},
		{"not answered", commit + sync, "no 202"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			err := syncedBeforeAnswer(calls(test.trace), "17@pi.example")
			if test.wrong == "" && err != nil {
				t.Errorf("error %v", err)
			}
			if test.wrong != "" && (err == nil || !strings.Contains(err.Error(), test.wrong)) {
				t.Errorf("error %v, want one with %q", err, test.wrong)
			}
		})
	}
}

package pluginhost

import (
	"testing"
)

// go-plugin makes connections to a process that has ended and forgets them. That none is left is seen by TestMain, which looks
// for goroutines at the end.
func TestConnectionsToAnEndedProcessAreClosed(t *testing.T) {
	t.Parallel()
	b := newBench(t, func(o *Options) { o.PluginDir = outside(t, "bearer/ends") })
	exe, err := b.open("bearer/ends")
	if err != nil {
		t.Fatal(err)
	}
	defer exe.close()
	logs := newPluginLog(b.opt.Log, 10)
	proc, err := b.newProcess(exe, logs)
	if err != nil {
		t.Fatal(err)
	}
	r := &run{host: b.Host, exe: exe, proc: proc, logs: logs, log: b.opt.Log, closed: make(chan error, 1)}
	r.client = r.newClient()
	if _, err := r.client.Start(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the end of the process", r.client.Exited)
	if _, err := r.client.Client(); err == nil {
		t.Error("connected to an ended process")
	}
	if len(r.conns.conns) == 0 {
		t.Error("no connection was seen")
	}
	r.kill()
}

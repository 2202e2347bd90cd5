package faults

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"time"

	"github.com/ppgbox/ppgbox/integration/process"
)

// mayMount reports whether this process can give another one a file system of its own.
func mayMount() bool {
	return exec.Command("unshare", "-m", "sh", "-c", "mount -t tmpfs -o size=1m none /mnt").Run() == nil
}

// onSmallDisk has the host started with a data folder of 256 MiB that nobody else sees, and that is gone with it.
func onSmallDisk(r *run) {
	r.under = append([]string{
		"unshare", "-m", "sh", "-c",
		`mkdir -p data && mount -t tmpfs -o size=256m none data && exec "$@"`, "sh",
	}, r.under...)
}

func storeCases() []faultCase {
	return []faultCase{
		{
			name: "disk full", short: true, root: true, what: "the file system of the store filled to the last octet, until 20 submissions were not taken; then freed",
			promise: "what can not be kept is not accepted; the host lives and goes on by itself",
			before:  onSmallDisk, do: fillDisk,
		},
		{
			name: "store read-only", short: true, root: true, what: "kill -9 of the host with the SMSC away, started on a read-only store, which fails; then as it was",
			promise: "it says so and does not start; nothing is changed",
			do:      readOnly,
		},
	}
}

func fillDisk(r *run, v *verdict) {
	host := r.box.PID(r.t)
	// The host's own view of the file system.
	name := filepath.Join(fmt.Sprintf("/proc/%d/root", host), r.box.Folder, "data", "ballast")
	ballast, err := os.Create(name)
	if err != nil {
		r.t.Fatal(err)
	}
	defer ballast.Close()
	block := make([]byte, 4096)
	fill := func() {
		for {
			if _, err := ballast.Write(block); errors.Is(err, syscall.ENOSPC) {
				return
			} else if err != nil {
				r.t.Fatal(err)
			}
		}
	}
	r.burst.gate.Lock() // so that the rest of the burst meets a full disk, however long it takes to fill
	fill()
	r.burst.gate.Unlock()
	process.Eventually(r.t, patience, "submissions are not taken while the disk is full", func() bool {
		_, refused := r.burst.counts()
		return refused >= 20
	})
	if err := os.Remove(name); err != nil {
		r.t.Fatal(err)
	}
	_ = ballast.Close() // the space is free only now
	r.same(v, host)
}

// readOnlyWords are one of what an operator is told.
var readOnlyWords = regexp.MustCompile(`(?i)read-?only`)

func readOnly(r *run, v *verdict) {
	r.network.killSMSC() // so that much is pending
	r.further(3)
	killed := time.Now()
	r.box.Kill(r.t)
	cmd := exec.Command("unshare", "-m", "sh", "-c", `mount --bind data data && mount -o remount,ro,bind data && exec "$@"`,
		"sh", "env", "TMPDIR="+r.sockets, r.binary, "serve", "-c", "ppgbox.toml")
	cmd.Dir = r.box.Folder
	var said strings.Builder
	cmd.Stdout, cmd.Stderr = io.Discard, &said
	if err := cmd.Start(); err != nil {
		r.t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	select {
	case err := <-ended:
		if err == nil || !readOnlyWords.MatchString(said.String()) {
			v.complain("started on a read-only store, the host ended with %v and said %q", err, said.String())
		}
	case <-time.After(patience):
		_ = cmd.Process.Kill()
		<-ended
		v.complain("the host runs on a read-only store, and said %q", said.String())
	}
	r.start()
	r.hostFaults = append(r.hostFaults, window{killed, time.Now()})
	r.network.startSMSC(r.t)
}

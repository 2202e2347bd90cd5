//go:build linux

package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// A usage is what one process used, from /proc.
type usage struct {
	Process string `json:"process"`
	// CPU is user and system time in seconds: since its start as read, of one load in a sample.
	CPU float64 `json:"cpu_s"`
	// RSS and Peak are resident memory in MiB, now and at most; of a page that several processes share each has the whole.
	RSS  float64 `json:"rss_mib"`
	Peak float64 `json:"peak_rss_mib"`
}

// ticksPerSecond is the unit of times in /proc, 100 on every Linux (USER_HZ).
const ticksPerSecond = 100

// readUsage returns the zero usage for a process that is gone.
func readUsage(name string, pid int) usage {
	u := usage{Process: name}
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return u
	}
	// The second field is the program's name in brackets and may hold anything (proc_pid_stat(5)).
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	const utime, stime = 14 - 3, 15 - 3
	if len(fields) <= stime {
		return u
	}
	for _, field := range []string{fields[utime], fields[stime]} {
		ticks, _ := strconv.ParseFloat(field, 64) // the kernel writes numbers
		u.CPU += ticks / ticksPerSecond
	}
	u.RSS, u.Peak = statusMiB(pid, "VmRSS:"), statusMiB(pid, "VmHWM:")
	return u
}

// statusMiB returns a line of /proc/PID/status that is in kB.
func statusMiB(pid int, key string) float64 {
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid)) // "" of a process that is gone
	for line := range strings.Lines(string(text)) {
		if value, ok := strings.CutPrefix(line, key); ok {
			kib, _ := strconv.ParseFloat(strings.Fields(value)[0], 64)
			return kib / 1024
		}
	}
	return 0
}

// total adds up usages.
func total(all []usage) usage {
	t := usage{Process: "all"}
	for _, u := range all {
		t.CPU += u.CPU
		t.RSS += u.RSS
		t.Peak += u.Peak
	}
	return t
}

// since returns what the same processes used after before was read. One that was started between counts from its start.
func since(before, now []usage) []usage {
	spent := append([]usage{}, now...)
	for i := range spent {
		for _, b := range before {
			if b.Process == spent[i].Process {
				spent[i].CPU -= b.CPU
			}
		}
	}
	return spent
}

// ownCPU returns the CPU seconds of this process, the generator with the sink.
func ownCPU() float64 {
	var r unix.Rusage
	if unix.Getrusage(unix.RUSAGE_SELF, &r) != nil {
		return 0
	}
	return float64(r.Utime.Nano()+r.Stime.Nano()) / 1e9
}

// machineTime returns how long the machine's cores were at anything, in ticks, and how long the hypervisor had them.
func machineTime() (all, stolen float64) {
	text, _ := os.ReadFile("/proc/stat")
	line, _, _ := strings.Cut(string(text), "\n")
	const steal, guest = 7, 8 // proc_stat(5); guest time is in user time already
	for i, field := range strings.Fields(line)[1:] {
		ticks, _ := strconv.ParseFloat(field, 64)
		if i < guest {
			all += ticks
		}
		if i == steal {
			stolen = ticks
		}
	}
	return all, stolen
}

// running returns the command lines of the processes whose program is the file binary, by process id.
func running(binary string) map[int][]string {
	found := map[int][]string{}
	entries, _ := os.ReadDir("/proc")
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		if exe, err := os.Readlink(filepath.Join("/proc", e.Name(), "exe")); err != nil || exe != binary {
			continue
		}
		text, _ := os.ReadFile(filepath.Join("/proc", e.Name(), "cmdline"))
		found[pid] = strings.Split(strings.TrimRight(string(text), "\x00"), "\x00")
	}
	return found
}

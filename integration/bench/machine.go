//go:build linux

package main

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// A machine is where and on what a report was made.
type machine struct {
	CPU        string `json:"cpu"`
	Cores      int    `json:"cores"`
	MemoryGiB  int    `json:"memory_gib"`
	Kernel     string `json:"kernel"`
	Filesystem string `json:"filesystem"` // under the stores: what a sync costs depends on it
	Go         string `json:"go"`
	Load       string `json:"load_before"` // load averages when the bench began: on a quiet machine near 0
	Commit     string `json:"commit"`
	// Changed says that files differ from the commit, but for what the bench writes itself.
	Changed bool      `json:"changed"`
	Date    time.Time `json:"date"`
}

func thisMachine() machine {
	m := machine{Cores: runtime.NumCPU(), Go: runtime.Version(), Date: time.Now().UTC().Truncate(time.Second)}
	m.CPU = "unknown"
	text, _ := os.ReadFile("/proc/cpuinfo") // "" without /proc
	for line := range strings.Lines(string(text)) {
		if key, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(key) == "model name" {
			m.CPU = strings.TrimSpace(value)
			break
		}
	}
	var info unix.Sysinfo_t
	if unix.Sysinfo(&info) == nil {
		m.MemoryGiB = int(info.Totalram * uint64(info.Unit) >> 30)
	}
	var name unix.Utsname
	if unix.Uname(&name) == nil {
		m.Kernel = unix.ByteSliceToString(name.Release[:])
	}
	text, _ = os.ReadFile("/proc/loadavg")
	m.Load = strings.Join(strings.Fields(string(text))[:3], " ")
	m.Filesystem = filesystem(os.TempDir())
	commit, err := exec.Command("git", "rev-parse", "HEAD").Output()
	if err != nil {
		commit = []byte("unknown")
	}
	m.Commit = strings.TrimSpace(string(commit))
	changes, err := exec.Command("git", "status", "--porcelain", "--", ":/", ":(top,exclude)integration/bench/"+readmeFile,
		":(top,exclude)integration/bench/"+resultsFile).Output()
	m.Changed = err != nil || len(changes) > 0
	return m
}

// filesystem returns the kind of the file system that a folder is on.
func filesystem(folder string) string {
	var s unix.Statfs_t
	if unix.Statfs(folder, &s) != nil {
		return "unknown"
	}
	switch uint32(s.Type) {
	case unix.EXT4_SUPER_MAGIC:
		return "ext4"
	case unix.XFS_SUPER_MAGIC:
		return "xfs"
	case unix.BTRFS_SUPER_MAGIC:
		return "btrfs"
	case unix.OVERLAYFS_SUPER_MAGIC:
		return "overlayfs"
	case unix.TMPFS_MAGIC:
		return "tmpfs, where a sync costs nothing"
	default:
		return fmt.Sprintf("%#x", uint32(s.Type))
	}
}

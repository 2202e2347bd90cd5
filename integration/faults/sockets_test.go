package faults

import (
	"fmt"
	"os"
	"strings"
)

// socketsOf lists the sockets of a process; each TCP socket with its own address, that of the other end and its state, as
// /proc/net/tcp writes them. A process that has ended has none.
func socketsOf(pid int) []string {
	tcp := map[string]string{} // by inode
	for _, table := range []string{"tcp", "tcp6"} {
		rows, _ := os.ReadFile(fmt.Sprintf("/proc/%d/net/%s", pid, table))
		for row := range strings.Lines(string(rows)) {
			if f := strings.Fields(row); len(f) > 9 {
				tcp[f[9]] = fmt.Sprintf("%s %s>%s state %s", table, f[1], f[2], f[3])
			}
		}
	}
	var list []string
	entries, _ := os.ReadDir(fmt.Sprintf("/proc/%d/fd", pid))
	for _, e := range entries {
		name, err := os.Readlink(fmt.Sprintf("/proc/%d/fd/%s", pid, e.Name()))
		inode, is := strings.CutPrefix(name, "socket:[")
		if err != nil || !is {
			continue
		}
		if row, ok := tcp[strings.TrimSuffix(inode, "]")]; ok {
			name = row
		}
		list = append(list, name)
	}
	return list
}

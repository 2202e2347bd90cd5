//go:build linux

package main

import (
	"fmt"
	"path/filepath"
	"strings"
)

// listenedFor is the default of listen_for_errors of bearer/pdp, in milliseconds.
const listenedFor = 300

// onlineMatrix is a push over IP beside a text message of one segment, in turns. It is held while errors of the network are listened for;
// so is a text message, for as long as its SMSC takes, which is nothing in one row and the same in the other.
func onlineMatrix(pushes, repetitions int) matrix {
	sms := row{Gateway: "ppgbox", Segments: 1, Connections: most, Pushes: 2 * pushes}
	online, held := sms, sms
	online.Online, held.Held = true, listenedFor
	return matrix{repetitions: repetitions, rows: []row{sms, online, held}}
}

const (
	onlineBegin = "<!-- written by bench -compare-online: begin -->\n"
	onlineEnd   = "<!-- written by bench -compare-online: end -->\n"
)

// writeOnline writes the part of README.md about pushes over IP.
func (rep *report) writeOnline(folder string) error {
	return writePart(filepath.Join(folder, readmeFile), onlineBegin, onlineEnd, rep.onlineTable())
}

func (rep *report) onlineTable() string {
	var b strings.Builder
	m := rep.Machine
	fmt.Fprintf(&b, "%s, %s, %d cores, Linux %s, load before the run %s, commit %.12s. Medians of %d runs (least–most).\n\n",
		m.Date.Format("2006-01-02"), m.CPU, m.Cores, m.Kernel, m.Load, m.Commit, rep.Repetitions)
	rep.goals(&b, "online")
	b.WriteString(tableHead)
	for _, k := range rep.keys() {
		rep.line(&b, rep.of(k))
	}
	return b.String()
}

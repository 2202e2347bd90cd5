//go:build linux

package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"time"
)

// airEvent is a line of the process with radio and handsets, as far as the experiment looks at it.
type airEvent struct {
	Time   time.Time `json:"time"`
	What   string    `json:"what"`
	To     string    `json:"to"`
	Of     int       `json:"of"`
	Memory string    `json:"memory"`
	Text   string    `json:"text"`
	Link   string    `json:"link"`
	Detail string    `json:"detail"`
}

// forEver is a handset that never gives an incomplete message up, as its process names it.
const forEver = "forever"

// watch books what the handsets' process tells until it ends.
func watch(from io.Reader, b *book) error {
	lines := bufio.NewReaderSize(from, 1<<16)
	for {
		line, err := lines.ReadBytes('\n')
		if err == io.EOF && len(line) == 0 {
			return nil
		}
		if err != nil {
			return fmt.Errorf("reading what the handsets tell: %w", err)
		}
		var e airEvent
		if err := json.Unmarshal(line, &e); err != nil {
			return fmt.Errorf("what the handsets tell: %w: %s", err, line)
		}
		b.air(e)
	}
}

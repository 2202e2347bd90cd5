//go:build linux

package main

import (
	"fmt"
	"strings"
	"time"
)

// A cell is what the pushes of one row have in common.
type cell struct {
	Segments int
	Loss     int  // percent of all tries
	Bursty   bool // the losses of a terminal come together
}

var losses = [...]int{0, 10, 20, 30, 40}

const maxSegments = 6

// allCells are those of a full run. Without losses there are no bursts.
func allCells() []cell {
	var cells []cell
	for _, bursty := range []bool{false, true} {
		for _, loss := range losses {
			for segments := 1; segments <= maxSegments && (loss > 0 || !bursty); segments++ {
				cells = append(cells, cell{segments, loss, bursty})
			}
		}
	}
	return cells
}

// quickCells are a few of each kind.
func quickCells() []cell {
	return []cell{{1, 0, false}, {3, 0, false}, {2, 10, false}, {4, 30, false}, {2, 30, true}}
}

// share is the loss from 0 to 1.
func (c cell) share() float64 { return float64(c.Loss) / 100 }

// series names the kind of radio.
func (c cell) series() string {
	if c.Bursty {
		return "bursty"
	}
	return "independent"
}

// numberPrefix is of a country where the numbers are long enough. After it come loss, series and segments of the cell, by which the
// radio knows what to lose, and the count of the push.
const numberPrefix = "358"

func (c cell) area() string {
	bursty := 0
	if c.Bursty {
		bursty = 1
	}
	return fmt.Sprintf("%s%02d%d", numberPrefix, c.Loss, bursty)
}

// number is the recipient of a push, another one for each.
func (c cell) number(n int) string { return fmt.Sprintf("%s%d%05d", c.area(), c.Segments, n) }

// areas are what the radio is told, with times divided by the compression.
func areas(cells []cell, compression float64) []string {
	var list []string
	seen := map[string]bool{}
	for _, c := range cells {
		if seen[c.area()] {
			continue
		}
		seen[c.area()] = true
		area := fmt.Sprintf("%s=%v", c.area(), c.share())
		if c.Bursty {
			area += "," + compressed(burst, compression).String()
		}
		list = append(list, area)
	}
	return list
}

// compressed is a time of the experiment on the machine's clock.
func compressed(d time.Duration, compression float64) time.Duration {
	return time.Duration(float64(d) / compression)
}

// link is what the service indication of a push leads to.
func link(number string) string { return "http://www.example.com/m/" + number }

// text is what the service indication says: the number of its recipient, and words until the push needs so many segments. A push of
// one segment has 133 octets at most, one of several 128 in each (WAP-259 over 3GPP TS 23.040); link and headers are some 55 of them.
func text(number string, segments int) string {
	octets := 45
	if segments > 1 {
		octets = 128*segments - 64 - 55
	}
	t := number + ":"
	for t += " "; len(t) < octets; {
		t += "word " + number[len(number)-3:] + " "
	}
	return strings.TrimSpace(t)
}

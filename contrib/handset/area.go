package handset

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"sync"
	"time"
)

// An Area is what the radio is like for the numbers that begin with a prefix.
type Area struct {
	Prefix string
	// Share of the tries that are lost, from 0 to 1.
	Share float64
	// Burst is how long a terminal is out of reach at a time, on average; 0: each try is lost or not by itself. A terminal with bursts is
	// in reach or it is not (the two states of Gilbert's model, Bell System Technical Journal 39, 1960): nothing is lost in the one and
	// everything in the other. It stays in each for an exponentially distributed time, such that Share of the time is out of reach.
	Burst time.Duration
}

// ParseArea reads PREFIX=SHARE or PREFIX=SHARE,BURST, as in 35840=0.1,20s.
func ParseArea(text string) (Area, error) {
	prefix, rest, ok := strings.Cut(text, "=")
	if !ok || prefix == "" {
		return Area{}, errors.New("must be PREFIX=SHARE or PREFIX=SHARE,BURST")
	}
	a := Area{Prefix: prefix}
	share, burst, bursty := strings.Cut(rest, ",")
	var err error
	if a.Share, err = strconv.ParseFloat(share, 64); err != nil || a.Share < 0 || a.Share > 1 || math.IsNaN(a.Share) {
		return Area{}, fmt.Errorf("the share %q must be from 0 to 1", share)
	}
	if bursty {
		if a.Burst, err = time.ParseDuration(burst); err != nil || a.Burst <= 0 {
			return Area{}, fmt.Errorf("the burst %q must be a duration like 20s", burst)
		}
	}
	return a, nil
}

// AreaLoss loses as the areas say; the first that fits a number counts. Numbers in none of them lose nothing.
func AreaLoss(areas []Area, seed uint64) Loss {
	losses := make([]Loss, len(areas))
	for i, a := range areas {
		if a.Burst > 0 && a.Share > 0 && a.Share < 1 {
			losses[i] = burstLoss(a, seed, time.Now)
		} else {
			losses[i] = RandomLoss(a.Share, seed)
		}
	}
	return func(t Try) bool {
		for i, a := range areas {
			if strings.HasPrefix(t.Terminal, a.Prefix) {
				return losses[i](t)
			}
		}
		return false
	}
}

// reach is what is known of a terminal with bursts.
type reach struct {
	out  bool
	at   time.Time // when that was
	next *rand.Rand
}

// burstLoss is the loss of an area with bursts. A terminal is looked at when a try begins; between two looks the chance to be out of
// reach falls, or rises, from what it was to Share, with the sum of both rates.
func burstLoss(a Area, seed uint64, now func() time.Time) Loss {
	leave := 1 / a.Burst.Seconds()           // out of reach → in reach, a second
	enter := leave * a.Share / (1 - a.Share) // and back
	var mu sync.Mutex
	terminals := map[string]*reach{}
	return func(t Try) bool {
		mu.Lock()
		defer mu.Unlock()
		r, at := terminals[t.Terminal], now()
		chance := a.Share
		if r == nil {
			if len(terminals) >= maxNumbers {
				clear(terminals)
			}
			r = &reach{next: draw(t, seed)}
			terminals[t.Terminal] = r
		} else {
			before := 0.0
			if r.out {
				before = 1
			}
			chance += (before - a.Share) * math.Exp(-(leave+enter)*at.Sub(r.at).Seconds())
		}
		r.out, r.at = r.next.Float64() < chance, at
		return r.out
	}
}

package pushclient

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"time"
)

// How long to wait after a registration failed, doubled each time, and after one that did not at least.
const (
	firstPause    = time.Second
	longestPause  = time.Minute
	shortestPause = time.Second / 2
)

// releaseTime is how long a release may take.
const releaseTime = 5 * time.Second

// keep registers, renews at half the validity, and releases when ctx ends. It returns an error when the listener refuses for good.
func (c *Client) keep(ctx context.Context) error {
	registered := false
	defer func() {
		if registered {
			c.release(context.WithoutCancel(ctx))
		}
	}()
	for failures := 0; ; {
		var pause time.Duration
		r, err := c.Registrar.register(ctx)
		var no *refusal
		switch {
		case err == nil:
			if !registered || failures > 0 {
				c.report(Registered, "%s", r)
			}
			registered, failures = true, 0
			pause = r.renewAfter()
		case ctx.Err() != nil: // it may be stored all the same
			registered = true
			return nil
		case errors.As(err, &no) && no.final():
			return err
		default:
			failures++
			pause = min(firstPause<<min(failures-1, 10), longestPause)
			pause -= rand.N(pause / 2) // so that the terminals of a gateway that was away do not come all at once
			if no != nil && no.retry > pause {
				pause = no.retry + rand.N(firstPause)
			}
			c.report(Failed, "%v; again in %v", err, pause.Round(time.Millisecond))
		}
		wake := time.NewTimer(pause)
		select {
		case <-wake.C:
		case <-ctx.Done():
			wake.Stop()
			return nil
		}
	}
}

func (c *Client) release(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, releaseTime)
	defer cancel()
	if err := c.Registrar.release(ctx); err != nil {
		c.report(Failed, "%v", err)
		return
	}
	c.report(Released, "")
}

// renewAfter is half the validity, but not so little that a gateway is asked without end.
func (r *Registration) renewAfter() time.Duration {
	if r.ValiditySeconds == nil {
		return math.MaxInt64
	}
	return max(shortestPause, r.validity()/2)
}

func (r *Registration) validity() time.Duration {
	return time.Duration(min(*r.ValiditySeconds, math.MaxInt64/int64(time.Second))) * time.Second
}

// String is a line for people.
func (r *Registration) String() string {
	valid := "until it is released"
	if r.ValiditySeconds != nil {
		valid = "for " + r.validity().String()
	}
	return fmt.Sprintf("%s as %s, %s", r.Address, r.Dynamic, valid)
}

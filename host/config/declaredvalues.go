package config

import (
	"net"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/ppgbox/ppgbox/sdk/plugin"
)

// Values checks the values of a file that LoadDeclared has read, and keeps what is wrong with them by their keys.
type Values struct {
	Dir      string // that relative paths start at
	Problems plugin.Problems
}

// Resolve makes a path relative to the folder of the file; "" stays.
func (v *Values) Resolve(name string) string {
	if name == "" || filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(v.Dir, name)
}

// Integer reads a number from low to high.
func (v *Values) Integer(key string, n, low, high int) int {
	if n < low || n > high {
		v.Problems.Addf(key, "must be %d to %d, not %d", low, high, n)
	}
	return n
}

// Duration reads "60s", from low to high.
func (v *Values) Duration(key, text string, low, high time.Duration) time.Duration {
	d, err := time.ParseDuration(text)
	switch {
	case err != nil:
		v.Problems.Addf(key, "%q is no duration; write it like \"60s\"", text)
	case d < low || d > high:
		v.Problems.Addf(key, "must be from %s to %s, not %s", low, high, text)
	}
	return d
}

// PerSecond reads "200/s", 0 if there is none.
func (v *Values) PerSecond(key, text string) float64 {
	if text == "" {
		return 0
	}
	count, ok := strings.CutSuffix(text, "/s")
	n, err := strconv.ParseFloat(count, 64)
	if !ok || err != nil || !(n >= 0.1 && n <= 1e6) {
		v.Problems.Addf(key, "must be like \"200/s\", not %q", text)
	}
	return n
}

// Address checks host:port.
func (v *Values) Address(key, s string) {
	host, port, err := net.SplitHostPort(s)
	n, numeric := strconv.ParseUint(port, 10, 16)
	if err != nil || numeric != nil || host == "" && n == 0 {
		v.Problems.Addf(key, "must be host:port, not %q", s)
	}
}

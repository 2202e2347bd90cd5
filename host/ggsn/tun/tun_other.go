//go:build !linux

package tun

import (
	"errors"
	"net/netip"
)

// A Device can not be opened here.
type Device struct{}

var errNone = errors.New("there are TUN devices on Linux only")

// Open fails.
func Open(string, netip.Prefix, int) (*Device, error) { return nil, errNone }

// Name is "".
func (*Device) Name() string { return "" }

// Read fails.
func (*Device) Read([]byte) (int, error) { return 0, errNone }

// Write fails.
func (*Device) Write([]byte) (int, error) { return 0, errNone }

// Close does nothing.
func (*Device) Close() error { return nil }

// Package integration runs the real ppgbox binary between parts that others wrote, and holds what it promises against what
// they saw. README.md lists the parts and the tests.
package integration

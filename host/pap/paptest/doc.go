// Package paptest makes the certificates that tests of the PAP listener need.
package paptest

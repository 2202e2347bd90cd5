// Package process runs the programs that an integration test is made of. A program ends with the test that started it, and
// what it printed is shown when the test fails.
package process

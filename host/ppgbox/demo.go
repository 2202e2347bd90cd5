package main

type demoCommand struct{}

// Run implements the command.
func (demoCommand) Run(s streams) error { return nil }

//go:build linux

package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
)

const (
	readmeFile  = "README.md"
	resultsFile = "results.json"
)

// The part of the README that a run writes stands between these.
const (
	figuresBegin = "<!-- written by make claims: begin -->\n"
	figuresEnd   = "<!-- written by make claims: end -->\n"
)

// write writes results.json, the plots and the run's part of the README.
func (rep *report) write(folder string) error {
	text, err := json.MarshalIndent(rep.Rows, "", " ")
	if err != nil {
		return fmt.Errorf("writing the results: %w", err)
	}
	if err := os.WriteFile(filepath.Join(folder, resultsFile), append(text, '\n'), 0o644); err != nil {
		return fmt.Errorf("writing the results: %w", err)
	}
	var pictures bytes.Buffer
	for _, p := range rep.plots() {
		if err := os.WriteFile(filepath.Join(folder, p.file), []byte(p.svg()), 0o644); err != nil {
			return fmt.Errorf("writing the plots: %w", err)
		}
		fmt.Fprintf(&pictures, "![%s](%s)\n\n", p.caption, p.file)
	}
	path := filepath.Join(folder, readmeFile)
	text, err = os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("writing the figures: %w", err)
	}
	before, rest, ok := bytes.Cut(text, []byte(figuresBegin))
	_, after, end := bytes.Cut(rest, []byte(figuresEnd))
	if !ok || !end {
		return fmt.Errorf("writing the figures: %s does not say where (%q)", path, figuresBegin)
	}
	text = fmt.Appendf(nil, "%s%s\n%s%s%s%s", before, figuresBegin, pictures.Bytes(), rep.figures(), figuresEnd, after)
	if err := os.WriteFile(path, text, 0o644); err != nil {
		return fmt.Errorf("writing the figures: %w", err)
	}
	return nil
}

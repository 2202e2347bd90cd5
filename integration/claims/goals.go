//go:build linux

package main

import (
	"fmt"
	"strings"
)

// goals writes what was to be reached, and whether it was.
func (rep *report) goals(b *strings.Builder) {
	b.WriteString("| goal, independent losses | arm | to reach | found | expected | |\n|---|---|---|---|---|---|\n")
	line := func(what string, a arm, least bool, bound, found, expected float64) {
		sign, reached := "≤", found <= bound
		if least {
			sign, reached = "≥", found >= bound
		}
		fmt.Fprintf(b, "| %s | %s | %s %.4g | %.4f | %.4f | %s |\n", what, a, sign, bound, found, expected,
			map[bool]string{true: "reached", false: "**missed**"}[reached])
	}
	light, heavy := cell{2, 10, false}, cell{4, 30, false}
	for _, a := range allArms {
		if a.stores() {
			continue
		}
		if r := rep.find(a, "any", light); r != nil {
			line("success at 10 %, 2 segments", a, true, 0.999, r.Success, r.Expected)
			for _, base := range []struct {
				arm   arm
				bound float64
			}{{stored60, 1. / 4}, {storedCautious, 1. / 15}} {
				if s := rep.find(base.arm, forEver, light); s != nil {
					what := fmt.Sprintf("p95 there to that of %s (handsets that never forget)", base.arm)
					line(what, a, false, base.bound, float64(r.P95/s.P95), float64(r.ExpectedP95/s.ExpectedP95))
				}
			}
		}
		if r := rep.find(a, "any", heavy); r != nil {
			line("success at 30 %, 4 segments", a, true, 0.995, r.Success, r.Expected)
		}
	}
	b.WriteString("\n")
}

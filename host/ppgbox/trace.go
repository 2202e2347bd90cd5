package main

import (
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"github.com/ppgbox/ppgbox/host/admin"
)

type traceCommand struct {
	PushID string `arg:"" help:"The push-id that the Push Initiator gave."`
	adminClient
	JSON     bool   `help:"Print JSON."`
	Sequence bool   `help:"Draw who sent what to whom, with letters."`
	Plugins  bool   `help:"Draw encoders, routing strategies and bearers as parties of their own."`
	SVG      string `name:"svg" help:"Draw it into this file (SVG)." placeholder:"FILE"`
}

// Run implements the command.
func (c traceCommand) Run(s streams) error {
	list, err := c.pushes(c.PushID)
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(s.out, list)
	}
	var drawn []sequence
	for _, p := range list {
		if c.Sequence || c.SVG != "" {
			drawn = append(drawn, newSequences(p, c.Plugins)...)
			continue
		}
		printTrace(s.out, p)
	}
	if c.SVG != "" {
		if err := os.WriteFile(c.SVG, []byte(svgSequences(drawn)), 0o644); err != nil {
			return fmt.Errorf("drawing: %w", err)
		}
	}
	for i := range drawn {
		if c.Sequence {
			drawn[i].print(s.out)
		}
	}
	return nil
}

// printTrace prints the timeline of a push: when since it was received, what, by which plugin and node, and how long it took.
func printTrace(w io.Writer, p admin.Push) {
	fmt.Fprintf(w, "%s from %s, %s, %d octets\n", p.PushID, p.Initiator, p.ContentType, p.Octets)
	line := func(at time.Time, step, who, text, took string) {
		fmt.Fprintf(w, "  %10s  %-13s  %-18s  %s%s\n", since(p.Received, at), step, who, text, took)
	}
	line(p.Received, "accepted", "", "on disk at "+stamp(p.Received), "")
	for _, d := range p.Deliveries {
		fmt.Fprintf(w, " %s\n", d.Address)
		legs := slices.ContainsFunc(d.Attempts, func(a admin.Attempt) bool { return a.Leg > 0 })
		for i, a := range d.Attempts {
			if legs && (i == 0 || a.Leg != d.Attempts[i-1].Leg) {
				fmt.Fprintf(w, "  leg %d, terminal %s\n", a.Leg+1, a.Lane)
			}
			for _, st := range a.Steps {
				who := st.Plugin
				if st.Name == "network" {
					who = st.From + " → " + st.To
				}
				if st.Node != "" {
					who += " via " + st.Node
				}
				took := ""
				if rounded := st.Took.Round(10 * time.Microsecond); rounded > 0 {
					took = fmt.Sprintf("  (%s)", rounded)
				}
				line(st.At, st.Name, who, st.Text, took)
			}
			if a.Ended != nil && !endsWithOutcome(a) {
				line(*a.Ended, "outcome", a.Bearer, a.Outcome+": "+a.Cause, "")
			}
		}
		if d.At != nil {
			line(*d.At, d.State, "", fmt.Sprintf("%d %s", d.Code, d.Text), "")
		} else {
			fmt.Fprintf(w, "  %10s  %s\n", "", stateLine(d))
		}
		if n := d.Notification; n != nil {
			at := p.Received
			if n.Ended != nil {
				at = *n.Ended
			} else if n.Next != nil {
				at = *n.Next
			}
			line(at, "notified", "", notificationLine(n), "")
		}
	}
}

func endsWithOutcome(a admin.Attempt) bool {
	return len(a.Steps) > 0 && a.Steps[len(a.Steps)-1].Name == "outcome"
}

// since is how long after the push was received something was, as "+1.234s".
func since(received, at time.Time) string {
	return "+" + at.Sub(received).Round(100*time.Microsecond).String()
}

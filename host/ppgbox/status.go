package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/ppgbox/ppgbox/host/admin"
	"github.com/ppgbox/ppgbox/host/dispatch"
)

type statusCommand struct {
	PushID string `arg:"" optional:"" help:"The push-id that the Push Initiator gave."`
	adminClient
	Limit int  `default:"100" help:"Without a push-id: how many deliveries to list (default ${default}, at most 10000)."`
	JSON  bool `help:"Print JSON."`
}

// Help implements kong.HelpProvider.
func (statusCommand) Help() string {
	return "Without a push-id it lists what is pending, oldest first, and what each delivery waits for. " +
		"A push that was refused has no status: the refusal is in the gateway's log."
}

// Run implements the command.
func (c statusCommand) Run(s streams) error {
	if c.PushID == "" {
		return c.pending(s)
	}
	list, err := c.pushes(c.PushID)
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(s.out, list)
	}
	for _, p := range list {
		fmt.Fprintf(s.out, "%s from %s, %s, %d octets, received %s\n", p.PushID, p.Initiator, p.ContentType, p.Octets, stamp(p.Received))
		for _, d := range p.Deliveries {
			fmt.Fprintf(s.out, "  %s\n    %s\n", d.Address, stateLine(d))
			if n := d.Notification; n != nil {
				fmt.Fprintf(s.out, "    %s\n", notificationLine(n))
			}
		}
	}
	return nil
}

// pending lists what has waited longest.
func (c statusCommand) pending(s streams) error {
	var list []dispatch.Waiting
	if _, err := c.call(http.MethodGet, fmt.Sprint("/v1/pending?limit=", c.Limit), &list); err != nil {
		return err
	}
	if c.JSON {
		return printJSON(s.out, list)
	}
	if len(list) == 0 {
		fmt.Fprintln(s.out, "nothing is pending")
	}
	for _, w := range list {
		fmt.Fprintf(s.out, "%s  %s  %s from %s\n    waits for %s%s\n", stamp(w.Received), w.Address, w.PushID, w.Initiator, w.For, until(w.Next))
	}
	return nil
}

func until(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return ", until " + stamp(t)
}

func stateLine(d admin.Delivery) string {
	if d.At == nil && d.WaitsFor != "" {
		next := time.Time{}
		if d.Next != nil {
			next = *d.Next
		}
		return fmt.Sprintf("%s, %s so far, waits for %s%s", d.State, count(len(d.Attempts), "try", "tries"), d.WaitsFor, until(next))
	}
	if d.At == nil {
		return fmt.Sprintf("%s, %s so far", d.State, count(len(d.Attempts), "try", "tries"))
	}
	return fmt.Sprintf("%s at %s: %d %s", d.State, stamp(*d.At), d.Code, d.Text)
}

func notificationLine(n *admin.Notification) string {
	line := fmt.Sprintf("result notification to %s: %s, %s", n.URL, n.State, count(n.Tries, "try", "tries"))
	if n.Next != nil && n.Tries > 0 {
		line += ", next at " + stamp(*n.Next)
	}
	if n.LastError != "" {
		line += ", last error: " + n.LastError
	}
	return line
}

// stamp is a time of day for people, in UTC.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

func printJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

// count writes a number with its noun.
func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprint(n, " ", many)
}

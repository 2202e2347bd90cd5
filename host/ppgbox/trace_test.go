package main

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/ppgbox/ppgbox/host/admin"
	"github.com/ppgbox/ppgbox/host/store"
)

// The attempts of each leg stand below its terminal; a delivery of one leg needs no such line.
func TestTraceShowsLegs(t *testing.T) {
	received := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	attempt := func(leg int, lane, text string) admin.Attempt {
		ended := received.Add(time.Second)
		return admin.Attempt{
			Leg: leg, Lane: lane, Number: 1, Ended: &ended, Outcome: "accepted",
			Steps: []store.Step{{At: received, Name: "outcome", Text: text}},
		}
	}
	for _, tt := range []struct {
		name     string
		attempts []admin.Attempt
		want     []string // in this order
	}{
		{"two", []admin.Attempt{attempt(0, "PLMN:+1", "first"), attempt(0, "PLMN:+1", "second"), attempt(1, "IMSI:2", "third")}, []string{
			"  leg 1, terminal PLMN:+1\n", "first", "second", "  leg 2, terminal IMSI:2\n", "third",
		}},
		{"one", []admin.Attempt{attempt(0, "PLMN:+1", "first")}, []string{"first"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var out bytes.Buffer
			printTrace(&out, admin.Push{PushID: "p", Received: received, Deliveries: []admin.Delivery{{Address: "WAPPUSH=a", State: "pending", Attempts: tt.attempts}}})
			at, legs := 0, 0
			for _, want := range tt.want {
				i := strings.Index(out.String()[at:], want)
				if i < 0 {
					t.Fatalf("no %q in its place in:\n%s", want, &out)
				}
				at += i + len(want)
				legs += strings.Count(want, "leg ")
			}
			if n := strings.Count(out.String(), "terminal "); n != legs {
				t.Errorf("%d lines of legs, want %d:\n%s", n, legs, &out)
			}
		})
	}
}

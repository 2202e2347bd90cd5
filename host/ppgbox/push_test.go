package main

import (
	"context"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"github.com/ppgbox/ppgbox/host/pap"
)

// scripted is a gateway that answers with what the test says.
type scripted struct {
	code   pap.Code
	states []pap.MessageState // of successive queries, the last one for ever
}

func (g *scripted) Submit(context.Context, *pap.Initiator, *pap.Submission) (*pap.PushResponse, error) {
	return &pap.PushResponse{Result: pap.Result{Code: g.code, Desc: "as scripted"}}, nil
}

func (g *scripted) Query(_ context.Context, _ *pap.Initiator, q *pap.StatusQuery) (*pap.StatusQueryResponse, error) {
	state := g.states[0]
	if len(g.states) > 1 {
		g.states = g.states[1:]
	}
	return &pap.StatusQueryResponse{PushID: q.PushID, Results: []pap.StatusQueryResult{
		{State: state, Code: pap.OK, Addresses: []pap.Address{{Text: "WAPPUSH=+358401234567/TYPE=PLMN"}}},
	}}, nil
}

func TestPush(t *testing.T) {
	tests := []struct {
		name    string
		gateway scripted
		wait    string
		code    int
		want    string
	}{
		{"accepted", scripted{code: pap.AcceptedForProcessing}, "", exitOK, "p1: 1001 as scripted"},
		{"refused", scripted{code: pap.Forbidden}, "", exitFailed, "p1: 2001 as scripted"},
		{"delivered", scripted{pap.AcceptedForProcessing, []pap.MessageState{pap.StatePending, pap.StateDelivered}}, "5s", exitOK, "delivered"},
		{"undeliverable", scripted{pap.AcceptedForProcessing, []pap.MessageState{pap.StateUndeliverable}}, "5s", exitFailed, "undeliverable"},
		{"no final state in time", scripted{pap.AcceptedForProcessing, []pap.MessageState{pap.StatePending}}, "100ms", exitPending, "pending"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			anybody, err := pap.NewInitiators([]pap.Initiator{{Name: "me", Sources: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}})
			if err != nil {
				t.Fatal(err)
			}
			server := httptest.NewServer(pap.NewHandler(&tt.gateway, pap.Options{Initiators: anybody}))
			defer server.Close()
			args := []string{"push", "--url", server.URL + "/wappush", "--to", "+358401234567", "--sl", "http://example.com/", "--push-id", "p1"}
			if tt.wait != "" {
				args = append(args, "--wait", tt.wait)
			}
			code, out, errOut := ppgbox(t, "", args...)
			if code != tt.code || !strings.Contains(out, tt.want) {
				t.Errorf("exit code %d, want %d, and %q in:\n%s%s", code, tt.code, tt.want, out, errOut)
			}
		})
	}
}

func TestPushWithoutRights(t *testing.T) {
	hash, err := pap.HashPassword("s3cret")
	if err != nil {
		t.Fatal(err)
	}
	known, err := pap.NewInitiators([]pap.Initiator{{Name: "me", Username: "me", Hash: hash}})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(pap.NewHandler(&scripted{}, pap.Options{Initiators: known}))
	defer server.Close()
	code, _, errOut := ppgbox(t, "", "push", "--url", server.URL+"/wappush", "--to", "+358401234567", "--sl", "http://example.com/")
	if code != exitFailed || !strings.Contains(errOut, "401") {
		t.Errorf("exit code %d, said %q; want %d and the status", code, errOut, exitFailed)
	}
}

package gateway

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/ppgbox/ppgbox/host/pap"
	"github.com/ppgbox/ppgbox/host/policy"
	"github.com/ppgbox/ppgbox/host/subscriber"
	"github.com/ppgbox/ppgbox/sdk/plugin"
	"github.com/ppgbox/ppgbox/sdk/push"
)

func TestRegisteredApplications(t *testing.T) {
	const mms, mail, wml = "x-wap-application:mms.ua", "x-acme:mail", "x-wap-application:wml.ua"
	for _, tt := range []struct {
		name                string
		registered, allowed []string
		application         string // header, "" for none
		code                pap.Code
		says                string
	}{
		{"none is registered", nil, nil, mail, pap.AcceptedForProcessing, ""},
		{"registered", []string{wml, mms}, nil, mms, pap.AcceptedForProcessing, ""},
		{"by its short name", []string{mms}, nil, "mms.ua", pap.AcceptedForProcessing, ""},
		{"by its number", []string{mms}, nil, "0x04", pap.AcceptedForProcessing, ""},
		{"not registered", []string{mms}, nil, mail, pap.Forbidden, "application x-acme:mail is not registered"},
		{"not registered, by its number", []string{mms}, nil, "7", pap.Forbidden, "application x-wap-application:syncml.dm is not registered"},
		{"no header means wml.ua", []string{mms}, nil, "", pap.Forbidden, "application " + wml + " is not registered"},
		{"no header, wml.ua registered", []string{wml}, nil, "", pap.AcceptedForProcessing, ""},
		{"registered and allowed", []string{mms, mail}, []string{mail}, mail, pap.AcceptedForProcessing, ""},
		{"registered and not allowed", []string{mms, mail}, []string{mail}, mms, pap.Forbidden, "pushes to application " + mms + " are not allowed"},
		{"allowed and not registered", []string{mms}, []string{mail}, mail, pap.Forbidden, "is not registered"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			g, st, _ := newGateway(t)
			g.SetPermits(Permits{Applications: tt.registered, Initiators: map[string]Permit{"mmsc": {Applications: tt.allowed}}})
			s := submission("p1", plmn("358401234567"))
			if tt.application != "" {
				s.Content.Headers = []push.Header{{Name: "X-Wap-Application-Id", Value: tt.application}}
			}
			resp, err := g.Submit(t.Context(), mmsc, s)
			if err != nil || resp.Result.Code != tt.code || !strings.Contains(resp.Result.Desc, tt.says) {
				t.Errorf("answered %+v, %v; want %s %s", resp, err, tt.code, tt.says)
			}
			if stored := len(st.byID) == 1; stored != (tt.code == pap.AcceptedForProcessing) {
				t.Errorf("stored: %v", stored)
			}
		})
	}
}

// directory knows one user.
type directory struct {
	t    *testing.T
	user string
}

func (d directory) Resolve(a push.Address) ([]subscriber.Terminal, error) {
	_, domain, _ := strings.Cut(a.Value, "@")
	switch {
	case a.Type != push.USER:
		d.t.Errorf("asked for %s", a)
		return nil, nil
	case domain != "push.example":
		return nil, subscriber.ErrForeign
	case a.Value != d.user:
		return nil, fmt.Errorf("%q: %w", a.Value, subscriber.ErrUnknown)
	}
	return []subscriber.Terminal{{Lane: "PLMN:+358401234567"}}, nil
}

func TestUserIdentifiers(t *testing.T) {
	pdp := policy.BearerInfo{Instance: "pdp", Info: plugin.Info{AddressTypes: []push.AddressType{push.PLMN, push.USER}}}
	p := policy.Policy{Name: "pdp", Attempts: []policy.Attempt{{Bearer: "pdp", Within: time.Minute}}}
	set, err := policy.New([]policy.Policy{p}, nil, []policy.BearerInfo{pdp})
	if err != nil {
		t.Fatal(err)
	}
	user := func(id string) pap.Address {
		return pap.Address{Text: "WAPPUSH=" + id + "/TYPE=USER@ppg", Client: push.Address{Type: push.USER, Value: id}}
	}
	alice := user("alice@push.example")
	for _, tt := range []struct {
		name      string
		to        []pap.Address
		without   bool // anybody who knows subscribers
		code      pap.Code
		mentioned string
	}{
		{"known", []pap.Address{alice, plmn("358401234567")}, false, pap.AcceptedForProcessing, ""},
		{"of a foreign domain", []pap.Address{alice, user("bob@example.org")}, false, pap.AddressError, "bob@example.org/TYPE=USER"},
		{"unknown", []pap.Address{alice, user("bob@push.example")}, false, pap.AddressNotFound, "bob@push.example/TYPE=USER"},
		{"no push server", []pap.Address{user("bob@example.org")}, true, pap.AcceptedForProcessing, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			g, st, _ := newGateway(t)
			g.SetPolicies(set)
			if !tt.without {
				g.opts.Subscribers = directory{t, "alice@push.example"}
			}
			resp, err := g.Submit(t.Context(), mmsc, submission("p1", tt.to...))
			if err != nil || resp.Result.Code != tt.code || !strings.Contains(resp.Result.Desc, tt.mentioned) {
				t.Errorf("answered %+v, %v; want %s for %s", resp, err, tt.code, tt.mentioned)
			}
			if stored := len(st.byID) == 1; stored != (tt.code == pap.AcceptedForProcessing) {
				t.Errorf("stored: %v", stored)
			}
		})
	}
}

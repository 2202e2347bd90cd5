package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/ppgbox/ppgbox/host/pap"
	"github.com/ppgbox/ppgbox/host/store"
	"github.com/ppgbox/ppgbox/sdk/push"
)

// The subscriber of the demo, whose terminal is the one of demoNumber.
const (
	demoUser     = "aino@push.demo"
	demoPassword = "aino's"
	demoNobody   = "nobody@push.demo"
)

// enterSubscribers enters the subscribers, as "ppgbox subscriber add" does.
func (d *demoParts) enterSubscribers(ctx context.Context) error {
	hash, err := pap.HashPassword(demoPassword)
	if err != nil {
		return err
	}
	return d.gateway.pushServer.directory.Put(ctx, []store.Subscriber{
		{
			Users: []string{demoUser}, Password: hash,
			Terminals: []store.Terminal{{MSISDN: push.MSISDN(strings.TrimPrefix(demoNumber, "+"))}},
		},
		{Users: []string{demoSleeper}, Terminals: []store.Terminal{{MSISDN: "358407654321", IMSI: demoSleeperIMSI}}},
	})
}

// register is what a push client does when it has an address.
func (d *demoParts) register(ctx context.Context, s *story) error {
	body, err := json.Marshal(map[string]string{"user": demoUser, "device": "phone"})
	if err != nil {
		return err
	}
	var made struct {
		Dynamic string `json:"dynamic"`
		Address string `json:"address"`
	}
	if err := d.askRegistration(ctx, http.MethodPost, "", body, &made); err != nil {
		return fmt.Errorf("registering: %w", err)
	}
	s.event(time.Now(), "registered", "%s at %s, by the terminal's push client", demoUser, made.Address)
	s.more("it may be pushed to as %s, too", made.Dynamic)
	return nil
}

// release is what it does before it gives the address up.
func (d *demoParts) release(ctx context.Context, s *story) error {
	if err := d.askRegistration(ctx, http.MethodDelete, "?device=phone", nil, nil); err != nil {
		return fmt.Errorf("releasing: %w", err)
	}
	s.event(time.Now(), "released", "%s has no address any more", demoUser)
	return nil
}

func (d *demoParts) askRegistration(ctx context.Context, method, query string, body []byte, into any) error {
	url := "http://" + d.gateway.pushServer.clients[0].Addr().String() + "/v1/registration" + query
	req, err := http.NewRequestWithContext(ctx, method, url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.SetBasicAuth(demoUser, demoPassword)
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode/100 != 2 {
		return fmt.Errorf("the client listener answered %s", resp.Status)
	}
	if into == nil {
		return nil
	}
	return json.NewDecoder(resp.Body).Decode(into)
}

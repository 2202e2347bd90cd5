package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/ppgbox/ppgbox/host/admin"
)

// adminClient asks a running gateway.
type adminClient struct {
	Admin string `default:"http://127.0.0.1:8081" env:"PPGBOX_ADMIN" help:"Admin listener of the running gateway (default ${default}, or $$PPGBOX_ADMIN)." placeholder:"URL"`
}

// call makes a request and decodes the answer, whose HTTP status it returns.
func (c adminClient) call(method, path string, into any) (status int, err error) {
	return c.send(method, path, nil, 2*time.Minute, into)
}

// send makes a request with a body.
func (c adminClient) send(method, path string, body io.Reader, timeout time.Duration, into any) (status int, err error) {
	req, err := http.NewRequest(method, strings.TrimRight(c.Admin, "/")+path, body)
	if err != nil {
		return 0, fmt.Errorf("--admin: %w", err)
	}
	resp, err := (&http.Client{Timeout: timeout}).Do(req)
	if err != nil {
		return 0, fmt.Errorf("asking the gateway (is it running, and is --admin right?): %w", err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return 0, fmt.Errorf("asking the gateway: %w", err)
	}
	if err := json.Unmarshal(text, into); err != nil {
		return 0, fmt.Errorf("asking the gateway: %s: %s", resp.Status, strings.TrimSpace(string(text)))
	}
	return resp.StatusCode, nil
}

// pushes returns the pushes with a push-id, at least one.
func (c adminClient) pushes(pushID string) ([]admin.Push, error) {
	var list []admin.Push
	if _, err := c.call(http.MethodGet, "/v1/pushes?push-id="+url.QueryEscape(pushID), &list); err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, &exitError{exitNotFound, fmt.Errorf("no push has the push-id %q", pushID)}
	}
	return list, nil
}

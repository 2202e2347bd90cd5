package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/ppgbox/ppgbox/host/pap"
)

// papClient speaks PAP as a Push Initiator.
type papClient struct {
	url, username, password string
	tls                     *tls.Config // nil: the system's
}

func (c papClient) post(ctx context.Context, contentType string, body []byte) (pap.Message, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url, bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("--url: %w", err)
	}
	req.Header.Set("Content-Type", contentType)
	if c.username != "" {
		req.SetBasicAuth(c.username, c.password)
	}
	transport := &http.Transport{Proxy: http.ProxyFromEnvironment, TLSClientConfig: c.tls}
	defer transport.CloseIdleConnections()
	resp, err := (&http.Client{Transport: transport, Timeout: time.Minute}).Do(req)
	if err != nil {
		return nil, fmt.Errorf("submitting (is the gateway running, and is --url right?): %w", err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	if err != nil {
		return nil, fmt.Errorf("reading the answer: %w", err)
	}
	doc, err := pap.Parse(bytes.NewReader(answer), "", pap.Limits{Octets: 1 << 20})
	switch {
	case err != nil && resp.StatusCode/100 != 2: // a refusal in plain text
		return nil, fmt.Errorf("the gateway answered %s: %s", resp.Status, strings.TrimSpace(string(answer)))
	case err != nil:
		return nil, fmt.Errorf("the answer is no PAP document: %w", err)
	}
	return doc.Message, nil
}

// await asks for the status until every recipient has a final state or the time is over.
func (c papClient) await(ctx context.Context, pushID string, patience time.Duration) ([]pushResult, error) {
	query := pap.Append(nil, pap.Document{Version: pap.DefaultVersion, Message: &pap.StatusQuery{PushID: pushID}})
	for end, pause := time.Now().Add(patience), 50*time.Millisecond; ; pause = min(2*pause, 2*time.Second) {
		m, err := c.post(ctx, "application/xml", query)
		if err != nil {
			return nil, err
		}
		status, ok := m.(*pap.StatusQueryResponse)
		if !ok {
			return nil, fmt.Errorf("the gateway answered the status query with a %T", m)
		}
		results, final := resultsOf(status)
		if final || time.Now().After(end) {
			return results, nil
		}
		time.Sleep(min(pause, max(time.Until(end), time.Millisecond)))
	}
}

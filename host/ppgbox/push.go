package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/ppgbox/ppgbox/host/pap"
)

type pushCommand struct {
	pushFlags
	URL          string        `name:"url" default:"http://127.0.0.1:8080/wappush" env:"PPGBOX_URL" help:"The gateway's PAP address (default ${default}, or $$PPGBOX_URL)." placeholder:"URL"`
	Username     string        `help:"For HTTP basic authentication." placeholder:"NAME"`
	PasswordFile string        `type:"existingfile" help:"File with the password itself." placeholder:"FILE"`
	Wait         time.Duration `help:"Wait so long for the final state of every recipient." placeholder:"DURATION"`
	JSON         bool          `help:"Print JSON."`
}

// Help implements kong.HelpProvider.
func (pushCommand) Help() string {
	return "Examples:\n\n" +
		"  ppgbox push --to +358401234567 --si http://example.com/mail --text '4 new emails' --wait 1m\n" +
		"  ppgbox push --to 10.45.0.7 message.si\n" +
		"  ppgbox push --pap control.xml notification.mms --type application/vnd.wap.mms-message\n\n" +
		"Exit codes: 0 accepted (with --wait: delivered to everybody), 1 refused or not delivered, 4 no final state in time."
}

// Run implements the command.
func (c pushCommand) Run(s streams) error {
	sub, err := c.submission()
	if err != nil {
		return err
	}
	client := papClient{url: c.URL, username: c.Username}
	if c.PasswordFile != "" {
		b, err := os.ReadFile(c.PasswordFile)
		if err != nil {
			return err
		}
		client.password = strings.TrimRight(string(b), "\r\n")
	}
	contentType, body, err := pap.Compose(*sub)
	if err != nil {
		return &exitError{exitUsage, err}
	}
	ctx := context.Background()
	answer, err := client.post(ctx, contentType, body)
	if err != nil {
		return err
	}
	report := pushReport{PushID: sub.Message.PushID}
	switch m := answer.(type) {
	case *pap.PushResponse:
		report.Code, report.Text = int(m.Result.Code), m.Result.Desc
	case *pap.BadMessageResponse:
		report.Code, report.Text = int(m.Code), m.Desc
	default:
		return fmt.Errorf("the gateway answered with a %T", answer)
	}
	accepted := pap.Code(report.Code).Class() == 1
	if accepted && c.Wait > 0 {
		if report.Results, err = client.await(ctx, report.PushID, c.Wait); err != nil {
			return err
		}
	}
	if err := report.print(s.out, c.JSON); err != nil {
		return err
	}
	return report.verdict(accepted)
}

// pushReport is what became of a push as far as its initiator knows.
type pushReport struct {
	PushID  string       `json:"push_id"`
	Code    int          `json:"code"` // of the push-response
	Text    string       `json:"text"`
	Results []pushResult `json:"results,omitempty"`
}

type pushResult struct {
	Address string `json:"address"`
	State   string `json:"state"`
	Code    int    `json:"code"`
	Text    string `json:"text,omitempty"`
	Method  string `json:"delivery_method,omitempty"`
}

func (r pushReport) print(w io.Writer, asJSON bool) error {
	if asJSON {
		return printJSON(w, r)
	}
	fmt.Fprintf(w, "%s: %d %s\n", r.PushID, r.Code, r.Text)
	for _, x := range r.Results {
		fmt.Fprintf(w, "  %s: %s, %d %s\n", x.Address, x.State, x.Code, x.Text)
	}
	return nil
}

// verdict is the exit code.
func (r pushReport) verdict(accepted bool) error {
	if !accepted {
		return &exitError{code: exitFailed}
	}
	for _, x := range r.Results {
		switch pap.MessageState(x.State) {
		case pap.StateDelivered:
		case pap.StatePending:
			return &exitError{code: exitPending}
		default:
			return &exitError{code: exitFailed}
		}
	}
	return nil
}

// papClient speaks PAP as a Push Initiator.
type papClient struct{ url, username, password string }

func (c papClient) post(ctx context.Context, contentType string, body []byte) (pap.Message, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url, bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("--url: %w", err)
	}
	req.Header.Set("Content-Type", contentType)
	if c.username != "" {
		req.SetBasicAuth(c.username, c.password)
	}
	resp, err := (&http.Client{Timeout: time.Minute}).Do(req)
	if err != nil {
		return nil, fmt.Errorf("submitting (is the gateway running, and is --url right?): %w", err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	if err != nil {
		return nil, fmt.Errorf("reading the answer: %w", err)
	}
	if resp.StatusCode/100 != 2 {
		return nil, fmt.Errorf("the gateway answered %s: %s", resp.Status, strings.TrimSpace(string(answer)))
	}
	doc, err := pap.Parse(bytes.NewReader(answer), "", pap.Limits{Octets: 1 << 20})
	if err != nil {
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

func resultsOf(r *pap.StatusQueryResponse) (results []pushResult, final bool) {
	final = true
	for _, x := range r.Results {
		final = final && x.State.Final()
		method := ""
		if x.QoS != nil {
			method = x.QoS.DeliveryMethod.String()
		}
		for _, a := range x.Addresses {
			results = append(results, pushResult{Address: a.Text, State: string(x.State), Code: int(x.Code), Text: x.Desc, Method: method})
		}
	}
	return results, final
}

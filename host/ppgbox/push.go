package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
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
	CA           string        `name:"ca" type:"existingfile" help:"PEM file of who vouches for the gateway's certificate (default: whom the system trusts)." placeholder:"FILE"`
	Certificate  string        `type:"existingfile" help:"PEM file of the Push Initiator's certificate, with --key." placeholder:"FILE"`
	Key          string        `type:"existingfile" help:"PEM file of its key." placeholder:"FILE"`
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
	if client.tls, err = c.tls(); err != nil {
		return &exitError{exitUsage, err}
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

// tls is how the gateway is spoken with over https.
func (c pushCommand) tls() (*tls.Config, error) {
	t := &tls.Config{MinVersion: tls.VersionTLS12}
	if c.CA != "" {
		text, err := os.ReadFile(c.CA)
		if err != nil {
			return nil, err
		}
		t.RootCAs = x509.NewCertPool()
		if !t.RootCAs.AppendCertsFromPEM(text) {
			return nil, fmt.Errorf("--ca: %s holds no certificate in PEM", c.CA)
		}
	}
	switch {
	case (c.Certificate == "") != (c.Key == ""):
		return nil, errors.New("--certificate and --key go together")
	case c.Certificate != "":
		pair, err := tls.LoadX509KeyPair(c.Certificate, c.Key)
		if err != nil {
			return nil, fmt.Errorf("--certificate: %w", err)
		}
		t.Certificates = []tls.Certificate{pair}
	}
	return t, nil
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

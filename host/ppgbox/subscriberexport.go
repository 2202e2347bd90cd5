package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/ppgbox/ppgbox/host/admin"
)

type subscriberExportCommand struct {
	WithPasswords bool `help:"Write the hashes of the passwords, too. Whoever has them can guess passwords: keep the file as you keep secrets."`
	adminClient
}

// Help implements kong.HelpProvider.
func (subscriberExportCommand) Help() string {
	return "A row for each terminal, on standard output. Subscribers that are entered or removed meanwhile may be in it or not.\n\n" +
		"  ppgbox subscriber export > subscribers.csv"
}

// Run implements the command.
func (c subscriberExportCommand) Run(s streams) error {
	req, err := http.NewRequest(http.MethodGet, strings.TrimRight(c.Admin, "/")+"/v1/subscribers/export", nil)
	if err != nil {
		return fmt.Errorf("--admin: %w", err)
	}
	if c.WithPasswords {
		req.URL.RawQuery = "passwords=true"
	}
	resp, err := (&http.Client{Timeout: importTime}).Do(req)
	if err != nil {
		return fmt.Errorf("asking the gateway (is it running, and is --admin right?): %w", err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		var failure admin.Failure
		_ = json.NewDecoder(resp.Body).Decode(&failure) // that of another program says nothing
		return fmt.Errorf("asking the gateway: %s %s", resp.Status, failure.Error)
	}
	if _, err := io.Copy(s.out, resp.Body); err != nil {
		return fmt.Errorf("the list is not whole: %w", err)
	}
	return nil
}

package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/ppgbox/ppgbox/host/admin"
	"github.com/ppgbox/ppgbox/host/config"
	"github.com/ppgbox/ppgbox/host/store"
	"github.com/ppgbox/ppgbox/sdk/push"
)

// subscriberCommand has the commands that enter and show subscribers, at a running gateway.
type subscriberCommand struct {
	Add    subscriberAddCommand    `cmd:"" help:"Enter a subscriber, or replace the one whose first user identifier is the same."`
	Show   subscriberShowCommand   `cmd:"" help:"Show what is known of a user identifier, a number, an IMSI or an IP address: terminals, sessions, registrations."`
	Import subscriberImportCommand `cmd:"" help:"Enter subscribers from a CSV file, or add to those that are there."`
	Export subscriberExportCommand `cmd:"" help:"Write all subscribers as CSV, as import reads it."`
	Remove subscriberRemoveCommand `cmd:"" help:"Remove a subscriber with all its user identifiers and registrations."`
}

type subscriberAddCommand struct {
	Users        []string `arg:"" help:"User identifiers, user@push-domain; the first names the subscriber." placeholder:"USER"`
	Terminal     []string `help:"A terminal: +NUMBER, IMSI, or +NUMBER/IMSI; several times for several. A number is international." placeholder:"TERMINAL"`
	PasswordFile string   `type:"existingfile" help:"File with the line that \"ppgbox password\" prints, so that push clients may register; without it none may." placeholder:"FILE"`
	adminClient
}

// Help implements kong.HelpProvider.
func (subscriberAddCommand) Help() string {
	return "  ppgbox subscriber add alice@push.example.net --terminal +358401234567/244910000000001 --terminal 244910000000002\n\n" +
		"A subscriber with the same first user identifier is replaced, with everything: what is not given is gone afterwards, terminals and " +
		"password too. To add a terminal to one that is there, use \"ppgbox subscriber import\"."
}

// Run implements the command.
func (c subscriberAddCommand) Run(s streams) error {
	in := admin.Subscriber{Users: c.Users}
	for _, text := range c.Terminal {
		t, err := terminal(text)
		if err != nil {
			return &exitError{exitUsage, err}
		}
		in.Terminals = append(in.Terminals, t)
	}
	if c.PasswordFile != "" {
		hash, err := config.PasswordHash(c.PasswordFile)
		if err != nil {
			return &exitError{exitUsage, fmt.Errorf("--password-file: %w", err)}
		}
		in.PasswordHash = string(hash)
	}
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	return c.shown(s, http.MethodPost, "/v1/subscribers", body)
}

// terminal reads +NUMBER/IMSI, +NUMBER or IMSI. An IMSI that stands alone is as long as IMSIs are (14 digits where the code of the
// network has two and the subscriber's number is short, 15 otherwise), as it may be a number without its "+" else.
func terminal(text string) (t store.Terminal, err error) {
	number, imsi, both := strings.Cut(text, "/")
	if !both && !strings.HasPrefix(text, "+") {
		if len(text) != 14 && len(text) != 15 || strings.Trim(text, "0123456789") != "" {
			return t, fmt.Errorf("--terminal %q: a number is written +358401234567, international with \"+\" and the country code, and an IMSI has 14 or 15 digits", text)
		}
		number, imsi = "", text
	}
	if number != "" {
		digits, ok := strings.CutPrefix(number, "+")
		if !ok {
			return t, fmt.Errorf("--terminal %q: a number is international and begins with \"+\"", text)
		}
		t.MSISDN = push.MSISDN(digits)
	}
	t.IMSI = push.IMSI(imsi)
	return t, nil
}

type subscriberShowCommand struct {
	Of string `arg:"" help:"A user identifier, +NUMBER, IMSI, or IP address." placeholder:"WHO"`
	adminClient
	JSON bool `help:"Print JSON."`
}

// Run implements the command.
func (c subscriberShowCommand) Run(s streams) error {
	path := "/v1/subscribers?of=" + url.QueryEscape(c.Of)
	if !c.JSON {
		return c.shown(s, http.MethodGet, path, nil)
	}
	var out struct {
		admin.ShownSubscriber
		admin.Failure
	}
	if err := c.done(http.MethodGet, path, nil, &out, &out.Failure); err != nil {
		return err
	}
	return printJSON(s.out, out.ShownSubscriber)
}

// shown prints the subscriber that a request answers.
func (c adminClient) shown(s streams, method, path string, body []byte) error {
	var out struct {
		admin.ShownSubscriber
		admin.Failure
	}
	if err := c.done(method, path, body, &out, &out.Failure); err != nil {
		return err
	}
	printSubscriber(s.out, out.ShownSubscriber)
	return nil
}

// done makes a request whose refusal is an error.
func (c adminClient) done(method, path string, body []byte, into any, failure *admin.Failure) error {
	status, err := c.send(method, path, bytes.NewReader(body), 2*time.Minute, into)
	switch {
	case err != nil:
		return err
	case status == http.StatusNotFound:
		return &exitError{exitNotFound, errors.New(failure.Error)}
	case status != http.StatusOK:
		return errors.New(failure.Error)
	}
	return nil
}

func printSubscriber(w io.Writer, s admin.ShownSubscriber) {
	owned := slices.ContainsFunc(s.Terminals, func(t admin.ShownTerminal) bool { return t.Of != "" })
	switch {
	case len(s.Users) == 0 && owned: // an address was asked for
	case len(s.Users) == 0:
		fmt.Fprintln(w, "no subscriber: known by what the network told alone")
	case s.MayRegister:
		fmt.Fprintf(w, "%s (push clients may register)\n", strings.Join(s.Users, ", "))
	default:
		fmt.Fprintf(w, "%s (no password: no push client may register)\n", strings.Join(s.Users, ", "))
	}
	for _, t := range s.Terminals {
		fmt.Fprintf(w, "  terminal %s", t.Lane)
		if t.IMSI != "" && !strings.HasPrefix(t.Lane, "IMSI:") {
			fmt.Fprintf(w, ", IMSI %s", t.IMSI)
		}
		switch {
		case t.Of != "":
			fmt.Fprintf(w, ", of %s", t.Of)
		case owned:
			fmt.Fprint(w, ", of nobody who was entered")
		}
		if len(t.Sessions) == 0 {
			fmt.Fprint(w, ": not online")
		}
		fmt.Fprintln(w)
		for _, x := range t.Sessions {
			fmt.Fprintf(w, "    online at %s, ggsn %q, apn %q", x.Address, x.GGSN, x.APN)
			if x.Started != nil {
				fmt.Fprintf(w, ", since %s", stamp(*x.Started))
			}
			if x.Expires != nil {
				fmt.Fprintf(w, ", until %s unless told again", stamp(*x.Expires))
			}
			fmt.Fprintln(w)
			if x.Accounting != "" {
				fmt.Fprintf(w, "      told by RADIUS, Acct-Session-Id %s\n", x.Accounting)
			}
			if x.User != "" {
				device := ""
				if x.Device != "" {
					device = ", device " + x.Device
				}
				fmt.Fprintf(w, "      registered for %s%s, as %s", x.User, device, x.Dynamic)
				if x.Valid != nil {
					fmt.Fprintf(w, " until %s", stamp(*x.Valid))
				}
				fmt.Fprintln(w)
			}
		}
	}
}

type subscriberImportCommand struct {
	File string `arg:"" help:"CSV file; - is standard input." placeholder:"FILE"`
	adminClient
}

// importTime bounds an import: a million rows take some ten seconds.
const importTime = time.Hour

// Help implements kong.HelpProvider.
func (subscriberImportCommand) Help() string {
	return "The first line names the columns: user, and of msisdn, imsi and password what there is, in any order. A row is one terminal; user may " +
		"hold several identifiers with spaces between them, and rows with the same first one belong to one subscriber. password is a " +
		"hash as \"ppgbox password\" prints it, or empty.\n\n" +
		"  user,msisdn,imsi,password\n  alice@push.example.net,+358401234567,244910000000001,\n\n" +
		"A row adds what it has to the subscriber that is there, and takes nothing away; \"ppgbox subscriber add\" replaces one. " +
		"Rows that can not be used are named and left out, the others are entered. Exit codes: 0 all rows, 1 not all."
}

// Run implements the command.
func (c subscriberImportCommand) Run(s streams) error {
	in := s.in
	if c.File != "-" {
		f, err := os.Open(c.File)
		if err != nil {
			return &exitError{exitUsage, err}
		}
		defer f.Close()
		in = f
	}
	var out admin.Imported
	if _, err := c.send(http.MethodPost, "/v1/subscribers/import", in, importTime, &out); err != nil {
		return err
	}
	unnamed := out.Bad
	for _, bad := range out.BadRows {
		fmt.Fprintf(s.err, "%s:%d: %s", c.File, bad.Line, bad.Reason)
		if bad.More > 0 {
			fmt.Fprintf(s.err, " (and %d more rows, the last in line %d)", bad.More, bad.Last)
		}
		fmt.Fprintln(s.err)
		unnamed -= 1 + bad.More
	}
	if unnamed > 0 {
		fmt.Fprintf(s.err, "%s: and %d more rows for other reasons\n", c.File, unnamed)
	}
	fmt.Fprintf(s.out, "%d rows: %d subscribers added, %d changed, %d rows as they were, %d rows left out\n", out.Rows, out.Added, out.Changed, out.Same, out.Bad)
	switch {
	case out.Error != "":
		return fmt.Errorf("not read to the end: %s", out.Error)
	case out.Bad > 0:
		return &exitError{code: exitFailed}
	}
	return nil
}

type subscriberRemoveCommand struct {
	User string `arg:"" help:"Any user identifier of the subscriber." placeholder:"USER"`
	adminClient
}

// Run implements the command.
func (c subscriberRemoveCommand) Run(s streams) error {
	var out admin.Failure
	if err := c.done(http.MethodDelete, "/v1/subscribers?user="+url.QueryEscape(c.User), nil, &out, &out); err != nil {
		return err
	}
	fmt.Fprintln(s.out, "removed")
	return nil
}

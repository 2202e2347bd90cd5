package sms

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ppgbox/ppgbox/sdk/plugin"
	"github.com/ppgbox/ppgbox/sdk/push"
	"github.com/ppgbox/ppgbox/sdk/smpp"
)

func TestSampleHasTheDefaults(t *testing.T) {
	sample, err := parseConfig(plugin.Config{TOML: []byte(Sample)})
	if err != nil {
		t.Fatal(err)
	}
	short, err := parseConfig(plugin.Config{TOML: []byte("source = \"1234\"\nlink = [{ address = \"127.0.0.1:2775\", system_id = \"ppgbox\" }]")})
	if err != nil {
		t.Fatal(err)
	}
	if a, b := fmt.Sprintf("%+v", sample), fmt.Sprintf("%+v", short); a != b {
		t.Errorf("sample %s\ndefaults %s", a, b)
	}
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(readme, []byte(Sample)) {
		t.Error("README.md does not show the sample as it is")
	}
}

// The gateway checks files before it starts anything, and errors say which file was looked for.
func TestFiles(t *testing.T) {
	var files []string
	for _, k := range New().Info().Keys {
		if k.Type == plugin.TypeFile {
			files = append(files, k.Name)
		}
	}
	if got := strings.Join(files, " "); got != "link[].password_file link[].ca_file" {
		t.Errorf("files are %s", got)
	}
	dir := t.TempDir()
	t.Chdir(dir)
	if err := os.WriteFile("empty", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]string{
		"password_file = \"nosuch\"":       filepath.Join(dir, "nosuch"),
		"tls = true, ca_file = \"nosuch\"": filepath.Join(dir, "nosuch"),
		"tls = true, ca_file = \"empty\"":  filepath.Join(dir, "empty") + " has no certificate",
	} {
		err := New().Configure(t.Context(), plugin.Config{TOML: []byte("source = \"1\"\nlink = [{ address = \"a:1\", system_id = \"b\", " + key + " }]")})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, without %s", key, err, want)
		}
	}
}

func TestSource(t *testing.T) {
	for _, tt := range []struct {
		text string
		want smpp.Address
	}{
		{"+46700000001", smpp.Address{TON: smpp.TONInternational, NPI: smpp.NPIISDN, Addr: "46700000001"}},
		{"46700000001", smpp.Address{TON: smpp.TONInternational, NPI: smpp.NPIISDN, Addr: "46700000001"}},
		{"+4670", smpp.Address{TON: smpp.TONInternational, NPI: smpp.NPIISDN, Addr: "4670"}},
		{"1234", smpp.Address{TON: smpp.TONUnknown, NPI: smpp.NPIISDN, Addr: "1234"}},
		{"0700000001", smpp.Address{TON: smpp.TONUnknown, NPI: smpp.NPIISDN, Addr: "0700000001"}},
		{"Example", smpp.Address{TON: smpp.TONAlphanumeric, NPI: smpp.NPIUnknown, Addr: "Example"}},
		{"1 2", smpp.Address{TON: smpp.TONAlphanumeric, NPI: smpp.NPIUnknown, Addr: "1 2"}},
		{"+", smpp.Address{TON: smpp.TONAlphanumeric, NPI: smpp.NPIUnknown, Addr: "+"}},
	} {
		if got := sourceOf(tt.text); got != tt.want {
			t.Errorf("%q is %+v, want %+v", tt.text, got, tt.want)
		}
	}
	c, err := parseConfig(plugin.Config{TOML: []byte("source = \"1234\"\nsource_ton = 3\nsource_npi = 0\nlink = [{ address = \"a:1\", system_id = \"b\" }]")})
	if want := (smpp.Address{TON: 3, NPI: 0, Addr: "1234"}); err != nil || c.source != want {
		t.Errorf("source %+v, %v, want %+v", c.source, err, want)
	}
}

func TestInfo(t *testing.T) {
	i := New().Info()
	if i.Kind != plugin.KindBearer || i.Name != "sms" || !i.Confirms || i.Network != "GSM" || i.Bearer != "SMS" || len(i.AddressTypes) != 1 || i.AddressTypes[0] != push.PLMN {
		t.Errorf("%+v", i)
	}
}

func TestLimitsOfPushes(t *testing.T) {
	for _, tt := range []struct {
		config            string
		inFlight, resends int
	}{
		{"", 1000, 0},
		{"in_flight = 5\nresends = 3", 5, 3},
		{"resends = 0", 1000, -1},
		{`mode = "receipts"`, 10_000, 0},
		{"mode = \"receipts\"\nin_flight = 7", 7, 0},
	} {
		c, err := parseConfig(plugin.Config{TOML: []byte("source = \"1\"\n" + tt.config + "\nlink = [{ address = \"a:1\", system_id = \"b\" }]")})
		if err != nil || c.inFlight != tt.inFlight || int(c.resends) != tt.resends {
			t.Errorf("%q: %d in flight, %d resends, %v", tt.config, c.inFlight, c.resends, err)
		}
	}
}

// In mode delegate a link must wait as long as the SMSC may try.
func TestResponseTimeoutOfDelegate(t *testing.T) {
	for _, tt := range []struct {
		config, link string
		problem      string
	}{
		{`mode = "delegate"`, ``, ""},
		{"mode = \"delegate\"\nwindow = \"70s\"", ``, ""},
		{"mode = \"delegate\"\nwindow = \"71s\"", ``, "link.0.response_timeout: 1m10s is shorter than window (1m11s)"},
		{`mode = "delegate"`, `, response_timeout = "59s"`, "link.0.response_timeout: 59s is shorter than window (1m0s)"},
		{`mode = "integrated"`, `, response_timeout = "59s"`, ""},
		{`mode = "receipts"`, `, response_timeout = "59s"`, ""},
	} {
		_, err := parseConfig(plugin.Config{TOML: []byte("source = \"1\"\n" + tt.config + "\nlink = [{ address = \"a:1\", system_id = \"b\"" + tt.link + " }]")})
		if (err != nil) != (tt.problem != "") || err != nil && !strings.Contains(err.Error(), tt.problem) {
			t.Errorf("%s%s: %v, want %q", tt.config, tt.link, err, tt.problem)
		}
	}
}

package main

import (
	"bytes"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ppgbox/ppgbox/host/store"
	"github.com/ppgbox/ppgbox/sdk/push"
)

// Commands are carried out one after the other at one gateway.
func TestSubscriberCommands(t *testing.T) {
	g := start(t, "[listen]\npap = \"127.0.0.1:0\"\nadmin = \"127.0.0.1:0\"\n[subscribers]\npush_domains = [\"push.example.net\"]\n")
	dir := t.TempDir()
	rows := write(t, dir, "rows.csv", "user,msisdn,imsi,password\n"+
		"carol@push.example.net carl@push.example.net,+358401111111,,\n"+
		"carol@push.example.net,,244910000000009,\n"+
		"dave@elsewhere.example,+358402222222,,\n"+
		"erin@elsewhere.example,+358402222223,,\n")
	none := write(t, dir, "none", "secret\n")
	hash := write(t, dir, "hash", hashOf(t, "s3cret")+"\n")
	for _, tt := range []struct {
		args []string
		code int
		want []string // in what is printed, on either stream
	}{
		{[]string{"add", "Alice@Push.Example.net", "al@push.example.net", "--terminal", "+358401234567/244910000000001", "--terminal", "244910000000002", "--password-file", hash}, exitOK, []string{
			"Alice@push.example.net, al@push.example.net (push clients may register)", "terminal PLMN:+358401234567, IMSI 244910000000001: not online", "terminal IMSI:244910000000002: not online",
		}},
		{[]string{"add", "bob@push.example.net", "--terminal", "+358401234567"}, exitFailed, []string{"358401234567"}},
		{[]string{"add", "bob@elsewhere.example"}, exitFailed, []string{"bob@elsewhere.example", "not of this gateway's push domains (push.example.net)"}},
		{[]string{"add", "bob@push.example.net", "--terminal", "0401234567/244910000000003"}, exitUsage, []string{"international"}},
		{[]string{"add", "bob@push.example.net", "--terminal", "0401234567"}, exitUsage, []string{"a number is written +358401234567", "14 or 15 digits"}},
		{[]string{"add", "bob@push.example.net", "--terminal", "358401234567"}, exitUsage, []string{"a number is written +358401234567"}},
		{[]string{"add", "bob@push.example.net", "--terminal", "24491000000000x"}, exitUsage, []string{"14 or 15 digits"}},
		{[]string{"add", "bob@push.example.net", "--terminal", "+0401234567"}, exitFailed, []string{"no country code begins with 0"}},
		{[]string{"add", "bob@push.example.net", "--password-file", none}, exitUsage, []string{"holds no bcrypt hash"}},
		{[]string{"show", "bob@push.example.net"}, exitNotFound, []string{"nothing is known of \"bob@push.example.net\""}},
		{[]string{"import", rows}, exitFailed, []string{"rows.csv:4:", "dave@elsewhere.example", "(push.example.net) (and 1 more rows, the last in line 5)\n", "4 rows: 1 subscribers added, 0 changed, 0 rows as they were, 2 rows left out"}},
		{[]string{"import", rows}, exitFailed, []string{"4 rows: 0 subscribers added, 0 changed, 2 rows as they were, 2 rows left out"}},
		{[]string{"show", "10.0.0.7"}, exitOK, []string{"terminal PLMN:+358401234567, IMSI 244910000000001, of Alice@push.example.net\n    online at 10.0.0.7", "terminal IMSI:244910000000077, of nobody"}},
		{[]string{"show", "10.0.0.8"}, exitNotFound, []string{`nothing is known of "10.0.0.8"`}},
		{[]string{"export"}, exitOK, []string{
			"user,msisdn,imsi\nAlice@push.example.net al@push.example.net,+358401234567,244910000000001\nAlice@push.example.net,,244910000000002\ncarol@push",
		}},
		{[]string{"show", "carl@push.example.net"}, exitOK, []string{"carol@push.example.net, carl@push.example.net (no password", "PLMN:+358401111111", "IMSI:244910000000009"}},
		{[]string{"show", "+358401111111"}, exitOK, []string{"carol@push.example.net"}},
		{[]string{"show", "244910000000009", "--json"}, exitOK, []string{`"carl@push.example.net"`, `"may_register": false`}},
		{[]string{"remove", "carl@push.example.net"}, exitOK, []string{"removed"}},
		{[]string{"remove", "carol@push.example.net"}, exitNotFound, []string{"no subscriber"}},
		{[]string{"import", filepath.Join(dir, "missing.csv")}, exitUsage, []string{"missing.csv"}},
		{[]string{"import", none}, exitFailed, []string{"not read to the end"}},
	} {
		var out bytes.Buffer
		if slices.Contains(tt.args, "10.0.0.7") {
			online(t, g, "244910000000001", "internet")
			online(t, g, "244910000000077", "wap")
		}
		code := run(append(append([]string{"subscriber"}, tt.args...), "--admin", g.adminURL), os.Stdin, &out, &out)
		if code != tt.code {
			t.Errorf("subscriber %q: exit code %d, want %d:\n%s", tt.args, code, tt.code, &out)
		}
		for _, want := range tt.want {
			if !strings.Contains(out.String(), want) {
				t.Errorf("subscriber %q prints no %q:\n%s", tt.args, want, &out)
			}
		}
		if strings.Contains(out.String(), "$2a$") {
			t.Errorf("subscriber %q prints a hash", tt.args)
		}
	}
}

// online has the network tell of a terminal at 10.0.0.7.
func online(t *testing.T, g *gatewayProcess, imsi push.IMSI, apn string) {
	t.Helper()
	told := make(chan error, 1)
	k := store.SessionKey{GGSN: "ggsn1", APN: apn, Address: netip.MustParseAddr("10.0.0.7")}
	g.pushServer.directory.SessionStart(store.Session{SessionKey: k, Accounting: "1", IMSI: imsi}, time.Now(), func(err error) { told <- err })
	if err := <-told; err != nil {
		t.Fatal(err)
	}
}

// What is exported with passwords is imported as it was, and the hashes are there only if they were asked for.
func TestSubscriberExport(t *testing.T) {
	g := start(t, "[listen]\npap = \"127.0.0.1:0\"\nadmin = \"127.0.0.1:0\"\n[subscribers]\npush_domains = [\"push.example.net\"]\n")
	hash := hashOf(t, "s3cret")
	rows := "user,msisdn,imsi,password\nalice@push.example.net,+358401234567,," + hash + "\n"
	do := func(in string, args ...string) string {
		t.Helper()
		var out bytes.Buffer
		if code := run(append(append([]string{"subscriber"}, args...), "--admin", g.adminURL), strings.NewReader(in), &out, &out); code != exitOK {
			t.Fatalf("%q: exit code %d:\n%s", args, code, &out)
		}
		return out.String()
	}
	do(rows, "import", "-")
	if got := do("", "export", "--with-passwords"); got != rows {
		t.Errorf("exported %q, want %q", got, rows)
	}
	if got := do("", "export"); strings.Contains(got, hash) || !strings.Contains(got, "+358401234567") {
		t.Errorf("exported without passwords: %q", got)
	}
	if got := do(rows, "import", "-"); !strings.Contains(got, "1 rows as they were") {
		t.Errorf("imported again: %s", got)
	}
	var out bytes.Buffer
	if code := run([]string{"subscriber", "export", "--admin", g.adminURL + "/nowhere"}, nil, &out, &out); code == exitOK {
		t.Errorf("from nowhere: %s", &out)
	}
}

// A million rows come through a pipe without being held; here are enough for several commits.
func TestSubscriberImportFromStandardInput(t *testing.T) {
	g := start(t, "[listen]\npap = \"127.0.0.1:0\"\nadmin = \"127.0.0.1:0\"\n[subscribers]\npush_domains = [\"push.example.net\"]\n")
	var rows strings.Builder
	rows.WriteString("imsi,user\n")
	for i := range 20_000 {
		fmt.Fprintf(&rows, "24491%010d,u%d@push.example.net\n", i, i)
	}
	var out bytes.Buffer
	if code := run([]string{"subscriber", "import", "-", "--admin", g.adminURL}, strings.NewReader(rows.String()), &out, &out); code != exitOK {
		t.Fatalf("exit code %d:\n%s", code, &out)
	}
	if subscribers, _ := g.pushServer.directory.Counts(); subscribers != 20_000 {
		t.Errorf("%d subscribers:\n%s", subscribers, &out)
	}
}

func hashOf(t *testing.T, password string) string {
	t.Helper()
	var out bytes.Buffer
	if code := run([]string{"password"}, strings.NewReader(password), &out, &out); code != exitOK {
		t.Fatal(out.String())
	}
	return strings.TrimSpace(out.String())
}

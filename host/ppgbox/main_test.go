package main

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"golang.org/x/crypto/bcrypt"
)

// TestMain lets the test binary be its own ppgbox: plugin hosts start os.Executable with "plugin serve NAME".
func TestMain(m *testing.M) {
	if len(os.Args) > 2 && os.Args[1] == "plugin" && os.Args[2] == "serve" {
		os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
	}
	os.Exit(m.Run())
}

// ppgbox carries out a command line with an input.
func ppgbox(t *testing.T, in string, args ...string) (code int, out, errOut string) {
	t.Helper()
	var o, e bytes.Buffer
	code = run(args, strings.NewReader(in), &o, &e)
	return code, o.String(), e.String()
}

func TestUsage(t *testing.T) {
	tests := []struct {
		name string
		args []string
		code int
		want string // somewhere in what is printed
	}{
		{"help", []string{"--help"}, exitOK, "Exit codes:"},
		{"help of a command", []string{"push", "--help"}, exitOK, "4 new emails"},
		{"no command", nil, exitUsage, "serve"},
		{"unknown command", []string{"sreve"}, exitUsage, "sreve"},
		{"unknown flag", []string{"serve", "--port", "1"}, exitUsage, "--port"},
		{"missing argument", []string{"trace"}, exitUsage, "push-id"},
		{"no configuration", []string{"check", "-c", "/nonexistent/ppgbox.toml"}, exitUsage, "/nonexistent/ppgbox.toml"},
		{"no gateway", []string{"status", "x", "--admin", "http://127.0.0.1:1"}, exitFailed, "is it running"},
		{"nobody to push to", []string{"push", "--si", "http://example.com"}, exitUsage, "--to"},
		{"nothing to push", []string{"push", "--to", "+358401234567"}, exitUsage, "content file"},
		{"two contents", []string{"push", "--to", "+358401234567", "--sl", "http://example.com", "main.go"}, exitUsage, "more than one content"},
		{"text without an indication", []string{"push", "--to", "+358401234567", "--text", "hello", "main.go"}, exitUsage, "--si"},
		{"not a bundled plugin", []string{"plugin", "serve", "bearer/pigeon"}, exitUsage, "bearer/pdp"},
		{"version", []string{"version"}, exitOK, "ppgbox "},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			code, out, errOut := ppgbox(t, "", tt.args...)
			if code != tt.code || !strings.Contains(out+errOut, tt.want) {
				t.Errorf("exit code %d, want %d, and %q in:\n%s%s", code, tt.code, tt.want, out, errOut)
			}
		})
	}
}

func TestPassword(t *testing.T) {
	code, out, errOut := ppgbox(t, "s3cret\n", "password")
	if code != exitOK || bcrypt.CompareHashAndPassword([]byte(strings.TrimSpace(out)), []byte("s3cret")) != nil {
		t.Errorf("exit code %d, printed %q %q", code, out, errOut)
	}
	if code, _, _ := ppgbox(t, "\n", "password"); code != exitUsage {
		t.Errorf("an empty password gave exit code %d, want %d", code, exitUsage)
	}
}

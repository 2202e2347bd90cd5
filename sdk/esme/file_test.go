package esme

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ppgbox/ppgbox/sdk/plugin"
)

func TestParse(t *testing.T) {
	good := func() File { return File{Address: "smsc:2775", SystemID: "ppg"} }
	text := func(s string) *string { return &s }
	for _, tt := range []struct {
		name   string
		change func(*File)
		key    string // of the problem, "" for none
	}{
		{"least", func(*File) {}, ""},
		{"all", func(f *File) {
			f.Bind, f.ReceiverAddress, f.Password, f.SystemType, f.Prefix = "transmitter+receiver", "smsc:2776", "12345678", "WAP", []string{"+46", "47"}
			f.Priority, f.Window, f.Rate, f.ResponseTimeout, f.TLS, f.ServerName = -3, window(1), "0.5/s", text("5s"), true, "s"
		}, ""},
		{"no port", func(f *File) { f.Address = "smsc" }, "address"},
		{"port 0", func(f *File) { f.Address = "smsc:0" }, "address"},
		{"no such bind", func(f *File) { f.Bind = "receiver" }, "bind"},
		{"a receiver that is not bound", func(f *File) { f.ReceiverAddress = "smsc:2776" }, "receiver_address"},
		{"a receiver nowhere", func(f *File) { f.Bind, f.ReceiverAddress = "transmitter+receiver", "smsc" }, "receiver_address"},
		{"no system_id", func(f *File) { f.SystemID = "" }, "system_id"},
		{"long system_id", func(f *File) { f.SystemID = strings.Repeat("a", 16) }, "system_id"},
		{"two passwords", func(f *File) { f.Password, f.PasswordFile = "a", "b" }, "password"},
		{"long password", func(f *File) { f.Password = "123456789" }, "password"},
		{"long system_type", func(f *File) { f.SystemType = "1234567890123" }, "system_type"},
		{"prefix of no number", func(f *File) { f.Prefix = []string{"46", "x"} }, "prefix"},
		{"empty prefix", func(f *File) { f.Prefix = []string{""} }, "prefix"},
		{"priority", func(f *File) { f.Priority = 101 }, "priority"},
		{"window", func(f *File) { f.Window = window(0) }, "window"},
		{"rate", func(f *File) { f.Rate = "50" }, "rate"},
		{"no response_timeout", func(f *File) { f.ResponseTimeout = text("0s") }, "response_timeout"},
		{"no duration", func(f *File) { f.ResponseTimeout = text("soon") }, "response_timeout"},
		{"ca_file without TLS", func(f *File) { f.CAFile = "a" }, "ca_file"},
		{"server_name without TLS", func(f *File) { f.ServerName = "a" }, "server_name"},
	} {
		f := good()
		tt.change(&f)
		var problems plugin.Problems
		f.Parse(&problems, "link.0.")
		switch {
		case tt.key == "" && len(problems) > 0, tt.key != "" && (len(problems) != 1 || problems[0].Key != "link.0."+tt.key):
			t.Errorf("%s: %v", tt.name, problems)
		}
	}
}

func TestLoad(t *testing.T) {
	folder := t.TempDir()
	write := func(name, text string) string {
		file := filepath.Join(folder, name)
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	for _, tt := range []struct {
		name    string
		file    File
		problem string
	}{
		{"good", File{PasswordFile: write("good", "s3cret\r\n\n")}, ""},
		{"too long", File{PasswordFile: write("long", "123456789")}, "link.0.password_file: the password must have 8 characters at most"},
		{"not there", File{PasswordFile: folder + "/nothing"}, "link.0.password_file: "},
		{"no certificate", File{TLS: true, CAFile: write("none.pem", "hello")}, "link.0.ca_file: "},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var problems plugin.Problems
			tt.file.Address, tt.file.SystemID = "a:1", "b"
			c := tt.file.Parse(&problems, "link.0.")
			c.Load(&problems, "link.0.")
			if tt.problem == "" {
				if len(problems) > 0 || c.password != "s3cret" {
					t.Errorf("password %q, %v", c.password, problems)
				}
				return
			}
			if len(problems) != 1 || !strings.HasPrefix(fmt.Sprint(problems), tt.problem) {
				t.Errorf("problems %v, want %s", problems, tt.problem)
			}
		})
	}
}

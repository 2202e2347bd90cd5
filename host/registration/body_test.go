package registration

import (
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"testing"
)

func TestParseBody(t *testing.T) {
	for _, tt := range []struct {
		name, body string
		ok         bool
	}{
		{"an empty object", `{}`, true},
		{"all fields", `{"user":"a","device":"b","address":"c"}`, true},
		{"blanks around", " {\"user\" : \"\\u0061\"}\r\n", true},
		{"nothing", ``, false},
		{"null", `null`, false},
		{"a list", `[]`, false},
		{"text", `"user"`, false},
		{"cut", `{"user":"a"`, false},
		{"cut in a name", `{"us`, false},
		{"cut before a value", `{"user":`, false},
		{"a comma too many", `{"user":"a",}`, false},
		{"no colon", `{"user" "a"}`, false},
		{"null in a field", `{"user":null}`, false},
		{"an object in a field", `{"user":{"user":"a"}}`, false},
		{"a list in a field", `{"user":["a"]}`, false},
		{"twice", `{"user":"a","user":"a"}`, false},
		{"unknown", `{"usr":"a"}`, false},
		{"in capitals", `{"USER":"a"}`, false},
		{"two objects", `{"user":"a"}{}`, false},
		{"rubbish after it", `{"user":"a"}}`, false},
		{"not UTF-8", "{\"user\":\"\xff\"}", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if said, err := parseBody([]byte(tt.body), registrationFields[:]); (err == nil) != tt.ok {
				t.Errorf("%q, %v", said, err)
			}
		})
	}
}

// What is read is what the standard library reads, from less.
func FuzzBody(f *testing.F) {
	for _, seed := range []string{
		`{"user":"alice@push.example.net","device":"phone"}`, `{"user":"a","user":"b"}`, `{"user":null}`, `{"user":"\ud800"}`, `{"a":[{"b":1}]}`, `{`, "\ufeff{}",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		said, err := parseBody(body, relayFields[:])
		if err != nil {
			var p *problem
			if !errors.As(err, &p) || p.status != http.StatusBadRequest || p.detail == "" {
				t.Errorf("error %v", err)
			}
			return
		}
		var same map[string]string
		if err := json.Unmarshal(body, &same); err != nil || len(same) != len(said) {
			t.Fatalf("read %q, json.Unmarshal %q, %v", said, same, err)
		}
		for name, value := range said {
			if !slices.Contains(relayFields[:], name) || same[name] != value {
				t.Errorf("%s is %q, json.Unmarshal says %q", name, value, same[name])
			}
		}
		// No reader of a field panics, and what they let through is in its form.
		if a, err := said.address(); err == nil && (!a.IsValid() || a.Is4In6() || a.Zone() != "") {
			t.Errorf("address %v", a)
		}
		if user, err := said.user(); err == nil && user == "" {
			t.Error("an empty user")
		}
		for _, read := range []func() error{
			func() error { _, err := said.device(); return err }, func() error { _, err := said.apn(); return err },
			func() error { _, err := said.imsi(); return err }, func() error { _, err := said.msisdn(); return err },
		} {
			_ = read()
		}
		credentialOf(said["authorization"])
	})
}

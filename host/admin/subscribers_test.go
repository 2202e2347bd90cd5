package admin

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// exporting writes a list, and fails behind it.
type exporting struct {
	Subscribers
	fail error
}

func (e exporting) Export(to io.Writer, passwords bool) error {
	text := "user\n" + strings.Repeat("alice@push.example.net\n", 10_000)
	if passwords {
		text = "user,password\n"
	}
	_, _ = io.WriteString(to, text)
	return e.fail
}

// A list comes as it is written; one that ends early is not taken for a whole one.
func TestExport(t *testing.T) {
	for _, tt := range []struct {
		name, query string
		fail        error
		status      int
		begins      string
	}{
		{"a list", "", nil, http.StatusOK, "user\nalice"},
		{"without passwords", "?passwords=false", nil, http.StatusOK, "user\nalice"},
		{"with passwords", "?passwords=true", nil, http.StatusOK, "user,password\n"},
		{"neither", "?passwords=yes", nil, http.StatusBadRequest, "{"},
		{"cut off", "", errors.New("cut"), http.StatusOK, "user\nalice"},
	} {
		mux := http.NewServeMux()
		Source{Subscribers: exporting{fail: tt.fail}}.subscriberRoutes(mux)
		server := httptest.NewServer(mux)
		resp, err := http.Get(server.URL + "/v1/subscribers/export" + tt.query)
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		server.Close()
		if resp.StatusCode != tt.status || !strings.HasPrefix(string(text), tt.begins) || (err != nil) != (tt.fail != nil) {
			t.Errorf("%s: %s, %v, %.100s", tt.name, resp.Status, err, text)
		}
	}
}

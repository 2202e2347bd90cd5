package admin

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/ppgbox/ppgbox/host/subscriber"
)

// entered notes what is entered; nothing else of it is asked here.
type entered struct {
	Subscribers
	times int
}

func (e *entered) Import(_ context.Context, r io.Reader) (result subscriber.ImportResult, err error) {
	e.times++
	_, err = io.Copy(io.Discard, r)
	return result, err
}

// What a page of somebody else's can have a browser on this machine ask, by the headers that browsers send, and what programs ask.
func TestBrowsers(t *testing.T) {
	const taken, refused, misdirected = http.StatusOK, http.StatusForbidden, http.StatusMisdirectedRequest
	type headers map[string]string
	for _, tt := range []struct {
		name, method, path, host string
		headers                  headers
		status                   int
	}{
		{"a program", http.MethodPost, "/v1/subscribers/import", "", nil, taken},
		{"a program by name", http.MethodPost, "/v1/subscribers/import", "localhost:8081", nil, taken},
		{"a program by a tunnel", http.MethodPost, "/v1/subscribers/import", "[::1]:9999", nil, taken},
		{
			"a form of another site",
			http.MethodPost, "/v1/subscribers/import", "",
			headers{"Sec-Fetch-Site": "cross-site", "Content-Type": "text/plain"},
			refused,
		},
		{
			"of a browser without fetch metadata",
			http.MethodPost, "/v1/subscribers/import", "",
			headers{"Origin": "http://attacker.example", "Content-Type": "text/plain"},
			refused,
		},
		{"a form with a backup", http.MethodPost, "/v1/backup?path=/var/copy", "", headers{"Origin": "null"}, refused},
		{"a form with a reload", http.MethodPost, "/v1/reload", "", headers{"Sec-Fetch-Site": "same-site"}, refused},
		{"removing", http.MethodDelete, "/v1/subscribers?user=a", "", headers{"Origin": "http://attacker.example"}, refused},
		{"a link", http.MethodGet, "/metrics", "", headers{"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}, taken},
		{"reading by a name that was made to stand for loopback", http.MethodGet, "/metrics", "attacker.example:8081", nil, misdirected},
		{
			"entering by such a name",
			http.MethodPost, "/v1/subscribers/import", "attacker.example:8081",
			headers{"Origin": "http://attacker.example:8081", "Sec-Fetch-Site": "same-origin"},
			misdirected,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			list := &entered{}
			source := Source{
				Subscribers: list, Metrics: http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}),
				Backup: func(context.Context, string) error { list.times++; return nil },
				Reload: func(context.Context) (Reloaded, error) { list.times++; return Reloaded{}, nil },
			}
			s := httptest.NewServer(NewHandler(source))
			defer s.Close()
			req, err := http.NewRequestWithContext(t.Context(), tt.method, s.URL+tt.path, strings.NewReader("user\n"))
			if err != nil {
				t.Fatal(err)
			}
			req.Host = tt.host
			for name, value := range tt.headers {
				req.Header.Set(name, value)
			}
			resp, err := s.Client().Do(req)
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			if resp.StatusCode != tt.status {
				t.Errorf("answered %s, want %d", resp.Status, tt.status)
			}
			if tt.status != taken && list.times > 0 {
				t.Error("it was done nevertheless")
			}
		})
	}
}

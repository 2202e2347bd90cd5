package admin

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"reflect"
	"testing"

	"github.com/ppgbox/ppgbox/host/dispatch"
	"github.com/ppgbox/ppgbox/host/pluginhost"
)

func TestHealth(t *testing.T) {
	const took, refuses = http.StatusOK, http.StatusServiceUnavailable
	for _, tt := range []struct {
		name   string
		change func(*Source, *pluginhost.Status, *dispatch.Bearer)
		status int // of /healthz
		health Health
		ready  []Missing
	}{
		{"all is well", func(*Source, *pluginhost.Status, *dispatch.Bearer) {}, took, Health{OK: true, Pending: 7, Owed: 3}, nil},
		{
			"stopping",
			func(s *Source, _ *pluginhost.Status, _ *dispatch.Bearer) { s.Stopping = func() bool { return true } },
			took,
			Health{OK: true, Pending: 7, Owed: 3},
			[]Missing{{"gateway", "", "it is stopping"}},
		},
		{
			"full disk",
			func(s *Source, _ *pluginhost.Status, _ *dispatch.Bearer) {
				s.StoreError = func() error { return errors.New("disk full") }
			},
			took,
			Health{OK: true, Pending: 7, Owed: 3},
			[]Missing{{"store", "", "disk full"}},
		},
		{
			"the plugin is down, and so takes nothing",
			func(_ *Source, p *pluginhost.Status, b *dispatch.Bearer) {
				p.State, p.Reason, b.Window = pluginhost.StateWaiting, "exit status 1", 0
			},
			took,
			Health{Pending: 7, Owed: 3, Down: []string{"sms"}},
			[]Missing{{"plugin", "sms", "waiting: exit status 1"}},
		},
		{
			"the SMSC is down",
			func(_ *Source, _ *pluginhost.Status, b *dispatch.Bearer) { b.Window, b.Why = 0, "no link is bound" },
			took,
			Health{OK: true, Pending: 7, Owed: 3},
			[]Missing{{"bearer", "sms", "it takes nothing: no link is bound"}},
		},
		{
			"a bearer that no policy uses",
			func(_ *Source, _ *pluginhost.Status, b *dispatch.Bearer) { b.Window, b.Used = 0, false },
			took,
			Health{OK: true, Pending: 7, Owed: 3},
			nil,
		},
		{
			"the dispatcher hangs",
			func(s *Source, _ *pluginhost.Status, _ *dispatch.Bearer) {
				s.Bearers = func(ctx context.Context) ([]dispatch.Bearer, error) {
					if _, limited := ctx.Deadline(); !limited {
						t.Error("it is asked without a time limit")
					}
					return nil, errors.New("no answer")
				}
			},
			refuses,
			Health{Pending: 7, Owed: 3, Error: "no answer"},
			[]Missing{{"dispatcher", "", "no answer"}},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			plugin := pluginhost.Status{Name: "sms", State: pluginhost.StateRunning}
			bearer := dispatch.Bearer{Instance: "sms", Used: true, Window: 100}
			s := Source{
				Counts: func() (int, int) { return 7, 3 }, Plugins: func() []pluginhost.Status { return []pluginhost.Status{plugin} },
				Bearers:    func(context.Context) ([]dispatch.Bearer, error) { return []dispatch.Bearer{bearer}, nil },
				StoreError: func() error { return nil }, Stopping: func() bool { return false }, Metrics: http.NotFoundHandler(),
			}
			tt.change(&s, &plugin, &bearer)
			h := NewHandler(s)
			var health Health
			if got := get(t, h, "/healthz", &health); got != tt.status || !reflect.DeepEqual(health, tt.health) {
				t.Errorf("/healthz: %d %+v, want %d %+v", got, health, tt.status, tt.health)
			}
			want := took
			if tt.ready != nil {
				want = refuses
			}
			var ready Ready
			if got := get(t, h, "/readyz", &ready); got != want || !reflect.DeepEqual(ready, Ready{OK: want == took, Missing: tt.ready}) {
				t.Errorf("/readyz: %d %+v, want %d %+v", got, ready, want, tt.ready)
			}
		})
	}
}

func get(t *testing.T, h http.Handler, path string, into any) int {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil))
	if err := json.Unmarshal(w.Body.Bytes(), into); err != nil {
		t.Fatalf("%s: %v in %s", path, err, w.Body)
	}
	return w.Code
}

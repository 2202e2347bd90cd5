package ggsn

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestAdmin(t *testing.T) {
	g, p := serve(t)
	created := p.up(p.create(imsi2))
	p.up(p.create(imsi1))
	h := httptest.NewServer(g.adminHandler())
	t.Cleanup(h.Close)
	get := func(path string) (int, string) {
		t.Helper()
		resp, err := http.Get(h.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return resp.StatusCode, string(body)
	}
	for path, want := range map[string]int{
		"/v1/contexts": 2, "/v1/contexts?limit=1": 1, "/v1/contexts?imsi=" + string(imsi2): 1, "/v1/contexts?imsi=" + string(imsi3): 0,
		"/v1/contexts?address=" + static1.String(): 1, "/v1/contexts?address=x": 0, "/v1/contexts?limit=x": 2,
	} {
		status, body := get(path)
		var list []ShownContext
		if err := json.Unmarshal([]byte(body), &list); err != nil || status != http.StatusOK || len(list) != want {
			t.Errorf("%s: %d, %v: %s", path, status, err, body)
		}
		if strings.Contains(path, string(imsi2)) && (list[0].IMSI != string(imsi2) || list[0].Address != created.EndUserAddress.IPv4 || list[0].SGSN != loopback) {
			t.Errorf("it is %+v", list[0])
		}
	}
	if status, body := get("/metrics"); status != http.StatusOK || !strings.Contains(body, "ppgbox_ggsn_contexts 2\n") {
		t.Errorf("metrics: %d: %s", status, body)
	}
	for _, stopping := range []bool{false, true} {
		g.stopping.Store(stopping)
		want := map[bool]int{false: http.StatusOK, true: http.StatusServiceUnavailable}[stopping]
		var health Health
		status, body := get("/readyz")
		if err := json.Unmarshal([]byte(body), &health); err != nil || status != want || health.OK == stopping || health.Contexts != 2 {
			t.Errorf("stopping %t: readyz is %d: %s", stopping, status, body)
		}
		if status, _ := get("/healthz"); status != http.StatusOK {
			t.Errorf("healthz is %d", status)
		}
	}
}

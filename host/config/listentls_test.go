package config

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ppgbox/ppgbox/host/pap/paptest"
)

func TestLoadReadsCertificates(t *testing.T) {
	ca, other := paptest.NewCA(t, "one"), paptest.NewCA(t, "another")
	certificate, key := paptest.PEM(t, ca.Issue(t, "gateway"))
	_, otherKey := paptest.PEM(t, ca.Issue(t, "gateway"))
	damaged := strings.Replace(ca.PEM(), "-----END CERTIFICATE-----", "-----END-----", 1)
	for _, tt := range []struct {
		name      string
		files     map[string]string // instead of the right ones; "" is no such file
		key, says string            // of the only problem; none if empty
	}{
		{name: "right"},
		{name: "no certificate file", files: map[string]string{"c.pem": ""}, key: "listen.pap_certificate", says: "c.pem: no such file"},
		{name: "no key file", files: map[string]string{"k.pem": ""}, key: "listen.pap_key", says: "k.pem: no such file"},
		{name: "no CA file", files: map[string]string{"ca.pem": ""}, key: "listen.pap_client_ca", says: "ca.pem: no such file"},
		{name: "key of another certificate", files: map[string]string{"k.pem": otherKey}, key: "listen.pap_key", says: "does not match"},
		{name: "the two exchanged", files: map[string]string{"c.pem": key, "k.pem": certificate}, key: "listen.pap_certificate", says: "holds no certificate"},
		{name: "no PEM", files: map[string]string{"ca.pem": "hello"}, key: "listen.pap_client_ca", says: "holds no certificate"},
		{name: "one CA of two is damaged", files: map[string]string{"ca.pem": other.PEM() + damaged}, key: "listen.pap_client_ca", says: "damaged, after 1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			files := map[string]string{"c.pem": certificate, "k.pem": key, "ca.pem": ca.PEM() + other.PEM()}
			files["x.toml"] = "[listen]\npap_certificate = 'c.pem'\npap_key = 'k.pem'\npap_client_ca = 'ca.pem'\n"
			for name, text := range tt.files {
				files[name] = text
			}
			for name, text := range files {
				if text == "" {
					continue
				}
				if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			c, err := Load(filepath.Join(dir, "x.toml"))
			if tt.key == "" {
				if err != nil {
					t.Fatal(err)
				}
				if c.TLS == nil || len(c.TLS.ClientCAs) != 2 || c.TLS.Certificate.Leaf.Subject.CommonName != "gateway" {
					t.Errorf("read %+v", c.TLS)
				}
				return
			}
			var ps Problems
			if !errors.As(err, &ps) || len(ps) != 1 || ps[0].Key != tt.key || !strings.Contains(ps[0].Text, tt.says) || ps[0].Line < 2 {
				t.Errorf("got %v, want one problem of %s with %q", err, tt.key, tt.says)
			}
			if err != nil && strings.Contains(err.Error(), "PRIVATE") || c.TLS != nil {
				t.Errorf("something of the files is left: %v, %+v", err, c.TLS)
			}
		})
	}
}

func TestExpiredCertificates(t *testing.T) {
	ca := paptest.NewCA(t, "one")
	c := &TLS{Certificate: ca.Issue(t, "gateway")}
	for _, tt := range []struct {
		name      string
		now       time.Time
		key, says string
	}{
		{"now", time.Now(), "", ""},
		{"too late", time.Now().Add(2 * time.Hour), "pap_certificate", "expired on"},
		{"too early", time.Now().Add(-2 * time.Hour), "pap_certificate", "is not valid before"},
	} {
		if key, text := c.expired(tt.now); key != tt.key || !strings.Contains(text, tt.says) {
			t.Errorf("%s: %s: %s", tt.name, key, text)
		}
	}
	later := *c.Certificate.Leaf
	later.NotAfter = time.Now().Add(24 * time.Hour)
	c.Certificate.Leaf, c.ClientCAs = &later, append(c.ClientCAs, ca.Certificate)
	if key, text := c.expired(time.Now().Add(2 * time.Hour)); key != "pap_client_ca" || !strings.Contains(text, "CN=one expired") {
		t.Errorf("of a CA: %s: %s", key, text)
	}
}

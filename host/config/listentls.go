package config

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"os"
	"time"
)

// TLS is what the PAP listener speaks TLS with.
type TLS struct {
	Certificate tls.Certificate
	// ClientCAs are those who may issue the certificates of Push Initiators; none: no certificate is asked for.
	ClientCAs []*x509.Certificate
}

// listenTLS reads the keys of [listen] that name files of the PAP listener's TLS.
func (r *reader) listenTLS(t *table, l *Listen) {
	l.PAPCertificate = r.resolve(t.text("pap_certificate", ""))
	l.PAPKey = r.resolve(t.text("pap_key", ""))
	l.PAPClientCA = r.resolve(t.text("pap_client_ca", ""))
	switch {
	case l.PAPCertificate != "" && l.PAPKey == "":
		t.bad("pap_key", "", "is required with pap_certificate")
	case l.PAPCertificate == "" && l.PAPKey != "":
		t.bad("pap_certificate", "", "is required with pap_key")
	case l.PAPCertificate == "" && l.PAPClientCA != "":
		t.bad("pap_certificate", "", "is required with pap_client_ca: without TLS nobody can show a certificate")
	}
}

// readTLS reads the files of the PAP listener's TLS. What it says of them holds nothing of the key.
func (c *Config) readTLS() Problems {
	l := c.Listen
	if l.PAPCertificate == "" || l.PAPKey == "" {
		return nil // or half of it, which is reported
	}
	var ps Problems
	bad := func(key string, err error) {
		p := path{"listen", key}
		ps = append(ps, Problem{File: c.File, Line: c.lines.of(p), Key: p.String(), Text: err.Error()})
	}
	t := &TLS{}
	certificate, err := os.ReadFile(l.PAPCertificate)
	if err != nil {
		bad("pap_certificate", err)
	}
	key, keyErr := os.ReadFile(l.PAPKey)
	if keyErr != nil {
		bad("pap_key", keyErr)
	}
	if err == nil && keyErr == nil {
		if _, err = certificates(certificate); err != nil {
			bad("pap_certificate", fmt.Errorf("%s: %w", l.PAPCertificate, err))
		} else if t.Certificate, err = tls.X509KeyPair(certificate, key); err != nil {
			bad("pap_key", fmt.Errorf("%s with the certificate of %s: %w", l.PAPKey, l.PAPCertificate, err))
		}
	}
	if l.PAPClientCA != "" {
		text, err := os.ReadFile(l.PAPClientCA)
		if err != nil {
			bad("pap_client_ca", err)
		} else if t.ClientCAs, err = certificates(text); err != nil {
			bad("pap_client_ca", fmt.Errorf("%s: %w", l.PAPClientCA, err))
		}
	}
	if len(ps) == 0 {
		c.TLS = t
	}
	return ps
}

// certificates reads a PEM file with one certificate or more. x509.CertPool would leave out what it can not read.
func certificates(text []byte) ([]*x509.Certificate, error) {
	var list []*x509.Certificate
	for rest := text; ; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		if block.Type != "CERTIFICATE" {
			continue
		}
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("certificate %d: %w", len(list)+1, err)
		}
		list = append(list, c)
	}
	switch {
	case len(list) == 0:
		return nil, fmt.Errorf("holds no certificate in PEM")
	case bytes.Count(text, []byte("-----BEGIN CERTIFICATE-----")) != len(list):
		return nil, fmt.Errorf("holds a certificate whose PEM is damaged, after %d that are not", len(list))
	}
	return list, nil
}

// expired names what of the certificates is out of its time, "" if nothing is.
func (t *TLS) expired(now time.Time) (key, text string) {
	outside := func(c *x509.Certificate) string {
		switch {
		case now.After(c.NotAfter):
			return fmt.Sprintf("expired on %s", c.NotAfter.UTC().Format(time.DateTime))
		case now.Before(c.NotBefore):
			return fmt.Sprintf("is not valid before %s", c.NotBefore.UTC().Format(time.DateTime))
		}
		return ""
	}
	if text := outside(t.Certificate.Leaf); text != "" {
		return "pap_certificate", "the certificate " + text
	}
	for _, c := range t.ClientCAs {
		if text := outside(c); text != "" {
			return "pap_client_ca", fmt.Sprintf("the certificate of %s %s", c.Subject, text)
		}
	}
	return "", ""
}

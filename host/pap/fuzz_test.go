package pap

import (
	"bytes"
	"errors"
	"net/http"
	"net/url"
	"testing"
)

// Whatever comes in, Parse gives a document that can be written and read again, or an error that fits into an answer.
func FuzzParse(f *testing.F) {
	f.Add([]byte(full), "")
	f.Add([]byte(control), "iso-8859-1")
	f.Add([]byte(`<pap><statusquery-response push-id="&#10;"><statusquery-result message-state="pending" code="1001"/></statusquery-response></pap>`), "us-ascii")
	f.Add([]byte(`<!DOCTYPE pap PUBLIC "-//OMA//DTD PAP 9.9//EN" "" [<?wap-pap-ver supported-versions="3.0,1.*"?>]><pap/>`), "")
	f.Add([]byte(`<?xml version="1.0" encoding="ISO-8859-1"?><pap><ccq-response code="22005" desc="`+"\xE4"+`"/></pap>`), "")
	f.Fuzz(func(t *testing.T, src []byte, charset string) {
		doc, err := Parse(bytes.NewReader(src), charset, Limits{})
		if err != nil {
			var e *Error
			if !errors.As(err, &e) {
				t.Fatal(err)
			}
			answer := Append(nil, refusal(doc, e, replyTime))
			if _, err := Parse(bytes.NewReader(answer), "", Limits{Value: 1 << 20}); err != nil {
				t.Fatalf("the answer can not be read: %v\n%s", err, answer)
			}
			return
		}
		text := Append(nil, doc)
		again, err := Parse(bytes.NewReader(text), "", Limits{Octets: 1 << 30, Value: 1 << 30})
		if err != nil {
			t.Fatalf("what was written can not be read: %v\n%s", err, text)
		}
		if second := Append(nil, again); !bytes.Equal(text, second) {
			t.Fatalf("written twice:\n%s\n%s", text, second)
		}
	})
}

// An address that is taken has a normal form that is taken too, and is its own.
func FuzzParseAddress(f *testing.F) {
	f.Add("WAPPUSH=+155519990730/TYPE=PLMN@ppg.carrier.com")
	f.Add("/wappush=%2B46-70.1/a=b/type=plmn/@x")
	f.Add("WAPPUSH=::ffff:10.45.0.7/TYPE=IPv6")
	f.Add("WAPPUSH=a@b%C3%A4/TYPE=USER@ppg")
	f.Fuzz(func(t *testing.T, text string) {
		a, err := ParseAddress(text)
		if a.Text != text {
			t.Fatalf("text %q", a.Text)
		}
		if err != nil {
			return
		}
		back, err := ParseAddress(FormatAddress(a.Client, a.PPG))
		if err != nil || back.Client != a.Client || back.PPG != a.PPG {
			t.Fatalf("%+v becomes %+v, %v", a.Client, back.Client, err)
		}
	})
}

// What is taken for a plain URL is one that package net/url takes, too.
func FuzzPlainURL(f *testing.F) {
	for _, s := range []string{
		"http://pi.example/notify", "https://127.0.0.1:8080/a?b=c&d=e", "http://a:", "http://a/?", "http:///a", "http://a:b/", "HTTP://a", "http://a.:80//",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if !isPlainURL(text) {
			return
		}
		u, err := url.Parse(text)
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" {
			t.Errorf("%q: %v, %v", text, u, err)
		}
	})
}

// A body never gives more than it holds, and what was read can be composed and read again.
func FuzzReadRequest(f *testing.F) {
	f.Add(related, []byte(multi(controlPart, contentPart)))
	f.Add(`multipart/related; boundary="b`, []byte("--b\n\n\n--b--"))
	f.Add(related, []byte(multi(controlPart, "Content-Type: a/b\r\nContent-Transfer-Encoding: base64\r\n\r\naGVsbG8", "\r\n<rdf/>")))
	f.Add(related, []byte(multi(controlPart, "Content-Type: a/b\r\nX: y\r\n z\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n=41=\r\n")))
	f.Add("application/xml; charset=iso-8859-1", []byte(control))
	f.Fuzz(func(t *testing.T, contentType string, body []byte) {
		req, err := ReadRequest(http.Header{"Content-Type": {contentType}}, body, Limits{})
		if err != nil {
			var e *Error
			if !errors.As(err, &e) && !errors.Is(err, ErrContentType) {
				t.Fatal(err)
			}
			return
		}
		s := req.Submission
		if s == nil {
			return
		}
		if n := len(s.Content.Body) + len(s.Capabilities); n > len(body) {
			t.Fatalf("%d octets out of %d", n, len(body))
		}
		composedType, composed, err := Compose(*s)
		if err != nil {
			return // headers of the entity may hold what a composed one may not
		}
		again, err := ReadRequest(http.Header{"Content-Type": {composedType}}, composed, Limits{Octets: 1 << 30, Value: 1 << 30})
		if err != nil {
			t.Fatalf("composed: %v\n%s", err, composed)
		}
		if !bytes.Equal(again.Submission.Content.Body, s.Content.Body) || !bytes.Equal(again.Submission.Capabilities, s.Capabilities) {
			t.Fatalf("composed: %+v, was %+v", again.Submission, s)
		}
	})
}

// Package wbxml is the encoder encoder/wbxml: service indications and service loadings from XML to WBXML.
package wbxml

import (
	"context"
	"errors"
	"fmt"
	"mime"
	"strings"

	"github.com/ppgbox/ppgbox/sdk/encoder"
	"github.com/ppgbox/ppgbox/sdk/plugin"
	"github.com/ppgbox/ppgbox/sdk/push"
	"github.com/ppgbox/ppgbox/sdk/wbxml"
)

// transformationFailure is the PAP code for content that does not compile (OMA-TS-PAP §9.14).
const transformationFailure = 3006

// staleHeaders describe the octets of the XML form and not of what is sent instead.
var staleHeaders = []string{"Content-Length", "Content-MD5", "Content-Transfer-Encoding", "ETag"}

// Plugin is the encoder. New makes one.
type Plugin struct {
	config config
}

var _ encoder.Encoder = (*Plugin)(nil)

// New returns the encoder with its default configuration.
func New() *Plugin { return &Plugin{config: defaults()} }

// Info is part of plugin.Plugin. It lists the binary types too, so that a policy may name this encoder for pushes that come in either form.
func (p *Plugin) Info() plugin.Info {
	info := plugin.Info{Kind: plugin.KindEncoder, Name: "wbxml", Version: "1.0.0", Keys: keys()}
	for _, t := range wbxml.Types() {
		info.Takes = append(info.Takes, t.TextType(), t.BinaryType())
		info.Makes = append(info.Makes, t.BinaryType())
	}
	return info
}

// Validate is part of plugin.Plugin.
func (p *Plugin) Validate(c plugin.Config) error {
	_, err := parseConfig(c)
	return err
}

// Configure is part of plugin.Plugin.
func (p *Plugin) Configure(_ context.Context, c plugin.Config) error {
	parsed, err := parseConfig(c)
	if err != nil {
		return err
	}
	p.config = parsed
	return nil
}

// Encode is part of encoder.Encoder. Content that has no XML form known here, and content that says no-transform, is
// returned as it came.
func (p *Plugin) Encode(_ context.Context, r push.EncodeRequest) (push.Message, error) {
	m := r.Message
	t := wbxml.ByTextType(m.MediaType())
	if t == nil || noTransform(m.Headers) {
		return m, nil
	}
	body, err := t.Encode(m.Body, wbxml.Options{Version: p.config.version, Charset: charset(m.ContentType)})
	if err != nil {
		return push.Message{}, refusal(t, err)
	}
	return push.Message{
		// Terminals are known that show nothing when the charset is missing.
		ContentType: t.BinaryType() + "; charset=utf-8",
		Headers:     withoutStale(m.Headers),
		Body:        body,
	}, nil
}

func refusal(t *wbxml.DocumentType, err error) error {
	e := &push.Error{Code: transformationFailure, Text: fmt.Sprintf("%s content: %v", t.Name(), err)}
	var source *wbxml.EncodeError
	if !errors.As(err, &source) { // nothing that the initiator wrote
		e.Text, e.Cause = t.Name()+" content could not be encoded", err.Error()
	}
	return e
}

// noTransform finds the directive in any Cache-Control header (RFC 7234 §5.2.1.6).
func noTransform(headers []push.Header) bool {
	for _, h := range headers {
		if !strings.EqualFold(h.Name, "Cache-Control") {
			continue
		}
		for directive := range strings.SplitSeq(h.Value, ",") {
			if strings.EqualFold(strings.TrimSpace(directive), "no-transform") {
				return true
			}
		}
	}
	return false
}

// charset is the parameter of the content type, "" if it has none.
func charset(contentType string) string {
	if !strings.Contains(contentType, ";") {
		return ""
	}
	_, parameters, err := mime.ParseMediaType(contentType)
	if err != nil {
		return ""
	}
	return parameters["charset"]
}

func withoutStale(headers []push.Header) []push.Header {
	var kept []push.Header
next:
	for _, h := range headers {
		for _, stale := range staleHeaders {
			if strings.EqualFold(h.Name, stale) {
				continue next
			}
		}
		kept = append(kept, h)
	}
	return kept
}

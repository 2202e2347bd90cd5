package pap

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"github.com/ppgbox/ppgbox/sdk/push"
)

// Compose writes a submission: the body of a POST and its Content-Type. Equal submissions give equal octets.
func Compose(s Submission) (contentType string, body []byte, err error) {
	if s.Message == nil {
		return "", nil, errors.New("composing a submission: no push-message")
	}
	if s.Content.ContentType == "" {
		return "", nil, errors.New("composing a submission: the content has no type")
	}
	control := Append(nil, Document{Version: s.Version, Message: s.Message})
	boundary := chooseBoundary(control, s.Content.Body, s.Capabilities)

	var b bytes.Buffer
	fmt.Fprintf(&b, "--%s\r\nContent-Type: application/xml\r\n\r\n", boundary)
	b.Write(control)
	fmt.Fprintf(&b, "\r\n--%s\r\n", boundary)
	for _, h := range append([]push.Header{{Name: "Content-Type", Value: s.Content.ContentType}}, s.Content.Headers...) {
		if h.Name == "" || strings.IndexFunc(h.Name, notToken) >= 0 || hasControl(h.Value) {
			return "", nil, fmt.Errorf("composing a submission: header %q can not be written", h.Name)
		}
		fmt.Fprintf(&b, "%s: %s\r\n", h.Name, h.Value)
	}
	b.WriteString("\r\n")
	b.Write(s.Content.Body)
	if s.Capabilities != nil {
		fmt.Fprintf(&b, "\r\n--%s\r\nContent-Type: application/rdf+xml\r\n\r\n", boundary)
		b.Write(s.Capabilities)
	}
	fmt.Fprintf(&b, "\r\n--%s--\r\n", boundary)
	return fmt.Sprintf("multipart/related; type=\"application/xml\"; boundary=%q", boundary), b.Bytes(), nil
}

// chooseBoundary derives a boundary from the entities that none of them holds.
func chooseBoundary(entities ...[]byte) string {
	sum := sha256.Sum256(bytes.Join(entities, nil))
	for {
		boundary := "ppgbox-" + hex.EncodeToString(sum[:12])
		taken := false
		for _, e := range entities {
			taken = taken || bytes.Contains(e, []byte(boundary))
		}
		if !taken {
			return boundary
		}
		sum = sha256.Sum256(sum[:])
	}
}

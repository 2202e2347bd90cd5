package pap

import (
	"bytes"
	"errors"
	"net/http"
	"strings"

	"github.com/ppgbox/ppgbox/sdk/push"
)

// A Submission is a push as it was submitted: control document, content and the capabilities that the initiator assumes.
type Submission struct {
	// Version is the initiator's; result notifications are written in it.
	Version Version
	Message *PushMessage
	// Content has the headers of the content entity and no others, but for those of the push application in the headers of
	// the POST. Its transfer encoding is undone.
	Content push.Message
	// Capabilities is the RDF document of the third entity, nil if there was none.
	Capabilities []byte
}

// ErrContentType is that of a body which is neither multipart/related nor XML.
var ErrContentType = errors.New("neither multipart/related nor application/xml")

// A Request is the body of one POST: a control document and, for a push, the rest of its submission.
type Request struct {
	Document Document
	// Submission is set if the document is a push-message.
	Submission *Submission
}

// ReadRequest reads a body with the headers of its POST: multipart/related with the control document first
// and the content second, or a control document alone. The content points into the body.
//
// An error is ErrContentType or an [*Error]; the document then holds what was known of its version.
func ReadRequest(header http.Header, body []byte, limits Limits) (Request, error) {
	limits = limits.withDefaults()
	req := Request{Document: Document{Version: DefaultVersion}}
	contentType := header.Get("Content-Type")
	var room [3]part // control document, content, capabilities
	var parts []part
	switch mediaType(contentType) {
	case "application/xml", "text/xml":
		room[0] = part{headers: []push.Header{{Name: "Content-Type", Value: contentType}}, body: body}
		parts = room[:1]
	case "multipart/related":
		var err error
		if parts, err = splitMultipart(body, mediaParameter(contentType, "boundary"), room[:]); err != nil {
			return req, badMIME(err.Error(), body)
		}
	default:
		return req, ErrContentType
	}
	err := req.readControl(&parts[0], limits)
	if err != nil {
		return req, err
	}
	m, ok := req.Document.Message.(*PushMessage)
	if !ok {
		return req, nil
	}
	s := &Submission{Version: req.Document.Version, Message: m}
	if err := s.readEntities(parts[1:], header); err != nil {
		return req, &Error{Code: BadRequest, Text: err.Error(), Message: m}
	}
	req.Submission = s
	return req, nil
}

// readControl reads the control entity. Being the first says what it is, so it may lack its Content-Type.
func (req *Request) readControl(p *part, limits Limits) error {
	contentType, err := p.take("Content-Type")
	if err != nil {
		return badMIME("control entity: "+err.Error(), nil)
	}
	switch mediaType(contentType) {
	case "", "application/xml", "text/xml":
	default:
		return badMIME("the first entity is not the control document: its type is "+clip(contentType, 60), p.body)
	}
	encoding, err := p.take("Content-Transfer-Encoding")
	if err == nil {
		p.body, err = decodeTransfer(encoding, p.body)
	}
	if err != nil {
		return badMIME("control entity: "+err.Error(), p.body)
	}
	req.Document, err = parseDocument(p.body, mediaParameter(contentType, "charset"), limits)
	return err
}

func badMIME(text string, body []byte) error {
	body = bytes.TrimLeft(body, "\r\n")
	return &Error{Code: BadRequest, Text: text, Fragment: fragment(body)}
}

// readEntities reads what follows the control document: content, then capabilities.
func (s *Submission) readEntities(parts []part, header http.Header) error {
	if len(parts) == 0 {
		return errors.New("the push has no content entity")
	}
	if err := s.readContent(&parts[0]); err != nil {
		return errors.New("content entity: " + err.Error())
	}
	for _, h := range [...]struct{ name, canonical string }{
		{"X-Wap-Application-Id", "X-Wap-Application-Id"},
		{"X-Wap-Content-URI", "X-Wap-Content-Uri"},
		{"X-Wap-Initiator-URI", "X-Wap-Initiator-Uri"},
	} {
		if value := header.Get(h.canonical); value != "" && s.Content.Header(h.name) == "" && !hasControl(value) {
			s.Content.Headers = append(s.Content.Headers, push.Header{Name: h.name, Value: value})
		}
	}
	if len(parts) == 1 {
		return nil
	}
	p := &parts[1]
	encoding, err := p.take("Content-Transfer-Encoding")
	if err == nil {
		s.Capabilities, err = decodeTransfer(encoding, p.body)
	}
	if err != nil {
		return errors.New("capabilities entity: " + err.Error())
	}
	return nil
}

// readContent makes the push message of the content entity. Headers that describe the entity's way here stay behind: its
// transfer encoding, which is undone, its length in that encoding, and the MIME version.
func (s *Submission) readContent(p *part) error {
	var encoding string
	var err error
	if s.Content.ContentType, err = p.take("Content-Type"); err != nil {
		return err
	}
	if s.Content.ContentType == "" {
		return errors.New("it has no Content-Type")
	}
	if encoding, err = p.take("Content-Transfer-Encoding"); err != nil {
		return err
	}
	for _, name := range [...]string{"Content-Length", "MIME-Version"} {
		if _, err := p.take(name); err != nil {
			return err
		}
	}
	s.Content.Headers = p.headers
	s.Content.Body, err = decodeTransfer(encoding, p.body)
	return err
}

func hasControl(s string) bool {
	return strings.IndexFunc(s, func(c rune) bool { return c < ' ' || c == 0x7F || c == '\uFFFD' }) >= 0
}

package handset

import (
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/ppgbox/ppgbox/sdk/wbxml"
	"github.com/ppgbox/ppgbox/sdk/wsp"
)

// Kind is what a terminal takes a push for.
type Kind string

// The kinds.
const (
	ServiceIndication      Kind = "service indication"
	ServiceLoading         Kind = "service loading"
	MultimediaNotification Kind = "multimedia notification"
	PlainText              Kind = "text"
	Unknown                Kind = "unknown content"
)

// Content is what a terminal shows.
type Content struct {
	Kind        Kind
	Type        string // content type as it came over the air, "" of an SMS that is no push
	Application string // X-Wap-Application-Id, "" if there was none
	Text        string // the words of an indication or of a text, the subject of a multimedia message
	Link        string // what is to be loaded
	Details     []Detail
	Headers     []Detail // of the push, readable
	Body        []byte   // as it came over the air
}

// Detail is one more thing that the content says, such as the size of a multimedia message.
type Detail struct{ Name, Value string }

// shownOctets is how much of unknown content String shows.
const shownOctets = 32

// String is a line for people.
func (c *Content) String() string {
	var b strings.Builder
	b.WriteString(string(c.Kind))
	if c.Kind == Unknown {
		octets := c.Body[:min(len(c.Body), shownOctets)]
		fmt.Fprintf(&b, " %s, %d octets: %s", c.Type, len(c.Body), hex.EncodeToString(octets))
		if len(octets) < len(c.Body) {
			b.WriteString("…")
		}
	}
	if c.Text != "" {
		b.WriteString(" " + strconv.Quote(c.Text))
	}
	if c.Link != "" {
		b.WriteString(" → " + c.Link)
	}
	for _, d := range c.Details {
		fmt.Fprintf(&b, ", %s %s", d.Name, d.Value)
	}
	if c.Application != "" {
		fmt.Fprintf(&b, " (for %s)", c.Application)
	}
	return oneLine(b.String())
}

// oneLine replaces what would leave the line or speak to the screen: names and addresses come from strangers.
func oneLine(s string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return utf8.RuneError
		}
		return r
	}, s)
}

// Decode reads a connectionless push PDU and its body. Types that it does not know are of the kind Unknown and no error; a body
// that is not what its type says is one.
func Decode(pdu []byte) (*Content, error) {
	p, err := wsp.DecodePush(pdu)
	if err != nil {
		return nil, err
	}
	c := &Content{Kind: Unknown, Type: p.ContentType, Body: p.Data}
	for _, h := range p.Headers {
		c.Headers = append(c.Headers, Detail(h))
		if strings.EqualFold(h.Name, "X-Wap-Application-Id") {
			c.Application = h.Value
		}
	}
	mediaType, _, _ := strings.Cut(p.ContentType, ";")
	switch strings.ToLower(strings.TrimSpace(mediaType)) {
	case wbxml.SI().BinaryType():
		err = c.readIndication()
	case wbxml.SL().BinaryType():
		err = c.readLoading()
	case wbxml.SI().TextType():
		err = c.readText(wbxml.SI(), c.readIndication)
	case wbxml.SL().TextType():
		err = c.readText(wbxml.SL(), c.readLoading)
	case "application/vnd.wap.mms-message":
		err = c.readMultimedia()
	case "text/plain":
		if utf8.Valid(p.Data) {
			c.Kind, c.Text = PlainText, string(p.Data)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", p.ContentType, err)
	}
	return c, nil
}

// readText reads a document in its text form, as read does in its binary one.
func (c *Content) readText(t *wbxml.DocumentType, read func() error) error {
	text := c.Body
	defer func() { c.Body = text }()
	var err error
	if c.Body, err = t.Encode(text, wbxml.Options{}); err != nil {
		return err
	}
	return read()
}

// readIndication reads an SI (WAP-167).
func (c *Content) readIndication() error {
	doc, err := wbxml.Decode(c.Body)
	if err != nil {
		return err
	}
	c.Kind = ServiceIndication
	for _, e := range doc.Root.Children {
		if e.Name != "indication" {
			continue
		}
		c.Text = e.Text
		c.attributes(e)
		return nil
	}
	return fmt.Errorf("no indication in a document of %s", doc.Root.Name)
}

// readLoading reads an SL (WAP-168).
func (c *Content) readLoading() error {
	doc, err := wbxml.Decode(c.Body)
	if err != nil {
		return err
	}
	if doc.Root.Name != "sl" {
		return fmt.Errorf("the document is %s, not sl", doc.Root.Name)
	}
	c.Kind = ServiceLoading
	c.attributes(doc.Root)
	return nil
}

func (c *Content) attributes(e *wbxml.Element) {
	for _, a := range e.Attributes {
		if a.Name == "href" {
			c.Link = a.Value
		} else {
			c.Details = append(c.Details, Detail(a))
		}
	}
}

package initiator

import (
	"fmt"
	"html"
	"strings"
)

// A Push is a submission in the making.
type Push struct {
	ID         string
	NotifyTo   string   // ppg-notify-requested-to, "" for none
	Attributes string   // further attributes of push-message, as XML
	To         []string // address-values
	QoS        string   // the quality-of-service element, "" for none
	Type       string   // content type
	Content    string
}

// Control returns a PAP 2.0 document around its message element.
func Control(message string) string {
	return `<?xml version="1.0"?>` + "\n" +
		`<!DOCTYPE pap PUBLIC "-//WAPFORUM//DTD PAP 2.0//EN" "http://www.wapforum.org/DTD/pap_2.0.dtd">` + "\n" +
		`<pap>` + message + `</pap>` + "\n"
}

// Control returns the PAP document of the push.
func (p Push) Control() string {
	var b strings.Builder
	fmt.Fprintf(&b, `<push-message push-id="%s"`, html.EscapeString(p.ID))
	if p.NotifyTo != "" {
		fmt.Fprintf(&b, ` ppg-notify-requested-to="%s"`, html.EscapeString(p.NotifyTo))
	}
	if p.Attributes != "" {
		b.WriteString(" " + p.Attributes)
	}
	b.WriteString(">")
	for _, to := range p.To {
		fmt.Fprintf(&b, `<address address-value="%s"/>`, html.EscapeString(to))
	}
	b.WriteString(p.QoS + "</push-message>")
	return Control(b.String())
}

// boundary stands between the parts of Multipart.
const boundary = "part-of-a-push"

// MultipartType is the content type of Multipart (OMA-TS-PAP §8.1).
const MultipartType = `multipart/related; type="application/xml"; boundary="` + boundary + `"`

// Multipart returns the entity of a submission. contentType "" leaves the header of the content away.
func Multipart(control, contentType, content string) []byte {
	var b strings.Builder
	b.WriteString("--" + boundary + "\r\nContent-Type: application/xml\r\n\r\n" + control + "\r\n--" + boundary + "\r\n")
	if contentType != "" {
		b.WriteString("Content-Type: " + contentType + "\r\n")
	}
	b.WriteString("\r\n" + content + "\r\n--" + boundary + "--\r\n")
	return []byte(b.String())
}

// Submit sends the push.
func (c *Client) Submit(p Push) (Answer, error) {
	return c.Post(MultipartType, Multipart(p.Control(), p.Type, p.Content))
}

// SI returns a Service Indication (WAP-167).
func SI(href, id, action, text string) string {
	return `<?xml version="1.0"?>` + "\n" +
		`<!DOCTYPE si PUBLIC "-//WAPFORUM//DTD SI 1.0//EN" "http://www.wapforum.org/DTD/si.dtd">` + "\n" +
		fmt.Sprintf(`<si><indication href="%s" si-id="%s" action="%s">%s</indication></si>`,
			html.EscapeString(href), html.EscapeString(id), action, html.EscapeString(text))
}

// SL returns a Service Loading (WAP-168).
func SL(href, action string) string {
	return `<?xml version="1.0"?>` + "\n" +
		`<!DOCTYPE sl PUBLIC "-//WAPFORUM//DTD SL 1.0//EN" "http://www.wapforum.org/DTD/sl.dtd">` + "\n" +
		fmt.Sprintf(`<sl href="%s" action="%s"/>`, html.EscapeString(href), action)
}

package push

import "strings"

// DefaultApplicationID is what an absent X-Wap-Application-Id means (WAP-251 §6.2.2.1).
const DefaultApplicationID = "x-wap-application:wml.ua"

// A Header is one field of a push message, in its HTTP form.
type Header struct {
	Name  string
	Value string
}

// A Message is the content of a push: what the Push Initiator submitted, or what an encoder made of it.
type Message struct {
	// ContentType is the media type with its parameters, as in "text/vnd.wap.si; charset=utf-8".
	ContentType string
	// Headers are the other fields of the content entity, in the order they came. ContentType is not among them.
	Headers []Header
	Body    []byte
}

// Header returns the first value of the named field, compared without case, or "".
func (m Message) Header(name string) string {
	for _, h := range m.Headers {
		if strings.EqualFold(h.Name, name) {
			return h.Value
		}
	}
	return ""
}

// MediaType returns the media type in lower case and without parameters.
func (m Message) MediaType() string {
	t, _, _ := strings.Cut(m.ContentType, ";")
	return strings.ToLower(strings.TrimSpace(t))
}

// ApplicationID returns the application the push is for, without the app-encoding parameter (WAP-251 §6.2.2.1).
func (m Message) ApplicationID() string {
	id, _, _ := strings.Cut(m.Header("X-Wap-Application-Id"), ";")
	if id = strings.TrimSpace(id); id != "" {
		return id
	}
	return DefaultApplicationID
}

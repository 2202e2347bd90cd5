package pap

// A Document is one PAP control document: a message under the pap root.
type Document struct {
	// Version is the one its DOCTYPE names. An answer is written in the version of the request.
	Version Version
	// Supported is the list of versions that the sender supports (the wap-pap-ver processing instruction), "" if it says
	// nothing, as in "2.0,1.*".
	Supported   string
	ProductName string
	Message     Message
}

// A Message is one of the messages and responses of PAP: a pointer to one of the structs of this package.
type Message interface {
	element
	// elementName is the name of the element.
	elementName() string
	write(w *writer)
}

// An element takes what the reader finds.
type element interface {
	// set takes one attribute. It returns errUnknownName for one that the element does not have.
	set(name, value string) error
	// missing names a required attribute that did not come, or "".
	missing() string
	// child makes room for a child element and returns it, nil if the element has no such child or no further one.
	child(name string) element
	// lacks names a required child that did not come, or "".
	lacks() string
}

func newMessage(name string) Message {
	switch name {
	case "push-message":
		m := new(struct {
			PushMessage
			room [1]Address // most have one recipient
		})
		m.Addresses = m.room[:0]
		return &m.PushMessage
	case "push-response":
		return &PushResponse{}
	case "cancel-message":
		return &CancelMessage{}
	case "cancel-response":
		return &CancelResponse{}
	case "resultnotification-message":
		return &ResultNotification{}
	case "resultnotification-response":
		return &ResultNotificationResponse{}
	case "statusquery-message":
		return &StatusQuery{}
	case "statusquery-response":
		return &StatusQueryResponse{}
	case "ccq-message":
		return &CCQMessage{}
	case "ccq-response":
		return &CCQResponse{}
	case "badmessage-response":
		return &BadMessageResponse{}
	}
	return nil
}

// Append appends the document as XML to dst and returns the extended slice; without a supported version it is of the
// DefaultVersion. Equal documents give equal octets. Characters
// that XML can not carry are replaced by U+FFFD.
func Append(dst []byte, doc Document) []byte {
	w := writer{b: dst}
	w.document(doc)
	return w.b
}

package pap

// A BadMessageResponse answers a document that could not be read.
type BadMessageResponse struct {
	Code Code
	Desc string
	// Fragment is a piece of the bad message. The attribute is required, so it is written even if empty.
	Fragment string
}

func (m *BadMessageResponse) elementName() string { return "badmessage-response" }

func (m *BadMessageResponse) set(name, value string) (err error) {
	switch name {
	case "code":
		m.Code, err = parseCode(value)
	case "desc":
		m.Desc = value
	case "bad-message-fragment":
		m.Fragment = value
	default:
		return errUnknownName
	}
	return err
}

func (m *BadMessageResponse) missing() string { return requiredCode(m.Code) }

func (m *BadMessageResponse) child(string) element { return nil }

func (m *BadMessageResponse) lacks() string { return "" }

func (m *BadMessageResponse) write(w *writer) {
	w.open(m.elementName())
	w.code(m.Code, m.Desc)
	w.attr("bad-message-fragment", m.Fragment)
	w.close()
}

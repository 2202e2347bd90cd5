package pap

// A CCQMessage asks for the capabilities of a client.
type CCQMessage struct {
	QueryID string
	AppID   string
	// Addresses is one recipient.
	Addresses []Address
}

// A CCQResponse answers a CCQMessage; the capabilities themselves follow as an RDF entity.
type CCQResponse struct {
	QueryID   string
	Code      Code
	Desc      string
	Addresses []Address
}

func (m *CCQMessage) elementName() string { return "ccq-message" }

func (m *CCQMessage) set(name, value string) error {
	switch name {
	case "query-id":
		m.QueryID = value
	case "app-id":
		m.AppID = value
	default:
		return errUnknownName
	}
	return nil
}

func (m *CCQMessage) missing() string { return "" }

func (m *CCQMessage) child(name string) element { return oneAddress(&m.Addresses, name) }

func (m *CCQMessage) lacks() string {
	if len(m.Addresses) == 0 {
		return "address"
	}
	return ""
}

func (m *CCQMessage) write(w *writer) {
	w.open(m.elementName())
	w.optional("query-id", m.QueryID)
	w.optional("app-id", m.AppID)
	w.addresses(m.Addresses)
	w.close()
}

func (m *CCQResponse) elementName() string { return "ccq-response" }

func (m *CCQResponse) set(name, value string) (err error) {
	switch name {
	case "query-id":
		m.QueryID = value
	case "code":
		m.Code, err = parseCode(value)
	case "desc":
		m.Desc = value
	default:
		return errUnknownName
	}
	return err
}

func (m *CCQResponse) missing() string { return requiredCode(m.Code) }

func (m *CCQResponse) child(name string) element { return oneAddress(&m.Addresses, name) }

// lacks asks for no address: a gateway that could not read the one it was given has none to name.
func (m *CCQResponse) lacks() string { return "" }

func (m *CCQResponse) write(w *writer) {
	w.open(m.elementName())
	w.optional("query-id", m.QueryID)
	w.code(m.Code, m.Desc)
	w.addresses(m.Addresses)
	w.close()
}

func oneAddress(list *[]Address, name string) element {
	if name == "address" && len(*list) == 0 {
		return appendAddress(list)
	}
	return nil
}

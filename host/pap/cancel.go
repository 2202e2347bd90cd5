package pap

// A CancelMessage asks to cancel what is still pending of a push.
type CancelMessage struct {
	PushID string
	// Addresses are the recipients to cancel for, none for every one.
	Addresses []Address
}

// A CancelResponse answers a CancelMessage; recipients with the same result are grouped.
type CancelResponse struct {
	PushID  string
	Results []CancelResult
}

// A CancelResult is what became of a cancellation for some recipients, none meaning all of them.
type CancelResult struct {
	Addresses []Address
	Code      Code
	Desc      string
}

func (m *CancelMessage) elementName() string { return "cancel-message" }

func (m *CancelMessage) set(name, value string) error { return setPushID(&m.PushID, name, value) }

func (m *CancelMessage) missing() string { return required("push-id", m.PushID) }

func (m *CancelMessage) child(name string) element {
	if name == "address" {
		return appendAddress(&m.Addresses)
	}
	return nil
}

func (m *CancelMessage) lacks() string { return "" }

func (m *CancelMessage) write(w *writer) {
	w.open(m.elementName())
	w.attr("push-id", m.PushID)
	w.addresses(m.Addresses)
	w.close()
}

func (m *CancelResponse) elementName() string { return "cancel-response" }

func (m *CancelResponse) set(name, value string) error { return setPushID(&m.PushID, name, value) }

func (m *CancelResponse) missing() string { return required("push-id", m.PushID) }

func (m *CancelResponse) child(name string) element {
	if name != "cancel-result" {
		return nil
	}
	m.Results = append(m.Results, CancelResult{})
	return &m.Results[len(m.Results)-1]
}

func (m *CancelResponse) lacks() string {
	if len(m.Results) == 0 {
		return "cancel-result"
	}
	return ""
}

func (m *CancelResponse) write(w *writer) {
	w.open(m.elementName())
	w.attr("push-id", m.PushID)
	for i := range m.Results {
		r := &m.Results[i]
		w.open("cancel-result")
		w.code(r.Code, r.Desc)
		w.addresses(r.Addresses)
		w.close()
	}
	w.close()
}

func (r *CancelResult) set(name, value string) (err error) {
	switch name {
	case "code":
		r.Code, err = parseCode(value)
	case "desc":
		r.Desc = value
	default:
		return errUnknownName
	}
	return err
}

func (r *CancelResult) missing() string { return requiredCode(r.Code) }

func (r *CancelResult) child(name string) element {
	if name == "address" {
		return appendAddress(&r.Addresses)
	}
	return nil
}

func (r *CancelResult) lacks() string { return "" }

// setPushID is set of an element that has no other attribute.
func setPushID(id *string, name, value string) error {
	if name != "push-id" {
		return errUnknownName
	}
	*id = value
	return nil
}

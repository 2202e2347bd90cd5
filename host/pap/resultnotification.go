package pap

import "time"

// A ResultNotification tells the Push Initiator the final state of a push for a recipient.
type ResultNotification struct {
	PushID        string
	SenderAddress string
	SenderName    string
	// ReceivedTime is when the gateway took the push, EventTime when the state was reached.
	ReceivedTime time.Time
	EventTime    time.Time
	State        MessageState
	Code         Code
	Desc         string
	// Addresses is one recipient; other gateways have been seen to send several.
	Addresses []Address
	// QoS says how the push was delivered, nil if it was not.
	QoS *QualityOfService
}

// A ResultNotificationResponse acknowledges a ResultNotification.
type ResultNotificationResponse struct {
	PushID    string
	Code      Code
	Desc      string
	Addresses []Address
}

func (m *ResultNotification) elementName() string { return "resultnotification-message" }

func (m *ResultNotification) set(name, value string) (err error) {
	switch name {
	case "push-id":
		m.PushID = value
	case "sender-address":
		m.SenderAddress = value
	case "sender-name":
		m.SenderName = value
	case "received-time":
		m.ReceivedTime, err = parseDatetime(value)
	case "event-time":
		m.EventTime, err = parseDatetime(value)
	case "message-state":
		m.State, err = parseState(value)
	case "code":
		m.Code, err = parseCode(value)
	case "desc":
		m.Desc = value
	default:
		return errUnknownName
	}
	return err
}

func (m *ResultNotification) missing() string {
	switch {
	case m.PushID == "":
		return "push-id"
	case m.State == "":
		return "message-state"
	}
	return requiredCode(m.Code)
}

func (m *ResultNotification) child(name string) element {
	switch {
	case name == "address":
		return appendAddress(&m.Addresses)
	case name == "quality-of-service" && m.QoS == nil:
		m.QoS = &QualityOfService{}
		return m.QoS
	}
	return nil
}

func (m *ResultNotification) lacks() string {
	if len(m.Addresses) == 0 {
		return "address"
	}
	return ""
}

func (m *ResultNotification) write(w *writer) {
	w.open(m.elementName())
	w.attr("push-id", m.PushID)
	w.optional("sender-address", m.SenderAddress)
	w.optional("sender-name", m.SenderName)
	w.time("received-time", m.ReceivedTime)
	w.time("event-time", m.EventTime)
	w.attr("message-state", string(m.State))
	w.code(m.Code, m.Desc)
	w.addresses(m.Addresses)
	if m.QoS != nil {
		m.QoS.write(w)
	}
	w.close()
}

func (m *ResultNotificationResponse) elementName() string { return "resultnotification-response" }

func (m *ResultNotificationResponse) set(name, value string) (err error) {
	switch name {
	case "push-id":
		m.PushID = value
	case "code":
		m.Code, err = parseCode(value)
	case "desc":
		m.Desc = value
	default:
		return errUnknownName
	}
	return err
}

func (m *ResultNotificationResponse) missing() string {
	if m.PushID == "" {
		return "push-id"
	}
	return requiredCode(m.Code)
}

func (m *ResultNotificationResponse) child(name string) element {
	if name == "address" {
		return appendAddress(&m.Addresses)
	}
	return nil
}

func (m *ResultNotificationResponse) lacks() string { return "" }

func (m *ResultNotificationResponse) write(w *writer) {
	w.open(m.elementName())
	w.attr("push-id", m.PushID)
	w.code(m.Code, m.Desc)
	w.addresses(m.Addresses)
	w.close()
}

package pap

import "time"

// A StatusQuery asks for the state of a push.
type StatusQuery struct {
	PushID string
	// Addresses are the recipients asked about, none for every one.
	Addresses []Address
}

// A StatusQueryResponse answers a StatusQuery, with one result for every message state.
type StatusQueryResponse struct {
	PushID  string
	Results []StatusQueryResult
}

// A StatusQueryResult is the state of a push for the recipients that share it, none meaning all of them.
type StatusQueryResult struct {
	EventTime time.Time
	State     MessageState
	Code      Code
	Desc      string
	Addresses []Address
	QoS       *QualityOfService
}

func (m *StatusQuery) elementName() string { return "statusquery-message" }

func (m *StatusQuery) set(name, value string) error { return setPushID(&m.PushID, name, value) }

func (m *StatusQuery) missing() string { return required("push-id", m.PushID) }

func (m *StatusQuery) child(name string) element {
	if name == "address" {
		return appendAddress(&m.Addresses)
	}
	return nil
}

func (m *StatusQuery) lacks() string { return "" }

func (m *StatusQuery) write(w *writer) {
	w.open(m.elementName())
	w.attr("push-id", m.PushID)
	w.addresses(m.Addresses)
	w.close()
}

func (m *StatusQueryResponse) elementName() string { return "statusquery-response" }

func (m *StatusQueryResponse) set(name, value string) error { return setPushID(&m.PushID, name, value) }

func (m *StatusQueryResponse) missing() string { return required("push-id", m.PushID) }

func (m *StatusQueryResponse) child(name string) element {
	if name != "statusquery-result" {
		return nil
	}
	m.Results = append(m.Results, StatusQueryResult{})
	return &m.Results[len(m.Results)-1]
}

func (m *StatusQueryResponse) lacks() string {
	if len(m.Results) == 0 {
		return "statusquery-result"
	}
	return ""
}

func (m *StatusQueryResponse) write(w *writer) {
	w.open(m.elementName())
	w.attr("push-id", m.PushID)
	for i := range m.Results {
		r := &m.Results[i]
		w.open("statusquery-result")
		w.time("event-time", r.EventTime)
		w.attr("message-state", string(r.State))
		w.code(r.Code, r.Desc)
		w.addresses(r.Addresses)
		if r.QoS != nil {
			r.QoS.write(w)
		}
		w.close()
	}
	w.close()
}

func (r *StatusQueryResult) set(name, value string) (err error) {
	switch name {
	case "event-time":
		r.EventTime, err = parseDatetime(value)
	case "message-state":
		r.State, err = parseState(value)
	case "code":
		r.Code, err = parseCode(value)
	case "desc":
		r.Desc = value
	default:
		return errUnknownName
	}
	return err
}

func (r *StatusQueryResult) missing() string {
	if r.State == "" {
		return "message-state"
	}
	return requiredCode(r.Code)
}

func (r *StatusQueryResult) child(name string) element {
	switch {
	case name == "address":
		return appendAddress(&r.Addresses)
	case name == "quality-of-service" && r.QoS == nil:
		r.QoS = &QualityOfService{}
		return r.QoS
	}
	return nil
}

func (r *StatusQueryResult) lacks() string { return "" }

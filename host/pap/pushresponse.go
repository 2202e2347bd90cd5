package pap

import "time"

// A PushResponse is the first answer to a submission.
type PushResponse struct {
	PushID        string
	SenderAddress string
	SenderName    string
	ReplyTime     time.Time
	ProgressNotes []ProgressNote
	// Addresses are the recipients that the answer is about, none for all of them. They are not written to a PAP 1.0
	// initiator, whose DTD does not have them.
	Addresses []Address
	Result    Result
}

// A Result is a status code with a text.
type Result struct {
	Code Code
	Desc string
}

// A ProgressNote reports one stage of the gateway's work.
type ProgressNote struct {
	Stage string
	Note  string
	Time  time.Time
}

func (m *PushResponse) elementName() string { return "push-response" }

func (m *PushResponse) set(name, value string) (err error) {
	switch name {
	case "push-id":
		m.PushID = value
	case "sender-address":
		m.SenderAddress = value
	case "sender-name":
		m.SenderName = value
	case "reply-time":
		m.ReplyTime, err = parseDatetime(value)
	default:
		return errUnknownName
	}
	return err
}

func (m *PushResponse) missing() string { return required("push-id", m.PushID) }

func (m *PushResponse) child(name string) element {
	switch {
	case name == "progress-note":
		m.ProgressNotes = append(m.ProgressNotes, ProgressNote{})
		return &m.ProgressNotes[len(m.ProgressNotes)-1]
	case name == "address":
		return appendAddress(&m.Addresses)
	case name == "response-result" && m.Result == Result{}:
		return &m.Result
	}
	return nil
}

func (m *PushResponse) lacks() string {
	if m.Result.Code == 0 {
		return "response-result"
	}
	return ""
}

func (m *PushResponse) write(w *writer) {
	w.open(m.elementName())
	w.attr("push-id", m.PushID)
	w.optional("sender-address", m.SenderAddress)
	w.optional("sender-name", m.SenderName)
	w.time("reply-time", m.ReplyTime)
	for i := range m.ProgressNotes {
		n := &m.ProgressNotes[i]
		w.open("progress-note")
		w.attr("stage", n.Stage)
		w.optional("note", n.Note)
		w.time("time", n.Time)
		w.close()
	}
	if w.version.Major > 1 {
		w.addresses(m.Addresses)
	}
	w.open("response-result")
	w.code(m.Result.Code, m.Result.Desc)
	w.close()
	w.close()
}

func (r *Result) set(name, value string) (err error) {
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

func (r *Result) missing() string      { return requiredCode(r.Code) }
func (r *Result) child(string) element { return nil }
func (r *Result) lacks() string        { return "" }

func (n *ProgressNote) set(name, value string) (err error) {
	switch name {
	case "stage":
		n.Stage = value
	case "note":
		n.Note = value
	case "time":
		n.Time, err = parseDatetime(value)
	default:
		return errUnknownName
	}
	return err
}

func (n *ProgressNote) missing() string      { return required("stage", n.Stage) }
func (n *ProgressNote) child(string) element { return nil }
func (n *ProgressNote) lacks() string        { return "" }

func requiredCode(c Code) string {
	if c == 0 {
		return "code"
	}
	return ""
}

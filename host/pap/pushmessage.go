package pap

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"
)

// A PushMessage is the control document of a push submission.
type PushMessage struct {
	PushID string
	// ReplacePushID names the push that this one replaces, "" for none (2.x).
	ReplacePushID string
	// ReplaceMethod is meaningful beside ReplacePushID only.
	ReplaceMethod ReplaceMethod
	// DeliverBefore and DeliverAfter are zero if the sender set no such limit.
	DeliverBefore time.Time
	DeliverAfter  time.Time
	// SourceReference names the real source of the content; free text.
	SourceReference        string
	ProgressNotesRequested bool
	// NotifyTo is the http or https URL that result notifications go to, "" for none.
	NotifyTo  string
	Addresses []Address
	// QoS is nil if the sender left everything to the gateway.
	QoS *QualityOfService
}

// ReplaceMethod says which recipients get a replacement.
type ReplaceMethod int

// The replace methods; the zero value is PAP's default.
const (
	ReplaceAll         ReplaceMethod = iota // every recipient gets the new message
	ReplacePendingOnly                      // only those whose old message is still pending
)

func (m *PushMessage) elementName() string { return "push-message" }

func (m *PushMessage) set(name, value string) (err error) {
	switch name {
	case "push-id":
		m.PushID = value
	case "replace-push-id":
		m.ReplacePushID = value
	case "replace-method":
		m.ReplaceMethod, err = parseReplaceMethod(value)
	case "deliver-before-timestamp":
		m.DeliverBefore, err = parseDatetime(value)
	case "deliver-after-timestamp":
		m.DeliverAfter, err = parseDatetime(value)
	case "source-reference":
		m.SourceReference = value
	case "progress-notes-requested":
		m.ProgressNotesRequested, err = parseBool(value)
	case "ppg-notify-requested-to":
		m.NotifyTo, err = parseNotifyTo(value)
	default:
		return errUnknownName
	}
	return err
}

func (m *PushMessage) missing() string { return required("push-id", m.PushID) }

func (m *PushMessage) child(name string) element {
	switch {
	case name == "address":
		return appendAddress(&m.Addresses)
	case name == "quality-of-service" && m.QoS == nil:
		m.QoS = &QualityOfService{}
		return m.QoS
	}
	return nil
}

func (m *PushMessage) lacks() string {
	if len(m.Addresses) == 0 {
		return "address"
	}
	return ""
}

func (m *PushMessage) write(w *writer) {
	w.open(m.elementName())
	w.attr("push-id", m.PushID)
	if m.ReplacePushID != "" {
		w.attr("replace-push-id", m.ReplacePushID)
		if m.ReplaceMethod == ReplacePendingOnly {
			w.attr("replace-method", "pending-only")
		}
	}
	w.time("deliver-before-timestamp", m.DeliverBefore)
	w.time("deliver-after-timestamp", m.DeliverAfter)
	w.optional("source-reference", m.SourceReference)
	w.flag("progress-notes-requested", m.ProgressNotesRequested)
	w.optional("ppg-notify-requested-to", m.NotifyTo)
	w.addresses(m.Addresses)
	if m.QoS != nil {
		m.QoS.write(w)
	}
	w.close()
}

func parseReplaceMethod(v string) (ReplaceMethod, error) {
	switch strings.ToLower(strings.TrimSpace(v)) {
	case "all":
		return ReplaceAll, nil
	case "pending-only":
		return ReplacePendingOnly, nil
	}
	return 0, fmt.Errorf("%q is neither all nor pending-only", clip(v, 40))
}

// parseNotifyTo refuses what no notification could ever be sent to. Whether it may be sent there is for the gateway to say.
func parseNotifyTo(v string) (string, error) {
	v = strings.TrimSpace(v)
	if v == "" || isPlainURL(v) {
		return v, nil
	}
	u, err := url.Parse(v)
	switch {
	case err != nil:
		return "", errors.New("not a URL")
	case !strings.EqualFold(u.Scheme, "http") && !strings.EqualFold(u.Scheme, "https"), u.Hostname() == "":
		return "", fmt.Errorf("%q is no http or https URL with a host", clip(v, 60))
	}
	return v, nil
}

// isPlainURL reports whether v is an http or https URL of which nothing but letters, digits and a few marks is made, so that package
// net/url could not find fault with it.
func isPlainURL(v string) bool {
	rest, ok := strings.CutPrefix(v, "http://")
	if !ok {
		if rest, ok = strings.CutPrefix(v, "https://"); !ok {
			return false
		}
	}
	i := 0
	for i < len(rest) && (!notKeyword(rune(rest[i])) || rest[i] == '.') {
		i++
	}
	if i == 0 {
		return false
	}
	if i < len(rest) && rest[i] == ':' {
		for i++; i < len(rest) && rest[i] >= '0' && rest[i] <= '9'; {
			i++
		}
	}
	if i < len(rest) && rest[i] != '/' {
		return false
	}
	for ; i < len(rest); i++ {
		switch c := rest[i]; {
		case c == '/', c == '.', c == '_', c == '?', c == '=', c == '&', !notKeyword(rune(c)):
		default:
			return false
		}
	}
	return true
}

// required returns name if value is empty.
func required(name, value string) string {
	if value == "" {
		return name
	}
	return ""
}

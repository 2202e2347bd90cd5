package notify

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/url"

	"github.com/ppgbox/ppgbox/host/pap"
	"github.com/ppgbox/ppgbox/host/store"
)

// maxAnswer is how much of an answer is read, in octets.
const maxAnswer = 16 << 10

// A refusedError is an answer that trying again does not change.
type refusedError struct{ pap.ResultNotificationResponse }

func (e *refusedError) Error() string {
	return fmt.Sprintf("the Push Initiator answered %s %s", e.Code, e.Desc)
}

// post sends one notification. It returns nil if it was acknowledged: an answer 2xx that is empty, or holds a
// resultnotification-response with a code of class 1 (OMA-TS-PAP §9.5). Many Push Initiators leave the body out. A body that is
// something else is no acknowledgement.
func (n *Notifier) post(b *debt) error {
	doc := pap.Document{Version: pap.ParseVersion(b.push.PAPVersion), Message: Message(b.push, b.delivery, n.opts.Sender)}
	req, err := http.NewRequestWithContext(n.ctx, http.MethodPost, b.n.URL, bytes.NewReader(pap.Append(nil, doc)))
	if err != nil {
		return fmt.Errorf("result notification: %w", err)
	}
	req.Header.Set("Content-Type", "application/xml")
	resp, err := n.client.Do(req)
	if err != nil {
		return fmt.Errorf("result notification: %w", err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	switch {
	case err != nil:
		return fmt.Errorf("result notification: reading the answer: %w", err)
	case resp.StatusCode/100 != 2:
		return fmt.Errorf("result notification: HTTP %s", resp.Status)
	case len(body) > maxAnswer:
		return fmt.Errorf("result notification: the answer is longer than %d octets", maxAnswer)
	case len(bytes.TrimSpace(body)) == 0:
		return nil
	}
	answer, err := pap.Parse(bytes.NewReader(body), "", pap.Limits{})
	if err != nil {
		return fmt.Errorf("result notification: the answer is no PAP document: %w", err)
	}
	switch m := answer.Message.(type) {
	case *pap.ResultNotificationResponse:
		switch m.Code.Class() {
		case 1:
			return nil
		case 2:
			return &refusedError{*m}
		default:
			return fmt.Errorf("result notification: the Push Initiator answered %s %s", m.Code, m.Desc)
		}
	case *pap.BadMessageResponse:
		return fmt.Errorf("result notification: the Push Initiator answered badmessage-response %s %s", m.Code, m.Desc)
	default:
		return fmt.Errorf("result notification: the answer is a %T", answer.Message)
	}
}

// Message builds the notification of a final delivery.
func Message(p *store.Push, d *store.Delivery, sender string) *pap.ResultNotification {
	m := &pap.ResultNotification{
		PushID: p.PushID, SenderName: sender, ReceivedTime: p.Received, EventTime: d.Result.At,
		State: pap.MessageState(d.Result.State), Code: pap.Code(d.Result.Code), Desc: d.Result.Text,
		Addresses: []pap.Address{{Text: d.AddressText, Client: d.Address}},
	}
	m.QoS = pap.ResultQoS(d.Result.Method, d.Result.Network, d.Result.Bearer)
	return m
}

// hostOf is what the requests to one server are counted by.
func hostOf(rawURL string) string {
	u, err := url.Parse(rawURL)
	if err != nil {
		return ""
	}
	return u.Host
}

// ShownURL is a notification's URL as people may see it: a password that a Push Initiator wrote into it is left out.
func ShownURL(rawURL string) string {
	u, err := url.Parse(rawURL)
	if err != nil {
		return "(not a URL)"
	}
	return u.Redacted()
}

package sqlite

import (
	"database/sql/driver"

	"github.com/ppgbox/ppgbox/host/store"
	"github.com/ppgbox/ppgbox/sdk/push"
)

// pushColumns in the order of their checksum, which is of all but the last.
const pushColumns = "id, initiator, push_id, received, deliver_after, deliver_before, priority, method, network, bearer, " +
	"network_needed, bearer_needed, notify_url, progress_notes, source_reference, pap_version, content_type, headers, " +
	"body, capabilities, accepted, sum"

// pushOwn is how many of them the push itself has; accepted and sum come when it is written.
const pushOwn = 20

func pushValues(p *store.Push) []driver.Value {
	return append(make([]driver.Value, 0, pushOwn+2),
		p.ID, p.Initiator, p.PushID, nanos(p.Received), nanos(p.DeliverAfter), nanos(p.DeliverBefore), int64(p.Priority),
		int64(p.Method), p.Network, p.Bearer, flag(p.NetworkNeeded), flag(p.BearerNeeded), p.NotifyURL, flag(p.ProgressNotes),
		p.SourceReference, p.PAPVersion, p.Message.ContentType, headersJSON(p.Message.Headers),
		octets(p.Message.Body), octets(p.Capabilities))
}

func pushDigest(own []driver.Value) digest { return newDigest("pushes").add(own...) }

// parsePush returns ok false if the checksum does not hold.
func parsePush(row []driver.Value) (p *store.Push, ok bool, err error) {
	if pushDigest(row[:pushOwn]).add(row[pushOwn]).value() != row[pushOwn+1] {
		return nil, false, nil
	}
	c := &cursor{values: row}
	p = &store.Push{
		ID: c.int(), Initiator: c.text(), PushID: c.text(), Received: c.time(), DeliverAfter: c.time(), DeliverBefore: c.time(),
		Priority: push.Priority(c.int()), Method: push.DeliveryMethod(c.int()), Network: c.text(), Bearer: c.text(),
		NetworkNeeded: c.flag(), BearerNeeded: c.flag(), NotifyURL: c.text(), ProgressNotes: c.flag(),
		SourceReference: c.text(), PAPVersion: c.text(),
	}
	p.Message.ContentType = c.text()
	headers, some := c.optional()
	p.Message.Body, p.Capabilities = c.octets(), c.octets()
	if c.err != nil {
		return nil, true, c.err
	}
	if some {
		p.Message.Headers, err = parseHeaders(headers)
	}
	return p, true, err
}

package pdp

import (
	"encoding/binary"
	"slices"
	"sync"

	"github.com/ppgbox/ppgbox/sdk/push"
	"github.com/ppgbox/ppgbox/sdk/wsp"
)

// heads keeps what stands before the data of a push, as it is written in WSP: the pushes of an initiator have few different headers,
// and to encode them is a tenth of what a push costs here.
type heads struct {
	mu    sync.Mutex
	last  push.Message // its body is nil
	head  []byte       // of the last; nil for none
	key   []byte       // of the one that is looked for
	known map[string][]byte
}

// Limits of what is kept.
const (
	maxHeads   = 1000
	maxHeadKey = 512 // octets; longer ones are not kept
)

// of returns the head of a push, whose first octet is for the transaction id. It must not be changed.
func (h *heads) of(m push.Message) ([]byte, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.head != nil && m.ContentType == h.last.ContentType && slices.Equal(m.Headers, h.last.Headers) {
		return h.head, nil
	}
	head, err := h.find(m)
	if err == nil {
		h.last, h.head = push.Message{ContentType: m.ContentType, Headers: m.Headers}, head
	}
	return head, err
}

// find looks for a head among all that are known, and makes the one that is not.
func (h *heads) find(m push.Message) ([]byte, error) {
	headers := airHeaders(m.Headers)
	// Lengths, so that no text can look like two.
	h.key = appendText(h.key[:0], m.ContentType)
	for _, one := range headers {
		h.key = appendText(appendText(h.key, one.Name), one.Value)
	}
	if head, ok := h.known[string(h.key)]; ok {
		return head, nil
	}
	head, err := wsp.EncodePush(wsp.Push{ContentType: m.ContentType, Headers: headers}, 0)
	if err != nil || len(h.key) > maxHeadKey {
		h.key = nil // which may be long
		return head, err
	}
	if h.known == nil || len(h.known) >= maxHeads {
		h.known = make(map[string][]byte)
	}
	h.known[string(h.key)] = head
	return head, nil
}

func appendText(to []byte, s string) []byte {
	return append(binary.AppendUvarint(to, uint64(len(s))), s...)
}

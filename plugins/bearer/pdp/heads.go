package pdp

import (
	"encoding/binary"
	"sync"

	"github.com/ppgbox/ppgbox/sdk/push"
	"github.com/ppgbox/ppgbox/sdk/wsp"
)

// heads keeps what stands before the data of a push, as it is written in WSP: the pushes of an initiator have few different headers,
// and to encode them is a tenth of what a push costs here.
type heads struct {
	mu    sync.Mutex
	key   []byte // of the one that is looked for
	known map[string][]byte
}

// Limits of what is kept.
const (
	maxHeads   = 1000
	maxHeadKey = 512 // octets; longer ones are not kept
)

// of returns the head of a push, whose first octet is for the transaction id. It must not be changed.
func (h *heads) of(m push.Message) ([]byte, error) {
	headers := airHeaders(m.Headers)
	h.mu.Lock()
	defer h.mu.Unlock()
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

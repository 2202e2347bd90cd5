package radius

import (
	"bytes"
	"cmp"
	"fmt"
	"net/netip"
	"slices"
)

// A Client may send accounting: a GGSN, or a RADIUS proxy in front of several.
type Client struct {
	// Sources are the addresses that its messages come from, at least one. Of two clients the one with the longer prefix counts.
	Sources []netip.Prefix
	// Secret is what it shares with us.
	Secret []byte
	// GGSN is the operator's name for the GGSN. "" is for a client that speaks for several: the name is the address or identifier
	// that each message gives (README.md), and the client is believed about all of them.
	GGSN string
}

type clients struct{ list []source }

// A source is a prefix of a client; the longest come first.
type source struct {
	prefix netip.Prefix
	client *Client
}

func newClients(list []Client) (*clients, error) {
	c := &clients{}
	for i := range list {
		cl := list[i]
		switch {
		case len(cl.Sources) == 0:
			return nil, fmt.Errorf("RADIUS client %d has no source address", i+1)
		case len(cl.Secret) == 0:
			return nil, fmt.Errorf("RADIUS client %d (%s) has no secret", i+1, cl.Sources[0])
		}
		cl.Secret = bytes.Clone(cl.Secret)
		for _, p := range cl.Sources {
			if !p.IsValid() {
				return nil, fmt.Errorf("RADIUS client %d has a source that is no address", i+1)
			}
			p = p.Masked()
			if slices.ContainsFunc(c.list, func(s source) bool { return s.prefix == p }) {
				return nil, fmt.Errorf("RADIUS client %d: the source %s is that of another one, too", i+1, p)
			}
			c.list = append(c.list, source{p, &cl})
		}
	}
	slices.SortStableFunc(c.list, func(a, b source) int { return cmp.Compare(b.prefix.Bits(), a.prefix.Bits()) })
	return c, nil
}

// of returns the client that sends from an address, nil if nobody may.
func (c *clients) of(a netip.Addr) *Client {
	a = a.Unmap().WithZone("")
	for i := range c.list {
		if c.list[i].prefix.Contains(a) {
			return c.list[i].client
		}
	}
	return nil
}

package smsc

import (
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
)

// conflicts finds values that are right each, and can not be right together.
func (p *parser) conflicts(f file, c *Config) {
	for i := range c.esmes {
		// What adopts is answered before the gateway gives its link up, however long the network may be given otherwise.
		if e := &c.esmes[i]; !e.adopt && e.answerWithin > 0 && e.answerWithin < c.transaction.window {
			p.Problems.Addf(fmt.Sprintf("esme.%d.answer_within", i),
				"must not be shorter than transaction.window, %s, which no message could use: it is %s", c.transaction.window, e.answerWithin)
		}
	}
	if f.SMSC.Admin != "" && collide(f.SMSC.Listen, f.SMSC.Admin) {
		p.Problems.Addf("smsc.admin", "is taken by smsc.listen, %s", f.SMSC.Listen)
	}
	for i, d := range f.Delivery {
		for key, address := range map[string]string{"address": d.Address, "receiver_address": d.ReceiverAddress} {
			if collide(f.SMSC.Listen, address) {
				p.Problems.Addf(fmt.Sprintf("delivery.%d.%s", i, key), "is smsc.listen: the SMSC would deliver to itself")
			}
		}
	}
}

// collide says whether what goes to an address arrives at a listener of this machine, as far as the two tell it.
func collide(listen, address string) bool {
	at, atPort, ok := endpoint(listen)
	to, toPort, also := endpoint(address)
	if !ok || !also || atPort == 0 || atPort != toPort {
		return false
	}
	if a, err := netip.ParseAddr(to); err == nil && a.IsLoopback() && (at == "" || at == "::" || at == "0.0.0.0" && a.Is4()) {
		return true
	}
	return at == to
}

// endpoint reads a host:port. The host is written in one way.
func endpoint(s string) (host string, port uint64, ok bool) {
	host, digits, err := net.SplitHostPort(s)
	if err != nil {
		return "", 0, false
	}
	if port, err = strconv.ParseUint(digits, 10, 16); err != nil {
		return "", 0, false
	}
	if strings.EqualFold(host, "localhost") {
		host = "127.0.0.1"
	}
	if a, err := netip.ParseAddr(host); err == nil {
		host = a.Unmap().String()
	}
	return strings.ToLower(host), port, true
}

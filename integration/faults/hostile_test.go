package faults

import (
	"fmt"
	"io"
	"net"
	"net/url"
	"strings"

	"github.com/ppgbox/ppgbox/integration/initiator"
)

// killers are the control documents that end Kannel 1.4.5's wapbox, one request each.
func killers() map[string]string {
	return map[string]string{
		"push-message without push-id":          initiator.Control(`<push-message><address address-value="WAPPUSH=+46701234567/TYPE=PLMN@ppg.example.net"/></push-message>`),
		"an IPv6 address":                       initiator.Control(`<push-message push-id="six@pi.example"><address address-value="WAPPUSH=2001:db8::1/TYPE=IPv6@ppg.example.net"/></push-message>`),
		"an empty pap":                          initiator.Control(``),
		"cancel-message without attributes":     initiator.Control(`<cancel-message/>`),
		"a lone address":                        initiator.Control(`<address address-value="WAPPUSH=+46701234567/TYPE=PLMN@ppg.example.net"/>`),
		"a push-response":                       initiator.Control(`<push-response push-id="1@pi.example"><response-result code="1001" desc="OK"/></push-response>`),
		"a badmessage-response":                 initiator.Control(`<badmessage-response code="2000" desc="bad" bad-message-fragment="x"/>`),
		"a control document of 200000 comments": initiator.Control(strings.Repeat("<!-- -->", 200_000) + `<push-message push-id="c@pi.example"/>`),
	}
}

// requestType returns content type and body of a request with a control document: a submission has content beside it.
func requestType(control string) (contentType string, body []byte) {
	if strings.Contains(control, "<cancel-message") {
		return "application/xml", []byte(control)
	}
	return initiator.MultipartType, initiator.Multipart(control, "text/vnd.wap.si", initiator.SI("http://p.example/none", "none", "signal-medium", "none"))
}

// idle opens connections that ask nothing more, a third without a request, a third within one, a third after one. They are
// closed by the function that it returns.
func (r *run) idle(n int) (hangUp func()) {
	r.t.Helper()
	u, err := url.Parse(r.box.PAP)
	if err != nil {
		r.t.Fatal(err)
	}
	var conns []net.Conn
	for i := range n {
		c, err := net.Dial("tcp", u.Host)
		if err != nil {
			r.t.Fatalf("connection %d: %v", i, err)
		}
		conns = append(conns, c)
		switch i % 3 {
		case 1:
			_, err = fmt.Fprintf(c, "POST %s HTTP/1.1\r\nHost: %s\r\nContent-Le", u.Path, u.Host)
		case 2:
			_, err = fmt.Fprintf(c, "GET %s HTTP/1.1\r\nHost: %s\r\n\r\n", u.Path, u.Host)
			if err == nil {
				_, err = io.ReadAtLeast(c, make([]byte, 4096), 12)
			}
		}
		if err != nil {
			r.t.Fatalf("connection %d: %v", i, err)
		}
	}
	return func() {
		for _, c := range conns {
			_ = c.Close()
		}
	}
}

//go:build linux

package main

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"strings"
)

// The Push Initiator that both gateways know.
const (
	username = "bench"
	password = "not so secret"
)

// digits is the width of a push's number: in its push-id, its recipient's number, its link and its text. It has one width, so
// that all requests of a run have one length.
const digits = 8

const blank = "########" // where the number goes

// The texts. With link and headers the content fits one segment (133 octets of WSP behind the ports) in both gateways, and
// three (384), each with the number in it.
var texts = map[int]string{
	1: "Picture " + blank + " has come; open it before Friday evening to keep your copy of it.",
	3: "Picture " + blank + " has come; open it before Friday evening to keep your copy of it. " +
		strings.Repeat("Of "+blank+" a copy is kept for a week from now on. ", 4) + "Thanks.",
}

const link = "http://www.example.com/m/" + blank

// A document is a prepared PAP request. Only a few octets differ from push to push; they are written over in place.
type document struct {
	request []byte
	at      []int  // where the number stands
	text    []byte // what the terminal has to get, with its number in these places:
	textAt  []int
}

const boundary = "bench-boundary"

// newDocument prepares a push of so many segments. notify is the URL for its result notification, "" for none.
func newDocument(segments int, notify string) *document {
	notifyTo := ""
	if notify != "" {
		notifyTo = ` ppg-notify-requested-to="` + notify + `"`
	}
	body := "--" + boundary + "\r\nContent-Type: application/xml\r\n\r\n<?xml version=\"1.0\"?>\r\n" +
		`<!DOCTYPE pap PUBLIC "-//WAPFORUM//DTD PAP 1.0//EN" "http://www.wapforum.org/DTD/pap_1.0.dtd">` + "\r\n" +
		`<pap product-name="bench"><push-message push-id="` + pushIDPrefix + blank + `@bench.example.com"` + notifyTo + `>` +
		`<address address-value="WAPPUSH=+` + numberPrefix + blank + `/TYPE=PLMN@` + gatewayName + `"></address>` +
		`<quality-of-service priority="medium" delivery-method="unconfirmed"></quality-of-service>` +
		"</push-message></pap>\r\n--" + boundary + "\r\nContent-Type: text/vnd.wap.si\r\n\r\n" +
		`<?xml version="1.0"?>` + "\r\n" +
		`<!DOCTYPE si PUBLIC "-//WAPFORUM//DTD SI 1.0//EN" "http://www.wapforum.org/DTD/si.dtd">` + "\r\n" +
		`<si><indication href="` + link + `" action="signal-high">` + texts[segments] + "</indication></si>\r\n--" + boundary + "--\r\n"
	d := &document{text: []byte(texts[segments])}
	d.request = fmt.Appendf(nil, "POST /wappush HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Basic %s\r\n"+
		"Content-Type: multipart/related; boundary=%s; type=\"application/xml\"\r\n"+
		"X-Wap-Application-Id: x-wap-application:wml.ua\r\nContent-Length: %d\r\n\r\n%s",
		base64.StdEncoding.EncodeToString([]byte(username+":"+password)), boundary, len(body), body)
	d.at, d.textAt = blanks(d.request), blanks(d.text)
	return d
}

// blanks returns where the number goes.
func blanks(b []byte) []int {
	var at []int
	for from := 0; ; from = at[len(at)-1] + digits {
		next := bytes.Index(b[from:], []byte(blank))
		if next < 0 {
			return at
		}
		at = append(at, from+next)
	}
}

const (
	gatewayName  = "ppg.example.com"
	numberPrefix = "35850" // of the recipients' numbers
	pushIDPrefix = "b"
	linkPath     = "m/" // what stands before the number in the link
)

// push returns the request of push number n. It is valid until the next call.
func (d *document) push(n int) []byte {
	for _, at := range d.at {
		putNumber(d.request[at:at+digits], n)
	}
	return d.request
}

// carried returns the number of the push whose whole content is in data, as a terminal would put it together: text and link of
// one and the same push.
func (d *document) carried(data []byte) (int, bool) {
	first := d.textAt[0]
	at := bytes.Index(data, d.text[:first])
	if at < 0 {
		return 0, false
	}
	n, ok := number(data[at+first:])
	if !ok {
		return 0, false
	}
	for _, place := range d.textAt {
		putNumber(d.text[place:place+digits], n)
	}
	if !bytes.HasPrefix(data[at:], d.text) {
		return 0, false
	}
	at = bytes.Index(data, []byte(linkPath))
	if at < 0 {
		return 0, false
	}
	linked, ok := number(data[at+len(linkPath):])
	return n, ok && linked == n
}

func putNumber(dst []byte, n int) {
	for i := len(dst) - 1; i >= 0; i-- {
		dst[i] = byte('0' + n%10)
		n /= 10
	}
}

// number reads a push's number at the start of b.
func number(b []byte) (int, bool) {
	if len(b) < digits {
		return 0, false
	}
	n := 0
	for _, c := range b[:digits] {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int(c-'0')
	}
	return n, true
}

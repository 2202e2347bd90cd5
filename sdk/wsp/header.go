package wsp

import (
	"fmt"
	"strconv"
	"strings"
)

// Header is one header of a push, with its value in readable form.
type Header struct {
	Name  string // any case; the assigned spelling when decoded
	Value string
}

// valueForm says how the value of a well-known header is coded.
type valueForm int

const (
	valueOther         valueForm = iota // written by name; read by the rule of the first octet
	valueText                           // a text-string, as URIs are
	valueInteger                        //
	valueDate                           //
	valueApplication                    // X-Wap-Application-Id
	valueCacheControl                   //
	valueLanguage                       //
	valueEncoding                       // Content-Encoding
	valueDisposition                    // Content-Disposition
	valueQuotedString                   // Content-ID
	valueAcceptContent                  // a content type
)

// wellKnownHeader is a row of Table 39.
type wellKnownHeader struct {
	code  byte
	name  string
	since Version
	form  valueForm
}

// wellKnownHeaders is ordered by code, so that of two codes for one name the older is found first. What a push does not
// carry has valueOther.
var wellKnownHeaders = []wellKnownHeader{
	{0x00, "Accept", Version11, valueAcceptContent},
	{0x01, "Accept-Charset", Version11, valueOther},
	{0x02, "Accept-Encoding", Version11, valueOther},
	{0x03, "Accept-Language", Version11, valueOther},
	{0x04, "Accept-Ranges", Version11, valueOther},
	{0x05, "Age", Version11, valueOther},
	{0x06, "Allow", Version11, valueOther},
	{0x07, "Authorization", Version11, valueOther},
	{0x08, "Cache-Control", Version11, valueCacheControl},
	{0x09, "Connection", Version11, valueOther},
	{0x0A, "Content-Base", Version11, valueText},
	{0x0B, "Content-Encoding", Version11, valueEncoding},
	{0x0C, "Content-Language", Version11, valueLanguage},
	{0x0D, "Content-Length", Version11, valueInteger},
	{0x0E, "Content-Location", Version11, valueText},
	{0x0F, "Content-MD5", Version11, valueOther},
	{0x10, "Content-Range", Version11, valueOther},
	{0x11, "Content-Type", Version11, valueAcceptContent},
	{0x12, "Date", Version11, valueDate},
	{0x13, "ETag", Version11, valueText},
	{0x14, "Expires", Version11, valueDate},
	{0x15, "From", Version11, valueText},
	{0x16, "Host", Version11, valueText},
	{0x17, "If-Modified-Since", Version11, valueDate},
	{0x18, "If-Match", Version11, valueText},
	{0x19, "If-None-Match", Version11, valueText},
	{0x1A, "If-Range", Version11, valueOther},
	{0x1B, "If-Unmodified-Since", Version11, valueDate},
	{0x1C, "Location", Version11, valueText},
	{0x1D, "Last-Modified", Version11, valueDate},
	{0x1E, "Max-Forwards", Version11, valueInteger},
	{0x1F, "Pragma", Version11, valueOther},
	{0x20, "Proxy-Authenticate", Version11, valueOther},
	{0x21, "Proxy-Authorization", Version11, valueOther},
	{0x22, "Public", Version11, valueOther},
	{0x23, "Range", Version11, valueOther},
	{0x24, "Referer", Version11, valueText},
	{0x25, "Retry-After", Version11, valueOther},
	{0x26, "Server", Version11, valueText},
	{0x27, "Transfer-Encoding", Version11, valueOther},
	{0x28, "Upgrade", Version11, valueText},
	{0x29, "User-Agent", Version11, valueText},
	{0x2A, "Vary", Version11, valueOther},
	{0x2B, "Via", Version11, valueText},
	{0x2C, "Warning", Version11, valueOther},
	{0x2D, "WWW-Authenticate", Version11, valueOther},
	{0x2E, "Content-Disposition", Version11, valueDisposition},
	{0x2F, "X-Wap-Application-Id", Version12, valueApplication},
	{0x30, "X-Wap-Content-URI", Version12, valueText},
	{0x31, "X-Wap-Initiator-URI", Version12, valueText},
	{0x32, "Accept-Application", Version12, valueApplication},
	{0x33, "Bearer-Indication", Version12, valueInteger},
	{0x34, "Push-Flag", Version12, valueInteger},
	{0x35, "Profile", Version12, valueText},
	{0x36, "Profile-Diff", Version12, valueOther},
	{0x37, "Profile-Warning", Version12, valueOther},
	{0x38, "Expect", Version13, valueOther},
	{0x39, "TE", Version13, valueOther},
	{0x3A, "Trailer", Version13, valueOther},
	{0x3B, "Accept-Charset", Version13, valueOther},
	{0x3C, "Accept-Encoding", Version13, valueOther},
	{0x3D, "Cache-Control", Version13, valueCacheControl},
	{0x3E, "Content-Range", Version13, valueOther},
	{0x3F, "X-Wap-Tod", Version13, valueDate},
	{0x40, "Content-ID", Version13, valueQuotedString},
	{0x41, "Set-Cookie", Version13, valueOther},
	{0x42, "Cookie", Version13, valueOther},
	{0x43, "Encoding-Version", Version13, valueOther},
	{0x44, "Profile-Warning", Version14, valueOther},
	{0x45, "Content-Disposition", Version14, valueDisposition},
	{0x46, "X-WAP-Security", Version14, valueOther},
	{0x47, "Cache-Control", Version14, valueCacheControl},
	{0x48, "Expect", Version15, valueOther},
	{0x49, "X-Wap-Loc-Invocation", Version15, valueOther},
	{0x4A, "X-Wap-Loc-Delivery", Version15, valueOther},
}

// appendHeader appends a header: by code where the version has one for it and the value fits its form, else by name.
func appendHeader(dst []byte, h Header, v Version) ([]byte, error) {
	value := strings.TrimSpace(h.Value)
	if !isToken(h.Name) {
		return nil, fmt.Errorf("%q is not a header name", h.Name)
	}
	if err := checkText(value); err != nil {
		return nil, fmt.Errorf("header %s: %w", h.Name, err)
	}
	for _, w := range wellKnownHeaders {
		if strings.EqualFold(w.name, h.Name) && w.since <= v && w.form != valueOther {
			coded, err := w.append(dst, h, value, v)
			if err != nil {
				return nil, fmt.Errorf("header %s: %w", h.Name, err)
			}
			return coded, nil
		}
	}
	return appendByName(dst, h.Name, value), nil
}

func appendByName(dst []byte, name, value string) []byte {
	return appendText(append(append(dst, name...), 0), value)
}

func (w wellKnownHeader) append(dst []byte, h Header, value string, v Version) ([]byte, error) {
	code := w.code | 0x80
	switch w.form {
	case valueText:
		return appendText(append(dst, code), value), nil
	case valueInteger:
		n, err := strconv.ParseUint(value, 10, 32)
		if err != nil {
			return nil, fmt.Errorf("%q is not a number", value)
		}
		return appendInteger(append(dst, code), n), nil
	case valueDate:
		seconds, err := parseDate(value)
		// "Already expired" in HTTP, RFC 7234 §5.3.
		if err != nil && w.name == "Expires" && (value == "0" || value == "-1") {
			seconds, err = 0, nil
		}
		if err != nil {
			return nil, err
		}
		return appendLongInteger(append(dst, code), seconds), nil
	case valueApplication:
		return w.appendApplication(dst, value)
	case valueCacheControl:
		for _, directive := range splitField(value, ',') {
			if coded, ok := cacheControl(directive); ok {
				dst = append(append(dst, code), coded...)
			} else if directive != "" {
				dst = appendByName(dst, h.Name, directive)
			}
		}
		return dst, nil
	case valueLanguage:
		for _, name := range splitField(value, ',') {
			if number, ok := languageByName(name); ok {
				dst = appendInteger(append(dst, code), number)
			} else if name != "" {
				dst = appendText(append(dst, code), name)
			}
		}
		return dst, nil
	case valueEncoding:
		for _, name := range splitField(value, ',') {
			if number, ok := contentEncoding(name); ok {
				dst = append(dst, code, number|0x80)
			} else if name != "" {
				dst = appendText(append(dst, code), name)
			}
		}
		return dst, nil
	case valueDisposition:
		if coded, ok := disposition(value, v); ok {
			return append(append(dst, code), coded...), nil
		}
	case valueQuotedString:
		return append(append(append(dst, code, quotedStringOctet), unquote(value)...), 0), nil
	case valueAcceptContent:
		return appendContentType(append(dst, code), value, v)
	}
	return appendByName(dst, h.Name, value), nil
}

// appendApplication leaves the default application out: every terminal takes its absence for it, and many pushes fit into
// one SMS fewer without it.
func (w wellKnownHeader) appendApplication(dst []byte, value string) ([]byte, error) {
	id, err := parseApplicationID(value)
	switch {
	case err != nil:
		return nil, err
	case id.coded && id.code == defaultApplication:
		return dst, nil
	case id.coded:
		return appendInteger(append(dst, w.code|0x80), id.code), nil
	}
	return appendText(append(dst, w.code|0x80), id.uri), nil
}

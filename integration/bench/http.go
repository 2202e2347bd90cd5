//go:build linux

package main

import (
	"bytes"
	"errors"
	"strconv"
)

var (
	endOfHeaders  = []byte("\r\n\r\n")
	contentLength = []byte("\r\ncontent-length:")
)

// cutMessage returns the first HTTP/1.1 message in data, headers and body, and its length; 0 if it is not there as a whole.
// A message has the length that its Content-Length says (RFC 9112 §6.2); the gateways send no other.
func cutMessage(data []byte) (headers, body []byte, length int, err error) {
	end := bytes.Index(data, endOfHeaders)
	if end < 0 {
		return nil, nil, 0, nil
	}
	headers = data[:end+2]
	at := indexFold(headers, contentLength)
	if at < 0 {
		return nil, nil, 0, errors.New("an HTTP message without Content-Length")
	}
	value := headers[at+len(contentLength):]
	value = bytes.TrimSpace(value[:bytes.IndexByte(value, '\r')])
	n, err := strconv.Atoi(string(value))
	if err != nil || n < 0 {
		return nil, nil, 0, errors.New("an HTTP message with a bad Content-Length")
	}
	if length = end + len(endOfHeaders) + n; length > len(data) {
		return nil, nil, 0, nil
	}
	return headers, data[length-n : length], length, nil
}

// indexFold returns where the lower-case text stands in b in any case, or -1.
func indexFold(b, text []byte) int {
	for at := 0; at+len(text) <= len(b); at++ {
		next := bytes.IndexByte(b[at:], text[0])
		if next < 0 || at+next+len(text) > len(b) {
			return -1
		}
		at += next
		if bytes.EqualFold(b[at:at+len(text)], text) {
			return at
		}
	}
	return -1
}

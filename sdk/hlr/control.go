package hlr

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// The control interface of Osmocom programs: frames of a length of 16 bits, the protocol and its extension, which the length counts
// with what follows, and text in them. "GET 3 NAME" asks; "GET_REPLY 3 NAME VALUE" or "ERROR 3 TEXT" answers; "TRAP 0 NAME VALUE"
// comes by itself. A value may have many lines.
const (
	protocolOsmo     = 0xee
	extensionControl = 0x00
	frameHeader      = 4
)

var errFrame = errors.New("malformed frame")

// appendGet adds the frame of a question to b.
func appendGet(b []byte, id uint32, name string) []byte {
	text := fmt.Sprintf("GET %d %s", id, name)
	b = binary.BigEndian.AppendUint16(b, uint16(len(text)+1))
	b = append(b, protocolOsmo, extensionControl)
	return append(b, text...)
}

// readControl reads the text of the next frame of the control interface; frames of other protocols count into others and are left
// out.
func readControl(r io.Reader, others func()) (string, error) {
	for {
		var header [frameHeader]byte
		if _, err := io.ReadFull(r, header[:]); err != nil {
			return "", err
		}
		length := int(binary.BigEndian.Uint16(header[:])) - 1
		if length < 0 {
			return "", fmt.Errorf("%w: it has no extension", errFrame)
		}
		text := make([]byte, length)
		if _, err := io.ReadFull(r, text); err != nil {
			return "", fmt.Errorf("within a frame of %d octets: %w", length, err)
		}
		if header[2] == protocolOsmo && header[3] == extensionControl {
			return string(text), nil
		}
		others()
	}
}

// A controlReply is one answer.
type controlReply struct {
	id      uint32
	refused bool // ERROR
	name    string
	// value is that of the name; for ERROR the text.
	value string
}

// parseControl takes apart a text that came. What is no answer with a number is an error.
func parseControl(text string) (controlReply, error) {
	verb, rest, _ := strings.Cut(text, " ")
	number, rest, _ := strings.Cut(rest, " ")
	id, err := strconv.ParseUint(number, 10, 32)
	if err != nil {
		return controlReply{}, fmt.Errorf("no answer to a question: %.40q", text)
	}
	reply := controlReply{id: uint32(id)}
	switch verb {
	case "ERROR":
		reply.refused, reply.value = true, rest
		return reply, nil
	case "GET_REPLY":
		reply.name, reply.value, _ = strings.Cut(rest, " ")
		return reply, nil
	}
	return controlReply{}, fmt.Errorf("no answer to a question: %.40q", text)
}

// The limits of the value of a subscriber.
const (
	mostLines = 64
	mostName  = 64 // OsmoHLR has 31 at most
)

// subscriberInfo is what OsmoHLR says of a subscriber and a push needs.
type subscriberInfo struct {
	imsi, msisdn, sgsn  string
	provisioned, purged bool
}

// parseInfo reads the lines of ".info": a name, a tab and a value each. A name that counts and comes twice, or has a value that it
// can not have, is refused; others are ignored.
func parseInfo(value string) (subscriberInfo, error) {
	var info subscriberInfo
	lines := strings.Split(strings.Trim(value, "\n"), "\n")
	if len(lines) > mostLines {
		return info, fmt.Errorf("%d lines", len(lines))
	}
	known := map[string]string{}
	for _, line := range lines {
		name, content, ok := strings.Cut(strings.TrimSuffix(line, "\r"), "\t")
		if !ok {
			return info, fmt.Errorf("a line %.40q", line)
		}
		if _, twice := known[name]; twice {
			return info, fmt.Errorf("a second %.40q", name)
		}
		known[name] = content
	}
	info.imsi, info.msisdn, info.sgsn = known["imsi"], known["msisdn"], known["sgsn_number"]
	if !digits(info.imsi, 6, 15) {
		return info, fmt.Errorf("an imsi of %.40q", info.imsi)
	}
	if info.msisdn != "" && !digits(info.msisdn, 1, 15) {
		return info, fmt.Errorf("an msisdn of %.40q", info.msisdn)
	}
	if len(info.sgsn) > mostName || !printable(info.sgsn) {
		return info, fmt.Errorf("an sgsn_number of %.40q", info.sgsn)
	}
	for _, flag := range [...]struct {
		name  string
		value *bool
	}{{"nam_ps", &info.provisioned}, {"ms_purged_ps", &info.purged}} {
		switch known[flag.name] {
		case "1":
			*flag.value = true
		case "0":
		default:
			return info, fmt.Errorf("a %s of %.40q", flag.name, known[flag.name])
		}
	}
	return info, nil
}

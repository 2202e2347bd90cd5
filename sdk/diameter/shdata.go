package diameter

import (
	"bytes"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
)

// ErrShData is what every refusal of a Sh-Data document wraps.
var ErrShData = errors.New("unusable Sh-Data document")

// A UserState is a PSUserState (3GPP TS 29.328 §7.6.7 and annex D).
type UserState uint8

// The states. They are one more than the numbers of the document, so that a document without one has StateUnknown.
const (
	StateUnknown UserState = iota
	StateDetached
	StateAttachedNotReachable
	StateAttachedReachable
	StateConnectedNotReachable
	StateConnectedReachable
	StateNotProvided // by the SGSN
)

// ShData is what a push needs of a Sh-Data document.
type ShData struct {
	// SGSN is the E.164 number of the SGSN, digits in international form; "" if the HSS knows none.
	SGSN string
	// State is the user's, if it was asked for.
	State UserState
	// Age is how long ago the location was true, in full minutes; 0 if it is current or unknown.
	Age time.Duration
}

// mostElements is how deep elements may lie in each other, and how many there may be.
const (
	mostElementDepth = 16
	mostElements     = 512
)

// ParseShData reads a document of TS 29.328 annex D: the packet-switched location and state, in Sh-Data or in Extension elements of
// it, since releases and vendors differ there. Everything else is ignored. What is refused: more than 64 KiB, more than 512
// elements or 16 levels, a document type declaration, another encoding than UTF-8, an element that counts twice or holds what it can
// not hold.
func ParseShData(document []byte) (ShData, error) {
	if len(document) > mostUserDataOctets {
		return ShData{}, fmt.Errorf("%w: %d octets", ErrShData, len(document))
	}
	r := shReader{seen: map[string]bool{}}
	decoder := xml.NewDecoder(bytes.NewReader(document))
	for {
		token, err := decoder.Token()
		if err == io.EOF && r.elements > 0 {
			return r.data, nil
		}
		if err == nil {
			err = r.take(token)
		}
		if err != nil {
			return ShData{}, fmt.Errorf("%w: at octet %d: %w", ErrShData, decoder.InputOffset(), err)
		}
	}
}

type shReader struct {
	data     ShData
	path     []string // the elements that are open
	text     []byte   // of the innermost, if it is one that counts
	elements int
	seen     map[string]bool
}

func (r *shReader) take(token xml.Token) error {
	switch t := token.(type) {
	case xml.StartElement:
		return r.open(t.Name.Local)
	case xml.EndElement:
		return r.close()
	case xml.CharData:
		if len(r.path) == 0 && len(bytes.TrimSpace(t)) > 0 {
			return errors.New("text outside of the root")
		}
		r.text = append(r.text, t...)
	case xml.Directive:
		return errors.New("a document type declaration")
	case xml.ProcInst:
		if t.Target != "xml" || r.elements > 0 {
			return fmt.Errorf("a processing instruction %q", t.Target)
		}
	}
	return nil
}

func (r *shReader) open(name string) error {
	if r.elements++; r.elements > mostElements {
		return fmt.Errorf("more than %d elements", mostElements)
	}
	if len(r.path) == 0 && (r.elements > 1 || name != "Sh-Data") {
		return fmt.Errorf("a root %q", name)
	}
	if len(r.path) == mostElementDepth {
		return fmt.Errorf("elements more than %d deep", mostElementDepth)
	}
	if len(r.path) > 0 && r.meaning() != "" && len(bytes.TrimSpace(r.text)) > 0 {
		return fmt.Errorf("text beside a %q", name)
	}
	r.path, r.text = append(r.path, name), r.text[:0]
	meaning := r.meaning()
	if meaning == "" {
		return nil
	}
	if r.seen[meaning] {
		return fmt.Errorf("a second %s", meaning)
	}
	r.seen[meaning] = true
	return nil
}

// meaning is the name of the innermost element, if it is one that counts where it stands.
func (r *shReader) meaning() string {
	inner := r.path[1:]
	for len(inner) > 0 && inner[0] == "Extension" {
		inner = inner[1:]
	}
	switch name := strings.Join(inner, "/"); name {
	case "PSUserState", "PSLocationInformation":
		return name
	case "PSLocationInformation/SGSNNumber", "PSLocationInformation/SGSNNumber/Address",
		"PSLocationInformation/AgeOfLocationInformation":
		return strings.TrimPrefix(name, "PSLocationInformation/")
	}
	return ""
}

func (r *shReader) close() error {
	meaning, text := r.meaning(), string(bytes.TrimSpace(r.text))
	r.path, r.text = r.path[:len(r.path)-1], r.text[:0]
	var err error
	switch meaning {
	case "PSUserState":
		i := slices.Index([]string{"0", "1", "2", "3", "4", "5"}, text)
		if i < 0 {
			return fmt.Errorf("a PSUserState of %q", clipped(text))
		}
		r.data.State = StateDetached + UserState(i)
	case "SGSNNumber":
		if r.seen["SGSNNumber/Address"] {
			if text != "" {
				return errors.New("an SGSNNumber with text beside its address")
			}
			return nil
		}
		if text != "" { // without the Address element
			r.data.SGSN, err = numberOf(text)
		}
	case "SGSNNumber/Address":
		r.data.SGSN, err = numberOf(text)
	case "AgeOfLocationInformation":
		minutes, bad := strconv.ParseUint(text, 10, 15) // 0 to 32767, TS 29.328 annex D
		if bad != nil {
			return fmt.Errorf("an age of %q", clipped(text))
		}
		r.data.Age = time.Duration(minutes) * time.Minute
	}
	return err
}

// numberOf reads an SGSN number: base64 of an ISDN-AddressString (an octet of type, then TBCD; 3GPP TS 29.002 §17.7.8) or of digits,
// or the digits themselves. All three are met, and none can be taken for another: the type octet of an international E.164 number is
// 0x91, which base64 begins with "k", and digits in base64 begin with "M", "N" or "O".
func numberOf(text string) (string, error) {
	if isNumber(text) {
		return text, nil
	}
	octets, err := base64.StdEncoding.Strict().DecodeString(text)
	switch {
	case err != nil:
		return "", fmt.Errorf("an SGSN number of %q", clipped(text))
	case isNumber(string(octets)):
		return string(octets), nil
	case len(octets) > 0 && octets[0] == 0x91:
		return unpackDigits(octets[1:])
	}
	return "", fmt.Errorf("an SGSN number of octets %s", clipped(fmt.Sprintf("%x", octets)))
}

func isNumber(s string) bool {
	return s != "" && len(s) <= mostIdentityNumbers && strings.Trim(s, "0123456789") == ""
}

func clipped(s string) string { return s[:min(len(s), 40)] }

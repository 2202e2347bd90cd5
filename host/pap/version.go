package pap

import (
	"fmt"
	"strings"
)

// A Version is a version of PAP.
type Version struct{ Major, Minor uint8 }

// DefaultVersion is that of a document which does not name one.
var DefaultVersion = Version{2, 0}

// SupportedVersions is what the gateway tells a Push Initiator whose version it does not know.
const SupportedVersions = "2.3,2.2,2.1,2.0,1.0"

func (v Version) String() string {
	if v == DefaultVersion {
		return "2.0"
	}
	return fmt.Sprintf("%d.%d", v.Major, v.Minor)
}

func (v Version) supported() bool {
	return v == Version{1, 0} || v.Major == 2 && v.Minor <= 3
}

// identifiers returns the public and the system identifier of a supported version's DTD.
func (v Version) identifiers() (public, system string) {
	switch v {
	case Version{1, 0}:
		return "-//WAPFORUM//DTD PAP 1.0//EN", "http://www.wapforum.org/DTD/pap_1.0.dtd"
	case Version{2, 1}:
		return "-//WAPFORUM//DTD PAP 2.1//EN", "http://www.openmobilealliance.org/tech/DTD/pap_2.1.dtd"
	case Version{2, 2}:
		return "-//OMA//DTD PAP 2.2//EN", "http://www.openmobilealliance.org/tech/DTD/pap_2.2.dtd"
	case Version{2, 3}:
		return "-//OMA//DTD PAP 2.3//EN", "http://www.openmobilealliance.org/tech/DTD/pap_2.3.dtd"
	}
	return "-//WAPFORUM//DTD PAP 2.0//EN", "http://www.wapforum.org/DTD/pap_2.0.dtd"
}

// doctypeVersion finds the version that a document type declaration names, first in its public identifier, then in its
// system identifier, however sloppily they are written. "DTD PAP" alone was the identifier of 1.0. The second result says
// whether there was anything to find.
func doctypeVersion(decl string) (Version, bool) {
	decl, _, _ = strings.Cut(decl, "[")
	public, named := afterFold(decl, "DTD PAP")
	if named {
		if v, ok := leadingVersion(strings.TrimLeft(public, " ")); ok {
			return v, true
		}
	}
	if system, ok := afterFold(decl, "PAP_"); ok {
		if v, ok := leadingVersion(system); ok {
			return v, true
		}
	}
	return Version{1, 0}, named
}

// afterFold returns what follows the first place of s that equals text in any case.
func afterFold(s, text string) (string, bool) {
	for i := 0; i+len(text) <= len(s); i++ {
		if s[i]|0x20 == text[0]|0x20 && strings.EqualFold(s[i:i+len(text)], text) {
			return s[i+len(text):], true
		}
	}
	return "", false
}

// leadingVersion reads "2" or "2.1" at the beginning of s. A number that fits no version is taken as the largest one.
func leadingVersion(s string) (Version, bool) {
	major, rest, ok := leadingNumber(s)
	if !ok {
		return Version{}, false
	}
	v := Version{Major: major}
	if strings.HasPrefix(rest, ".") {
		v.Minor, _, _ = leadingNumber(rest[1:])
	}
	return v, true
}

func leadingNumber(s string) (n uint8, rest string, ok bool) {
	i, value := 0, 0
	for ; i < len(s) && s[i] >= '0' && s[i] <= '9'; i++ {
		value = min(value*10+int(s[i]-'0'), 255)
	}
	return uint8(value), s[i:], i > 0
}

// supportedVersions returns the value of the wap-pap-ver processing instruction in text, "" if there is none.
func supportedVersions(text string) string {
	_, rest, ok := strings.Cut(text, "supported-versions")
	if !ok {
		return ""
	}
	rest = strings.TrimLeft(rest, " \t\r\n=")
	if rest == "" || rest[0] != '"' && rest[0] != '\'' {
		return ""
	}
	value, _, ok := strings.Cut(rest[1:], rest[:1])
	if !ok {
		return ""
	}
	return strings.TrimSpace(value)
}

// bestCommon returns the highest version that we and the list ("2.0,1.*") support.
func bestCommon(list string) (Version, bool) {
	for ours := range strings.SplitSeq(SupportedVersions, ",") {
		v, _ := leadingVersion(ours)
		for theirs := range strings.SplitSeq(list, ",") {
			major, minor, _ := strings.Cut(strings.TrimSpace(theirs), ".")
			if matches(major, v.Major) && (minor == "" && major == "*" || matches(minor, v.Minor)) {
				return v, true
			}
		}
	}
	return Version{}, false
}

func matches(pattern string, n uint8) bool {
	if pattern == "*" {
		return true
	}
	value, rest, ok := leadingNumber(pattern)
	return ok && rest == "" && value == n
}

package wsp

import (
	"fmt"
	"strings"
)

// charset is a MIBenum number of IANA that WSP lists (Table 42).
type charset struct {
	mib  uint16
	name string
}

var charsets = []charset{
	{106, "utf-8"},
	{3, "us-ascii"},
	{4, "iso-8859-1"},
	{5, "iso-8859-2"},
	{6, "iso-8859-3"},
	{7, "iso-8859-4"},
	{8, "iso-8859-5"},
	{9, "iso-8859-6"},
	{10, "iso-8859-7"},
	{11, "iso-8859-8"},
	{12, "iso-8859-9"},
	{17, "shift_jis"},
	{1000, "iso-10646-ucs-2"},
	{1015, "utf-16"},
	{2026, "big5"},
}

func charsetByName(name string) (uint64, bool) {
	for _, c := range charsets {
		if strings.EqualFold(c.name, name) {
			return uint64(c.mib), true
		}
	}
	return 0, false
}

func charsetName(mib uint64) string {
	for _, c := range charsets {
		if uint64(c.mib) == mib {
			return c.name
		}
	}
	return fmt.Sprintf("mib-%d", mib)
}

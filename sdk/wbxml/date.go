package wbxml

import (
	"bytes"
	"fmt"
	"time"
)

// dateForm is the only form of a date in SI and EMN: UTC, whole seconds (WAP-167 §5.2.2).
const dateForm = "2006-01-02T15:04:05Z"

// dateOctets is the size of a date with nothing dropped: century, year, month, day, hour, minute, second.
const dateOctets = 7

// packDate makes the OPAQUE content of a date: BCD octets, trailing zero octets dropped.
func packDate(value string) ([]byte, error) {
	// time.Parse alone would take fractions of a second.
	t, err := time.Parse(dateForm, value)
	if err != nil || len(value) != len(dateForm) {
		return nil, fmt.Errorf("%s is not a date of the form YYYY-MM-DDThh:mm:ssZ", quote(value))
	}
	bcd := func(n int) byte { return byte(n/10<<4 | n%10) }
	packed := []byte{
		bcd(t.Year() / 100), bcd(t.Year() % 100), bcd(int(t.Month())), bcd(t.Day()),
		bcd(t.Hour()), bcd(t.Minute()), bcd(t.Second()),
	}
	return bytes.TrimRight(packed, "\x00"), nil
}

// unpackDate is the reverse of packDate; dropped octets are zero.
func unpackDate(packed []byte) (string, error) {
	if len(packed) > dateOctets {
		return "", fmt.Errorf("a date has %d octets, at most %d are allowed", len(packed), dateOctets)
	}
	var d [dateOctets]byte
	copy(d[:], packed)
	value := fmt.Sprintf("%02x%02x-%02x-%02xT%02x:%02x:%02xZ", d[0], d[1], d[2], d[3], d[4], d[5], d[6])
	if _, err := time.Parse(dateForm, value); err != nil {
		return "", fmt.Errorf("% x is not a date", packed)
	}
	return value, nil
}

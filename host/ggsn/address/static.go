package address

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"strings"

	"github.com/ppgbox/ppgbox/host/ggsn/digits"
	"github.com/ppgbox/ppgbox/sdk/push"
)

// A Static is the address of one IMSI.
type Static struct {
	IMSI    push.IMSI
	Address netip.Addr
}

// Statics are the static addresses of a node: which IMSI has which, in both directions.
type Statics struct {
	byIMSI    []row    // sorted by IMSI
	byAddress []uint32 // places in byIMSI, sorted by address
}

type row struct {
	imsi    digits.Number
	address uint32
}

// NewStatics sorts rows. An IMSI or an address that comes twice is an error.
func NewStatics(rows []Static) (*Statics, error) {
	s := new(Statics)
	for _, r := range rows {
		if err := s.add(r.IMSI, r.Address); err != nil {
			return nil, err
		}
	}
	return s, s.sort()
}

// Read adds the rows of a file, "IMSI,address" each; empty lines and those that begin with # are passed over. Its error names the line.
func (s *Statics) Read(r io.Reader) error {
	lines := bufio.NewScanner(r)
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" || line[0] == '#' {
			continue
		}
		imsi, text, _ := strings.Cut(line, ",")
		a, err := netip.ParseAddr(strings.TrimSpace(text))
		if err == nil {
			err = s.add(push.IMSI(strings.TrimSpace(imsi)), a)
		}
		if err != nil {
			return fmt.Errorf("line %d: %w", n, err)
		}
	}
	if err := lines.Err(); err != nil {
		return err
	}
	return s.sort()
}

func (s *Statics) add(imsi push.IMSI, a netip.Addr) error {
	n, ok := digits.Parse(imsi)
	if !ok || len(imsi) < 6 {
		return fmt.Errorf("an IMSI has 6 to 15 digits, not %q", imsi)
	}
	if !a.Is4() || a.IsUnspecified() || a.IsMulticast() || a.IsLoopback() {
		return fmt.Errorf("%s can be no terminal's address", a)
	}
	s.byIMSI = append(s.byIMSI, row{n, number(a)})
	return nil
}

// sort makes the indexes.
func (s *Statics) sort() error {
	compare := func(a, b uint64) int {
		switch {
		case a < b:
			return -1
		case a > b:
			return 1
		}
		return 0
	}
	slices.SortFunc(s.byIMSI, func(a, b row) int { return compare(uint64(a.imsi), uint64(b.imsi)) })
	for i := 1; i < len(s.byIMSI); i++ {
		if s.byIMSI[i].imsi == s.byIMSI[i-1].imsi {
			return fmt.Errorf("IMSI %s has two addresses", s.byIMSI[i].imsi)
		}
	}
	s.byAddress = make([]uint32, len(s.byIMSI))
	for i := range s.byAddress {
		s.byAddress[i] = uint32(i)
	}
	slices.SortFunc(s.byAddress, func(a, b uint32) int {
		return compare(uint64(s.byIMSI[a].address), uint64(s.byIMSI[b].address))
	})
	for i := 1; i < len(s.byAddress); i++ {
		if one, other := s.byIMSI[s.byAddress[i-1]], s.byIMSI[s.byAddress[i]]; one.address == other.address {
			return fmt.Errorf("address %s belongs to two IMSIs", addr(one.address))
		}
	}
	return nil
}

// Len is the number of static addresses.
func (s *Statics) Len() int { return len(s.byIMSI) }

// Of returns the address of an IMSI.
func (s *Statics) Of(imsi push.IMSI) (netip.Addr, bool) {
	n, ok := digits.Parse(imsi)
	if !ok {
		return netip.Addr{}, false
	}
	i, ok := slices.BinarySearchFunc(s.byIMSI, n, func(r row, n digits.Number) int {
		switch {
		case r.imsi < n:
			return -1
		case r.imsi > n:
			return 1
		}
		return 0
	})
	if !ok {
		return netip.Addr{}, false
	}
	return addr(s.byIMSI[i].address), true
}

// Owner returns the IMSI that an address belongs to.
func (s *Statics) Owner(a netip.Addr) (push.IMSI, bool) {
	if !a.Is4() {
		return "", false
	}
	place, ok := s.place(number(a))
	if !ok {
		return "", false
	}
	return push.IMSI(s.byIMSI[place].imsi.String()), true
}

func (s *Statics) place(n uint32) (uint32, bool) {
	i, ok := slices.BinarySearchFunc(s.byAddress, n, func(place, n uint32) int {
		switch a := s.byIMSI[place].address; {
		case a < n:
			return -1
		case a > n:
			return 1
		}
		return 0
	})
	if !ok {
		return 0, false
	}
	return s.byAddress[i], true
}

func number(a netip.Addr) uint32 {
	b := a.As4()
	return binary.BigEndian.Uint32(b[:])
}

func addr(n uint32) netip.Addr {
	return netip.AddrFrom4([4]byte{byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)})
}

package sms

import (
	"math/big"
	"strings"
)

// plainID is a message id without what SMSCs add or leave out: case, zeros in front, spaces.
func plainID(id string) string {
	id = strings.ToLower(strings.TrimSpace(id))
	id = strings.TrimPrefix(id, "0x")
	if short := strings.TrimLeft(id, "0"); short != "" || id == "" {
		return short
	}
	return "0"
}

// receiptIDs are the ids, in plain form, under which the receipt may come of a message whose answer had this id: the one that is
// the same first, if it may be the same.
func (n notation) receiptIDs(id string) (ids []string, same bool) {
	plain := plainID(id)
	if plain == "" {
		return nil, false
	}
	if n == notationAuto || n == notationSame {
		ids = append(ids, plain)
	}
	for _, way := range [...]struct {
		notation notation
		from, to int
	}{{notationHexToDec, 16, 10}, {notationDecToHex, 10, 16}} {
		if n != notationAuto && n != way.notation {
			continue
		}
		if v, ok := new(big.Int).SetString(plain, way.from); ok && v.Sign() >= 0 {
			if other := v.Text(way.to); n != notationAuto || other != plain {
				ids = append(ids, other)
			}
		}
	}
	return ids, n == notationAuto || n == notationSame
}

// tail is the part of a number that networks write the same way, with or without prefixes.
func tail(number string) string {
	const digits = 7
	return number[max(len(number)-digits, 0):]
}

// agree says whether an address of a receipt is the number.
func agree(address, number string) bool { return address != "" && tail(address) == tail(number) }

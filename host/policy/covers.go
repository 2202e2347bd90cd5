package policy

import (
	"slices"
	"strings"
)

// Covers tells whether every push that other matches is matched by m too. It may say no where that is hard to see (two
// patterns of content types that differ), never yes where it is not so.
func (m Match) Covers(other Match) bool {
	fold := strings.EqualFold
	return covers(m.ContentType, other.ContentType, globCovers) &&
		covers(m.Initiator, other.Initiator, equal) &&
		covers(m.Application, other.Application, equal) &&
		covers(m.AddressType, other.AddressType, equal) &&
		covers(m.Prefix, other.Prefix, func(a, b string) bool {
			return strings.HasPrefix(strings.TrimPrefix(b, "+"), strings.TrimPrefix(a, "+"))
		}) &&
		covers(m.UserDomain, other.UserDomain, fold) &&
		covers(m.Priority, other.Priority, equal) &&
		covers(m.DeliveryMethod, other.DeliveryMethod, equal) &&
		covers(m.Network, other.Network, fold) &&
		covers(m.Bearer, other.Bearer, fold) &&
		m.MinSize <= other.MinSize &&
		(m.MaxSize == 0 || other.MaxSize != 0 && other.MaxSize <= m.MaxSize)
}

// globCovers tells whether pattern a takes all that pattern b takes. A wildcard in b, read as text, has to fall to a "*" of a;
// a "?" of a could take a "*" of b for one octet.
func globCovers(a, b string) bool {
	ga, gb := newGlob(a), newGlob(b)
	return ga.pattern == gb.pattern || (gb.literal || !strings.Contains(a, "?")) && ga.matches(gb.pattern)
}

// TakesContentType tells whether the content_type key, for itself, takes a media type.
func (m Match) TakesContentType(mediaType string) bool {
	return len(m.ContentType) == 0 || slices.ContainsFunc(m.ContentType, func(p string) bool { return globCovers(p, mediaType) })
}

// covers tells whether each value of one key's list has one in the other that covers it. No list takes everything.
func covers[T any](mine, others []T, one func(a, b T) bool) bool {
	if len(mine) == 0 {
		return true
	}
	return len(others) > 0 && !slices.ContainsFunc(others, func(b T) bool {
		return !slices.ContainsFunc(mine, func(a T) bool { return one(a, b) })
	})
}

func equal[T comparable](a, b T) bool { return a == b }

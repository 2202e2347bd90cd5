package wsp

import "strings"

// languages are the assigned numbers of ISO 639 languages (Table 41): the code of each is its place in the list.
var languages = strings.Fields(`
	* aa ab af am ar as ay az ba be bg bh bi bn bo
	br ca co cs cy da de dz el en eo es et eu fa fi
	fj ur fr uz ga gd gl gn gu ha he hi hr hu hy vi
	id wo xh is it yo ja jw ka kk za km kn ko ks ku
	ky zh ln lo lt lv mg mi mk ml mn mo mr ms mt my
	uk ne nl no oc om or pa pl ps pt qu zu rn ro ru
	rw sa sd sg sh si sk sl sm sn so sq sr ss st su
	sv sw ta te tg th ti tk tl tn to tr ts tt tw ug
`)

// languageByName finds the number of a language. Those above 0x7F are left to the text form, which says the same.
func languageByName(name string) (uint64, bool) {
	for code, l := range languages {
		if strings.EqualFold(l, name) {
			return uint64(code), true
		}
	}
	return 0, false
}

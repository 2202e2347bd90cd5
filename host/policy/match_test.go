package policy

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/ppgbox/ppgbox/sdk/push"
)

// si is a push that every row of the tables below starts from.
func si() Subject {
	return Subject{
		ContentType: "text/vnd.wap.si", Initiator: "portal", Application: "x-wap-application:wml.ua",
		Address: push.Address{Type: push.PLMN, Value: "+491701234567"}, Size: 100,
	}
}

func ipv4(value string) push.Address { return push.Address{Type: push.IPv4, Value: value} }

func user(value string) push.Address { return push.Address{Type: push.USER, Value: value} }

func TestMatch(t *testing.T) {
	ipv4 := push.Address{Type: push.IPv4, Value: "49.17.0.1"}
	tests := []struct {
		name  string
		match Match
		with  func(*Subject)
		want  key
	}{
		{"nothing given matches", Match{}, nil, keyNone},

		{"content type", Match{ContentType: []string{"text/vnd.wap.si"}}, nil, keyNone},
		{"content type without case", Match{ContentType: []string{"Text/VND.wap.SI"}}, nil, keyNone},
		{"content type of the push without case", Match{ContentType: []string{"text/vnd.*"}}, func(s *Subject) { s.ContentType = "TEXT/VND.WAP.SI" }, keyNone},
		{"parameters are not looked at", Match{ContentType: []string{"text/vnd.wap.si"}}, func(s *Subject) { s.ContentType = "text/vnd.wap.si ; charset=utf-8" }, keyNone},
		{"another content type", Match{ContentType: []string{"text/vnd.wap.sl"}}, nil, keyContentType},
		{"content type glob", Match{ContentType: []string{"text/*"}}, nil, keyNone},
		{"content type glob misses", Match{ContentType: []string{"image/*"}}, nil, keyContentType},
		{"any of the content types", Match{ContentType: []string{"image/*", "text/vnd.wap.s?"}}, nil, keyNone},
		{"a literal is no prefix", Match{ContentType: []string{"text/vnd.wap.s"}}, nil, keyContentType},

		{"initiator", Match{Initiator: []string{"mmsc", "portal"}}, nil, keyNone},
		{"another initiator", Match{Initiator: []string{"mmsc"}}, nil, keyInitiator},
		{"application", Match{Application: []string{"x-wap-application:wml.ua"}}, nil, keyNone},
		{"another application", Match{Application: []string{"x-wap-application:mms.ua"}}, nil, keyApplication},

		{"address type", Match{AddressType: []push.AddressType{push.USER, push.PLMN}}, nil, keyNone},
		{"another address type", Match{AddressType: []push.AddressType{push.IPv4}}, nil, keyAddressType},

		{"prefix with plus", Match{Prefix: []string{"+49170"}}, nil, keyNone},
		{"prefix without plus", Match{Prefix: []string{"49170"}}, nil, keyNone},
		{"number without plus", Match{Prefix: []string{"+49170"}}, func(s *Subject) { s.Address.Value = "491701234567" }, keyNone},
		{"prefix in the middle", Match{Prefix: []string{"170"}}, nil, keyPrefix},
		{"prefix longer than the number", Match{Prefix: []string{"4917012345678"}}, nil, keyPrefix},
		{"prefix is of numbers only", Match{Prefix: []string{"49"}}, func(s *Subject) { s.Address = ipv4 }, keyPrefix},
		{"an empty prefix is any number, and no more", Match{Prefix: []string{""}}, func(s *Subject) { s.Address = ipv4 }, keyPrefix},
		{"prefix and a user identifier of digits", Match{Prefix: []string{"49"}}, func(s *Subject) { s.Address = user("4917") }, keyPrefix},

		{"user domain", Match{UserDomain: []string{"example.net"}}, func(s *Subject) { s.Address = user("bob@Example.NET") }, keyNone},
		{"user domain behind the last at", Match{UserDomain: []string{"b"}}, func(s *Subject) { s.Address = user("x@a@b") }, keyNone},
		{"user subdomain is another", Match{UserDomain: []string{"example.net"}}, func(s *Subject) { s.Address = user("bob@sub.example.net") }, keyUserDomain},
		{"user without domain", Match{UserDomain: []string{"example.net"}}, func(s *Subject) { s.Address = user("example.net") }, keyUserDomain},
		{"only users have a domain", Match{UserDomain: []string{"b"}}, func(s *Subject) { s.Address.Value = "1@b" }, keyUserDomain},
		{"number has no user domain", Match{UserDomain: []string{"example.net"}}, nil, keyUserDomain},

		{"priority", Match{Priority: []push.Priority{push.PriorityMedium}}, nil, keyNone},
		{"another priority", Match{Priority: []push.Priority{push.PriorityHigh, push.PriorityLow}}, nil, keyPriority},
		{"delivery method", Match{DeliveryMethod: []push.DeliveryMethod{push.Confirmed, push.NotSpecified}}, nil, keyNone},
		{"another delivery method", Match{DeliveryMethod: []push.DeliveryMethod{push.Confirmed}}, nil, keyDeliveryMethod},

		{"network without case", Match{Network: []string{"GSM"}}, func(s *Subject) { s.Network = "gsm" }, keyNone},
		{"another network", Match{Network: []string{"GSM"}}, func(s *Subject) { s.Network = "CDMA" }, keyNetwork},
		{"no network asked for", Match{Network: []string{"GSM"}}, nil, keyNetwork},
		{"no network asked for is no name", Match{Network: []string{""}}, nil, keyNetwork},
		{"bearer without case", Match{Bearer: []string{"sms"}}, func(s *Subject) { s.Bearer = "SMS" }, keyNone},
		{"no bearer asked for", Match{Bearer: []string{"SMS"}}, nil, keyBearer},

		{"min size is inclusive", Match{MinSize: 100}, nil, keyNone},
		{"too small", Match{MinSize: 101}, nil, keyMinSize},
		{"max size is inclusive", Match{MaxSize: 100}, nil, keyNone},
		{"too big", Match{MaxSize: 99}, nil, keyMaxSize},

		{"all keys must hold", Match{ContentType: []string{"text/*"}, Initiator: []string{"portal"}, MaxSize: 10}, nil, keyMaxSize},
		{"the first key that misses", Match{ContentType: []string{"image/*"}, Initiator: []string{"mmsc"}}, nil, keyContentType},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := si()
			if tt.with != nil {
				tt.with(&s)
			}
			s = s.plain()
			m := newMatcher(tt.match)
			if got := m.miss(&s); got != tt.want {
				t.Errorf("stopped at key %d, want %d", got, tt.want)
			}
		})
	}
}

func TestGlob(t *testing.T) {
	tests := []struct {
		pattern, s string
		want       bool
	}{
		{"*", "", true},
		{"*", "a/b", true},
		{"*/*", "ab", false},
		{"a*", "a", true},
		{"a*b*c", "axxbxbxc", true},
		{"a*b*c", "axxbxbx", false},
		{"*b", "aab", true},
		{"?", "", false},
		{"a?c", "abc", true},
		{"a?c", "ac", false},
		{"a**", "a", true},
		{"", "", true},
		{"", "a", false},
		{"*.ab", "x.aab.ab", true},
	}
	for _, tt := range tests {
		g := newGlob(tt.pattern)
		if got := g.matches(tt.s); got != tt.want {
			t.Errorf("%q matches %q: %v, want %v", tt.pattern, tt.s, got, tt.want)
		}
	}
}

func TestCovers(t *testing.T) {
	tests := []struct {
		name string
		a, b Match
		want bool
	}{
		{"everything covers everything", Match{}, Match{}, true},
		{"everything covers the special", Match{}, Match{Initiator: []string{"a"}, MinSize: 3}, true},
		{"the special does not cover everything", Match{Initiator: []string{"a"}}, Match{}, false},
		{"equal", Match{Prefix: []string{"49"}}, Match{Prefix: []string{"+49"}}, true},
		{"a shorter prefix", Match{Prefix: []string{"4"}}, Match{Prefix: []string{"49"}}, true},
		{"a longer prefix", Match{Prefix: []string{"491"}}, Match{Prefix: []string{"49"}}, false},
		{"more values", Match{Initiator: []string{"a", "b"}}, Match{Initiator: []string{"b"}}, true},
		{"fewer values", Match{Initiator: []string{"a"}}, Match{Initiator: []string{"a", "b"}}, false},
		{"another key more", Match{Initiator: []string{"a"}, MinSize: 1}, Match{Initiator: []string{"a"}}, false},
		{"glob over literal", Match{ContentType: []string{"text/*"}}, Match{ContentType: []string{"text/vnd.wap.si"}}, true},
		{"literal over glob", Match{ContentType: []string{"text/vnd.wap.si"}}, Match{ContentType: []string{"text/*"}}, false},
		{"wide glob over narrow", Match{ContentType: []string{"text/*"}}, Match{ContentType: []string{"text/vnd.*"}}, true},
		{"one octet is not any text", Match{ContentType: []string{"text/?"}}, Match{ContentType: []string{"text/*"}}, false},
		{"any text is one octet", Match{ContentType: []string{"text/*"}}, Match{ContentType: []string{"text/?"}}, true},
		{"wider sizes", Match{MinSize: 1, MaxSize: 10}, Match{MinSize: 2, MaxSize: 10}, true},
		{"no upper bound is wider", Match{MaxSize: 10}, Match{}, false},
		{"domains without case", Match{UserDomain: []string{"A"}}, Match{UserDomain: []string{"a"}}, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.a.Covers(tt.b); got != tt.want {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}

// Where one match is said to cover another, no push is matched by the other alone.
func TestCoversIsNeverWrong(t *testing.T) {
	word := rapid.StringMatching(`[ab*?]{0,4}`)
	match := rapid.Custom(func(t *rapid.T) Match {
		m := Match{
			ContentType: rapid.SliceOfN(word, 0, 2).Draw(t, "types"),
			Prefix:      rapid.SliceOfN(rapid.StringMatching(`\+?[12]{1,3}`), 0, 2).Draw(t, "prefix"),
			MinSize:     rapid.IntRange(0, 3).Draw(t, "min"),
			MaxSize:     rapid.IntRange(0, 3).Draw(t, "max"),
		}
		return m
	})
	rapid.Check(t, func(t *rapid.T) {
		a, b := match.Draw(t, "a"), match.Draw(t, "b")
		s := Subject{
			ContentType: rapid.StringMatching(`[ab]{0,4}`).Draw(t, "type"),
			Address:     push.Address{Type: push.PLMN, Value: "+" + rapid.StringMatching(`[12]{1,4}`).Draw(t, "number")},
			Size:        rapid.IntRange(0, 4).Draw(t, "size"),
		}
		ma, mb := newMatcher(a), newMatcher(b)
		if a.Covers(b) && mb.miss(&s) == keyNone && ma.miss(&s) != keyNone {
			t.Fatalf("%+v is said to cover %+v but not %+v", a, b, s)
		}
	})
}

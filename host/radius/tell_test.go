package radius

import (
	"slices"
	"testing"
	"time"

	"layeh.com/radius/rfc2865"
	"layeh.com/radius/rfc2866"
	"layeh.com/radius/rfc2869"
	"layeh.com/radius/rfc3162"
)

func wantTold(t *testing.T, s *bench, want ...string) {
	t.Helper()
	if got := s.directory.told(); !slices.Equal(got, want) {
		t.Errorf("the directory was told\n%q, want\n%q", got, want)
	}
}

func TestTell(t *testing.T) {
	const (
		session = ` "192.0.2.10" "internet" 10.45.0.7 id="A1" msisdn=358401234567 imsi=001010123456789 at=12:00:00`
		stopped = `stop "192.0.2.10" "internet" 10.45.0.7 id="A1" msisdn= imsi= at=12:00:00`
		over    = `end "192.0.2.10" "" invalid IP id="" msisdn= imsi= at=12:00:00`
	)
	event := func(at time.Time) attribute { return number(rfc2869.EventTimestamp_Type, uint32(at.Unix())) }
	prefix := raw(rfc3162.FramedIPv6Prefix_Type, "\x00\x40\x20\x01\x0d\xb8\x00\x01\x00\x02")
	for _, tt := range []struct {
		name    string
		give    []attribute
		told    []string
		kind    kind
		ignored []ignored
	}{
		{"Start", all([]attribute{isStart}, alice()), []string{"start" + session}, start, nil},
		{"Interim-Update", all([]attribute{isInterim}, alice()), []string{"start" + session}, interim, nil},
		{"Stop", all([]attribute{isStop}, alice()), []string{stopped}, stop, nil},
		{"Stop with 3GPP-Session-Stop-Indicator", all([]attribute{isStop, vendor("\x0b", "\xff")}, alice()), []string{stopped}, stop, nil},
		{"Accounting-On", []attribute{isOn, nas}, []string{over}, on, nil},
		{"Accounting-Off", []attribute{isOff, nas}, []string{over}, off, nil},
		{"Accounting-On of nobody", []attribute{isOn}, nil, on, []ignored{noGGSN}},
		{"Tunnel-Start", []attribute{status(9), nas, framed, id}, nil, other, nil},
		{"no Acct-Status-Type", alice(), nil, other, nil},
		{"Start of nobody", []attribute{isStart, nas, framed, called, id}, []string{`start "192.0.2.10" "internet" 10.45.0.7 id="A1" msisdn= imsi= at=12:00:00`}, start, nil},
		{"Start without APN", []attribute{isStart, nas, framed, id}, []string{`start "192.0.2.10" "" 10.45.0.7 id="A1" msisdn= imsi= at=12:00:00`}, start, nil},
		{"Start without Acct-Session-Id", []attribute{isStart, nas, framed, called}, nil, start, []ignored{noSessionID}},
		{"Start without address", []attribute{isStart, nas, called, id}, nil, start, []ignored{noAddress}},
		{"Start with an IPv6 prefix only", []attribute{isStart, nas, prefix, called, id}, nil, start, []ignored{prefixOnly}},
		{"Start with an IPv6 prefix and IPv4", all([]attribute{isStart, prefix}, alice()), []string{"start" + session}, start, []ignored{prefixOnly}},
		{"Start with both addresses", []attribute{isStart, nas, prefix, framed, raw(rfc3162.FramedInterfaceID_Type, "\x00\x00\x00\x00\x00\x00\x00\x07"), id}, []string{
			`start "192.0.2.10" "" 10.45.0.7 id="A1" msisdn= imsi= at=12:00:00`, `start "192.0.2.10" "" 2001:db8:1:2::7 id="A1" msisdn= imsi= at=12:00:00`,
		}, start, nil},
		{"Start at no GGSN", []attribute{isStart, framed, called, id}, nil, start, []ignored{noGGSN}},
		{"Start with an APN that is none", []attribute{isStart, nas, framed, id, raw(rfc2865.CalledStationID_Type, "a b")}, nil, start, []ignored{badAPN}},
		{"Stop without Acct-Session-Id", []attribute{isStop, nas, framed, called}, nil, stop, []ignored{noSessionID}},
		{"Stop without address", []attribute{isStop, nas, called, id}, nil, stop, []ignored{noAddress}},
		{"Start two days ago", all([]attribute{isStart, event(noon.Add(-48 * time.Hour))}, alice()), nil, start, []ignored{tooOld}},
		{"Stop two days ago", all([]attribute{isStop, event(noon.Add(-48 * time.Hour))}, alice()), []string{
			`stop "192.0.2.10" "internet" 10.45.0.7 id="A1" msisdn= imsi= at=12:00:00`,
		}, stop, nil},
		{"Start seven seconds ago", all([]attribute{isStart, number(rfc2866.AcctDelayTime_Type, 7)}, alice()), []string{
			`start "192.0.2.10" "internet" 10.45.0.7 id="A1" msisdn=358401234567 imsi=001010123456789 at=11:59:53`,
		}, start, nil},
		{"the GGSN's own address before that of the sender", all([]attribute{isStart, vendor("\x07", "\xc0\x00\x02\x0b")}, alice()), []string{
			`start "192.0.2.11" "internet" 10.45.0.7 id="A1" msisdn=358401234567 imsi=001010123456789 at=12:00:00`,
		}, start, nil},
		{"the identifier where there is no address", []attribute{isStart, raw(rfc2865.NASIdentifier_Type, "ggsn0"), framed, id}, []string{
			`start "ggsn0" "" 10.45.0.7 id="A1" msisdn= imsi= at=12:00:00`,
		}, start, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := startServer(t, nil)
			s.client.tell(tt.give...)
			wantTold(t, s, tt.told...)
			for k := range kinds {
				want := uint64(0)
				if k == tt.kind {
					want = 1
				}
				if got := s.counters.records[k].Load(); got != want {
					t.Errorf("%d records of kind %s", got, kindNames[k])
				}
			}
			for why := range ignoredReasons {
				want := uint64(0)
				if slices.Contains(tt.ignored, why) {
					want = 1
				}
				if got := s.counters.ignored[why].Load(); got != want {
					t.Errorf("%d records ignored for %s, want %d", got, why, want)
				}
			}
		})
	}
}

func TestTheOperatorNamesTheGGSN(t *testing.T) {
	s := startServer(t, func(o *Options) { o.Clients[0].GGSN = "ggsn-a" })
	s.client.tell(all([]attribute{isStart, vendor("\x07", "\xc0\x00\x02\x0b")}, alice())...)
	s.client.tell(isOn, nas)
	s.client.tell(isOff)
	wantTold(t, s,
		`start "ggsn-a" "internet" 10.45.0.7 id="A1" msisdn=358401234567 imsi=001010123456789 at=12:00:00`,
		`end "ggsn-a" "" invalid IP id="" msisdn= imsi= at=12:00:00`, `end "ggsn-a" "" invalid IP id="" msisdn= imsi= at=12:00:00`)
}

// An Accounting-On has no 3GPP attribute, and NAS-IP-Address may be another interface of the GGSN.
func TestAccountingOnFindsTheNamesOfTheStarts(t *testing.T) {
	s := startServer(t, nil)
	s.directory.set(func(d *directory) { d.ended = 3 })
	for _, ggsn := range []string{"\xc0\x00\x02\x0b", "\xc0\x00\x02\x0c", "\xc0\x00\x02\x0b"} {
		s.client.tell(all([]attribute{isStart, vendor("\x07", ggsn)}, alice())...)
	}
	s.directory.told()
	s.client.tell(isOn, nas, raw(rfc2865.NASIdentifier_Type, "ggsn0"))
	var want []string
	for _, name := range []string{"192.0.2.10", "192.0.2.11", "192.0.2.12", "ggsn0"} {
		want = append(want, `end "`+name+`" "" invalid IP id="" msisdn= imsi= at=12:00:00`)
	}
	wantTold(t, s, want...)
	if n := s.counters.ended.Load(); n != 12 {
		t.Errorf("%d sessions ended", n)
	}
	s.client.tell(isOn, ip(rfc2865.NASIPAddress_Type, "192.0.2.99"))
	wantTold(t, s, `end "192.0.2.99" "" invalid IP id="" msisdn= imsi= at=12:00:00`)
}

// What comes late and in another order is the directory's to judge: it is told of everything, in the order of arrival, with the time
// at which it happened.
func TestOrderOfArrivalIsKept(t *testing.T) {
	s := startServer(t, nil)
	at := func(n int) attribute {
		return number(rfc2869.EventTimestamp_Type, uint32(noon.Add(time.Duration(n)*time.Second).Unix()))
	}
	session := func(id string) []attribute { return []attribute{nas, framed, sessionID(id)} }
	var want []string
	s.client.tell(all([]attribute{isInterim, at(0)}, session("first"))...) // its clock is right
	s.directory.told()
	for _, m := range []struct {
		status attribute
		id     string
		at     int
		told   string
	}{
		{isStart, "new", -2, `start "192.0.2.10" "" 10.45.0.7 id="new" msisdn= imsi= at=11:59:58`},
		{isStop, "old", -5, `stop "192.0.2.10" "" 10.45.0.7 id="old" msisdn= imsi= at=11:59:55`},
		{isStart, "old", -9, `start "192.0.2.10" "" 10.45.0.7 id="old" msisdn= imsi= at=11:59:51`},
		{isInterim, "new", -1, `start "192.0.2.10" "" 10.45.0.7 id="new" msisdn= imsi= at=11:59:59`},
	} {
		s.client.send(s.client.request(all([]attribute{m.status, at(m.at)}, session(m.id))...))
		want = append(want, m.told)
	}
	for range want {
		s.client.receive()
	}
	wantTold(t, s, want...)
}

package hlr

import (
	"bytes"
	"encoding/hex"
	"strings"
	"testing"
)

// Octets that an OsmoHLR 1.5.0 sent and received.
const (
	recordedQuestion = "002cee00474554203420737562736372696265722e62792d6d736973646e2d34363730323132333435362e696e666f"
	recordedAttached = "00e1ee004745545f5245504c59203420737562736372696265722e62792d6d736973646e2d34363730323132333435362e696e666f20" +
		"0a696409310a696d7369093030313031303030303030303130310a6d736973646e0934363730323132333435360a6e616d5f637309310a6e616d" +
		"5f707309310a7367736e5f6e756d6265720931302e32332e302e320a6d735f7075726765645f637309300a6d735f7075726765645f707309300a" +
		"706572696f6469635f6c755f74696d657209300a706572696f6469635f7261755f7461755f74696d657209300a6c6d7369093030303030303030"
	recordedPurged = "00e3ee004745545f5245504c59203520737562736372696265722e62792d696d73692d3030313031303030303030303130312e696e666f20" +
		"0a696409310a696d7369093030313031303030303030303130310a6d736973646e0934363730323132333435360a6e616d5f637309310a6e616d" +
		"5f707309310a7367736e5f6e756d6265720931302e32332e302e320a6d735f7075726765645f637309300a6d735f7075726765645f707309310a" +
		"706572696f6469635f6c755f74696d657209300a706572696f6469635f7261755f7461755f74696d657209300a6c6d7369093030303030303030"
	recordedUnknown = "001cee004552524f522036204e6f207375636820737562736372696265722e"
)

func octets(t testing.TB, text string) []byte {
	t.Helper()
	b, err := hex.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestQuestionIsGolden(t *testing.T) {
	want := octets(t, recordedQuestion)
	if got := appendGet(nil, 4, "subscriber.by-msisdn-46702123456.info"); !bytes.Equal(got, want) {
		t.Errorf("got\n%x, want\n%x", got, want)
	}
}

func TestRecordedAnswers(t *testing.T) {
	subscriber := subscriberInfo{imsi: "001010000000101", msisdn: "46702123456", sgsn: "10.23.0.2", provisioned: true}
	purged := subscriber
	purged.purged = true
	for _, row := range []struct {
		name, octets string
		id           uint32
		variable     string
		info         subscriberInfo
	}{
		{"attached", recordedAttached, 4, "subscriber.by-msisdn-46702123456.info", subscriber},
		{"purged", recordedPurged, 5, "subscriber.by-imsi-001010000000101.info", purged},
	} {
		t.Run(row.name, func(t *testing.T) {
			text, err := readControl(bytes.NewReader(octets(t, row.octets)), func() { t.Error("a foreign frame") })
			if err != nil {
				t.Fatal(err)
			}
			reply, err := parseControl(text)
			if err != nil || reply.refused || reply.id != row.id || reply.name != row.variable {
				t.Fatalf("%+v, %v", reply, err)
			}
			if info, err := parseInfo(reply.value); info != row.info || err != nil {
				t.Errorf("%+v, %v", info, err)
			}
		})
	}
	text, err := readControl(bytes.NewReader(octets(t, recordedUnknown)), nil)
	if err != nil {
		t.Fatal(err)
	}
	if reply, err := parseControl(text); err != nil || !reply.refused || reply.id != 6 || reply.value != "No such subscriber." {
		t.Errorf("unknown: %+v, %v", reply, err)
	}
}

func TestFramesThatLie(t *testing.T) {
	for _, row := range []struct{ name, octets string }{
		{"nothing", ""},
		{"half a header", "0005"},
		{"length zero", "0000ee00"},
		{"longer than it is", "0010ee00474554"},
	} {
		if text, err := readControl(bytes.NewReader(octets(t, row.octets)), func() {}); err == nil {
			t.Errorf("%s: %q", row.name, text)
		}
	}
	others := 0
	text, err := readControl(bytes.NewReader(octets(t, "0001fe00"+"0003ee056162"+recordedUnknown)), func() { others++ })
	if err != nil || others != 2 || !strings.HasPrefix(text, "ERROR 6") {
		t.Errorf("after frames of other protocols: %q, %d others, %v", text, others, err)
	}
}

func TestTextThatIsNoAnswer(t *testing.T) {
	for _, text := range []string{
		"", "ERROR", "ERROR err Command parser error.", "TRAP 0 a b", "SET_REPLY 1 a b", "GET 1 a", "GET_REPLY -1 a b",
		"GET_REPLY 4294967296 a b", "GET_REPLY  1 a",
	} {
		if reply, err := parseControl(text); err == nil {
			t.Errorf("%q: %+v", text, reply)
		}
	}
}

func TestInfoThatIsRefused(t *testing.T) {
	const good = "\nid\t1\nimsi\t001010000000101\nnam_ps\t1\nms_purged_ps\t0\nsgsn_number\tSGSN-A"
	if info, err := parseInfo(good); err != nil || info.sgsn != "SGSN-A" {
		t.Fatalf("%+v, %v", info, err)
	}
	for _, row := range []struct{ name, value string }{
		{"nothing", ""},
		{"a line without a tab", good + "\nabc"},
		{"two nodes", good + "\nsgsn_number\tSGSN-B"},
		{"no imsi", strings.Replace(good, "imsi", "ismi", 1)},
		{"imsi of letters", strings.Replace(good, "00101", "abcde", 1)},
		{"no flag of service", strings.Replace(good, "nam_ps", "nam_xx", 1)},
		{"purged twice as much", strings.Replace(good, "ms_purged_ps\t0", "ms_purged_ps\t2", 1)},
		{"msisdn of letters", good + "\nmsisdn\tabc"},
		{"node with a space", good + " B"},
		{"node with a control character", good + "\x00"},
		{"node of many letters", good + strings.Repeat("A", mostName)},
		{"many lines", good + strings.Repeat("\na\tb", mostLines)},
	} {
		if info, err := parseInfo(row.value); err == nil {
			t.Errorf("%s: %+v", row.name, info)
		}
	}
}

func FuzzControl(f *testing.F) {
	for _, seed := range []string{recordedAttached, recordedPurged, recordedUnknown} {
		f.Add(octets(f, seed))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		text, err := readControl(bytes.NewReader(b), func() {})
		if err != nil {
			return
		}
		reply, err := parseControl(text)
		if err != nil {
			return
		}
		info, err := parseInfo(reply.value)
		if err != nil {
			return
		}
		if !digits(info.imsi, 6, 15) || !printable(info.sgsn) || len(info.sgsn) > mostName {
			t.Fatalf("%+v", info)
		}
	})
}

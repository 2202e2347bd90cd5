package pap

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/ppgbox/ppgbox/sdk/push"
)

// full has every element and attribute of a submission, as PAP 2.0 has them.
const full = `<?xml version="1.0"?>
<!DOCTYPE pap PUBLIC "-//WAPFORUM//DTD PAP 2.0//EN" "http://www.wapforum.org/DTD/pap_2.0.dtd"
  [<?wap-pap-ver supported-versions="2.0,1.*"?>]>
<pap product-name="PI 1">
  <push-message push-id="2026-0001@pi.example" replace-push-id="2025-9999@pi.example" replace-method="pending-only"
      deliver-after-timestamp="2026-01-01T08:00:00Z" deliver-before-timestamp="2026-01-02T08:00:00Z"
      ppg-notify-requested-to="http://pi.example/notify" progress-notes-requested="true" source-reference="news">
    <address address-value="WAPPUSH=+358401234567/TYPE=PLMN@ppg.example"/>
    <address address-value="WAPPUSH=10.45.0.7/TYPE=IPv4@ppg.example"/>
    <quality-of-service priority="high" delivery-method="preferconfirmed" network="GSM" network-required="true"
        bearer="SMS" bearer-required="false"/>
  </push-message>
</pap>
`

func parse(text string) (Document, error) { return Parse(strings.NewReader(text), "", Limits{}) }

func TestParseFullPush(t *testing.T) {
	doc, err := parse(full)
	if err != nil {
		t.Fatal(err)
	}
	want := Document{
		Version: Version{2, 0}, Supported: "2.0,1.*", ProductName: "PI 1",
		Message: &PushMessage{
			PushID: "2026-0001@pi.example", ReplacePushID: "2025-9999@pi.example", ReplaceMethod: ReplacePendingOnly,
			DeliverBefore:   time.Date(2026, 1, 2, 8, 0, 0, 0, time.UTC),
			DeliverAfter:    time.Date(2026, 1, 1, 8, 0, 0, 0, time.UTC),
			SourceReference: "news", ProgressNotesRequested: true, NotifyTo: "http://pi.example/notify",
			Addresses: []Address{
				{
					Text:   "WAPPUSH=+358401234567/TYPE=PLMN@ppg.example",
					Client: push.Address{Type: push.PLMN, Value: "+358401234567"}, PPG: "ppg.example",
				},
				{
					Text:   "WAPPUSH=10.45.0.7/TYPE=IPv4@ppg.example",
					Client: push.Address{Type: push.IPv4, Value: "10.45.0.7"}, PPG: "ppg.example",
				},
			},
			QoS: &QualityOfService{
				Priority: push.PriorityHigh, DeliveryMethod: push.PreferConfirmed, Network: "GSM", NetworkRequired: true,
				Bearer: "SMS",
			},
		},
	}
	if !reflect.DeepEqual(doc, want) {
		t.Errorf("got  %+v\nwant %+v", doc.Message, want.Message)
	}
}

const plmn = `<address address-value="WAPPUSH=+358401234567/TYPE=PLMN"/>`

func TestParseForgives(t *testing.T) {
	const body = `<pap><push-message push-id="1@x">` + plmn + `</push-message></pap>`
	doctype := func(public string) string { return `<!DOCTYPE pap PUBLIC "` + public + `" "x">` + body }
	for _, c := range []struct {
		name, text string
		version    Version
	}{
		{"no DOCTYPE", body, Version{2, 0}},
		{"PAP 1.0", doctype("-//WAPFORUM//DTD PAP 1.0//EN"), Version{1, 0}},
		{"PAP without number, as Kannel's test_ppg sends", doctype("-//WAPFORUM//DTD PAP//EN"), Version{1, 0}},
		{
			"without number, 2.0 in the system identifier",
			`<!DOCTYPE pap PUBLIC "-//WAPFORUM//DTD PAP//EN" "http://www.wapforum.org/DTD/pap_2.0.dtd">` + body,
			Version{2, 0},
		},
		{"one slash", doctype("-//WAPFORUM/DTD PAP 2.0//EN"), Version{2, 0}},
		{"no leading dash", doctype("//WAPFORUM//DTD PAP 2.0//EN"), Version{2, 0}},
		{"OMA 2.1", doctype("-//OMA//DTD PAP 2.1//EN"), Version{2, 1}},
		{"2.2", doctype("-//OMA//DTD PAP 2.2//EN"), Version{2, 2}},
		{"2.3", doctype("-//OMA//DTD PAP 2.3//EN"), Version{2, 3}},
		{"system identifier only", `<!DOCTYPE pap SYSTEM 'http://www.wapforum.org/DTD/pap_1.0.dtd'>` + body, Version{1, 0}},
		{"DOCTYPE without identifiers", `<!DOCTYPE pap>` + body, Version{2, 0}},
		{"version list without DOCTYPE version", `<!DOCTYPE pap [<?wap-pap-ver supported-versions="1.*"?>]>` + body, Version{1, 0}},
		{"version list outside the subset", `<?wap-pap-ver supported-versions='2.1,1.0'?>` + body, Version{2, 1}},
		{"leading blanks", " \r\n\t<?xml version=\"1.0\"?>" + body, Version{2, 0}},
		{"byte order mark", "\uFEFF<?xml version=\"1.0\" encoding=\"UTF-8\"?>" + body, Version{2, 0}},
		{"comments", "<!-- a -->" + strings.Replace(body, "<address", "<!-- b --><address", 1) + "<!-- c -->\n", Version{2, 0}},
		{"namespace declarations", strings.Replace(body, "<pap>",
			`<pap xmlns="x" xmlns:xsi="y" xsi:schemaLocation="z" xml:lang="en">`, 1), Version{2, 0}},
		{"keywords in any case", strings.Replace(body, "push-id", ` progress-notes-requested="FALSE" replace-method="All" push-id`, 1), Version{2, 0}},
		{"2.x attributes under 1.0", `<!DOCTYPE pap PUBLIC "-//WAPFORUM//DTD PAP 1.0//EN" "x">` +
			strings.Replace(body, "push-id", `replace-push-id="0@x" push-id`, 1), Version{1, 0}},
		{"start and end tags", strings.Replace(body, "PLMN\"/>", "PLMN\"></address>", 1), Version{2, 0}},
		{"an external entity that nobody uses", `<!DOCTYPE pap [<!ENTITY x SYSTEM "http://127.0.0.1:1/">]>` + body, Version{2, 0}},
	} {
		t.Run(c.name, func(t *testing.T) {
			doc, err := parse(c.text)
			if err != nil {
				t.Fatal(err)
			}
			m, ok := doc.Message.(*PushMessage)
			if !ok || m.PushID != "1@x" || len(m.Addresses) != 1 || m.Addresses[0].Client.Value != "+358401234567" {
				t.Errorf("message %+v", doc.Message)
			}
			if doc.Version != c.version {
				t.Errorf("version %s, want %s", doc.Version, c.version)
			}
		})
	}
}

func TestParseRefuses(t *testing.T) {
	in := func(attrs, children string) string {
		return "<pap>\n<push-message push-id=\"1@x\"\n " + attrs + ">" + children + "</push-message></pap>"
	}
	for _, c := range []struct {
		name, text string
		code       Code
		line       int
		says       string // part of the text
		understood bool   // answered by the message's own response
	}{
		// What kills or fools Kannel 1.4.5.
		{"push-message without push-id", "<pap><push-message>" + plmn + "</push-message></pap>", 2000, 1, "<push-message> has no push-id", false},
		{"empty push-id", `<pap><push-message push-id="">` + plmn + "</push-message></pap>", 2000, 1, "has no push-id", false},
		{"empty pap", "<pap></pap>", 2000, 1, "<pap> holds no message", false},
		{"empty pap in one tag", "<pap/>", 2000, 1, "<pap> holds no message", false},
		{"cancel without attributes", "<pap><cancel-message/></pap>", 2000, 1, "<cancel-message> has no push-id", false},
		{"a lone address", "<pap>" + plmn + "</pap>", 2000, 1, "<pap> can not hold <address>", false},
		{"address as root", plmn, 2000, 1, "the root element is <address>", false},
		{"200,000 comments", strings.Repeat("<!---->", 200000) + in("", plmn), 2000, 0, "longer than", false},
		{"30,000 comments", strings.Repeat("<!---->", 30000) + in("", plmn), 2000, 1, "comments", false},
		{"two push-messages", `<pap><push-message push-id="1@x">` + plmn + `</push-message><push-message push-id="2@x">` + plmn +
			`</push-message></pap>`, 2000, 1, "a second message", false},
		// Names.
		{"misspelled ppg-notifiy-requested-to", in(`ppg-notifiy-requested-to="http://x/"`, plmn), 2000, 3, "is ppg-notify-requested-to meant?", false},
		{"misspelled request-progress-notes", in(`request-progress-notes="true"`, plmn), 2000, 3, "is progress-notes-requested meant?", false},
		{"misspelled results-notification-to", in(`results-notification-to="http://x/"`, plmn), 2000, 3, "is ppg-notify-requested-to meant?", false},
		{"unknown attribute", in(`colour="red"`, plmn), 2000, 3, "<push-message> has no attribute colour", false},
		{"prefixed attribute", in(`x:push-id="red"`, plmn), 2000, 3, "has no attribute x:push-id", false},
		{"unknown element", in("", plmn+"\n<quality-of-servce/>"), 2000, 4, "is <quality-of-service> meant?", false},
		{"unknown message", "<pap>\n<pushmessage/></pap>", 2000, 2, "is <push-message> meant?", false},
		{"second quality-of-service", in("", plmn+"<quality-of-service/><quality-of-service/>"), 2000, 3, "a second <quality-of-service>", false},
		{"child of address", in("", `<address address-value="WAPPUSH=1.2.3.4/TYPE=IPv4"><address/></address>`), 2000, 3, "<address> can not hold", false},
		{"attribute twice", in(`source-reference="a" source-reference="b"`, plmn), 2000, 3, "has source-reference twice", false},
		// Values.
		{"no address", in("", ""), 2000, 3, "<push-message> holds no <address>", false},
		{"fraction of a second", in(`deliver-before-timestamp="2026-01-01T00:00:00.5Z"`, plmn), 2000, 3, "YYYY-MM-DDThh:mm:ssZ", false},
		{"time zone", in(`deliver-before-timestamp="2026-01-01T00:00:00+02:00"`, plmn), 2000, 3, "deliver-before-timestamp of <push-message>", false},
		{"no such day", in(`deliver-after-timestamp="2026-02-30T00:00:00Z"`, plmn), 2000, 3, "2026-02-30", false},
		{"empty date", in(`deliver-after-timestamp=""`, plmn), 2000, 3, "deliver-after-timestamp", false},
		{"priority", in("", plmn+`<quality-of-service priority="urgent"/>`), 2000, 3, `"urgent" is none of high`, false},
		{"delivery-method", in("", plmn+`<quality-of-service delivery-method="sure"/>`), 2000, 3, `"sure" is none of confirmed`, false},
		{"boolean", in(`progress-notes-requested="yes"`, plmn), 2000, 3, "neither true nor false", false},
		{"notify to mail", in(`ppg-notify-requested-to="mailto:a@b"`, plmn), 2000, 3, "no http or https URL", false},
		{"notify without host", in(`ppg-notify-requested-to="http:///x"`, plmn), 2000, 3, "no http or https URL", false},
		{"code", `<pap><badmessage-response code="999" bad-message-fragment=""/></pap>`, 2000, 1, "no PAP status code", false},
		{"long value", in(`source-reference="`+strings.Repeat("x", 2049)+`"`, plmn), 2000, 3, "longer than 2048", false},
		// Addresses: understood, so the answer carries the push-id.
		{"bad address", in("", plmn+"\n<address address-value=\"WAPPUSH=046/TYPE=PLMN\"/>"), 2002, 4, "country code", true},
		{"address without value", in("", "<address/>"), 2000, 3, "<address> has no address-value", false},
		{"bad address of a query", `<pap><statusquery-message push-id="1@x"><address address-value="*"/></statusquery-message></pap>`, 2002, 1, "WAPPUSH", true},
		{"too many recipients", in("", strings.Repeat(plmn, 1001)), 2001, 3, "more than 1000 recipients", true},
		// XML.
		{"empty", "", 2000, 1, "no root element", false},
		{"blank", " \n ", 2000, 2, "no root element", false},
		{"text", "hello", 2000, 1, "text before the root", false},
		{"text inside", in("", plmn+"hello"), 2000, 3, "text inside <push-message>", false},
		{"text after", in("", plmn) + "\nhello", 2000, 3, "text after", false},
		{"second root", in("", plmn) + "<pap/>", 2000, 3, "markup after", false},
		{"cut off", "<pap><push-message push-id='1'>" + plmn, 2000, 1, "ends inside <push-message>", false},
		{"cut off in a tag", "<pap><push-message push-id='1", 2000, 1, "EOF", false},
		{"wrong end tag", "<pap><push-message push-id='1'>" + plmn + "</pap></push-message>", 2000, 1, "<push-message> is closed by </pap>", false},
		{"unquoted value", "<pap><push-message push-id=1/></pap>", 2000, 1, "unquoted", false},
		{"NUL", "<pap>\n\x00</pap>", 2000, 2, "NUL", false},
		{"control character", in("source-reference=\"\x01\"", plmn), 2000, 3, "illegal character", false},
		{"bytes that are not UTF-8", in("source-reference=\"\xE4\"", plmn), 2000, 3, "UTF-8", false},
		{"own entity", `<!DOCTYPE pap [<!ENTITY a "b">]>` + in(`source-reference="&a;"`, plmn), 2000, 3, "entity", false},
		{"two DOCTYPEs", "<!DOCTYPE pap><!DOCTYPE pap><pap/>", 2000, 1, "one DOCTYPE", false},
		{"DOCTYPE inside", "<pap><!DOCTYPE pap></pap>", 2000, 1, "declaration inside", false},
		{"charset", `<?xml version="1.0" encoding="EBCDIC"?>` + in("", plmn), 2000, 0, `"EBCDIC" is not served`, false},
		{"depth", "<pap>" + strings.Repeat("<a>", 50000), 2000, 1, "<pap> can not hold <a>", false},
		{"33 attributes", in(strings.Repeat(`xml:lang="e" `, 33), plmn), 2000, 2, "more than 32 attributes", false},
		// Versions.
		{"PAP 3.0", `<!DOCTYPE pap PUBLIC "-//OMA//DTD PAP 3.0//EN" "x">` + in("", plmn), 3002, 1, "PAP 3.0 is not supported, only 2.3,2.2,2.1,2.0,1.0", false},
		{"PAP 2.4", `<!DOCTYPE pap PUBLIC "-//OMA//DTD PAP 2.4//EN" "x">` + in("", plmn), 3002, 1, "PAP 2.4", false},
		{"no common version", `<?wap-pap-ver supported-versions="3.*"?>` + in("", plmn), 3002, 1, "none of the versions", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := parse(c.text)
			var e *Error
			if !errors.As(err, &e) {
				t.Fatalf("error %v, want an *Error", err)
			}
			if e.Code != c.code || e.Line != c.line || !strings.Contains(e.Text, c.says) || (e.Message != nil) != c.understood {
				t.Errorf("got code %d line %d text %q message %v", e.Code, e.Line, e.Text, e.Message)
			}
			if len(e.Fragment) > fragmentSize {
				t.Errorf("fragment of %d octets", len(e.Fragment))
			}
		})
	}
}

func TestParseFragmentShowsTheFault(t *testing.T) {
	_, err := parse("<pap>\n<push-message push-id='1' colour='red'/></pap>")
	var e *Error
	if !errors.As(err, &e) || !strings.HasPrefix(e.Fragment, "colour='red'/></pap>") {
		t.Errorf("got %+v", err)
	}
}

func TestParseUnsupportedVersionAnswersInTheBestCommonOne(t *testing.T) {
	doc, err := parse(`<!DOCTYPE pap PUBLIC "-//OMA//DTD PAP 3.0//EN" "x" [<?wap-pap-ver supported-versions="3.0, 2.1,1.*"?>]><pap/>`)
	if err == nil || doc.Version != (Version{2, 1}) {
		t.Errorf("version %s, error %v", doc.Version, err)
	}
}

func TestParseCharsets(t *testing.T) {
	text := func(decl, value string) string {
		return decl + `<pap><push-message push-id="` + value + `">` + plmn + `</push-message></pap>`
	}
	for _, c := range []struct{ name, charset, text, id string }{
		{"UTF-8", "", text("", "h\u00E4"), "hä"},
		{"ISO-8859-1 declared", "", text(`<?xml version="1.0" encoding="ISO-8859-1"?>`, "h\xE4"), "hä"},
		{"ISO-8859-1 in the MIME type", "iso-8859-1", text("", "h\xE4"), "hä"},
		{"MIME type before declaration", "ISO-8859-1", text(`<?xml version="1.0" encoding="UTF-8"?>`, "h\xE4"), "hä"},
		{"US-ASCII", "us-ascii", text(`<?xml version='1.0' encoding='us-ascii'?>`, "h"), "h"},
		{"byte order mark before all", "iso-8859-1", "\uFEFF" + text("", "h\u00E4"), "hä"},
		{"predefined entities", "", text("", "&lt;&#228;&quot;&#x26;"), `<ä"&`},
	} {
		t.Run(c.name, func(t *testing.T) {
			doc, err := Parse(strings.NewReader(c.text), c.charset, Limits{})
			if err != nil {
				t.Fatal(err)
			}
			if id := doc.Message.(*PushMessage).PushID; id != c.id {
				t.Errorf("push-id %q, want %q", id, c.id)
			}
		})
	}
}

func TestParseReadsAnswersOfOtherGatewaysAsTheyAre(t *testing.T) {
	doc, err := parse(`<pap><resultnotification-message push-id="1" message-state="delivered" code="1000"><address address-value="*"/></resultnotification-message></pap>`)
	if err != nil {
		t.Fatal(err)
	}
	if a := doc.Message.(*ResultNotification).Addresses; len(a) != 1 || a[0].Text != "*" || a[0].Client != (push.Address{}) {
		t.Errorf("addresses %+v", a)
	}
}

func TestParsePassesReadErrorsOn(t *testing.T) {
	broken := errors.New("broken")
	_, err := Parse(failingReader{broken}, "", Limits{})
	var e *Error
	if !errors.Is(err, broken) || errors.As(err, &e) {
		t.Errorf("got %v", err)
	}
}

type failingReader struct{ err error }

func (r failingReader) Read([]byte) (int, error) { return 0, r.err }

// The table of names is for error texts; it has to say what set and child take.
func TestVocabularyAgreesWithTheElements(t *testing.T) {
	var check func(name string, e element)
	check = func(name string, e element) {
		v := vocabularyOf(name)
		for _, a := range v.attributes {
			if err := e.set(a, ""); errors.Is(err, errUnknownName) {
				t.Errorf("<%s> does not take %s", name, a)
			}
		}
		if !errors.Is(e.set("nonsense", ""), errUnknownName) {
			t.Errorf("<%s> takes nonsense", name)
		}
		for _, c := range v.children {
			child := e.child(c)
			if child == nil {
				t.Errorf("<%s> does not take <%s>", name, c)
				continue
			}
			check(c, child)
		}
	}
	for _, name := range vocabularyOf("pap").children {
		m := newMessage(name)
		if m == nil || m.elementName() != name {
			t.Errorf("no message %s", name)
			continue
		}
		check(name, m)
	}
}

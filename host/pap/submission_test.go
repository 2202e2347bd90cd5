package pap

import (
	"bytes"
	"errors"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"github.com/ppgbox/ppgbox/sdk/push"
)

const (
	control = `<?xml version="1.0"?><pap><push-message push-id="1@x">` + plmn + `</push-message></pap>`
	si      = `<si><indication href="http://x/">hi</indication></si>`
)

// multi makes a multipart with CRLF line ends of the entities given, boundary b.
func multi(entities ...string) string {
	return "--b\r\n" + strings.Join(entities, "\r\n--b\r\n") + "\r\n--b--\r\n"
}

const (
	controlPart = "Content-Type: application/xml\r\n\r\n" + control
	contentPart = "Content-Type: text/vnd.wap.si\r\nX-Wap-Application-Id: x-wap-application:wml.ua\r\n\r\n" + si
	related     = `multipart/related; type="application/xml"; boundary=b`
)

func post(contentType, body string, headers ...string) (Request, error) {
	h := http.Header{}
	h.Set("Content-Type", contentType)
	for i := 0; i < len(headers); i += 2 {
		h.Set(headers[i], headers[i+1])
	}
	return ReadRequest(h, []byte(body), Limits{})
}

func TestReadRequestSubmission(t *testing.T) {
	lf := func(s string) string { return strings.ReplaceAll(s, "\r\n", "\n") }
	plain := multi(controlPart, contentPart)
	appID := push.Header{Name: "X-Wap-Application-Id", Value: "x-wap-application:wml.ua"}
	for _, c := range []struct {
		name, contentType, body string
		content                 push.Message
	}{
		{"as the specification has it", related, plain, push.Message{ContentType: "text/vnd.wap.si", Headers: []push.Header{appID}, Body: []byte(si)}},
		{"quoted boundary", `multipart/related; boundary="b"; type="application/xml"`, plain, push.Message{ContentType: "text/vnd.wap.si", Headers: []push.Header{appID}, Body: []byte(si)}},
		{"unquoted type", `Multipart/Related;type=application/xml;Boundary=b`, plain, push.Message{ContentType: "text/vnd.wap.si", Headers: []push.Header{appID}, Body: []byte(si)}},
		{"no type", `multipart/related; boundary=b`, plain, push.Message{ContentType: "text/vnd.wap.si", Headers: []push.Header{appID}, Body: []byte(si)}},
		{"LF line ends", related, lf(plain), push.Message{ContentType: "text/vnd.wap.si", Headers: []push.Header{appID}, Body: []byte(si)}},
		{"preamble and epilogue", related, "preamble --b\r\n--bb\r\n" + plain + "epilogue\r\n--b\r\n", push.Message{ContentType: "text/vnd.wap.si", Headers: []push.Header{appID}, Body: []byte(si)}},
		{"blank lines first and no line end last, as test_ppg", related, "\r\n\r\n" + strings.TrimSuffix(plain, "\r\n"), push.Message{ContentType: "text/vnd.wap.si", Headers: []push.Header{appID}, Body: []byte(si)}},
		{"blanks after the delimiter", related, strings.ReplaceAll(plain, "--b\r\n", "--b \t\r\n"), push.Message{ContentType: "text/vnd.wap.si", Headers: []push.Header{appID}, Body: []byte(si)}},
		{
			"header names in any case", related, multi("content-TYPE:application/xml\r\n\r\n"+control, "CONTENT-type : text/plain\r\nx-y:z\r\n\r\nhi"),
			push.Message{ContentType: "text/plain", Headers: []push.Header{{Name: "x-y", Value: "z"}}, Body: []byte("hi")},
		},
		{
			"control entity without type", related, multi("\r\n"+control, "Content-Type: text/plain\r\n\r\nhi"),
			push.Message{ContentType: "text/plain", Body: []byte("hi")},
		},
		{"control entity as text/xml in base64", related, multi("Content-Type: text/xml\r\nContent-Transfer-Encoding: base64\r\n\r\n"+
			"PHBhcD48cHVzaC1tZXNzYWdlIHB1c2gtaWQ9IjFAeCI+PGFkZHJlc3MgYWRkcmVzcy12YWx1ZT0i\r\nV0FQUFVTSD0rMzU4NDAxMjM0NTY3L1RZUEU9UExNTiIvPjwvcHVzaC1tZXNzYWdlPjwvcGFwPg==\r\n",
			"Content-Type: text/plain\r\n\r\nhi"), push.Message{ContentType: "text/plain", Body: []byte("hi")}},
		{
			"binary content", related, multi(controlPart, "Content-Type: application/vnd.wap.sic\r\nContent-Transfer-Encoding: binary\r\n\r\n\x02\x05\r\n\x00\xFF\r"),
			push.Message{ContentType: "application/vnd.wap.sic", Body: []byte("\x02\x05\r\n\x00\xFF\r")},
		},
		{"binary content with a CR last, LF line ends", related, "--b\nContent-Type: application/xml\n\n" + control +
			"\n--b\nContent-Type: a/b\n\n\x01\r\n--b--", push.Message{ContentType: "a/b", Body: []byte("\x01\r")}},
		{
			"base64", related, multi(controlPart, "Content-Type: a/b\r\nContent-transfer-encoding: BASE64\r\n\r\n aGVs\r\nbG8=\r\n"),
			push.Message{ContentType: "a/b", Body: []byte("hello")},
		},
		{
			"base64 without padding", related, multi(controlPart, "Content-Type: a/b\r\nContent-Transfer-Encoding: base64\r\n\r\naGVsbG8"),
			push.Message{ContentType: "a/b", Body: []byte("hello")},
		},
		{
			"quoted-printable", related, multi(controlPart, "Content-Type: a/b\r\nContent-Transfer-Encoding: Quoted-Printable\r\n\r\nh=C3=A4=\r\nllo"),
			push.Message{ContentType: "a/b", Body: []byte("hällo")},
		},
		{
			"order and repetition of headers", related, multi(controlPart, "Z: 1\r\nContent-Type: a/b\r\nA: 2\r\nZ: 3\r\nContent-Length: 2\r\nMIME-Version: 1.0\r\nFolded: a\r\n\tb\r\n\r\nhi"),
			push.Message{ContentType: "a/b", Headers: []push.Header{{Name: "Z", Value: "1"}, {Name: "A", Value: "2"}, {Name: "Z", Value: "3"}, {Name: "Folded", Value: "a b"}}, Body: []byte("hi")},
		},
		{"empty content", related, multi(controlPart, "Content-Type: a/b\r\n"), push.Message{ContentType: "a/b"}},
		{
			"content that is a multipart", related, multi(controlPart, "Content-Type: multipart/related; boundary=bc\r\n\r\n--bc\r\n\r\nx\r\n--bc--"),
			push.Message{ContentType: "multipart/related; boundary=bc", Body: []byte("--bc\r\n\r\nx\r\n--bc--")},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			req, err := post(c.contentType, c.body)
			if err != nil {
				t.Fatal(err)
			}
			s := req.Submission
			if s.Message.PushID != "1@x" || s.Message.Addresses[0].Client.Value != "+358401234567" || s.Capabilities != nil {
				t.Errorf("message %+v", s.Message)
			}
			got := s.Content
			if got.ContentType != c.content.ContentType || !bytes.Equal(got.Body, c.content.Body) ||
				len(got.Headers)+len(c.content.Headers) > 0 && !reflect.DeepEqual(got.Headers, c.content.Headers) {
				t.Errorf("content %+v %q, want %+v", got, got.Body, c.content)
			}
		})
	}
}

func TestReadRequestCapabilities(t *testing.T) {
	req, err := post(related, multi(controlPart, contentPart, "Content-Type: application/rdf+xml\r\nContent-Transfer-Encoding: base64\r\n\r\nPHJkZi8+"))
	if err != nil || string(req.Submission.Capabilities) != "<rdf/>" {
		t.Errorf("%+v, %v", req.Submission, err)
	}
}

func TestReadRequestTakesTheCharsetOfTheEntity(t *testing.T) {
	req, err := post(related, multi("Content-Type: application/xml; charset=ISO-8859-1\r\n\r\n"+strings.Replace(control, "1@x", "\xE4", 1), contentPart))
	if err != nil || req.Submission.Message.PushID != "ä" {
		t.Errorf("%+v, %v", req.Submission, err)
	}
}

// Kannel's test_ppg names the application in the headers of the POST (its push_headers_create).
func TestReadRequestHeadersOfThePOST(t *testing.T) {
	outer := []string{
		"X-WAP-Application-Id", "http://www.wiral.com:mms.ua", "X-Wap-Initiator-URI", "http://pi/", "X-Wap-Content-URI", "http://c/",
		"Authorization", "Basic xyz", "User-Agent", "test", "Date", "today", "X-Kannel-From", "1234", "Content-Language", "en",
	}
	t.Run("named there only", func(t *testing.T) {
		req, err := post(related, multi(controlPart, "Content-Type: a/b\r\n\r\n"), outer...)
		want := []push.Header{
			{Name: "X-Wap-Application-Id", Value: "http://www.wiral.com:mms.ua"},
			{Name: "X-Wap-Content-URI", Value: "http://c/"},
			{Name: "X-Wap-Initiator-URI", Value: "http://pi/"},
		}
		if err != nil || !reflect.DeepEqual(req.Submission.Content.Headers, want) {
			t.Errorf("%+v, %v", req.Submission, err)
		}
	})
	t.Run("named in the entity too", func(t *testing.T) {
		req, err := post(related, multi(controlPart, "Content-Type: a/b\r\nx-wap-application-id: 4\r\n\r\n"), outer[:2]...)
		want := []push.Header{{Name: "x-wap-application-id", Value: "4"}}
		if err != nil || !reflect.DeepEqual(req.Submission.Content.Headers, want) {
			t.Errorf("%+v, %v", req.Submission, err)
		}
	})
}

func TestReadRequestControlDocumentAlone(t *testing.T) {
	for _, contentType := range []string{"application/xml", "text/xml; charset=utf-8", "Application/XML;charset=us-ascii"} {
		req, err := post(contentType, `<pap><statusquery-message push-id="1@x"/></pap>`)
		if err != nil || req.Submission != nil || !reflect.DeepEqual(req.Document.Message, &StatusQuery{PushID: "1@x"}) {
			t.Errorf("%s: %+v, %v", contentType, req, err)
		}
	}
	req, err := post(related, multi("Content-Type: application/xml\r\n\r\n<pap><cancel-message push-id=\"1@x\"/></pap>"))
	if err != nil || !reflect.DeepEqual(req.Document.Message, &CancelMessage{PushID: "1@x"}) {
		t.Errorf("as the only part: %+v, %v", req, err)
	}
}

func TestReadRequestRefuses(t *testing.T) {
	for _, c := range []struct {
		name, contentType, body, says string
		understood                    bool
	}{
		{"no boundary", "multipart/related", multi(controlPart, contentPart), "boundary", false},
		{"empty boundary", `multipart/related; boundary=""`, multi(controlPart, contentPart), "boundary", false},
		{"boundary with an open quote", `multipart/related; boundary="b`, multi(controlPart, contentPart), "boundary", false},
		{"another boundary", "multipart/related; boundary=c", multi(controlPart, contentPart), "does not begin", false},
		{"empty body", related, "", "does not begin", false},
		{"only a close delimiter", related, "--b--", "does not begin", false},
		{"no close delimiter", related, "--b\r\n" + controlPart + "\r\n--b\r\n" + contentPart, "no close delimiter", false},
		{"four parts", related, multi(controlPart, contentPart, contentPart, contentPart), "more than 3 parts", false},
		{"content first", related, multi(contentPart, controlPart), "not the control document", false},
		{"header line that is none", related, multi(controlPart, "no type at all\r\n\r\nhi"), `"no type at all" is no header line`, false},
		{"header name that is none", related, multi(controlPart, "a b: c\r\n\r\nhi"), "no header line", false},
		{"control character in a header", related, multi(controlPart, "A: b\x01\r\n\r\nhi"), "not text", false},
		{"header that is not UTF-8", related, multi(controlPart, "A: \xE4\r\n\r\nhi"), "not text", false},
		{"fold of nothing", related, multi(controlPart, " a: b\r\n\r\nhi"), "continues nothing", false},
		{"65 headers", related, multi(controlPart, strings.Repeat("A: b\r\n", 65)+"\r\nhi"), "more than 64 headers", false},
		{"long headers", related, multi(controlPart, "A: "+strings.Repeat("b", 9000)+"\r\n\r\nhi"), "longer than", false},
		{"control entity's encoding", related, multi("Content-Type: text/xml\r\nContent-Transfer-Encoding: x-uu\r\n\r\n"+control, contentPart), "x-uu", false},
		{"document that is none", related, multi("Content-Type: text/xml\r\n\r\nhello", contentPart), "text before", false},
		{"push alone", "application/xml", control, "no content entity", true},
		{"push without content", related, multi(controlPart), "no content entity", true},
		{"content without type", related, multi(controlPart, "X: y\r\n\r\nhi"), "no Content-Type", true},
		{"two types", related, multi(controlPart, "Content-Type: a/b\r\nContent-Type: a/c\r\n\r\nhi"), "Content-Type is given twice", true},
		{"unknown encoding", related, multi(controlPart, "Content-Type: a/b\r\nContent-Transfer-Encoding: gzip\r\n\r\nhi"), `"gzip" is not served`, true},
		{"not base64", related, multi(controlPart, "Content-Type: a/b\r\nContent-Transfer-Encoding: base64\r\n\r\n***"), "not base64", true},
		{"not quoted-printable", related, multi(controlPart, "Content-Type: a/b\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\na\x01b"), "not quoted-printable", true},
		{"capabilities' encoding", related, multi(controlPart, contentPart, "Content-Transfer-Encoding: x\r\n\r\n"), "capabilities entity", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			req, err := post(c.contentType, c.body)
			var e *Error
			if !errors.As(err, &e) {
				t.Fatalf("error %v, want an *Error", err)
			}
			if e.Code != BadRequest || !strings.Contains(e.Text, c.says) || (e.Message != nil) != c.understood || req.Submission != nil {
				t.Errorf("got %+v", e)
			}
			if c.understood && pushIDOf(e.Message) != "1@x" {
				t.Errorf("push-id %q", pushIDOf(e.Message))
			}
		})
	}
	for _, contentType := range []string{"", "text/plain", "application/x-www-form-urlencoded", "multipart/mixed; boundary=b"} {
		if _, err := post(contentType, multi(controlPart, contentPart)); !errors.Is(err, ErrContentType) {
			t.Errorf("%q: %v", contentType, err)
		}
	}
}

func TestMediaParameter(t *testing.T) {
	for _, c := range []struct{ in, name, want string }{
		{`a/b; boundary=x`, "boundary", "x"},
		{`a/b;boundary = x ; type=c/d`, "BOUNDARY", "x"},
		{`a/b; type="c;boundary=no"; boundary="x y"`, "boundary", "x y"},
		{`a/b; boundary="a\"b"`, "boundary", `a"b`},
		{`a/b; boundary=----=_Part_0_1.2; type=c/d`, "boundary", "----=_Part_0_1.2"},
		{`a/b; x; boundary=y`, "boundary", "y"},
		{`a/b; type="c" garbage; boundary=y`, "boundary", "y"},
		{`a/b;`, "boundary", ""},
		{`a/b`, "boundary", ""},
		{`a/b; boundary`, "boundary", ""},
	} {
		if got := mediaParameter(c.in, c.name); got != c.want {
			t.Errorf("%s of %s: %q, want %q", c.name, c.in, got, c.want)
		}
	}
}

func TestCompose(t *testing.T) {
	s := Submission{
		Version: Version{2, 1},
		Message: &PushMessage{PushID: "1@x", Addresses: []Address{address(t, "WAPPUSH=+358401234567/TYPE=PLMN")}},
		Content: push.Message{
			ContentType: "application/vnd.wap.sic",
			Headers:     []push.Header{{Name: "X-Wap-Application-Id", Value: "4"}, {Name: "A", Value: "b"}},
			Body:        []byte("\x00\r\n--x\r\n"),
		},
		Capabilities: []byte("<rdf/>"),
	}
	contentType, body, err := Compose(s)
	if err != nil {
		t.Fatal(err)
	}
	req, err := post(contentType, string(body))
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(*req.Submission, s) {
		t.Errorf("read back %+v, want %+v", *req.Submission, s)
	}
	if again, body2, _ := Compose(s); again != contentType || !bytes.Equal(body, body2) {
		t.Error("composing twice gives different octets")
	}
}

func TestComposeChoosesAFreeBoundary(t *testing.T) {
	s := Submission{Message: &PushMessage{PushID: "1"}, Content: push.Message{ContentType: "a/b"}}
	taken := []byte("begin")
	free := chooseBoundary(taken)
	if got := chooseBoundary(append(taken, free...)); got == free || bytes.Contains(append(taken, free...), []byte(got)) {
		t.Errorf("boundary %s is in the body", got)
	}
	for _, h := range []push.Header{{Name: "A", Value: "b\r\nInjected: c"}, {Name: "A b", Value: "c"}, {Name: "", Value: "c"}} {
		s.Content.Headers = []push.Header{h}
		if _, _, err := Compose(s); err == nil {
			t.Errorf("header %q was written", h)
		}
	}
}

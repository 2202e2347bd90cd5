package wbxml

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ppgbox/ppgbox/sdk/plugin"
	"github.com/ppgbox/ppgbox/sdk/pluginrpc"
	"github.com/ppgbox/ppgbox/sdk/push"
)

func testdata(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasSuffix(name, ".hex") {
		return b
	}
	b, err = hex.DecodeString(strings.TrimSpace(string(b)))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func encode(t *testing.T, p *Plugin, m push.Message) push.Message {
	t.Helper()
	out, err := p.Encode(t.Context(), push.EncodeRequest{Message: m})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestEncodeGolden(t *testing.T) {
	for _, tt := range []struct{ name, in, out string }{
		{"si", "text/vnd.wap.si", "application/vnd.wap.sic; charset=utf-8"},
		{"sl", "Text/vnd.wap.SL; charset=UTF-8", "application/vnd.wap.slc; charset=utf-8"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			in := push.Message{
				ContentType: tt.in,
				Headers:     []push.Header{{Name: "X-Wap-Application-Id", Value: "wml.ua"}, {Name: "content-length", Value: "9"}, {Name: "Expires", Value: "0"}},
				Body:        testdata(t, tt.name+".xml"),
			}
			before := in
			before.Headers, before.Body = slices.Clone(in.Headers), slices.Clone(in.Body)
			got := encode(t, New(), in)
			want := push.Message{
				ContentType: tt.out,
				Headers:     []push.Header{{Name: "X-Wap-Application-Id", Value: "wml.ua"}, {Name: "Expires", Value: "0"}},
				Body:        testdata(t, tt.name+".hex"),
			}
			if !reflect.DeepEqual(got, want) {
				t.Errorf("got  %+v\nwant %+v", got, want)
			}
			if !reflect.DeepEqual(in, before) {
				t.Error("the request was modified")
			}
			if again := encode(t, New(), in); !reflect.DeepEqual(again, got) {
				t.Errorf("again %+v", again)
			}
		})
	}
}

func TestPassesUnchanged(t *testing.T) {
	si := testdata(t, "si.xml")
	header := func(value string) []push.Header { return []push.Header{{Name: "cache-control", Value: value}} }
	tests := []struct {
		name string
		m    push.Message
		same bool
	}{
		{"no-transform", push.Message{ContentType: "text/vnd.wap.si", Headers: header("no-transform"), Body: si}, true},
		{"no-transform among others", push.Message{ContentType: "text/vnd.wap.si", Headers: header("max-age=60 , No-Transform"), Body: si}, true},
		{"no-transform of content that would not compile", push.Message{ContentType: "text/vnd.wap.si", Headers: header("no-transform"), Body: []byte("x")}, true},
		{"another directive", push.Message{ContentType: "text/vnd.wap.si", Headers: header("no-cache"), Body: si}, false},
		{"binary SI", push.Message{ContentType: "application/vnd.wap.sic", Body: testdata(t, "si.hex")}, true},
		{"binary SL that is none", push.Message{ContentType: "application/vnd.wap.slc; a=b", Body: []byte("x")}, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := encode(t, New(), tt.m); reflect.DeepEqual(got, tt.m) != tt.same {
				t.Errorf("got %+v", got)
			}
		})
	}
}

func TestCharsetParameter(t *testing.T) {
	m := push.Message{
		ContentType: `text/vnd.wap.si; charset="ISO-8859-1"`,
		Body:        []byte("<?xml version=\"1.0\" encoding=\"utf-8\"?><si><indication href=\"a\">Gr\xFC\xDFe</indication></si>"),
	}
	if got := encode(t, New(), m); !bytes.Contains(got.Body, []byte("Grüße")) {
		t.Errorf("got % x", got.Body)
	}
}

func TestRefusals(t *testing.T) {
	for _, tt := range []struct{ name, body, text string }{
		{"no XML", "hello", `SI content: line 1: text outside of the document's element: "hello"`},
		{
			"bad date", "<si>\n<indication created='yesterday'/></si>",
			`SI content: line 2: element indication: attribute created: "yesterday" is not a date of the form YYYY-MM-DDThh:mm:ssZ`,
		},
		{"another document", string(testdata(t, "sl.xml")), "SI content: line 3: element sl: the root of SI is si"},
		{"charset", "<?xml version='1.0' encoding='klingon'?><si/>", `SI content: line 1: opening charset "klingon": charset "klingon" is not known`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := New().Encode(t.Context(), push.EncodeRequest{Message: push.Message{ContentType: "text/vnd.wap.si", Body: []byte(tt.body)}})
			var e *push.Error
			if !errors.As(err, &e) {
				t.Fatalf("got %v", err)
			}
			if want := (push.Error{Code: 3006, Text: tt.text}); *e != want {
				t.Errorf("got  %+v\nwant %+v", *e, want)
			}
		})
	}
}

func TestConfig(t *testing.T) {
	tests := []struct {
		name, toml string
		octet      byte   // the version octet that is written
		problem    string // or what is wrong
	}{
		{"empty", "", 0x02, ""},
		{"sample", Sample, 0x02, ""},
		{"1.1", `wbxml_version = "1.1"`, 0x01, ""},
		{"1.3", `wbxml_version = "1.3"`, 0x03, ""},
		{"another version", `wbxml_version = "2.0"`, 0, `wbxml_version: "2.0" is none of`},
		{"a number", `wbxml_version = 1.2`, 0, "wbxml_version"},
		{"unknown key", `version = "1.2"`, 0, "version: unknown key"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p, c := New(), plugin.Config{Instance: "wbxml", TOML: []byte(tt.toml)}
			validated, configured := p.Validate(c), p.Configure(t.Context(), c)
			if tt.problem != "" {
				var problems plugin.Problems
				if !errors.As(validated, &problems) || !strings.Contains(validated.Error(), tt.problem) || configured == nil {
					t.Errorf("validate: %v, configure: %v", validated, configured)
				}
				return
			}
			if validated != nil || configured != nil {
				t.Fatalf("validate: %v, configure: %v", validated, configured)
			}
			if got := encode(t, p, push.Message{ContentType: "text/vnd.wap.sl", Body: testdata(t, "sl.xml")}); got.Body[0] != tt.octet {
				t.Errorf("version octet %#02x", got.Body[0])
			}
		})
	}
}

func TestReadme(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, section := range []string{"Name", "Description", "Configuration", "Examples", "Failures", "Specifications"} {
		if !strings.Contains(string(readme), "\n## "+section+"\n") {
			t.Errorf("no section %s", section)
		}
	}
	if !strings.Contains(string(readme), "```toml\n"+Sample+"```") {
		t.Error("the sample is not shown as it is")
	}
	for _, k := range New().Info().Keys {
		if !strings.Contains(Sample, k.Name+" = "+k.Default+"\n") {
			t.Errorf("the sample has no %s = %s", k.Name, k.Default)
		}
	}
}

// nothing ignores the events of a stream.
type nothing struct{}

func (nothing) Window(int, string) {}
func (nothing) Closed(error)       {}

// The gateway sees the same answers and the same refusals that the plugin gave.
func TestThroughTheBoundary(t *testing.T) {
	c, stop, err := pluginrpc.Loopback(New())
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if err := c.Configure(ctx, plugin.Config{Instance: "wbxml", TOML: []byte(Sample)}); err != nil {
		t.Fatal(err)
	}
	stream, err := c.OpenEncoder(ctx, nothing{})
	if err != nil {
		t.Fatal(err)
	}
	defer stream.Close()
	type answer struct {
		m   push.Message
		err error
	}
	ask := func(body []byte) answer {
		answers := make(chan answer, 1)
		r := push.EncodeRequest{Message: push.Message{ContentType: "text/vnd.wap.si", Body: body}}
		stream.Encode(r, 10*time.Second, func(m push.Message, err error) { answers <- answer{m, err} })
		return <-answers
	}
	if a := ask(testdata(t, "si.xml")); a.err != nil || !bytes.Equal(a.m.Body, testdata(t, "si.hex")) {
		t.Errorf("got %+v", a)
	}
	var e *push.Error
	if a := ask([]byte("<si/>")); !errors.As(a.err, &e) || e.Temporary || e.Code != 3006 || !strings.Contains(e.Text, "line 1") {
		t.Errorf("got %+v", a)
	}
}

package integration

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/ppgbox/ppgbox/contrib/handset/browser"
	"github.com/ppgbox/ppgbox/integration/peers"
	"github.com/ppgbox/ppgbox/integration/process"
)

const wmlHead = `<?xml version="1.0"?><!DOCTYPE wml PUBLIC "-//WAPFORUM//DTD WML 1.1//EN" "http://www.wapforum.org/DTD/wml_1.1.xml">`

// pages are what the portal has, by path: type and content.
var pages = map[string][2]string{
	"/deck": {"text/vnd.wap.wml; charset=utf-8", wmlHead + `<wml><head><meta name="a" content="b"/></head>
		<card id="a" title="Mail &#228;"><p>You have <b>4</b> new<br/>e-mails &amp; more: $$5, ö</p>
		<p><a href="http://www.example.com/mail/1">first</a> <img src="x" alt="pic"/></p></card>
		<card id="b"><p>second card</p></card></wml>`},
	"/latin1": {"text/vnd.wap.wml; charset=iso-8859-1", `<?xml version="1.0" encoding="ISO-8859-1"?>` + strings.TrimPrefix(wmlHead, `<?xml version="1.0"?>`) +
		"<wml><card><p>Gr\xF6\xDFe</p></card></wml>"},
	"/long":  {"text/vnd.wap.wml", wmlHead + "<wml><card><p>" + strings.Repeat("word ", 8000) + "end</p></card></wml>"},
	"/plain": {"text/plain; charset=utf-8", "Größe\nand more"},
	"/html":  {"text/html; charset=utf-8", "<html><head><title>T</title></head><body><p>Hi<br>there</body></html>"},
}

// What the handset's browser loads through Kannel, which compiles WML and tells of errors, is on its screen.
func TestBrowserThroughKannel(t *testing.T) {
	t.Parallel()
	isolate(t, []peers.Part{peers.Bearerbox}, func(t *testing.T) {
		portal := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			page, ok := pages[r.URL.Path]
			switch {
			case r.URL.Path == "/moved":
				http.Redirect(w, r, "/plain", http.StatusFound)
			case !ok:
				http.Error(w, "there is no such page", http.StatusNotFound)
			default:
				w.Header().Set("Content-Type", page[0])
				_, _ = io.WriteString(w, page[1])
			}
		}))
		defer portal.Close()
		b := &browser.Browser{Gateway: peers.StartWAPGateway(t, peers.Own(), "127.0.0.2")}
		nobody := "http://" + process.FreeAddress(t)
		const wmlc = "application/vnd.wap.wmlc"
		for _, tt := range []struct {
			name, address string
			status        int
			mediaType     string // "" for any
			text          string
		}{
			{"a deck", portal.URL + "/deck", 200, wmlc, "Mail ä\nYou have 4 new\ne-mails & more: $5, ö\nfirst pic"},
			{"a deck in another charset", portal.URL + "/latin1", 200, wmlc, "Größe"},
			{"a long deck", portal.URL + "/long", 200, wmlc, strings.Repeat("word ", 8000) + "end"},
			{"text", portal.URL + "/plain", 200, "text/plain", "Größe\nand more"},
			{"HTML", portal.URL + "/html", 200, "text/html", "Hi\nthere"},
			{"a page that moved", portal.URL + "/moved", 200, "text/plain", "Größe\nand more"},
			{"no page", portal.URL + "/nothing", 404, "text/plain", "there is no such page"},
			{"no portal", nobody + "/", 502, "", ""},
		} {
			t.Run(tt.name, func(t *testing.T) {
				page, err := b.Load(t.Context(), tt.address)
				if err != nil {
					t.Fatal(err)
				}
				if page.Status != tt.status || tt.mediaType != "" && page.Type != tt.mediaType || page.Text != tt.text {
					t.Errorf("%d %s %q, want %d %s %q", page.Status, page.Type, shorten(page.Text), tt.status, tt.mediaType, shorten(tt.text))
				}
			})
		}
	})
}

// shorten keeps the ends of a text.
func shorten(s string) string {
	if len(s) <= 200 {
		return s
	}
	return s[:100] + "…" + s[len(s)-100:]
}

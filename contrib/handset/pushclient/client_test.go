package pushclient

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/ppgbox/ppgbox/contrib/handset/browser"
	"github.com/ppgbox/ppgbox/sdk/wsp"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A running is a Client that runs.
type running struct {
	t      *testing.T
	events chan Event
	port   net.Addr
	stop   context.CancelFunc
	ended  chan error
}

func start(t *testing.T, c *Client) *running {
	t.Helper()
	conn, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	r := &running{t: t, events: make(chan Event, 100), port: conn.LocalAddr(), ended: make(chan error, 1)}
	c.Report = func(e Event) { r.events <- e }
	ctx, cancel := context.WithCancel(context.Background())
	r.stop = cancel
	go func() {
		r.ended <- c.Run(ctx, conn)
		close(r.ended)
	}()
	t.Cleanup(func() {
		cancel()
		for range r.ended {
		}
	})
	return r
}

// await returns the detail of the next event, which must be of the kind given.
func (r *running) await(what What) string {
	r.t.Helper()
	select {
	case e := <-r.events:
		if e.What != what {
			r.t.Fatalf("%s, want %s", e, what)
		}
		return e.Detail
	case <-time.After(20 * time.Second):
		r.t.Fatalf("no %s", what)
	}
	return ""
}

// push sends one.
func (r *running) push(p wsp.Push) {
	r.t.Helper()
	pdu, err := wsp.EncodePush(p, 0)
	if err != nil {
		r.t.Fatal(err)
	}
	r.send(pdu)
}

func (r *running) send(pdu []byte) {
	r.t.Helper()
	conn, err := net.Dial("udp", r.port.String())
	if err != nil {
		r.t.Fatal(err)
	}
	defer conn.Close()
	if _, err := conn.Write(pdu); err != nil {
		r.t.Fatal(err)
	}
}

// si is a service indication in its text form.
func si(attributes string) wsp.Push {
	return wsp.Push{ContentType: "text/vnd.wap.si", Data: []byte(`<?xml version="1.0"?>
		<!DOCTYPE si PUBLIC "-//WAPFORUM//DTD SI 1.0//EN" "http://www.wapforum.org/DTD/si.dtd">
		<si><indication ` + attributes + `>4 new e-mails</indication></si>`)}
}

// wapGateway answers every Get with a text that names the address.
func wapGateway(t *testing.T) string {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		question := make([]byte, 1500)
		for {
			n, from, err := conn.ReadFrom(question)
			if err != nil {
				return
			}
			if n < 3 {
				continue
			}
			uri := question[3 : 3+question[2]]
			_, _ = conn.WriteTo(append([]byte{question[0], 0x04, 0x20, 1, 0x83}, "you are at "+string(uri)...), from)
		}
	}()
	t.Cleanup(func() {
		conn.Close()
		<-done
	})
	return conn.LocalAddr().String()
}

// What comes is shown, and what an indication speaks of is loaded if the user wants it.
func TestIndications(t *testing.T) {
	answers, questions := make(chan bool, 10), make(chan string, 10)
	r := start(t, &Client{
		Browser: &browser.Browser{Gateway: wapGateway(t)},
		Confirm: func(ctx context.Context, question string) bool {
			questions <- question
			select {
			case answer := <-answers:
				return answer
			case <-ctx.Done():
				return false
			}
		},
	})
	answers <- true
	r.push(si(`href="http://example.com/mail" si-id="1" created="2026-03-01T12:00:00Z"`))
	if got := r.await(Pushed); !strings.Contains(got, `service indication "4 new e-mails" → http://example.com/mail`) {
		t.Error(got)
	}
	r.await(Loading)
	if got, want := r.await(Shown), "http://example.com/mail (200, text/plain)\nyou are at http://example.com/mail"; got != want {
		t.Errorf("the screen has %q, want %q", got, want)
	}
	answers <- false
	r.push(si(`href="http://example.com/mail" si-id="1" created="2026-03-01T12:00:01Z"`))
	r.await(Pushed)
	if got := r.await(Declined); got != "http://example.com/mail" {
		t.Error(got)
	}
	for _, tt := range []struct{ attributes, why string }{
		{`href="http://example.com/mail" si-id="1" created="2026-03-01T12:00:01Z"`, "no newer"},
		{`href="http://example.com/mail" si-id="1" created="2026-03-01T12:00:00Z"`, "no newer"},
		{`href="http://example.com/mail" si-id="2" created="2006-03-01T12:00:00Z" si-expires="2006-03-02T12:00:00Z"`, "expired"},
		{`href="http://example.com/mail" si-id="1" action="delete" created="2026-03-01T12:00:02Z"`, "takes an earlier one back"},
		{`href="http://example.com/mail" si-id="3" action="signal-none"`, "not for the user's attention"},
	} {
		r.push(si(tt.attributes))
		r.await(Pushed)
		if got := r.await(Ignored); !strings.Contains(got, tt.why) {
			t.Errorf("%s: %q", tt.attributes, got)
		}
	}
	r.push(si("si-id='4'")) // a text, and nothing to load
	r.await(Pushed)
	answers <- true
	r.push(wsp.Push{ContentType: "text/vnd.wap.sl", Data: []byte(`<!DOCTYPE sl PUBLIC "-//WAPFORUM//DTD SL 1.0//EN" "http://www.wapforum.org/DTD/sl.dtd"><sl href="http://example.com/app"/>`)})
	r.await(Pushed)
	r.await(Loading)
	r.await(Shown)
	answers <- true
	r.push(si(`href="file:///etc/passwd" si-id="5"`))
	r.await(Pushed)
	r.await(Loading)
	r.await(Failed)
	for _, want := range []string{"http://example.com/mail", "http://example.com/mail", "http://example.com/app", "file:///etc/passwd"} {
		if got := <-questions; got != fmt.Sprintf("load %q?", want) {
			t.Errorf("asked %q, want it of %s", got, want)
		}
	}
}

// A command gets the pushes of its application, and the others what nobody else takes.
func TestCommands(t *testing.T) {
	r := start(t, &Client{Commands: map[string][]string{
		"x-wap-application:mms.ua": {"sh", "-c", `echo "$PUSH_CONTENT_TYPE $PUSH_APPLICATION $PUSH_HEADER_X_WAP_CONTENT_URI"; cat; exit 3`},
		AnyApplication:             {"sh", "-c", `echo "other: $PUSH_APPLICATION"`},
	}})
	r.push(wsp.Push{
		ContentType: "text/plain", Data: []byte("hello\x1b[2J"),
		Headers: []wsp.Header{{Name: "X-Wap-Application-Id", Value: "mms.ua"}, {Name: "X-Wap-Content-URI", Value: "http://example.com/1"}},
	})
	r.await(Pushed)
	want := "sh failed: exit status 3\ntext/plain x-wap-application:mms.ua http://example.com/1\nhello\uFFFD[2J"
	if got := r.await(Ran); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	for _, application := range []string{"", "x-example:anything"} {
		p := wsp.Push{ContentType: "text/plain", Data: []byte("x")}
		if application != "" {
			p.Headers = []wsp.Header{{Name: "X-Wap-Application-Id", Value: application}}
		} else {
			application = defaultApplication
		}
		r.push(p)
		r.await(Pushed)
		if got, want := r.await(Ran), "sh ended\nother: "+application; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	r.send([]byte("rubbish"))
	if got := r.await(Failed); !strings.Contains(got, "is no push") {
		t.Error(got)
	}
}

// listener is a client listener that gives the answers in their order, the last one again and again, and tells what it was asked.
func listener(t *testing.T, answers ...string) (url string, asked <-chan string) {
	t.Helper()
	questions := make(chan string, 100)
	n := 0
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		questions <- req.Method + " " + req.URL.RequestURI()
		if req.Method == http.MethodDelete {
			w.WriteHeader(http.StatusNoContent)
			return
		}
		answer := answers[min(n, len(answers)-1)]
		n++
		status := http.StatusOK
		if _, err := fmt.Sscan(answer, &status); err == nil {
			w.Header().Set("Location", "/elsewhere") // of a redirection
			w.WriteHeader(status)
			return
		}
		_, _ = w.Write([]byte(answer))
	}))
	t.Cleanup(s.Close)
	return s.URL, questions
}

const anHour = `{"dynamic":"d@push.example.net","validity_seconds":3600,"address":"127.0.0.1"}`

// A listener that is away for a while is asked again; what is registered is renewed and released.
func TestKeep(t *testing.T) {
	url, asked := listener(t, "503", `{"dynamic":"d@push.example.net","validity_seconds":0,"address":"127.0.0.1"}`, anHour)
	r := start(t, &Client{Registrar: &Registrar{URL: url, User: "alice@push.example.net", Password: "wonderland", Device: "a phone"}})
	r.await(Failed)
	if got, want := r.await(Registered), "127.0.0.1 as d@push.example.net, for 0s"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	for range 3 {
		if got := <-asked; got != "POST /v1/registration" {
			t.Error(got)
		}
	}
	r.stop()
	r.await(Released)
	if got := <-asked; got != "DELETE /v1/registration?device=a+phone" {
		t.Error(got)
	}
	if err := <-r.ended; err != nil {
		t.Error(err)
	}
	if len(asked) != 0 {
		t.Errorf("asked %s, too", <-asked)
	}
}

// A final refusal ends the client, and so does an answer from somewhere else.
func TestRefused(t *testing.T) {
	for _, tt := range []struct{ answer, says string }{
		{"401", "401 Unauthorized"},
		{"403", "403 Forbidden"},
		{"404", "404 Not Found"},
		{"302", "302 Found"},
	} {
		url, asked := listener(t, tt.answer)
		r := start(t, &Client{Registrar: &Registrar{URL: url, User: "a", Password: "b"}})
		if err := <-r.ended; err == nil || !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%s: %v", tt.answer, err)
		}
		if <-asked; len(asked) != 0 {
			t.Errorf("%s: asked again, %s", tt.answer, <-asked)
		}
	}
	url, _ := listener(t, "<html>", `{"dynamic":"d"}`, `{"dynamic":"d","address":"127.0.0.1"}`)
	r := start(t, &Client{Registrar: &Registrar{URL: url}})
	for range 2 {
		if got := r.await(Failed); !strings.Contains(got, "the answer") {
			t.Error(got)
		}
	}
	if got, want := r.await(Registered), "127.0.0.1 as d, until it is released"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestIndicationsAreBounded(t *testing.T) {
	var i indications
	for n := range 2 * mostIndications {
		content := contentOf(t, si(fmt.Sprintf(`href="http://example.com/%d"`, n)))
		if why := i.refuse(content, time.Now()); why != "" {
			t.Fatal(why)
		}
	}
	if len(i) > mostIndications {
		t.Errorf("%d are remembered", len(i))
	}
}

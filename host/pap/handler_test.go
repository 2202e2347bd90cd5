package pap

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"
	"golang.org/x/crypto/bcrypt"
)

// fakeGateway records what it was asked and answers as told; its default is 1001 and delivered.
type fakeGateway struct {
	submit func(context.Context, *Initiator, *Submission) (*PushResponse, error)
	query  func(context.Context, *Initiator, *StatusQuery) (*StatusQueryResponse, error)

	mu    sync.Mutex
	asked []string
}

func (g *fakeGateway) Submit(ctx context.Context, pi *Initiator, s *Submission) (*PushResponse, error) {
	g.mu.Lock()
	g.asked = append(g.asked, fmt.Sprintf("submit %s %s %s %q", pi.Name, s.Message.PushID, s.Content.ContentType, s.Content.Body))
	g.mu.Unlock()
	if g.submit != nil {
		return g.submit(ctx, pi, s)
	}
	return &PushResponse{Result: Result{AcceptedForProcessing, AcceptedForProcessing.Desc()}}, nil
}

func (g *fakeGateway) Query(ctx context.Context, pi *Initiator, q *StatusQuery) (*StatusQueryResponse, error) {
	g.mu.Lock()
	g.asked = append(g.asked, fmt.Sprintf("query %s %s", pi.Name, q.PushID))
	g.mu.Unlock()
	if g.query != nil {
		return g.query(ctx, pi, q)
	}
	return &StatusQueryResponse{Results: []StatusQueryResult{{State: StateDelivered, Code: OK}}}, nil
}

func cheapHash(t testing.TB, password string) []byte {
	t.Helper()
	h, err := bcrypt.GenerateFromPassword([]byte(password), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func initiators(t testing.TB, list ...Initiator) *Initiators {
	t.Helper()
	if len(list) == 0 {
		list = []Initiator{{Name: "mmsc", Username: "u", Hash: cheapHash(t, "p")}}
	}
	i, err := NewInitiators(list)
	if err != nil {
		t.Fatal(err)
	}
	return i
}

var replyTime = time.Date(2026, 1, 1, 8, 0, 0, 0, time.UTC)

func newTestHandler(t testing.TB, g Gateway, change func(*Options)) http.Handler {
	o := Options{Initiators: initiators(t), Now: func() time.Time { return replyTime }}
	if change != nil {
		change(&o)
	}
	return NewHandler(g, o)
}

// send posts a body as user u with password p.
func send(h http.Handler, contentType, body string) *httptest.ResponseRecorder {
	req := httptest.NewRequest(http.MethodPost, "/wappush", strings.NewReader(body))
	req.Header.Set("Content-Type", contentType)
	req.SetBasicAuth("u", "p")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, req)
	return w
}

func TestHandlerAcceptsAPush(t *testing.T) {
	g := &fakeGateway{}
	w := send(newTestHandler(t, g, nil), related, multi(controlPart, contentPart))
	want := head20 + `<pap><push-response push-id="1@x" sender-name="ppgbox" reply-time="2026-01-01T08:00:00Z">` +
		`<response-result code="1001" desc="Accepted for Processing"/></push-response></pap>` + "\n"
	if w.Code != 202 || w.Body.String() != want || w.Header().Get("Content-Type") != "application/xml" {
		t.Errorf("%d %v\n%s", w.Code, w.Header(), w.Body)
	}
	if asked := fmt.Sprintf("submit mmsc 1@x text/vnd.wap.si %q", si); len(g.asked) != 1 || g.asked[0] != asked {
		t.Errorf("asked %q", g.asked)
	}
}

func TestHandlerAnswersInPAP(t *testing.T) {
	pushAs := func(doc string) string { return multi("Content-Type: application/xml\r\n\r\n"+doc, contentPart) }
	const alone = "application/xml"
	for _, c := range []struct {
		name, contentType, body string
		says                    string // part of the answer
		asked                   int    // calls of the gateway
	}{
		{
			"query", alone, `<pap><statusquery-message push-id="1@x"/></pap>`,
			`<statusquery-response push-id="1@x"><statusquery-result message-state="delivered" code="1000"/></statusquery-response>`, 1,
		},
		{
			"cancel", alone, `<pap><cancel-message push-id="1@x">` + plmn + `</cancel-message></pap>`,
			`<cancel-response push-id="1@x"><cancel-result code="3001" desc="Not Implemented">` + plmn + `</cancel-result></cancel-response>`, 0,
		},
		{
			"ccq", alone, `<pap><ccq-message query-id="q">` + plmn + `</ccq-message></pap>`,
			`<ccq-response query-id="q" code="3001" desc="Not Implemented">` + plmn + `</ccq-response>`, 0,
		},
		{
			"replace", related, pushAs(strings.Replace(control, "push-id=", `replace-push-id="0@x" push-id=`, 1)),
			`<push-response push-id="1@x" reply-time="2026-01-01T08:00:00Z"><response-result code="3011" desc="Replacement Not Supported"/>`, 0,
		},
		{
			"bad address", related, pushAs(strings.Replace(control, "+358401234567", "12", 1)),
			`<push-response push-id="1@x" reply-time="2026-01-01T08:00:00Z"><response-result code="2002" desc="line 1: address &quot;WAPPUSH=12/TYPE=PLMN&quot;: a number has 3 to 15 digits"/>`, 0,
		},
		{"push without content", alone, control, `<push-response push-id="1@x" reply-time="2026-01-01T08:00:00Z"><response-result code="2000" desc="the push has no content entity"/>`, 0},
		{
			"unsupported version", related, pushAs(`<!DOCTYPE pap PUBLIC "-//OMA//DTD PAP 3.0//EN" "x">` + control[21:]),
			`<!DOCTYPE pap PUBLIC "-//WAPFORUM//DTD PAP 2.0//EN" "http://www.wapforum.org/DTD/pap_2.0.dtd" [<?wap-pap-ver supported-versions="2.3,2.2,2.1,2.0,1.0"?>]>` +
				"\n" + `<pap><badmessage-response code="3002"`, 0,
		},
		{"version of the request", related, pushAs(`<!DOCTYPE pap PUBLIC "-//WAPFORUM//DTD PAP//EN" "x">` + control[21:]), head10 + "<pap><push-response", 1},
		{"push-id with quotes and brackets", related, pushAs(strings.Replace(control, "1@x", "&lt;&quot;1&gt;", 1)), `push-id="&lt;&quot;1&gt;"`, 1},
		{"malformed MIME", related, "nothing", `<badmessage-response code="2000" desc="the multipart does not begin with its delimiter line" bad-message-fragment="nothing"/>`, 0},
		// What kills Kannel 1.4.5 with one request.
		{"push-message without push-id", related, pushAs("<pap><push-message>" + plmn + "</push-message></pap>"), `<badmessage-response code="2000" desc="line 1: &lt;push-message&gt; has no push-id"`, 0},
		{"IPv6", related, pushAs(`<pap><push-message push-id="1@x"><address address-value="WAPPUSH=::1/TYPE=IPv6@ppg"/></push-message></pap>`), `code="1001"`, 1},
		{"empty pap", alone, `<pap></pap>`, `<badmessage-response code="2000" desc="line 1: &lt;pap&gt; holds no message"`, 0},
		{"cancel without attributes", alone, `<pap><cancel-message/></pap>`, `<badmessage-response code="2000" desc="line 1: &lt;cancel-message&gt; has no push-id"`, 0},
		{"a lone address", alone, `<pap>` + plmn + `</pap>`, `<badmessage-response code="2000" desc="line 1: &lt;pap&gt; can not hold &lt;address&gt;"`, 0},
		{"a push-response", alone, `<pap><push-response push-id="1"><response-result code="1000"/></push-response></pap>`, `<badmessage-response code="2000" desc="&lt;push-response&gt; asks nothing of a gateway"`, 0},
		{"a badmessage-response", alone, `<pap><badmessage-response code="2000"/></pap>`, `<badmessage-response code="2000" desc="&lt;badmessage-response&gt; asks nothing of a gateway"`, 0},
		{"a resultnotification-response", alone, `<pap><resultnotification-response push-id="1" code="1000"/></pap>`, `asks nothing of a gateway`, 0},
		{"200,000 comments", alone, "<pap>" + strings.Repeat("<!-- -->", 200000/16) + "</pap>", `code="2000" desc="line 1: more than 256 comments`, 0},
		{"several addresses", related, pushAs(`<pap><push-message push-id="1@x">` + plmn + plmn + `</push-message></pap>`), `code="1001"`, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			g := &fakeGateway{}
			w := send(newTestHandler(t, g, nil), c.contentType, c.body)
			if w.Code != 202 || !strings.Contains(w.Body.String(), c.says) {
				t.Errorf("%d\n%s\nwant %s", w.Code, w.Body, c.says)
			}
			if len(g.asked) != c.asked {
				t.Errorf("the gateway was asked %q", g.asked)
			}
			if _, err := Parse(w.Body, "", Limits{}); err != nil {
				t.Errorf("the answer can not be read: %v", err)
			}
		})
	}
}

func TestHandlerAnswersOfTheGateway(t *testing.T) {
	submit := func(m *PushResponse, err error) *fakeGateway {
		return &fakeGateway{submit: func(context.Context, *Initiator, *Submission) (*PushResponse, error) { return m, err }}
	}
	push := multi(controlPart, contentPart)
	for _, c := range []struct {
		name              string
		gateway           *fakeGateway
		contentType, body string
		status            int
		says, retryAfter  string
	}{
		{"refused", submit(&PushResponse{Result: Result{DuplicatePushID, "seen"}}, nil), related, push, 202, `code="2007" desc="seen"`, ""},
		{"refused by an error", submit(nil, &Error{Code: Forbidden, Text: "no", Message: &PushMessage{PushID: "1@x"}}), related, push, 202, `<push-response push-id="1@x" reply-time="2026-01-01T08:00:00Z"><response-result code="2001" desc="no"/>`, ""},
		{"unavailable", submit(nil, fmt.Errorf("x: %w", &Unavailable{RetryAfter: 1500 * time.Millisecond, Cause: "disk"})), related, push, 503, "not available now", "2"},
		{"unavailable at once", submit(nil, &Unavailable{}), related, push, 503, "not available now", "1"},
		{"failed", submit(nil, errors.New("secret")), related, push, 202, `<push-response push-id="1@x" reply-time="2026-01-01T08:00:00Z"><response-result code="3000" desc="Internal Server Error"/>`, ""},
		{"no answer", submit(nil, nil), related, push, 202, `code="3000"`, ""},
		{
			"no answer to a query", &fakeGateway{query: func(context.Context, *Initiator, *StatusQuery) (*StatusQueryResponse, error) { return nil, nil }},
			"application/xml", `<pap><statusquery-message push-id="1@x"/></pap>`, 202, `<statusquery-result event-time="2026-01-01T08:00:00Z" message-state="unknown" code="3000"`, "",
		},
		{
			"failed query", &fakeGateway{query: func(context.Context, *Initiator, *StatusQuery) (*StatusQueryResponse, error) {
				return nil, errors.New("secret")
			}},
			"application/xml", `<pap><statusquery-message push-id="1@x"/></pap>`, 202, `code="3000"`, "",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := send(newTestHandler(t, c.gateway, nil), c.contentType, c.body)
			if w.Code != c.status || !strings.Contains(w.Body.String(), c.says) || w.Header().Get("Retry-After") != c.retryAfter {
				t.Errorf("%d %v\n%s", w.Code, w.Header(), w.Body)
			}
			if strings.Contains(w.Body.String(), "secret") {
				t.Error("the cause went to the initiator")
			}
		})
	}
}

func TestHandlerHTTPErrors(t *testing.T) {
	push := multi(controlPart, contentPart)
	for _, c := range []struct {
		name   string
		change func(*http.Request)
		status int
		header string // of the answer, "name: value"
	}{
		{"wrong path", func(r *http.Request) { r.URL.Path = "/" }, 404, ""},
		{"GET", func(r *http.Request) { r.Method = "GET" }, 405, "Allow: POST"},
		{"no credentials", func(r *http.Request) { r.Header.Del("Authorization") }, 401, `WWW-Authenticate: Basic realm="ppgbox", charset="UTF-8"`},
		{"wrong password", func(r *http.Request) { r.SetBasicAuth("u", "q") }, 401, `WWW-Authenticate: Basic realm="ppgbox", charset="UTF-8"`},
		{"unknown user", func(r *http.Request) { r.SetBasicAuth("v", "p") }, 401, `WWW-Authenticate: Basic realm="ppgbox", charset="UTF-8"`},
		{"garbled credentials", func(r *http.Request) { r.Header.Set("Authorization", "Basic !") }, 401, `WWW-Authenticate: Basic realm="ppgbox", charset="UTF-8"`},
		{"announced as too large", func(r *http.Request) { r.ContentLength = 4001; r.Body = failingBody{} }, 413, "Connection: close"},
		{"too large in chunks", func(r *http.Request) {
			r.ContentLength = -1
			r.Body = io.NopCloser(strings.NewReader(push + strings.Repeat("x", 4000)))
		}, 413, ""},
		{"body that ends early", func(r *http.Request) { r.ContentLength += 5 }, 400, ""},
		{"text", func(r *http.Request) { r.Header.Set("Content-Type", "text/plain") }, 415, ""},
		{"no type", func(r *http.Request) { r.Header.Del("Content-Type") }, 415, ""},
		{"gzip", func(r *http.Request) { r.Header.Set("Content-Encoding", "gzip") }, 415, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			g := &fakeGateway{}
			h := newTestHandler(t, g, func(o *Options) { o.Body = 4000 })
			req := httptest.NewRequest(http.MethodPost, "/wappush", strings.NewReader(push))
			req.Header.Set("Content-Type", related)
			req.Header.Set("X-Marker", "marker")
			req.SetBasicAuth("u", "p")
			c.change(req)
			w := httptest.NewRecorder()
			h.ServeHTTP(w, req)
			name, value, _ := strings.Cut(c.header, ": ")
			if w.Code != c.status || c.header != "" && w.Header().Get(name) != value {
				t.Errorf("%d %v", w.Code, w.Header())
			}
			if n := w.Body.Len(); n == 0 || n > 100 || !strings.HasPrefix(w.Header().Get("Content-Type"), "text/plain") || w.Header().Get("X-Marker") != "" {
				t.Errorf("%v %s", w.Header(), w.Body)
			}
			if len(g.asked) != 0 {
				t.Errorf("the gateway was asked %q", g.asked)
			}
		})
	}
}

type failingBody struct{}

func (failingBody) Read([]byte) (int, error) { panic("the body was read") }
func (failingBody) Close() error             { return nil }

func TestHandlerSlowsFailedLogins(t *testing.T) {
	h := newTestHandler(t, &fakeGateway{}, nil)
	var last *httptest.ResponseRecorder
	for range freeFailures + 2 {
		req := httptest.NewRequest(http.MethodPost, "/wappush", nil)
		req.SetBasicAuth("u", "wrong")
		last = httptest.NewRecorder()
		h.ServeHTTP(last, req)
	}
	if last.Code != 429 || last.Header().Get("Retry-After") != "1" {
		t.Errorf("%d %v", last.Code, last.Header())
	}
}

func TestHandlerPaths(t *testing.T) {
	status := func(o *Options, path string) int {
		req := httptest.NewRequest(http.MethodPost, path, nil)
		w := httptest.NewRecorder()
		NewHandler(&fakeGateway{}, *o).ServeHTTP(w, req)
		return w.Code
	}
	defaults := &Options{Initiators: initiators(t)}
	own := &Options{Initiators: initiators(t), Paths: []string{"/mss/PD_pushRequest"}}
	for path, want := range map[string]int{"/wappush": 401, "/pap": 401, "/": 404, "/wappush/": 404, "/mss/PD_pushRequest": 404} {
		if got := status(defaults, path); got != want {
			t.Errorf("%s: %d, want %d", path, got, want)
		}
	}
	if got := status(own, "/mss/PD_pushRequest"); got != 401 {
		t.Errorf("own path: %d", got)
	}
	if got := status(own, "/wappush"); got != 404 {
		t.Errorf("default path beside an own one: %d", got)
	}
}

func TestHandlerPanicEndsOneRequestOnly(t *testing.T) {
	var log bytes.Buffer
	first := true
	g := &fakeGateway{submit: func(context.Context, *Initiator, *Submission) (*PushResponse, error) {
		if first {
			first = false
			panic("boom")
		}
		return &PushResponse{Result: Result{Code: AcceptedForProcessing}}, nil
	}}
	h := newTestHandler(t, g, func(o *Options) {
		o.Concurrent = 1
		o.Log = hclog.New(&hclog.LoggerOptions{Output: &log})
	})
	if w := send(h, related, multi(controlPart, contentPart)); w.Code != 500 || strings.Contains(w.Body.String(), "boom") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if !strings.Contains(log.String(), "boom") || !strings.Contains(log.String(), "handler.go") {
		t.Errorf("log: %s", log.String())
	}
	if w := send(h, related, multi(controlPart, contentPart)); w.Code != 202 {
		t.Errorf("the next request: %d %s", w.Code, w.Body)
	}
}

func TestHandlerBoundsConcurrentRequests(t *testing.T) {
	entered, leave := make(chan struct{}), make(chan struct{})
	g := &fakeGateway{submit: func(context.Context, *Initiator, *Submission) (*PushResponse, error) {
		entered <- struct{}{}
		<-leave
		return &PushResponse{Result: Result{Code: AcceptedForProcessing}}, nil
	}}
	h := newTestHandler(t, g, func(o *Options) { o.Concurrent = 1 })
	done := make(chan int)
	go func() { done <- send(h, related, multi(controlPart, contentPart)).Code }()
	<-entered
	if w := send(h, related, multi(controlPart, contentPart)); w.Code != 503 || w.Header().Get("Retry-After") != "1" {
		t.Errorf("%d %v", w.Code, w.Header())
	}
	close(leave)
	if code := <-done; code != 202 {
		t.Errorf("the first request: %d", code)
	}
}

func TestHandlerLogsRefusalsOnly(t *testing.T) {
	var log bytes.Buffer
	h := newTestHandler(t, &fakeGateway{}, func(o *Options) { o.Log = hclog.New(&hclog.LoggerOptions{Output: &log}) })
	send(h, related, multi(controlPart, contentPart))
	if log.Len() != 0 {
		t.Errorf("a success was logged: %s", log.String())
	}
	send(h, related, multi("Content-Type: application/xml\r\n\r\n"+strings.Replace(control, "+358401234567", "12", 1), contentPart))
	line := log.String()
	if strings.Count(line, "\n") != 1 || !strings.Contains(line, "initiator=mmsc") || !strings.Contains(line, "push_id=1@x") || !strings.Contains(line, "code=2002") {
		t.Errorf("log: %s", line)
	}
}

// Requests use the memory of those before them; nothing of those may show.
func TestHandlerReusesMemory(t *testing.T) {
	var got []string
	g := &fakeGateway{submit: func(_ context.Context, _ *Initiator, s *Submission) (*PushResponse, error) {
		got = append(got, s.Message.PushID+" "+string(s.Content.Body))
		return &PushResponse{Result: Result{Code: AcceptedForProcessing}}, nil
	}}
	h := newTestHandler(t, g, nil)
	var want []string
	for i, content := range []string{"a long content before", "short", "", "a content that is longer than all of those before"} {
		doc := strings.Replace(controlPart, `push-id="1@x"`, fmt.Sprintf(`push-id="%d@x"`, i), 1)
		w := send(h, related, multi(doc, "Content-Type: text/plain\r\n\r\n"+content))
		if !strings.Contains(w.Body.String(), fmt.Sprintf(`<push-response push-id="%d@x"`, i)) || strings.Count(w.Body.String(), "<pap>") != 1 {
			t.Errorf("answer %d: %s", i, w.Body)
		}
		want = append(want, fmt.Sprintf("%d@x %s", i, content))
	}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

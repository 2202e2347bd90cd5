package pap

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"runtime/debug"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/ppgbox/ppgbox/host/loglimit"
)

// Options are what a handler needs beside its gateway. A zero field means its default.
type Options struct {
	// Initiators is who may push. Required.
	Initiators *Initiators
	// Paths are where PAP is served; default /wappush and /pap, which most push proxy gateways use.
	Paths []string
	// Name is the realm of the challenge and the sender-name of push-responses; default "ppgbox".
	Name string
	// Body is the largest body of a POST, in octets; default 1 MiB.
	Body int64
	// Document bounds the control document.
	Document Limits
	// Concurrent is how many requests are read and handled at once; default 1024. Beyond it the answer is 503.
	Concurrent int
	// ReadTimeout is how long a body may take to come, 30 s by default; HandleTimeout how long the gateway may take, 60 s.
	ReadTimeout   time.Duration
	HandleTimeout time.Duration
	// Now is the clock of reply-times; default time.Now.
	Now func() time.Time
	// Log gets a line for a refusal, at Info, as many as loglimit lets through, and none for a success but at Debug; default none.
	Log hclog.Logger
}

func (o Options) withDefaults() Options {
	if len(o.Paths) == 0 {
		o.Paths = []string{"/wappush", "/pap"}
	}
	if o.Name == "" {
		o.Name = "ppgbox"
	}
	if o.Body <= 0 {
		o.Body = 1 << 20
	}
	o.Document = o.Document.withDefaults()
	if o.Concurrent <= 0 {
		o.Concurrent = 1024
	}
	if o.ReadTimeout <= 0 {
		o.ReadTimeout = 30 * time.Second
	}
	if o.HandleTimeout <= 0 {
		o.HandleTimeout = 60 * time.Second
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = hclog.NewNullLogger()
	}
	return o
}

// NewHandler returns the PAP service of a gateway. Once a PAP document was received the status is 202, whatever the
// document says; before that, HTTP speaks for itself: 401 with a challenge, 403 for the wrong address or client certificate,
// 404, 405, 413 for a body that is or becomes too large (a part of a document is no document), 415, 429 after failed logins,
// 503 with Retry-After. A 403 says the same in PAP: a badmessage-response with code 2001, since no push-id was read. It serves
// HTTP in one process with others, so a panic ends its own request only.
func NewHandler(gateway Gateway, options Options) http.Handler {
	o := options.withDefaults()
	return &handler{
		gateway: gateway, Options: o, refusals: loglimit.New(), slots: make(chan struct{}, o.Concurrent), contentType: []string{"application/xml"},
	}
}

type handler struct {
	Options
	gateway  Gateway
	refusals *loglimit.Limit
	slots    chan struct{}
	// contentType is that of every answer. A header shares it, and nobody changes it.
	contentType []string
	bodies      sync.Pool // of *[]byte
	writers     sync.Pool // of *writer
}

func (h *handler) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	defer func() {
		v := recover()
		if v == nil {
			return
		}
		if v == http.ErrAbortHandler {
			panic(v)
		}
		h.Log.Error("a request panicked", "panic", fmt.Sprint(v), "source", req.RemoteAddr, "stack", string(debug.Stack()))
		http.Error(w, "internal error", http.StatusInternalServerError)
	}()
	pi, ok := h.admit(w, req)
	if !ok {
		return
	}
	select {
	case h.slots <- struct{}{}:
		defer func() { <-h.slots }()
	default:
		h.limitBody(w)
		h.failUnavailable(w, req, pi, &Unavailable{Cause: "too many requests at once"})
		return
	}
	if body, ok := h.readBody(w, req, pi); ok {
		h.handle(w, req, pi, *body)
		if cap(*body) <= believedLength {
			h.bodies.Put(body)
		}
	}
}

// admit looks at what stands before the body, and answers whoever may not push.
func (h *handler) admit(w http.ResponseWriter, req *http.Request) (*Initiator, bool) {
	if !slices.Contains(h.Paths, req.URL.Path) {
		h.limitBody(w)
		h.fail(w, req, nil, http.StatusNotFound, "not found")
		return nil, false
	}
	if req.Method != http.MethodPost {
		h.limitBody(w)
		w.Header().Set("Allow", http.MethodPost)
		h.fail(w, req, nil, http.StatusMethodNotAllowed, "PAP takes POST")
		return nil, false
	}
	pi, err := h.Initiators.authenticate(req)
	if err != nil {
		h.limitBody(w)
		h.failLogin(w, req, pi, err)
	}
	return pi, err == nil
}

// limitBody gives a body its time to come from now on. Who is refused before has to end it, too: net/http reads it before it writes
// the answer, and takes the deadline back once the body has ended. A test serves without a connection, which is no error.
func (h *handler) limitBody(w http.ResponseWriter) {
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(h.ReadTimeout))
}

// readBody reads the body within its limits of size and time.
func (h *handler) readBody(w http.ResponseWriter, req *http.Request, pi *Initiator) (*[]byte, bool) {
	if req.ContentLength > h.Body {
		w.Header().Set("Connection", "close")
		h.failTooLarge(w, req, pi)
		return nil, false
	}
	if e := req.Header.Get("Content-Encoding"); e != "" && e != "identity" {
		h.fail(w, req, pi, http.StatusUnsupportedMediaType, "Content-Encoding is not served")
		return nil, false
	}
	h.limitBody(w)
	body, err := h.readAll(w, req)
	if err == nil {
		return body, true
	}
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		h.failTooLarge(w, req, pi)
		return nil, false
	}
	w.Header().Set("Connection", "close")
	h.fail(w, req, pi, http.StatusBadRequest, "the body ended early")
	return nil, false
}

// believedLength is the announced length of a body, in octets, up to which it gets memory before it comes.
const believedLength = 64 << 10

// readAll reads to the end.
func (h *handler) readAll(w http.ResponseWriter, req *http.Request) (*[]byte, error) {
	length := req.ContentLength
	if length < 0 || length > believedLength {
		body, err := io.ReadAll(http.MaxBytesReader(w, req.Body, h.Body))
		return &body, err
	}
	body, ok := h.bodies.Get().(*[]byte)
	if !ok {
		body = new([]byte)
	}
	if int64(cap(*body)) < length {
		*body = make([]byte, length)
	}
	*body = (*body)[:length]
	_, err := io.ReadFull(req.Body, *body)
	return body, err
}

// handle answers a request whose body is there.
func (h *handler) handle(w http.ResponseWriter, req *http.Request, pi *Initiator, body []byte) {
	in, err := ReadRequest(req.Header, body, h.Document)
	if errors.Is(err, ErrContentType) {
		h.fail(w, req, pi, http.StatusUnsupportedMediaType, "a body is multipart/related or application/xml")
		return
	}
	if err == nil {
		ctx := &deadlineContext{Context: req.Context(), at: time.Now().Add(h.HandleTimeout)}
		defer ctx.end()
		var answer Message
		if answer, err = h.decide(ctx, pi, in); err == nil {
			h.answer(w, http.StatusAccepted, Document{Version: in.Document.Version, Message: answer})
			if h.Log.IsDebug() {
				h.Log.Debug("answered", "initiator", pi.Name, "push_id", pushIDOf(in.Document.Message))
			}
			return
		}
	}
	var busy *Unavailable
	if errors.As(err, &busy) {
		h.failUnavailable(w, req, pi, busy)
		return
	}
	var refused *Error
	if !errors.As(err, &refused) {
		h.Log.Error("a request failed", "initiator", pi.Name, "push_id", pushIDOf(in.Document.Message), "error", err)
		refused = &Error{Code: InternalServerError, Text: InternalServerError.Desc(), Message: in.Document.Message}
	} else {
		id := pushIDOf(in.Document.Message)
		if id == "" {
			id = pushIDOf(refused.Message)
		}
		h.logRefusal("initiator", pi.Name, "source", req.RemoteAddr, "push_id", clip(id, 100),
			"code", int(refused.Code), "reason", refused.Desc())
	}
	h.answer(w, http.StatusAccepted, refusal(in.Document, refused, h.Now()))
}

// decide asks the gateway. What PAP knows and this gateway does not do is refused here, with PAP's own words.
func (h *handler) decide(ctx context.Context, pi *Initiator, in Request) (Message, error) {
	switch m := in.Document.Message.(type) {
	case *PushMessage:
		if m.ReplacePushID != "" {
			return nil, &Error{Code: ReplacementNotSupported, Text: ReplacementNotSupported.Desc(), Message: m}
		}
		return h.submit(ctx, pi, in.Submission)
	case *StatusQuery:
		answer, err := h.gateway.Query(ctx, pi, m)
		if err == nil && answer == nil {
			err = errors.New("the gateway gave no answer")
		}
		if err == nil && answer.PushID == "" {
			answer.PushID = m.PushID
		}
		return answer, err
	case *CancelMessage, *CCQMessage:
		return nil, &Error{Code: NotImplemented, Text: NotImplemented.Desc(), Message: m}
	default:
		return nil, &Error{Code: BadRequest, Text: fmt.Sprintf("<%s> asks nothing of a gateway", m.elementName())}
	}
}

func (h *handler) submit(ctx context.Context, pi *Initiator, s *Submission) (Message, error) {
	answer, err := h.gateway.Submit(ctx, pi, s)
	if err != nil {
		return nil, err
	}
	if answer == nil {
		return nil, errors.New("the gateway gave no answer")
	}
	if answer.PushID == "" {
		answer.PushID = s.Message.PushID
	}
	if answer.SenderName == "" {
		answer.SenderName = h.Name
	}
	if answer.ReplyTime.IsZero() {
		answer.ReplyTime = h.Now()
	}
	if answer.Result.Code.Class() != 1 {
		h.logRefusal("initiator", pi.Name, "push_id", clip(answer.PushID, 100),
			"code", int(answer.Result.Code), "reason", answer.Result.Desc)
	}
	return answer, nil
}

// answer writes a PAP document, with status 202 if one was received (WAP-164 §14.4.1).
func (h *handler) answer(w http.ResponseWriter, status int, doc Document) {
	text, ok := h.writers.Get().(*writer)
	if !ok {
		text = new(writer)
	}
	text.b = text.b[:0]
	text.document(doc)
	w.Header()["Content-Type"] = h.contentType
	if len(text.b) > 1<<10 { // net/http gives a short answer its length
		w.Header()["Content-Length"] = []string{strconv.Itoa(len(text.b))}
	}
	w.WriteHeader(status)
	_, _ = w.Write(text.b) // an initiator that is gone asks again, or queries
	if cap(text.b) <= 64<<10 {
		h.writers.Put(text)
	}
}

func (h *handler) failLogin(w http.ResponseWriter, req *http.Request, pi *Initiator, err error) {
	var slowed slowedError
	var no forbidden
	var shown unproven
	reason, login := err.Error(), []any(nil)
	if errors.As(err, &shown) {
		reason = shown.reason()
		if shown.username != "" {
			login = []any{"username", forLog(shown.username)}
		}
	}
	switch {
	case errors.As(err, &slowed):
		// At Debug: the failures before it were logged, and whoever guesses passwords does not get to fill the log.
		h.Log.Debug("refused", append(login, "source", req.RemoteAddr, "status", http.StatusTooManyRequests, "reason", reason)...)
		setRetryAfter(w, slowed.wait)
		http.Error(w, err.Error(), http.StatusTooManyRequests)
	case errors.As(err, &no):
		h.logRefusal("initiator", nameOf(pi), "source", req.RemoteAddr, "status", http.StatusForbidden, "code", int(Forbidden), "reason", reason)
		h.answer(w, http.StatusForbidden, Document{Version: DefaultVersion, Message: &BadMessageResponse{Code: Forbidden, Desc: err.Error()}})
	case errors.Is(err, errHashingBusy):
		h.failUnavailable(w, req, nil, &Unavailable{Cause: err.Error()})
	default:
		w.Header().Set("WWW-Authenticate", fmt.Sprintf(`Basic realm=%q, charset="UTF-8"`, h.Name))
		h.logRefusal(append(login, "source", req.RemoteAddr, "status", http.StatusUnauthorized, "reason", reason)...)
		http.Error(w, err.Error(), http.StatusUnauthorized)
	}
}

func (h *handler) failTooLarge(w http.ResponseWriter, req *http.Request, pi *Initiator) {
	h.fail(w, req, pi, http.StatusRequestEntityTooLarge, fmt.Sprintf("a body may have %d octets", h.Body))
}

func (h *handler) failUnavailable(w http.ResponseWriter, req *http.Request, pi *Initiator, e *Unavailable) {
	h.logRefusal("initiator", nameOf(pi), "source", req.RemoteAddr, "status", http.StatusServiceUnavailable, "reason", e.Cause)
	setRetryAfter(w, e.RetryAfter)
	http.Error(w, "not available now", http.StatusServiceUnavailable)
}

func setRetryAfter(w http.ResponseWriter, d time.Duration) {
	seconds := max(1, int64((d+time.Second-1)/time.Second))
	w.Header().Set("Retry-After", strconv.FormatInt(seconds, 10))
}

// fail answers in HTTP, and tells the log.
func (h *handler) fail(w http.ResponseWriter, req *http.Request, pi *Initiator, status int, text string) {
	h.logRefusal("initiator", nameOf(pi), "source", req.RemoteAddr, "status", status, "reason", text)
	http.Error(w, text, status)
}

// logRefusal writes the line of a refusal. Under overload nearly every request is refused, so not every refusal has one.
func (h *handler) logRefusal(fields ...any) {
	if fields, ok := h.refusals.Allow(fields...); ok {
		h.Log.Info("refused", fields...)
	}
}

func nameOf(pi *Initiator) string {
	if pi == nil {
		return ""
	}
	return pi.Name
}

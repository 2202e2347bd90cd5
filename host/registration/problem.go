package registration

import (
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// A problem is a refusal, and its answer (RFC 9457). Its type is about:blank, so the title is that of the status.
type problem struct {
	status int
	detail string
	field  string        // of the request, that is wrong; "" if none is
	retry  time.Duration // when it may be tried again; 0: that is not known
	user   string        // whose credential was shown, for the log; "" where it does not matter
	cause  error         // for the log
}

func (p *problem) Error() string {
	if p.cause == nil {
		return p.detail
	}
	cause := p.cause.Error()
	if strings.Contains(cause, p.detail) {
		return cause
	}
	return p.detail + ": " + cause
}

func (p *problem) Unwrap() error { return p.cause }

// refuse makes a problem that is about no field.
func refuse(status int, format string, a ...any) *problem {
	return &problem{status: status, detail: fmt.Sprintf(format, a...)}
}

// wrong makes the problem of a field.
func wrong(field, format string, a ...any) *problem {
	return &problem{status: http.StatusBadRequest, field: field, detail: fmt.Sprintf(format, a...)}
}

// problemBody is the answer. The document describes it as Problem.
type problemBody struct {
	Title  string `json:"title"`
	Status int    `json:"status"`
	Detail string `json:"detail"`
	Field  string `json:"field,omitempty"`
}

// problemType is the media type of a refusal.
const problemType = "application/problem+json"

func (p *problem) write(w http.ResponseWriter) {
	if p.retry > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(p.retry.Seconds()))))
	}
	body := problemBody{Title: http.StatusText(p.status), Status: p.status, Detail: p.detail, Field: p.field}
	writeJSON(w, p.status, problemType, body)
}

func writeJSON(w http.ResponseWriter, status int, contentType string, body any) {
	text, err := json.Marshal(body)
	if err != nil { // strings and numbers always have a form
		panic(err)
	}
	writeText(w, status, contentType, append(text, '\n'))
}

func writeText(w http.ResponseWriter, status int, contentType string, text []byte) {
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Content-Length", strconv.Itoa(len(text)))
	w.WriteHeader(status)
	_, _ = w.Write(text) // who hung up does not want it
}

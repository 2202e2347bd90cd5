package faults

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ppgbox/ppgbox/integration/initiator"
	"github.com/ppgbox/ppgbox/integration/process"
)

// A told is one result notification as it came.
type told struct {
	body         string
	state        string
	at           time.Time
	acknowledged bool
}

// A listener takes the result notifications of one Push Initiator, as well or as badly as its mode says.
type listener struct {
	url, address string

	mu     sync.Mutex
	server *http.Server
	answer answer
	count  int
	of     map[string][]*told
	acked  int // push-ids with an acknowledged notification
	wrong  []string
}

// An answer is how the initiator answers its nth notification; true if that was an acknowledgement.
type answer func(n int, w http.ResponseWriter, r *http.Request, pushID string) bool

func listen(t *testing.T) *listener {
	t.Helper()
	l := &listener{address: process.FreeAddress(t), answer: acknowledge, of: map[string][]*told{}}
	l.url = "http://" + l.address + "/notify"
	l.up(t)
	t.Cleanup(l.down)
	return l
}

// up opens the listener; down closes it with all its connections.
func (l *listener) up(t *testing.T) {
	t.Helper()
	var socket net.Listener
	process.Eventually(t, patience, "the initiator's address is free", func() bool {
		var err error
		socket, err = net.Listen("tcp", l.address)
		return err == nil
	})
	server := &http.Server{Handler: http.HandlerFunc(l.serve)}
	l.mu.Lock()
	l.server = server
	l.mu.Unlock()
	go func() { _ = server.Serve(socket) }()
}

func (l *listener) down() {
	l.mu.Lock()
	server := l.server
	l.mu.Unlock()
	_ = server.Close()
}

func (l *listener) set(a answer) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.answer = a
}

func (l *listener) serve(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the gateway was killed while it wrote
	}
	var d initiator.Document
	err = xml.Unmarshal(body, &d)
	l.mu.Lock()
	if err != nil || d.Notification == nil || r.Method != http.MethodPost || len(d.Notification.Addresses) != 1 {
		l.wrong = append(l.wrong, fmt.Sprintf("%s %v:\n%s", r.Method, err, body))
		l.mu.Unlock()
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	l.count++
	n, a, id := l.count, l.answer, d.Notification.PushID
	got := &told{body: string(body), state: d.Notification.State, at: time.Now()}
	l.of[id] = append(l.of[id], got)
	l.mu.Unlock()
	if !a(n, w, r, id) {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if !acknowledged(l.of[id]) {
		l.acked++
	}
	got.acknowledged = true
}

func acknowledged(list []*told) bool {
	for _, n := range list {
		if n.acknowledged {
			return true
		}
	}
	return false
}

// known returns how many push-ids have an acknowledged notification, and how many notifications came.
func (l *listener) known() (acked, came int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.acked, l.count
}

// acknowledge is what a healthy initiator does.
func acknowledge(_ int, w http.ResponseWriter, _ *http.Request, pushID string) bool {
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(http.StatusAccepted)
	_, err := fmt.Fprint(w, initiator.Control(`<resultnotification-response push-id="`+pushID+`" code="1000" desc="OK"/>`))
	return err == nil
}

// dawdle answers nothing before the gateway has hung up.
func dawdle(_ int, _ http.ResponseWriter, r *http.Request, _ string) bool {
	<-r.Context().Done()
	return false
}

// babble answers something else every time, none of which acknowledges anything.
func babble(n int, w http.ResponseWriter, _ *http.Request, pushID string) bool {
	say := func(status int, contentType, body string) {
		w.Header().Set("Content-Type", contentType)
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
	raw := func(octets string) {
		c, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			return
		}
		_, _ = io.WriteString(c, octets)
		_ = c.Close()
	}
	nonsense := []func(){
		func() { say(200, "text/html", "<html><body>Welcome to our portal</body></html>") },
		func() { say(500, "text/plain", "stack trace") },
		func() { say(404, "text/plain", "") },
		func() { w.Header().Set("Location", "/elsewhere"); w.WriteHeader(http.StatusFound) },
		func() {
			say(202, "application/xml", initiator.Control(`<push-response push-id="x"><response-result code="1001"/></push-response>`))
		},
		func() { say(202, "application/xml", strings.Repeat("x", 1<<20)) },
		func() { say(202, "application/xml", "<?xml version=\"1.0\"?><pap><resultnotification-response") },
		func() {
			say(202, "application/xml", initiator.Control(`<resultnotification-response push-id="`+pushID+`" code="3000" desc="later"/>`))
		},
		func() { raw("SSH-2.0-OpenSSH_9.2\r\n") },
		func() { raw("") },
		func() { raw("HTTP/1.1 202 Accepted\r\nContent-Length: 1000\r\n\r\n<pap>") },
		func() { raw("HTTP/1.1 " + strings.Repeat("9", 100_000)) },
	}
	nonsense[n%len(nonsense)]()
	return false
}

// A sent is one push with one recipient, and what its initiator knows of it.
type sent struct {
	n       int // in the order of submission to its recipient
	id, to  string
	address string // client address
	text    string
	worker  int

	accepted time.Time // zero if it never was
	took     time.Duration
	unheard  int // submissions without an answer
	refused  int // submissions that the gateway could not take at the time
}

func (s *sent) href() string { return "http://p.example/" + s.id }

// A burst is Push Initiators that submit side by side; the pushes to one recipient come from one of them, one after the other.
type burst struct {
	pushes []*sent
	rate   int // pushes a second that are offered, so that some come before, within and after what happens

	gate sync.RWMutex // a case that holds it holds back what was not submitted yet

	mu       sync.Mutex
	accepted int
	refused  int
	failed   []string
	done     chan struct{}
}

const workers = 16

// pause is how long an initiator waits before it submits again what had no answer or could not be taken.
const pause = 100 * time.Millisecond

// run submits all pushes. What gets no answer is submitted again with the same push-id until it gets one: either it had been
// accepted (2007), or it is now (1001).
func (b *burst) run(client func() *initiator.Client, notify string, until time.Time) {
	defer close(b.done)
	began := time.Now()
	var initiators sync.WaitGroup
	for w := range workers {
		initiators.Go(func() {
			c := client()
			for _, s := range b.pushes {
				if s.worker == w {
					time.Sleep(time.Until(began.Add(time.Second * time.Duration(s.n) / time.Duration(b.rate))))
					b.pass()
					b.submit(c, s, notify, until)
				}
			}
		})
	}
	initiators.Wait()
}

// pass returns when no case holds the burst.
func (b *burst) pass() {
	b.gate.RLock()
	defer b.gate.RUnlock()
}

func (b *burst) submit(c *initiator.Client, s *sent, notify string, until time.Time) {
	push := initiator.Push{
		ID: s.id, NotifyTo: notify, To: []string{s.address}, Type: "text/vnd.wap.si",
		Content: initiator.SI(s.href(), s.id, "signal-medium", s.text),
	}
	for {
		began := time.Now()
		a, err := c.Submit(push)
		if err == nil && (a.Code() == "1001" || a.Code() == "2007" && s.unheard > 0) {
			s.took = time.Since(began)
			s.accepted = time.Now()
			b.mu.Lock()
			b.accepted++
			b.mu.Unlock()
			return
		}
		switch {
		case time.Now().After(until):
			err = errors.Join(errors.New("out of time"), err)
		case err != nil:
			s.unheard++
			time.Sleep(pause)
			continue
		case a.HTTP == http.StatusServiceUnavailable:
			b.mu.Lock()
			b.refused++
			b.mu.Unlock()
			s.refused++
			time.Sleep(pause)
			continue
		}
		b.mu.Lock()
		b.failed = append(b.failed, fmt.Sprintf("%s: %v, HTTP %d, code %s %s", s.id, err, a.HTTP, a.Code(), a.Desc()))
		b.mu.Unlock()
		return
	}
}

// counts returns how many pushes were accepted, and how many submissions could not be taken.
func (b *burst) counts() (accepted, refused int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.accepted, b.refused
}

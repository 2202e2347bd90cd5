//go:build linux

package main

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/ppgbox/ppgbox/integration/initiator"
)

// The Push Initiator that the gateway knows.
const (
	username = "claims"
	password = "not so secret"
)

// pushIDSuffix follows the recipient's number in a push-id.
const pushIDSuffix = "@claims.example.com"

// connections is how many the Push Initiator has: enough that none waits for an answer at the rates of the experiment.
const connections = 32

// submitAll posts a push for each record, so many a second, and books the answers.
func submitAll(ctx context.Context, pap, notify string, records []*record, rate float64, b *book) {
	transport := &http.Transport{MaxIdleConnsPerHost: connections}
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport, Timeout: time.Minute}
	due := make(chan *record, connections)
	var posting sync.WaitGroup
	for range connections {
		posting.Go(func() {
			for r := range due {
				r.sent = time.Now()
				err := submit(ctx, client, pap, notify, r)
				b.answered(r, time.Now(), err)
			}
		})
	}
	begin := time.Now()
	for i, r := range records {
		wait := time.Until(begin.Add(time.Duration(float64(i) / rate * float64(time.Second))))
		select {
		case <-time.After(max(wait, 0)):
		case <-ctx.Done():
		}
		due <- r
	}
	close(due)
	posting.Wait()
}

// submit posts one push. An error is all but 1001.
func submit(ctx context.Context, client *http.Client, pap, notify string, r *record) error {
	p := initiator.Push{
		ID: r.number + pushIDSuffix, NotifyTo: notify, To: []string{"WAPPUSH=+" + r.number + "/TYPE=PLMN@" + gatewayName},
		Type: "text/vnd.wap.si", Content: initiator.SI(link(r.number), r.number, "signal-high", text(r.number, r.cell.Segments)),
	}
	body := initiator.Multipart(p.Control(), p.Type, p.Content)
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, pap, bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", initiator.MultipartType)
	request.SetBasicAuth(username, password)
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	var d initiator.Document
	if err := xml.Unmarshal(answer, &d); err != nil {
		return fmt.Errorf("HTTP %d: %w: %s", response.StatusCode, err, answer)
	}
	if d.Response == nil || d.Response.Result.Code != "1001" {
		return fmt.Errorf("HTTP %d: %s", response.StatusCode, answer)
	}
	return nil
}

// notifications takes result notifications and books them.
type notifications struct {
	url    string
	server http.Server
	served chan error
}

func listenForNotifications(b *book) (*notifications, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listening for result notifications: %w", err)
	}
	n := &notifications{url: "http://" + l.Addr().String() + "/results", served: make(chan error, 1)}
	n.server.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { take(w, r, b) })
	go func() { n.served <- n.server.Serve(l) }()
	return n, nil
}

func (n *notifications) close() error {
	_ = n.server.Close()
	if err := <-n.served; !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("listening for result notifications: %w", err)
	}
	return nil
}

// take books one result notification and acknowledges it (OMA-TS-PAP §9.5).
func take(w http.ResponseWriter, r *http.Request, b *book) {
	at := time.Now()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the gateway will send it again
	}
	var d initiator.Document
	if err := xml.Unmarshal(body, &d); err != nil || d.Notification == nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	number, ours := strings.CutSuffix(d.Notification.PushID, pushIDSuffix)
	if !ours || !b.notified(number, d.Notification.State, at) {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(http.StatusAccepted)
	_, _ = io.WriteString(w, initiator.Control(`<resultnotification-response push-id="`+d.Notification.PushID+`" code="1000" desc="OK"/>`))
}

package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/ppgbox/ppgbox/host/pap"
)

// demoInitiator is where the demo's Push Initiator takes result notifications.
type demoInitiator struct {
	url     string
	results chan *pap.ResultNotification // those that were acknowledged

	server *http.Server
	closed context.CancelFunc
}

func listenInitiator() (*demoInitiator, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	i := &demoInitiator{url: fmt.Sprintf("http://%s/result", l.Addr()), results: make(chan *pap.ResultNotification, 16), closed: cancel}
	i.server = &http.Server{
		Handler: http.HandlerFunc(i.take), ReadHeaderTimeout: 10 * time.Second,
		BaseContext: func(net.Listener) context.Context { return ctx },
	}
	go func() { _ = i.server.Serve(l) }() // until close
	return i, nil
}

// take acknowledges a result notification (OMA-TS-PAP §9.5).
func (i *demoInitiator) take(w http.ResponseWriter, r *http.Request) {
	doc, err := pap.Parse(r.Body, "", pap.Limits{})
	n, ok := doc.Message.(*pap.ResultNotification)
	if err != nil || !ok {
		http.Error(w, fmt.Sprintf("no result notification: %v", err), http.StatusBadRequest)
		return
	}
	doc.Message = &pap.ResultNotificationResponse{PushID: n.PushID, Code: pap.OK, Desc: pap.OK.Desc()}
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(http.StatusAccepted)
	_, _ = w.Write(pap.Append(nil, doc)) // the gateway asks again if it did not get this
	select {
	case i.results <- n:
	case <-r.Context().Done():
	}
}

func (i *demoInitiator) close() {
	i.closed()
	_ = i.server.Close()
}

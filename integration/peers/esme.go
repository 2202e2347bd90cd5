package peers

import (
	_ "embed" // the two ESME programs
	"encoding/json"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/ppgbox/ppgbox/integration/process"
)

//go:embed esme.js
var esmeJS []byte

//go:embed esme.pl
var esmePL []byte

// An ESME is a running ESME that others wrote, bound to an SMSC as a transceiver.
type ESME struct {
	orders io.Writer

	mu      sync.Mutex
	bound   bool
	last    int
	answers map[int]Response
}

// A Message is what an ESME submits: whole, in message_payload, in transaction mode.
type Message struct {
	ID          int    `json:"id"`
	Command     string `json:"command"` // submit_sm or data_sm
	Source      string `json:"source"`
	Destination string `json:"destination"`
	Payload     string `json:"payload"` // hex
	Ports       [2]int `json:"ports"`   // source_port, destination_port
}

// A Response is the answer to a Message as the ESME's library understood it.
type Response struct {
	ID        int    `json:"id"`
	Command   string `json:"command"`
	Status    int    `json:"status"`
	MessageID string `json:"message_id"`
	Reason    *int   `json:"reason"`  // delivery_failure_reason, nil without
	Network   string `json:"network"` // network_error_code in hex, "" without
	Text      string `json:"text"`    // additional_status_info_text
}

// StartNodeESME starts an ESME by npm's smpp.
func StartNodeESME(t testing.TB, smsc, systemID, password string) *ESME {
	t.Helper()
	Need(t, NodeSMPP)
	modules, err := nodeModules()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("node")
	cmd.Env = append(os.Environ(), "NODE_PATH="+modules)
	return startESME(t, "ESME by npm smpp", cmd, "esme.js", esmeJS, smsc, systemID, password)
}

// StartPerlESME starts an ESME by Perl's Net::SMPP. It submits one message after the other.
func StartPerlESME(t testing.TB, smsc, systemID, password string) *ESME {
	t.Helper()
	Need(t, NetSMPP)
	return startESME(t, "ESME by Net::SMPP", exec.Command("perl"), "esme.pl", esmePL, smsc, systemID, password)
}

func startESME(t testing.TB, name string, cmd *exec.Cmd, file string, program []byte, smsc, systemID, password string) *ESME {
	t.Helper()
	path := filepath.Join(t.TempDir(), file)
	if err := os.WriteFile(path, program, 0o600); err != nil {
		t.Fatal(err)
	}
	host, port, err := net.SplitHostPort(smsc)
	if err != nil {
		t.Fatal(err)
	}
	cmd.Args = append(cmd.Args, path, host, port, systemID, password)
	orders, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	e := &ESME{orders: orders, answers: map[int]Response{}}
	process.Start(t, name, cmd, e.take)
	process.Eventually(t, 20*time.Second, name+" is bound", func() bool {
		e.mu.Lock()
		defer e.mu.Unlock()
		return e.bound
	})
	return e
}

func (e *ESME) take(line string) {
	var event struct {
		Event string `json:"event"`
		Response
	}
	if json.Unmarshal([]byte(line), &event) != nil {
		return // a warning of the interpreter; it is in the log
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	switch event.Event {
	case "bound":
		e.bound = event.Status == 0
	case "answer":
		e.answers[event.ID] = event.Response
	}
}

// Submit submits a message and returns the answer. The message's ID is set here.
func (e *ESME) Submit(t testing.TB, m Message, timeout time.Duration) Response {
	t.Helper()
	e.mu.Lock()
	e.last++
	m.ID = e.last
	text, err := json.Marshal(m)
	if err == nil {
		_, err = e.orders.Write(append(text, '\n'))
	}
	e.mu.Unlock()
	if err != nil {
		t.Fatalf("order to the ESME: %v", err)
	}
	var answer Response
	process.Eventually(t, timeout, "the answer to "+m.Command+" for "+m.Destination, func() bool {
		e.mu.Lock()
		defer e.mu.Unlock()
		var ok bool
		answer, ok = e.answers[m.ID]
		return ok
	})
	return answer
}

package peers

import (
	_ "embed" // the two SMSC programs
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

//go:embed smsc.js
var smscJS []byte

//go:embed smsc.pl
var smscPL []byte

// An SMSC is a running SMSC that others wrote. It accepts any bind and answers every submission with success unless it was
// told otherwise.
type SMSC struct {
	// Address is where it listens, on 127.0.0.1.
	Address string

	process *process.Process
	orders  io.Writer // nil if it takes none

	mu      sync.Mutex
	submits []Submit
	events  map[string]int
}

// A Submit is one submit_sm or data_sm as the SMSC's library understood it.
type Submit struct {
	Command     string `json:"command"`
	Sequence    uint32 `json:"sequence"`
	ESMClass    int    `json:"esm_class"`
	DataCoding  int    `json:"data_coding"`
	Source      string `json:"source"`
	Destination string `json:"destination"`
	More        *int   `json:"more"`   // more_messages_to_send, nil if absent or not reported
	UDH         string `json:"udh"`    // hex of the information elements, without the length octet
	Text        string `json:"text"`   // hex of what follows the UDH
	Port        int    `json:"port"`   // the parameter destination_port, 0 without
	Status      int    `json:"status"` // what it was or will be answered
	Lost        bool   `json:"lost"`   // it is not answered
	// Beside is how many submissions to the same terminal had no answer yet when this one came.
	Beside int `json:"beside"`
}

// An Answer is what the SMSC does with a submission.
type Answer struct {
	Status int  `json:"status"` // command_status
	Delay  int  `json:"delay"`  // milliseconds
	Silent bool `json:"silent"` // never answers
	Twice  bool `json:"twice"`  // answers twice
	Cut    bool `json:"cut"`    // closes the connection and does not answer
	// Reason is the parameter delivery_failure_reason, Network network_error_code in hex; neither goes with success.
	Reason  *int   `json:"reason,omitempty"`
	Network string `json:"network,omitempty"`
}

// StartNodeSMSC starts the SMSC of npm's smpp.
func StartNodeSMSC(t testing.TB) *SMSC {
	t.Helper()
	Need(t, NodeSMPP)
	modules, err := nodeModules()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("node")
	cmd.Env = append(os.Environ(), "NODE_PATH="+modules)
	orders, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	s := startSMSC(t, "npm smpp", cmd, "smsc.js", smscJS)
	s.orders = orders
	return s
}

// StartPerlSMSC starts the SMSC of Perl's Net::SMPP. It takes no orders.
func StartPerlSMSC(t testing.TB) *SMSC {
	t.Helper()
	Need(t, NetSMPP)
	return startSMSC(t, "Net::SMPP", exec.Command("perl"), "smsc.pl", smscPL)
}

func startSMSC(t testing.TB, name string, cmd *exec.Cmd, file string, program []byte) *SMSC {
	t.Helper()
	path := filepath.Join(t.TempDir(), file)
	if err := os.WriteFile(path, program, 0o600); err != nil {
		t.Fatal(err)
	}
	s := &SMSC{Address: process.FreeAddress(t), events: map[string]int{}}
	_, port, err := net.SplitHostPort(s.Address)
	if err != nil {
		t.Fatal(err)
	}
	cmd.Args = append(cmd.Args, path, port)
	s.process = process.Start(t, name, cmd, s.take)
	process.Eventually(t, 20*time.Second, name+" listens", func() bool { return s.count("listening") > 0 })
	return s
}

func (s *SMSC) take(line string) {
	var e struct {
		Event string `json:"event"`
		Submit
	}
	if json.Unmarshal([]byte(line), &e) != nil {
		return // a warning of the interpreter; it is in the log
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.events[e.Event]++
	if e.Event == "submit" {
		s.submits = append(s.submits, e.Submit)
	}
}

func (s *SMSC) count(event string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.events[event]
}

// Closed returns how many connections have ended.
func (s *SMSC) Closed() int { return s.count("closed") }

// Submits returns all submissions so far.
func (s *SMSC) Submits() []Submit {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Submit(nil), s.submits...)
}

// Settle returns when Submits has all that the SMSC has answered so far: its words come through a pipe, its answers do not wait for
// them. An SMSC that takes no orders can not tell.
func (s *SMSC) Settle(t testing.TB) {
	t.Helper()
	if s.orders != nil {
		s.order(t, map[string]any{})
	}
}

// Always has every submission answered so from now on.
func (s *SMSC) Always(t testing.TB, a Answer) {
	t.Helper()
	s.order(t, map[string]any{"always": a})
}

// Next has the next submissions answered so, one each.
func (s *SMSC) Next(t testing.TB, answers ...Answer) {
	t.Helper()
	s.order(t, map[string]any{"next": answers})
}

// AlwaysTo is Always for one destination. It goes before what is ordered for all.
func (s *SMSC) AlwaysTo(t testing.TB, number string, a Answer) {
	t.Helper()
	s.order(t, map[string]any{"to": number, "always": a})
}

// NextTo is Next for one destination. It goes before what is ordered for all.
func (s *SMSC) NextTo(t testing.TB, number string, answers ...Answer) {
	t.Helper()
	s.order(t, map[string]any{"to": number, "next": answers})
}

// Drop closes every connection without an unbind.
func (s *SMSC) Drop(t testing.TB) {
	t.Helper()
	s.order(t, map[string]any{"drop": true})
}

// order returns when the SMSC has taken the order.
func (s *SMSC) order(t testing.TB, order map[string]any) {
	t.Helper()
	before := s.count("ordered")
	text, err := json.Marshal(order)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.orders.Write(append(text, '\n')); err != nil {
		t.Fatalf("order to the SMSC: %v", err)
	}
	process.Eventually(t, 5*time.Second, "the SMSC takes the order", func() bool { return s.count("ordered") > before })
}

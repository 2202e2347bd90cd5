package mobile

import (
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"testing"
	"time"
)

// mmeName is what the MSC knows the MME by (3GPP TS 23.003 §19.4.2.4).
const mmeName = "mmec01.mmegi0001.mme.epc.mnc001.mcc001.3gppnetwork.org"

// locationArea is PLMN 001-01, area 23; the MSC does not ask which it is.
var locationArea = element(ieLocationArea, 0x00, 0xf1, 0x10, 0x00, 0x17)

// An MME carries what its mobiles and the MSC say to each other.
type MME struct {
	conn net.Conn

	writing sync.Mutex

	mu      sync.Mutex
	mobiles map[string]*Mobile // by IMSI
	broken  error              // why the connection ended, or what the MSC sent that is wrong
}

// Connect connects to the SGs interface of an MSC. The test fails if the MSC hangs up before the test has ended, or sends what
// can not be read.
func Connect(t testing.TB, address string) *MME {
	t.Helper()
	conn, err := net.DialTimeout("tcp", address, 5*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	m := &MME{conn: conn, mobiles: map[string]*Mobile{}}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		m.serve()
	}()
	t.Cleanup(func() {
		if err := m.err(); err != nil {
			t.Errorf("SGs: %v", err)
		}
		conn.Close()
		<-ended
	})
	return m
}

func (m *MME) err() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.broken
}

func (m *MME) fail(err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.broken == nil {
		m.broken = err
	}
}

// send writes a message about one mobile.
func (m *MME) send(kind byte, imsi string, elements ...[]byte) {
	m.writing.Lock()
	defer m.writing.Unlock()
	elements = append([][]byte{element(ieIMSI, imsiDigits(imsi)...)}, elements...)
	if err := writeMessage(m.conn, kind, elements...); err != nil && !errors.Is(err, net.ErrClosed) {
		m.fail(err)
	}
}

func (m *MME) serve() {
	for {
		message, err := readMessage(m.conn)
		if errors.Is(err, net.ErrClosed) {
			return // the test has ended
		}
		if errors.Is(err, io.EOF) {
			err = errors.New("the MSC has closed the connection")
		}
		if err != nil {
			m.fail(err)
			return
		}
		if err := m.take(message); err != nil {
			m.fail(err)
		}
	}
}

func (m *MME) take(message sgsMessage) error {
	imsi, err := imsiOf(message.elements[ieIMSI])
	if err != nil {
		return nil // about the MME itself, as a reset is
	}
	m.mu.Lock()
	mobile := m.mobiles[imsi]
	m.mu.Unlock()
	if mobile == nil {
		return fmt.Errorf("message %#x for %s, which is not here", message.kind, imsi)
	}
	return mobile.take(message)
}

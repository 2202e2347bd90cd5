package wire

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/ppgbox/ppgbox/integration/peers"
	"github.com/ppgbox/ppgbox/integration/process"
)

// A Capture is a running capture.
type Capture struct {
	file    string
	dumpcap *process.Process
	marks   net.Conn // datagrams that tell how far the capture is
}

// Start begins to capture what matches a pcap filter on the loopback interface, as in "tcp port 2775", and returns when the capture runs.
func Start(t testing.TB, filter string) *Capture {
	t.Helper()
	return StartOn(t, "lo", filter)
}

// StartOn does the same on another interface, or on "any" for all. The loopback interface has to be among them: it carries the marks.
func StartOn(t testing.TB, device, filter string) *Capture {
	t.Helper()
	peers.Need(t, peers.Dumpcap, peers.Tshark)
	sink, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { sink.Close() })
	marks, err := net.Dial("udp", sink.LocalAddr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { marks.Close() })
	c := &Capture{file: filepath.Join(t.TempDir(), "wire.pcapng"), marks: marks}
	filter = fmt.Sprintf("(%s) or udp port %d", filter, sink.LocalAddr().(*net.UDPAddr).Port)
	c.dumpcap = process.Start(t, "dumpcap", exec.Command("dumpcap", "-q", "-i", device, "-f", filter, "-w", c.file), nil)
	c.await(t, "capture begins")
	return c
}

// Stop ends the capture after everything sent so far is in it.
func (c *Capture) Stop(t testing.TB) {
	t.Helper()
	c.await(t, "capture ends")
	c.dumpcap.Signal(syscall.SIGINT)
	if err := c.dumpcap.Wait(t, 10*time.Second); err != nil {
		t.Fatalf("dumpcap: %v", err)
	}
}

// Packets has tshark decode what was captured and returns what matches a display filter such as "wbxml". dissect assigns ports
// to protocols as tshark's option -d does ("tcp.port==2775,smpp").
func (c *Capture) Packets(t testing.TB, display string, dissect ...string) []Packet {
	t.Helper()
	packets, err := decode(c.file, display, dissect)
	if err != nil {
		t.Fatal(err)
	}
	return packets
}

// await sends a mark until the capture holds it. What was sent before a mark is captured before it.
func (c *Capture) await(t testing.TB, mark string) {
	t.Helper()
	process.Eventually(t, 20*time.Second, mark, func() bool {
		if _, err := c.marks.Write([]byte(mark)); err != nil {
			t.Fatal(err)
		}
		select {
		case <-c.dumpcap.Done():
			t.Fatal("dumpcap has ended")
		default:
		}
		text, err := os.ReadFile(c.file)
		return err == nil && bytes.Contains(text, []byte(mark))
	})
}

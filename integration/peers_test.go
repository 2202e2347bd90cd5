package integration

import (
	"encoding/binary"
	"encoding/hex"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/ppgbox/ppgbox/integration/initiator"
	"github.com/ppgbox/ppgbox/integration/peers"
	"github.com/ppgbox/ppgbox/integration/wire"
)

// The peers among themselves: what a test below says about ppgbox holds only if they work on this machine.

// siOfSpecification is the example of WAP-167 §8.3 as libwbxml and Kannel encode it.
const siOfSpecification = "02056a0045c60d0378797a008503656d61696c2f3132332f6162632e776d6c000ac3071999062515231510c304199906300103596f7520686176652034206e657720656d61696c73000101"

func TestPeersDecodeHandMadeSegments(t *testing.T) {
	smscs := map[string]func(testing.TB) *peers.SMSC{"npm smpp": peers.StartNodeSMSC, "Net::SMPP": peers.StartPerlSMSC}
	for name, start := range smscs {
		t.Run(name, func(t *testing.T) {
			smsc := start(t)
			_, port, _ := net.SplitHostPort(smsc.Address)
			capture := wire.Start(t, "tcp port "+port)

			// WSP connectionless push: TID, Push, headers length, application/vnd.wap.sic, X-Wap-Application-Id wml.ua.
			message, err := hex.DecodeString("250603aeaf82" + siOfSpecification)
			if err != nil {
				t.Fatal(err)
			}
			link := dialSMSC(t, smsc.Address)
			link.exchange(t, 0x09, []byte("esme\x00secret\x00\x00\x34\x00\x00\x00"))
			for i, part := range [][]byte{message[:40], message[40:]} {
				// Ports 9200→2948 and 8-bit concatenation, reference 42 (3GPP TS 23.040 §9.2.3.24).
				udh := []byte{11, 5, 4, 0x0b, 0x84, 0x23, 0xf0, 0, 3, 42, 2, byte(i + 1)}
				link.exchange(t, 0x04, submitSM("46702123456", append(udh, part...)))
			}

			capture.Stop(t)
			packets := capture.Packets(t, "wbxml", "tcp.port=="+port+",smpp")
			if len(packets) != 1 {
				t.Fatalf("tshark found a push in %d packets, want 1", len(packets))
			}
			p := packets[0]
			for field, want := range map[string]string{
				"smpp.destination_addr":         "46702123456",
				"gsm_sms.destination_port":      "2948",
				"gsm_sms_ud.fragment.count":     "2",
				"gsm_sms_ud.reassembled.length": "81",
				"wsp.header.content_type":       "application/vnd.wap.sic",
			} {
				if got := p.Show(field); got != want {
					t.Errorf("tshark shows %s %q, want %q", field, got, want)
				}
			}
			d, err := p.Document()
			if err != nil {
				t.Fatal(err)
			}
			if got := hex.EncodeToString(d.Octets); got != siOfSpecification {
				t.Errorf("octets %s, want %s", got, siOfSpecification)
			}
			if len(d.Elements) != 2 {
				t.Fatalf("elements %+v, want si and indication", d.Elements)
			}
			e := d.Elements[1]
			if e.Name != "indication" || e.Attributes["href"] != "http://www.xyz.com/email/123/abc.wml" || e.Attributes["created"] != "1999-06-25T15:23:15Z" || e.Text != "You have 4 new emails" {
				t.Errorf("tshark rendered %+v", e)
			}
			if xml := peers.DecodeByLibwbxml(t, d.Octets); !strings.Contains(xml, "You have 4 new emails") {
				t.Errorf("libwbxml decoded %s", xml)
			}
			submits := smsc.Submits()
			if len(submits) != 2 {
				t.Fatalf("the SMSC got %d submissions, want 2", len(submits))
			}
			if got := submits[0].UDH + submits[0].Text + submits[1].Text; got != "05040b8423f000032a0201"+hex.EncodeToString(message) {
				t.Errorf("the SMSC got %s", got)
			}
		})
	}
}

func TestPeersSMSCAnswersAsOrdered(t *testing.T) {
	smsc := peers.StartNodeSMSC(t)
	link := dialSMSC(t, smsc.Address)
	link.exchange(t, 0x09, []byte("esme\x00secret\x00\x00\x34\x00\x00\x00"))
	smsc.Next(t, peers.Answer{Status: 0x58}, peers.Answer{Status: 0x0b, Delay: 200})
	smsc.Always(t, peers.Answer{Status: 0x45})
	for i, want := range []uint32{0x58, 0x0b, 0x45, 0x45} {
		before := time.Now()
		if got := link.exchange(t, 0x04, submitSM("46702123456", []byte("x"))); got != want {
			t.Errorf("answer %d has status %#x, want %#x", i, got, want)
		}
		if waited := time.Since(before); i == 1 && waited < 200*time.Millisecond {
			t.Errorf("answer %d came after %v, want a delay of 200 ms", i, waited)
		}
	}
	smsc.Drop(t)
	if _, err := link.conn.Read(make([]byte, 1)); err == nil {
		t.Error("the connection is still open after Drop")
	}
}

func TestPeersTestPPGSubmits(t *testing.T) {
	var body, contentType, username, password string
	ppg := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		text, _ := io.ReadAll(r.Body)
		body, contentType = string(text), r.Header.Get("Content-Type")
		username, password, _ = r.BasicAuth()
		w.Header().Set("Content-Type", "application/xml")
		w.WriteHeader(http.StatusAccepted)
		_, _ = io.WriteString(w, initiator.Control(`<push-response push-id="1@pi.example"><response-result code="1001" desc="OK"/></push-response>`))
	}))
	defer ppg.Close()
	push := initiator.Push{ID: "1@pi.example", To: []string{"WAPPUSH=+46702123456/TYPE=PLMN@ppg.example.net"}}
	peers.SubmitByTestPPG(t, peers.Push{URL: ppg.URL + "/pap", Username: "pi", Password: "secret", Kind: "si", Control: push.Control(), Content: initiator.SI("http://a.example/", "1", "signal-high", "Hello")})
	if !strings.HasPrefix(contentType, "multipart/related") || !strings.Contains(body, "Content-Type: text/vnd.wap.si") || !strings.Contains(body, `push-id="1@pi.example"`) {
		t.Errorf("test_ppg sent %s:\n%s", contentType, body)
	}
	if username != "pi" || password != "secret" {
		t.Errorf("test_ppg sent the credentials %q, %q", username, password)
	}
}

// An smppLink is just enough of an ESME to try an SMSC with.
type smppLink struct {
	conn     net.Conn
	sequence uint32
}

func dialSMSC(t *testing.T, address string) *smppLink {
	t.Helper()
	conn, err := net.DialTimeout("tcp", address, 5*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(20 * time.Second))
	return &smppLink{conn: conn}
}

// exchange sends one PDU and returns the command_status of the answer (SMPP 3.4 §3.2).
func (l *smppLink) exchange(t *testing.T, command uint32, body []byte) uint32 {
	t.Helper()
	l.sequence++
	pdu := binary.BigEndian.AppendUint32(nil, uint32(16+len(body)))
	for _, field := range []uint32{command, 0, l.sequence} {
		pdu = binary.BigEndian.AppendUint32(pdu, field)
	}
	if _, err := l.conn.Write(append(pdu, body...)); err != nil {
		t.Fatal(err)
	}
	header := make([]byte, 16)
	if _, err := io.ReadFull(l.conn, header); err != nil {
		t.Fatal(err)
	}
	if _, err := io.CopyN(io.Discard, l.conn, int64(binary.BigEndian.Uint32(header))-16); err != nil {
		t.Fatal(err)
	}
	if got := binary.BigEndian.Uint32(header[4:]); got != command|0x80000000 {
		t.Fatalf("answer %#x to command %#x", got, command)
	}
	return binary.BigEndian.Uint32(header[8:])
}

// submitSM returns the body of a submit_sm in transaction mode with UDHI and 8-bit data (SMPP 3.4 §4.4.1).
func submitSM(destination string, shortMessage []byte) []byte {
	body := append([]byte("WAP\x00\x01\x0146700000001\x00\x01\x01"), destination...)
	body = append(body, 0, 0x42, 0, 0, 0, 0, 0, 0, 4, 0, byte(len(shortMessage)))
	return append(body, shortMessage...)
}

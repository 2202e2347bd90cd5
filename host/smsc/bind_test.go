package smsc

import (
	"crypto/tls"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/ppgbox/ppgbox/sdk/smpp"
)

func TestBinds(t *testing.T) {
	s := start(t, "[smsc]\nbind_timeout = \"300ms\"\n"+gatewayESME("max_binds = 2")+
		"[[esme]]\nsystem_id = \"far\"\npassword_file = \"hash\"\nnetworks = [\"192.0.2.0/24\", \"2001:db8::1\"]\n"+
		"[[esme]]\nsystem_id = \"near\"\npassword_file = \"hash\"\nnetworks = [\"127.0.0.1\"]\n", newMSC(t, delivered))
	tests := []struct {
		name, systemID, password string
		mode                     smpp.BindMode
		want                     smpp.Status
	}{
		{"right, transceiver", "ppg", "secret", smpp.Transceiver, smpp.StatusOK},
		{"right, transmitter", "ppg", "secret", smpp.Transmitter, smpp.StatusOK},
		{"right, receiver", "ppg", "secret", smpp.Receiver, smpp.StatusOK},
		{"right, from its network", "near", "secret", smpp.Transceiver, smpp.StatusOK},
		{"wrong password", "ppg", "Secret", smpp.Transceiver, smpp.StatusInvPaswd},
		{"no password", "ppg", "", smpp.Transceiver, smpp.StatusInvPaswd},
		{"nobody", "ppgx", "secret", smpp.Transceiver, smpp.StatusInvSysID},
		{"from another network", "far", "secret", smpp.Transceiver, smpp.StatusBindFail},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			session, err := dial(s, tt.systemID, tt.password, tt.mode)
			if got := bindStatus(t, err); got != tt.want {
				t.Fatalf("answered %v, want %v", got, tt.want)
			}
			if err != nil {
				return
			}
			if tt.mode == smpp.Receiver {
				if err := session.TrySend(pushTo(number(1), nil), 0, nil); !errors.Is(err, smpp.ErrDirection) {
					t.Errorf("submitting as a receiver: %v", err)
				}
			} else if r := call(t, session, pushTo(number(1), []byte("x"))); r.Outcome != smpp.Accepted {
				t.Errorf("submitting: %+v", r)
			}
			if err := session.Unbind(t.Context()); err != nil {
				t.Errorf("unbind: %v", err)
			}
			until(t, "the bind is counted out", func() bool { return s.standing().ESMEs[tt.systemID] == 0 })
		})
	}
}

func TestBindLimit(t *testing.T) {
	s := start(t, gatewayESME("max_binds = 2"), newMSC(t, delivered))
	first := bind(t, s, "ppg")
	bind(t, s, "ppg")
	if _, err := dial(s, "ppg", "secret", smpp.Transceiver); bindStatus(t, err) != smpp.StatusAlyBnd {
		t.Errorf("the third of two binds: %v", err)
	}
	first.Close()
	until(t, "a bind is counted out", func() bool { return s.standing().Binds == 1 })
	bind(t, s, "ppg")
}

// A password that was right is compared with its slow hash once.
func TestPasswordIsRemembered(t *testing.T) {
	s := start(t, gatewayESME(""), newMSC(t, delivered))
	bind(t, s, "ppg").Close()
	s.account("ppg").hash = []byte("nothing is this hash")
	bind(t, s, "ppg")
	if _, err := dial(s, "ppg", "other", smpp.Transceiver); bindStatus(t, err) != smpp.StatusInvPaswd {
		t.Errorf("another password: %v", err)
	}
}

// raw speaks SMPP octet by octet.
type raw struct {
	t testing.TB
	net.Conn
}

func dialRaw(t testing.TB, s *SMSC) raw {
	t.Helper()
	c, err := net.Dial("tcp", s.Address())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	_ = c.SetDeadline(time.Now().Add(patience))
	return raw{t, c}
}

func (c raw) send(sequence uint32, p smpp.PDU) {
	c.t.Helper()
	b, err := smpp.Append(nil, smpp.StatusOK, sequence, p)
	if err != nil {
		c.t.Fatal(err)
	}
	c.write(b)
}

func (c raw) write(b []byte) {
	c.t.Helper()
	if _, err := c.Write(b); err != nil {
		c.t.Fatal(err)
	}
}

// read is the next PDU, io.EOF after the last.
func (c raw) read() (smpp.Header, smpp.PDU, error) {
	var size [4]byte
	if _, err := io.ReadFull(c, size[:]); err != nil {
		return smpp.Header{}, nil, err
	}
	b := append(size[:], make([]byte, binary.BigEndian.Uint32(size[:])-4)...)
	if _, err := io.ReadFull(c, b[4:]); err != nil {
		return smpp.Header{}, nil, err
	}
	return smpp.Decode(b)
}

func (c raw) expect(command smpp.CommandID, status smpp.Status, sequence uint32) smpp.PDU {
	c.t.Helper()
	h, p, err := c.read()
	if err != nil || h.Command != command || h.Status != status || h.Sequence != sequence {
		c.t.Fatalf("got %v, %v, want %v %v %d", h, err, command, status, sequence)
	}
	return p
}

func (c raw) expectEnd() {
	c.t.Helper()
	if h, _, err := c.read(); err == nil {
		c.t.Fatalf("got %v, want the end of the connection", h)
	} else if errors.Is(err, os.ErrDeadlineExceeded) {
		c.t.Fatal("the connection stays open")
	}
}

func (c raw) bind(name string) {
	c.t.Helper()
	c.send(1, &smpp.Bind{Mode: smpp.Transceiver, SystemID: name, Password: "secret", InterfaceVersion: smpp.Version34})
	c.expect(smpp.CommandBindTransceiverResp, smpp.StatusOK, 1)
}

func TestConnectionsWithoutBind(t *testing.T) {
	s := start(t, "[smsc]\nbind_timeout = \"200ms\"\n"+gatewayESME(""), newMSC(t, delivered))
	t.Run("silent", func(t *testing.T) { dialRaw(t, s).expectEnd() })
	t.Run("a submission before the bind", func(t *testing.T) {
		c := dialRaw(t, s)
		c.send(7, pushTo(number(1), nil))
		c.expect(smpp.CommandDataSMResp, smpp.StatusInvBndSts, 7)
		c.bind("ppg")
	})
	t.Run("a second bind", func(t *testing.T) {
		c := dialRaw(t, s)
		c.bind("ppg")
		c.send(2, &smpp.Bind{Mode: smpp.Transceiver, SystemID: "ppg", Password: "secret"})
		c.expect(smpp.CommandBindTransceiverResp, smpp.StatusAlyBnd, 2)
		c.send(3, &smpp.EnquireLink{})
		c.expect(smpp.CommandEnquireLinkResp, smpp.StatusOK, 3)
	})
	t.Run("another protocol", func(t *testing.T) {
		c := dialRaw(t, s)
		c.write([]byte("GET / HTTP/1.1\r\nHost: x\r\n\r\n"))
		c.expect(smpp.CommandGenericNack, smpp.StatusInvCmdLen, 0)
		c.expectEnd()
	})
}

// An ESME that says nothing is asked.
func TestEnquireLink(t *testing.T) {
	s := start(t, "[smsc]\nenquire_interval = \"50ms\"\n"+gatewayESME(""), newMSC(t, delivered))
	c := dialRaw(t, s)
	c.bind("ppg")
	h, _, err := c.read()
	if err != nil || h.Command != smpp.CommandEnquireLink {
		t.Fatalf("got %v, %v", h, err)
	}
	c.send(h.Sequence, &smpp.EnquireLinkResp{})
	c.send(9, &smpp.Unbind{})
	c.expect(smpp.CommandUnbindResp, smpp.StatusOK, 9)
	c.expectEnd()
}

func TestTLS(t *testing.T) {
	config := writeCertificate(t)
	s := start(t, "[smsc]\ntls_cert = \""+config.cert+"\"\ntls_key = \""+config.key+"\"\nbind_timeout = \"1s\"\n"+gatewayESME(""), newMSC(t, delivered))
	session, err := smpp.Dial(t.Context(), s.Address(), smpp.Bind{Mode: smpp.Transceiver, SystemID: "ppg", Password: "secret"},
		smpp.ClientConfig{TLS: &tls.Config{RootCAs: config.pool, ServerName: "127.0.0.1", MinVersion: tls.VersionTLS12}})
	if err != nil {
		t.Fatal(err)
	}
	defer session.Close()
	if r := call(t, session, pushTo(number(1), text("x", 200))); r.Outcome != smpp.Accepted {
		t.Errorf("%+v", r)
	}
	if _, err := dial(s, "ppg", "secret", smpp.Transceiver); err == nil || strings.Contains(err.Error(), "refused") {
		t.Errorf("without TLS: %v", err)
	}
}

// Connections beyond the limit wait until one ends.
func TestConnectionLimit(t *testing.T) {
	s := start(t, "[smsc]\nmax_connections = 1\n"+gatewayESME(""), newMSC(t, delivered))
	first := dialRaw(t, s)
	first.bind("ppg")
	second := dialRaw(t, s)
	second.send(1, &smpp.Bind{Mode: smpp.Transceiver, SystemID: "ppg", Password: "secret"})
	_ = second.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
	if _, _, err := second.read(); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Fatalf("the second of one connection: %v", err)
	}
	_ = second.SetReadDeadline(time.Now().Add(patience))
	_ = first.Close()
	second.expect(smpp.CommandBindTransceiverResp, smpp.StatusOK, 1)
}

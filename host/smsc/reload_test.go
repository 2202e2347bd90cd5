package smsc

import (
	"crypto/tls"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/crypto/bcrypt"

	"github.com/ppgbox/ppgbox/sdk/smpp"
)

// reload has the SMSC take another configuration, whose ESMEs all have the password. It listens as start makes it.
func reload(t *testing.T, s *SMSC, password, text string) (restart []string) {
	t.Helper()
	text = strings.Replace(text, "[smsc]\n", "[smsc]\nlisten = \"127.0.0.1:0\"\nadmin = \"127.0.0.1:0\"\n", 1)
	dir := t.TempDir()
	hash, err := bcrypt.GenerateFromPassword([]byte(password), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string]string{"smsc.toml": text, "hash": string(hash) + "\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	c, err := Load(filepath.Join(dir, "smsc.toml"))
	if err != nil {
		t.Fatal(err)
	}
	return s.Reload(c)
}

func TestReload(t *testing.T) {
	t.Parallel()
	m := newMSC(t, nil)
	rest := "[smsc]\n[[delivery]]\naddress = \"" + m.address() + "\"\nsystem_id = \"smsc\"\n"
	s := start(t, rest+gatewayESME("window = 1")+strings.Replace(gatewayESME(""), "ppg", "goes", 1))
	session, goes := bind(t, s, "ppg"), bind(t, s, "goes")
	first := submit(t, session, pushTo(number(1), text("first", 20)))
	onAir := m.next()
	if r := call(t, session, pushTo(number(2), text("second", 20))); r.Status != smpp.StatusThrottled {
		t.Errorf("beyond the window: %v", r.Status)
	}

	restart := reload(t, s, "other", rest+gatewayESME("window = 2")+strings.Replace(gatewayESME(""), "ppg", "comes", 1))
	if len(restart) != 0 {
		t.Errorf("needs a restart for %v", restart)
	}
	<-goes.Done()
	if _, err := dial(s, "goes", "other", smpp.Transceiver); bindStatus(t, err) != smpp.StatusInvSysID {
		t.Errorf("bind of an ESME that is gone: %v", err)
	}
	for password, want := range map[string]smpp.Status{"secret": smpp.StatusInvPaswd, "other": smpp.StatusOK} {
		for _, name := range []string{"ppg", "comes"} {
			bound, err := dial(s, name, password, smpp.Transceiver)
			if got := bindStatus(t, err); got != want {
				t.Errorf("bind of %s with password %s: %v, want %v", name, password, got, want)
			}
			if err == nil {
				bound.Close()
				<-bound.Done()
			}
		}
	}
	// The link that was there goes on, with what was on the way and the new window.
	second := submit(t, session, pushTo(number(2), text("second", 20)))
	also := m.next()
	if r := call(t, session, pushTo(number(3), text("third", 20))); r.Status != smpp.StatusThrottled {
		t.Errorf("beyond the new window: %v", r.Status)
	}
	m.reply(onAir, smpp.StatusOK, nil)
	m.reply(also, smpp.StatusOK, nil)
	for name, c := range map[string]<-chan smpp.Result{"first": first, "second": second} {
		if r := receive(t, c, "an answer"); r.Outcome != smpp.Accepted {
			t.Errorf("%s: %+v", name, r)
		}
	}
	if a := s.account("ppg"); a.unheard != 0 || len(a.running) != 0 {
		t.Errorf("%d unanswered, %d running", a.unheard, len(a.running))
	}
}

// What can not be taken is named, and the rest is taken all the same.
func TestReloadNamesWhatNeedsARestart(t *testing.T) {
	t.Parallel()
	delivery := "[[delivery]]\naddress = \"127.0.0.1:9\"\nsystem_id = \"x\"\n"
	smsc := "[smsc]\n"
	c, err := load(t, "[smsc]\nlisten = \"127.0.0.1:0\"\nadmin = \"127.0.0.1:0\"\n"+gatewayESME("")+delivery)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name, text string
		want       []string
	}{
		{"nothing", smsc + gatewayESME("") + delivery, nil},
		{"an ESME", smsc + gatewayESME("rate = \"5/s\"") + delivery, nil},
		{"how many", smsc + "pending = 5\n" + gatewayESME("") + delivery, []string{"smsc"}},
		{"a delivery link", smsc + gatewayESME("") + delivery + "window = 5\n", []string{"delivery"}},
		{"the transactions", smsc + gatewayESME("") + delivery + "[transaction]\nwindow = \"5s\"\n", []string{"transaction"}},
		{"the reserve", smsc + gatewayESME("") + delivery + "[reserve]\nwindows = 5\n", []string{"reserve"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newSMSC(c, nil)
			if got := reload(t, s, "other", tt.text); !slices.Equal(got, tt.want) {
				t.Errorf("needs a restart for %v, want %v", got, tt.want)
			}
			if !new(password).right(s.account("ppg").hash, "other") {
				t.Error("the password is the old one")
			}
		})
	}
}

// A certificate that was renewed serves the next binds.
func TestReloadCertificate(t *testing.T) {
	t.Parallel()
	m := newMSC(t, delivered)
	config := func(c certificate) string {
		return "[smsc]\ntls_cert = \"" + c.cert + "\"\ntls_key = \"" + c.key + "\"\n" + gatewayESME("") +
			"[[delivery]]\naddress = \"" + m.address() + "\"\nsystem_id = \"smsc\"\n"
	}
	old, renewed := writeCertificate(t), writeCertificate(t)
	s := start(t, config(old))
	binds := func(c certificate) bool {
		session, err := smpp.Dial(t.Context(), s.Address(), smpp.Bind{Mode: smpp.Transceiver, SystemID: "ppg", Password: "secret"},
			smpp.ClientConfig{TLS: &tls.Config{RootCAs: c.pool, ServerName: "127.0.0.1", MinVersion: tls.VersionTLS12}})
		if err != nil {
			return false
		}
		session.Close()
		<-session.Done()
		return true
	}
	if !binds(old) || binds(renewed) {
		t.Fatal("it does not show its certificate")
	}
	if restart := reload(t, s, "secret", config(renewed)); len(restart) != 0 {
		t.Errorf("needs a restart for %v", restart)
	}
	if binds(old) || !binds(renewed) {
		t.Error("it does not show the new certificate")
	}
}

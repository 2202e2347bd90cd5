package integration

import (
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ppgbox/ppgbox/integration/initiator"
	"github.com/ppgbox/ppgbox/integration/peers"
	"github.com/ppgbox/ppgbox/integration/process"
)

// What is planted, each where the gateway meets it, and none a part of another.
const (
	secretSMPP     = "PlntSmpp"               // the password at an SMSC, at most 8 octets
	secretRefused  = "PlntRfsd"               // the one at an SMSC that refuses it
	secretGuess    = "planted-guess-1f0c"     // a wrong password of a Push Initiator
	secretBearer   = "planted-bearer-77ab"    // an Authorization that is no Basic
	secretUser     = "planted-username-9d31"  // a password that was typed as the username
	secretEnv      = "planted-environ-42cc"   // of the host's environment
	secretNotify   = "planted-notify-5e5e"    // the password in a ppg-notify-requested-to
	secretContent  = "planted-content-b00c"   // what a push says to its recipient
	secretResponse = "planted-response-31fe"  // a header of the Push Initiator's answer
	secretConfig   = "planted-plaintext-e0e0" // a password in a configuration that is wrong
)

// Nothing secret gets out: a run that logs everything, with successes, refusals, wrong logins and an SMSC that refuses the bind leaves no
// password in logs, metrics, status, trace, answers, notifications, plugin environments or, where it is not needed, on disk.
func TestSecretsStayInside(t *testing.T) {
	smsc := peers.StartNodeSMSC(t)
	refusing := refuseBinds(t)
	t.Setenv("PLANTED_TOKEN", secretEnv)
	gateway := newBox(t, "")
	toml, err := os.ReadFile(filepath.Join(gateway.Folder, "ppgbox.toml"))
	if err != nil {
		t.Fatal(err)
	}
	gateway.Write(t, "smsc.password", secretSMPP+"\n")
	gateway.Write(t, "refusing.password", secretRefused+"\n")
	gateway.Write(t, "ppgbox.toml", string(toml)+fmt.Sprintf(numbersOfTwo, smsc.Address, refusing))
	gateway.Start(t, "sh", "-c", `exec "$@" --log-level=trace`, "sh")
	_, password := gateway.Credentials()

	told := &posts{}
	pi := httptest.NewServer(told)
	defer pi.Close()
	notifyTo := strings.Replace(pi.URL, "http://", "http://ppg:"+secretNotify+"@", 1) + "/notify"
	push := func(id, number string) initiator.Push {
		return initiator.Push{
			ID: id, NotifyTo: notifyTo, To: []string{gateway.Address(number)}, Type: "text/vnd.wap.si",
			Content: initiator.SI(siHref, siID, siAction, secretContent),
		}
	}
	var answers strings.Builder
	submit := func(c *initiator.Client, p initiator.Push) {
		t.Helper()
		a, err := c.Submit(p)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintln(&answers, a.Header, a.Body)
	}
	client := gateway.Client()
	submit(client, push("delivered@pi.example", "+46702000001"))
	told.await(t, "delivered@pi.example")
	smsc.Always(t, peers.Answer{Status: 0x0b}) // ESME_RINVDSTADR, SMPP 3.4 §5.1.3
	submit(client, push("refused@pi.example", "+46702000002"))
	told.await(t, "refused@pi.example")
	submit(client, push("delivered@pi.example", "+46702000003")) // a push-id twice
	submit(client, push("nobody@pi.example", "not a number"))
	submit(initiator.NewClient(gateway.PAP, "pi", secretGuess), push("guess@pi.example", "+46702000004"))
	submit(initiator.NewClient(gateway.PAP, secretUser, password), push("user@pi.example", "+46702000005"))
	fmt.Fprintln(&answers, postWith(t, gateway.PAP, "Bearer "+secretBearer))
	fmt.Fprintln(&answers, postWith(t, gateway.PAP, "Basic "+secretBearer)) // no base64
	process.Eventually(t, 30*time.Second, "a bind was refused", func() bool { return strings.Contains(gateway.Log(), "ESME_RINVPASWD") })

	outputs := map[string]string{
		"answers":       answers.String(),
		"notifications": told.text(),
		"/metrics":      body(t, gateway.Admin+"/metrics"),
		"/readyz":       second(ask(gateway.Admin + "/readyz")),
		"/healthz":      body(t, gateway.Admin+"/healthz"),
		"/v1/plugins":   body(t, gateway.Admin+"/v1/plugins"),
		"/v1/pending":   body(t, gateway.Admin+"/v1/pending"),
		"/v1/pushes":    body(t, gateway.Admin+"/v1/pushes?push-id=delivered@pi.example"),
	}
	for _, command := range [][]string{
		{"status", "refused@pi.example", "--json"}, {"trace", "refused@pi.example"}, {"trace", "delivered@pi.example"}, {"status"}, {"plugin", "list"},
	} {
		out, err := gateway.Command("", append(command, "--admin", gateway.Admin)...)
		outputs["ppgbox "+strings.Join(command, " ")] = fmt.Sprint(out, err)
	}
	gateway.Write(t, "wrong.toml", strings.Replace(string(toml), "[[policy]]", "[[policy]]\npassword = \""+secretConfig+"\"", 1))
	out, err := gateway.Command("", "check", "-c", "wrong.toml")
	if err == nil {
		t.Error("a configuration with an unknown key is right")
	}
	outputs["ppgbox check"] = fmt.Sprint(out, err)
	for _, pid := range gateway.Processes(t) {
		if pid == gateway.PID(t) {
			continue
		}
		environ, err := os.ReadFile(fmt.Sprintf("/proc/%d/environ", pid))
		if err != nil {
			t.Fatal(err)
		}
		commandLine, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
		outputs[fmt.Sprintf("plugin process %q", commandLine)] = string(environ) + string(commandLine)
	}
	gateway.Stop(t)
	outputs["log"] = gateway.Log()

	for _, witness := range []string{"[DEBUG]", "refused@pi.example", "wrong username or password"} {
		if !strings.Contains(outputs["log"], witness) {
			t.Errorf("the log has no %q: it is not the one to look into", witness)
		}
	}
	all := []string{
		password, secretSMPP, secretRefused, secretGuess, secretBearer, secretUser, secretEnv, secretNotify, secretContent, secretResponse,
		secretConfig,
	}
	for name, text := range outputs {
		notAmong(t, name, text, all)
	}
	// What was accepted is on disk, with the content and with the address that results go to.
	stored := 0
	data := filepath.Join(gateway.Folder, "data")
	err = filepath.WalkDir(data, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		stored += len(text)
		notAmong(t, path, string(text), []string{password, secretSMPP, secretRefused, secretGuess, secretBearer, secretUser, secretEnv, secretResponse, secretConfig})
		return err
	})
	if err != nil || stored == 0 {
		t.Errorf("%d octets in the store, %v", stored, err)
	}
}

// numbersOfTwo is a bearer with two links, of which one is never bound.
const numbersOfTwo = `
[plugin.sms]
use = "bearer/sms"
[plugin.sms.config]
source = "46700000001"
link = [
  { address = %q, system_id = "ppgbox", password_file = "smsc.password" },
  { address = %q, system_id = "ppgbox", password_file = "refusing.password" },
]

[[policy]]
name  = "numbers"
match = { address_type = "PLMN", content_type = "text/vnd.wap.*" }
[[policy.attempt]]
bearer = "sms"
within = "30s"
`

func notAmong(t *testing.T, name, text string, secrets []string) {
	t.Helper()
	for _, s := range secrets {
		if at := strings.Index(text, s); at >= 0 {
			t.Errorf("%s holds the secret %q: …%s…", name, s, text[max(0, at-100):min(len(text), at+len(s)+20)])
		}
	}
}

func second(_ int, text string) string { return text }

// postWith posts to the gateway with an Authorization of one's own and returns the answer.
func postWith(t *testing.T, url, authorization string) string {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader("<pap/>"))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", authorization)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusUnauthorized {
		t.Errorf("%s: HTTP %d, %v", authorization, response.StatusCode, err)
	}
	return fmt.Sprint(response.Header, string(text))
}

// posts is a Push Initiator that keeps what comes as it is, and refuses the first of it with a secret of its own.
type posts struct {
	mu  sync.Mutex
	all []string
}

// ServeHTTP implements http.Handler.
func (p *posts) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	text, _ := io.ReadAll(r.Body) // a part of it does as well
	_, password, _ := r.BasicAuth()
	p.mu.Lock()
	defer p.mu.Unlock()
	w.Header().Set("Set-Cookie", "session="+secretResponse)
	if len(p.all) == 0 || password != secretNotify {
		p.all = append(p.all, "denied")
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	r.Header.Del("Authorization") // there it belongs
	p.all = append(p.all, fmt.Sprint(r.Header, string(text)))
	w.WriteHeader(http.StatusAccepted)
}

func (p *posts) text() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return strings.Join(p.all, "\n")
}

func (p *posts) await(t *testing.T, pushID string) {
	t.Helper()
	process.Eventually(t, 60*time.Second, "a result notification for "+pushID, func() bool { return strings.Contains(p.text(), pushID) })
}

// refuseBinds is an SMSC that answers every bind with ESME_RINVPASWD (SMPP 3.4 §5.1.3).
func refuseBinds(t *testing.T) (address string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				pdu := make([]byte, 1024)
				if n, err := conn.Read(pdu); err != nil || n < 16 {
					return
				}
				answer := []byte{0, 0, 0, 17, 0x80, 0, 0, pdu[7], 0, 0, 0, 0x0e}
				_, _ = conn.Write(append(append(answer, pdu[12:16]...), 0))
				_, _ = conn.Read(pdu)
			}()
		}
	}()
	return listener.Addr().String()
}

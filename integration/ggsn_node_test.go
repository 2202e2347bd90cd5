package integration

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/ppgbox/ppgbox/integration/peers"
	"github.com/ppgbox/ppgbox/integration/process"
	"github.com/ppgbox/ppgbox/sdk/node"
	"github.com/ppgbox/ppgbox/sdk/push"
)

// Where the nodes of the tests of the push GGSN are, all of one network.
const (
	addressGGSN = "10.23.0.1"
	addressSGSN = "10.23.0.2"
	addressHLR  = "10.23.0.3"
	pushAPN     = "push.example"
	nodeToken   = "a token that is none of a secret"
)

// A pushGGSN says what a push GGSN is to be like.
type pushGGSN struct {
	Variant     string // of [activation]
	Unsolicited string // "refuse" or "accept"
	Patient     bool   // with a network that loses datagrams
	Secret      string // in the file "radius"
	More        string // further tables
}

// A pushNode is a running "ppgbox ggsn" and a gateway's connection with it.
type pushNode struct {
	t       testing.TB
	folder  string
	admin   string
	address string // for gateways
	process *process.Process
	client  *node.Client

	mu      sync.Mutex
	events  []node.Event
	results map[string]node.Result
}

// startPushNode starts one, in an isolated test, and connects with it.
func startPushNode(t testing.TB, g pushGGSN) *pushNode {
	t.Helper()
	if g.Variant == "" {
		g.Variant = "dynamic"
	}
	if g.Unsolicited == "" {
		g.Unsolicited = "refuse"
	}
	requests, timeout := 3, "2s"
	if g.Patient {
		requests, timeout = 8, "10s"
	}
	n := &pushNode{t: t, folder: t.TempDir(), admin: process.FreeAddress(t), address: process.FreeAddress(t), results: map[string]node.Result{}}
	n.write("token", strings.ReplaceAll(nodeToken, " ", "-")+"\n")
	n.write("radius", g.Secret+"\n")
	n.write("ggsn.toml", fmt.Sprintf(`[ggsn]
admin       = %q
apns        = [%q]
unsolicited = %q
[gtp]
control     = "%s:2123"
user        = "%s:2152"
sgsns       = ["10.23.0.0/26"]
t3_response = "200ms"
n3_requests = %d
[addresses]
pool        = ["10.46.0.0/16"]
[push]
source      = "10.46.0.1"
[activation]
variant     = %q
timeout     = %q
pause       = "200ms"
[node]
listen      = %q
token_file  = "token"
%s`, n.admin, pushAPN, g.Unsolicited, addressGGSN, addressGGSN, requests, g.Variant, timeout, n.address, g.More))
	n.start()
	client, err := node.Dial(n.address, node.DialOptions{
		Gateway: "test", LeastPause: 50 * time.Millisecond, OnEvent: n.noteEvent,
		Credentials: func() (node.Credentials, error) {
			return node.Credentials{Token: strings.ReplaceAll(nodeToken, " ", "-")}, nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	n.client = client
	t.Cleanup(client.Close)
	process.Eventually(t, 20*time.Second, "the gateway is connected", func() bool { return client.Link().Up })
	return n
}

func (n *pushNode) write(name, content string) {
	n.t.Helper()
	if err := os.WriteFile(filepath.Join(n.folder, name), []byte(content), 0o600); err != nil {
		n.t.Fatal(err)
	}
}

// start runs it, again after it ended, on the same folder.
func (n *pushNode) start() {
	n.t.Helper()
	cmd := exec.Command(os.Getenv(builtBinary), "ggsn", "-c", "ggsn.toml")
	cmd.Dir = n.folder
	n.process = process.Start(n.t, "ppgbox ggsn", cmd, nil)
	process.Eventually(n.t, 20*time.Second, "ppgbox ggsn is ready", func() bool {
		select {
		case <-n.process.Done():
			n.t.Fatal("ppgbox ggsn has ended")
		default:
		}
		return strings.Contains(n.process.Log(), ": ready: ")
	})
}

// stop ends it as an operator does.
func (n *pushNode) stop() {
	n.t.Helper()
	n.process.Signal(syscall.SIGTERM)
	if err := n.process.Wait(n.t, 20*time.Second); err != nil {
		n.t.Errorf("ppgbox ggsn ended with %v", err)
	}
}

func (n *pushNode) noteEvent(e node.Event) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.events = append(n.events, e)
}

// awaitEvent waits for an event about a terminal.
func (n *pushNode) awaitEvent(kind node.EventKind, imsi push.IMSI) node.Event {
	n.t.Helper()
	var found node.Event
	process.Eventually(n.t, 10*time.Second, fmt.Sprintf("the gateway hears of %v of %s", kind, imsi), func() bool {
		n.mu.Lock()
		defer n.mu.Unlock()
		at := slices.IndexFunc(n.events, func(e node.Event) bool { return e.Kind == kind && e.IMSI == imsi })
		if at >= 0 {
			found = n.events[at]
		}
		return at >= 0
	})
	return found
}

// push hands a push to a terminal over, with an identifier of its own. Its result comes to result.
func (n *pushNode) push(id string, imsi push.IMSI) { n.pushOf(id, imsi, wspPush) }

// pushOf does so with another content.
func (n *pushNode) pushOf(id string, imsi push.IMSI, payload []byte) {
	n.client.Push(node.Push{
		ID: id, PushID: id + "@pi.example", IMSI: imsi, Payload: payload, TerminalPort: 2948, SourcePort: 9200, Within: 20 * time.Second,
	}, func(r node.Result) {
		n.mu.Lock()
		defer n.mu.Unlock()
		n.results[id] = r
	})
}

// result waits for the result of a push.
func (n *pushNode) result(id string) node.Result {
	n.t.Helper()
	var found node.Result
	process.Eventually(n.t, 25*time.Second, "the result of push "+id, func() (ok bool) {
		n.mu.Lock()
		defer n.mu.Unlock()
		found, ok = n.results[id]
		return ok
	})
	return found
}

// A shownContext is what the node tells an operator of a context.
type shownContext struct {
	IMSI    push.IMSI `json:"imsi"`
	Address string    `json:"address"`
	SGSN    string    `json:"sgsn"`
}

// contexts asks the node for its contexts.
func (n *pushNode) contexts() []shownContext {
	n.t.Helper()
	var all []shownContext
	n.ask("/v1/contexts", &all)
	return all
}

func (n *pushNode) ask(path string, into any) {
	n.t.Helper()
	client := http.Client{Timeout: 10 * time.Second}
	response, err := client.Get("http://" + n.admin + path)
	if err != nil {
		n.t.Fatal(err)
	}
	defer response.Body.Close()
	if err := json.NewDecoder(response.Body).Decode(into); err != nil {
		n.t.Fatal(err)
	}
}

// unhexed reads hexadecimal digits that are right.
func unhexed(text string) []byte {
	b, err := hex.DecodeString(text)
	if err != nil {
		panic(err)
	}
	return b
}

// onLoopback gives this isolated test the addresses of the nodes.
func onLoopback(t testing.TB, addresses ...string) {
	t.Helper()
	for _, a := range addresses {
		peers.Own().IP(t, "addr", "add", a+"/24", "dev", "lo")
	}
}

// asksByGTP has the node ask a register behind GTP at addressHLR.
const asksByGTP = `
[hlr]
backend = "gtp"
within  = "1s"
attempt = "400ms"
[hlr.gtp]
address     = "` + addressHLR + `:2123"
t3_response = "100ms"
echo        = "0s"
`

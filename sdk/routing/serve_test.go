package routing_test

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	goplugin "github.com/hashicorp/go-plugin"

	"github.com/ppgbox/ppgbox/sdk/pluginrpc"
	"github.com/ppgbox/ppgbox/sdk/routing"
)

// envChild makes the test binary a plugin.
const envChild = "PPGBOX_TEST_CHILD"

func TestMain(m *testing.M) {
	if os.Getenv(envChild) == "" {
		os.Exit(m.Run())
	}
	routing.Serve(&home{})
}

func TestServe(t *testing.T) {
	cmd := exec.Command(os.Args[0])
	cmd.Env = []string{envChild + "=1", "PLUGIN_UNIX_SOCKET_DIR=" + t.TempDir()}
	p := goplugin.NewClient(&goplugin.ClientConfig{
		HandshakeConfig: pluginrpc.Handshake(), VersionedPlugins: pluginrpc.ClientPlugins(), Cmd: cmd, SkipHostEnv: true,
		AllowedProtocols: []goplugin.Protocol{goplugin.ProtocolGRPC},
	})
	defer p.Kill()
	conn, err := p.Client()
	if err != nil {
		t.Fatal(err)
	}
	raw, err := conn.Dispense(pluginrpc.Name)
	if err != nil {
		t.Fatal(err)
	}
	info, err := raw.(*pluginrpc.Client).Describe(t.Context())
	if err != nil || string(info.Kind)+"/"+info.Name != "routing/home" {
		t.Errorf("the process is %s/%s, %v", info.Kind, info.Name, err)
	}
}

func TestServeByHand(t *testing.T) {
	cmd := exec.Command(os.Args[0])
	cmd.Env = []string{envChild + "=1"}
	out, err := cmd.CombinedOutput()
	if err == nil || !strings.Contains(string(out), "This program is routing/home 1.0, a plugin of the Push Proxy Gateway") {
		t.Errorf("%v: %s", err, out)
	}
}

package smsc

import (
	"errors"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/ppgbox/ppgbox/configs"
	"github.com/ppgbox/ppgbox/host/config"
)

// secrets replaces the names of secrets by files that load writes.
var secrets = strings.NewReplacer(`"secrets/ppgbox"`, `"hash"`, `"secrets/kannel"`, `"hash"`, `"secrets/msc"`, `"plain"`)

func TestSampleShowsDefaults(t *testing.T) {
	c, err := load(t, secrets.Replace(configs.SMSC))
	if err != nil {
		t.Fatal(err)
	}
	least, err := load(t, gatewayESME("")+strings.Replace(gatewayESME("adopt = true\n"), "ppg", "kannel", 1)+
		"[[delivery]]\naddress = \"x:1\"\nsystem_id = \"x\"\n")
	if err != nil {
		t.Fatal(err)
	}
	// What the sample marks as an example is no default; where one has to be named beside it, it is that of the key.
	for _, k := range keys() {
		if k.Name == "smsc.listen" && (least.listen != strings.Trim(k.Default, `"`) || !strings.Contains(configs.SMSC, "default "+least.listen+":")) {
			t.Errorf("the default of smsc.listen is %s, and %s in its explanation", least.listen, k.Default)
		}
	}
	for i := range c.esmes {
		shown, def := &c.esmes[i], &least.esmes[i]
		shown.systemID, shown.hash, shown.networks = def.systemID, def.hash, nil
		if i == 0 {
			shown.window = def.window
		}
		if !slices.Equal(shown.senders, def.senders) || shown.window != def.window || shown.maxBinds != def.maxBinds ||
			shown.answerWithin != def.answerWithin || shown.adoptTimer != def.adoptTimer || shown.adoptWindow != def.adoptWindow ||
			shown.errorBody != def.errorBody || shown.abandon != def.abandon || shown.other != def.other || shown.priority != def.priority {
			t.Errorf("the sample shows %+v, the defaults are %+v", *shown, *def)
		}
	}
	if c.transaction != least.transaction || c.reserve != least.reserve || c.pending != least.pending ||
		c.admin != least.admin || c.systemID != least.systemID || c.maxConnections != least.maxConnections || c.bindTimeout != least.bindTimeout ||
		c.enquireInterval != least.enquireInterval || c.windows[0] != least.windows[0] {
		t.Errorf("the sample shows %+v, the defaults are %+v", c, least)
	}
}

// The sample of configs starts, on free ports and without its other side.
func TestSampleStarts(t *testing.T) {
	text := strings.NewReplacer("127.0.0.1:2776", "127.0.0.1:0", "127.0.0.1:8082", "127.0.0.1:0").Replace(secrets.Replace(configs.SMSC))
	m := newMSC(t, delivered)
	text = strings.ReplaceAll(text, `"127.0.0.1:2775"`, `"`+m.address()+`"`)
	c, err := load(t, text)
	if err != nil {
		t.Fatal(err)
	}
	s, err := Start(c, hclog.NewNullLogger())
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		ctx, cancel := contextFor(time.Second)
		defer cancel()
		s.Stop(ctx)
	}()
	push := bind(t, s, "ppgbox")
	if r := call(t, push, pushTo(number(1), []byte("push"))); r.Status != 0 {
		t.Errorf("%+v", r)
	}
	bind(t, s, "kannel")
}

func TestReadmeAndKeys(t *testing.T) {
	readme := readFile(t, "README.md")
	var loaded int
	for _, block := range regexp.MustCompile("(?s)```toml\n(.*?)```").FindAllStringSubmatch(readme, -1) {
		if _, err := load(t, secrets.Replace(block[1])); err != nil {
			t.Errorf("%v in\n%s", err, block[1])
		}
		loaded++
	}
	if loaded == 0 {
		t.Error("no TOML in README.md")
	}
	for _, k := range keys() {
		section, name, _ := strings.Cut(strings.ReplaceAll(k.Name, "[]", ""), ".")
		if !strings.Contains(readme, "`"+section+"."+name+"`") && !(section == "delivery" && strings.Contains(readme, "`"+name+"`")) {
			t.Errorf("README.md does not name %s.%s", section, name)
		}
		if !regexp.MustCompile(`(?m)^(# *)?`+name+` *= `).MatchString(configs.SMSC) && !slices.Contains([]string{"password", "receiver_address", "system_type"}, name) {
			t.Errorf("configs/smsc.toml does not show %s.%s", section, name)
		}
		if k.Doc == "" {
			t.Errorf("%s is not explained", k.Name)
		}
	}
}

// Every row of the table of results is one that TestResults walks through, with the same status; every test of the table of faults
// exists.
func TestReadmeTables(t *testing.T) {
	readme := readFile(t, "README.md")
	for _, row := range resultRows() {
		line := regexp.MustCompile(`(?m)^\| ` + regexp.QuoteMeta(row.name) + ` \|.*$`).FindString(readme)
		if line == "" {
			t.Errorf("README.md has no row %q", row.name)
		} else if status := row.status.String(); strings.HasPrefix(status, "ESME_") && !strings.Contains(line, status) {
			t.Errorf("README.md says of %q\n%s\nthe answer is %s", row.name, line, status)
		}
	}
	files, err := filepath.Glob("*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	var sources strings.Builder
	for _, f := range files {
		sources.WriteString(readFile(t, f))
	}
	named := regexp.MustCompile(`\bTest\w+`).FindAllString(readme, -1)
	if len(named) < 10 {
		t.Errorf("README.md names the tests %q", named)
	}
	for _, name := range named {
		if !strings.Contains(sources.String(), "func "+name+"(") {
			t.Errorf("README.md names %s", name)
		}
	}
}

func TestConfigProblems(t *testing.T) {
	const delivery = "[[delivery]]\naddress = \"x:1\"\nsystem_id = \"x\"\n"
	tests := []struct {
		name, text string
		line       int
		key, says  string
	}{
		{"no TOML", "[smsc\n", 1, "", ""},
		{"an unknown key", gatewayESME("wndow = 3") + delivery, 4, "esme.0.wndow", "unknown key"},
		{"a value of another type", gatewayESME("window = \"3\"") + delivery, 4, "esme.0.window", "must be an integer"},
		{"no ESME", delivery, 1, "esme", "is missing"},
		{"no delivery link", gatewayESME(""), 1, "delivery", "is missing"},
		{"no name", "[[esme]]\npassword_file = \"hash\"\n" + delivery, 1, "esme.0.system_id", "is required"},
		{"a long name", "[[esme]]\nsystem_id = \"1234567890123456\"\npassword_file = \"hash\"\n" + delivery, 2, "esme.0.system_id", "1 to 15"},
		{"no password file", "[[esme]]\nsystem_id = \"x\"\n" + delivery, 1, "esme.0.password_file", "is required"},
		{"a password in the open", "[[esme]]\nsystem_id = \"x\"\npassword_file = \"plain\"\n" + delivery, 3, "esme.0.password_file", "no bcrypt hash"},
		{"a password file that is not there", "[[esme]]\nsystem_id = \"x\"\npassword_file = \"nofile\"\n" + delivery, 3, "esme.0.password_file", "nofile"},
		{"no network", gatewayESME("networks = [\"here\"]") + delivery, 4, "esme.0.networks", "here"},
		{"a class that is none", gatewayESME("class = \"best\"") + delivery, 4, "esme.0.class", "push"},
		{"a priority beyond", gatewayESME("priority = 8") + delivery, 4, "esme.0.priority", "-7 to 7"},
		{"no window", gatewayESME("window = 0") + delivery, 4, "esme.0.window", "1 to"},
		{"a rate that is none", gatewayESME("rate = \"fast\"") + delivery, 4, "esme.0.rate", "200/s"},
		{"a link loss that is none", gatewayESME("on_link_loss = \"cry\"") + delivery, 4, "esme.0.on_link_loss", "abandon"},
		{"a timer beyond the answer", gatewayESME("adopt = true\nadopt_timer = \"50s\"") + delivery, 5, "esme.0.adopt_timer", "shorter"},
		{"a timer and no adoption", gatewayESME("adopt_timer = \"5s\"") + delivery, 1, "esme.0.adopt", "must be true"},
		{"admin for everybody", "[smsc]\nadmin = \"0.0.0.0:1\"\n" + gatewayESME("") + delivery, 2, "smsc.admin", "loopback"},
		{"no port", "[smsc]\nlisten = \"localhost\"\n" + gatewayESME("") + delivery, 2, "smsc.listen", "host:port"},
		{"a certificate without key", "[smsc]\ntls_cert = \"plain\"\n" + gatewayESME("") + delivery, 2, "smsc.tls_cert", "together"},
		{"a certificate that is none", "[smsc]\ntls_cert = \"plain\"\ntls_key = \"plain\"\n" + gatewayESME("") + delivery, 2, "smsc.tls_cert", "PEM"},
		{"a duration that is none", "[transaction]\nwindow = \"soon\"\n" + gatewayESME("") + delivery, 2, "transaction.window", "duration"},
		{"a pause beyond the longest", "[transaction]\npause = \"10s\"\n" + gatewayESME("") + delivery, 1, "transaction.max_pause", "shorter"},
		{"references of 12 bits", "[transaction]\nreference_bits = 12\n" + gatewayESME("") + delivery, 2, "transaction.reference_bits", "8 or 16"},
		{"256 segments", "[transaction]\nmax_segments = 256\n" + gatewayESME("") + delivery, 2, "transaction.max_segments", "255"},
		{"an answer before the window ends", gatewayESME("answer_within = \"59s\"") + delivery, 4, "esme.0.answer_within", "shorter than transaction.window, 1m0s"},
		{"a window beyond the answer", "[transaction]\nwindow = \"91s\"\n" + gatewayESME("") + delivery, 3, "esme.0.answer_within", "it is 1m30s"},
		{"admin where ESMEs connect to", "[smsc]\nlisten = \":81\"\nadmin = \"127.0.0.1:81\"\n" + gatewayESME("") + delivery, 3, "smsc.admin", "taken by smsc.listen"},
		{"delivery to itself", gatewayESME("") + strings.Replace(delivery, "x:1", "localhost:2775", 1), 6, "delivery.0.address", "to itself"},
		{
			"a receiver at itself", gatewayESME("") + delivery + "bind = \"transmitter+receiver\"\nreceiver_address = \"127.0.0.1:2775\"\n", 9,
			"delivery.0.receiver_address", "to itself",
		},
		{"two ESMEs of one name", gatewayESME("") + gatewayESME("") + delivery, 6, "esme.1.system_id", "another ESME's"},
		{"all for push", "[reserve]\nwindows = 100\n" + gatewayESME("") + delivery, 2, "reserve.windows", "0 to 99"},
		{"a delivery link to nowhere", gatewayESME("") + "[[delivery]]\nsystem_id = \"x\"\naddress = \"x\"\n", 7, "delivery.0.address", "host:port"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := load(t, tt.text)
			var problems config.Problems
			if !errors.As(err, &problems) || len(problems) != 1 {
				t.Fatalf("problems: %v", err)
			}
			p := problems[0]
			if p.Key != tt.key || p.Line != tt.line || !strings.Contains(p.Text, tt.says) {
				t.Errorf("says %q in line %d, want %s: %s in line %d", p, p.Line, tt.key, tt.says, tt.line)
			}
		})
	}
}

func TestCollide(t *testing.T) {
	for _, tt := range []struct {
		listen, address string
		want            bool
	}{
		{"127.0.0.1:1", "127.0.0.1:1", true},
		{"127.0.0.1:1", "127.0.0.1:2", false},
		{"127.0.0.1:1", "127.0.0.2:1", false},
		{"127.0.0.1:1", "LocalHost:01", true},
		{"127.0.0.1:1", "[::ffff:127.0.0.1]:1", true},
		{"127.0.0.1:0", "127.0.0.1:0", false}, // any free port
		{":1", "127.0.0.1:1", true},
		{":1", "192.0.2.1:1", false}, // of another machine, as far as one can see
		{"0.0.0.0:1", "127.9.9.9:1", true},
		{"0.0.0.0:1", "[::1]:1", false},
		{"[::]:1", "[0:0::1]:1", true},
		{"192.0.2.1:1", "192.0.2.1:1", true},
		{"smsc.example.net:1", "SMSC.example.net:1", true},
		{"nonsense", "nonsense", false},
	} {
		if got := collide(tt.listen, tt.address); got != tt.want {
			t.Errorf("%s, %s: %v, want %v", tt.listen, tt.address, got, tt.want)
		}
	}
}

// An ESME that adopts may be answered earlier than the window ends; its default is.
func TestAdoptionIsAnsweredEarly(t *testing.T) {
	if _, err := load(t, gatewayESME("adopt = true\nanswer_within = \"20s\"")+"[[delivery]]\naddress = \"x:1\"\nsystem_id = \"x\"\n"); err != nil {
		t.Error(err)
	}
}

// The bits behind a prefix do not matter.
func TestNetworksAreMasked(t *testing.T) {
	c, err := load(t, gatewayESME("networks = [\"127.0.0.1/8\", \"2001:db8::1/32\"]")+"[[delivery]]\naddress = \"x:1\"\nsystem_id = \"x\"\n")
	if err != nil {
		t.Fatal(err)
	}
	for address, want := range map[string]bool{"127.0.0.1": true, "127.9.9.9": true, "2001:db8:9::9": true, "128.0.0.1": false, "::1": false} {
		if got := c.esmes[0].allows(netip.MustParseAddr(address)); got != want {
			t.Errorf("%s may connect: %v, want %v", address, got, want)
		}
	}
}

// A listener that can not be had is told with the file and the key.
func TestPortInUse(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	for key, text := range map[string]string{
		"smsc.listen": "listen = \"TAKEN\"\nadmin = \"\"\n", "smsc.admin": "listen = \"127.0.0.1:0\"\nadmin = \"TAKEN\"\n",
	} {
		c, err := load(t, "[smsc]\n"+strings.Replace(text, "TAKEN", taken.Addr().String(), 1)+gatewayESME("")+"[[delivery]]\naddress = \"127.0.0.1:1\"\nsystem_id = \"x\"\n")
		if err != nil {
			t.Fatal(err)
		}
		s, err := Start(c, nil)
		if err == nil {
			s.Stop(t.Context())
			t.Fatalf("%s: it starts", key)
		}
		if !strings.Contains(err.Error(), "smsc.toml: "+key+": listen tcp "+taken.Addr().String()) {
			t.Errorf("%s: says %v", key, err)
		}
	}
}

func readFile(t testing.TB, name string) string {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

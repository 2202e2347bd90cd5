package ggsn

import (
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/BurntSushi/toml"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/ppgbox/ppgbox/configs"
	"github.com/ppgbox/ppgbox/host/clock"
)

// load writes files into a folder and loads ggsn.toml of them.
func load(t *testing.T, files map[string]string) (*Config, error) {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return Load(filepath.Join(dir, "ggsn.toml"))
}

// The configuration that comes with the gateway is right, and so it is with everything in it that is a comment.
func TestShippedConfiguration(t *testing.T) {
	c, err := load(t, map[string]string{"ggsn.toml": configs.GGSN})
	if err != nil {
		t.Fatal(err)
	}
	if c.String() == "" || c.unsolicited || c.hlr.backend != "" {
		t.Errorf("%s: %+v", c, c)
	}
	var full strings.Builder
	for line := range strings.Lines(configs.GGSN) {
		text, commented := strings.CutPrefix(line, "# ")
		if commented && (strings.HasPrefix(text, "[") || strings.Contains(text, " = ")) && !strings.Contains(text, "tls_") && !strings.HasPrefix(text, "client_ca") && !strings.HasPrefix(text, "ca_file") {
			line = strings.ReplaceAll(text, "secrets/", "")
		}
		full.WriteString(line)
	}
	c, err = load(t, map[string]string{
		"ggsn.toml": full.String(), "radius": "testing123\n", "node": "0123456789abcdef\n", "relay": "relay secret\n", "static.csv": "240010123456790,10.47.0.8\n",
	})
	if err != nil {
		t.Fatal(err)
	}
	if c.hlr.backend != backendOsmoHLR || c.statics.Len() != 2 || c.tun == "" || c.nodeListen == "" || string(c.accounting.Secret) != "testing123" || len(c.names) != 2 ||
		c.registration.listen == "" || c.registration.client.Password != "relay secret" {
		t.Errorf("not all of it is there: %+v", c)
	}
}

// ggsn.toml names every key.
func TestShippedKeys(t *testing.T) {
	for _, k := range keys() {
		_, name, _ := cutLast(k.Name)
		if !strings.Contains(configs.GGSN, name+" ") {
			t.Errorf("%s is not in ggsn.toml", k.Name)
		}
	}
}

// The README names metrics that there are.
func TestReadmeNamesMetrics(t *testing.T) {
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	p := newPeer(t)
	c, err := Load(p.configuration())
	if err != nil {
		t.Fatal(err)
	}
	known := make(chan *prometheus.Desc, 1000)
	newMetrics(newGGSN(c, nil, clock.System())).registry.Describe(known)
	close(known)
	var names strings.Builder
	for d := range known {
		names.WriteString(d.String())
	}
	named := regexp.MustCompile(`ppgbox_ggsn_[a-z_]+`).FindAllString(string(text), -1)
	if len(named) < 10 {
		t.Errorf("it names %q", named)
	}
	for _, name := range named {
		if !strings.Contains(names.String(), `"`+name+`"`) {
			t.Errorf("there is no %s", name)
		}
	}
}

// What ggsn.toml shows as a default is the default.
func TestShippedDefaults(t *testing.T) {
	shown, without := defaults(), defaults()
	if _, err := toml.Decode(configs.GGSN, &shown); err != nil {
		t.Fatal(err)
	}
	// What is marked as an example.
	shown.GGSN.APNs, shown.GTP.Control, shown.GTP.User, shown.GTP.SGSNs, shown.Addresses.Pool, shown.Push.Source = nil, "", "", nil, nil, ""
	if !reflect.DeepEqual(shown, without) {
		t.Errorf("shows\n%+v, the defaults are\n%+v", shown, without)
	}
}

// The keys are those that are read, with their defaults.
func TestKeys(t *testing.T) {
	var text strings.Builder
	table := ""
	for _, k := range keys() {
		section, name, _ := cutLast(k.Name)
		if k.Required || strings.Contains(k.Name, "[]") || k.Default == `""` || k.Default == "[]" {
			continue
		}
		if section != table {
			table = section
			text.WriteString("[" + section + "]\n")
		}
		text.WriteString(name + " = " + k.Default + "\n")
	}
	said := defaults()
	meta, err := toml.Decode(text.String(), &said)
	if err != nil || len(meta.Undecoded()) > 0 {
		t.Fatalf("%v, not read are %v", err, meta.Undecoded())
	}
	if !reflect.DeepEqual(said, defaults()) {
		t.Errorf("the keys say\n%+v, the defaults are\n%+v", said, defaults())
	}
}

func cutLast(name string) (section, key string, ok bool) {
	i := strings.LastIndexByte(name, '.')
	return name[:max(i, 0)], name[i+1:], i >= 0
}

const right = `[ggsn]
apns = ["push.example"]
[gtp]
control = "127.0.0.1:2123"
user = "127.0.0.1:2152"
sgsns = ["192.0.2.0/24"]
[addresses]
pool = ["10.46.0.0/16"]
[push]
source = "10.46.0.1"
`

func TestConfigurationIsRefused(t *testing.T) {
	rows := []struct{ name, old, text, says string }{
		{"an unknown key", "[push]", "[push]\nsurce = 1", "push.surce: unknown key (did you mean \"source\"?)"},
		{"no access point", `["push.example"]`, "[]", "ggsn.apns: is missing"},
		{"an access point that is none", `"push.example"`, `"push example"`, "ggsn.apns.0: \"push example\" is no access point name"},
		{"the admin listener for everybody", "[gtp]", "admin = \"0.0.0.0:8083\"\n[gtp]", "ggsn.admin: must be a loopback address"},
		{"neither accept nor refuse", "[gtp]", "unsolicited = \"yes\"\n[gtp]", "ggsn.unsolicited: must be \"accept\" or \"refuse\""},
		{"no address to tell SGSNs", `"127.0.0.1:2123"`, `"0.0.0.0:2123"`, "gtp.control: must be an address of this machine"},
		{"a name for an address", `"127.0.0.1:2152"`, `"localhost:2152"`, "gtp.user: must be an address of this machine"},
		{"nobody may speak", `["192.0.2.0/24"]`, `[]`, "gtp.sgsns: is missing"},
		{"no network", `["192.0.2.0/24"]`, `["192.0.2.0/33"]`, "gtp.sgsns.0: \"192.0.2.0/33\" is no network"},
		{"Echo too often", "[addresses]", "echo = \"10s\"\n[addresses]", "gtp.echo: must be 1m0s or longer"},
		{"an SGSN that is not allowed", "[push]", "[[sgsn]]\nnames = [\"A\"]\naddress = \"198.51.100.1\"\n[push]", "sgsn.0.address: 198.51.100.1 is not among gtp.sgsns"},
		{"a name twice", "[push]", "[[sgsn]]\nnames = [\"A\", \"a\"]\naddress = \"192.0.2.1\"\n[push]", "sgsn.0.names: \"a\" has an address already"},
		{"no address for terminals", `["10.46.0.0/16"]`, "[]", "addresses.pool: is missing, and so are static addresses"},
		{"a pool of IPv6", `"10.46.0.0/16"`, `"2001:db8::/64"`, "addresses.pool: 2001:db8::/64 is no pool of IPv4 addresses"},
		{"a pool of everything", `"10.46.0.0/16"`, `"0.0.0.0/0"`, "addresses.pool: 0.0.0.0/0 is no pool"},
		{"pools that overlap", `"10.46.0.0/16"`, `"10.46.0.0/16", "10.46.8.0/24"`, "addresses.pool: 10.46.8.0/24 overlaps"},
		{"a static address twice", "[push]", "[[static]]\nimsi = \"240010000000001\"\naddress = \"10.47.0.1\"\n[[static]]\nimsi = \"240010000000002\"\naddress = \"10.47.0.1\"\n[push]", "static: address 10.47.0.1 belongs to two IMSIs"},
		{"a static address that is no terminal's", "[push]", "[[static]]\nimsi = \"240010000000001\"\naddress = \"127.0.0.1\"\n[push]", "static: "},
		{"a static address that is the node's", "[push]", "[[static]]\nimsi = \"240010000000001\"\naddress = \"10.46.0.1\"\n[push]", "static: 10.46.0.1 is an address of this node"},
		{"a file that is not there", "[push]", "static_file = \"nowhere.csv\"\n[push]", "addresses.static_file"},
		{"a wrong line in a file", "[push]", "static_file = \"bad.csv\"\n[push]", "addresses.static_file: bad.csv: line 2"},
		{"no source", `"10.46.0.1"`, `"::1"`, "push.source: must be the IPv4 address"},
		{"a TUN device's address without name", "[push]", "[tun]\naddress = \"10.46.0.1/16\"\n[push]", "tun.address: there is no tun.name"},
		{"accounting without secret", "[push]", "[radius]\nserver = \"127.0.0.1:1813\"\n[push]", "radius.secret_file: is missing"},
		{"interim records too often", "[push]", "[radius]\ninterim = \"1s\"\n[push]", "radius.interim: must be 1m or longer"},
		{"no such backend", "[push]", "[hlr]\nbackend = \"map\"\n[push]", "hlr.backend: \"map\" is none"},
		{"a backend without address", "[push]", "[hlr]\nbackend = \"gtp\"\n[push]", "hlr.gtp.address: \"\" is no address:port"},
		{"Sh without names", "[push]", "[hlr]\nbackend = \"sh\"\n[hlr.sh]\naddress = \"127.0.0.1:3868\"\n[push]", "hlr.sh.origin_realm: is missing"},
		{"a try longer than the time", "[push]", "[hlr]\nwithin = \"1s\"\nattempt = \"2s\"\n[push]", "hlr.attempt: 2s is longer than within"},
		{"no such variant", "[push]", "[activation]\nvariant = \"new\"\n[push]", "activation.variant"},
		{"gateways without token", "[push]", "[node]\nlisten = \"127.0.0.1:8084\"\n[push]", "node.token_file: is missing"},
		{"a token that is short", "[push]", "[node]\nlisten = \"127.0.0.1:8084\"\ntoken_file = \"bad.csv\"\n[push]", "node.token_file: a token has 16"},
		{"gateways elsewhere without TLS", "[push]", "[node]\nlisten = \"192.0.2.1:8084\"\ntoken_file = \"token\"\n[push]", "node.listen: 192.0.2.1:8084 is no loopback address"},
		{"registrations nowhere in particular", "[push]", "[registration]\nlisten = \":8090\"\ngateway = \"https://gateway:8090\"\nname = \"r\"\npassword_file = \"token\"\n[push]", "registration.listen: must be an address that terminals reach"},
		{"registrations passed on to nobody", "[push]", "[registration]\nlisten = \"10.46.0.1:8090\"\ngateway = \"\"\nname = \"r\"\npassword_file = \"token\"\n[push]", "registration.gateway: must be like https://"},
		{"a folder of a gateway", "[push]", "[registration]\nlisten = \"10.46.0.1:8090\"\ngateway = \"https://gateway:8090/v1\"\nname = \"r\"\npassword_file = \"token\"\n[push]", "registration.gateway: must be like https://"},
		{"passwords in clear", "[push]", "[registration]\nlisten = \"10.46.0.1:8090\"\ngateway = \"http://gateway:8090\"\nname = \"r\"\npassword_file = \"token\"\n[push]", "registration.gateway: must be https: passwords go to gateway:8090"},
		{"a relay without name", "[push]", "[registration]\nlisten = \"10.46.0.1:8090\"\ngateway = \"https://gateway:8090\"\nname = \"\"\npassword_file = \"token\"\n[push]", "registration.name: must be the name"},
		{"a relay with a colon", "[push]", "[registration]\nlisten = \"10.46.0.1:8090\"\ngateway = \"https://gateway:8090\"\nname = \"r:s\"\npassword_file = \"token\"\n[push]", "registration.name: must be the name"},
		{"a relay without password", "[push]", "[registration]\nlisten = \"10.46.0.1:8090\"\ngateway = \"https://gateway:8090\"\nname = \"r\"\npassword_file = \"\"\n[push]", "registration.password_file: is missing"},
		{"a certificate that is none", "[push]", "[registration]\nlisten = \"10.46.0.1:8090\"\ngateway = \"https://gateway:8090\"\nname = \"r\"\npassword_file = \"token\"\nca_file = \"token\"\n[push]", "registration.ca_file: has no certificate"},
		{"a key that is none", "[push]", "[registration]\nlisten = \"10.46.0.1:8090\"\ngateway = \"https://gateway:8090\"\nname = \"r\"\npassword_file = \"token\"\ntls_cert = \"token\"\ntls_key = \"token\"\n[push]", "registration.tls_cert: "},
		{"a gateway that is waited for too long", "[push]", "[registration]\ntimeout = \"1m\"\n[push]", "registration.timeout: must be from"},
		{"client certificates without TLS", "[push]", "[node]\nlisten = \"127.0.0.1:8084\"\ntoken_file = \"token\"\nclient_ca = \"token\"\n[push]", "node.client_ca: needs tls_cert"},
	}
	if _, err := load(t, map[string]string{"ggsn.toml": right}); err != nil {
		t.Fatal(err)
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			text := strings.Replace(right, row.old, row.text, 1)
			if text == right {
				t.Fatalf("%q is not in it", row.old)
			}
			_, err := load(t, map[string]string{"ggsn.toml": text, "bad.csv": "# short\nx,y\n", "token": "0123456789abcdef"})
			if err == nil || !strings.Contains(err.Error(), row.says) {
				t.Errorf("it says %v, want %q", err, row.says)
			}
		})
	}
}

func TestOwnName(t *testing.T) {
	g := &GGSN{config: &Config{apns: []string{"push.example", "wap"}}}
	for apn, want := range map[string]string{
		"": "push.example", "wap": "wap", "WAP": "wap", "wap.mnc001.mcc240.gprs": "wap", "push.example.MNC001.MCC240.GPRS": "push.example",
		"wapx": "", "wap.example": "", "mnc001.mcc240.gprs": "", "push": "", "wap.mnc": "",
	} {
		if got := g.ownName(apn); got != want {
			t.Errorf("%q is %q, want %q", apn, got, want)
		}
	}
}

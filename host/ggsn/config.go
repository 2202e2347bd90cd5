package ggsn

import (
	"fmt"
	"net/netip"
	"time"

	"github.com/ppgbox/ppgbox/host/config"
	"github.com/ppgbox/ppgbox/host/ggsn/accounting"
	"github.com/ppgbox/ppgbox/host/ggsn/activation"
	"github.com/ppgbox/ppgbox/host/ggsn/address"
	"github.com/ppgbox/ppgbox/sdk/gtp"
	"github.com/ppgbox/ppgbox/sdk/node"
	"github.com/ppgbox/ppgbox/sdk/plugin"
)

// Config is what the GGSN runs with. Load makes it.
type Config struct {
	file        string
	name        string
	state       string // file of the restart counter
	admin       string
	apns        []string // in lower case
	contexts    int
	unsolicited bool
	idle        time.Duration // 0 is for ever

	control, user         netip.AddrPort
	t3                    time.Duration
	n3                    int
	echo                  time.Duration // 0 is never
	createRate            float64       // a second, of each SGSN; 0 is no limit
	createBurst           int
	peerControl, peerUser uint16
	sgsns, rncs           []netip.Prefix
	names                 map[string]netip.Addr // of SGSNs, as the HLR names them
	pool                  []netip.Prefix
	quarantine            time.Duration
	statics               *address.Statics
	source                netip.Addr
	mtu                   int
	listen                time.Duration
	tun                   string
	tunAddress            netip.Prefix
	accounting            accounting.Config
	interim               time.Duration // 0 is never
	hlr                   hlrConfig
	variant               activation.Variant
	extension             uint16
	limits                activation.Limits
	nodeListen            string
	ggsn                  string // as gateways call this node in sessions
	node                  node.ServerOptions
	registration          registrationConfig
}

// file is the configuration as it is written.
type file struct {
	GGSN       ggsnFile       `toml:"ggsn"`
	GTP        gtpFile        `toml:"gtp"`
	SGSNs      []sgsnFile     `toml:"sgsn"`
	Addresses  addressesFile  `toml:"addresses"`
	Statics    []staticFile   `toml:"static"`
	Push       pushFile       `toml:"push"`
	TUN        tunFile        `toml:"tun"`
	RADIUS     radiusFile     `toml:"radius"`
	HLR        hlrFile        `toml:"hlr"`
	Activation activationFile `toml:"activation"`
	Node       nodeFile       `toml:"node"`
	Relay      relayFile      `toml:"registration"`
}

type ggsnFile struct {
	Name        string   `toml:"name"`
	State       string   `toml:"state"`
	Admin       string   `toml:"admin"`
	APNs        []string `toml:"apns"`
	Contexts    int      `toml:"contexts"`
	Unsolicited string   `toml:"unsolicited"`
	Idle        string   `toml:"idle"`
}

type gtpFile struct {
	Control     string   `toml:"control"`
	User        string   `toml:"user"`
	SGSNs       []string `toml:"sgsns"`
	RNCs        []string `toml:"rncs"`
	T3          string   `toml:"t3_response"`
	N3          int      `toml:"n3_requests"`
	Echo        string   `toml:"echo"`
	CreateRate  string   `toml:"create_rate"`
	CreateBurst int      `toml:"create_burst"`
	PeerControl int      `toml:"peer_control_port"`
	PeerUser    int      `toml:"peer_user_port"`
}

type sgsnFile struct {
	Names   []string `toml:"names"`
	Address string   `toml:"address"`
}

type addressesFile struct {
	Pool       []string `toml:"pool"`
	Quarantine string   `toml:"quarantine"`
	File       string   `toml:"static_file"`
}

type staticFile struct {
	IMSI    string `toml:"imsi"`
	Address string `toml:"address"`
}

type pushFile struct {
	Source string `toml:"source"`
	MTU    int    `toml:"mtu"`
	Listen string `toml:"listen_for_errors"`
}

type tunFile struct {
	Name    string `toml:"name"`
	Address string `toml:"address"`
}

type radiusFile struct {
	Server     string `toml:"server"`
	SecretFile string `toml:"secret_file"`
	Timeout    string `toml:"timeout"`
	MostPause  string `toml:"most_pause"`
	GiveUp     string `toml:"give_up"`
	Interim    string `toml:"interim"`
	Window     int    `toml:"window"`
	Queue      int    `toml:"queue"`
}

type activationFile struct {
	Variant           string `toml:"variant"`
	Extension         int    `toml:"extension"`
	Timeout           string `toml:"timeout"`
	Within            string `toml:"within"`
	Pause             string `toml:"pause"`
	Hold              string `toml:"hold"`
	Pushes            int    `toml:"pushes"`
	PushesPerTerminal int    `toml:"pushes_per_terminal"`
	Packets           int    `toml:"packets_per_terminal"`
	Questions         int    `toml:"questions"`
}

type nodeFile struct {
	Listen   string `toml:"listen"`
	Tokens   string `toml:"token_file"`
	Cert     string `toml:"tls_cert"`
	Key      string `toml:"tls_key"`
	ClientCA string `toml:"client_ca"`
	GGSN     string `toml:"ggsn"`
	Window   int    `toml:"window"`
	Gateways int    `toml:"gateways"`
}

func defaults() file {
	return file{
		GGSN: ggsnFile{
			Name: "ppgbox-ggsn", State: "data/ggsn-restart", Admin: "127.0.0.1:8083", Contexts: 100_000, Unsolicited: "refuse", Idle: "0s",
		},
		GTP: gtpFile{
			T3: "3s", N3: 5, Echo: "60s", CreateRate: "1000/s", CreateBurst: 1000, PeerControl: 2123, PeerUser: 2152,
		},
		Addresses: addressesFile{Quarantine: "5m"},
		Push:      pushFile{MTU: 1400, Listen: "300ms"},
		RADIUS: radiusFile{
			Timeout: "2s", MostPause: "30s", GiveUp: "10m", Interim: "10m", Window: 128, Queue: 200_000,
		},
		HLR: defaultHLR(),
		Activation: activationFile{
			Variant: "dynamic", Extension: int(gtp.APNExtensionID), Timeout: "45s", Within: "5m", Pause: "1s", Hold: "30s",
			Pushes: 200_000, PushesPerTerminal: 32, Packets: 8, Questions: 256,
		},
		Node:  nodeFile{Window: 10_000, Gateways: 16},
		Relay: relayFile{Timeout: "5s"},
	}
}

// Load reads a configuration file and the files that it names. What is wrong with it comes as config.Problems, all at once.
func Load(name string) (*Config, error) {
	c := &Config{file: name}
	err := config.LoadDeclared(name, keys(), func(dir string, section plugin.Config) error {
		p := &parser{config.Values{Dir: dir}}
		f := defaults()
		p.Problems = section.Decode(&f)
		p.ggsn(f.GGSN, c)
		p.gtp(f.GTP, f.SGSNs, c)
		p.addresses(f, c)
		p.tun(f.TUN, c)
		p.push(f.Push, c)
		p.radius(f.RADIUS, c)
		c.hlr = p.hlr(f.HLR)
		p.activation(f.Activation, c)
		p.node(f.Node, c)
		c.registration = p.registration(f.Relay)
		return p.Problems.Err()
	})
	if err != nil {
		return nil, err
	}
	return c, nil
}

// String says in a line what there is.
func (c *Config) String() string {
	wakes := "terminals without a context are not woken"
	if c.hlr.backend != "" {
		wakes = "terminals are woken, variant " + c.variant.String()
	}
	return fmt.Sprintf("GTP-C at %s, GTP-U at %s, static addresses: %d, %s", c.control, c.user, c.statics.Len(), wakes)
}

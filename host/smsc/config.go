package smsc

import (
	"crypto/tls"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"time"

	"github.com/ppgbox/ppgbox/host/config"
	"github.com/ppgbox/ppgbox/sdk/esme"
	"github.com/ppgbox/ppgbox/sdk/plugin"
	"github.com/ppgbox/ppgbox/sdk/smpp"
	"github.com/ppgbox/ppgbox/sdk/wdp"
)

// Config is what the SMSC runs with. Load makes it.
type Config struct {
	file            string
	written         file
	listen, admin   string
	systemID        string
	tls             *tls.Config // nil without
	maxConnections  int
	bindTimeout     time.Duration
	enquireInterval time.Duration
	pending         int

	esmes       []esmeConfig
	delivery    []esme.Config
	addresses   []string  // of the delivery links
	windows     []int     // of the delivery links
	rates       []float64 // of the delivery links, 0 without a limit
	transaction transactionConfig
	reserve     reserveConfig
}

// esmeConfig is one [[esme]].
type esmeConfig struct {
	systemID     string
	hash         []byte
	networks     []netip.Prefix
	senders      []string
	other        bool // class = "other"
	priority     int
	window       int
	rate         float64 // submissions a second, 0 without a limit
	maxBinds     int
	answerWithin time.Duration
	abandon      bool // on_link_loss = "abandon"
	errorBody    bool
	adopt        bool
	adoptTimer   time.Duration
	adoptWindow  int
}

// transactionConfig is [transaction].
type transactionConfig struct {
	window, pause, maxPause time.Duration
	resends                 int32
	wide                    bool
	maxSegments             int
	dataCoding              *smpp.DataCoding
}

// reserveConfig is [reserve], in percent.
type reserveConfig struct{ windows, rates int }

// file is the configuration as it is written.
type file struct {
	SMSC        smscFile        `toml:"smsc"`
	ESMEs       []esmeFile      `toml:"esme"`
	Delivery    []esme.File     `toml:"delivery"`
	Transaction transactionFile `toml:"transaction"`
	Reserve     struct {
		Windows int `toml:"windows"`
		Rates   int `toml:"rates"`
	} `toml:"reserve"`
}

type smscFile struct {
	Listen          string `toml:"listen"`
	Admin           string `toml:"admin"`
	SystemID        string `toml:"system_id"`
	TLSCert         string `toml:"tls_cert"`
	TLSKey          string `toml:"tls_key"`
	MaxConnections  int    `toml:"max_connections"`
	BindTimeout     string `toml:"bind_timeout"`
	EnquireInterval string `toml:"enquire_interval"`
	Pending         int    `toml:"pending"`
}

type transactionFile struct {
	Window        string `toml:"window"`
	Resends       int    `toml:"resends"`
	Pause         string `toml:"pause"`
	MaxPause      string `toml:"max_pause"`
	ReferenceBits int    `toml:"reference_bits"`
	MaxSegments   int    `toml:"max_segments"`
	DataCoding    *int   `toml:"data_coding"`
}

// Load reads a configuration file and the files that it names. What is wrong with it comes as config.Problems, all at once.
func Load(name string) (*Config, error) {
	c := &Config{file: name}
	err := config.LoadDeclared(name, keys(), func(dir string, section plugin.Config) error {
		p := &parser{config.Values{Dir: dir}}
		f := file{
			SMSC: smscFile{
				Listen: "127.0.0.1:2775", Admin: "127.0.0.1:8082", SystemID: "ppgbox", MaxConnections: 256, BindTimeout: "10s",
				EnquireInterval: "30s", Pending: 200_000,
			},
			Transaction: transactionFile{Window: "60s", Pause: "200ms", MaxPause: "5s", ReferenceBits: 8, MaxSegments: 10},
		}
		p.Problems = section.Decode(&f)
		p.smsc(f.SMSC, c)
		p.esmes(f.ESMEs, c)
		p.delivery(f.Delivery, c)
		p.transaction(f.Transaction, &c.transaction)
		c.reserve = reserveConfig{
			windows: p.Integer("reserve.windows", f.Reserve.Windows, 0, 99),
			rates:   p.Integer("reserve.rates", f.Reserve.Rates, 0, 99),
		}
		p.conflicts(f, c)
		c.written = f
		return p.Problems.Err()
	})
	if err != nil {
		return nil, err
	}
	return c, nil
}

// String says in a line what there is.
func (c *Config) String() string {
	return fmt.Sprintf("listening at %s, ESMEs: %d, delivery links: %d", c.listen, len(c.esmes), len(c.delivery))
}

// A parser checks a configuration and keeps what is wrong with it.
type parser struct{ config.Values }

func (p *parser) smsc(f smscFile, c *Config) {
	c.listen, c.admin, c.systemID = f.Listen, f.Admin, f.SystemID
	p.Address("smsc.listen", f.Listen)
	if f.Admin != "" {
		p.Address("smsc.admin", f.Admin)
		if host, _, err := net.SplitHostPort(f.Admin); err == nil && !loopback(host) {
			p.Problems.Addf("smsc.admin", "must be a loopback address such as 127.0.0.1:8082: there is no authentication at it")
		}
	}
	if n := len(f.SystemID); n == 0 || n > maxSystemID {
		p.Problems.Addf("smsc.system_id", "must have 1 to %d characters", maxSystemID)
	}
	c.maxConnections = p.Integer("smsc.max_connections", f.MaxConnections, 1, 100_000)
	c.bindTimeout = p.Duration("smsc.bind_timeout", f.BindTimeout, 10*time.Millisecond, 10*time.Minute)
	c.enquireInterval = p.Duration("smsc.enquire_interval", f.EnquireInterval, 10*time.Millisecond, time.Hour)
	c.pending = p.Integer("smsc.pending", f.Pending, 1, 10_000_000)
	if (f.TLSCert == "") != (f.TLSKey == "") {
		p.Problems.Addf("smsc.tls_cert", "tls_cert and tls_key go together")
	} else if f.TLSCert != "" {
		cert, err := tls.LoadX509KeyPair(p.Resolve(f.TLSCert), p.Resolve(f.TLSKey))
		if err != nil {
			p.Problems.Addf("smsc.tls_cert", "%v", err)
		}
		c.tls = &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{cert}}
	}
}

func (p *parser) delivery(files []esme.File, c *Config) {
	if len(files) == 0 {
		p.Problems.Addf("delivery", "is missing: there is no way to the network")
	}
	if len(files) > maxLinks {
		p.Problems.Addf("delivery", "%d links, there may be %d", len(files), maxLinks)
		return
	}
	for i, f := range files {
		at := "delivery." + strconv.Itoa(i) + "."
		f.PasswordFile, f.CAFile = p.Resolve(f.PasswordFile), p.Resolve(f.CAFile)
		if f.Window == nil {
			window := 100
			f.Window = &window
		}
		link := f.Parse(&p.Problems, at)
		link.Load(&p.Problems, at)
		c.delivery = append(c.delivery, link)
		c.addresses = append(c.addresses, f.Address)
		c.windows = append(c.windows, *f.Window)
		c.rates = append(c.rates, p.PerSecond(at+"rate", f.Rate))
	}
}

func (p *parser) transaction(f transactionFile, t *transactionConfig) {
	t.window = p.Duration("transaction.window", f.Window, time.Millisecond, 24*time.Hour)
	t.resends = int32(p.Integer("transaction.resends", f.Resends, 0, 1_000_000))
	t.pause = p.Duration("transaction.pause", f.Pause, time.Millisecond, time.Hour)
	t.maxPause = p.Duration("transaction.max_pause", f.MaxPause, time.Millisecond, time.Hour)
	if t.maxPause < t.pause {
		p.Problems.Addf("transaction.max_pause", "is shorter than pause")
	}
	if f.ReferenceBits != 8 && f.ReferenceBits != 16 {
		p.Problems.Addf("transaction.reference_bits", "must be 8 or 16, not %d", f.ReferenceBits)
	}
	t.wide = f.ReferenceBits == 16
	t.maxSegments = p.Integer("transaction.max_segments", f.MaxSegments, 1, wdp.MaxSegments)
	if f.DataCoding != nil {
		coding := smpp.DataCoding(p.Integer("transaction.data_coding", *f.DataCoding, 0, 0xFF))
		t.dataCoding = &coding
	}
}

func loopback(host string) bool {
	a, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && a.IsLoopback()
}

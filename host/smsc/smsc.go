package smsc

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/go-hclog"
	"golang.org/x/net/netutil"

	"github.com/ppgbox/ppgbox/host/loglimit"
	"github.com/ppgbox/ppgbox/sdk/esme"
	"github.com/ppgbox/ppgbox/sdk/smpp"
	"github.com/ppgbox/ppgbox/sdk/smstx"
)

// SMSC is the process: the server for ESMEs, the transactions, and the links to the network.
type SMSC struct {
	config   *Config
	log      hclog.Logger
	refusals *loglimit.Limit // of lines about binds and submissions that were refused
	failures *loglimit.Limit // of lines about messages that were not delivered
	metrics  *metrics

	accounts atomic.Pointer[map[string]*account] // by system_id
	tls      atomic.Pointer[tls.Config]          // of new connections, nil without
	hashing  chan struct{}                       // bounds how many passwords are compared at once
	binding  sync.Map                            // *account by address of the peer, of binds that were let in and have no session yet
	sessions sync.Map                            // *account by *smpp.Session

	started time.Time
	engine  *smstx.Engine
	network *network
	links   *esme.Links
	batch   smpp.Batch // of both sides
	reserve *reserve
	narrow  *smstx.References // 8 bits
	broad   *smstx.References // 16 bits

	// Of the call of transaction.done that runs; the engine makes one at a time, and a PDU is encoded within it.
	dataResp   smpp.DataSMResp
	submitResp smpp.SubmitSMResp

	idPrefix  string
	lastID    atomic.Uint64
	suspended atomic.Int64 // transactions without a result

	listener, adminListener net.Listener
	admin                   *http.Server
	stopListening           context.CancelFunc
	served                  chan struct{}
	stopping                atomic.Bool
	failed                  chan error
}

// newSMSC is an SMSC that opens nothing yet.
func newSMSC(c *Config, log hclog.Logger) *SMSC {
	if log == nil {
		log = hclog.NewNullLogger()
	}
	s := &SMSC{
		config: c, log: log, started: time.Now(), refusals: loglimit.New(), failures: loglimit.New(),
		hashing: make(chan struct{}, max(1, runtime.GOMAXPROCS(0)/2)),
		narrow:  smstx.NewReferences(false), broad: smstx.NewReferences(true),
		idPrefix: strconv.FormatInt(time.Now().Unix(), 16) + "-", served: make(chan struct{}), failed: make(chan error, 2),
	}
	s.network = newNetwork(s)
	s.engine = smstx.New(smstx.Options{Link: s.network, Pause: c.transaction.pause, MaxPause: c.transaction.maxPause})
	s.links = esme.New(c.delivery, esme.Options{Log: log.Named("delivery"), Ready: s.engine.Ready, Receive: s.fromNetwork, Batch: &s.batch})
	s.reserve = newReserve(c, s.engine.Ready)
	s.metrics = newMetrics(s)
	s.accounts.Store(&map[string]*account{})
	s.configure(c)
	return s
}

// Start opens the listeners and begins to bind the delivery links.
func Start(c *Config, log hclog.Logger) (*SMSC, error) {
	s := newSMSC(c, log)
	var err error
	if s.listener, err = net.Listen("tcp", c.listen); err != nil {
		return nil, fmt.Errorf("%s: smsc.listen: %w", c.file, err)
	}
	if c.admin != "" {
		if s.adminListener, err = net.Listen("tcp", c.admin); err != nil {
			_ = s.listener.Close()
			return nil, fmt.Errorf("%s: smsc.admin: %w", c.file, err)
		}
		s.serveAdmin()
	}
	s.links.Start()
	s.serve()
	return s, nil
}

// receiptWindow is how many receipts an ESME may leave unanswered; it gets no more of them then.
const receiptWindow = 1000

// serve takes connections of ESMEs.
func (s *SMSC) serve() {
	ctx, cancel := context.WithCancel(context.Background())
	s.stopListening = cancel
	l := netutil.LimitListener(s.listener, s.config.maxConnections)
	if s.config.tls != nil {
		l = tls.NewListener(l, &tls.Config{
			GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) { return s.tls.Load(), nil },
		})
	}
	cfg := smpp.ServerConfig{
		Config: smpp.Config{
			BindTimeout: s.config.bindTimeout, EnquireInterval: s.config.enquireInterval, MaxReceived: maxWindow + 1, Receive: s.receive,
			Window: receiptWindow, Batch: &s.batch,
		},
		SystemID: s.config.systemID, Authenticate: s.authenticate,
	}
	go func() {
		defer close(s.served)
		if err := smpp.Serve(ctx, l, cfg, s.bound, s.notBound); err != nil {
			s.failed <- err
		}
	}()
}

// Address is where ESMEs connect to.
func (s *SMSC) Address() string { return s.listener.Addr().String() }

// AdminAddress is where health and metrics are told, "" for nowhere.
func (s *SMSC) AdminAddress() string {
	if s.adminListener == nil {
		return ""
	}
	return s.adminListener.Addr().String()
}

// Failed tells what ends the SMSC from within.
func (s *SMSC) Failed() <-chan error { return s.failed }

// Suspended is how many transactions have no result yet.
func (s *SMSC) Suspended() int { return int(s.suspended.Load()) }

// unbindTime is how long ESMEs and the network may take to unbind, beyond the time for transactions.
const unbindTime = 2 * time.Second

// Stop ends the SMSC in order: it takes nothing more, gives back what has not begun, and lets the transactions on the way come to
// their end, for ctx at most.
func (s *SMSC) Stop(ctx context.Context) {
	s.stopping.Store(true)
	_ = s.listener.Close()
	s.giveBack()
	s.engine.Drain(ctx)
	after, cancel := context.WithTimeout(context.Background(), unbindTime)
	defer cancel()
	var unbound sync.WaitGroup
	s.sessions.Range(func(session, _ any) bool {
		unbound.Go(func() {
			if err := session.(*smpp.Session).Unbind(after); err != nil {
				s.log.Debug("an ESME did not unbind", "error", err)
			}
		})
		return true
	})
	unbound.Go(func() { s.links.Unbind(after) })
	unbound.Wait()
	s.stopListening()
	s.sessions.Range(func(session, _ any) bool {
		session.(*smpp.Session).Close()
		return true
	})
	<-s.served
	s.stopAdmin()
}

// giveBack answers the segments that wait for others: they were not sent, and somebody else may take them.
func (s *SMSC) giveBack() {
	for _, a := range *s.accounts.Load() {
		a.mu.Lock()
		for len(a.oldest) > 0 {
			g := a.oldest[0]
			a.letGo(g)
			a.forget(g)
			for i := range g.parts {
				for _, r := range g.parts[i].requests {
					a.release(r)
					s.count(a, smpp.StatusSysErr)
					s.send(r, smpp.StatusSysErr, nil)
				}
			}
		}
		a.mu.Unlock()
	}
}

func (s *SMSC) references(wide bool) *smstx.References {
	if wide {
		return s.broad
	}
	return s.narrow
}

// serveAdmin answers at the admin listener.
func (s *SMSC) serveAdmin() {
	s.admin = &http.Server{Handler: s.adminHandler(), ReadHeaderTimeout: 10 * time.Second, IdleTimeout: time.Minute, MaxHeaderBytes: 32 << 10}
	go func() {
		if err := s.admin.Serve(netutil.LimitListener(s.adminListener, 64)); !errors.Is(err, http.ErrServerClosed) {
			s.failed <- fmt.Errorf("admin listener: %w", err)
		}
	}()
}

func (s *SMSC) stopAdmin() {
	if s.admin == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if err := s.admin.Shutdown(ctx); err != nil {
		_ = s.admin.Close()
	}
}

package integration

import (
	"fmt"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"

	"github.com/ppgbox/ppgbox/integration/peers"
	"github.com/ppgbox/ppgbox/sdk/gtp"
	"github.com/ppgbox/ppgbox/sdk/push"
)

// A converter is ours: a GSN that takes Send Routeing Information for GPRS Requests (3GPP TS 29.060 §7.4.1) and has the answers of a
// real register, OsmoHLR, which it asks over the control interface where others speak MAP. No free program does that. It knows the GGSN of
// access points, for those who ask with the private extension of routing/hlr.
type converter struct {
	Address string
	hlr     *peers.OsmoHLR
	ggsns   map[gtp.APN]netip.Addr
	socket  *mischievous
	asking  sync.WaitGroup
}

// A mischievous socket sends what a test makes of an answer.
type mischievous struct {
	*net.UDPConn
	mu      sync.Mutex
	instead func(answer []byte) [][]byte
}

func (m *mischievous) WriteToUDPAddrPort(b []byte, to netip.AddrPort) (int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	answers := [][]byte{b}
	if m.instead != nil {
		answers = m.instead(b)
	}
	for _, answer := range answers {
		if _, err := m.UDPConn.WriteToUDPAddrPort(answer, to); err != nil {
			return 0, err
		}
	}
	return len(b), nil
}

// answerWith has the converter send something else instead of its answers; nil is its answers.
func (c *converter) answerWith(instead func([]byte) [][]byte) {
	c.socket.mu.Lock()
	defer c.socket.mu.Unlock()
	c.socket.instead = instead
}

// newConverter starts a converter at the port of GTP, in an isolated test.
func newConverter(t *testing.T, hlr *peers.OsmoHLR, ggsns map[gtp.APN]netip.Addr) *converter {
	t.Helper()
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 2123})
	if err != nil {
		t.Fatal(err)
	}
	c := &converter{Address: conn.LocalAddr().String(), hlr: hlr, ggsns: ggsns, socket: &mischievous{UDPConn: conn}}
	path := gtp.NewPath(c.socket, gtp.Config{RestartCounter: 7, Handler: c})
	served := make(chan error, 1)
	go func() { served <- path.Serve() }()
	t.Cleanup(func() {
		_ = path.Close()
		if err := <-served; err != nil {
			t.Error(err)
		}
		c.asking.Wait()
	})
	return c
}

// HandleRequest is part of gtp.Handler.
func (c *converter) HandleRequest(r *gtp.Request) {
	if m, ok := r.Message.(*gtp.SendRouteingInfoRequest); ok {
		c.asking.Go(func() { _ = r.Answer(0, c.answer(m)) })
	}
}

// Numbers of 3GPP TS 29.002 §17.6 and TS 23.040 §9.2.3.22.
const (
	mapUnknownSubscriber gtp.MAPCause             = 1
	mapAbsentSubscriber  gtp.MAPCause             = 27
	mapSystemFailure     gtp.MAPCause             = 34
	deregisteredForGPRS  gtp.MSNotReachableReason = 7
	purgedForGPRS        gtp.MSNotReachableReason = 8
)

// answer says what the register knows in the words of GTP.
func (c *converter) answer(m *gtp.SendRouteingInfoRequest) *gtp.SendRouteingInfoResponse {
	known, err := c.subscriber(m.IMSI)
	response := &gtp.SendRouteingInfoResponse{Cause: gtp.CauseRequestAccepted, IMSI: m.IMSI}
	switch {
	case err != nil:
		response.Cause, response.MAPCause = gtp.CauseSystemFailure, new(mapSystemFailure)
	case known == nil:
		response.Cause, response.MAPCause = gtp.CauseIMSINotKnown, new(mapUnknownSubscriber)
	case known["nam_ps"] == "0":
		response.MSNotReachableReason = new(deregisteredForGPRS)
	case known["ms_purged_ps"] == "1":
		response.MSNotReachableReason = new(purgedForGPRS)
	case known["sgsn_number"] == "":
		response.MAPCause = new(mapAbsentSubscriber)
	default:
		response.GSNAddress = netip.MustParseAddr(known["sgsn_number"]) // the SGSNs here are called by their addresses
	}
	asked, found, err := gtp.FindAPNExtension(m.Private, gtp.APNExtensionID)
	if !found || err != nil || !response.GSNAddress.IsValid() {
		return response
	}
	asked.GGSN = c.ggsns[asked.APN]
	if extension, err := asked.Private(gtp.APNExtensionID); err == nil {
		response.Private = []gtp.PrivateExtension{extension}
	}
	return response
}

// subscriber asks the register; nil is one that it does not have.
func (c *converter) subscriber(imsi push.IMSI) (map[string]string, error) {
	answer, err := c.hlr.Ask(fmt.Sprintf("GET 1 subscriber.by-imsi-%s.info", imsi))
	if err != nil || strings.HasPrefix(answer, "ERROR") {
		return nil, err
	}
	known := map[string]string{}
	for line := range strings.Lines(answer) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), "\t"); ok {
			known[name] = value
		}
	}
	return known, nil
}

package pushclient

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/ppgbox/ppgbox/contrib/handset"
	"github.com/ppgbox/ppgbox/contrib/handset/browser"
	"github.com/ppgbox/ppgbox/sdk/wsp"
)

// A Client is the push client of one terminal. It runs once.
type Client struct {
	// Registrar registers the terminal; nil if it is found without.
	Registrar *Registrar
	// Browser loads what indications speak of; nil: nothing is loaded.
	Browser *browser.Browser
	// Confirm asks the user whether to load an address; nil: the user says yes to everything.
	Confirm func(ctx context.Context, question string) bool
	// Commands are what takes the pushes of an application in place of the screen, with their arguments, by the application's URI as
	// wsp.ApplicationURI gives it; AnyApplication is for those that have none of their own.
	Commands map[string][]string
	// Report is told what happens, from several goroutines.
	Report func(Event)

	indications indications
}

// Applications that commands may be for beside those that have a name.
const (
	// AnyApplication is for all that have no command of their own.
	AnyApplication = "*"
	// defaultApplication is what a push without an application is for (WAP-251 §6.2.2.1).
	defaultApplication = "x-wap-application:wml.ua"
)

// mostWaiting is how many pushes may wait for a command or for the user.
const mostWaiting = 64

// A datagram is what came to the push port.
type datagram struct {
	from netip.AddrPort
	pdu  []byte
}

// Run takes the pushes that come to conn and keeps the terminal registered, until ctx ends; it then releases the registration and
// closes conn. An error is the listener's final refusal, or the socket's.
func (c *Client) Run(ctx context.Context, conn *net.UDPConn) error {
	listening, stop := context.WithCancel(context.WithoutCancel(ctx)) // until the release is answered
	context.AfterFunc(listening, func() { _ = conn.Close() })
	queue := make(chan datagram, mostWaiting)
	var parts sync.WaitGroup
	defer parts.Wait()
	defer stop()
	ended := make(chan error, 2)
	parts.Go(func() {
		defer close(queue)
		if err := c.receive(listening, conn, queue); err != nil {
			ended <- err
		}
	})
	// The user reads one push after the other, and none after the end.
	parts.Go(func() {
		for d := range queue {
			if ctx.Err() == nil {
				c.take(ctx, d)
			}
		}
	})
	if c.Registrar == nil {
		select {
		case err := <-ended:
			return err
		case <-ctx.Done():
			return nil
		}
	}
	keeping, give := context.WithCancel(ctx)
	defer give()
	kept := make(chan error, 1)
	parts.Go(func() { kept <- c.keep(keeping) })
	select {
	case err := <-ended: // without its socket there is no use in being registered
		give()
		<-kept
		return err
	case err := <-kept:
		return err
	}
}

// receive puts what comes into the queue, until the socket is closed.
func (c *Client) receive(ctx context.Context, conn *net.UDPConn, queue chan<- datagram) error {
	buffer := make([]byte, 1<<16)
	for {
		n, from, err := conn.ReadFromUDPAddrPort(buffer)
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil:
			return fmt.Errorf("push port: %w", err)
		}
		select {
		case queue <- datagram{from, append([]byte(nil), buffer[:n]...)}:
		default:
			c.report(Failed, "a push from %v is lost: %d wait already", from, mostWaiting)
		}
	}
}

// take does what a push is for.
func (c *Client) take(ctx context.Context, d datagram) {
	content, err := handset.Decode(d.pdu)
	if err != nil {
		c.report(Failed, "what came from %v is no push: %v", d.from, err)
		return
	}
	c.report(Pushed, "from %v: %s", d.from, content)
	if command := c.command(content.Application); command != nil {
		c.run(ctx, command, d.from, content)
		return
	}
	if content.Kind != handset.ServiceIndication && content.Kind != handset.ServiceLoading {
		return
	}
	if why := c.indications.refuse(content, time.Now()); why != "" {
		c.report(Ignored, "%s", why)
		return
	}
	if content.Link != "" && c.Browser != nil {
		c.load(ctx, content)
	}
}

// command returns that of an application, nil if there is none.
func (c *Client) command(application string) []string {
	if application == "" {
		application = defaultApplication
	}
	uri, err := wsp.ApplicationURI(application)
	if err != nil {
		uri = application
	}
	if command, ok := c.Commands[uri]; ok {
		return command
	}
	return c.Commands[AnyApplication]
}

// load does what the user does at an indication: confirm, and read. A service loading is for loading without a word (WAP-168 §4), but
// whoever knows the terminal's address could send it anywhere, so the user is asked, too.
func (c *Client) load(ctx context.Context, content *handset.Content) {
	if c.Confirm != nil && !c.Confirm(ctx, fmt.Sprintf("load %q?", content.Link)) {
		c.report(Declined, "%s", content.Link)
		return
	}
	c.report(Loading, "%s through %s", content.Link, c.Browser.Gateway)
	page, err := c.Browser.Load(ctx, content.Link)
	switch {
	case ctx.Err() != nil:
	case err != nil:
		c.report(Failed, "%v", err)
	default:
		c.report(Shown, "%s (%d, %s)\n%s", page.URL, page.Status, page.Type, page.Text)
	}
}

// Command pushclient is the push client of a terminal: it registers the terminal's address with the gateway, takes pushes, gives them to
// the commands of their applications or shows them, loads what indications speak of through a WAP gateway, and releases the
// registration when it is stopped. It prints what happens.
package main

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"os/signal"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/ppgbox/ppgbox/contrib/handset/browser"
	"github.com/ppgbox/ppgbox/contrib/handset/pushclient"
	"github.com/ppgbox/ppgbox/sdk/wsp"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	err := run(ctx, os.Args[1:], os.Stdin, os.Stdout)
	switch {
	case errors.Is(err, flag.ErrHelp):
	case err != nil:
		fmt.Fprintln(os.Stderr, "pushclient:", err)
		os.Exit(1)
	}
}

// options are the flags.
type options struct {
	url, user, passwordFile, device, ca string
	bind                                netip.Addr
	listen                              uint
	wap, confirm                        string
	commands                            map[string][]string
}

func parse(args []string) (o options, err error) {
	o.commands = make(map[string][]string)
	flags := flag.NewFlagSet("pushclient", flag.ContinueOnError)
	flags.StringVar(&o.url, "url", "", "`URL` of the gateway's client listener, as http://10.20.0.1:8090; without, nothing is registered")
	flags.StringVar(&o.user, "user", "", "static user identifier, as alice@push.example.net")
	flags.StringVar(&o.passwordFile, "password-file", "", "`FILE` with the user's password")
	flags.StringVar(&o.device, "device", "", "name of this terminal among the user's")
	flags.StringVar(&o.ca, "ca", "", "`FILE` with the certificates that the listener's is checked by (default those of the system)")
	flags.TextVar(&o.bind, "bind", netip.Addr{}, "`ADDRESS` to register and to listen at (default what the system takes)")
	flags.UintVar(&o.listen, "listen", 2948, "UDP `PORT` for pushes")
	flags.StringVar(&o.wap, "wap", "", "`HOST:PORT` of the WAP gateway, connectionless; port 9200 if there is none. Without, nothing is loaded")
	flags.StringVar(&o.confirm, "confirm", "ask", "whether to load what an indication speaks of: `yes, ask or no`")
	flags.Func("on", "`APPLICATION=COMMAND` that takes the pushes of an application in place of the screen; * is any other; may be repeated", o.addCommand)
	flags.Usage = func() { usage(flags) }
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	switch {
	case flags.NArg() > 0:
		return o, fmt.Errorf("%q is no flag", flags.Arg(0))
	case o.url != "" && (o.user == "" || o.passwordFile == ""):
		return o, errors.New("--url needs --user and --password-file")
	case o.listen > 65535:
		return o, fmt.Errorf("--listen %d is no port", o.listen)
	case o.confirm != "yes" && o.confirm != "ask" && o.confirm != "no":
		return o, fmt.Errorf("--confirm %q: must be yes, ask or no", o.confirm)
	}
	if o.wap != "" {
		if _, _, err := net.SplitHostPort(o.wap); err != nil {
			o.wap = net.JoinHostPort(strings.Trim(o.wap, "[]"), "9200") // WSP, connectionless (WAP-259 §6)
		}
	}
	return o, nil
}

// addCommand reads a command. Words are divided by blanks; there is no shell.
func (o options) addCommand(text string) error {
	application, command, _ := strings.Cut(text, "=")
	words := strings.Fields(command)
	if application == "" || len(words) == 0 {
		return errors.New("must be APPLICATION=COMMAND")
	}
	if application != pushclient.AnyApplication {
		uri, err := wsp.ApplicationURI(application)
		if err != nil {
			return err
		}
		application = uri
	}
	o.commands[application] = words
	return nil
}

func run(ctx context.Context, args []string, in io.Reader, out io.Writer) error {
	o, err := parse(args)
	if err != nil {
		return err
	}
	var mu sync.Mutex
	line := func(text string) {
		mu.Lock()
		defer mu.Unlock()
		fmt.Fprintln(out, time.Now().Format("15:04:05.000"), text)
	}
	client := &pushclient.Client{Commands: o.commands, Report: func(e pushclient.Event) { line(e.String()) }}
	if client.Registrar, err = o.registrar(); err != nil {
		return err
	}
	if o.wap != "" {
		client.Browser = &browser.Browser{Gateway: o.wap, Bind: o.bind}
	}
	switch o.confirm {
	case "no":
		client.Confirm = func(context.Context, string) bool { return false }
	case "ask":
		answers := lines(ctx, in)
		client.Confirm = func(ctx context.Context, question string) bool {
			line(question + " (y/n)")
			select {
			case answer := <-answers: // "" when there is nobody to ask
				return strings.HasPrefix(strings.ToLower(strings.TrimSpace(answer)), "y")
			case <-ctx.Done():
				return false
			}
		}
	}
	var local *net.UDPAddr
	if o.bind.IsValid() {
		local = net.UDPAddrFromAddrPort(netip.AddrPortFrom(o.bind, uint16(o.listen)))
	} else {
		local = &net.UDPAddr{Port: int(o.listen)}
	}
	conn, err := net.ListenUDP("udp", local)
	if err != nil {
		return err
	}
	line("listening at " + conn.LocalAddr().String())
	return client.Run(ctx, conn)
}

// registrar returns what registers, nil without --url.
func (o options) registrar() (*pushclient.Registrar, error) {
	if o.url == "" {
		return nil, nil
	}
	password, err := os.ReadFile(o.passwordFile)
	if err != nil {
		return nil, err
	}
	r := &pushclient.Registrar{
		URL: o.url, User: o.user, Password: strings.TrimRight(string(password), "\r\n"), Device: o.device, Bind: o.bind,
	}
	if o.ca != "" {
		certificates, err := os.ReadFile(o.ca)
		if err != nil {
			return nil, err
		}
		r.TLS = &tls.Config{RootCAs: x509.NewCertPool()}
		if !r.TLS.RootCAs.AppendCertsFromPEM(certificates) {
			return nil, fmt.Errorf("%s has no certificate", o.ca)
		}
	}
	return r, nil
}

// lines reads what the user types. The channel is closed at the end of it.
func lines(ctx context.Context, in io.Reader) <-chan string {
	c := make(chan string)
	go func() {
		defer close(c)
		for s := bufio.NewScanner(in); s.Scan(); {
			select {
			case c <- s.Text():
			case <-ctx.Done():
				return
			}
		}
	}()
	return c
}

// usage lists the flags as the README writes them, with two hyphens.
func usage(flags *flag.FlagSet) {
	out := flags.Output()
	var list strings.Builder
	flags.SetOutput(&list)
	flags.PrintDefaults()
	flags.SetOutput(out)
	fmt.Fprint(out, "Usage: pushclient [flags]", strings.ReplaceAll("\n"+list.String(), "\n  -", "\n  --"))
}

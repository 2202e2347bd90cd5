package pushclient

import (
	"bytes"
	"context"
	"net/netip"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/ppgbox/ppgbox/contrib/handset"
)

const (
	commandTime   = time.Minute
	longestOutput = 64 << 10
)

// run gives a push to a command: the body to its standard input, the rest as environment variables.
func (c *Client) run(ctx context.Context, command []string, from netip.AddrPort, content *handset.Content) {
	ctx, cancel := context.WithTimeout(ctx, commandTime)
	defer cancel()
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	cmd.WaitDelay = time.Second // for what a child of it holds open
	cmd.Stdin = bytes.NewReader(content.Body)
	cmd.Env = append(os.Environ(), environment(from, content)...)
	var out output
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	end := "ended"
	if err != nil {
		end = "failed: " + err.Error()
	}
	c.report(Ran, "%s", strings.TrimRight(command[0]+" "+end+"\n"+strings.ToValidUTF8(string(out.kept), "�"), "\n"))
}

// environment tells what a push says beside its body. Names that come over the air get the prefix that those of CGI have for the same
// reason.
func environment(from netip.AddrPort, content *handset.Content) []string {
	application := content.Application
	if application == "" {
		application = defaultApplication
	}
	all := []string{"PUSH_FROM=" + from.String(), "PUSH_CONTENT_TYPE=" + content.Type, "PUSH_APPLICATION=" + application}
	for _, h := range content.Headers {
		name := strings.Map(func(r rune) rune {
			switch {
			case r >= 'a' && r <= 'z':
				return r - 'a' + 'A'
			case r >= 'A' && r <= 'Z', r >= '0' && r <= '9':
				return r
			}
			return '_'
		}, h.Name)
		all = append(all, "PUSH_HEADER_"+name+"="+h.Value)
	}
	for i, v := range all {
		all[i] = strings.ReplaceAll(v, "\x00", "")
	}
	return all
}

// An output keeps the beginning of what a command prints.
type output struct{ kept []byte }

// Write implements io.Writer.
func (o *output) Write(b []byte) (int, error) {
	o.kept = append(o.kept, b[:min(len(b), longestOutput-len(o.kept))]...)
	return len(b), nil
}

package main

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/ppgbox/ppgbox/host/admin"
	"github.com/ppgbox/ppgbox/host/config"
	"github.com/ppgbox/ppgbox/host/dispatch"
	"github.com/ppgbox/ppgbox/host/gateway"
	"github.com/ppgbox/ppgbox/host/pap"
	"github.com/ppgbox/ppgbox/host/pluginhost"
	"github.com/ppgbox/ppgbox/host/policy"
	"github.com/ppgbox/ppgbox/host/store"
	"github.com/ppgbox/ppgbox/host/subscriber"
	"github.com/ppgbox/ppgbox/sdk/plugin"
	"github.com/ppgbox/ppgbox/sdk/push"
)

type explainCommand struct {
	configFile
	pushFlags
	Initiator string `help:"Name of the Push Initiator (default: the first of the configuration)." placeholder:"NAME"`
	JSON      bool   `help:"Print JSON."`
}

// Help implements kong.HelpProvider.
func (explainCommand) Help() string {
	return "Says which policy matches and why the earlier ones do not, the plan, and what the routing plugins answer now. Nothing is sent.\n\n" +
		"  ppgbox explain -c ppgbox.toml --pap control.xml message.si\n" +
		"  ppgbox explain -c ppgbox.toml --to 10.45.0.7 --sl http://example.com/"
}

// explanation is where a push would go for one recipient.
type explanation struct {
	Address   string           `json:"address"`
	Terminals []string         `json:"terminals,omitempty"` // that the address stands for now, with their sessions
	Unknown   string           `json:"unknown,omitempty"`   // why nothing is known of them
	Other     string           `json:"other,omitempty"`     // the running gateway has another configuration
	Verdicts  []policy.Verdict `json:"policies"`
	Refused   string           `json:"refused,omitempty"`
	Encoder   string           `json:"encoder,omitempty"`
	Attempts  []plannedAttempt `json:"attempts,omitempty"`
	Skipped   []policy.Skip    `json:"skipped,omitempty"`
}

type plannedAttempt struct {
	Bearer  string        `json:"bearer"`
	Within  string        `json:"within"`
	Retries int           `json:"retries"`
	After   string        `json:"after,omitempty"`
	Without []string      `json:"without,omitempty"` // terminals that its bearer can not serve
	Routing []routeAnswer `json:"routing,omitempty"`
}

type routeAnswer struct {
	Terminal string `json:"terminal,omitempty"` // of several
	Strategy string `json:"strategy"`
	Answer   string `json:"answer"`
}

// Run implements the command.
func (c explainCommand) Run(s streams) error {
	sub, err := c.submission()
	if err != nil {
		return err
	}
	cfg, err := load(c.Config)
	if err != nil {
		return err
	}
	plugins, err := describer(cfg)
	if err != nil {
		return err
	}
	ctx := context.Background()
	defer plugins.Stop(ctx)
	if err := check(ctx, cfg, plugins); err != nil {
		return err
	}
	initiator, err := c.initiator(cfg)
	if err != nil {
		return err
	}
	uses := map[string]string{}
	for _, p := range cfg.Plugins {
		uses[p.Name] = p.Use
	}
	infos := func(instance string) (plugin.Info, bool) {
		info, err := plugins.Describe(ctx, uses[instance])
		return info, err == nil
	}
	set, err := policies(cfg, infos)
	if err != nil {
		return err
	}
	if err := plugins.Start(ctx, routingOnly(cfg)); err != nil {
		return err
	}
	var list []explanation
	for _, a := range sub.Message.Addresses {
		list = append(list, explain(set, plugins, infos, permits(cfg), initiator, sub, a, c.resolve(cfg, a.Client)))
	}
	if c.JSON {
		return printJSON(s.out, list)
	}
	for _, e := range list {
		e.print(s.out)
	}
	return nil
}

func (c explainCommand) initiator(cfg *config.Config) (string, error) {
	for _, in := range cfg.Initiators {
		if c.Initiator == "" || c.Initiator == in.Name {
			return in.Name, nil
		}
	}
	return "", &exitError{exitUsage, fmt.Errorf("the configuration has no initiator %q", c.Initiator)}
}

// routingOnly leaves bearers and encoders out: they are not asked.
func routingOnly(cfg *config.Config) []pluginhost.Instance {
	var set []pluginhost.Instance
	for _, in := range instances(cfg) {
		if strings.HasPrefix(in.Use, string(plugin.KindRouting)+"/") {
			set = append(set, in)
		}
	}
	return set
}

// resolved is what an address stands for now, as the running gateway says.
type resolved struct {
	terminals []subscriber.Terminal // at least one
	unknown   string                // why nothing is known of them
	other     string                // how the running gateway differs
	refused   string                // why the address stands for nobody
}

// resolve asks the running gateway. Without one, an address is all that is known of the terminal.
func (c explainCommand) resolve(cfg *config.Config, a push.Address) resolved {
	alone := []subscriber.Terminal{{Lane: a.String(), Subscriber: push.Subscriber{Address: a, MSISDN: a.MSISDN()}}}
	if cfg.Listen.Admin == "" {
		return resolved{terminals: alone, unknown: "there is no admin listener to ask for subscribers and sessions"}
	}
	running := adminClient{Admin: "http://" + cfg.Listen.Admin}
	var answer admin.Resolved
	query := url.Values{"type": {string(a.Type)}, "value": {a.Value}}
	_, err := running.send(http.MethodGet, "/v1/resolve?"+query.Encode(), nil, 5*time.Second, &answer)
	switch {
	case err != nil:
		return resolved{terminals: alone, unknown: "no gateway runs at " + running.Admin + " that knows subscribers and sessions"}
	case answer.Error != "":
		return resolved{terminals: alone, refused: answer.Error}
	}
	var has admin.Configuration
	other := ""
	if _, err := running.call(http.MethodGet, "/v1/configuration", &has); err == nil && has.SHA256 != hex.EncodeToString(cfg.Sum[:]) {
		other = fmt.Sprintf("this is by %s as it is now; the running gateway has another configuration, from %s", cfg.File, has.File)
	}
	return resolved{terminals: answer.Terminals, other: other}
}

// describeTerminal tells a terminal with its sessions.
func describeTerminal(t subscriber.Terminal) string {
	text := t.Lane
	if t.Subscriber.IMSI != "" {
		text += ", IMSI " + string(t.Subscriber.IMSI)
	}
	for i, s := range t.Subscriber.Sessions {
		if i == 0 {
			text += ", online"
		}
		text += fmt.Sprintf(" at %s (ggsn %q, apn %q)", s.Address, s.GGSN, s.APN)
	}
	return text
}

func explain(
	set *policy.Set, plugins *pluginhost.Host, infos func(instance string) (plugin.Info, bool), allowed gateway.Permits,
	initiator string, sub *pap.Submission, a pap.Address, who resolved,
) explanation {
	p := &store.Push{PushID: sub.Message.PushID, Initiator: initiator, Message: sub.Content}
	if q := sub.Message.QoS; q != nil {
		p.Priority, p.Method = q.Priority, q.DeliveryMethod
		p.Network, p.NetworkNeeded, p.Bearer, p.BearerNeeded = q.Network, q.NetworkRequired, q.Bearer, q.BearerRequired
	}
	subject := dispatch.Subject(p, a.Client)
	e := explanation{Address: a.Text, Verdicts: set.Explain(subject), Unknown: who.unknown, Other: who.other}
	if refusal := allowed.Refuse(initiator, subject.Application); refusal != nil {
		e.Refused = refusal.Desc
		return e
	}
	if who.refused != "" && a.Client.Type == push.USER {
		e.Refused = who.refused
		return e
	}
	for _, t := range who.terminals {
		e.Terminals = append(e.Terminals, describeTerminal(t))
	}
	plan, err := set.Choose(subject)
	if err != nil {
		e.Refused = err.Error()
		return e
	}
	e.Encoder, e.Skipped = plan.Encoder, plan.Skipped
	for _, at := range plan.Attempts {
		pa := plannedAttempt{Bearer: at.Bearer, Within: at.Within.String(), Retries: at.Retry.Times}
		if at.Retry.Times > 0 {
			pa.After = at.Retry.After.String()
		}
		info, known := infos(at.Bearer)
		for _, t := range who.terminals {
			if known && a.Client.Type == push.USER && t.Subscriber.MSISDN == "" && !slices.Contains(info.AddressTypes, push.USER) {
				pa.Without = append(pa.Without, t.Lane)
				continue
			}
			req := push.RouteRequest{PushID: p.PushID, Subscriber: t.Subscriber, ApplicationID: subject.Application, Size: subject.Size}
			for _, strategy := range at.Routing {
				answer, ends := ask(plugins, strategy, req, at)
				r := routeAnswer{Strategy: strategy, Answer: answer}
				if len(who.terminals) > 1 {
					r.Terminal = t.Lane
				}
				pa.Routing = append(pa.Routing, r)
				if ends {
					break
				}
			}
		}
		e.Attempts = append(e.Attempts, pa)
	}
	return e
}

// ask puts the question that the dispatcher would put, and says whether the next strategy would not be asked any more.
func ask(plugins *pluginhost.Host, strategy string, req push.RouteRequest, at policy.Attempt) (answer string, ends bool) {
	done := make(chan struct{})
	plugins.Route(strategy, req, min(at.Within, 10*time.Second), func(r push.Route, err error) {
		defer close(done)
		switch {
		case err == nil:
			answer, ends = fmt.Sprintf("node %q, %s", r.Node, dispatch.DescribeRoute(r, req.Subscriber.Sessions, time.Now())), true
		default:
			answer = err.Error()
			ends = errors.Is(err, push.ErrNotAttached) || !errors.Is(err, push.ErrNotHere) && at.OnError == policy.OnErrorFail
		}
	})
	<-done
	return answer, ends
}

func (e explanation) print(w io.Writer) {
	fmt.Fprintln(w, e.Address)
	for _, remark := range []string{e.Other, e.Unknown} {
		if remark != "" {
			fmt.Fprintf(w, "  %s\n", remark)
		}
	}
	for _, t := range e.Terminals {
		fmt.Fprintf(w, "  terminal %s\n", t)
	}
	for _, v := range e.Verdicts {
		mark := "no "
		if v.Matched {
			mark = "yes"
		}
		fmt.Fprintf(w, "  policy %-4s%q: %s\n", mark, v.Policy, v.Text)
	}
	if e.Refused != "" {
		fmt.Fprintf(w, "  refused: %s\n", e.Refused)
		return
	}
	encoder := e.Encoder
	if encoder == "" {
		encoder = "none, the content passes unchanged"
	}
	fmt.Fprintf(w, "  encoder: %s\n", encoder)
	for i, a := range e.Attempts {
		retry := "no retry"
		if a.Retries > 0 {
			retry = fmt.Sprintf("%d retries, %s apart", a.Retries, a.After)
		}
		fmt.Fprintf(w, "  attempt %d: bearer %s within %s, %s\n", i+1, a.Bearer, a.Within, retry)
		for _, t := range a.Without {
			fmt.Fprintf(w, "    left out for %s: the bearer takes numbers alone, and none is known\n", t)
		}
		for _, r := range a.Routing {
			of := ""
			if r.Terminal != "" {
				of = " for " + r.Terminal
			}
			fmt.Fprintf(w, "    routing %s%s: %s\n", r.Strategy, of, r.Answer)
		}
	}
	for _, s := range e.Skipped {
		fmt.Fprintf(w, "  attempt %d of the policy is left out: bearer %s: %s\n", s.Attempt+1, s.Bearer, s.Reason)
	}
}

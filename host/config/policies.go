package config

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ppgbox/ppgbox/host/policy"
	"github.com/ppgbox/ppgbox/sdk/plugin"
	"github.com/ppgbox/ppgbox/sdk/push"
	"github.com/ppgbox/ppgbox/sdk/wsp"
)

var (
	addressTypes    = [...]string{string(push.PLMN), string(push.IPv4), string(push.IPv6), string(push.USER)}
	priorities      = [...]string{"low", "medium", "high"}
	deliveryMethods = [...]string{"notspecified", "unconfirmed", "preferconfirmed", "confirmed"}
)

// priorityOf and methodOf read the words of PAP, which the lists above hold (OMA-TS-PAP §9.2.2).
func priorityOf(word string) push.Priority {
	return map[string]push.Priority{"low": push.PriorityLow, "high": push.PriorityHigh}[word]
}

func methodOf(word string) push.DeliveryMethod {
	return map[string]push.DeliveryMethod{
		"unconfirmed": push.Unconfirmed, "preferconfirmed": push.PreferConfirmed, "confirmed": push.Confirmed,
	}[word]
}

// policies reads [[policy]], and reports those that a policy before them leaves nothing to.
func (r *reader) policies(ts []*table, plugins []Plugin) []policy.Policy {
	var ps []policy.Policy
	broken := make([]bool, len(ts)) // its match could not be read, so nothing follows from it
	for n, t := range ts {
		var p policy.Policy
		p, broken[n] = r.policy(t, plugins)
		if p.Name != "" && slices.ContainsFunc(ps, func(o policy.Policy) bool { return o.Name == p.Name }) {
			t.bad("name", "", "%q is the name of another policy", p.Name)
		}
		for i := range ps {
			if !broken[i] && !broken[n] && ps[i].Match.Covers(p.Match) {
				t.problem(t.path, "", "is never reached: policy %q on line %d takes every push that it is for; the special one has to come first",
					ps[i].Name, r.lines.of(ts[i].path))
			}
		}
		ps = append(ps, p)
	}
	return ps
}

func (r *reader) policy(t *table, plugins []Plugin) (p policy.Policy, brokenMatch bool) {
	defer t.done()
	before := len(r.problems)
	match := r.match(t.sub("match"))
	brokenMatch = len(r.problems) > before
	p = policy.Policy{
		Name:      t.required("name"),
		Match:     match,
		Encoder:   t.text("encoder", policy.EncoderAuto),
		Terminals: t.oneOf("terminals", policy.TerminalsAny, policy.TerminalsAny, policy.TerminalsAll),
	}
	if p.Encoder != policy.EncoderAuto && p.Encoder != policy.EncoderNone {
		r.instance(t.path.with("encoder"), p.Encoder, plugin.KindEncoder, plugins)
	}
	before = len(r.problems)
	for _, a := range t.tables("attempt") {
		p.Attempts = append(p.Attempts, r.attempt(a, plugins))
	}
	if len(p.Attempts) == 0 && len(r.problems) == before {
		t.problem(t.path.with("attempt"), "", "is required: at least one [[policy.attempt]] with a bearer")
	}
	return p, brokenMatch
}

func (r *reader) attempt(t *table, plugins []Plugin) policy.Attempt {
	defer t.done()
	a := policy.Attempt{
		Bearer:    t.required("bearer"),
		Routing:   t.texts("routing"),
		Within:    t.duration("within", time.Minute, time.Millisecond, 7*24*time.Hour),
		OnError:   t.oneOf("on_error", policy.OnErrorNext, policy.OnErrorNext, policy.OnErrorFail),
		OnUnknown: t.oneOf("on_unknown", policy.OnUnknownStop, policy.OnUnknownStop, policy.OnUnknownNext),
	}
	if a.Bearer != "" {
		r.instance(t.path.with("bearer"), a.Bearer, plugin.KindBearer, plugins)
	}
	for i, name := range a.Routing {
		if name != "" {
			r.instance(t.item("routing", i), name, plugin.KindRouting, plugins)
		}
	}
	retry := t.sub("retry")
	defer retry.done()
	a.Retry.Times = retry.number("times", 0, 0, 100)
	a.Retry.After = retry.duration("after", 5*time.Second, 0, 24*time.Hour)
	if a.Retry.Times > 0 && a.Retry.After >= a.Within {
		retry.bad("after", "", "is %s, so within %s there is no time for a retry", short(a.Retry.After), short(a.Within))
	}
	return a
}

// instance checks that a name is an instance of a kind.
func (r *reader) instance(p path, name string, kind plugin.Kind, plugins []Plugin) {
	var names []string
	for i := range plugins {
		if plugins[i].kind() == kind {
			names = append(names, plugins[i].Name)
		}
	}
	if slices.Contains(names, name) {
		return
	}
	if i := slices.IndexFunc(plugins, func(q Plugin) bool { return q.Name == name }); i >= 0 {
		if slices.Contains(kinds[:], string(plugins[i].kind())) { // otherwise its own use is the problem
			r.problem(p, nearest(name, names), "%q is no %s plugin: it uses %s", name, kind, plugins[i].Use)
		}
		return
	}
	if kind == plugin.KindEncoder {
		names = append(names, policy.EncoderAuto, policy.EncoderNone)
	}
	r.problem(p, nearest(name, names), "there is no %s plugin %q; [plugin.%s] would make one", kind, name, name)
}

func (r *reader) match(t *table) policy.Match {
	defer t.done()
	m := policy.Match{
		ContentType: t.texts("content_type"),
		Initiator:   t.texts("initiator"),
		Application: applicationURIs(t.texts("application")),
		UserDomain:  t.texts("user_domain"),
		Network:     t.texts("network"),
		Bearer:      t.texts("bearer"),
		MinSize:     int(t.size("min_size", 0, 0, 1<<30)),
		MaxSize:     int(t.size("max_size", 0, 1, 1<<30)),
	}
	for i, s := range m.ContentType {
		if s != "" && (strings.ContainsAny(s, "; ") || !strings.ContainsAny(s, "/*")) {
			t.problem(t.item("content_type", i), "", "must be a media type without parameters or a pattern like \"image/*\", not %q", s)
		}
	}
	for i, s := range t.texts("prefix") {
		digits := strings.TrimPrefix(s, "+")
		if _, err := strconv.ParseUint(digits, 10, 64); s != "" && (err != nil || len(digits) > 15) {
			t.problem(t.item("prefix", i), "", "must be leading digits of an MSISDN like \"+49170\", not %q", s)
		}
		m.Prefix = append(m.Prefix, digits)
	}
	for _, w := range t.words("address_type", addressTypes[:]) {
		m.AddressType = append(m.AddressType, push.AddressType(w))
	}
	for _, w := range t.words("priority", priorities[:]) {
		m.Priority = append(m.Priority, priorityOf(w))
	}
	for _, w := range t.words("delivery_method", deliveryMethods[:]) {
		m.DeliveryMethod = append(m.DeliveryMethod, methodOf(w))
	}
	r.possible(t, m)
	return m
}

// words returns a list out of a fixed set.
func (t *table) words(key string, allowed []string) []string {
	var out []string
	for i, s := range t.texts(key) {
		if !slices.Contains(allowed, s) {
			t.problem(t.item(key, i), nearest(s, allowed), "must be %s, not %q", alternatives(allowed), s)
			continue
		}
		out = append(out, s)
	}
	return out
}

// possible reports keys that no push can meet together.
func (r *reader) possible(t *table, m policy.Match) {
	takes := func(a push.AddressType) bool { return len(m.AddressType) == 0 || slices.Contains(m.AddressType, a) }
	switch {
	case len(m.Prefix) > 0 && len(m.UserDomain) > 0:
		t.bad("user_domain", "", "matches no push together with prefix: no address has both")
	case len(m.Prefix) > 0 && !takes(push.PLMN):
		t.bad("prefix", "", "matches no push: only PLMN addresses have one, and address_type leaves them out")
	case len(m.UserDomain) > 0 && !takes(push.USER):
		t.bad("user_domain", "", "matches no push: only USER addresses have one, and address_type leaves them out")
	}
	if m.MaxSize > 0 && m.MinSize > m.MaxSize {
		t.bad("max_size", "", "is %d, less than min_size with %d", m.MaxSize, m.MinSize)
	}
}

// applicationURIs writes applications by their one name, which pushes are compared by, whatever short name or number the file gives.
func applicationURIs(ids []string) []string {
	for i, id := range ids {
		if uri, err := wsp.ApplicationURI(id); err == nil {
			ids[i] = uri
		}
	}
	return ids
}

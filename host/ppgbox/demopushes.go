package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ppgbox/ppgbox/contrib/handset"
	"github.com/ppgbox/ppgbox/host/admin"
	"github.com/ppgbox/ppgbox/host/pap"
	"github.com/ppgbox/ppgbox/sdk/push"
)

// demoNumber is the telephone number of the demo's terminal.
const demoNumber = "+358401234567"

// demoPush is a push and what has to become of it.
type demoPush struct {
	title  string
	before func(*demoParts, context.Context, *story) error // what happens first, nil for nothing
	flags  pushFlags
	draw   bool     // its record is drawn
	refuse pap.Code // what it is refused with, 0 if it is accepted
	kind   handset.Kind
	method push.DeliveryMethod // as the result notification has it
	lost   int                 // segments that the radio loses
	tries  int                 // segments that it carries, lost ones included
}

func demoPushes() []demoPush {
	return []demoPush{
		{
			title: "a service indication to a telephone number, over SMS",
			flags: pushFlags{
				PushID: "demo-si", To: []string{demoNumber}, Priority: "medium", Method: "confirmed",
				SI: "http://parcels.example.com/p/4711",
				Text: "Your parcel 4711 is at the post office in Mannerheimintie 11, open until 21:00. " +
					"Bring an identity card; it is kept for you until Friday. – Näkemiin!",
			},
			kind: handset.ServiceIndication, method: push.Confirmed, tries: 3, lost: 1,
		},
		{
			title: "a service loading to an IP address, over UDP",
			flags: pushFlags{
				PushID: "demo-sl", To: []string{"127.0.0.1"}, Priority: "medium", Method: "notspecified",
				SL: "http://news.example.com/today",
			},
			kind: handset.ServiceLoading, method: push.Unconfirmed,
		},
		{
			title:  "a service indication to a user whose terminal has registered, over IP",
			before: (*demoParts).register,
			flags:  userPush("demo-user", demoUser, "http://mail.example.com/"),
			kind:   handset.ServiceIndication, method: push.Unconfirmed,
		},
		{
			title:  "the same when the terminal has given its address up, over SMS",
			before: (*demoParts).release,
			flags:  userPush("demo-released", demoUser, "http://mail.example.com/"),
			kind:   handset.ServiceIndication, method: push.Confirmed, tries: 1,
		},
		{
			title:  "the same to a user that nobody has entered",
			flags:  userPush("demo-nobody", demoNobody, "http://mail.example.com/"),
			refuse: pap.AddressNotFound,
		},
		{
			title: "a service indication to a terminal that is attached and has no address: the network wakes it",
			flags: userPush("demo-offline", demoSleeper, "http://mail.example.com/"),
			kind:  handset.ServiceIndication, method: push.Unconfirmed, draw: true,
		},
		{
			title:  "the same when the terminal refuses, over SMS",
			before: (*demoParts).refuse,
			flags:  userPush("demo-refused", demoSleeper, "http://mail.example.com/"),
			kind:   handset.ServiceIndication, method: push.Confirmed, tries: 1,
		},
	}
}

func userPush(pushID, user, link string) pushFlags {
	return pushFlags{
		PushID: pushID, To: []string{user}, Priority: "medium", Method: "notspecified", SI: link, Text: "4 new emails",
	}
}

// show submits the push and tells its story. The error is what did not happen as it should.
func (p demoPush) show(ctx context.Context, d *demoParts, s *story) error {
	p.flags.NotifyTo = d.initiator.url
	s.chapter(p.title)
	if p.before != nil {
		if err := p.before(d, ctx, s); err != nil {
			return err
		}
	}
	if err := p.submit(ctx, d, s); err != nil || p.refuse != 0 {
		return err
	}
	shown, result, err := p.follow(ctx, d, s)
	if err != nil {
		return err
	}
	if err := p.check(shown, result); err != nil {
		return err
	}
	record, err := p.record(ctx, d)
	if err != nil {
		return err
	}
	s.say("")
	s.say("The gateway's record of it (ppgbox trace %s):", p.flags.PushID)
	var trace bytes.Buffer
	printTrace(&trace, record)
	s.quote(trace.String())
	if p.draw {
		s.say("")
		s.say("As a sequence (ppgbox trace --sequence %s; --svg FILE draws it as a picture):", p.flags.PushID)
		s.say("")
		for _, sequence := range newSequences(record, false) {
			sequence.print(s.out)
		}
	}
	return nil
}

// submit posts the push and tells what was answered.
func (p demoPush) submit(ctx context.Context, d *demoParts, s *story) error {
	sub, err := p.flags.submission()
	if err != nil {
		return err
	}
	contentType, body, err := pap.Compose(*sub)
	if err != nil {
		return err
	}
	s.event(time.Now(), "submitted", "%s for %s", p.flags.PushID, sub.Message.Addresses[0].Text)
	p.words(s, p.flags.Text, p.flags.SI+p.flags.SL)
	answer, err := papClient{url: d.gateway.papURL + "/wappush"}.post(ctx, contentType, body)
	if err != nil {
		return err
	}
	want := pap.AcceptedForProcessing
	if p.refuse != 0 {
		want = p.refuse
	}
	response, ok := answer.(*pap.PushResponse)
	if !ok || response.Result.Code != want {
		return fmt.Errorf("the gateway answered %+v, want %d", answer, want)
	}
	s.event(time.Now(), "answered", "%d %s", response.Result.Code, response.Result.Desc)
	return nil
}

func (p demoPush) words(s *story, text, link string) {
	if text != "" {
		s.more("%q", text)
	}
	s.more("%s", link)
}

// follow tells what happens until the terminal has shown the push and its initiator has the result.
func (p demoPush) follow(ctx context.Context, d *demoParts, s *story) (*handset.Content, *pap.ResultNotification, error) {
	var shown *handset.Content
	var result *pap.ResultNotification
	var notified time.Time
	lost, tries := 0, 0
	for shown == nil || result == nil {
		select {
		case e := <-d.events:
			switch e.What {
			case handset.Lost:
				tries, lost = tries+1, lost+1
				s.event(e.Time, "radio", "segment %d of %d is lost", e.Try.Segment, e.Try.Of)
			case handset.Arrived:
				tries++
				again := ""
				if e.Try.Number > 1 {
					again = ", sent again"
				}
				s.event(e.Time, "radio", "segment %d of %d arrives%s", e.Try.Segment, e.Try.Of, again)
			case inNetwork:
				s.event(e.Time, "network", "%s", e.Detail)
			case handset.Shown:
				shown = e.Content
				s.event(e.Time, "shown", "%s", shown.Kind)
				p.words(s, shown.Text, shown.Link)
			default:
				return nil, nil, errors.New(e.String())
			}
		case result = <-d.initiator.results:
			notified = time.Now()
			if result.State != pap.StateDelivered {
				return nil, nil, fmt.Errorf("the result is %s, %d %s", result.State, result.Code, result.Desc)
			}
		case err := <-d.gateway.failed:
			return nil, nil, err
		case <-ctx.Done():
			return nil, nil, fmt.Errorf("%s: %w", waitingFor(shown, result), context.Cause(ctx))
		}
	}
	s.event(notified, "notified", "the Push Initiator: %s, %d %s%s", result.State, result.Code, result.Desc, by(result))
	if lost != p.lost || tries != p.tries {
		return nil, nil, fmt.Errorf("the radio carried %d segments and lost %d of them, want %d and %d", tries, lost, p.tries, p.lost)
	}
	return shown, result, nil
}

func waitingFor(shown *handset.Content, result *pap.ResultNotification) string {
	switch {
	case shown != nil:
		return "no result notification came"
	case result != nil:
		return "the terminal shows nothing, though the gateway reports " + string(result.State)
	}
	return "nothing arrived"
}

// by says how a push was delivered.
func by(r *pap.ResultNotification) string {
	if r.QoS == nil {
		return ""
	}
	return fmt.Sprintf(" (%s, %s %s)", r.QoS.DeliveryMethod, r.QoS.Network, r.QoS.Bearer)
}

// check compares what the terminal shows with what was submitted, and the result with what happened.
func (p demoPush) check(shown *handset.Content, result *pap.ResultNotification) error {
	link := p.flags.SI + p.flags.SL
	switch {
	case shown.Kind != p.kind || shown.Text != p.flags.Text || shown.Link != link:
		return fmt.Errorf("the terminal shows %s, want %s %q → %s", shown, p.kind, p.flags.Text, link)
	case result.PushID != p.flags.PushID:
		return fmt.Errorf("the result notification is of %s, want %s", result.PushID, p.flags.PushID)
	case result.QoS == nil || result.QoS.DeliveryMethod != p.method:
		return fmt.Errorf("the result is delivered%s, want %s", by(result), p.method)
	}
	return nil
}

// record waits until the gateway knows that the notification was acknowledged, and returns what it knows.
func (p demoPush) record(ctx context.Context, d *demoParts) (admin.Push, error) {
	for {
		list, err := adminClient{Admin: d.gateway.adminURL}.pushes(p.flags.PushID)
		if err != nil {
			return admin.Push{}, err
		}
		if n := list[0].Deliveries[0].Notification; n != nil && n.State == "acknowledged" {
			return list[0], nil
		}
		select {
		case <-ctx.Done():
			return admin.Push{}, fmt.Errorf("the gateway does not know that its notification was acknowledged: %w", context.Cause(ctx))
		case <-time.After(20 * time.Millisecond):
		}
	}
}

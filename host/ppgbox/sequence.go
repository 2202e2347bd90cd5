package main

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ppgbox/ppgbox/host/admin"
	"github.com/ppgbox/ppgbox/host/store"
)

// A sequence is the way of a push as messages between parties, in order of time: what a specification draws as a figure.
type sequence struct {
	title    string
	plugins  bool
	told     bool     // the attempt that is drawn tells what went over the network
	parties  []string // from the left: the Push Initiator, the gateway with its plugins, the network, the terminal
	messages []message
}

// A message goes from one party to another. Where both are one, it is something that the party did by itself.
type message struct {
	at       time.Duration // since the push was received
	from, to string
	text     string
}

// The parties that every push has.
const (
	partyInitiator = "PI"
	partyGateway   = "PPG"
)

// newSequences draws the deliveries of a push, one each. Encoders and routing strategies are parties of their own if plugins is set, and
// otherwise what the gateway does by itself.
func newSequences(p admin.Push, plugins bool) []sequence {
	var list []sequence
	for _, d := range p.Deliveries {
		s := sequence{plugins: plugins, title: fmt.Sprintf("%s from %s to %s", p.PushID, p.Initiator, d.Address)}
		say := func(at time.Time, from, to, text string) {
			s.messages = append(s.messages, message{at.Sub(p.Received), from, to, text})
		}
		say(p.Received, partyInitiator, partyGateway, "push-message, "+p.ContentType)
		say(p.Received, partyGateway, partyInitiator, "push-response 1001, on disk")
		for _, a := range d.Attempts {
			s.told = slices.ContainsFunc(a.Steps, func(st store.Step) bool { return st.Name == "network" })
			for _, st := range a.Steps {
				s.step(p.Received, st)
			}
			if a.Ended != nil && !endsWithOutcome(a) {
				say(*a.Ended, partyGateway, partyGateway, a.Bearer+": "+a.Outcome+": "+a.Cause)
			}
		}
		if d.At != nil {
			say(*d.At, partyGateway, partyGateway, fmt.Sprintf("%s, %d %s", d.State, d.Code, d.Text))
		}
		if n := d.Notification; n != nil && n.Ended != nil {
			say(*n.Ended, partyGateway, partyInitiator, "resultnotification-message: "+d.State+"; "+n.State)
		}
		slices.SortStableFunc(s.messages, func(a, b message) int { return int(a.at - b.at) })
		s.order()
		list = append(list, s)
	}
	return list
}

// step adds what a step of the timeline stands for: a question to a plugin and its answer, or a message of the network.
func (s *sequence) step(received time.Time, st store.Step) {
	began := st.At.Sub(received)
	add := func(at time.Duration, from, to, text string) {
		s.messages = append(s.messages, message{at, from, to, text})
	}
	switch st.Name {
	case "encode":
		s.ask("encoder "+st.Plugin, "encode", st.Text, began, st.Took)
	case "route":
		text := st.Text
		if st.Node != "" {
			text = "node " + st.Node + ", " + text
		}
		s.ask("routing "+st.Plugin, "where is the terminal?", text, began, st.Took)
	case "send":
		if bearer := "bearer " + st.Plugin; !s.within(bearer) { // what it sends follows
			add(began+st.Took, partyGateway, bearer, "push, "+st.Text)
		}
	case "network":
		add(began, s.party(st.From), s.party(st.To), st.Text)
	case "outcome":
		bearer, text := "bearer "+st.Plugin, st.Text
		if s.within(bearer) || !s.knows(bearer) { // it never came to the bearer
			text = bearer + ": " + text
			bearer = partyGateway
		}
		add(began+st.Took, bearer, partyGateway, text)
	default:
		add(began, partyGateway, partyGateway, st.Name+": "+st.Text)
	}
}

// ask adds a question to a plugin and its answer.
func (s *sequence) ask(party, question, answer string, at, took time.Duration) {
	if !s.plugins {
		s.messages = append(s.messages, message{at + took, partyGateway, partyGateway, party + ": " + answer})
		return
	}
	s.messages = append(s.messages, message{at, partyGateway, party, question}, message{at + took, party, partyGateway, answer})
}

// within tells whether a party is drawn as a part of the gateway: a bearer, where the network behind it is drawn.
func (s *sequence) within(party string) bool {
	return s.told && !s.plugins && strings.HasPrefix(party, "bearer ")
}

// party is who is drawn for a party.
func (s *sequence) party(name string) string {
	if s.within(name) {
		return partyGateway
	}
	return name
}

func (s *sequence) knows(party string) bool {
	return slices.ContainsFunc(s.messages, func(m message) bool { return m.to == party })
}

// order puts the parties from left to right: plugins as they were asked, then the network as far from the gateway as its place
// usually is, the terminal last.
func (s *sequence) order() {
	seen := []string{partyInitiator, partyGateway}
	for _, m := range s.messages {
		for _, party := range []string{m.from, m.to} {
			if !slices.Contains(seen, party) {
				seen = append(seen, party)
			}
		}
	}
	slices.SortStableFunc(seen, func(a, b string) int { return placeOf(a) - placeOf(b) })
	s.parties = seen
}

// placeOf tells how far to the right a party stands, by the first word of its name.
func placeOf(party string) int {
	word, _, _ := strings.Cut(party, " ")
	places := []string{partyInitiator, partyGateway, "encoder", "routing", "bearer", "SMSC", "GGSN", "HLR", "SGSN", "MSC", "terminal"}
	if i := slices.Index(places, word); i >= 0 {
		return i
	}
	return len(places) - 2 // somewhere in the network
}

package faults

import (
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/ppgbox/ppgbox/integration/process"
)

// A faultCase is one thing that happens to a gateway in the middle of a burst.
type faultCase struct {
	name    string // as in results.json
	what    string // what is done, for the table
	promise string // what holds for this case beside what holds for all
	short   bool   // part of the short run
	root    bool   // needs root, for a file system of its own
	before  func(*run)
	do      func(*run, *verdict)
	inside  func(t *testing.T, v *verdict, pushes int) // instead of all that, where the outside can not do it
}

// cases are all of them, in the order of the table.
func cases() []faultCase {
	all := []faultCase{
		{
			name: "host killed", short: true, what: "kill -9 of the host, started again",
			promise: "no plugin outlives it; attempts that ended are not started again",
			do:      func(r *run, _ *verdict) { r.killHost() },
		},
		{
			name: "host killed five times", what: "kill -9 of the host, five times",
			promise: "as before",
			do: func(r *run, _ *verdict) {
				for range 5 {
					r.killHost()
					r.further(10)
				}
			},
		},
	}
	for _, plugin := range plugins {
		all = append(all, killed(plugin)...)
	}
	all = append(all, faultCase{
		name: "all plugins killed", what: "kill -9 of all plugins at once", promise: "the host goes on and starts them again",
		do: func(r *run, v *verdict) {
			host := r.box.PID(r.t)
			from := time.Now()
			for _, plugin := range plugins {
				_ = syscall.Kill(r.box.Plugin(r.t, plugin), syscall.SIGKILL)
			}
			process.Eventually(r.t, patience, "all plugins run again", func() bool { return r.settled() })
			w := window{from, time.Now()}
			r.smsFaults, r.pdpFaults = append(r.smsFaults, w), append(r.pdpFaults, w)
			r.same(v, host)
		},
	}, faultCase{
		name: "bearer/sms stopped", short: true, what: "SIGSTOP of bearer/sms, for good",
		promise: "found to hang, ended and replaced; its pushes go on",
		do:      func(r *run, _ *verdict) { r.killPlugin("bearer/sms", syscall.SIGSTOP) },
	}, faultCase{
		name: "encoder/wbxml stopped", what: "SIGSTOP of encoder/wbxml, for good",
		promise: "as before",
		do:      func(r *run, _ *verdict) { r.killPlugin("encoder/wbxml", syscall.SIGSTOP) },
	}, faultCase{
		name: "host stopped in order", short: true, what: "SIGTERM with pushes in flight, started again",
		promise: "it ends well, leaves no process, and goes on where it was",
		do: func(r *run, _ *verdict) {
			from := time.Now()
			r.box.Stop(r.t)
			r.start()
			r.hostFaults = append(r.hostFaults, window{from, time.Now()})
		},
	})
	all = append(all, networkCases()...)
	all = append(all, initiatorCases()...)
	all = append(all, storeCases()...)
	return append(all, faultCase{
		name: "clock step", short: true, what: "the wall clock stepped by 30 days, -60 days, an hour and -1 minute, through the injected clock, in dispatcher and store",
		promise: "order, times and outcomes of a run without a step",
		inside:  stepClock,
	})
}

// killed are the cases of one plugin.
func killed(plugin string) []faultCase {
	return []faultCase{{
		name: plugin + " killed", short: plugin == "bearer/sms", what: "kill -9 of " + plugin,
		promise: "the host goes on and starts it again; every submission is answered",
		do: func(r *run, v *verdict) {
			host := r.box.PID(r.t)
			r.killPlugin(plugin, syscall.SIGKILL)
			r.same(v, host)
		},
	}, {
		name: plugin + " killed in a loop", short: plugin == "encoder/wbxml", what: "kill -9 of " + plugin + " whenever it runs, five times (short run: three)",
		promise: "as before; after five deaths in a minute it rests for half a minute",
		do: func(r *run, v *verdict) {
			host := r.box.PID(r.t)
			times := 3
			if r.full {
				times = 5
			}
			for range times {
				r.killPlugin(plugin, syscall.SIGKILL)
			}
			r.same(v, host)
		},
	}}
}

// same complains unless the host is the process that it was, and every submission had an answer.
func (r *run) same(v *verdict, host int) {
	if now := r.box.PID(r.t); now != host {
		v.complain("the host is process %d, it was %d", now, host)
	}
	<-r.burst.done
	for _, s := range r.burst.pushes {
		if s.unheard > 0 {
			v.complain("a submission of %s had no answer", s.id)
		}
	}
}

// settled reports whether the gateway says that all its plugins run, and they do.
func (r *run) settled() bool {
	h, err := r.health()
	return err == nil && h.OK && len(r.box.Processes(r.t)) == 1+len(plugins)
}

func networkCases() []faultCase {
	return []faultCase{
		{
			name: "SMSC killed", short: true, what: "the SMSC gone with all it had, started again",
			promise: "the link is bound again, what was unanswered is sent again",
			do: func(r *run, _ *verdict) {
				r.network.killSMSC()
				r.further(6)
				r.network.startSMSC(r.t)
			},
		},
		{
			name: "SMSC killed four times", what: "the same, four times", promise: "as before",
			do: func(r *run, _ *verdict) {
				for range 4 {
					shown, _ := r.network.screens()
					r.network.killSMSC()
					r.further(12)
					r.network.startSMSC(r.t)
					r.shown(min(len(shown)+200, len(r.burst.pushes)))
				}
			},
		},
		{
			name: "link cut", short: true, what: "the SMPP connection reset", promise: "as before",
			do: func(r *run, _ *verdict) { r.link.cut() },
		},
		{
			name: "answers swallowed", short: true, what: "the link loses what the SMSC answers, until 100 more pushes are shown; then it is cut",
			promise: "what is sent again has the reference of the first time, so that a terminal does not show it twice",
			do: func(r *run, _ *verdict) {
				shown, _ := r.network.screens()
				r.link.set(func() { r.link.mute = true })
				r.shown(min(len(shown)+100, len(r.burst.pushes)))
				r.link.cut()
				r.link.set(func() { r.link.mute = false })
			},
		},
		{
			name: "link stalled", short: true, what: "nothing passes the SMPP link for 5 s, beyond its response_timeout of 3 s",
			promise: "pushes are accepted meanwhile; late answers do no harm",
			do: func(r *run, _ *verdict) {
				r.link.set(func() { r.link.stall = true })
				r.await(len(r.burst.pushes))
				time.Sleep(5 * time.Second) // the length of the stall, not a wait for something
				r.link.set(func() { r.link.stall = false })
			},
		},
		{
			name: "link slow", what: "7 octets every 2 ms in either direction, to the end of the burst and 10 s on",
			promise: "no PDU is mistaken for another",
			do: func(r *run, _ *verdict) {
				r.link.set(func() { r.link.slow = 2 * time.Millisecond })
				r.await(len(r.burst.pushes))
				time.Sleep(10 * time.Second) // the length of the fault
				r.link.set(func() { r.link.slow = 0 })
			},
		},
	}
}

func initiatorCases() []faultCase {
	return []faultCase{
		{
			name: "initiator down", short: true, what: "nobody listens at the notification URL until all is delivered",
			promise: "deliveries do not wait for notifications; all are told in the end",
			before:  func(r *run) { r.pi.down() },
			do: func(r *run, v *verdict) {
				r.delivered(v)
				r.pi.up(r.t)
			},
		},
		{
			name: "initiator slow", what: "the notification URL takes the connection and does not answer, until all is delivered",
			promise: "as before",
			before:  func(r *run) { r.pi.set(dawdle) },
			do: func(r *run, v *verdict) {
				r.delivered(v)
				r.pi.set(acknowledge)
			},
		},
		{
			name: "initiator babbles", short: true, what: "the notification URL answers nonsense of twelve kinds, until all is delivered",
			promise: "none of it is an acknowledgement, none harms the host",
			before:  func(r *run) { r.pi.set(babble) },
			do: func(r *run, v *verdict) {
				r.delivered(v)
				process.Eventually(r.t, patience, "every kind of nonsense was answered", func() bool { _, came := r.pi.known(); return came >= 24 })
				r.pi.set(acknowledge)
			},
		},
		{
			name: "600 idle connections", short: true, what: "200 connections without a request, 200 within one, 200 after one, while the burst goes on",
			promise: "every submission is answered within 5 s",
			do: func(r *run, v *verdict) {
				host := r.box.PID(r.t)
				defer r.idle(600)()
				r.same(v, host)
				for _, s := range r.burst.pushes {
					if s.took > 5*time.Second {
						v.complain("the answer to %s took %v", s.id, s.took)
					}
				}
			},
		},
		{
			name: "requests that kill Kannel", short: true, what: "the eight requests that end Kannel's wapbox, ten times each, among the others",
			promise: "each is answered, none is accepted, the host is the same process",
			do: func(r *run, v *verdict) {
				host := r.box.PID(r.t)
				for range 10 {
					for name, body := range killers() {
						r.attack(v, name, body)
					}
				}
				r.same(v, host)
			},
		},
	}
}

// delivered returns when the burst is over and nothing is pending, while its initiator knows nothing.
func (r *run) delivered(v *verdict) {
	<-r.burst.done
	process.Eventually(r.t, enough, "nothing is pending while the initiator can not be told", func() bool {
		h, err := r.health()
		return err == nil && h.Pending == 0
	})
	h, _ := r.health()
	if accepted, _ := r.burst.counts(); h.Owed != accepted {
		v.complain("%d result notifications are owed, want those of all %d pushes", h.Owed, accepted)
	}
}

// attack posts a request that kills Kannel and complains if it is not refused.
func (r *run) attack(v *verdict, name string, control string) {
	client := r.box.Client()
	a, err := client.Post(requestType(control))
	switch code := a.Code(); {
	case err != nil:
		v.complain("%s: %v", name, err)
	case a.PAP.Status == nil && !strings.HasPrefix(code, "2") && a.HTTP < 400 && !strings.Contains(a.Body, "-response"):
		v.complain("%s: HTTP %d %s", name, a.HTTP, a.Body)
	case code == "1001" || a.HTTP >= 500:
		v.complain("%s: HTTP %d, code %s: %s", name, a.HTTP, code, fmt.Sprintf("%.200s", a.Body))
	}
}

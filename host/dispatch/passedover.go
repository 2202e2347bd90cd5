package dispatch

import (
	"time"

	"github.com/ppgbox/ppgbox/host/cause"
	"github.com/ppgbox/ppgbox/sdk/plugin"
	"github.com/ppgbox/ppgbox/sdk/push"
)

// A way that does not work any more is not seen in the results while another attempt of the plan delivers, only in the bill. So the
// log has what a plan passes over: one line for each plugin and class of cause, and not again before logEvery is over.

const logEvery = time.Minute

// maxTroubles is how many kinds of trouble are kept apart: causes are text of plugins. Others of a plugin are one kind.
const maxTroubles = 100

// A trouble is a plugin that failed, and the class of its cause.
type trouble struct{ plugin, class string }

// troubles are when each was logged last, and how many have not been since.
type troubles map[trouble]*toldTrouble

type toldTrouble struct {
	at     time.Duration // in Elapsed time
	unsaid int
}

// tell reports whether a trouble is to be logged now, and how many of its kind were not before it.
func (t troubles) tell(plugin, text string, now time.Duration) (unsaid int, ok bool) {
	of := trouble{plugin, cause.Class(text)}
	told := t[of]
	if told == nil && len(t) >= maxTroubles {
		t.forget(now)
		if len(t) >= maxTroubles {
			of.class = "other"
			told = t[of]
		}
	}
	switch {
	case told == nil:
		t[of] = &toldTrouble{at: now}
		return 0, true
	case now-told.at < logEvery:
		told.unsaid++
		return 0, false
	}
	unsaid = told.unsaid
	*told = toldTrouble{at: now}
	return unsaid, true
}

// forget lets go of what is not limited any more.
func (t troubles) forget(now time.Duration) {
	for of, told := range t {
		if now-told.at >= logEvery {
			delete(t, of)
		}
	}
}

// logPassedOver tells the operator of a try that something else follows, another bearer or another terminal. That a terminal is not
// reachable is nothing new.
func (d *Dispatcher) logPassedOver(j *job, next string) {
	a := j.attempt
	if a == nil || isSuccess(a.Outcome) || a.Outcome.Kind == push.OutcomeUnreachable {
		return
	}
	because := a.Outcome.Cause
	if because == "" {
		because = a.Outcome.Text
	}
	d.warn("an attempt failed, and the push goes on without it", a.Bearer, because, j, "outcome", a.Outcome.Kind, "next", next)
}

// logAnswer tells the operator of a routing strategy that could not answer.
func (d *Dispatcher) logAnswer(j *job, strategy string, err error) {
	if isFailure(err) {
		d.warn("a routing strategy failed", strategy, err.Error(), j)
	}
}

func (d *Dispatcher) warn(text, instance, because string, j *job, more ...any) {
	unsaid, ok := d.troubles.tell(instance, because, d.opts.Clock.Elapsed())
	if !ok {
		return
	}
	fields := append([]any{plugin.LogInstance, instance, "cause", because, plugin.LogPushID, j.content.push.PushID}, more...)
	if unsaid > 0 {
		fields = append(fields, "lines_left_out", unsaid)
	}
	d.opts.Log.Warn(text, fields...)
}

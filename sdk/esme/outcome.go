package esme

import (
	"errors"
	"fmt"

	"github.com/ppgbox/ppgbox/sdk/push"
	"github.com/ppgbox/ppgbox/sdk/smstx"
)

// Outcome is what became of a message of so many segments whose transaction has ended.
func Outcome(r smstx.Result, total int) push.Outcome {
	switch {
	case r.End == smstx.Complete:
		return push.Outcome{Kind: push.OutcomeDelivered}
	case r.End == smstx.Drained && !r.Uncertain:
		return push.Returned() // to be started again, with its token if segments are through
	case r.Uncertain:
		return push.Outcome{Kind: push.OutcomeUnknown, Cause: cause(r, total)}
	}
	failure := failureOf(r).Failure()
	o := push.Outcome{Kind: failure.Kind, Code: failure.Code, Text: failure.Text, Cause: cause(r, total)}
	if n := r.Through.Len(); n > 0 {
		o.Text += fmt.Sprintf("; %d of its %d parts arrived", n, total)
	}
	return o
}

// failureOf is the failure that ended a transaction.
func failureOf(r smstx.Result) failure {
	var f *Refusal
	switch {
	case errors.As(r.Last.Err, &f):
		return f.failure()
	case r.Last.Err == nil, r.Last.Verdict == smstx.Busy:
		return notTaken
	case r.Last.Verdict == smstx.Permanent:
		return rejected
	}
	return notInTime
}

// cause is the end for the log.
func cause(r smstx.Result, total int) string {
	end := "refused"
	switch r.End {
	case smstx.WindowOver:
		end = "the time window ended"
	case smstx.Spent:
		end = "not sent again"
	case smstx.Cancelled:
		end = "cancelled"
	case smstx.Unanswered:
		end = "not answered"
	case smstx.Drained:
		end = "the bearer was stopped"
	}
	if total > 1 {
		end += " with segments"
		for i := range total {
			if r.Through.Has(i) {
				end += fmt.Sprintf(" %d", i+1)
			}
		}
		if r.Through.Len() == 0 {
			end += " none"
		}
		end += fmt.Sprintf(" of %d through", total)
	}
	if r.Last.Err != nil {
		end += ": " + r.Last.Err.Error()
	}
	return end
}

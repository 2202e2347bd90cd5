package pushclient

import (
	"time"

	"github.com/ppgbox/ppgbox/contrib/handset"
)

// indications are the service indications that the terminal has, by their si-id, with when they were made. Of those that it forgets the
// user sees a late one twice.
type indications map[string]string

const mostIndications = 256

// refuse tells why a push is not to be shown, "" if it is (WAP-167 §6): it has expired, it takes an earlier one back, it is older than one
// that is here under its name, or the user is not to be told.
func (i *indications) refuse(c *handset.Content, now time.Time) string {
	if c.Kind != handset.ServiceIndication {
		return ""
	}
	said := make(map[string]string)
	for _, d := range c.Details {
		said[d.Name] = d.Value
	}
	if expires, err := time.Parse(time.RFC3339, said["si-expires"]); err == nil && !expires.After(now) {
		return "the indication expired at " + said["si-expires"]
	}
	name := said["si-id"]
	if name == "" {
		name = c.Link
	}
	created := said["created"] // equal times read alike: digits of one number in one order
	if known, ok := (*i)[name]; ok && created != "" && created <= known {
		return "the indication is no newer than one that was here before"
	}
	if *i == nil {
		*i = make(indications)
	}
	if len(*i) >= mostIndications {
		for any := range *i {
			delete(*i, any)
			break
		}
	}
	(*i)[name] = created
	switch said["action"] {
	case "delete":
		return "the indication takes an earlier one back"
	case "signal-none":
		return "the indication is not for the user's attention"
	}
	return ""
}

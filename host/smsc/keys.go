package smsc

import (
	"github.com/ppgbox/ppgbox/sdk/esme"
	"github.com/ppgbox/ppgbox/sdk/plugin"
)

// keys are all keys of the configuration.
func keys() []plugin.Key {
	k := func(name, kind, def, doc string) plugin.Key {
		return plugin.Key{Name: name, Type: kind, Default: def, Doc: doc, Required: def == required}
	}
	list := []plugin.Key{
		k("smsc.listen", plugin.TypeString, `"127.0.0.1:2775"`, "host:port for ESMEs"),
		k("smsc.admin", plugin.TypeString, `"127.0.0.1:8082"`, "host:port of health and metrics, on loopback; none: no such listener"),
		k("smsc.system_id", plugin.TypeString, `"ppgbox"`, "name of the SMSC in its bind response"),
		k("smsc.tls_cert", plugin.TypeFile, `""`, "certificate chain; with it ESMEs have to speak TLS"),
		k("smsc.tls_key", plugin.TypeFile, `""`, "its key"),
		k("smsc.max_connections", plugin.TypeInteger, "256", "open connections, bound or not"),
		k("smsc.bind_timeout", plugin.TypeDuration, `"10s"`, "a connection that has not bound by then is closed"),
		k("smsc.enquire_interval", plugin.TypeDuration, `"30s"`, "silence after which enquire_link is sent"),
		k("smsc.pending", plugin.TypeInteger, "200000", "transactions at once; more are answered with queue full"),

		k("esme[].system_id", plugin.TypeString, required, "name of the ESME in its bind"),
		k("esme[].password_file", plugin.TypeFile, required, "file with the line that \"ppgbox password\" prints"),
		k("esme[].networks", plugin.TypeStrings, "[]", "addresses it may connect from, as 192.0.2.0/24, whose bits behind the prefix do not matter; none: all"),
		k("esme[].senders", plugin.TypeStrings, "[]", "source addresses it may send from; none: all"),
		k("esme[].class", plugin.TypeString, `"push"`, "push, or other: what may not use the reserve"),
		k("esme[].priority", plugin.TypeInteger, "0", "ESMEs of a higher one go first"),
		k("esme[].window", plugin.TypeInteger, "1000", "submissions unanswered at once, over all binds; more are throttled"),
		k("esme[].rate", plugin.TypeString, `""`, "most submissions a second, as in 200/s; none: no limit"),
		k("esme[].max_binds", plugin.TypeInteger, "4", "binds at once"),
		k("esme[].answer_within", plugin.TypeDuration, `"90s"`, "longest time until a submission is answered, transaction.window at least; 50s with adopt, which may be less"),
		k("esme[].on_link_loss", plugin.TypeString, `"finish"`, "finish or abandon the transactions of a lost link"),
		k("esme[].error_body", plugin.TypeBoolean, "true", "error responses to submit_sm have a body with the reason"),
		k("esme[].adopt", plugin.TypeBoolean, "false", "put the segments of an older gateway together into transactions"),
		k("esme[].adopt_timer", plugin.TypeDuration, `"10s"`, "segments that wait longer for the others go singly"),
		k("esme[].adopt_window", plugin.TypeInteger, "10", "submissions that one bind of the ESME leaves unanswered; Kannel's max-pending-submits"),

		k("transaction.window", plugin.TypeDuration, `"60s"`, "time for all segments of a message, from the first one on"),
		k("transaction.resends", plugin.TypeInteger, "0", "times a segment is sent again after a temporary failure; 0: no limit but the window"),
		k("transaction.pause", plugin.TypeDuration, `"200ms"`, "before a segment is sent again; it doubles"),
		k("transaction.max_pause", plugin.TypeDuration, `"5s"`, "the longest pause"),
		k("transaction.reference_bits", plugin.TypeInteger, "8", "size of concatenation references: 8 or 16"),
		k("transaction.max_segments", plugin.TypeInteger, "10", "longer messages are refused"),
		k("transaction.data_coding", plugin.TypeInteger, "", "data_coding of whole messages on their way to the terminal; none: as submitted"),

		k("reserve.windows", plugin.TypeInteger, "0", "percent of every delivery link's window that only push may use"),
		k("reserve.rates", plugin.TypeInteger, "0", "percent of every delivery link's rate that only push may use"),
	}
	return append(list, esme.Keys("delivery[].")...)
}

// required stands for a default in keys.
const required = "required"

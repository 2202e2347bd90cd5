package pluginhost

import (
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/ppgbox/ppgbox/sdk/push"
)

// An Instance is one configured plugin: a [plugin.NAME] of the configuration.
type Instance struct {
	Name string // "sms" of [plugin.sms]
	Use  string // kind and name of the plugin: "bearer/sms"
	TOML []byte // the text of [plugin.NAME.config]
}

// BearerSink takes what bearers report, together with the name of the instance that did. Its methods are called from many
// goroutines and must not block for long. Every delivery that was handed over gets exactly one Result.
type BearerSink interface {
	Result(instance, id string, o push.Outcome)
	// Progress brings a token to store; answer with Host.Stored and its number.
	Progress(instance, id string, number uint64, token []byte)
	Event(instance string, e push.Event)
	// Window says how many deliveries may be unanswered at this instance from now on, and why it is not more: in the bearer's
	// words, or when it is down, with 0, what ended it. "" when all is well.
	Window(instance string, n int, why string)
}

// Options say where plugins are and how patient the host is with them. A duration or number that is 0 takes its default.
type Options struct {
	Self      string   // path of the ppgbox binary, which holds the bundled plugins
	Bundled   []string // the plugins in it: "bearer/sms" …
	PluginDir string   // directory of all others, "" for none
	LockFile  string   // SHA-256 of what may be started (WriteLock); "" or an absent file: nothing is checked
	RunDir    string   // parent of the socket folder; "" for the system's temporary directory
	WorkDir   string   // where plugin processes start, and relative paths of their configurations with them; "": where the host is
	Log       hclog.Logger
	Bearer    BearerSink

	StartTimeout   time.Duration // from exec to a connection: 10 s
	ControlTimeout time.Duration // for each of describe, validate, configure and open: 5 s
	HealthEvery    time.Duration // between two health calls: 1 s
	HealthTimeout  time.Duration // for the answer to one; two misses in a row end the process: 2 s
	DrainTimeout   time.Duration // for what is in flight when an instance is stopped or replaced: 20 s
	StopTimeout    time.Duration // for the process to end when asked, and again after SIGTERM, before SIGKILL: 2 s

	RestartMin    time.Duration // pause after a first failure; it doubles with each: 200 ms
	RestartMax    time.Duration // longest pause, and the pause of a failed instance: 30 s
	RestartLimit  int           // failures within RestartWindow that make an instance failed: 5
	RestartWindow time.Duration // 1 min; a run that lasted as long starts over with RestartMin

	LogRate int // lines a second that one process may log, five times that in a burst: 100
}

func (o Options) withDefaults() Options {
	def := func(d *time.Duration, v time.Duration) {
		if *d <= 0 {
			*d = v
		}
	}
	def(&o.StartTimeout, 10*time.Second)
	def(&o.ControlTimeout, 5*time.Second)
	def(&o.HealthEvery, time.Second)
	def(&o.HealthTimeout, 2*time.Second)
	def(&o.DrainTimeout, 20*time.Second)
	def(&o.StopTimeout, 2*time.Second)
	def(&o.RestartMin, 200*time.Millisecond)
	def(&o.RestartMax, 30*time.Second)
	def(&o.RestartWindow, time.Minute)
	if o.RestartLimit <= 0 {
		o.RestartLimit = 5
	}
	if o.LogRate <= 0 {
		o.LogRate = 100
	}
	if o.Log == nil {
		o.Log = hclog.NewNullLogger()
	}
	if o.Bearer == nil {
		o.Bearer = noSink{}
	}
	return o
}

// noSink serves hosts that only describe and validate.
type noSink struct{}

func (noSink) Result(string, string, push.Outcome)     {}
func (noSink) Progress(string, string, uint64, []byte) {}
func (noSink) Event(string, push.Event)                {}
func (noSink) Window(string, int, string)              {}

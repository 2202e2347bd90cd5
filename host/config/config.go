package config

import (
	"crypto/sha256"
	"time"

	"github.com/ppgbox/ppgbox/host/policy"
)

// A Config is what a configuration file says. Every key that the file leaves out has its default.
type Config struct {
	// File is the name it was read from, as problems name it; Dir is the folder that relative paths start at.
	File, Dir string
	// Sum is that of the file's octets.
	Sum [sha256.Size]byte

	Gateway Gateway
	Listen  Listen
	// TLS is what Load read from the files of listen.pap_certificate, pap_key and pap_client_ca; nil: the PAP listener has none.
	TLS          *TLS
	Applications []Application // the registered ones; none: every application is allowed
	Initiators   []Initiator
	Plugins      []Plugin // in the order of the file
	Policies     []policy.Policy
	Limits       Limits
	Notify       Notify

	Subscribers Subscribers
	Clients     []Client // of push client registration; the first is that of listen.client, if it is set
	Relays      []Relay
	RADIUS      RADIUS

	lines    *lines
	problems Problems
}

// Gateway is [gateway].
type Gateway struct {
	// Name is the host part of the client addresses that are for this gateway: WAPPUSH=…@ppg.example.net. Default
	// "localhost".
	Name string
	// Store is where pushes are kept: "sqlite:" and the path of the database file. Default "sqlite:data/ppgbox.db".
	Store string
	// PluginDir is where executables named ppgbox-<kind>-<name> are looked for. Default "plugins".
	PluginDir string
	// LockFile holds the SHA-256 of each plugin. Default "ppgbox.lock".
	LockFile string
	// RunDir is the parent of the folder for plugin sockets; "", the default, is the system's folder for temporary files.
	RunDir string
}

// Listen is [listen]: addresses as "host:port".
type Listen struct {
	// PAP takes pushes from Push Initiators. Default "127.0.0.1:8080".
	PAP string
	// PAPCertificate and PAPKey are PEM files of the PAP listener's certificate, with its chain, and of its key; both or none. With
	// them it speaks TLS, at least 1.2, and nothing else.
	PAPCertificate, PAPKey string
	// PAPClientCA is a PEM file of those who may issue the certificates of Push Initiators; "", the default, asks for none.
	PAPClientCA string
	// Admin serves health, metrics and status on a loopback address; "" is none. Default "127.0.0.1:8081".
	Admin string
	// Client takes registrations of push clients in a network without overlapping addresses; "", the default, is none. See Client.
	Client string
	// RADIUS takes accounting from the GGSNs; "", the default, is none.
	RADIUS string
	// Profile has the admin listener serve profiles of the process (net/http/pprof), for developers. Default false.
	Profile bool
}

// A Plugin is one [plugin.NAME]: an instance of a plugin.
type Plugin struct {
	// Name is the instance: "sms" of [plugin.sms].
	Name string
	// Use names the plugin: "bearer/sms".
	Use string
	// TOML is [plugin.NAME.config] as TOML with keys relative to it. It is written anew in a fixed order, so that two
	// configurations that differ in comments or layout give the same text.
	TOML []byte

	table map[string]any
}

// Limits is [limits]. At a limit the Push Initiator is told so before anything is accepted.
type Limits struct {
	// Body is the longest PAP request body, in octets. Default 1 MiB; at most 3 MiB, since plugin messages end at 4 MiB.
	Body int64
	// Recipients is the most recipients of one push. Default 1000.
	Recipients int
	// Pending is the most deliveries without a final state. Default 200000.
	Pending int
	// Connections is the most open connections at the PAP listener. Default 1024.
	Connections int
	// Lifetime ends a push that has no deliver-before-timestamp. Default 72h.
	Lifetime time.Duration
	// Keep is how long a push can be asked for after its end, and its push-id stays taken. Default 168h.
	Keep time.Duration
	// KeepPushes is the most pushes that are kept after their end, the oldest go first; 0 is no limit. Default 1000000.
	KeepPushes int
}

// Notify is [notify]: result notifications to Push Initiators.
type Notify struct {
	// Timeout bounds one try. Default 30s.
	Timeout time.Duration
	// RetryMin and RetryMax bound the growing pause between tries. Defaults 5s and 10m.
	RetryMin, RetryMax time.Duration
	// GiveUp ends the tries. Default 24h.
	GiveUp time.Duration
	// Parallel is how many are on the way at once. Default 32.
	Parallel int
}

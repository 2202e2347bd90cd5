package ggsn

import "github.com/ppgbox/ppgbox/sdk/plugin"

// required stands for a default in keys.
const required = "required"

// keys are all keys of the configuration.
func keys() []plugin.Key {
	k := func(name, kind, def, doc string) plugin.Key {
		return plugin.Key{Name: name, Type: kind, Default: def, Doc: doc, Required: def == required}
	}
	const (
		text    = plugin.TypeString
		texts   = plugin.TypeStrings
		number  = plugin.TypeInteger
		span    = plugin.TypeDuration
		flag    = plugin.TypeBoolean
		onDisk  = plugin.TypeFile
		nothing = `""`
	)
	return []plugin.Key{
		k("ggsn.name", text, `"ppgbox-ggsn"`, "the node's name for gateways, and NAS-Identifier in accounting"),
		k("ggsn.state", text, `"data/ggsn-restart"`, "file of the restart counter; it has to outlive the process"),
		k("ggsn.admin", text, `"127.0.0.1:8083"`, "host:port of health, metrics and contexts, on loopback; none: no such listener"),
		k("ggsn.apns", texts, required, "access points that are served, without the operator's part; the first one is that of pushes which name none"),
		k("ggsn.contexts", number, "100000", "PDP contexts at once"),
		k("ggsn.unsolicited", text, `"refuse"`, "accept or refuse contexts that terminals begin by themselves"),
		k("ggsn.idle", span, `"0s"`, "a context through which nothing went for so long is deleted; 0s: never"),

		k("gtp.control", text, required, "address:port of GTP-C, which SGSNs are told, usually port 2123"),
		k("gtp.user", text, required, "address:port of GTP-U, which SGSNs are told, usually port 2152"),
		k("gtp.sgsns", texts, required, "networks of the SGSNs that are served; nobody else is answered"),
		k("gtp.rncs", texts, "[]", "networks of RNCs with direct tunnels, for GTP-U alone"),
		k("gtp.t3_response", span, `"3s"`, "T3-RESPONSE, the time before a request is sent again"),
		k("gtp.n3_requests", number, "5", "N3-REQUESTS, how often it is sent in all"),
		k("gtp.echo", span, `"60s"`, "how often SGSNs with contexts are asked for a sign of life, 60s or longer; 0s: never"),
		k("gtp.create_rate", text, `"1000/s"`, "most Create PDP Context Requests a second of each SGSN; none: no limit"),
		k("gtp.create_burst", number, "1000", "how many of them may come at once"),
		k("gtp.peer_control_port", number, "2123", "port of SGSNs for requests of this node"),
		k("gtp.peer_user_port", number, "2152", "port of SGSNs for GTP-U"),

		k("sgsn[].names", texts, required, "what the HLR calls the SGSN: numbers with or without +, names in any case"),
		k("sgsn[].address", text, required, "its address for GTP-C, one of gtp.sgsns"),

		k("addresses.pool", texts, "[]", "networks of addresses for terminals without a static one"),
		k("addresses.quarantine", span, `"5m"`, "how long an address that a terminal gave up is no other terminal's"),
		k("addresses.static_file", onDisk, nothing, "file with a line \"IMSI,address\" for each static address"),
		k("static[].imsi", text, required, "IMSI that an address belongs to for good"),
		k("static[].address", text, required, "that address"),

		k("push.source", text, required, "IPv4 address that pushes come from, as terminals see it"),
		k("push.mtu", number, "1400", "longest packet to a terminal, in octets; longer pushes go in fragments"),
		k("push.listen_for_errors", span, `"300ms"`, "how long after a push ICMP errors of the terminal change its result; 0s: they do not"),

		k("tun.name", text, nothing, "TUN device for other packets of terminals; none: they are dropped"),
		k("tun.address", text, nothing, "address and network that the device is given, as 10.46.0.1/16; none: the operator does that"),

		k("radius.server", text, nothing, "host:port of the accounting server, the gateway; none: no accounting"),
		k("radius.secret_file", onDisk, nothing, "file with the shared secret"),
		k("radius.timeout", span, `"2s"`, "time before a record is sent again; it doubles"),
		k("radius.most_pause", span, `"30s"`, "up to this"),
		k("radius.give_up", span, `"10m"`, "a record without an answer for so long is lost"),
		k("radius.interim", span, `"10m"`, "how often a context is told of again, 1m or longer; 0s: never"),
		k("radius.window", number, "128", "records without an answer at once"),
		k("radius.queue", number, "200000", "records that wait; more are lost"),

		k("hlr.backend", text, nothing, `how the HLR is asked: "osmohlr", "sh" or "gtp"; none: terminals without a context are not woken`),
		k("hlr.within", span, `"3s"`, "time for an answer, tries included"),
		k("hlr.attempt", span, `"1s"`, "time for one try"),
		k("hlr.tries", number, "2", "how often a question is put if asking again may help"),
		k("hlr.pause", span, `"100ms"`, "time between two tries"),
		k("hlr.remember", span, `"0s"`, "how long the answer of an attached one is used"),
		k("hlr.remember_absent", span, `"0s"`, "the same for one that is not attached or not known"),
		k("hlr.cache_entries", number, "10000", "answers remembered at most"),
		k("hlr.outstanding", number, "256", "questions that wait for answers at most"),
		k("hlr.osmohlr.address", text, nothing, "control interface of an OsmoHLR, host:port, usually port 4259"),
		k("hlr.osmohlr.connect_timeout", span, `"1s"`, "time to connect"),
		k("hlr.osmohlr.trust_purged", flag, "false", "whether who is marked as purged is not attached"),
		k("hlr.gtp.address", text, nothing, "GSN that converts between GTP and MAP, address:port, usually port 2123"),
		k("hlr.gtp.local", text, nothing, "where questions come from, address:port; none: any"),
		k("hlr.gtp.t3_response", span, `"300ms"`, "T3-RESPONSE of questions"),
		k("hlr.gtp.n3_requests", number, "3", "N3-REQUESTS of questions"),
		k("hlr.gtp.echo", span, `"60s"`, "how often that GSN is asked for a sign of life; 0s: never"),
		k("hlr.sh.address", text, nothing, "HSS or relay by Diameter, host:port, usually port 3868"),
		k("hlr.sh.origin_host", text, nothing, "Origin-Host of this node"),
		k("hlr.sh.origin_realm", text, nothing, "Origin-Realm of this node"),
		k("hlr.sh.peer_host", text, nothing, "Origin-Host that the peer must have; none: any"),
		k("hlr.sh.destination_realm", text, nothing, "Destination-Realm of questions"),
		k("hlr.sh.destination_host", text, nothing, "Destination-Host; none: any HSS of the realm"),
		k("hlr.sh.user_state", flag, "false", "whether the user state is asked for beside the location"),

		k("activation.variant", text, `"dynamic"`, "static, dynamic, preallocated or network: the address in notifications to terminals without a static one"),
		k("activation.extension", number, "32473", "identifier of the private extension with an indication"),
		k("activation.timeout", span, `"45s"`, "from the SGSN's answer to the context"),
		k("activation.within", span, `"5m"`, "the longest that a push waits"),
		k("activation.pause", span, `"1s"`, "before a terminal is notified again after a refusal that may pass"),
		k("activation.hold", span, `"30s"`, "how long after a failure a packet does not wake the terminal"),
		k("activation.pushes", number, "200000", "pushes that wait in all"),
		k("activation.pushes_per_terminal", number, "32", "pushes that wait for one terminal"),
		k("activation.packets_per_terminal", number, "8", "packets that wait for one terminal"),
		k("activation.questions", number, "256", "questions to the HLR at once"),

		k("node.listen", text, nothing, "host:port for gateways; none: no gateway can push"),
		k("node.token_file", onDisk, nothing, "file with the tokens that gateways may show, one a line"),
		k("node.tls_cert", onDisk, nothing, "certificate chain; needed unless node.listen is on loopback"),
		k("node.tls_key", onDisk, nothing, "its key"),
		k("node.client_ca", onDisk, nothing, "who may issue the certificates of gateways; none: they need none"),
		k("node.ggsn", text, nothing, "what accounting calls this node at the gateway, ggsn of its [[radius.client]]; none: the address of gtp.control"),
		k("node.window", number, "10000", "pushes of one gateway without a result at once"),
		k("node.gateways", number, "16", "gateways at once"),

		k("registration.listen", text, nothing, "address:port where terminals register push clients, through the TUN device; none: they can not here"),
		k("registration.tls_cert", onDisk, nothing, "certificate chain of that; none: no TLS"),
		k("registration.tls_key", onDisk, nothing, "its key"),
		k("registration.gateway", text, nothing, "the gateway's client listener, as https://gateway.example.net:8090; http on loopback alone"),
		k("registration.name", text, nothing, "name of this node among the gateway's [[relay]]"),
		k("registration.password_file", onDisk, nothing, "password that belongs to the name, as it is"),
		k("registration.ca_file", onDisk, nothing, "certificate of who may issue the gateway's; none: those that the system trusts"),
		k("registration.timeout", span, `"5s"`, "time for an answer of the gateway"),
	}
}

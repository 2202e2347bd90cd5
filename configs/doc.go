// Package configs holds whole configurations of the gateway: gateway.toml to start a real one from, push-server.toml
// where terminals are found in the packet network, sms-only.toml as the shortest that does something, and, as the template demo.toml.tmpl, the one that "ppgbox demo" runs;
// smsc.toml is one of "ppgbox smsc", ggsn.toml of "ppgbox ggsn". Tests load them all.
package configs

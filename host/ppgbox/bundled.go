package main

import (
	"github.com/ppgbox/ppgbox/plugins/bearer/pdp"
	"github.com/ppgbox/ppgbox/plugins/bearer/sms"
	"github.com/ppgbox/ppgbox/plugins/encoder/wbxml"
	"github.com/ppgbox/ppgbox/plugins/routing/apn"
	"github.com/ppgbox/ppgbox/plugins/routing/hlr"
	"github.com/ppgbox/ppgbox/plugins/routing/ipsegment"
	"github.com/ppgbox/ppgbox/sdk/bearer"
	"github.com/ppgbox/ppgbox/sdk/encoder"
	"github.com/ppgbox/ppgbox/sdk/routing"
)

// bundled are the plugins in this binary, by the name that a configuration uses. Each is served in a process of its own, like
// anybody else's. This is the only file of the host that imports plugins.
func bundled() map[string]func() {
	return map[string]func(){
		"bearer/pdp":        func() { bearer.ServeStream(pdp.New()) },
		"bearer/sms":        func() { bearer.ServeStream(sms.New()) },
		"encoder/wbxml":     func() { encoder.Serve(wbxml.New()) },
		"routing/apn":       func() { routing.Serve(apn.New()) },
		"routing/hlr":       func() { routing.Serve(hlr.New()) },
		"routing/ipsegment": func() { routing.Serve(ipsegment.New()) },
	}
}

package sms

import (
	"fmt"
	"testing"
	"time"

	"github.com/ppgbox/ppgbox/sdk/bearer"
	"github.com/ppgbox/ppgbox/sdk/conformance"
	"github.com/ppgbox/ppgbox/sdk/push"
	"github.com/ppgbox/ppgbox/sdk/smpp"
)

func TestConformance(t *testing.T) { // not parallel: it looks at the open files of the process
	const silent, absent = "358400000001", "358400000002"
	s := startSMSC(t, func(s submission) {
		switch s.Destination.Addr {
		case silent:
		case absent:
			s.answer(smpp.StatusDeliveryFailure, gsm(27))
		default:
			s.ok()
		}
	})
	short := deliveryOf("", absent, 2)
	short.Timeout = 500 * time.Millisecond
	conformance.Bearer(t, conformance.BearerSuite{
		Plugin: conformance.Plugin{
			Dir: ".", Config: fmt.Sprintf(`source = "1234"
link = [{ address = %q, system_id = "ppg" }]`, s.address()),
			Wrong: []conformance.WrongConfig{
				{TOML: `window = "soon"`, Keys: []string{"source", "window", "link"}},
				{
					TOML: "source = \"A name that is too long\"\nmode = \"receipts\"\nsubmit = \"deliver_sm\"\nstore_mode = \"datagram\"\nmessage_id = \"octal\"\nreceipt_timeout = \"700h\"\ndata_coding = 300\nreference_bits = 12\nmax_segments = 256\nservice_type = \"WAPPUSH\"\nin_flight = 0\n" +
						`link = [{ address = "smsc", system_id = "", password = "123456789", window = 0, rate = "many", response_timeout = "0s", ca_file = "a", server_name = "b", system_type = "1234567890123", bind = "transmitter" }]`,
					Keys: []string{
						"source", "submit", "store_mode", "message_id", "receipt_timeout", "data_coding", "reference_bits", "max_segments", "service_type", "in_flight", "link.0.address", "link.0.system_id",
						"link.0.password", "link.0.window", "link.0.rate", "link.0.response_timeout", "link.0.ca_file", "link.0.server_name", "link.0.system_type", "link.0.bind",
					},
				},
				{TOML: "source = \"1\"\nsource_ton = 256\nsource_npi = -1\nmode = \"fast\"\nlink = []", Keys: []string{"source_ton", "source_npi", "mode", "link"}},
				{TOML: "source = 1"},
			},
		},
		NewStream:  func() bearer.Stream { return New() },
		Deliveries: []push.Delivery{deliveryOf("", number, 1), deliveryOf("", number, 3), short},
		Hanging:    []push.Delivery{deliveryOf("", silent, 1), deliveryOf("", silent, 2)},
	})
}

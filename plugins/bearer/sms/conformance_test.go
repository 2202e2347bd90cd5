package sms

import (
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ppgbox/ppgbox/sdk/bearer"
	"github.com/ppgbox/ppgbox/sdk/conformance"
	"github.com/ppgbox/ppgbox/sdk/push"
	"github.com/ppgbox/ppgbox/sdk/smpp"
)

// The suite of each mode.
func TestConformance(t *testing.T) { // not parallel: it looks at the open files of the process
	const silent, absent = "358400000001", "358400000002"
	for _, tt := range []struct {
		mode mode
		smsc func(*smsc)
	}{
		{integrated, func(s *smsc) {
			s.answerBy(func(sub submission) {
				switch sub.Destination.Addr {
				case silent:
				case absent:
					sub.answer(smpp.StatusDeliveryFailure, gsm(27))
				default:
					sub.ok()
				}
			})
		}},
		{delegate, func(s *smsc) {
			s.whole = func(w whole) {
				switch w.PDU.(*smpp.DataSM).Destination.Addr {
				case silent:
				case absent:
					w.answer(smpp.StatusDeliveryFailure, gsm(27))
				default:
					w.answer(smpp.StatusOK)
				}
			}
		}},
		{receipts, func(s *smsc) {
			var id atomic.Uint64
			s.answerBy(func(sub submission) {
				text := fmt.Sprint(id.Add(1))
				sub.stored(text)
				pdu := &smpp.DeliverSM{Source: sub.Destination, ESMClass: smpp.TypeSMSCReceipt}
				switch sub.Destination.Addr {
				case silent:
					return
				case absent:
					pdu.ShortMessage, pdu.TLVs = fmt.Appendf(nil, "id:%s stat:UNDELIV", text), smpp.TLVs{gsm(27)}
				default:
					pdu.ShortMessage = fmt.Appendf(nil, "id:%s stat:DELIVRD", text)
				}
				_ = sub.request.Session.TrySend(pdu, patience, func(smpp.Result) {})
			})
		}},
	} {
		t.Run(tt.mode.String(), func(t *testing.T) {
			s := startSMSC(t, nil)
			tt.smsc(s)
			conform(t, s, tt.mode, silent, absent)
		})
	}
}

func conform(t *testing.T, s *smsc, m mode, silent, absent string) {
	short := deliveryOf("", absent, 2)
	short.Timeout = 500 * time.Millisecond
	conformance.Bearer(t, conformance.BearerSuite{
		Plugin: conformance.Plugin{
			Dir: ".", Config: fmt.Sprintf(`source = "1234"
mode = %q
link = [{ address = %q, system_id = "ppg" }]`, m, s.address()),
			Wrong: []conformance.WrongConfig{
				{TOML: `window = "soon"`, Keys: []string{"source", "window", "link"}},
				{
					TOML: "source = \"A name that is too long\"\nmode = \"receipts\"\nsubmit = \"deliver_sm\"\nstore_mode = \"datagram\"\nmessage_id = \"octal\"\nreceipt_timeout = \"700h\"\ndata_coding = 300\nreference_bits = 12\nmax_segments = 256\nservice_type = \"WAPPUSH\"\nin_flight = 0\nresends = -1\n" +
						`link = [{ address = "smsc", system_id = "", password = "123456789", window = 0, rate = "many", response_timeout = "0s", ca_file = "a", server_name = "b", system_type = "1234567890123", bind = "transmitter" }]`,
					Keys: []string{
						"source", "submit", "store_mode", "message_id", "receipt_timeout", "data_coding", "reference_bits", "max_segments", "service_type", "in_flight", "resends", "link.0.address", "link.0.system_id",
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

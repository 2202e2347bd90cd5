package smsc

import (
	"testing"

	"github.com/ppgbox/ppgbox/sdk/smpp"
	"github.com/ppgbox/ppgbox/sdk/wdp"
)

func octets(tag smpp.Tag, value ...byte) smpp.TLV { return smpp.TLV{Tag: tag, Value: value} }

// TestRefusals submits what can not be taken. The status says why, the link stays, and the next submission is served.
func TestRefusals(t *testing.T) {
	concat := func(e ...byte) []byte {
		return append([]byte{byte(len(e) + 6), 5, 4, 0x0B, 0x84, 0x23, 0xF0}, append(e[:len(e):len(e)], "text"...)...)
	}
	data := func(change func(p *smpp.DataSM)) smpp.PDU {
		p := pushTo(number(1), text("x", 20))
		change(p)
		return p
	}
	short := func(change func(p *smpp.SubmitSM)) smpp.PDU {
		p := &smpp.SubmitSM{
			Source: smpp.Address{Addr: "1234"}, Destination: smpp.Address{Addr: number(1)}, ESMClass: smpp.ModeTransaction,
			DataCoding: smpp.DataCodingOctets, ShortMessage: []byte("text"),
		}
		change(p)
		return p
	}
	sar := func(reference uint16, total, place byte) smpp.TLVs {
		return smpp.TLVs{
			octets(smpp.TagSARMsgRefNum, byte(reference>>8), byte(reference)), octets(smpp.TagSARTotalSegments, total),
			octets(smpp.TagSARSegmentSeqnum, place),
		}
	}
	tests := []struct {
		name string
		pdu  smpp.PDU
		want smpp.Status
	}{
		{"store and forward", data(func(p *smpp.DataSM) { p.ESMClass = smpp.ModeStoreAndForward }), smpp.StatusInvESMClass},
		{"the SMSC's default mode", short(func(p *smpp.SubmitSM) { p.ESMClass = 0 }), smpp.StatusInvESMClass},
		{"a receipt", data(func(p *smpp.DataSM) { p.ESMClass |= smpp.TypeSMSCReceipt }), smpp.StatusInvESMClass},
		{"another sender", data(func(p *smpp.DataSM) { p.Source.Addr = "5678" }), smpp.StatusInvSrcAdr},
		{"a sender that does not fit", data(func(p *smpp.DataSM) { p.Source.Addr = "E123456789012345678901" }), smpp.StatusInvSrcAdr},
		{"no number", data(func(p *smpp.DataSM) { p.Destination.Addr = "" }), smpp.StatusInvDstAdr},
		{"a name for a number", data(func(p *smpp.DataSM) { p.Destination.Addr = "Example" }), smpp.StatusInvDstAdr},
		{"a number that no link takes", data(func(p *smpp.DataSM) { p.Destination.Addr = "441234" }), smpp.StatusInvDstAdr},
		{"no payload", data(func(p *smpp.DataSM) { p.TLVs = ports() }), smpp.StatusMissingTLV},
		{"payload twice", data(func(p *smpp.DataSM) { p.TLVs = append(p.TLVs, octets(smpp.TagMessagePayload, 1)) }), smpp.StatusInvTLVStream},
		{"a port twice", data(func(p *smpp.DataSM) { p.TLVs = append(p.TLVs, octets(smpp.TagDestinationPort, 1, 1)) }), smpp.StatusInvTLVStream},
		{"a port of one octet", data(func(p *smpp.DataSM) { p.TLVs[1].Value = []byte{1} }), smpp.StatusInvTLVLen},
		{"a source port alone", data(func(p *smpp.DataSM) { p.TLVs = append(p.TLVs[:1], p.TLVs[2]) }), smpp.StatusMissingTLV},
		{"short_message and message_payload", short(func(p *smpp.SubmitSM) { p.TLVs = smpp.TLVs{octets(smpp.TagMessagePayload, 1)} }), smpp.StatusTLVNotAllwd},
		{"too many segments", data(func(p *smpp.DataSM) { p.TLVs[2].Value = text("x", 128*4+1) }), smpp.StatusInvMsgLen},
		{"256 segments", data(func(p *smpp.DataSM) { p.TLVs[2].Value = text("x", 128*255+1) }), smpp.StatusInvMsgLen},
		{"the longest payload there is", data(func(p *smpp.DataSM) { p.TLVs[2].Value = text("x", 65535) }), smpp.StatusInvMsgLen},
		{"long and without ports", short(func(p *smpp.SubmitSM) { p.ShortMessage = text("x", 141) }), smpp.StatusInvMsgLen},
		{"a header longer than the message", short(func(p *smpp.SubmitSM) {
			p.ESMClass |= smpp.FeatureUDHI
			p.ShortMessage = []byte{9, 5, 4}
		}), smpp.StatusInvMsgLen},
		{"a header announced and none there", short(func(p *smpp.SubmitSM) {
			p.ESMClass |= smpp.FeatureUDHI
			p.ShortMessage = nil
		}), smpp.StatusInvMsgLen},
		{"an element longer than its header", short(func(p *smpp.SubmitSM) {
			p.ESMClass |= smpp.FeatureUDHI
			p.ShortMessage = []byte{3, 5, 9, 1, 1, 1}
		}), smpp.StatusInvMsgLen},
		{"no segments at all", short(func(p *smpp.SubmitSM) {
			p.ESMClass |= smpp.FeatureUDHI
			p.ShortMessage = concat(0, 3, 1, 0, 1)
		}), smpp.StatusSubmitFail},
		{"segment 0", short(func(p *smpp.SubmitSM) {
			p.ESMClass |= smpp.FeatureUDHI
			p.ShortMessage = concat(0, 3, 1, 2, 0)
		}), smpp.StatusSubmitFail},
		{"segment 3 of 2", short(func(p *smpp.SubmitSM) {
			p.ESMClass |= smpp.FeatureUDHI
			p.ShortMessage = concat(8, 4, 1, 1, 2, 3)
		}), smpp.StatusSubmitFail},
		{"segment 3 of 2, by parameters", short(func(p *smpp.SubmitSM) { p.TLVs = sar(1, 2, 3) }), smpp.StatusInvTLVVal},
		{"segment 0, by parameters", short(func(p *smpp.SubmitSM) { p.TLVs = sar(1, 2, 0) }), smpp.StatusInvTLVVal},
		{"no segments at all, by parameters", short(func(p *smpp.SubmitSM) { p.TLVs = sar(1, 0, 0) }), smpp.StatusInvTLVVal},
		{"a total without a place", short(func(p *smpp.SubmitSM) { p.TLVs = sar(1, 2, 1)[:2] }), smpp.StatusMissingTLV},
		{"a total twice", short(func(p *smpp.SubmitSM) { p.TLVs = append(sar(1, 2, 1), octets(smpp.TagSARTotalSegments, 3)) }), smpp.StatusInvTLVStream},
		{"a total of two octets", short(func(p *smpp.SubmitSM) {
			p.TLVs = sar(1, 2, 1)
			p.TLVs[1].Value = []byte{0, 2}
		}), smpp.StatusInvTLVLen},
		{"header and parameters say other ports", short(func(p *smpp.SubmitSM) {
			p.ESMClass |= smpp.FeatureUDHI
			p.ShortMessage = concat()
			p.TLVs = append(ports()[:1], octets(smpp.TagDestinationPort, 0x0B, 0x85))
		}), smpp.StatusInvTLVVal},
		{"header and parameters say other places", short(func(p *smpp.SubmitSM) {
			p.ESMClass |= smpp.FeatureUDHI
			p.ShortMessage = concat(0, 3, 1, 2, 1)
			p.TLVs = sar(1, 2, 2)
		}), smpp.StatusInvTLVVal},
		{"header and parameters say the same", short(func(p *smpp.SubmitSM) {
			p.ESMClass |= smpp.FeatureUDHI
			p.ShortMessage = concat(0, 3, 1, 2, 1)
			p.TLVs = append(sar(1, 2, 1), ports()...)
		}), smpp.StatusOK},
		{"a segment by parameters that does not fit with its header", short(func(p *smpp.SubmitSM) {
			p.ShortMessage = text("x", 140)
			p.TLVs = sar(1, 2, 1)
		}), smpp.StatusInvMsgLen},
		{"a header that can not be cut", short(func(p *smpp.SubmitSM) {
			p.ESMClass |= smpp.FeatureUDHI
			p.ShortMessage = nil
			p.TLVs = smpp.TLVs{octets(smpp.TagMessagePayload, append([]byte{10, 5, 4, 0x0B, 0x84, 0x23, 0xF0, 0x70, 1, 0, 0}, text("x", 200)...)...)}
		}), smpp.StatusInvMsgLen},
		{"priority 4", short(func(p *smpp.SubmitSM) { p.PriorityFlag = 4 }), smpp.StatusInvPrtFlg},
		{"later", short(func(p *smpp.SubmitSM) { p.ScheduleDeliveryTime = "000000010000000R" }), smpp.StatusInvSched},
		{"a validity that is no time", short(func(p *smpp.SubmitSM) { p.ValidityPeriod = "000000010000000X" }), smpp.StatusInvExpiry},
		{"a validity that is over", short(func(p *smpp.SubmitSM) { p.ValidityPeriod = "200101000000000+" }), smpp.StatusInvExpiry},
		{"an identity of no octets", data(func(p *smpp.DataSM) { p.TLVs = append(p.TLVs, octets(smpp.TagPushIdentity)) }), smpp.StatusInvTLVLen},
		{"query_sm", &smpp.QuerySM{MessageID: "1"}, smpp.StatusQueryFail},
		{"cancel_sm", &smpp.CancelSM{MessageID: "1"}, smpp.StatusCancelFail},
		{"replace_sm", &smpp.ReplaceSM{MessageID: "1"}, smpp.StatusReplaceFail},
	}
	m := newMSC(t, delivered)
	s := start(t, gatewayESME("senders = [\"1234\", \"Ex*\"]")+"[transaction]\nmax_segments = 4\n"+
		"[[delivery]]\naddress = \"MSC\"\nsystem_id = \"x\"\nprefix = [\"358\"]\n", m)
	session := bind(t, s, "ppg")
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			before := m.count()
			r := call(t, session, tt.pdu)
			if r.Status != tt.want {
				t.Errorf("answered %v, want %v", r.Status, tt.want)
			}
			if tt.want != smpp.StatusOK && m.count() != before {
				t.Error("and sent")
			}
			named := pushTo(number(1), text("y", 300))
			named.Source.Addr = "Example"
			if r := call(t, session, named); r.Outcome != smpp.Accepted {
				t.Errorf("the next submission: %+v", r)
			}
		})
	}
	if a := s.account("ppg"); a.unheard != 0 || len(a.sessions) != 0 || s.Suspended() != 0 {
		t.Errorf("left over: %d unanswered, %v, %d suspended", a.unheard, a.sessions, s.Suspended())
	}
}

// TestLyingLengths sends PDUs whose lengths are not so. Where the next PDU begins is known, the link stays; where not, it ends.
func TestLyingLengths(t *testing.T) {
	s := start(t, gatewayESME(""), newMSC(t, delivered))
	push, err := smpp.Append(nil, smpp.StatusOK, 5, pushTo(number(1), text("x", 20)))
	if err != nil {
		t.Fatal(err)
	}
	submit, err := smpp.Append(nil, smpp.StatusOK, 5, &smpp.SubmitSM{
		Source: smpp.Address{Addr: "1234"}, Destination: smpp.Address{Addr: number(1)}, ESMClass: smpp.ModeTransaction, ShortMessage: []byte("text"),
	})
	if err != nil {
		t.Fatal(err)
	}
	change := func(b []byte, at int, v byte) []byte {
		b = append([]byte(nil), b...)
		b[at] = v
		return b
	}
	tests := []struct {
		name    string
		octets  []byte
		command smpp.CommandID
		status  smpp.Status
		ends    bool
	}{
		{"command_length below a header", change(push, 3, 15), smpp.CommandGenericNack, smpp.StatusInvCmdLen, true},
		{"command_length beyond every PDU", change(push, 0, 0x7F), smpp.CommandGenericNack, smpp.StatusInvCmdLen, true},
		{"a parameter longer than its PDU", change(push, len(push)-21, 21), smpp.CommandDataSMResp, smpp.StatusInvTLVStream, false},
		{"sm_length longer than the PDU", change(submit, len(submit)-5, 9), smpp.CommandSubmitSMResp, smpp.StatusInvMsgLen, false},
		{"sm_length shorter: the rest is no parameter", change(submit, len(submit)-5, 2), smpp.CommandSubmitSMResp, smpp.StatusInvTLVStream, false},
		{"an unknown command", change(push, 7, 0x99), smpp.CommandGenericNack, smpp.StatusInvCmdID, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			other := bind(t, s, "ppg")
			c := dialRaw(t, s)
			c.bind("ppg")
			c.write(tt.octets)
			c.expect(tt.command, tt.status, 5)
			if tt.ends {
				c.expectEnd()
			} else {
				c.send(6, pushTo(number(1), text("x", 20)))
				c.expect(smpp.CommandDataSMResp, smpp.StatusOK, 6)
				_ = c.Close()
			}
			if r := call(t, other, pushTo(number(2), text("x", 20))); r.Outcome != smpp.Accepted {
				t.Errorf("another link: %+v", r)
			}
			other.Close()
			until(t, "both links are gone", func() bool { return s.standing().Binds == 0 })
		})
	}
}

// What one short message holds goes as it is.
func TestSingle(t *testing.T) {
	m := newMSC(t, delivered)
	session := bind(t, start(t, gatewayESME("class = \"other\""), m), "ppg")
	for _, tt := range []struct {
		name string
		pdu  smpp.PDU
		want string
		udhi bool
	}{
		{"text of 160 characters", &smpp.SubmitSM{
			Destination: smpp.Address{Addr: "+" + number(1)}, ESMClass: smpp.ModeTransaction, ShortMessage: text("t", 160),
		}, string(text("t", 160)), false},
		{"nothing at all", &smpp.SubmitSM{Destination: smpp.Address{Addr: number(1)}, ESMClass: smpp.ModeTransaction}, "", false},
		{"a header of its own", &smpp.SubmitSM{
			Destination: smpp.Address{Addr: number(1)}, ESMClass: smpp.ModeTransaction | smpp.FeatureUDHI, ShortMessage: []byte{3, 0x70, 1, 0, 9},
		}, "\x03\x70\x01\x00\x09", true},
		{"ports by parameters", pushTo(number(1), []byte("p")), "\x06\x05\x04\x0b\x84\x23\xf0p", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if r := call(t, session, tt.pdu); r.Outcome != smpp.Accepted {
				t.Fatalf("%+v", r)
			}
			m.mu.Lock()
			defer m.mu.Unlock()
			p := m.segments[len(m.segments)-1]
			if string(p.ShortMessage) != tt.want || p.ESMClass.UDHI() != tt.udhi || p.ESMClass.Mode() != smpp.ModeTransaction {
				t.Errorf("sent %+v", p)
			}
		})
	}
}

func TestReferenceBitsAndDataCoding(t *testing.T) {
	m := newMSC(t, delivered)
	session := bind(t, start(t, gatewayESME("")+"[transaction]\nreference_bits = 16\ndata_coding = 4\n", m), "ppg")
	call(t, session, pushTo(number(1), text("x", 150)))
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, p := range m.segments {
		h, _, err := wdp.ParseHeader(p.ShortMessage)
		if err != nil || h.Concatenation == nil || !h.Concatenation.Reference.Wide || p.DataCoding != smpp.DataCodingOctets {
			t.Errorf("%+v %v", p, err)
		}
	}
}

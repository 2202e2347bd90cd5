package sms

import (
	"fmt"
	"net"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/ppgbox/ppgbox/sdk/push"
	"github.com/ppgbox/ppgbox/sdk/smpp"
)

// garbage is an SMSC that answers the bind and then, once something was submitted, says what the test wants.
func garbage(t *testing.T, words func(header smpp.Header) []byte) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var running sync.WaitGroup
	t.Cleanup(func() { _ = l.Close(); running.Wait() })
	running.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			running.Go(func() {
				defer func() { _ = conn.Close() }()
				for {
					h, err := readFrame(conn)
					if err != nil {
						return
					}
					answer := words(h)
					if h.Command == smpp.CommandBindTransceiver {
						answer, _ = smpp.Append(nil, smpp.StatusOK, h.Sequence, &smpp.BindResp{Mode: smpp.Transceiver, SystemID: "odd"})
					}
					if _, err := conn.Write(answer); err != nil {
						return
					}
				}
			})
		}
	})
	return l.Addr().String()
}

func readFrame(conn net.Conn) (smpp.Header, error) {
	head := make([]byte, smpp.HeaderSize)
	for n := 0; n < len(head); {
		m, err := conn.Read(head[n:])
		if err != nil {
			return smpp.Header{}, err
		}
		n += m
	}
	length := int(head[2])<<8 | int(head[3])
	frame := append(head, make([]byte, length-len(head))...)
	for n := smpp.HeaderSize; n < length; {
		m, err := conn.Read(frame[n:])
		if err != nil {
			return smpp.Header{}, err
		}
		n += m
	}
	h, _, err := smpp.Decode(frame)
	return h, err
}

func TestGarbageFromTheSMSC(t *testing.T) {
	t.Parallel()
	resp := func(status smpp.Status, sequence uint32, p smpp.PDU) []byte {
		b, err := smpp.Append(nil, status, sequence, p)
		if err != nil {
			t.Error(err)
		}
		return b
	}
	for _, tt := range []struct {
		name  string
		words func(smpp.Header) []byte
		kind  push.OutcomeKind
	}{
		{"noise", func(smpp.Header) []byte { return []byte("HTTP/1.1 400 Bad Request\r\n\r\n") }, push.OutcomeUnknown},
		{"a length that can not be", func(smpp.Header) []byte { return []byte{0, 0, 0, 3, 0, 0, 0, 0} }, push.OutcomeUnknown},
		{"another sequence number", func(h smpp.Header) []byte { return resp(0, h.Sequence+77, &smpp.SubmitSMResp{}) }, push.OutcomeUnknown},
		{"another command", func(h smpp.Header) []byte { return resp(0, h.Sequence, &smpp.DataSMResp{}) }, push.OutcomeUnknown},
		{"generic_nack", func(h smpp.Header) []byte { return resp(smpp.StatusInvCmdID, h.Sequence, &smpp.GenericNack{}) }, push.OutcomeRefused},
		{"generic_nack that says OK", func(h smpp.Header) []byte { return resp(smpp.StatusOK, h.Sequence, &smpp.GenericNack{}) }, push.OutcomeRefused},
		{"an unknown status", func(h smpp.Header) []byte { return resp(0x7777, h.Sequence, &smpp.SubmitSMResp{}) }, push.OutcomeFailedForNow},
		{"a network error that is none", func(h smpp.Header) []byte {
			return resp(smpp.StatusDeliveryFailure, h.Sequence, &smpp.SubmitSMResp{TLVs: smpp.TLVs{
				{Tag: smpp.TagNetworkErrorCode, Value: []byte{3}}, {Tag: smpp.TagDeliveryFailureReason, Value: nil},
			}})
		}, push.OutcomeFailedForNow},
		{"three answers", func(h smpp.Header) []byte {
			one := resp(0, h.Sequence, &smpp.SubmitSMResp{MessageID: "1"})
			return slices.Concat(one, one, resp(smpp.StatusInvDstAdr, h.Sequence, &smpp.SubmitSMResp{}))
		}, push.OutcomeDelivered},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			address := garbage(t, tt.words)
			_, g := startBearer(t, fmt.Sprintf("source = \"1234\"\nlink = [{ address = %q, system_id = \"ppg\" }]", address))
			d := deliveryOf("d", number, 1)
			d.Timeout = 400 * time.Millisecond
			g.deliver(d)
			g.want("d", tt.kind)
		})
	}
}

// An SMSC that answers data_sm by generic_nack gets submit_sm.
func TestDelegateGenericNack(t *testing.T) {
	t.Parallel()
	address := garbage(t, func(h smpp.Header) []byte {
		var answer smpp.PDU = &smpp.SubmitSMResp{MessageID: "m"}
		status := smpp.StatusOK
		if h.Command == smpp.CommandDataSM {
			answer, status = &smpp.GenericNack{}, smpp.StatusInvCmdLen
		}
		b, _ := smpp.Append(nil, status, h.Sequence, answer)
		return b
	})
	_, g := startBearer(t, fmt.Sprintf("source = \"1234\"\nmode = \"delegate\"\nlink = [{ address = %q, system_id = \"ppg\" }]", address))
	g.deliver(deliveryOf("d", number, 1))
	g.want("d", push.OutcomeDelivered)
}

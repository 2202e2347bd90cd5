package smpp

import (
	"encoding/binary"
	"fmt"
)

// HeaderSize is the size of a PDU header in octets: command_length, command_id, command_status, sequence_number. SMPP 3.4 §5.1.
const HeaderSize = 16

// MaxSequence is the highest sequence_number. SMPP 3.4 §5.1.4.
const MaxSequence uint32 = 0x7FFFFFFF

// Header is a PDU header without its command_length.
type Header struct {
	Command  CommandID
	Status   Status // 0 in requests
	Sequence uint32 // 1 to MaxSequence; 0 only in a generic_nack to what could not be read
}

// PDU is the body of one of this package's PDU types, always a pointer to it.
type PDU interface {
	CommandID() CommandID
}

// Append appends the PDU with the given status and sequence number to dst. Whatever does not fit its field is an *EncodeError that names the
// field, and dst is returned as it was.
func Append(dst []byte, status Status, sequence uint32, p PDU) ([]byte, error) {
	start := len(dst)
	e := encoder{b: binary.BigEndian.AppendUint32(dst, 0), command: p.CommandID()}
	e.u32(uint32(e.command))
	e.u32(uint32(status))
	e.u32(sequence)
	if !encodeBody(&e, p) {
		return dst, fmt.Errorf("smpp: %T is not a PDU of this package", p)
	}
	if e.err != nil {
		return dst, e.err
	}
	binary.BigEndian.PutUint32(e.b[start:], uint32(len(e.b)-start))
	return e.b, nil
}

// encodeBody is a type switch and not a method of PDU, so that the encoder stays on the stack.
func encodeBody(e *encoder, p PDU) bool {
	switch p := p.(type) {
	case *SubmitSM:
		p.encode(e)
	case *SubmitSMResp:
		p.encode(e)
	case *DataSM:
		p.encode(e)
	case *DataSMResp:
		p.encode(e)
	case *DeliverSM:
		p.encode(e)
	case *DeliverSMResp:
		p.encode(e)
	case *Bind:
		p.encode(e)
	case *BindResp:
		p.encode(e)
	case *Outbind:
		p.encode(e)
	case *QuerySM:
		p.encode(e)
	case *QuerySMResp:
		p.encode(e)
	case *CancelSM:
		p.encode(e)
	case *ReplaceSM:
		p.encode(e)
	case *AlertNotification:
		p.encode(e)
	case *UnknownPDU:
		e.b = append(e.b, p.Body...)
	case headerOnly:
	default:
		return false
	}
	return true
}

// Decode reads one whole PDU. It keeps no reference to frame.
//
// An error in the header (fewer than 16 octets, a command_length other than len(frame)) returns no PDU. An error in the body is a
// *DecodeError and comes with the fields that were read before it, so that an answer can still be matched. A command that is not of
// this package is an *UnknownPDU and no error.
//
// Forgiven, because peers do it: a response without a body, whatever its status; an error response that ends after any of its fields; the
// last C-octet string of a response without its NUL, or longer than the specification allows; a body after a header-only PDU; a
// query_sm_resp without error_code.
func Decode(frame []byte) (Header, PDU, error) {
	if len(frame) < HeaderSize {
		return Header{}, nil, &DecodeError{Field: "command_length", Status: StatusInvCmdLen, Reason: fmt.Sprintf("%d octets are no header", len(frame))}
	}
	h := Header{
		Command:  CommandID(binary.BigEndian.Uint32(frame[4:])),
		Status:   Status(binary.BigEndian.Uint32(frame[8:])),
		Sequence: binary.BigEndian.Uint32(frame[12:]),
	}
	if n := binary.BigEndian.Uint32(frame); uint64(n) != uint64(len(frame)) {
		return h, nil, &DecodeError{
			Command: h.Command, Field: "command_length", Status: StatusInvCmdLen,
			Reason: fmt.Sprintf("it says %d octets, there are %d", n, len(frame)),
		}
	}
	d := decoder{b: frame[HeaderSize:], command: h.Command, response: h.Command.IsResponse()}
	d.mayEnd = d.response && (h.Status != StatusOK || len(d.b) == 0)
	p := decodeBody(&d)
	if d.err != nil {
		return h, p, d.err
	}
	return h, p, nil
}

func decodeBody(d *decoder) PDU {
	switch d.command {
	case CommandSubmitSM:
		p := new(SubmitSM)
		p.decode(d)
		return p
	case CommandSubmitSMResp:
		p := new(SubmitSMResp)
		p.decode(d)
		return p
	case CommandDataSM:
		p := new(DataSM)
		p.decode(d)
		return p
	case CommandDataSMResp:
		p := new(DataSMResp)
		p.decode(d)
		return p
	case CommandDeliverSM:
		p := new(DeliverSM)
		p.decode(d)
		return p
	case CommandDeliverSMResp:
		p := new(DeliverSMResp)
		p.decode(d)
		return p
	case CommandBindReceiver, CommandBindTransmitter, CommandBindTransceiver:
		p := &Bind{Mode: BindMode(d.command)}
		p.decode(d)
		return p
	case CommandBindReceiverResp, CommandBindTransmitterResp, CommandBindTransceiverResp:
		p := &BindResp{Mode: BindMode(d.command &^ responseBit)}
		p.decode(d)
		return p
	case CommandOutbind:
		p := new(Outbind)
		p.decode(d)
		return p
	case CommandQuerySM:
		p := new(QuerySM)
		p.decode(d)
		return p
	case CommandQuerySMResp:
		p := new(QuerySMResp)
		p.decode(d)
		return p
	case CommandCancelSM:
		p := new(CancelSM)
		p.decode(d)
		return p
	case CommandReplaceSM:
		p := new(ReplaceSM)
		p.decode(d)
		return p
	case CommandAlertNotification:
		p := new(AlertNotification)
		p.decode(d)
		return p
	}
	if p := newHeaderOnly(d.command); p != nil {
		return p
	}
	return &UnknownPDU{Command: d.command, Body: d.rest()}
}

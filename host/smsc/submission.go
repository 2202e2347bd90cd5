package smsc

import (
	"strings"
	"time"

	"github.com/ppgbox/ppgbox/sdk/smpp"
	"github.com/ppgbox/ppgbox/sdk/wdp"
)

// A submission is a message as an ESME gave it, whole or one segment of one.
type submission struct {
	envelope
	mode     smpp.ESMClass
	within   time.Duration // until it is worth nothing any more, 0 if it does not say
	identity string        // of the push; "" without

	userData []byte // with its header, if it has one
	payload  []byte // without
	hasUDH   bool
	others   []wdp.Element // of its header, without a meaning here
	hasPorts bool
	ports    wdp.Ports // from the header or from parameters
	concat   *concatenation
	bySAR    bool // concat is from parameters, and not in userData
}

// An envelope is what a message and each of its segments have in common.
type envelope struct {
	source, destination smpp.Address
	serviceType         string
	protocolID          uint8
	priorityFlag        uint8
	dataCoding          smpp.DataCoding
}

// number is the destination without "+".
func (e *envelope) number() string { return strings.TrimPrefix(e.destination.Addr, "+") }

// concatenation is the place of a segment in a message that the ESME has cut itself.
type concatenation struct {
	reference       uint16
	wide            bool
	total, sequence byte
}

// A refusal is the status for a submission that is not taken, and why.
type refusal struct {
	status smpp.Status
	why    string
}

func refuse(status smpp.Status, why string) *refusal { return &refusal{status, why} }

// readSubmit reads a submit_sm (SMPP 3.4 §4.4.1).
func (s *submission) readSubmit(p *smpp.SubmitSM, now time.Time) *refusal {
	payload, whole := p.TLVs.Get(smpp.TagMessagePayload)
	switch {
	case whole && len(p.ShortMessage) > 0:
		return refuse(smpp.StatusTLVNotAllwd, "short_message and message_payload")
	case !whole:
		payload = p.ShortMessage
	}
	if p.ScheduleDeliveryTime != "" {
		return refuse(smpp.StatusInvSched, "schedule_delivery_time: nothing is stored here")
	}
	if p.PriorityFlag > 3 {
		return refuse(smpp.StatusInvPrtFlg, "priority_flag")
	}
	s.userData = payload
	s.envelope = envelope{
		source: p.Source, destination: p.Destination, serviceType: p.ServiceType,
		protocolID: p.ProtocolID, priorityFlag: p.PriorityFlag, dataCoding: p.DataCoding,
	}
	if p.ValidityPeriod != "" {
		d, ok := untilTime(p.ValidityPeriod, now)
		if !ok {
			return refuse(smpp.StatusInvExpiry, "validity_period "+p.ValidityPeriod)
		}
		s.within = d
	}
	return s.read(p.ESMClass, p.TLVs)
}

// readData reads a data_sm (SMPP 3.4 §4.7.1).
func (s *submission) readData(p *smpp.DataSM) *refusal {
	payload, there := p.TLVs.Get(smpp.TagMessagePayload)
	if !there {
		return refuse(smpp.StatusMissingTLV, "no message_payload")
	}
	s.userData = payload
	s.envelope = envelope{source: p.Source, destination: p.Destination, serviceType: p.ServiceType, dataCoding: p.DataCoding}
	return s.read(p.ESMClass, p.TLVs)
}

// maxAddress is the size of an address that fits into submit_sm (SMPP 3.4 §5.2.8).
const maxAddress = 20

// read reads what both requests have.
func (s *submission) read(class smpp.ESMClass, tlvs smpp.TLVs) *refusal {
	s.mode = class.Mode()
	switch {
	case !isNumber(s.number()):
		return refuse(smpp.StatusInvDstAdr, "the destination is no number")
	case len(s.source.Addr) > maxAddress:
		return refuse(smpp.StatusInvSrcAdr, "the source is too long")
	case class&smpp.TypeMask != 0:
		return refuse(smpp.StatusInvESMClass, "esm_class: the message type is for receipts and acknowledgements")
	}
	there, twice := parameters(tlvs)
	if twice != 0 {
		return refuse(smpp.StatusInvTLVStream, twice.String()+" is there twice")
	}
	if identity, ok := tlvs.Get(smpp.TagPushIdentity); ok {
		if len(identity) == 0 || len(identity) > maxIdentity {
			return refuse(smpp.StatusInvTLVLen, "push_identity")
		}
		s.identity = string(identity)
	}
	if there&hasTimeToLive != 0 {
		seconds, _, err := tlvs.Uint(smpp.TagQoSTimeToLive)
		if err != nil {
			return refuse(smpp.StatusInvTLVLen, err.Error())
		}
		if d := time.Duration(seconds) * time.Second; d > 0 && (s.within == 0 || d < s.within) {
			s.within = d
		}
	}
	if r := s.readHeader(class); r != nil {
		return r
	}
	if there&(hasSourcePort|hasDestinationPort) != 0 {
		if r := s.readPorts(tlvs); r != nil {
			return r
		}
	}
	if there&(hasReference|hasTotal|hasPlace) != 0 {
		return s.readSAR(tlvs)
	}
	return nil
}

const maxIdentity = 64 // octets

// isNumber says whether a destination can be one.
func isNumber(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != "" && len(s) <= maxAddress
}

// The parameters with a meaning here, as bits of a set.
const (
	hasPayload = 1 << iota
	hasSourcePort
	hasDestinationPort
	hasReference
	hasTotal
	hasPlace
	hasIdentity
	hasTimeToLive
)

// parameters says which of them are there. twice is one that is there more than once, 0 without.
func parameters(tlvs smpp.TLVs) (there int, twice smpp.Tag) {
	for i := range tlvs {
		is := 0
		switch tlvs[i].Tag {
		case smpp.TagMessagePayload:
			is = hasPayload
		case smpp.TagSourcePort:
			is = hasSourcePort
		case smpp.TagDestinationPort:
			is = hasDestinationPort
		case smpp.TagSARMsgRefNum:
			is = hasReference
		case smpp.TagSARTotalSegments:
			is = hasTotal
		case smpp.TagSARSegmentSeqnum:
			is = hasPlace
		case smpp.TagPushIdentity:
			is = hasIdentity
		case smpp.TagQoSTimeToLive:
			is = hasTimeToLive
		}
		if there&is != 0 {
			return there, tlvs[i].Tag
		}
		there |= is
	}
	return there, 0
}

// readHeader reads the user data header that esm_class announces.
func (s *submission) readHeader(class smpp.ESMClass) *refusal {
	s.payload = s.userData
	if !class.UDHI() {
		return nil
	}
	header, payload, err := wdp.ParseHeader(s.userData)
	if err != nil {
		return refuse(smpp.StatusInvMsgLen, err.Error())
	}
	s.hasUDH, s.others, s.payload = true, header.Others, payload
	if header.Ports != nil {
		s.hasPorts, s.ports = true, *header.Ports
	}
	if c := header.Concatenation; c != nil {
		s.concat = &concatenation{reference: c.Reference.Number, wide: c.Reference.Wide, total: c.Total, sequence: c.Sequence}
	}
	for _, e := range header.Others { // a place that can not be one stands among the others
		if e.ID == elementConcat8 || e.ID == elementConcat16 {
			return refuse(smpp.StatusSubmitFail, "a concatenation element that can not be: total 0, or a place beyond it")
		}
	}
	return nil
}

// The concatenation elements (3GPP TS 23.040 §9.2.3.24).
const (
	elementConcat8  = 0x00
	elementConcat16 = 0x08
)

// readPorts reads the application ports of optional parameters, which must be those of the header if both are there.
func (s *submission) readPorts(tlvs smpp.TLVs) *refusal {
	source, hasSource, err := tlvs.Uint(smpp.TagSourcePort)
	if err != nil {
		return refuse(smpp.StatusInvTLVLen, err.Error())
	}
	destination, hasDestination, err := tlvs.Uint(smpp.TagDestinationPort)
	if err != nil {
		return refuse(smpp.StatusInvTLVLen, err.Error())
	}
	if !hasDestination {
		return refuse(smpp.StatusMissingTLV, "source_port without destination_port")
	}
	if !hasSource {
		source = wdp.PortWSP
	}
	ports := wdp.Ports{Destination: uint16(destination), Source: uint16(source)}
	if s.hasPorts && (s.ports.Destination != ports.Destination || hasSource && s.ports.Source != ports.Source) {
		return refuse(smpp.StatusInvTLVVal, "the ports of the header are others than those of the parameters")
	}
	if !s.hasPorts {
		s.hasPorts, s.ports = true, ports
	}
	return nil
}

// readSAR reads the concatenation of optional parameters (SMPP 3.4 §5.3.2.22).
func (s *submission) readSAR(tlvs smpp.TLVs) *refusal {
	var v [3]uint32
	there := 0
	for i, tag := range [...]smpp.Tag{smpp.TagSARMsgRefNum, smpp.TagSARTotalSegments, smpp.TagSARSegmentSeqnum} {
		n, ok, err := tlvs.Uint(tag)
		if err != nil {
			return refuse(smpp.StatusInvTLVLen, err.Error())
		}
		if v[i] = n; ok {
			there++
		}
	}
	switch {
	case there < 3:
		return refuse(smpp.StatusMissingTLV, "of the three sar_ parameters one is missing")
	case v[1] == 0 || v[2] == 0 || v[2] > v[1]:
		return refuse(smpp.StatusInvTLVVal, "sar_ parameters that can not be: total 0, or a place beyond it")
	}
	c := concatenation{reference: uint16(v[0]), total: byte(v[1]), sequence: byte(v[2]), wide: v[0] > 0xFF}
	if s.concat != nil {
		if c.wide = s.concat.wide; c != *s.concat {
			return refuse(smpp.StatusInvTLVVal, "the header's concatenation is another than that of the sar_ parameters")
		}
		return nil
	}
	if c.total > 1 {
		s.concat, s.bySAR = &c, true
	}
	return nil
}

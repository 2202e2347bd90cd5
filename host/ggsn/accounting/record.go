package accounting

import (
	"encoding/binary"
	"encoding/hex"
	"net/netip"
	"strconv"
	"time"

	"layeh.com/radius"
	"layeh.com/radius/rfc2865"
	"layeh.com/radius/rfc2866"
	"layeh.com/radius/rfc2869"
	"layeh.com/radius/rfc3162"

	"github.com/ppgbox/ppgbox/sdk/push"
)

// Status is what a record is about (RFC 2866 §5.1).
type Status uint32

// The statuses.
const (
	Start   Status = 1
	Stop    Status = 2
	Interim Status = 3
	On      Status = 7
	Off     Status = 8
)

// A Record is what is told. On and Off are about the node and have only Status and At.
type Record struct {
	Status     Status
	At         time.Time
	IMSI       push.IMSI
	MSISDN     push.MSISDN
	APN        string
	Address    netip.Addr // of the terminal, IPv4
	SGSN       netip.Addr
	NSAPI      uint8
	RATType    uint8 // 0 if not known
	ChargingID uint32
	// Of Interim and Stop:
	Since                        time.Duration
	UplinkOctets, DownlinkOctets uint64
	UplinkPackets                uint32
	DownlinkPackets              uint32
	Lost                         bool // Stop: the terminal did not ask for it
}

// The attributes of 3GPP TS 29.061 §16.4.7 that are sent.
const (
	vendor3GPP             = 10415
	typeIMSI               = 1
	typeChargingID         = 2
	typePDPType            = 3
	typeSGSNAddress        = 6
	typeGGSNAddress        = 7
	typeNSAPI              = 10
	typeSessionStop        = 11
	typeSGSNIPv6Address    = 15
	typeGGSNIPv6Address    = 16
	typeRATType            = 21
	framedProtocolGPRS     = 7 // GPRS PDP Context (3GPP TS 29.061 §16.4.3)
	stopIndication         = 0xFF
	causeUserRequest       = 1
	causeLostCarrier       = 2
	pdpTypeIPv4            = 0
	typeVendorSpecific     = 26
	typeAcctInputGigaword  = 52
	typeAcctOutputGigaword = 53
)

// packet makes the request of a record. ggsn is the address of the node's control plane, and name what the node calls itself.
func (r Record) packet(ggsn netip.Addr, name string, secret []byte) *radius.Packet {
	p := radius.New(radius.CodeAccountingRequest, secret)
	number(p, rfc2866.AcctStatusType_Type, uint32(r.Status))
	if ggsn.Is4() {
		p.Add(rfc2865.NASIPAddress_Type, ggsn.AsSlice())
	} else {
		p.Add(rfc3162.NASIPv6Address_Type, ggsn.AsSlice())
	}
	if name != "" {
		p.Add(rfc2865.NASIdentifier_Type, radius.Attribute(name))
	}
	number(p, rfc2869.EventTimestamp_Type, uint32(r.At.Unix()))
	if r.Status == On || r.Status == Off {
		return p
	}
	p.Add(rfc2866.AcctSessionID_Type, radius.Attribute(hex.EncodeToString(ggsn.AsSlice())+hex.EncodeToString(octets(r.ChargingID))))
	p.Add(rfc2865.CalledStationID_Type, radius.Attribute(r.APN))
	if r.MSISDN != "" {
		p.Add(rfc2865.CallingStationID_Type, radius.Attribute(r.MSISDN))
	}
	p.Add(rfc2865.FramedIPAddress_Type, r.Address.AsSlice())
	number(p, rfc2865.ServiceType_Type, 2) // Framed
	number(p, rfc2865.FramedProtocol_Type, framedProtocolGPRS)
	r.usage(p)
	r.vendor(p, ggsn)
	return p
}

// usage adds what went through the context. Input is from the terminal (RFC 2866 §5.3).
func (r Record) usage(p *radius.Packet) {
	if r.Status == Start {
		return
	}
	number(p, rfc2866.AcctSessionTime_Type, uint32(r.Since/time.Second))
	number(p, rfc2866.AcctInputOctets_Type, uint32(r.UplinkOctets))
	number(p, rfc2866.AcctOutputOctets_Type, uint32(r.DownlinkOctets))
	number(p, rfc2866.AcctInputPackets_Type, r.UplinkPackets)
	number(p, rfc2866.AcctOutputPackets_Type, r.DownlinkPackets)
	if r.UplinkOctets>>32 != 0 {
		number(p, typeAcctInputGigaword, uint32(r.UplinkOctets>>32))
	}
	if r.DownlinkOctets>>32 != 0 {
		number(p, typeAcctOutputGigaword, uint32(r.DownlinkOctets>>32))
	}
	if r.Status == Stop {
		cause := uint32(causeUserRequest)
		if r.Lost {
			cause = causeLostCarrier
		}
		number(p, rfc2866.AcctTerminateCause_Type, cause)
	}
}

func (r Record) vendor(p *radius.Packet, ggsn netip.Addr) {
	vendor(p, typeIMSI, []byte(r.IMSI)...)
	vendor(p, typeChargingID, octets(r.ChargingID)...)
	vendor(p, typePDPType, octets(pdpTypeIPv4)...)
	byFamily(p, typeSGSNAddress, typeSGSNIPv6Address, r.SGSN)
	byFamily(p, typeGGSNAddress, typeGGSNIPv6Address, ggsn)
	vendor(p, typeNSAPI, strconv.FormatUint(uint64(r.NSAPI), 16)[0])
	if r.RATType != 0 {
		vendor(p, typeRATType, r.RATType)
	}
	if r.Status == Stop {
		vendor(p, typeSessionStop, stopIndication)
	}
}

func byFamily(p *radius.Packet, v4, v6 byte, a netip.Addr) {
	switch {
	case a.Is4():
		vendor(p, v4, a.AsSlice()...)
	case a.Is6():
		vendor(p, v6, a.AsSlice()...)
	}
}

func vendor(p *radius.Packet, kind byte, value ...byte) {
	a := binary.BigEndian.AppendUint32(nil, vendor3GPP)
	p.Add(typeVendorSpecific, append(append(a, kind, byte(2+len(value))), value...))
}

func number(p *radius.Packet, kind radius.Type, n uint32) { p.Add(kind, octets(n)) }

func octets(n uint32) []byte { return binary.BigEndian.AppendUint32(nil, n) }

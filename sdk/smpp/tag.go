package smpp

import "fmt"

// Tag names an optional parameter. SMPP 3.4 §5.3.2; congestion_state is of SMPP 5.0.
type Tag uint16

// The optional parameters of SMPP 3.4 §5.3.2.
const (
	TagDestAddrSubunit          Tag = 0x0005
	TagDestNetworkType          Tag = 0x0006
	TagDestBearerType           Tag = 0x0007
	TagDestTelematicsID         Tag = 0x0008
	TagSourceAddrSubunit        Tag = 0x000D
	TagSourceNetworkType        Tag = 0x000E
	TagSourceBearerType         Tag = 0x000F
	TagSourceTelematicsID       Tag = 0x0010
	TagQoSTimeToLive            Tag = 0x0017
	TagPayloadType              Tag = 0x0019
	TagAdditionalStatusInfoText Tag = 0x001D
	TagReceiptedMessageID       Tag = 0x001E
	TagMSMsgWaitFacilities      Tag = 0x0030
	TagPrivacyIndicator         Tag = 0x0201
	TagSourceSubaddress         Tag = 0x0202
	TagDestSubaddress           Tag = 0x0203
	TagUserMessageReference     Tag = 0x0204
	TagUserResponseCode         Tag = 0x0205
	TagSourcePort               Tag = 0x020A
	TagDestinationPort          Tag = 0x020B
	TagSARMsgRefNum             Tag = 0x020C
	TagLanguageIndicator        Tag = 0x020D
	TagSARTotalSegments         Tag = 0x020E
	TagSARSegmentSeqnum         Tag = 0x020F
	TagSCInterfaceVersion       Tag = 0x0210
	TagCallbackNumPresInd       Tag = 0x0302
	TagCallbackNumAtag          Tag = 0x0303
	TagNumberOfMessages         Tag = 0x0304
	TagCallbackNum              Tag = 0x0381
	TagDPFResult                Tag = 0x0420
	TagSetDPF                   Tag = 0x0421
	TagMSAvailabilityStatus     Tag = 0x0422
	TagNetworkErrorCode         Tag = 0x0423
	TagMessagePayload           Tag = 0x0424
	TagDeliveryFailureReason    Tag = 0x0425
	TagMoreMessagesToSend       Tag = 0x0426
	TagMessageState             Tag = 0x0427
	TagCongestionState          Tag = 0x0428
	TagUSSDServiceOp            Tag = 0x0501
	TagDisplayTime              Tag = 0x1201
	TagSMSSignal                Tag = 0x1203
	TagMSValidity               Tag = 0x1204
	TagAlertOnMessageDelivery   Tag = 0x130C
	TagITSReplyType             Tag = 0x1380
	TagITSSessionInfo           Tag = 0x1383
)

// TagPushIdentity is ours, of the range for vendors: whatever tells one push from every other of the ESME, 1 to 64 octets. An SMSC that
// knows it takes a submission with the identity and the octets of an earlier one for the same push, and completes what is missing of it.
const TagPushIdentity Tag = 0x1500

// tagKind is the form of a parameter's value.
type tagKind uint8

const (
	kindUnknown tagKind = iota // not in the table: any octets
	kindInteger                // an integer of size.max octets
	kindOctets
	kindCString // with its NUL
)

type tagForm struct {
	name     string
	kind     tagKind
	min, max int // size of the value in octets
}

// String gives the specification's name, or the number of a tag that has none.
func (t Tag) String() string {
	if f := t.form(); f.name != "" {
		return f.name
	}
	return fmt.Sprintf("TLV 0x%04x", uint16(t))
}

// form is the table of SMPP 3.4 §5.3.2.
func (t Tag) form() tagForm {
	switch t {
	case TagDestAddrSubunit:
		return tagForm{"dest_addr_subunit", kindInteger, 1, 1}
	case TagDestNetworkType:
		return tagForm{"dest_network_type", kindInteger, 1, 1}
	case TagDestBearerType:
		return tagForm{"dest_bearer_type", kindInteger, 1, 1}
	case TagDestTelematicsID:
		return tagForm{"dest_telematics_id", kindInteger, 2, 2}
	case TagSourceAddrSubunit:
		return tagForm{"source_addr_subunit", kindInteger, 1, 1}
	case TagSourceNetworkType:
		return tagForm{"source_network_type", kindInteger, 1, 1}
	case TagSourceBearerType:
		return tagForm{"source_bearer_type", kindInteger, 1, 1}
	case TagSourceTelematicsID:
		return tagForm{"source_telematics_id", kindInteger, 1, 1}
	case TagQoSTimeToLive:
		return tagForm{"qos_time_to_live", kindInteger, 4, 4}
	case TagPayloadType:
		return tagForm{"payload_type", kindInteger, 1, 1}
	case TagAdditionalStatusInfoText:
		return tagForm{"additional_status_info_text", kindCString, 1, 256}
	case TagReceiptedMessageID:
		return tagForm{"receipted_message_id", kindCString, 1, 65}
	case TagMSMsgWaitFacilities:
		return tagForm{"ms_msg_wait_facilities", kindInteger, 1, 1}
	case TagPrivacyIndicator:
		return tagForm{"privacy_indicator", kindInteger, 1, 1}
	case TagSourceSubaddress:
		return tagForm{"source_subaddress", kindOctets, 2, 23}
	case TagDestSubaddress:
		return tagForm{"dest_subaddress", kindOctets, 2, 23}
	case TagUserMessageReference:
		return tagForm{"user_message_reference", kindInteger, 2, 2}
	case TagUserResponseCode:
		return tagForm{"user_response_code", kindInteger, 1, 1}
	case TagSourcePort:
		return tagForm{"source_port", kindInteger, 2, 2}
	case TagDestinationPort:
		return tagForm{"destination_port", kindInteger, 2, 2}
	case TagSARMsgRefNum:
		return tagForm{"sar_msg_ref_num", kindInteger, 2, 2}
	case TagLanguageIndicator:
		return tagForm{"language_indicator", kindInteger, 1, 1}
	case TagSARTotalSegments:
		return tagForm{"sar_total_segments", kindInteger, 1, 1}
	case TagSARSegmentSeqnum:
		return tagForm{"sar_segment_seqnum", kindInteger, 1, 1}
	case TagSCInterfaceVersion:
		return tagForm{"sc_interface_version", kindInteger, 1, 1}
	case TagCallbackNumPresInd:
		return tagForm{"callback_num_pres_ind", kindInteger, 1, 1}
	case TagCallbackNumAtag:
		return tagForm{"callback_num_atag", kindCString, 1, 65}
	case TagNumberOfMessages:
		return tagForm{"number_of_messages", kindInteger, 1, 1}
	case TagCallbackNum:
		return tagForm{"callback_num", kindOctets, 4, 19}
	case TagDPFResult:
		return tagForm{"dpf_result", kindInteger, 1, 1}
	case TagSetDPF:
		return tagForm{"set_dpf", kindInteger, 1, 1}
	case TagMSAvailabilityStatus:
		return tagForm{"ms_availability_status", kindInteger, 1, 1}
	case TagNetworkErrorCode:
		return tagForm{"network_error_code", kindOctets, 3, 3}
	case TagMessagePayload:
		return tagForm{"message_payload", kindOctets, 0, 65535}
	case TagDeliveryFailureReason:
		return tagForm{"delivery_failure_reason", kindInteger, 1, 1}
	case TagMoreMessagesToSend:
		return tagForm{"more_messages_to_send", kindInteger, 1, 1}
	case TagMessageState:
		return tagForm{"message_state", kindInteger, 1, 1}
	case TagCongestionState:
		return tagForm{"congestion_state", kindInteger, 1, 1}
	case TagUSSDServiceOp:
		return tagForm{"ussd_service_op", kindInteger, 1, 1}
	case TagDisplayTime:
		return tagForm{"display_time", kindInteger, 1, 1}
	case TagSMSSignal:
		return tagForm{"sms_signal", kindInteger, 2, 2}
	case TagMSValidity:
		return tagForm{"ms_validity", kindInteger, 1, 1}
	case TagAlertOnMessageDelivery:
		return tagForm{"alert_on_message_delivery", kindOctets, 0, 0}
	case TagITSReplyType:
		return tagForm{"its_reply_type", kindInteger, 1, 1}
	case TagITSSessionInfo:
		return tagForm{"its_session_info", kindOctets, 2, 2}
	case TagPushIdentity:
		return tagForm{"push_identity", kindOctets, 1, 64}
	}
	return tagForm{max: maxTLVValue}
}

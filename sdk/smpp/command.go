package smpp

import "fmt"

// CommandID names the kind of a PDU. SMPP 3.4 §5.1.2.1.
type CommandID uint32

// responseBit is set in the command_id of every response and of generic_nack.
const responseBit CommandID = 0x80000000

// The commands of SMPP 3.4 §5.1.2.1.
const (
	CommandBindReceiver        CommandID = 0x00000001
	CommandBindTransmitter     CommandID = 0x00000002
	CommandQuerySM             CommandID = 0x00000003
	CommandSubmitSM            CommandID = 0x00000004
	CommandDeliverSM           CommandID = 0x00000005
	CommandUnbind              CommandID = 0x00000006
	CommandReplaceSM           CommandID = 0x00000007
	CommandCancelSM            CommandID = 0x00000008
	CommandBindTransceiver     CommandID = 0x00000009
	CommandOutbind             CommandID = 0x0000000B
	CommandEnquireLink         CommandID = 0x00000015
	CommandSubmitMulti         CommandID = 0x00000021
	CommandAlertNotification   CommandID = 0x00000102
	CommandDataSM              CommandID = 0x00000103
	CommandGenericNack         CommandID = 0x80000000
	CommandBindReceiverResp              = CommandBindReceiver | responseBit
	CommandBindTransmitterResp           = CommandBindTransmitter | responseBit
	CommandQuerySMResp                   = CommandQuerySM | responseBit
	CommandSubmitSMResp                  = CommandSubmitSM | responseBit
	CommandDeliverSMResp                 = CommandDeliverSM | responseBit
	CommandUnbindResp                    = CommandUnbind | responseBit
	CommandReplaceSMResp                 = CommandReplaceSM | responseBit
	CommandCancelSMResp                  = CommandCancelSM | responseBit
	CommandBindTransceiverResp           = CommandBindTransceiver | responseBit
	CommandEnquireLinkResp               = CommandEnquireLink | responseBit
	CommandDataSMResp                    = CommandDataSM | responseBit
)

// IsResponse says whether the command answers another one. generic_nack does.
func (c CommandID) IsResponse() bool { return c&responseBit != 0 }

// Response is the command that answers c.
func (c CommandID) Response() CommandID { return c | responseBit }

// String gives the specification's name, such as "submit_sm_resp", or the number of a command that SMPP 3.4 does not know.
func (c CommandID) String() string {
	if c == CommandGenericNack {
		return "generic_nack"
	}
	name := requestName(c &^ responseBit)
	if name == "" {
		return fmt.Sprintf("command 0x%08x", uint32(c))
	}
	if c.IsResponse() {
		return name + "_resp"
	}
	return name
}

func requestName(c CommandID) string {
	switch c {
	case CommandBindReceiver:
		return "bind_receiver"
	case CommandBindTransmitter:
		return "bind_transmitter"
	case CommandQuerySM:
		return "query_sm"
	case CommandSubmitSM:
		return "submit_sm"
	case CommandDeliverSM:
		return "deliver_sm"
	case CommandUnbind:
		return "unbind"
	case CommandReplaceSM:
		return "replace_sm"
	case CommandCancelSM:
		return "cancel_sm"
	case CommandBindTransceiver:
		return "bind_transceiver"
	case CommandOutbind:
		return "outbind"
	case CommandEnquireLink:
		return "enquire_link"
	case CommandSubmitMulti:
		return "submit_multi"
	case CommandAlertNotification:
		return "alert_notification"
	case CommandDataSM:
		return "data_sm"
	}
	return ""
}

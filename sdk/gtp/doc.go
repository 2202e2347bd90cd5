// Package gtp is a GTPv1-C codec and the path between two GSNs (3GPP TS 29.060). Clauses without a document are of it, in Release 15.
//
// [Parse] reads a datagram and [Append] writes one; every message is a struct named as in the specification. What can not be read is a
// [ParseError] that names message, information element and octet, and says how §11.1 answers it.
//
//	type   message                                     clause   struct
//	1      Echo Request                                7.2.1    EchoRequest
//	2      Echo Response                               7.2.2    EchoResponse
//	3      Version Not Supported                       7.2.3    VersionNotSupported
//	16     Create PDP Context Request                  7.3.1    CreatePDPContextRequest
//	17     Create PDP Context Response                 7.3.2    CreatePDPContextResponse
//	18     Update PDP Context Request                  7.3.3    UpdatePDPContextRequest
//	19     Update PDP Context Response                 7.3.4    UpdatePDPContextResponse
//	20     Delete PDP Context Request                  7.3.5    DeletePDPContextRequest
//	21     Delete PDP Context Response                 7.3.6    DeletePDPContextResponse
//	26     Error Indication                            7.3.7    ErrorIndication
//	27     PDU Notification Request                    7.3.8    PDUNotificationRequest
//	28     PDU Notification Response                   7.3.9    PDUNotificationResponse
//	29     PDU Notification Reject Request             7.3.10   PDUNotificationRejectRequest
//	30     PDU Notification Reject Response            7.3.11   PDUNotificationRejectResponse
//	32     Send Routeing Information for GPRS Request  7.4.1    SendRouteingInfoRequest
//	33     Send Routeing Information for GPRS Response 7.4.2    SendRouteingInfoResponse
//	34     Failure Report Request                      7.4.3    FailureReportRequest
//	35     Failure Report Response                     7.4.4    FailureReportResponse
//	36     Note MS GPRS Present Request                7.4.5    NoteMSGPRSPresentRequest
//	37     Note MS GPRS Present Response               7.4.6    NoteMSGPRSPresentResponse
//	255    G-PDU                                       9.3.1    GPDU
//
// What §11.1 asks for, and where:
//
//	shorter than a header, unknown message             nothing is answered    Discard
//	another version                                    Version Not Supported  RefuseVersion
//	an information element out of order, of an         193 invalid message    Reject
//	unknown TV type, or ending behind the message      format
//	a mandatory element missing, incorrect             202, 201               Reject
//	an extension header that must be understood        214                    Reject
//	an unknown TLV element, one time too many,         as if not there        Packet.Ignored
//	an optional one that is incorrect
//	an element of another message                      as if not there
//
// A private extension is handed on as it came, but for one of ours: [APNExtension].
//
// A [Path] is one UDP socket of a GSN. It matches responses to requests, repeats requests that are not answered, answers a repeated
// request with the same octets, answers Echo, and notices peers that restarted. It starts no goroutine for a request.
package gtp

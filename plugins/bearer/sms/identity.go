package sms

import (
	"crypto/sha256"
	"encoding/binary"
)

// An identity names one push to one recipient, the same in every start of it, so that an SMSC that has it already can tell.
type identity [sha256.Size]byte

func identityOf(pushID, number string) identity {
	return sha256.Sum256([]byte(pushID + "\x00" + number))
}

// octets are what goes into push_identity.
func (i *identity) octets() []byte { return i[:16] }

// reference is the user_message_reference.
func (i *identity) reference() []byte { return i[16:18] }

// tid is the WSP transaction id, a part of the push's octets, which must not differ from start to start either.
func (i *identity) tid() byte { return i[18] }

// ttl writes a time in seconds as qos_time_to_live (SMPP 3.4 §5.3.2.16).
func ttl(seconds uint32) []byte { return binary.BigEndian.AppendUint32(nil, seconds) }

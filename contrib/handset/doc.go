// Package handset is the far end of a push, to try the gateway without a network: an SMSC emulator with a radio that may lose
// segments, and a terminal that puts segments together, decodes what it gets and shows it. What happens is told as Events.
//
// It is a stand-in and no judge: it shares its codecs with the gateway. Whether those are right is tested against parts that
// others wrote, in integration/.
package handset

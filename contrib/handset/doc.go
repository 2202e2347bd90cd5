// Package handset is the far end of a push, to try the gateway without a network: an SMSC emulator with a radio that may lose
// segments, an SMSC that stores and forwards, and terminals that put segments together, decode what they get and show it. What happens is
// told as Events. The push client of a terminal that is online, and the browser it loads pages with, are packages below this one.
//
// It is a stand-in and no judge: it shares its codecs with the gateway. Whether those are right is tested against parts that
// others wrote, in integration/.
package handset

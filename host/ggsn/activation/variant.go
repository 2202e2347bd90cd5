package activation

import (
	"fmt"
	"net/netip"

	"github.com/ppgbox/ppgbox/sdk/gtp"
)

// A Variant says which address a notification offers, and what the Create that follows may ask for.
type Variant uint8

// The variants of US 2013/0121252. 3GPP TS 23.060 §9.2.2.2 knows the first one alone.
const (
	// Static: the notification has the subscriber's own address, and the Create has to have the same.
	Static Variant = iota
	// Dynamic: the address is left blank, and the terminal asks for one.
	Dynamic
	// Preallocated: the node takes an address from its pool before it notifies, says that it is new, and the Create has to have
	// the same.
	Preallocated
	// Network: the address is left blank, and the notification says that the network gives one in the course of the activation.
	Network
)

var variantNames = [...]string{"static", "dynamic", "preallocated", "network"}

// String returns the variant's name in a configuration.
func (v Variant) String() string {
	if int(v) >= len(variantNames) {
		return fmt.Sprintf("variant %d", uint8(v))
	}
	return variantNames[v]
}

// ParseVariant reads a name.
func ParseVariant(name string) (Variant, error) {
	for v, n := range variantNames {
		if n == name {
			return Variant(v), nil
		}
	}
	return 0, fmt.Errorf("variant %q: static, dynamic, preallocated or network", name)
}

// indication is what the notification says beside the address.
func (v Variant) indication() indication {
	switch v {
	case Preallocated:
		return newAddress
	case Network:
		return networkActivation
	}
	return noIndication
}

// An indication is what a PDU Notification Request says about its End User Address, in a private extension of ours with the layout of
// [gtp.APNExtension]: behind the extension identifier, type (one octet), length (one octet) and value. The types of an indication have
// no value.
type indication uint8

// The indications, and their types.
const (
	noIndication indication = 0
	// newAddress: the address was allocated for this activation, and is none that the terminal had before.
	newAddress indication = 3
	// networkActivation: the terminal shall ask for a context without an address, the network allocates it.
	networkActivation indication = 4
)

// private returns the information element, none for noIndication.
func (i indication) private(id uint16) []gtp.PrivateExtension {
	if i == noIndication {
		return nil
	}
	return []gtp.PrivateExtension{{ID: id, Value: []byte{byte(i), 0}}}
}

// offer is the End User Address of a notification.
func (p Plan) offer() gtp.EndUserAddress {
	if p.Address.IsValid() {
		return gtp.StaticAddress(p.Address)
	}
	return gtp.DynamicAddress(p.dynamicType())
}

func (p Plan) dynamicType() gtp.PDPType {
	if p.Type == 0 {
		return gtp.PDPIPv4
	}
	return p.Type
}

// fits reports whether a Create may have an End User Address: the same that was offered, or none where none was. A blank one is
// also fine with an IPv4v6 type, of which the node takes what it has (3GPP TS 29.060 §7.7.1, cause 129).
func (p Plan) fits(asked gtp.EndUserAddress) bool {
	if asked == p.offer() {
		return true
	}
	return !p.Address.IsValid() && asked.Dynamic() && asked.Type == gtp.PDPIPv4v6
}

// own reports whether a terminal that comes by itself may have an End User Address: its own one, or a blank one.
func (p Plan) own(asked gtp.EndUserAddress) bool {
	return asked.Dynamic() || p.Address.IsValid() && asked == gtp.StaticAddress(p.Address)
}

// planned returns the plan for a subscriber, with the address that a push names where the plan is to have one and does not.
func (e *Engine) planned(k key, named netip.Addr) (Plan, bool) {
	plan, ok := e.o.Plan(k.imsi, k.apn)
	switch {
	case !ok || plan.Variant > Network:
		return Plan{}, false
	case plan.Variant != Static:
		plan.Address = netip.Addr{}
	case !plan.Address.IsValid():
		plan.Address = named.Unmap()
	}
	return plan, ok
}

package pap

import "github.com/ppgbox/ppgbox/sdk/push"

// ResultQoS says in a result how a push was delivered: confirmed or not, and over what. It is nil for a push that was not
// delivered, which has no method (OMA-TS-PAP §9.2.2).
func ResultQoS(method push.DeliveryMethod, network, bearer string) *QualityOfService {
	if method == push.NotSpecified {
		return nil
	}
	return &QualityOfService{DeliveryMethod: method, Network: network, Bearer: bearer}
}

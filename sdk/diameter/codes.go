package diameter

// Vendor3GPP is the enterprise number of 3GPP.
const Vendor3GPP = 10415

// The commands and applications of the base protocol (RFC 6733 §3.1, §2.4).
const (
	commandCapabilities = 257
	commandWatchdog     = 280
	commandDisconnect   = 282

	applicationBase  = 0
	applicationRelay = 0xffffffff
)

// The AVPs of the base protocol that this package writes or reads (RFC 6733 §4.5).
const (
	codeUserName                    Code = 1
	codeProxyState                  Code = 33
	codeHostIPAddress               Code = 257
	codeAuthApplicationID           Code = 258
	codeAcctApplicationID           Code = 259
	codeVendorSpecificApplicationID Code = 260
	codeRedirectHostUsage           Code = 261
	codeRedirectMaxCacheTime        Code = 262
	codeSessionID                   Code = 263
	codeOriginHost                  Code = 264
	codeSupportedVendorID           Code = 265
	codeVendorID                    Code = 266
	codeResultCode                  Code = 268
	codeProductName                 Code = 269
	codeDisconnectCause             Code = 273
	codeAuthSessionState            Code = 277
	codeOriginStateID               Code = 278
	codeFailedAVP                   Code = 279
	codeProxyHost                   Code = 280
	codeErrorMessage                Code = 281
	codeRouteRecord                 Code = 282
	codeDestinationRealm            Code = 283
	codeProxyInfo                   Code = 284
	codeRedirectHost                Code = 292
	codeDestinationHost             Code = 293
	codeErrorReportingHost          Code = 294
	codeOriginRealm                 Code = 296
	codeExperimentalResult          Code = 297
	codeExperimentalResultCode      Code = 298
	codeInbandSecurityID            Code = 299
)

// known reports whether an AVP is one whose meaning in an answer this package knows, be it that it means nothing to a client.
func known(code Code) bool {
	switch code {
	case codeUserName, codeProxyState, codeHostIPAddress, codeAuthApplicationID, codeAcctApplicationID,
		codeVendorSpecificApplicationID, codeRedirectHostUsage, codeRedirectMaxCacheTime, codeSessionID, codeOriginHost,
		codeSupportedVendorID, codeVendorID, codeResultCode, codeProductName, codeDisconnectCause, codeAuthSessionState,
		codeOriginStateID, codeFailedAVP, codeProxyHost, codeErrorMessage, codeRouteRecord, codeDestinationRealm, codeProxyInfo,
		codeRedirectHost, codeDestinationHost, codeErrorReportingHost, codeOriginRealm, codeExperimentalResult,
		codeExperimentalResultCode, codeInbandSecurityID:
		return true
	case codeUserData, codeSupportedFeatures:
		return true
	}
	return false
}

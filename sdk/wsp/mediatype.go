package wsp

import "fmt"

// mediaType is a row of the well-known content types (Table 40) and of the registered ones.
type mediaType struct {
	code  uint16
	name  string
	since Version
	// push marks types newer than encoding 1.2 whose receivers know the number whatever their WSP version, because the
	// type came with it: those that are sent as pushes. Kannel writes them as text, 31 octets for an MMS notification.
	push bool
}

// sendable reports whether the number may be sent to a peer of the version.
func (m mediaType) sendable(v Version) bool { return m.push || m.since <= v }

func mediaTypeByName(name string) (mediaType, bool) {
	for _, m := range mediaTypes {
		if m.name == name {
			return m, true
		}
	}
	return mediaType{}, false
}

// mediaTypeName never fails: a number that is not known here is a type that no application here takes.
func mediaTypeName(code uint64) string {
	for _, m := range mediaTypes {
		if uint64(m.code) == code {
			return m.name
		}
	}
	return fmt.Sprintf("x-wsp-unknown/%#02x", code)
}

// mediaTypes is in the lower case that names are compared in. The types from 0x4E on rest on one source only.
var mediaTypes = []mediaType{
	{0x00, "*/*", Version11, false},
	{0x01, "text/*", Version11, false},
	{0x02, "text/html", Version11, false},
	{0x03, "text/plain", Version11, false},
	{0x04, "text/x-hdml", Version11, false},
	{0x05, "text/x-ttml", Version11, false},
	{0x06, "text/x-vcalendar", Version11, false},
	{0x07, "text/x-vcard", Version11, false},
	{0x08, "text/vnd.wap.wml", Version11, false},
	{0x09, "text/vnd.wap.wmlscript", Version11, false},
	{0x0A, "application/vnd.wap.catc", Version11, false},
	{0x0B, "multipart/*", Version11, false},
	{0x0C, "multipart/mixed", Version11, false},
	{0x0D, "multipart/form-data", Version11, false},
	{0x0E, "multipart/byteranges", Version11, false},
	{0x0F, "multipart/alternative", Version11, false},
	{0x10, "application/*", Version11, false},
	{0x11, "application/java-vm", Version11, false},
	{0x12, "application/x-www-form-urlencoded", Version11, false},
	{0x13, "application/x-hdmlc", Version11, false},
	{0x14, "application/vnd.wap.wmlc", Version11, false},
	{0x15, "application/vnd.wap.wmlscriptc", Version11, false},
	{0x16, "application/vnd.wap.wsic", Version11, false},
	{0x17, "application/vnd.wap.uaprof", Version11, false},
	{0x18, "application/vnd.wap.wtls-ca-certificate", Version11, false},
	{0x19, "application/vnd.wap.wtls-user-certificate", Version11, false},
	{0x1A, "application/x-x509-ca-cert", Version11, false},
	{0x1B, "application/x-x509-user-cert", Version11, false},
	{0x1C, "image/*", Version11, false},
	{0x1D, "image/gif", Version11, false},
	{0x1E, "image/jpeg", Version11, false},
	{0x1F, "image/tiff", Version11, false},
	{0x20, "image/png", Version11, false},
	{0x21, "image/vnd.wap.wbmp", Version11, false},
	{0x22, "application/vnd.wap.multipart.*", Version11, false},
	{0x23, "application/vnd.wap.multipart.mixed", Version11, false},
	{0x24, "application/vnd.wap.multipart.form-data", Version11, false},
	{0x25, "application/vnd.wap.multipart.byteranges", Version11, false},
	{0x26, "application/vnd.wap.multipart.alternative", Version11, false},
	{0x27, "application/xml", Version11, false},
	{0x28, "text/xml", Version11, false},
	{0x29, "application/vnd.wap.wbxml", Version11, false},
	{0x2A, "application/x-x968-cross-cert", Version11, false},
	{0x2B, "application/x-x968-ca-cert", Version11, false},
	{0x2C, "application/x-x968-user-cert", Version11, false},
	{0x2D, "text/vnd.wap.si", Version12, false},
	{0x2E, "application/vnd.wap.sic", Version12, false},
	{0x2F, "text/vnd.wap.sl", Version12, false},
	{0x30, "application/vnd.wap.slc", Version12, false},
	{0x31, "text/vnd.wap.co", Version12, false},
	{0x32, "application/vnd.wap.coc", Version12, false},
	{0x33, "application/vnd.wap.multipart.related", Version12, false},
	{0x34, "application/vnd.wap.sia", Version12, false},
	{0x35, "text/vnd.wap.connectivity-xml", Version12, false},
	{0x36, "application/vnd.wap.connectivity-wbxml", Version12, false},
	{0x37, "application/pkcs7-mime", Version12, false},
	{0x38, "application/vnd.wap.hashed-certificate", Version12, false},
	{0x39, "application/vnd.wap.signed-certificate", Version12, false},
	{0x3A, "application/vnd.wap.cert-response", Version12, false},
	{0x3B, "application/xhtml+xml", Version13, false},
	{0x3C, "application/wml+xml", Version13, false},
	{0x3D, "text/css", Version13, false},
	{0x3E, "application/vnd.wap.mms-message", Version13, true},
	{0x3F, "application/vnd.wap.rollover-certificate", Version13, false},
	{0x40, "application/vnd.wap.locc+wbxml", Version14, true},
	{0x41, "application/vnd.wap.loc+xml", Version14, false},
	{0x42, "application/vnd.syncml.dm+wbxml", Version14, true},
	{0x43, "application/vnd.syncml.dm+xml", Version14, false},
	{0x44, "application/vnd.syncml.notification", Version14, true},
	{0x45, "application/vnd.wap.xhtml+xml", Version14, false},
	{0x46, "application/vnd.wv.csp.cir", Version15, true},
	{0x47, "application/vnd.oma.dd+xml", Version15, false},
	{0x48, "application/vnd.oma.drm.message", Version15, true},
	{0x49, "application/vnd.oma.drm.content", Version15, true},
	{0x4A, "application/vnd.oma.drm.rights+xml", Version15, true},
	{0x4B, "application/vnd.oma.drm.rights+wbxml", Version15, true},
	{0x4C, "application/vnd.wv.csp+xml", Version15, false},
	{0x4D, "application/vnd.wv.csp+wbxml", Version15, false},
	{0x4E, "application/vnd.syncml.ds.notification", Version15, true},
	{0x4F, "audio/*", Version15, false},
	{0x50, "video/*", Version15, false},
	{0x51, "application/vnd.oma.dd2+xml", Version15, false},
	{0x52, "application/mikey", Version15, false},
	{0x53, "application/vnd.oma.dcd", Version15, true},
	{0x54, "application/vnd.oma.dcdc", Version15, true},
	{0x55, "text/x-vmessage", Version15, false},
	{0x56, "application/vnd.omads-email+wbxml", Version15, false},
	{0x57, "text/x-vbookmark", Version15, false},
	{0x58, "application/vnd.syncml.dm.notification", Version15, true},
	{0x5A, "application/octet-stream", Version15, false},
	{0x201, "application/vnd.uplanet.cacheop-wbxml", Version15, false},
	{0x202, "application/vnd.uplanet.signal", Version15, false},
	{0x203, "application/vnd.uplanet.alert-wbxml", Version15, false},
	{0x204, "application/vnd.uplanet.list-wbxml", Version15, false},
	{0x205, "application/vnd.uplanet.listcmd-wbxml", Version15, false},
	{0x206, "application/vnd.uplanet.channel-wbxml", Version15, false},
	{0x207, "application/vnd.uplanet.provisioning-status-uri", Version15, false},
	{0x208, "x-wap.multipart/vnd.uplanet.header-set", Version15, false},
	{0x209, "application/vnd.uplanet.bearer-choice-wbxml", Version15, false},
	{0x20A, "application/vnd.phonecom.mmc-wbxml", Version15, false},
	{0x20B, "application/vnd.nokia.syncset+wbxml", Version15, false},
	{0x20C, "image/x-up-wpng", Version15, false},
	{0x300, "application/iota.mmc-wbxml", Version15, false},
	{0x301, "application/iota.mmc-xml", Version15, false},
	{0x302, "application/vnd.syncml+xml", Version15, false},
	{0x303, "application/vnd.syncml+wbxml", Version15, false},
	{0x304, "text/vnd.wap.emn+xml", Version15, true},
	{0x305, "text/calendar", Version15, false},
	{0x306, "application/vnd.omads-email+xml", Version15, false},
	{0x307, "application/vnd.omads-file+xml", Version15, false},
	{0x308, "application/vnd.omads-folder+xml", Version15, false},
	{0x309, "text/directory;profile=vcard", Version15, false},
	{0x30A, "application/vnd.wap.emn+wbxml", Version15, true},
	{0x30B, "application/vnd.nokia.ipdc-purchase-response", Version15, false},
	{0x30C, "application/vnd.motorola.screen3+xml", Version15, false},
	{0x30D, "application/vnd.motorola.screen3+gzip", Version15, false},
	{0x30E, "application/vnd.cmcc.setting+wbxml", Version15, false},
	{0x30F, "application/vnd.cmcc.bombing+wbxml", Version15, false},
	{0x310, "application/vnd.docomo.pf", Version15, false},
	{0x311, "application/vnd.docomo.ub", Version15, false},
	{0x312, "application/vnd.omaloc-supl-init", Version15, true},
	{0x313, "application/vnd.oma.group-usage-list+xml", Version15, false},
	{0x314, "application/oma-directory+xml", Version15, false},
	{0x315, "application/vnd.docomo.pf2", Version15, false},
	{0x316, "application/vnd.oma.drm.roap-trigger+wbxml", Version15, true},
	{0x317, "application/vnd.sbm.mid2", Version15, false},
	{0x318, "application/vnd.wmf.bootstrap", Version15, false},
	{0x319, "application/vnc.cmcc.dcd+xml", Version15, false},
	{0x31A, "application/vnd.sbm.cid", Version15, false},
	{0x31B, "application/vnd.oma.bcast.provisioningtrigger", Version15, true},
	{0x31C, "application/vnd.docomo.dm", Version15, false},
	{0x31D, "application/vnd.oma.scidm.messages+xml", Version15, false},
	{0x31E, "application/vnd.innopath.wamp.notification", Version15, false},
}
